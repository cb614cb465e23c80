/**
 * One step of a life = one database transaction (decision 2): read model, timeline, journal, rights, item, refund and outbox commit
 * together or not at all. Doing a step again answers what is stored; so does another command for a number that is taken, and the loop
 * then goes on from the stored life.
 */
import { addMonths } from '../domain/calendar';
import { refundId } from '../domain/ids';
import { lastTerm, type Order, openOrders, orderInForce, type Registration, renewalPrices, type StoredOrder } from '../domain/instance';
import { endedPostings, type Posting, paidPostings, refundPostings } from '../domain/journal';
import { type Effect, type Life, type NewOrder, openOrder } from '../domain/lifecycle';
import { exact, formatMinorUnits, SOURCES } from '../domain/money';
import type { Policy } from '../domain/policy';
import { payFromBalances, renewalPrice } from '../domain/pricing';
import { isRefund, refundOf } from '../domain/quote';
import { lockBalances, moveBalances, standings, touchAccount } from './accounts';
import { type Pool, type Transaction, transaction } from './db';
import { hashOf } from './hash';
import { findInstance } from './instances';
import { book, type LedgerTransaction } from './ledger';
import { keepPolicy, policyById } from './policies';
import { findQuote } from './quotes';
import { insertRefund } from './refunds';
import { findTermination } from './terminations';
import type { InstanceRow } from './types';

export interface StepInput {
  instanceId: string;
  step: number;
  commandId: string;
  /** The command's or deadline's name, as the timeline shows it. */
  command: string;
  /** What was asked, for the fingerprint: the same command id with another body is a mistake. */
  body: unknown;
  by: string;
  /** The instance's clock. */
  at: string;
  next: Life;
  effects: Effect[];
  /** A refused message is a step of its own, so that the timeline shows it. */
  refused?: string | undefined;
  /** Step 0. */
  birth?: { registration: Registration; policy: Policy } | undefined;
}

export interface StepResult {
  /** The life as stored: the loop adopts it, whoever's command wrote it. */
  life: Life;
  /** The command that took this number. */
  commandId: string;
  step: number;
  refundId: string | null;
}

/** The database's own refusals, as business answers: nothing was written. */
export class StepRefused extends Error {
  constructor(
    readonly code: string,
    readonly state: string,
  ) {
    super(code);
  }
}

/** Records a step. @throws StepRefused when what it needs is not there (a right, a balance, good standing). */
export async function commitStep(pool: Pool, input: StepInput): Promise<StepResult> {
  return await transaction(pool, async (tx) => {
    await tx.query('SELECT FROM instances WHERE id = $1 FOR NO KEY UPDATE', [input.instanceId]);
    const stored = await storedStep(tx, input);
    if (stored) return stored;
    return input.birth ? await recordBirth(tx, input, input.birth) : await recordStep(tx, input);
  });
}

const fingerprintOf = ({ commandId, body }: StepInput): string => hashOf([commandId, body]);

interface StoredStep {
  step: number;
  command_id: string;
  fingerprint: string;
  refund_id: string | null;
  life: Life;
}

/** What is stored of this step or this command, if anything, with the life as it is now. */
async function storedStep(tx: Transaction, input: StepInput): Promise<StepResult | undefined> {
  const { rows } = await tx.query<StoredStep>(
    `SELECT s.step, s.command_id, s.fingerprint, s.refund_id, i.life FROM steps s JOIN instances i ON i.id = s.instance_id
     WHERE s.instance_id = $1 AND (s.step = $2 OR s.command_id = $3) ORDER BY (s.command_id = $3) DESC LIMIT 1`,
    [input.instanceId, input.step, input.commandId],
  );
  const row = rows[0];
  if (!row) return undefined;
  if (input.birth && row.command_id !== input.commandId) throw new StepRefused('ALREADY_REGISTERED', row.life.state);
  if (row.command_id === input.commandId && row.fingerprint !== fingerprintOf(input))
    throw new StepRefused('COMMAND_ID_REUSED', row.life.state);
  return { life: row.life, commandId: row.command_id, step: row.step, refundId: row.refund_id };
}

