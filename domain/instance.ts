/**
 * What an instance is, as it was registered: facts that the operator states once, and the orders that were
 * paid.
 */
import { isDue, msOf, plusMs } from './instant';
import type { Source } from './money';

export type Billing = 'prepaid' | 'postpaid';
/** `return-renewals`: the renewals that have not begun come back (M18), and the instance runs on. */
export const ACTIONS = ['terminate', 'return', 'return-renewals'] as const;
export type Action = (typeof ACTIONS)[number];
/** What a product has to offer for it: renewals come back where returns do. */
export const offeredAs = (action: Action): Exclude<Action, 'return-renewals'> =>
  action === 'return-renewals' ? 'return' : action;

export type Mode = 'now' | 'later' | 'timed';
export type Schedule = { mode: 'now' } | { mode: 'later' } | { mode: 'timed'; at: string };

export const STATES = [
  'running',
  'stopped',
  'changing',
  'expired',
  'isolating',
  'isolated',
  'restoring',
  'terminating',
  'terminated',
] as const;
export type State = (typeof STATES)[number];

/** What lists of instances can be sorted by. `due`: the next thing that happens by itself. */
export const INSTANCE_SORTS = [
  'registered',
  'id',
  'name',
  'account',
  'product',
  'region',
  'billing',
  'state',
  'due',
  'expires',
] as const;
export type InstanceSortKey = (typeof INSTANCE_SORTS)[number];

/** Decimal strings of the price's currency. A voucher lowers what is paid and never comes back (003-10). */
export type Paid = Record<Source | 'voucher', string>;

/**
 * An hourly price, or tiers of it: the price holds up to so many hours of a part month; the last tier has no
 * limit (M3).
 */
export type HourlyPrice = string | { upToHours?: number | undefined; price: string }[];

export interface Discount {
  months: number;
  /** `"0.83"`: what remains of the list price. */
  rate: string;
}

/** A snapshot of prices, taken at purchase (M12). */
export interface Prices {
  version: string;
  currency: string;
  month?: string | undefined;
  hour?: HourlyPrice | undefined;
  /** Missing = the policy's tiers; empty = none. */
  discounts?: Discount[] | undefined;
}

export type Network =
  | {
      billing: 'traffic';
      hour?: string | undefined;
      month?: string | undefined;
      switchedToTrafficAt?: string | undefined;
    }
  | { billing: 'bandwidth'; hour: string; month?: string | undefined };

export type OrderKind = 'purchase' | 'renewal' | 'upgrade';
export type Channel = 'standard' | 'promotion' | 'activity';

export interface Order {
  id: string;
  kind: OrderKind;
  channel: Channel;
  /** Only describes the order: its dates rule. */
  months?: number | undefined;
  startsAt: string;
  endsAt: string;
  paid: Paid;
  prices?: Prices | undefined;
  /**
   * When it was bought by way of Sunset, on the instance's clock; missing: it was registered with the
   * instance.
   */
  boughtAt?: string | undefined;
  /** Its dates before each undo that moved it (M20), the first first. */
  movedFrom?: DatesBefore[] | undefined;
}

/** Dates as they were, and until when. */
interface DatesBefore {
  startsAt: string;
  endsAt: string;
  /** The instant of the undo, on the instance's clock. */
  at: string;
}

/**
 * An order with what has become of it. A closed order was returned (M15); an ended one has run out and its
 * money is revenue (J3).
 */
export interface StoredOrder extends Order {
  closedAt: string | null;
  endedAt: string | null;
}

export interface Disk {
  id: string;
  kind: 'system' | 'data';
  storage: 'local' | 'cloud' | 'elastic';
  deleteWithInstance?: boolean | undefined;
  /** A monthly price: the plan then says what keeping it costs. */
  month?: string | undefined;
}

export interface Address {
  id: string;
  kind: 'public' | 'elastic';
  month?: string | undefined;
}

interface PriceChange {
  /** On the instance's clock. */
  at: string;
  prices: Prices;
}

