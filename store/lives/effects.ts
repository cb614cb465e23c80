/**
 * What a step does to the world beside recording the new life, one function for each effect of `domain/lifecycle.ts`. All of it is part of the
 * step's transaction (`steps.ts`): a refusal here leaves nothing behind.
 */
import { isWithinBounds, MAX_ORDERS } from '../../domain/bounds';
import { recompute } from '../../domain/calculation';
import { renewalEnd } from '../../domain/calendar';
import { refundId, transactionId } from '../../domain/ids';
import {
  isTerm,
  lastTerm,
  movedBy,
  movedLater,
  type Order,
  openOrders,
  orderInForce,
  type Prices,
  renewalPrices,
  renewalsToReturn,
  type StoredOrder,
  snapshotsOf,
} from '../../domain/instance';
import { endedPostings, type Posting, paidPostings, refundPostings, reversalPostings } from '../../domain/journal';
import { type Effect, type Life, type NewOrder, openOrder } from '../../domain/lifecycle';
import { exact, formatMoney, type Parts, SOURCES } from '../../domain/money';
import { payFromBalances, renewalPrice } from '../../domain/pricing';
import type { Refund } from '../../domain/refund';
import type { Details } from '../../domain/timeline';
import type { ItemCommand } from '../agreements/terminations';
import { lockBalances, moveBalances, standings } from '../books/accounts';
import { type LedgerTransaction, postingsOfRefund } from '../books/ledger';
import { lockRefund, moveRefund } from '../books/refunds';
import type { Transaction } from '../db';
import { hashOf } from '../hash';
import { policyById } from '../policies';
import type { InstanceRow, ItemProblem, RefundRow, StepInput, TerminationItemRow } from '../types';
import { insertOrders } from './instances';

/** The database's own refusals, as business answers: nothing was written. */
export class StepRefused extends Error {
  constructor(
    readonly code: string,
    readonly state: string,
  ) {
    super(code);
  }
}

/** A step being recorded: effects add to it. */
export interface Work {
  tx: Transaction;
  input: StepInput;
  row: InstanceRow;
  life: Life;
  postings: Posting[];
  event: LedgerTransaction['event'];
  refundId: string | null;
  reversal: LedgerTransaction['reversal'];
  /** What the timeline tells of it beside what the command says (L19). */
  details: Details;
}

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>;
export const EFFECTS: { [T in Effect['type']]: (work: Work, effect: Of<T>) => Promise<void> } = {
  settle,
  'finish-item': finishItem,
  'fire-item': fireItem,
  'move-item': moveItem,
  'new-order': addOrder,
  'end-orders': endOrders,
  'check-arrears': checkArrears,
  'undo-refund': undoRefund,
  'switch-network': switchNetwork,
  'put-prices': putPrices,
};

/** M13, M15, J2: computes the refund again from the stored orders as of the quote's instant, holds it against the quote, and books it. */
async function settle(work: Work, { terminationId }: Of<'settle'>): Promise<void> {
  const { tx, row, input } = work;
  await lockItem(work, terminationId);
  const id = refundId(terminationId, row.id);
  const opened = await lockRefund(tx, id);
  // Accepted by a version that opened no refunds, while this one was being deployed.
  if (!opened) throw new StepRefused('QUOTE_STALE', row.life.state);
  const { calculation } = opened;
  const { at, action, policyId, orderIds } = calculation.inputs;
  const refund = recompute({ ...calculation.inputs, facts: row.facts, orders: row.orders }, await policyById(tx, policyId));
  const open = openOrders(row.orders);
  const returned = action === 'return-renewals' ? renewalsToReturn(open, at, orderIds) : open;
  // What goes is what was quoted: a renewal that has begun meanwhile is in use, and one that was bought meanwhile nobody gave back.
  const quoted = new Set(calculation.inputs.orders.map((order) => order.id));
  const hasBegun = action === 'return-renewals' && returned.some((order) => Date.parse(order.startsAt) <= Date.parse(input.at));
  const isAsQuoted = !hasBegun && returned.every((order) => quoted.has(order.id));
  if (!isAsQuoted || moneyOf(refund) !== moneyOf(calculation.refund)) throw new StepRefused('QUOTE_STALE', row.life.state);
  // The books know each order's kind, which a life of an earlier version does not (M18).
  if (action === 'return-renewals') work.life = { ...work.life, orders: without(row.life.orders, returned) };
  work.postings.push(...refundPostings(refund, returned));
  work.event = 'refund';
  work.refundId = id;
  await moveRefund(tx, id, ['isolating', 'booked', 'done']);
  await moveBalances(tx, row.facts.account, refund.currency, refund.parts);
  const closed = returned.map((order) => order.id);
  await tx.query('UPDATE orders SET closed_at = $3 WHERE instance_id = $1 AND id = ANY($2)', [row.id, closed, input.at]);
  await tx.query("UPDATE rights SET status = 'used' WHERE termination_id = $1 AND instance_id = $2", [terminationId, row.id]);
  await tx.query(
    "UPDATE termination_items SET status = 'done', problem = NULL, refund_id = $3, release_time = $4 WHERE termination_id = $1 AND instance_id = $2",
    [terminationId, row.id, id, action === 'return-renewals' ? null : (work.life.purgeTime ?? input.at)],
  );
}

