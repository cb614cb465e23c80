/**
 * One step of a life = one database transaction (decision 6): read model, timeline, journal, rights, item,
 * refund and outbox commit together or not at all. Doing a step again answers what is stored; so does another
 * command for a number that is taken, and the loop then goes on from the stored life.
 */
import { factsOf, type StoredOrder } from '../../domain/instance';
import { registrationPostings } from '../../domain/journal';
import type { Life } from '../../domain/lifecycle';
import { type Plan, planFor, presentDisposal } from '../../domain/plan';
import type { Authority } from '../../domain/signed';
import type { BirthStep, EffectiveStep, RefusedStep, StepInput, StepResult } from '../../domain/step';
import { type Details, detailsOf } from '../../domain/timeline';
import { changeItem, clearReleaseTimes, planAgreed } from '../agreements/items';
import { closeReviews } from '../agreements/refund-requests';
import { giveBackRights, useRight } from '../agreements/rights';
import { moveBalances, touchAccount } from '../books/accounts';
import { book } from '../books/ledger';
import { moveRefund } from '../books/refunds';
import { type Pool, type Transaction, transaction } from '../db';
import { hashOf } from '../hash';
import { post } from '../outbox';
import { keepPolicy } from '../policies';
import { type Booking, type Changes, changesOf, StepRefused } from './effects';
import {
  findInstance,
  type InstanceRow,
  insertInstance,
  lockInstance,
  moveInstance,
  setFacts,
} from './instances';
import { closeOrders, endOrders, insertOrders, reopenOrders } from './orders';
import { findStored, insertStep, type NewStep, stepFingerprint } from './timeline';
import { cutUsage } from './usage';

export { StepRefused } from './effects';

/** Whose word it was; `refusal`: why that word counts for nothing. */
interface Vouched {
  authority: Authority;
  refusal?: 'UNSIGNED' | 'BAD_SIGNATURE' | undefined;
}

/** A step as its activity asks for it, once it is known whose word it was. */
export type AuthorizedStep = StepInput & Vouched;

/**
 * Records a step. @throws StepRefused when what it needs is not there (a signature, a right, a balance, good
 * standing).
 */
export async function commitStep(pool: Pool, input: AuthorizedStep): Promise<StepResult> {
  return await transaction(pool, async (tx) => {
    const state = await lockInstance(tx, input.instanceId);
    const stored = await storedStep(tx, input);
    // What is stored was vouched for when it was recorded, however long ago that is.
    if (stored) return stored;
    if (input.refusal !== undefined) throw new StepRefused(input.refusal, state ?? '');
    return input.birth ? await recordBirth(tx, input) : await recordStep(tx, input);
  });
}

/** What is stored of this step or this command, if anything, with the life as it is now. */
async function storedStep(tx: Transaction, input: StepInput): Promise<StepResult | undefined> {
  const stored = await findStored(tx, input);
  if (!stored) return undefined;
  const { fingerprint, life, ...result } = stored;
  const isOurs = stored.commandId === input.commandId;
  if (input.birth && !isOurs) throw new StepRefused('ALREADY_REGISTERED', life.state);
  if (isOurs && fingerprint !== stepFingerprint(input))
    throw new StepRefused('COMMAND_ID_REUSED', life.state);
  return { ...result, life };
}

async function recordBirth(tx: Transaction, input: BirthStep & Vouched): Promise<StepResult> {
  const { instanceId, commandId, step, next: life, at } = input;
  const { registration, policy } = input.birth;
  const { orders } = registration;
  const facts = factsOf(registration);
  await touchAccount(tx, facts.account);
  const policyId = await keepPolicy(tx, policy);
  await insertInstance(tx, {
    id: instanceId,
    facts,
    life,
    policyId,
    registrationHash: hashOf(registration),
    registeredBy: commandId,
  });
  await insertOrders(tx, instanceId, 0, orders, settledElsewhere(life));
  const { cause, isolatedAt, purgeTime } = life;
  await recordInTimeline(tx, {
    input,
    life,
    from: null,
    refundId: null,
    details: isolatedAt === null ? {} : { cause, isolatedAt, purgeTime },
  });
  const currency = facts.prices?.currency;
  const postings = currency ? registrationPostings(orders, isolatedAt !== null, currency) : [];
  await book(tx, {
    instanceId,
    step,
    account: facts.account,
    effectiveAt: at,
    event: 'registration',
    refundId: null,
    postings,
  });
  return { life, commandId, step, refundId: null };
}

/** L15: what has become of the orders of an instance that comes from another system's bin. */
function settledElsewhere({
  isolatedAt,
  cause,
}: Life): Pick<StoredOrder, 'closedAt' | 'endedAt'> | undefined {
  if (isolatedAt === null) return undefined;
  return cause === 'expiry'
    ? { closedAt: null, endedAt: isolatedAt }
    : { closedAt: isolatedAt, endedAt: null };
}