/** The facts of a registration, orders aside. */
export interface Facts {
  account: string;
  product: string;
  billing: Billing;
  name?: string | undefined;
  /** The machine in its region; it may be used again when the instance has ended (L18). */
  externalId?: string | undefined;
  region: string;
  zone?: string | undefined;
  type?: string | undefined;
  startedAt?: string | undefined;
  monthlySettled: boolean;
  prices?: Prices | undefined;
  /**
   * Snapshots that the operator has put since, the first first: they count for renewals bought after them
   * (M23).
   */
  priceChanges?: PriceChange[] | undefined;
  network: Network;
  disks: Disk[];
  addresses: Address[];
}

export interface Registration extends Omit<Facts, 'priceChanges'> {
  state: 'running' | 'stopped' | 'changing' | 'expired' | 'isolated';
  orders: Order[];
  /**
   * These three with `isolated`, and only then: an instance that is in another system's bin keeps its times
   * (L15).
   */
  isolatedAt?: string | undefined;
  cause?: 'terminate' | 'return' | 'expiry' | undefined;
  purgeTime?: string | undefined;
  /** What a restore returns it to; missing: `running`. */
  power?: 'running' | 'stopped' | undefined;
}

/** The facts alone: what is stated of state, bin and orders is the life's. */
export function factsOf<T extends Registration>({
  orders: _orders,
  state: _state,
  isolatedAt: _isolatedAt,
  cause: _cause,
  purgeTime: _purgeTime,
  power: _power,
  ...facts
}: T): Omit<T, Exclude<keyof Registration, keyof Facts>> {
  return facts;
}

/** The instance family is the type before the dot: `S1.SMALL1` → `S1` (E3). */
export const familyOf = (facts: Facts): string | undefined => facts.type?.split('.')[0]?.toUpperCase();

/** Both dates later by so many milliseconds. */
export const movedLater = <T extends { startsAt: string; endsAt: string }>(span: T, byMs: number): T => ({
  ...span,
  startsAt: plusMs(span.startsAt, byMs),
  endsAt: plusMs(span.endsAt, byMs),
});

/**
 * An order that an undo gives its time back to: later by the time in the bin, with the dates that it had
 * (M20).
 */
export function movedBy(order: Order, byMs: number, at: string): Order {
  const { startsAt, endsAt, movedFrom = [] } = order;
  return { ...movedLater(order, byMs), movedFrom: [...movedFrom, { startsAt, endsAt, at }] };
}

/** An order with every pair of dates that it has had, the first first. */
export function versionsOf(order: Order): Order[] {
  const { movedFrom = [], ...now } = order;
  const before = movedFrom.map(({ startsAt, endsAt }, index): Order => {
    const moves = movedFrom.slice(0, index);
    return { ...now, startsAt, endsAt, ...(moves.length ? { movedFrom: moves } : {}) };
  });
  return [...before, order];
}

type Times = Pick<Order, 'startsAt' | 'endsAt'>;
const knownTimes = new WeakMap<object, Times & { start: number; end: number }>();

/**
 * An order's times in milliseconds. Looking ahead asks for those of hundreds of orders, dozens of times: they
 * are read once, and again should they have been changed.
 */
export function timesOf(order: Times): { start: number; end: number } {
  const known = knownTimes.get(order);
  if (known && known.startsAt === order.startsAt && known.endsAt === order.endsAt) return known;
  const { startsAt, endsAt } = order;
  const times = { startsAt, endsAt, start: msOf(startsAt), end: msOf(endsAt) };
  knownTimes.set(order, times);
  return times;
}

/** Purchases and renewals make up the time that was paid; upgrades run beside them. */
export const isTerm = (order: { kind: OrderKind }): boolean => order.kind !== 'upgrade';

/** Open orders: closed ones count in no formula (M15). */
export const openOrders = (orders: StoredOrder[]): StoredOrder[] =>
  orders.filter((order) => order.closedAt === null);