async function recordBirth(
  tx: Transaction,
  input: StepInput,
  { registration, policy }: NonNullable<StepInput['birth']>,
): Promise<StepResult> {
  const { orders, state: _state, ...facts } = registration;
  const life = input.next;
  await touchAccount(tx, facts.account);
  await tx.query(
    `INSERT INTO instances (id, account, product, billing, region, state, step, facts, life, policy_id, registration_hash, registered_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      input.instanceId,
      facts.account,
      facts.product,
      facts.billing,
      facts.region,
      life.state,
      input.step,
      facts,
      life,
      await keepPolicy(tx, policy),
      hashOf(registration),
      input.commandId,
    ],
  );
  for (const [position, order] of orders.entries()) await insertOrder(tx, input.instanceId, position, order);
  await insertStep(tx, input, life, null, null);
  const currency = facts.prices?.currency;
  const postings = currency ? orders.flatMap((order) => paidPostings(order, 'world', currency)) : [];
  await book(tx, booking(input, facts.account, 'registration', postings));
  return { life, commandId: input.commandId, step: input.step, refundId: null };
}

async function recordStep(tx: Transaction, input: StepInput): Promise<StepResult> {
  const row = await findInstance(tx, input.instanceId);
  if (!row) throw new Error(`instance ${input.instanceId} has no row: its registration was never recorded`);
  if (row.life.step !== input.step - 1) throw new Error(`step ${input.step} of ${input.instanceId} does not follow step ${row.life.step}`);
  const work: Work = { tx, input, row, life: input.next, postings: [], event: 'end-orders', refundId: null };
  for (const effect of input.effects) await EFFECTS[effect.type](work, effect as never);
  const { life } = work;
  await tx.query(`UPDATE instances SET state = $2, step = $3, life = $4, isolated_at = $5, purge_time = $6 WHERE id = $1`, [
    input.instanceId,
    life.state,
    input.step,
    life,
    life.isolatedAt,
    life.purgeTime,
  ]);
  await insertStep(tx, input, life, row.life.state, work.refundId);
  await book(tx, booking(input, row.facts.account, work.event, work.postings, work.refundId));
  return { life, commandId: input.commandId, step: input.step, refundId: work.refundId };
}

async function insertStep(tx: Transaction, input: StepInput, life: Life, from: string | null, refund: string | null): Promise<void> {
  await tx.query(
    `INSERT INTO steps (instance_id, step, command_id, fingerprint, command, outcome, from_state, to_state, by, effective_at, refund_id, code, life)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      input.instanceId,
      input.step,
      input.commandId,
      fingerprintOf(input),
      input.command,
      input.refused === undefined ? 'done' : 'refused',
      from,
      life.state,
      input.by,
      input.at,
      refund,
      input.refused ?? null,
      life,
    ],
  );
  const payload = { command: input.command, from, to: life.state, refundId: refund, effectiveAt: input.at };
  await tx.query('INSERT INTO outbox (topic, instance_id, step, payload) VALUES ($1, $2, $3, $4)', [
    input.refused === undefined ? 'instance.changed' : 'instance.refused',
    input.instanceId,
    input.step,
    payload,
  ]);
}

function booking(
  { instanceId, step, at }: StepInput,
  account: string,
  event: LedgerTransaction['event'],
  postings: Posting[],
  refund: string | null = null,
): LedgerTransaction {
  return { instanceId, step, account, event, refundId: refund, effectiveAt: at, postings };
}

/** A step being recorded: effects add to it. */
interface Work {
  tx: Transaction;
  input: StepInput;
  row: InstanceRow;
  life: Life;
  postings: Posting[];
  event: LedgerTransaction['event'];
  refundId: string | null;
}

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>;
const EFFECTS: { [T in Effect['type']]: (work: Work, effect: Of<T>) => Promise<void> } = {
  settle,
  'finish-item': finishItem,
  'move-item': moveItem,
  'new-order': addOrder,
  'end-orders': endOrders,
  'check-arrears': checkArrears,
};