function without<T extends { id: string }>(orders: T[], gone: { id: string }[]): T[] {
  const ids = new Set(gone.map(({ id }) => id));
  return orders.filter(({ id }) => !ids.has(id));
}

/** Of a refund, what is booked; how it is worded may change between two versions. */
const moneyOf = ({ currency, amount, parts, fee, cells }: Refund): string => hashOf([currency, amount, parts, fee, cells]);

/**
 * Undoes the return that put the instance into the bin: its transaction is reversed line by line, its orders are open again and later by the
 * time in the bin, which is not used (M20), and the right is given back.
 */
async function undoRefund(work: Work, { refundId: id, reason }: Of<'undo-refund'>): Promise<void> {
  const { tx, row, input } = work;
  const refund = await lockRefund(tx, id);
  const before = await lifeBeforeReturn(tx, row, id);
  if (refund?.status !== 'done' || !before) throw new StepRefused('NOT_RETURNED', row.life.state);
  await takeBack(work, refund);
  const booked = await postingsOfRefund(tx, id);
  work.postings.push(...reversalPostings(booked));
  work.event = 'reversal';
  work.refundId = id;
  const reversed = booked[0]?.transactionId;
  if (reversed !== undefined) work.reversal = { of: reversed, reason };
  const inBinMs = Date.parse(input.at) - Date.parse(row.life.isolatedAt!);
  work.life = { ...work.life, orders: before.orders.map((order) => movedLater(order, inBinMs)) };
  const transaction = reversed === undefined ? null : transactionId(row.id, input.step);
  await moveRefund(tx, id, ['reversed'], { reversal: { transactionId: transaction, reason, by: input.by, at: input.at } });
  // Those that it closed, and no others: an order may have been returned before.
  const opened = row.orders.filter((order) => order.closedAt === row.life.isolatedAt);
  await moveOrders(tx, row, opened, inBinMs, input.at);
  await tx.query('UPDATE termination_items SET release_time = NULL WHERE refund_id = $1', [id]);
  await tx.query("UPDATE rights SET status = 'returned' WHERE termination_id = $1 AND instance_id = $2", [refund.terminationId, row.id]);
}

/** Opens orders again, all of them later by the same (M20); so is the switch of the network, which is reckoned from their start. */
async function moveOrders(tx: Transaction, { id, facts }: InstanceRow, orders: StoredOrder[], byMs: number, at: string): Promise<void> {
  for (const { closedAt: _closed, endedAt: _ended, ...order } of orders) {
    await tx.query('UPDATE orders SET closed_at = NULL, document = $3 WHERE instance_id = $1 AND id = $2', [
      id,
      order.id,
      movedBy(order, byMs, at),
    ]);
  }
  const { network } = facts;
  if (network.billing !== 'traffic' || network.switchedToTrafficAt === undefined) return;
  const switchedToTrafficAt = new Date(Date.parse(network.switchedToTrafficAt) + byMs).toISOString();
  await tx.query('UPDATE instances SET facts = $2 WHERE id = $1', [id, { ...facts, network: { ...network, switchedToTrafficAt } }]);
}

/** The life before the return that the instance is in the bin by, if this refund is that return's. */
async function lifeBeforeReturn(tx: Transaction, row: InstanceRow, id: string): Promise<Life | undefined> {
  const { rows } = await tx.query<{ life: Life }>(
    `SELECT b.life FROM steps s JOIN steps b ON b.instance_id = s.instance_id AND b.step = s.step - 1
     WHERE s.instance_id = $1 AND s.refund_id = $2 AND s.command = 'return' AND s.effective_at = $3`,
    [row.id, id, row.life.isolatedAt],
  );
  return rows[0]?.life;
}