async function recordStep(
  tx: Transaction,
  input: (EffectiveStep | RefusedStep) & Vouched,
): Promise<StepResult> {
  const { instanceId, commandId, step, at } = input;
  const row = await findInstance(tx, instanceId);
  if (!row) throw new Error(`instance ${instanceId} has no row: its registration was never recorded`);
  // The workflow has lost the thread (a database put back from a copy), or was given a life that is not this
  // one: it goes on from what is stored, and decides again.
  const isElsewhere = input.from !== undefined && hashOf(input.from) !== hashOf(row.life);
  if (row.life.step !== step - 1 || isElsewhere)
    return { life: row.life, commandId: '', step: row.life.step, refundId: null };
  const { life, refundId, bookings, details } = await applyStep(tx, input, row);
  const disposal = await follow(tx, input, row, life);
  const all = {
    ...detailsOf(input.body, row.life, life),
    ...details,
    ...(disposal ? presentDisposal(disposal) : {}),
  };
  await recordInTimeline(tx, { input, life, from: row.life.state, refundId, details: all });
  await book(tx, {
    instanceId,
    step,
    account: row.facts.account,
    effectiveAt: at,
    refundId,
    ...asOne(bookings),
  });
  return { life, commandId, step, refundId };
}

interface CarriedOut {
  life: Life;
  refundId: string | null;
  bookings: Booking[];
  details: Details;
}

/**
 * The effects, one after the other: what each changes is written, and the next one sees the life that it
 * left.
 */
async function applyStep(tx: Transaction, input: StepInput, row: InstanceRow): Promise<CarriedOut> {
  const done: CarriedOut = { life: input.next, refundId: null, bookings: [], details: {} };
  for (const effect of input.effects) {
    const changes = await changesOf({ tx, input, row, life: done.life }, effect);
    await write(tx, row, changes, input.at);
    done.life = changes.life ?? done.life;
    done.refundId = changes.refund?.id ?? done.refundId;
    if (changes.booking) done.bookings.push(changes.booking);
    Object.assign(done.details, changes.details);
  }
  return done;
}

/** All of a change but the life, the booking and what the timeline shows of it: those are the step's own. */
async function write(tx: Transaction, row: InstanceRow, changes: Changes, at: string): Promise<void> {
  const { facts, orders, balances, item, refund, right } = changes;
  if (refund) await moveRefund(tx, refund);
  if (balances) await moveBalances(tx, row.facts.account, balances.currency, balances.amounts);
  if (orders?.closed) await closeOrders(tx, row.id, orders.closed, at);
  if (orders?.ended) await endOrders(tx, row.id, orders.ended, at);
  if (orders?.reopened) await reopenOrders(tx, row.id, orders.reopened);
  if (orders?.added) await insertOrders(tx, row.id, row.orders.length, orders.added);
  if (facts) await setFacts(tx, row.id, facts);
  if (right?.become === 'used') await useRight(tx, right.terminationId, row.id);
  if (right?.become === 'returned') await giveBackRights(tx, right.terminationId, row.id);
  if (item) await changeItem(tx, row.id, item);
}

/** A step is one transaction of the ledger, named after what it is for; orders end beside that. */
function asOne(bookings: Booking[]): Booking {
  const [main = { event: 'end-orders' }] = bookings.filter(({ event }) => event !== 'end-orders');
  return { ...main, postings: bookings.flatMap(({ postings }) => postings) };
}

/**
 * Moves the instance to its new life, and what goes by its life with it. @returns what became of its parts,
 * once it is terminated
 */
async function follow(
  tx: Transaction,
  { at, command }: StepInput,
  row: InstanceRow,
  life: Life,
): Promise<Plan | null> {
  const before = row.life;
  const disposal =
    life.state === 'terminated' && before.state !== 'terminated' ? await disposalOf(tx, row) : row.disposal;
  await moveInstance(tx, row.id, life, disposal);
  if (before.purgeTime !== null && life.purgeTime === null) {
    await clearReleaseTimes(tx, row.id, {
      purgeTime: before.purgeTime,
      at,
      isReleased: life.state === 'terminated',
    });
  }
  if (life.billingStoppedAt !== null && before.billingStoppedAt === null)
    await cutUsage(tx, row.id, life.billingStoppedAt);
  if (hasEnded(life) && !hasEnded(before)) await closeReviews(tx, row.id, command);
  return disposal;
}

/** Nothing can be returned of it any more. */
const hasEnded = ({ state }: Life): boolean => state === 'isolated' || state === 'terminated';

/**
 * What becomes of each part: as the quote said that it was ended by (L19); where there was none, as the
 * product's rules say.
 */
async function disposalOf(tx: Transaction, { id, facts, policy, life }: InstanceRow): Promise<Plan> {
  const agreed = life.cause === 'expiry' ? undefined : await planAgreed(tx, id);
  return agreed ?? planFor(id, facts, policy.disposal);
}

/** In the timeline, and to whoever listens. */
async function recordInTimeline(tx: Transaction, step: NewStep): Promise<void> {
  await insertStep(tx, step);
  const { input, life, from, refundId } = step;
  const topic = input.refused === undefined ? 'instance.changed' : 'instance.refused';
  const payload = { command: input.command, from, to: life.state, refundId, effectiveAt: input.at };
  await post(tx, { topic, instanceId: input.instanceId, step: input.step, payload });
}