/** The purchase or renewal with `startsAt ≤ now < endsAt` (M5). */
export function orderInForce<T extends Order>(orders: T[], now: string): T | undefined {
  const instant = msOf(now);
  return orders.find(
    (order) => isTerm(order) && timesOf(order).start <= instant && instant < timesOf(order).end,
  );
}

/**
 * M19: whether the paid time is still to begin: nothing of it has been used. `orders`: those that are open.
 */
export function hasNotBegun<T extends Times & { kind: OrderKind }>(orders: T[], now: string): boolean {
  const terms = orders.filter(isTerm);
  return terms.length > 0 && notStarted(terms, now).length === terms.length;
}

/**
 * The five-day clock starts at the first purchase and stays there, also when that order was closed (E1, M15).
 */
export const firstPurchase = (orders: Order[]): Order | undefined =>
  firstToStart(orders.filter((order) => order.kind === 'purchase'));

/** In order of time; orders that start together stay as they are listed. */
export const byStart = <T extends Times>(orders: T[]): T[] =>
  [...orders].sort((a, b) => timesOf(a).start - timesOf(b).start);

/** Of orders that start together the one listed first. */
export function firstToStart<T extends Times>(orders: T[]): T | undefined {
  return mostOf(orders, (order) => -timesOf(order).start);
}

/** The value of which there is most, in one go; of equal ones the first. */
function mostOf<T>(values: T[], of: (value: T) => number): T | undefined {
  let best: { value: T; size: number } | undefined;
  for (const value of values) {
    const size = of(value);
    if (!best || size > best.size) best = { value, size };
  }
  return best?.value;
}

/** Orders that are paid and have not begun: they come back whole (M5). */
export function notStarted<T extends Times>(orders: T[], now: string): T[] {
  const instant = msOf(now);
  return orders.filter((order) => timesOf(order).start > instant);
}

/**
 * M18: what a return of renewals gives back. From the end of the chain on, renewals that have not begun, so
 * that no gap is left; never a purchase, and never the first of the terms that live, without which the
 * instance would run on unpaid. Upgrades inside them go along: they can't outlive them.
 * @param chosen ids of those that are to come back; missing: all of them. What comes after the first one of
 *   them has to go along.
 */
export function renewalsToReturn<T extends Times & { id: string; kind: OrderKind }>(
  orders: T[],
  now: string,
  chosen?: readonly string[],
): T[] {
  const instant = msOf(now);
  const terms = byStart(orders.filter((order) => isTerm(order) && timesOf(order).end > instant));
  const stays = terms.findLastIndex((order) => order.kind !== 'renewal' || timesOf(order).start <= instant);
  const all = terms.slice(Math.max(stays, 0) + 1);
  const wanted = new Set(chosen);
  const first = chosen ? all.findIndex(({ id }) => wanted.has(id)) : 0;
  const back = new Set(first < 0 ? [] : all.slice(first));
  const from = Math.min(...[...back].map((order) => timesOf(order).start));
  return orders.filter((order) => back.has(order) || (!isTerm(order) && timesOf(order).start >= from));
}

/**
 * Why a choice of renewals can't come back as it is: an order that there is not, that can't, or whose return
 * would leave a gap before `other`.
 */
export type ChoiceIssue = { id: string } & (
  | { code: 'UNKNOWN_ORDER' | 'NOT_RETURNABLE' }
  | { code: 'LEAVES_GAP'; other: string }
);

const byId = <T extends { id: string }>(orders: T[]): Map<string, T> =>
  new Map(orders.map((order) => [order.id, order]));

/**
 * What stands against giving back just these renewals (M16, M18); nothing when they can. `orders`: all of the
 * instance's.
 */
