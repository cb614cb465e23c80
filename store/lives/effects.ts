/**
 * What a step does to the world beside recording the new life, one function for each effect of
 * `domain/lifecycle.ts`. Pure: an effect answers what it changes from what was read and locked for it
 * (`reading.ts`), and the step (`steps.ts`) writes that in its own transaction. A refusal here leaves nothing
 * behind.
 */

import { isWithinBounds, MAX_ORDERS } from '../../domain/bounds';
import { recompute } from '../../domain/calculation';
import { renewalEnd } from '../../domain/calendar';
import type { NewOrder } from '../../domain/commands';
import { refundId, transactionId } from '../../domain/ids';
import {
  type Facts,
  isTerm,
  movedBy,
  movedLater,
  type Order,
  openOrders,
  orderInForce,
  type Prices,
  renewalPrices,
  renewalStart,
  renewalsToReturn,
  type StoredOrder,
  snapshotsOf,
} from '../../domain/instance';
import { isDue, msOf, plusMs } from '../../domain/instant';
import {
  endedPostings,
  type Posting,
  paidPostings,
  refundPostings,
  reversalPostings,
} from '../../domain/journal';
import { type Effect, type Life, openOrder } from '../../domain/lifecycle';
import { exact, formatMoney, type Parts, SOURCES } from '../../domain/money';
import { payFromBalances, renewalPrice } from '../../domain/pricing';
import type { Refund } from '../../domain/refund';
import type { StepInput } from '../../domain/step';
import type { Details } from '../../domain/timeline';
import type { ItemChange } from '../agreements/items';
import { partsOf } from '../books/accounts';
import type { StepEvent } from '../books/ledger';
import type { RefundMove, RefundRow } from '../books/refunds';
import { hashOf } from '../hash';
import type { InstanceRow } from './instances';
import type { Found } from './reading';

/** The database's own refusals, as business answers: nothing was written. */
export class StepRefused extends Error {
  constructor(
    readonly code: string,
    readonly state: string,
  ) {
    super(code);
  }
}

/** What an effect changes. What is missing stays as it is. */
export interface Changes {
  life?: Life;
  facts?: Facts;
  orders?: {
    added?: Order[];
    /** Ids of those that come back. */
    closed?: string[];
    /** Ids of those that end. */
    ended?: string[];
    /** As they are opened again. */
    reopened?: Order[];
  };
  /** What the account's balances gain; negative amounts are taken from them. */
  balances?: { currency: string; amounts: Parts };
  booking?: Booking;
  item?: ItemChange;
  refund?: RefundMove;
  right?: { terminationId: string; become: 'used' | 'returned' };
  /** What the timeline tells of it beside what the command says (L19). */
  details?: Details;
}

export interface Booking {
  event: StepEvent;
  postings: Posting[];
  /** The transaction that it reverses, and why. */
  reversal?: { of: string; reason: string };
}

/** What effects see: the step, and the instance as it was before it. */
export interface Scene {
  input: StepInput;
  row: InstanceRow;
  found: Found;
  /** As far as the effects before have taken it. */
  life: Life;
}

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** @throws StepRefused when what the effect needs is not there */
export function changesOf(scene: Scene, effect: Effect): Changes {
  switch (effect.type) {
    case 'settle':
      return settle(scene, effect);
    case 'finish-item':
      return finishItem(scene, effect);
    case 'fire-item':
      return fireItem(effect);
    case 'move-item':
      return moveItem(scene, effect);
    case 'new-order':
      return addOrder(scene, effect);
    case 'end-orders':
      return endOrders(scene, effect);
    case 'check-arrears':
      return checkArrears(scene);
    case 'undo-refund':
      return undoRefund(scene, effect);
    case 'switch-network':
      return switchNetwork(scene);
    case 'put-prices':
      return putPrices(scene, effect);
    case 'begin-item':
      return beginItem(scene);
    case 'fail-item':
      return failItem(scene, effect);
  }
}

/**
 * M13, M15, J2: computes the refund again from the stored orders as of the quote's instant, holds it against
 * the quote, and books it.
 */