/** M13, M15, J2: computes the refund again from the stored orders as of the quote's instant, holds it against the quote, and books it. */
async function settle(work: Work, { terminationId }: Of<'settle'>): Promise<void> {
  const { tx, row, input } = work;
  await lockItem(work, terminationId);
  const termination = (await findTermination(tx, terminationId))!;
  const quoted = (await findQuote(tx, termination.quoteId))!.items.find((item) => item.instanceId === row.id)!;
  if (!isRefund(quoted.refund)) throw new StepRefused('QUOTE_STALE', row.life.state);
  const policy = await policyById(tx, quoted.basis.policyId);
  const inputs = { facts: row.facts, orders: row.orders, at: quoted.basis.asOf, kind: quoted.refund.kind, policyId: quoted.basis.policyId };
  const refund = refundOf({ facts: row.facts, orders: row.orders, policy, at: quoted.basis.asOf }, quoted.refund.kind, false);
  if (hashOf([refund.amount, refund.parts, refund.fee]) !== hashOf([quoted.refund.amount, quoted.refund.parts, quoted.refund.fee])) {
    throw new StepRefused('QUOTE_STALE', row.life.state);
  }
  const id = refundId(terminationId, row.id);
  await insertRefund(tx, {
    id,
    instanceId: row.id,
    account: row.facts.account,
    terminationId,
    quoteId: termination.quoteId,
    requestedAt: termination.agreedAt,
    refund,
    inputs,
  });
  work.postings.push(...refundPostings(refund, openOrders(row.orders)));
  work.event = 'refund';
  work.refundId = id;
  await moveBalances(tx, row.facts.account, refund.currency, refund.parts);
  await tx.query('UPDATE orders SET closed_at = $2 WHERE instance_id = $1 AND closed_at IS NULL', [row.id, input.at]);
  await tx.query("UPDATE rights SET status = 'used' WHERE termination_id = $1 AND instance_id = $2", [terminationId, row.id]);
  await tx.query(
    "UPDATE termination_items SET status = 'done', refund_id = $3, release_time = $4 WHERE termination_id = $1 AND instance_id = $2",
    [terminationId, row.id, id, work.life.purgeTime ?? input.at],
  );
}

/** An item that failed meanwhile has given its right back: it must not be carried out any more. */
async function lockItem({ tx, row }: Work, terminationId: string): Promise<void> {
  const { rows } = await tx.query<{ status: string }>(
    'SELECT status FROM termination_items WHERE termination_id = $1 AND instance_id = $2 FOR UPDATE',
    [terminationId, row.id],
  );
  if (rows[0]?.status !== 'accepted') throw new StepRefused('NOT_ACCEPTED', row.life.state);
}

async function finishItem(work: Work, { terminationId, releaseTime }: Of<'finish-item'>): Promise<void> {
  await lockItem(work, terminationId);
  await work.tx.query("UPDATE termination_items SET status = 'done', release_time = $3 WHERE termination_id = $1 AND instance_id = $2", [
    terminationId,
    work.row.id,
    releaseTime,
  ]);
}

async function moveItem({ tx, row }: Work, { terminationId, releaseTime }: Of<'move-item'>): Promise<void> {
  await tx.query('UPDATE termination_items SET release_time = $3 WHERE termination_id = $1 AND instance_id = $2', [
    terminationId,
    row.id,
    releaseTime,
  ]);
}

/** E6. */
async function checkArrears({ tx, row }: Work): Promise<void> {
  const standing = (await standings(tx, [row.facts.account])).get(row.facts.account);
  if (standing?.arrears) throw new StepRefused('IN_ARREARS', row.life.state);
}