async function takeBack(
  { tx, row }: Work,
  { currency, calculation: { refund } }: Pick<RefundRow, 'currency' | 'calculation'>,
): Promise<void> {
  const balances = await lockBalances(tx, row.facts.account, currency);
  const isSpent = SOURCES.some((source) => exact(balances[source]).compare(exact(refund.parts[source])) < 0);
  if (isSpent) throw new StepRefused('MONEY_SPENT', row.life.state);
  await moveBalances(tx, row.facts.account, currency, negated(refund.parts, currency));
}

/** E4: what the network has cost until now stays known, and is reckoned up to here. */
async function switchNetwork({ tx, row, input }: Work): Promise<void> {
  const { network } = row.facts;
  if (network.billing === 'traffic') throw new StepRefused('BY_TRAFFIC', row.life.state);
  const facts = { ...row.facts, network: { ...network, billing: 'traffic', switchedToTrafficAt: input.at } };
  await tx.query('UPDATE instances SET facts = $2 WHERE id = $1', [row.id, facts]);
}

/** As many as an instance may have orders: snapshots are kept with it. */
const MAX_PRICE_CHANGES = 500;

/** M23: a new snapshot, for the renewals that are bought from now on. What was paid and is refunded goes by its own (M12). */
async function putPrices({ tx, row, input }: Work, { prices }: Of<'put-prices'>): Promise<void> {
  requirePrices(row, prices);
  const priceChanges = [...(row.facts.priceChanges ?? []), { at: input.at, prices }];
  if (priceChanges.length > MAX_PRICE_CHANGES) throw new StepRefused('TOO_MANY_PRICES', row.life.state);
  await tx.query('UPDATE instances SET facts = $2 WHERE id = $1', [row.id, { ...row.facts, priceChanges }]);
}

/** As a registration's are: one currency, what refunds need, and one snapshot a version. Commands can be typed by hand. */
function requirePrices({ facts, orders, policy, life }: InstanceRow, prices: Prices): void {
  const isEnough = !policy.returns || (prices.month !== undefined && prices.hour !== undefined);
  if (prices.currency !== facts.prices?.currency || !isEnough) throw new StepRefused('PRICES_REFUSED', life.state);
  const known = snapshotsOf(orders, facts, prices.version);
  if (known.some((one) => hashOf(one) !== hashOf(prices))) throw new StepRefused('PRICE_VERSION_USED', life.state);
}

/**
 * An item that failed meanwhile has given its right back: it must not be carried out any more. Nor is anything carried out in its name but
 * the very message that was agreed to: commands can be typed by hand.
 */
async function lockItem({ tx, row, input }: Work, terminationId: string): Promise<void> {
  const { rows } = await tx.query<{ status: string; command: ItemCommand }>(
    'SELECT status, command FROM termination_items WHERE termination_id = $1 AND instance_id = $2 FOR UPDATE',
    [terminationId, row.id],
  );
  const sent = { id: input.commandId, by: input.by, command: input.body };
  if (rows[0]?.status !== 'accepted' || hashOf(rows[0].command) !== hashOf(sent)) throw new StepRefused('NOT_ACCEPTED', row.life.state);
}

/** Whether it was carried out or waits for its time, the life says. */
async function finishItem(work: Work, { terminationId, releaseTime }: Of<'finish-item'>): Promise<void> {
  await lockItem(work, terminationId);
  const isScheduled = work.life.termination?.terminationId === terminationId;
  await moveTo(
    work,
    terminationId,
    isScheduled ? { status: 'scheduled', releaseTime, scheduledAt: releaseTime } : { status: 'done', releaseTime },
  );
}

async function fireItem(work: Work, { terminationId, releaseTime }: Of<'fire-item'>): Promise<void> {
  await moveTo(work, terminationId, { status: 'done', releaseTime });
}

async function moveItem(work: Work, { terminationId, releaseTime, code }: Of<'move-item'>): Promise<void> {
  if (releaseTime !== null) return await moveTo(work, terminationId, { status: 'scheduled', releaseTime, scheduledAt: releaseTime });
  const problem = code === undefined ? {} : { problem: { code, state: work.life.state } };
  await moveTo(work, terminationId, { status: 'cancelled', releaseTime: null, ...problem });
}