function settle(scene: Scene, { terminationId }: Of<'settle'>): Changes {
  const { row, input, life } = scene;
  const { refund: opened, refundPolicy } = scene.found;
  requireAgreed(scene);
  const id = refundId(terminationId, row.id);
  // Accepted by a version that opened no refunds, while this one was being deployed.
  if (!opened) throw new StepRefused('QUOTE_STALE', row.life.state);
  const { calculation } = opened;
  const { action } = calculation.inputs;
  const refund = recompute({ ...calculation.inputs, facts: row.facts, orders: row.orders }, refundPolicy!);
  const returned = ordersReturned(row, opened, input.at);
  if (!returned || moneyOf(refund) !== moneyOf(calculation.refund))
    throw new StepRefused('QUOTE_STALE', row.life.state);
  const isRenewals = action === 'return-renewals';
  const releaseTime = isRenewals ? null : (life.purgeTime ?? input.at);
  return {
    // The books know each order's kind, which a life of an earlier version does not (M18).
    ...(isRenewals ? { life: { ...life, orders: without(row.life.orders, returned) } } : {}),
    orders: { closed: returned.map((order) => order.id) },
    balances: { currency: refund.currency, amounts: refund.parts },
    booking: { event: 'refund', postings: refundPostings(refund, returned) },
    refund: { id, statuses: [...(row.life.crossing ? [] : [ISOLATING]), 'booked', 'done'] },
    right: { terminationId, become: 'used' },
    item: { terminationId, status: 'done', releaseTime, refundId: id },
  };
}

/**
 * The orders that come back, if they are what was quoted: one that has begun meanwhile is in use, and one
 * bought meanwhile nobody gave back.
 */
function ordersReturned(
  row: InstanceRow,
  { calculation: { inputs } }: Pick<RefundRow, 'calculation'>,
  now: string,
): StoredOrder[] | undefined {
  const open = openOrders(row.orders);
  const isRenewals = inputs.action === 'return-renewals';
  const returned = isRenewals ? renewalsToReturn(open, inputs.at, inputs.orderIds) : open;
  const quoted = new Set(inputs.orders.map((order) => order.id));
  const hasBegun = isRenewals && returned.some((order) => isDue(order.startsAt, now));
  return !hasBegun && returned.every((order) => quoted.has(order.id)) ? returned : undefined;
}

function without<T extends { id: string }>(orders: T[], gone: { id: string }[]): T[] {
  const ids = new Set(gone.map(({ id }) => id));
  return orders.filter(({ id }) => !ids.has(id));
}

/** Of a refund, what is booked; how it is worded may change between two versions. */
const moneyOf = ({ currency, amount, parts, fee, cells }: Refund): string =>
  hashOf([currency, amount, parts, fee, cells]);

/**
 * Undoes the return that put the instance into the bin: its transaction is reversed line by line, its orders
 * are open again and later by the time in the bin, which is not used (M20), and the right is given back.
 */
function undoRefund(
  { row, found, input, life }: Scene,
  { refundId: id, reason }: Of<'undo-refund'>,
): Changes {
  const { refund, before, booked = [] } = found;
  if (refund?.status !== 'done' || !before) throw new StepRefused('NOT_RETURNED', row.life.state);
  requireUnspent(row, found, refund);
  const reversed = booked[0]?.transactionId;
  const transaction = reversed === undefined ? null : transactionId(row.id, input.step);
  const inBinMs = msOf(input.at) - msOf(row.life.isolatedAt!);
  const facts = withSwitchMoved(row.facts, inBinMs);
  // Those that it closed, and no others: an order may have been returned before.
  const closed = row.orders.filter((order) => order.closedAt === row.life.isolatedAt);
  return {
    life: { ...life, orders: before.orders.map((order) => movedLater(order, inBinMs)) },
    ...(facts ? { facts } : {}),
    orders: {
      reopened: closed.map(({ closedAt: _closed, endedAt: _ended, ...order }) =>
        movedBy(order, inBinMs, input.at),
      ),
    },
    balances: {
      currency: refund.currency,
      amounts: negated(refund.calculation.refund.parts, refund.currency),
    },
    booking: {
      event: 'reversal',
      postings: reversalPostings(booked),
      ...(reversed === undefined ? {} : { reversal: { of: reversed, reason } }),
    },
    refund: {
      id,
      statuses: ['reversed'],
      reversal: { transactionId: transaction, reason, by: input.by, at: input.at },
    },
    right: { terminationId: refund.terminationId!, become: 'returned' },
    item: { terminationId: refund.terminationId!, status: 'done', releaseTime: null, refundId: id },
  };
}

/**
 * The switch of the network is counted from the orders' start, and moves with them. undefined: there was
 * none.
 */
