/**
 * One step of a life = one database transaction (decision 6): read model, timeline, journal, rights, item,
 * refund and outbox commit together or not at all. Doing a step again answers what is stored; so does another
 * command for a number that is taken, and the loop then goes on from the stored life.
 */
import { factsOf, type StoredOrder } from '../../domain/instance';
import { registrationPostings } from '../../domain/journal';
import type { Life } from '../../domain/lifecycle';
import { type Plan, presentDisposal } from '../../domain/plan';
import type { Authority } from '../../domain/signed';
import type { BirthStep, EffectiveStep, RefusedStep, StepInput, StepResult } from '../../domain/step';
import { type Details, detailsOf } from '../../domain/timeline';
import { changeItem, clearReleaseTimes, planAgreed } from '../agreements/items';
import { closeReviews } from '../agreements/refund-requests';
import { giveBackRights, useRight } from '../agreements/rights';
import { moveBalances, touchAccount } from '../books/accounts';
import { book } from '../books/ledger';
import { moveRefund } from '../books/refunds';
import { type Db, type Pool, type Transaction, transaction } from '../db';
import { hashOf } from '../hash';
import { post } from '../outbox';
import { keepPolicy, keyOf } from '../policies';
import { type Booking, type Changes, changesOf, StepRefused } from './effects';
import { type InstanceRow, insertInstance, moveInstance, setFacts } from './instances';
import { closeOrders, endOrders, insertOrders, reopenOrders } from './orders';
import { planBy } from './plan';
import { hasEnded, readStep, type StepReading } from './reading';
import { insertStep, type NewStep, type StoredStep, stepFingerprint } from './timeline';
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
 * Records a step: one round trip reads and locks what it rests on, another one writes what comes of it
 * (decision 34).
 * @throws StepRefused when what it needs is not there (a signature, a right, a balance, good standing)
 */
export async function commitStep(pool: Pool, input: AuthorizedStep): Promise<StepResult> {
  return await transaction(pool, async (tx) => {
    const reading = await readStep(tx, input);
    // What is stored was vouched for when it was recorded, however long ago that is.
    if (reading.stored) return storedResult(reading.stored, input);
    if (input.refusal !== undefined) throw new StepRefused(input.refusal, reading.state ?? '');
    return input.birth ? await recordBirth(tx, input) : await recordStep(tx, input, reading);
  });
}

/** What is stored of this step or this command, with the life as it is now. */
function storedResult({ fingerprint, life, ...result }: StoredStep, input: StepInput): StepResult {
  const isOurs = result.commandId === input.commandId;
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
  const policyId = 'id' in policy ? policy.id : keyOf(policy);
  const { cause, isolatedAt, purgeTime } = life;
  const currency = facts.prices?.currency;
  const postings = currency ? registrationPostings(orders, isolatedAt !== null, currency) : [];
  await Promise.all([
    touchAccount(tx, facts.account),
    ...('id' in policy ? [] : [keepPolicy(tx, policy, policyId)]),
    insertInstance(tx, {
      id: instanceId,
      facts,
      life,
      policyId,
      registrationHash: hashOf(registration),
      registeredBy: commandId,
    }),
    insertOrders(tx, instanceId, 0, orders, settledElsewhere(life)),
    ...recordInTimeline(tx, {
      input,
      life,
      from: null,
      refundId: null,
      details: isolatedAt === null ? {} : { cause, isolatedAt, purgeTime },
    }),
    book(tx, {
      instanceId,
      step,
      account: facts.account,
      effectiveAt: at,
      event: 'registration',
      refundId: null,
      postings,
    }),
  ]);
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
  reading: StepReading,
): Promise<StepResult> {
  const { instanceId, commandId, step, at } = input;
  const { row } = reading;
  if (!row) throw new Error(`instance ${instanceId} has no row: its registration was never recorded`);
  // The workflow has lost the thread (a database put back from a copy), or was given a life that is not this
  // one: it goes on from what is stored, and decides again.
  const isElsewhere = input.from !== undefined && hashOf(input.from) !== hashOf(row.life);
  if (row.life.step !== step - 1 || isElsewhere)
    return { life: row.life, commandId: '', step: row.life.step, refundId: null };
  const { life, refundId, bookings, details, changes } = applyStep(input, row, reading);
  const disposal = disposalOf(row, life, reading);
  const all = {
    ...detailsOf(input.body, row.life, life),
    ...details,
    ...(disposal ? presentDisposal(disposal) : {}),
  };
  await Promise.all([
    ...changes.flatMap((one) => write(tx, row, one, at)),
    ...follow(tx, input, row, life, disposal, reading),
    ...recordInTimeline(tx, { input, life, from: row.life.state, refundId, details: all }),
    book(tx, {
      instanceId,
      step,
      account: row.facts.account,
      effectiveAt: at,
      refundId,
      ...asOne(bookings),
    }),
  ]);
  return { life, commandId, step, refundId };
}