/** `scheduledAt`: the time that it now waits for; a cancelled or fired one keeps the last. */
async function moveTo(
  { tx, row }: Work,
  terminationId: string,
  {
    status,
    releaseTime,
    scheduledAt,
    problem,
  }: Pick<TerminationItemRow, 'status' | 'releaseTime'> & {
    scheduledAt?: string;
    problem?: ItemProblem;
  },
): Promise<void> {
  await tx.query(
    `UPDATE termination_items SET status = $3, release_time = $4, scheduled_at = coalesce($5, scheduled_at), problem = $6
     WHERE termination_id = $1 AND instance_id = $2`,
    [terminationId, row.id, status, releaseTime, scheduledAt ?? null, problem ?? null],
  );
}

/** E6. */
async function checkArrears({ tx, row }: Work): Promise<void> {
  const standing = (await standings(tx, [row.facts.account])).get(row.facts.account);
  if (standing?.arrears) throw new StepRefused('IN_ARREARS', row.life.state);
}

/** J3: an order has ended at its end, however late that is carried out; or now, when its instance ends before it. */
async function endOrders(work: Work, { orderIds }: Of<'end-orders'>): Promise<void> {
  const { tx, row, input } = work;
  const ended = row.orders.filter((order) => orderIds.includes(order.id));
  await tx.query("UPDATE orders SET ended_at = least((document->>'endsAt')::timestamptz, $3) WHERE instance_id = $1 AND id = ANY($2)", [
    row.id,
    orderIds,
    input.at,
  ]);
  work.postings.push(...endedPostings(ended, row.facts.prices!.currency));
}

/** A renewal or an upgrade: its dates, its price, its money (J1) and its place in the life. Bounded like the orders of a registration. */
async function addOrder(work: Work, { order: asked }: Of<'new-order'>): Promise<void> {
  const { tx, row, input } = work;
  const prices = row.facts.prices!;
  if (row.orders.length >= MAX_ORDERS) throw new StepRefused('TOO_MANY_ORDERS', row.life.state);
  const { startsAt, endsAt } = asked.kind === 'renewal' ? renewalDates(row, asked, input.at) : upgradeDates(row, input.at);
  if (!isWithinBounds(endsAt)) throw new StepRefused('ENDS_TOO_LATE', row.life.state);
  if (asked.prices) requirePrices(row, asked.prices);
  const basis = asked.kind === 'renewal' ? renewalPrices(row.orders, startsAt, row.facts) : undefined;
  const own = asked.kind === 'upgrade' ? asked.prices : basis;
  const paid = asked.paid ?? (await debit(work, asked, basis));
  const order: Order = {
    id: freeOrderId(row.orders, `${asked.kind}-${input.step}`),
    kind: asked.kind,
    channel: asked.channel,
    ...(asked.months === undefined ? {} : { months: asked.months }),
    startsAt,
    endsAt,
    paid,
    ...(own !== undefined && own !== row.facts.prices ? { prices: own } : {}),
    boughtAt: input.at,
  };
  await insertOrders(tx, row.id, row.orders.length, [order]);
  work.event = 'renewal';
  work.details.order = { id: order.id, kind: order.kind, startsAt, endsAt };
  work.postings.push(...paidPostings(order, asked.paid ? 'world' : 'customer', prices.currency));
  work.life = { ...work.life, orders: [...work.life.orders, openOrder(order)] };
}

/** A renewal starts at the last end and keeps the anchor (M22); when that has passed it starts now, and a new chain with it (L11). */
function renewalDates(row: InstanceRow, asked: NewOrder, at: string): { startsAt: string; endsAt: string } {
  const terms = openOrders(row.orders).filter(isTerm);
  const last = lastTerm(terms);
  const startsAt = last && Date.parse(last.endsAt) > Date.parse(at) ? last.endsAt : at;
  return { startsAt, endsAt: renewalEnd(terms, startsAt, asked.months!, row.policy.knobs.timeZone) };
}

/** M16: an upgrade ends with the order in force when it was bought. M26: which has to last for a second more. */
function upgradeDates(row: InstanceRow, at: string): { startsAt: string; endsAt: string } {
  const inForce = orderInForce(openOrders(row.orders), at);
  if (!inForce || Date.parse(inForce.endsAt) - Date.parse(at) < 1000) throw new StepRefused('NO_ORDER_IN_FORCE', row.life.state);
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
  await moveBalances(tx, row.facts.account, currency, negated(paid, currency));
  return paid;
}

function negated(amounts: Parts, currency: string): Parts {
  return Object.fromEntries(SOURCES.map((source) => [source, formatMoney(exact(amounts[source]).neg(), currency)])) as Parts;
}

function freeOrderId(orders: StoredOrder[], wanted: string): string {
  return orders.some((order) => order.id === wanted) ? freeOrderId(orders, `${wanted}-`) : wanted;
}