function withSwitchMoved(facts: Facts, byMs: number): Facts | undefined {
  const { network } = facts;
  if (network.billing !== 'traffic' || network.switchedToTrafficAt === undefined) return undefined;
  const switchedToTrafficAt = plusMs(network.switchedToTrafficAt, byMs);
  return { ...facts, network: { ...network, switchedToTrafficAt } };
}

/** What was paid back has to be there still. */
function requireUnspent(
  row: InstanceRow,
  found: Found,
  refund: Pick<RefundRow, 'currency' | 'calculation'>,
): void {
  const balances = partsOf(found.balances!, refund.currency);
  const { parts } = refund.calculation.refund;
  const isSpent = SOURCES.some((source) => exact(balances[source]).compare(exact(parts[source])) < 0);
  if (isSpent) throw new StepRefused('MONEY_SPENT', row.life.state);
}

/** E4: what the network has cost until now stays known, and is computed up to here. */
function switchNetwork({ row, input }: Scene): Changes {
  const { network } = row.facts;
  if (network.billing === 'traffic') throw new StepRefused('BY_TRAFFIC', row.life.state);
  return {
    facts: { ...row.facts, network: { ...network, billing: 'traffic', switchedToTrafficAt: input.at } },
  };
}

/** As many as an instance may have orders: snapshots are kept with it. */
const MAX_PRICE_CHANGES = 500;

/**
 * M23: a new snapshot, for the renewals that are bought from now on. What was paid and is refunded goes by
 * its own (M12).
 */
function putPrices({ row, input }: Scene, { prices }: Of<'put-prices'>): Changes {
  requirePrices(row, prices);
  const priceChanges = [...(row.facts.priceChanges ?? []), { at: input.at, prices }];
  if (priceChanges.length > MAX_PRICE_CHANGES) throw new StepRefused('TOO_MANY_PRICES', row.life.state);
  return { facts: { ...row.facts, priceChanges } };
}

/**
 * As a registration's are: one currency, what refunds need, and one snapshot a version. Commands can be typed
 * by hand.
 */
function requirePrices({ facts, orders, policy, life }: InstanceRow, prices: Prices): void {
  const isEnough = !policy.returns || (prices.month !== undefined && prices.hour !== undefined);
  if (prices.currency !== facts.prices?.currency || !isEnough)
    throw new StepRefused('PRICES_REFUSED', life.state);
  const known = snapshotsOf(orders, facts, prices.version);
  if (known.some((one) => hashOf(one) !== hashOf(prices)))
    throw new StepRefused('PRICE_VERSION_USED', life.state);
}

/**
 * An item that failed meanwhile has given its right back: it must not be carried out any more. Nor is
 * anything carried out in its name but the very message that was agreed to: commands can be typed by hand.
 */
function requireAgreed({ row, input, found: { agreed } }: Scene): void {
  // A machine that has arrived does so in the name of the message that sent it on its way.
  const { id, by } = row.life.crossing?.envelope ?? { id: input.commandId, by: input.by };
  const sent = { id, by, command: input.body };
  if (!agreed || hashOf(agreed) !== hashOf(sent)) throw new StepRefused('NOT_ACCEPTED', row.life.state);
}

/** Whether it was carried out or waits for its time, the life says. */
function finishItem(scene: Scene, { terminationId, releaseTime }: Of<'finish-item'>): Changes {
  requireAgreed(scene);
  const isScheduled = scene.life.termination?.terminationId === terminationId;
  if (!isScheduled) return { item: { terminationId, status: 'done', releaseTime } };
  return { item: { terminationId, status: 'scheduled', releaseTime, scheduledAt: releaseTime } };
}

const ISOLATING = 'isolating' as const;

/** Nothing is booked and no right used before the machine is isolated; until then the agreement stands (decision 7). */
function beginItem(scene: Scene): Changes {
  requireAgreed(scene);
  const { refund } = scene.found;
  return refund ? { refund: { id: refund.id, statuses: [ISOLATING] } } : {};
}

/** What the control plane has refused for good was none: its right comes back, and its refund says why it failed. */
function failItem({ row, found: { refund } }: Scene, { terminationId, why }: Of<'fail-item'>): Changes {
  const problem = { ...why, state: row.life.crossing!.from };
  return {
    item: { terminationId, status: 'failed', releaseTime: null, problem },
    right: { terminationId, become: 'returned' },
    ...(refund ? { refund: { id: refund.id, statuses: ['failed'], problem } } : {}),
  };
}

const fireItem = ({ terminationId, releaseTime }: Of<'fire-item'>): Changes => ({
  item: { terminationId, status: 'done', releaseTime },
});