interface CarriedOut {
  life: Life;
  refundId: string | null;
  bookings: Booking[];
  details: Details;
  /** What is to be written of each effect. */
  changes: Changes[];
}

/** The effects, one after the other: the next one sees the life that the one before has left. */
function applyStep(input: StepInput, row: InstanceRow, { found }: StepReading): CarriedOut {
  const done: CarriedOut = { life: input.next, refundId: null, bookings: [], details: {}, changes: [] };
  for (const effect of input.effects) {
    const changes = changesOf({ input, row, found, life: done.life }, effect);
    done.changes.push(changes);
    done.life = changes.life ?? done.life;
    done.refundId = changes.refund?.id ?? done.refundId;
    if (changes.booking) done.bookings.push(changes.booking);
    Object.assign(done.details, changes.details);
  }
  return done;
}

/** What goes out to be written, all of it in one round trip; nothing where there is nothing to write. */
type Writes = (Promise<void> | undefined | false)[];

/** All of a change but the life, the booking and what the timeline shows of it: those are the step's own. */
function write(tx: Transaction, row: InstanceRow, changes: Changes, at: string): Writes {
  const { facts, orders, balances, item, refund, right } = changes;
  return [
    refund && moveRefund(tx, refund),
    balances && moveBalances(tx, row.facts.account, balances.currency, balances.amounts),
    orders?.closed && closeOrders(tx, row.id, orders.closed, at),
    orders?.ended && endOrders(tx, row.id, orders.ended, at),
    orders?.reopened && reopenOrders(tx, row.id, orders.reopened),
    orders?.added && insertOrders(tx, row.id, row.orders.length, orders.added),
    facts && setFacts(tx, row.id, facts),
    right?.become === 'used' && useRight(tx, right.terminationId, row.id),
    right?.become === 'returned' && giveBackRights(tx, right.terminationId, row.id),
    item && changeItem(tx, row.id, item),
  ];
}

/** A step is one transaction of the ledger, named after what it is for; orders end beside that. */
function asOne(bookings: Booking[]): Booking {
  const [main = { event: 'end-orders' }] = bookings.filter(({ event }) => event !== 'end-orders');
  return { ...main, postings: bookings.flatMap(({ postings }) => postings) };
}

/** Moves the instance to its new life, and what goes by its life with it. */
function follow(
  tx: Transaction,
  { at, command }: StepInput,
  row: InstanceRow,
  life: Life,
  disposal: Plan | null,
  { reviews }: StepReading,
): Writes {
  const before = row.life;
  const { purgeTime } = before;
  const isReleased = life.state === 'terminated';
  return [
    moveInstance(tx, row.id, life, disposal),
    purgeTime !== null &&
      life.purgeTime === null &&
      clearReleaseTimes(tx, row.id, { purgeTime, at, isReleased }),
    life.billingStoppedAt !== null &&
      before.billingStoppedAt === null &&
      cutUsage(tx, row.id, life.billingStoppedAt),
    hasEnded(life) && !hasEnded(before) && closeReviews(tx, reviews, command),
  ];
}

/**
 * What has become of each part, once the instance is terminated: as the quote said that it was ended by
 * (L19); where there was none, as the product's rules say.
 */
function disposalOf(row: InstanceRow, life: Life, { plan }: StepReading): Plan | null {
  if (life.state !== 'terminated' || row.life.state === 'terminated') return row.disposal;
  return planBy(row, plan);
}

/** What becomes of the parts of an instance that is being released. */
export const planOf = async (db: Db, row: InstanceRow): Promise<Plan> =>
  planBy(row, await planAgreed(db, row.id, terminationOf(row.life)));

/** Of what is being carried out just now. */
function terminationOf({ crossing, termination }: Life): string | undefined {
  const by = crossing?.by;
  if (by && 'command' in by && by.command.name === 'terminate') return by.command.terminationId;
  return termination?.terminationId;
}

/** In the timeline, and to whoever listens. */
function recordInTimeline(tx: Transaction, step: NewStep): Promise<void>[] {
  const { input, life, from, refundId } = step;
  const topic = input.refused === undefined ? 'instance.changed' : 'instance.refused';
  const payload = { command: input.command, from, to: life.state, refundId, effectiveAt: input.at };
  return [insertStep(tx, step), post(tx, { topic, instanceId: input.instanceId, step: input.step, payload })];
}