export function choiceIssues(orders: StoredOrder[], now: string, chosen: readonly string[]): ChoiceIssue[] {
  const open = openOrders(orders);
  const possible = renewalsToReturn(open, now).filter(isTerm);
  const after = renewalsToReturn(open, now, chosen).filter(isTerm);
  const [known, returnable, wanted] = [byId(orders), byId(possible), new Set(chosen)];
  const left = after
    .filter((one) => !wanted.has(one.id))
    .map((one) => ({ id: one.id, start: timesOf(one).start }));
  return chosen.flatMap((id): ChoiceIssue[] => {
    if (!known.has(id)) return [{ id, code: 'UNKNOWN_ORDER' }];
    const order = returnable.get(id);
    if (!order) return [{ id, code: 'NOT_RETURNABLE' }];
    const { start } = timesOf(order);
    const gap = left.find((one) => one.start > start);
    return gap ? [{ id, code: 'LEAVES_GAP', other: gap.id }] : [];
  });
}

/** The end of the paid time: the latest end of a purchase or renewal. */
export function lastTerm<T extends { kind: OrderKind; endsAt: string }>(orders: T[]): T | undefined {
  return mostOf(orders.filter(isTerm), (order) => msOf(order.endsAt));
}

/**
 * The prices that hold for an order: its own; for a renewal without, those of the latest upgrade before it
 * that was registered with it (an upgrade's prices count for later renewals only, and what is bought is later
 * than all that was registered); else the instance's.
 */
export function pricesOf(order: Order, orders: Order[], facts: Facts): Prices | undefined {
  if (order.prices && order.kind !== 'upgrade') return order.prices;
  return (order.kind === 'renewal' ? latestUpgradePrices(orders, order.startsAt) : undefined) ?? facts.prices;
}

/**
 * The prices that a renewal bought now costs: the newest snapshot of the chain (M23), which are those of what
 * was bought or put last; of what was registered, those of the order that starts last before it; else the
 * instance's.
 */
export function renewalPrices(orders: Order[], startsAt: string, facts: Facts): Prices | undefined {
  const bought = orders.flatMap(({ boughtAt, prices }) =>
    boughtAt !== undefined && prices ? [{ at: boughtAt, prices }] : [],
  );
  const newest = [...bought, ...(facts.priceChanges ?? [])].sort((a, b) => msOf(a.at) - msOf(b.at)).at(-1);
  return newest?.prices ?? latestRegistered(orders, startsAt) ?? facts.prices;
}

const latestUpgradePrices = (orders: Order[], before: string): Prices | undefined =>
  latestRegistered(
    orders.filter(({ kind }) => kind === 'upgrade'),
    before,
  );

/**
 * Of orders that start together, the one listed last: it was bought last. One that starts with the renewal is
 * no earlier one.
 */
function latestRegistered(orders: Order[], before: string): Prices | undefined {
  const until = msOf(before);
  const earlier = orders.filter(
    (order) => order.boughtAt === undefined && order.prices && timesOf(order).start < until,
  );
  return mostOf(earlier.reverse(), (order) => timesOf(order).start)?.prices;
}

/** Every snapshot of the instance under a version; there should be one at most. */
export const snapshotsOf = (
  orders: Order[],
  { prices, priceChanges = [] }: Facts,
  version: string,
): Prices[] =>
  [prices, ...orders.map((order) => order.prices), ...priceChanges.map((change) => change.prices)].filter(
    (one): one is Prices => one?.version === version,
  );

/** Where a renewal starts that is bought now: at the end of the paid time; when that has passed, now (L11). */
export function renewalStart(orders: StoredOrder[], now: string): string {
  const last = lastTerm(openOrders(orders));
  return last && !isDue(last.endsAt, now) ? last.endsAt : now;
}

/**
 * How an order stands at an instant, as answers show it. Nothing is in force of an instance that has ended,
 * or whose paid time has (L15).
 */
export function orderStatus(
  order: StoredOrder,
  now: string,
  state: State,
): 'in-force' | 'future' | 'ended' | 'closed' {
  if (order.closedAt !== null) return 'closed';
  if (order.endedAt !== null || state === 'expired' || state === 'terminated') return 'ended';
  if (isDue(order.endsAt, now)) return 'ended';
  return isDue(order.startsAt, now) ? 'in-force' : 'future';
}