function moveItem({ life }: Scene, { terminationId, releaseTime, code }: Of<'move-item'>): Changes {
  if (releaseTime !== null)
    return { item: { terminationId, status: 'scheduled', releaseTime, scheduledAt: releaseTime } };
  const problem = code === undefined ? null : { code, state: life.state };
  return { item: { terminationId, status: 'cancelled', releaseTime: null, problem } };
}

/** E6. */
function checkArrears({ row, found }: Scene): Changes {
  if (found.standing?.arrears) throw new StepRefused('IN_ARREARS', row.life.state);
  return {};
}

function endOrders({ row }: Scene, { orderIds }: Of<'end-orders'>): Changes {
  const ended = row.orders.filter((order) => orderIds.includes(order.id));
  return {
    orders: { ended: orderIds },
    booking: { event: 'end-orders', postings: endedPostings(ended, row.facts.prices!.currency) },
  };
}

/**
 * A renewal or an upgrade: its dates, its price, its money (J1) and its place in the life. Bounded like the
 * orders of a registration.
 */
function addOrder({ row, found, input, life }: Scene, { order: asked }: Of<'new-order'>): Changes {
  const { currency } = row.facts.prices!;
  if (row.orders.length >= MAX_ORDERS) throw new StepRefused('TOO_MANY_ORDERS', row.life.state);
  const { startsAt, endsAt } =
    asked.kind === 'renewal' ? renewalDates(row, asked, input.at) : upgradeDates(row, input.at);
  if (!isWithinBounds(endsAt)) throw new StepRefused('ENDS_TOO_LATE', row.life.state);
  if (asked.prices) requirePrices(row, asked.prices);
  const basis = asked.kind === 'renewal' ? renewalPrices(row.orders, startsAt, row.facts) : undefined;
  const own = asked.kind === 'upgrade' ? asked.prices : basis;
  const paid = asked.paid ?? priced(row, found, asked, basis);
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
  return {
    life: { ...life, orders: [...life.orders, openOrder(order)] },
    orders: { added: [order] },
    ...(asked.paid ? {} : { balances: { currency, amounts: negated(paid, currency) } }),
    booking: { event: 'renewal', postings: paidPostings(order, asked.paid ? 'world' : 'customer', currency) },
    details: { order: { id: order.id, kind: order.kind, startsAt, endsAt } },
  };
}

/**
 * A renewal starts at the last end and keeps the anchor (M22); when that has passed it starts now, and a new
 * chain with it (L11).
 */
function renewalDates(row: InstanceRow, asked: NewOrder, at: string): { startsAt: string; endsAt: string } {
  const terms = openOrders(row.orders).filter(isTerm);
  const startsAt = renewalStart(row.orders, at);
  return { startsAt, endsAt: renewalEnd(terms, startsAt, asked.months!, row.policy.knobs.timeZone) };
}

/**
 * M16: an upgrade ends with the order in force when it was bought. M26: which has to last for a second more.
 */
function upgradeDates(row: InstanceRow, at: string): { startsAt: string; endsAt: string } {
  const inForce = orderInForce(openOrders(row.orders), at);
  if (!inForce || msOf(inForce.endsAt) - msOf(at) < 1000)
    throw new StepRefused('NO_ORDER_IN_FORCE', row.life.state);
  return { startsAt: at, endsAt: inForce.endsAt };
}

/**
 * What a renewal costs by the snapshot, from what the account has: gift, income, then cash. Its balances stay
 * locked.
 */
function priced(
  row: InstanceRow,
  found: Found,
  asked: NewOrder,
  basis: ReturnType<typeof renewalPrices>,
): Order['paid'] {
  const price = renewalPrice(asked.months!, basis, row.facts, row.policy);
  if (price === undefined) throw new StepRefused('PRICE_MISSING', row.life.state);
  const { currency } = row.facts.prices!;
  const paid = payFromBalances(price, partsOf(found.balances!, currency), currency);
  if (!paid) throw new StepRefused('INSUFFICIENT_BALANCE', row.life.state);
  return paid;
}

function negated(amounts: Parts, currency: string): Parts {
  return Object.fromEntries(
    SOURCES.map((source) => [source, formatMoney(exact(amounts[source]).neg(), currency)]),
  ) as Parts;
}

function freeOrderId(orders: StoredOrder[], wanted: string): string {
  return orders.some((order) => order.id === wanted) ? freeOrderId(orders, `${wanted}-`) : wanted;
}
