/**
 * All that a step rests on, locked and read in one round trip (decision 34): what is computed from it is
 * pure (`effects.ts`), and what comes of that is written in another one (`steps.ts`).
 */
import type { Standing } from '../../domain/eligibility';
import { refundId } from '../../domain/ids';
import type { Effect, Life } from '../../domain/lifecycle';
import type { Source } from '../../domain/money';
import type { Plan } from '../../domain/plan';
import type { Policy } from '../../domain/policy';
import type { StepInput } from '../../domain/step';
import { type ItemCommand, lockCommand, planAgreed } from '../agreements/items';
import { lockReviews, type WaitingReview } from '../agreements/refund-requests';
import { lockBalancesOf, standingOf } from '../books/accounts';
import { type BookedPosting, postingsOf } from '../books/ledger';
import { lockRefund, type RefundRow } from '../books/refunds';
import type { Transaction } from '../db';
import { policyById } from '../policies';
import { findInstance, type InstanceRow, lockInstance } from './instances';
import { findStored, lifeBeforeReturn, type StoredStep } from './timeline';

/** What a step's effects rest on beside the instance. What none of them needs is not read. */
export interface Found {
  /** What was agreed of the item that the step carries out, while it is still to be done. */
  agreed?: ItemCommand | undefined;
  /** The refund that is settled or undone. */
  refund?: Omit<RefundRow, 'entries'> | undefined;
  /** The rules that it was computed by. */
  refundPolicy?: Policy | undefined;
  /** What was booked for it. */
  booked?: BookedPosting[] | undefined;
  /** The life before the return that is undone. */
  before?: Life | undefined;
  /** What the account has, in the currency of the instance's prices. */
  balances?: { source: Source; amount: string }[] | undefined;
  standing?: Standing | undefined;
}

export interface StepReading {
  /** The instance's state; undefined when it is not registered. */
  state: string | undefined;
  /** What is stored of this step or this command, if anything. */
  stored: StoredStep | undefined;
  row: InstanceRow | undefined;
  found: Found;
  /** As the instance was agreed to be ended, of a step that terminates it (L19). */
  plan: Plan | undefined;
  /** Refund requests that wait, of a step after which nothing can be returned. */
  reviews: WaitingReview[];
}

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** Nothing can be returned of an instance any more. */
export const hasEnded = ({ state }: Life): boolean => state === 'isolated' || state === 'terminated';

const NOTHING = Promise.resolve(undefined);

const bookedFor = async (tx: Transaction, refund: string): Promise<BookedPosting[]> =>
  (await postingsOf(tx, 'refund', [refund]))(refund);

/** Locks the instance until the transaction ends: its steps are recorded one after the other. */
export async function readStep(tx: Transaction, input: StepInput): Promise<StepReading> {
  const { instanceId: id, effects, next } = input;
  const effect = <T extends Effect['type']>(type: T): Of<T> | undefined =>
    effects.find((one): one is Of<T> => one.type === type);
  const settles = effect('settle');
  const begins = effect('begin-item');
  const item = settles ?? effect('finish-item') ?? begins;
  const carriedOut = item ?? effect('fire-item');
  const undoes = effect('undo-refund');
  const refunded = settles ?? begins ?? effect('fail-item');
  const refund = refunded ? refundId(refunded.terminationId, id) : undoes?.refundId;
  const order = effect('new-order')?.order;
  const ends = hasEnded(next);
  // In this order: the instance is locked before anything else is.
  const [state, stored, row, agreed, opened, before, booked, balances, standing, plan, reviews] =
    await Promise.all([
      lockInstance(tx, id),
      findStored(tx, input),
      input.birth ? NOTHING : findInstance(tx, id),
      item ? lockCommand(tx, item.terminationId, id) : NOTHING,
      refund === undefined ? NOTHING : lockRefund(tx, refund),
      undoes ? lifeBeforeReturn(tx, id, undoes.refundId) : NOTHING,
      undoes ? bookedFor(tx, undoes.refundId) : NOTHING,
      undoes || (order && !order.paid) ? lockBalancesOf(tx, id) : NOTHING,
      effect('check-arrears') ? standingOf(tx, id) : NOTHING,
      next.state === 'terminated' ? planAgreed(tx, id, carriedOut?.terminationId) : NOTHING,
      ends && !input.birth ? lockReviews(tx, id) : NOTHING,
    ]);
  const refundPolicy = settles && opened && (await policyById(tx, opened.calculation.inputs.policyId));
  const found = { agreed, refund: opened, refundPolicy, before, booked, balances, standing };
  return { state, stored, row, found, plan, reviews: reviews ?? [] };
}
