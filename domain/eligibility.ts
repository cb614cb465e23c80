/** Who may return what (E1–E8), as pure functions. They answer with every reason at once. */
import { calendarDay, SECONDS_PER_HOUR, secondsBetween, startOfDayAfter } from './calendar';
import { type Facts, familyOf, firstPurchase, type Order, openOrders, type StoredOrder } from './instance';
import { type Exact, exact, ZERO } from './money';
import type { Exclusion, Knobs, Policy } from './policy';
import type { RefundKind } from './refund';

const FIVE_DAYS = 5;
const FIVE_DAYS_HOURS = 120;

/** How the account and the instance stand with the operator. */
export interface Standing {
  arrears: boolean;
  /** A hold on the account or on the instance (E5). */
  hold: boolean;
  /** A request for a refund of the instance waits for a decision (E5). */
  inReview?: boolean;
}

export type EligibilityCode =
  | 'NO_ORDER_IN_FORCE'
  | 'MONTHLY_SETTLED'
  | 'PROMOTION_CHANNEL'
  | 'APPROVAL_REQUIRED'
  | 'IN_REVIEW'
  | 'QUOTA_USED'
  | 'IN_ARREARS'
  | Exclusion['code'];

/** E1: within 120 h of the first purchase, to the second, the last one included; or by calendar days (knob). */
export function withinFiveDays(orders: StoredOrder[], at: string, knobs: Knobs): boolean {
  const first = firstPurchase(orders);
  if (!first || Date.parse(first.startsAt) > Date.parse(at)) return false;
  if (knobs.fiveDayWindow === 'calendar-days') return calendarDay(first.startsAt, at, knobs.timeZone) <= FIVE_DAYS;
  return secondsBetween(first.startsAt, at) <= FIVE_DAYS_HOURS * SECONDS_PER_HOUR;
}

/** The last second that {@link withinFiveDays} allows; undefined without a purchase. */
export function lastOfFiveDays(orders: StoredOrder[], knobs: Knobs): string | undefined {
  const first = firstPurchase(orders);
  if (!first) return undefined;
  const last =
    knobs.fiveDayWindow === 'calendar-days'
      ? Date.parse(startOfDayAfter(first.startsAt, FIVE_DAYS, knobs.timeZone)) - 1000
      : Date.parse(first.startsAt) + FIVE_DAYS_HOURS * SECONDS_PER_HOUR * 1000;
  return new Date(last).toISOString();
}

/** E4: a switch by-bandwidth → by-traffic within the five days makes the return ordinary (003-07). */
export function switchedWithinFiveDays(facts: Facts, orders: StoredOrder[], at: string, knobs: Knobs): boolean {
  const switched = facts.network.billing === 'traffic' ? facts.network.switchedToTrafficAt : undefined;
  return switched !== undefined && Date.parse(switched) <= Date.parse(at) && withinFiveDays(orders, switched, knobs);
}

/** The orders that a return gives back: within the five days also those that have run out (M10). */
export const comingBack = (orders: StoredOrder[], at: string, inWindow: boolean): StoredOrder[] =>
  openOrders(orders).filter((order) => inWindow || Date.parse(order.endsAt) > Date.parse(at));

/** What stands against giving orders back, whichever the kind of return. */
export function returnBlockers(facts: Facts, comingBack: Order[], standing: Standing, assisted: boolean): EligibilityCode[] {
  const codes: (EligibilityCode | false)[] = [
    facts.monthlySettled && 'MONTHLY_SETTLED',
    !assisted && comingBack.some((order) => order.channel === 'promotion') && 'PROMOTION_CHANNEL',
    !assisted && standing.hold && 'APPROVAL_REQUIRED',
    !assisted && standing.inReview === true && 'IN_REVIEW',
  ];
  return codes.filter((code) => code !== false);
}

/** What stands against an ordinary return only (E3). `orders`: those that are open. */
export function ordinaryExclusions(facts: Facts, orders: Order[], exclusions: Exclusion[]): EligibilityCode[] {
  const family = familyOf(facts);
  const excluded = (one: Exclusion): boolean =>
    (!one.families || (family !== undefined && one.families.includes(family))) &&
    (!one.zones || (facts.zone !== undefined && one.zones.includes(facts.zone))) &&
    (!one.channel || orders.some((order) => order.channel === one.channel));
  return exclusions.filter(excluded).map((one) => one.code);
}

/** E5: amounts above the policy's threshold need approval. `amount` in major units. */
export function needsApproval(amount: string, policy: Policy): boolean {
  const { approvalThreshold } = policy.knobs;
  return approvalThreshold !== null && exact(amount).compare(exact(approvalThreshold)) > 0;
}

/** What one item of a batch could get under each right; undefined where that right can't be used for it. */
export interface Candidate {
  fiveDay: Exact | undefined;
  ordinary: Exact | undefined;
}

/** Rights left of one account and product. */
export interface RightsLeft {
  fiveDay: number;
  ordinary: number;
}

interface Best {
  total: Exact;
  placed: number;
}

/**
 * E7: places an account's rights so that the total over both quotas is largest; ties go to more items, then to the request's order.
 * Exact by dynamic programming over (item, five-day rights left, ordinary rights left).
 * @returns for each candidate the kind it gets, or undefined when it goes without
 */
export function placeRights(candidates: Candidate[], left: RightsLeft): (RefundKind | undefined)[] {
  const fiveDay = Math.max(0, Math.min(left.fiveDay, candidates.length));
  const ordinary = Math.max(0, Math.min(left.ordinary, candidates.length));
  const width = ordinary + 1;
  const layer = (): Best[] => Array.from({ length: (fiveDay + 1) * width }, () => ({ total: ZERO, placed: 0 }));
  // best[i]: what items i… can get with so many rights of each kind.
  const best: Best[][] = Array.from({ length: candidates.length + 1 }, layer);
  const options = (index: number, five: number, rest: number) => {
    const { fiveDay: full, ordinary: part } = candidates[index]!;
    const after = (usedFive: number, usedRest: number) => best[index + 1]![(five - usedFive) * width + rest - usedRest]!;
    return [
      ...(full && five > 0 ? [{ kind: 'five-day' as const, value: gain(after(1, 0), full) }] : []),
      ...(part && rest > 0 ? [{ kind: 'ordinary' as const, value: gain(after(0, 1), part) }] : []),
      { kind: undefined, value: after(0, 0) },
    ].reduce((a, b) => (better(b.value, a.value) ? b : a));
  };
  for (let index = candidates.length - 1; index >= 0; index -= 1) {
    for (let five = 0; five <= fiveDay; five += 1) {
      for (let rest = 0; rest <= ordinary; rest += 1) best[index]![five * width + rest] = options(index, five, rest).value;
    }
  }
  let five = fiveDay;
  let rest = ordinary;
  return candidates.map((_, index) => {
    const { kind } = options(index, five, rest);
    if (kind === 'five-day') five -= 1;
    if (kind === 'ordinary') rest -= 1;
    return kind;
  });
}

const gain = (after: Best, amount: Exact): Best => ({ total: after.total.add(amount), placed: after.placed + 1 });

function better(a: Best, b: Best): boolean {
  const order = a.total.compare(b.total);
  return order > 0 || (order === 0 && a.placed > b.placed);
}