/** J3. */
async function endOrders(work: Work, { orderIds }: Of<'end-orders'>): Promise<void> {
  const { tx, row, input } = work;
  const ended = row.orders.filter((order) => orderIds.includes(order.id));
  await tx.query('UPDATE orders SET ended_at = $3 WHERE instance_id = $1 AND id = ANY($2)', [row.id, orderIds, input.at]);
  work.postings.push(...endedPostings(ended, row.facts.prices!.currency));
}

/** A renewal or an upgrade: its dates, its price, its money (J1) and its place in the life. */
async function addOrder(work: Work, { order: asked }: Of<'new-order'>): Promise<void> {
  const { tx, row, input } = work;
  const prices = row.facts.prices!;
  const { startsAt, endsAt } = asked.kind === 'renewal' ? renewalDates(row, asked, input.at) : upgradeDates(row, input.at);
  const basis = asked.kind === 'renewal' ? renewalPrices(row.orders, startsAt, row.facts) : undefined;
  const paid = asked.paid ?? (await debit(work, asked, basis));
  const order: Order = {
    id: freeOrderId(row.orders, `${asked.kind}-${input.step}`),
    kind: asked.kind,
    channel: asked.channel,
    ...(asked.months === undefined ? {} : { months: asked.months }),
    startsAt,
    endsAt,
    paid,
    ...(basis !== undefined && basis !== row.facts.prices ? { prices: basis } : {}),
  };
  await insertOrder(tx, row.id, row.orders.length, order);
  work.event = 'renewal';
  work.postings.push(...paidPostings(order, asked.paid ? 'world' : 'customer', prices.currency));
  work.life = { ...work.life, orders: [...work.life.orders, openOrder(order)] };
}

/** A renewal starts at the last end, or now when that has passed (L11). */
function renewalDates(row: InstanceRow, asked: NewOrder, at: string): { startsAt: string; endsAt: string } {
  const last = lastTerm(openOrders(row.orders));
  const startsAt = last && Date.parse(last.endsAt) > Date.parse(at) ? last.endsAt : at;
  return { startsAt, endsAt: addMonths(startsAt, asked.months!, row.policy.knobs.timeZone) };
}

/** M16: an upgrade ends with the order in force when it was bought. */
function upgradeDates(row: InstanceRow, at: string): { startsAt: string; endsAt: string } {
  const inForce = orderInForce(openOrders(row.orders), at);
  if (!inForce) throw new StepRefused('NO_ORDER_IN_FORCE', row.life.state);
  return { startsAt: at, endsAt: inForce.endsAt };
}

/** Prices the renewal from the snapshot and takes it from the account: gift, income, then cash. */
async function debit({ tx, row }: Work, asked: NewOrder, basis: ReturnType<typeof renewalPrices>): Promise<Order['paid']> {
  const price = renewalPrice(asked.months!, basis, row.facts, row.policy);
  if (price === undefined) throw new StepRefused('PRICE_MISSING', row.life.state);
  const { currency } = row.facts.prices!;
  const balances = await lockBalances(tx, row.facts.account, currency);
  const paid = payFromBalances(price, balances, currency);
  if (!paid) throw new StepRefused('INSUFFICIENT_BALANCE', row.life.state);
  const taken = Object.fromEntries(SOURCES.map((source) => [source, formatMinorUnits(0n, currency)])) as Record<
    (typeof SOURCES)[number],
    string
  >;
  for (const source of SOURCES) if (exact(paid[source]).n > 0n) taken[source] = `-${paid[source]}`;
  await moveBalances(tx, row.facts.account, currency, taken);
  return paid;
}

function freeOrderId(orders: StoredOrder[], wanted: string): string {
  return orders.some((order) => order.id === wanted) ? freeOrderId(orders, `${wanted}-`) : wanted;
}

async function insertOrder(tx: Transaction, instanceId: string, position: number, order: Order): Promise<void> {
  await tx.query('INSERT INTO orders (instance_id, id, position, document) VALUES ($1, $2, $3, $4)', [
    instanceId,
    order.id,
    position,
    order,
  ]);
}
