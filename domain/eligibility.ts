/** Who may return what (E1–E8), as pure functions. They answer with every reason at once. */

import { calendarDay, SECONDS_PER_HOUR, secondsBetween, startOfDayAfter } from './calendar';
import {
  type Facts,
  familyOf,
  firstPurchase,
  hasNotBegun,
  type Order,
  openOrders,
  type StoredOrder,
  timesOf,
} from './instance';
import { isDue, isoOf, msOf } from './instant';
import { type Exact, exact, ZERO } from './money';
import type { Exclusion, Knobs, Policy } from './policy';
import type { RefundKind } from './refund';
import { atOnce, type Turns } from './turns';

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
  | 'FIVE_DAY_NOT_POSSIBLE'
  | 'OVERUSED'
  | 'IN_ARREARS'
  | Exclusion['code'];

/**
 * E1: within 120 h of the first purchase, to the second, the last one included; or by calendar days (knob).
 */
export function withinFiveDays(orders: StoredOrder[], at: string, knobs: Knobs): boolean {
  const first = firstPurchase(orders);
  if (!first || msOf(first.startsAt) > msOf(at)) return false;
  if (knobs.fiveDayWindow === 'calendar-days')
    return calendarDay(first.startsAt, at, knobs.timeZone) <= FIVE_DAYS;
  return secondsBetween(first.startsAt, at) <= FIVE_DAYS_HOURS * SECONDS_PER_HOUR;
}

/** M19: before the first of its orders begins, an instance is within the five days that are still to come. */
export const beforeFiveDays = (orders: StoredOrder[], at: string): boolean =>
  firstPurchase(openOrders(orders)) !== undefined && hasNotBegun(orders, at);

/** The last second that {@link withinFiveDays} allows; undefined without a purchase. */
export function lastOfFiveDays(orders: StoredOrder[], knobs: Knobs): string | undefined {
  const first = firstPurchase(orders);
  if (!first) return undefined;
  const last =
    knobs.fiveDayWindow === 'calendar-days'
      ? msOf(startOfDayAfter(first.startsAt, FIVE_DAYS, knobs.timeZone)) - 1000
      : msOf(first.startsAt) + FIVE_DAYS_HOURS * SECONDS_PER_HOUR * 1000;
  return isoOf(last);
}

/** E4: a switch by-bandwidth → by-traffic within the five days makes the return ordinary (003-07). */
export function switchedWithinFiveDays(
  facts: Facts,
  orders: StoredOrder[],
  at: string,
  knobs: Knobs,
): boolean {
  const switched = facts.network.billing === 'traffic' ? facts.network.switchedToTrafficAt : undefined;
  return switched !== undefined && isDue(switched, at) && withinFiveDays(orders, switched, knobs);
}

/** The orders that a return gives back: within the five days also those that have run out (M10). */
export const comingBack = (orders: StoredOrder[], at: string, inWindow: boolean): StoredOrder[] =>
  openOrders(orders).filter((order) => inWindow || timesOf(order).end > msOf(at));

/** What stands against giving orders back, whichever the kind of return. */
export function returnBlockers(
  facts: Facts,
  comingBack: Order[],
  standing: Standing,
  assisted: boolean,
): EligibilityCode[] {
  const codes: (EligibilityCode | false)[] = [
    facts.monthlySettled && 'MONTHLY_SETTLED',
    !assisted && comingBack.some((order) => order.channel === 'promotion') && 'PROMOTION_CHANNEL',
    !assisted && standing.hold && 'APPROVAL_REQUIRED',
    !assisted && standing.inReview === true && 'IN_REVIEW',
  ];
  return codes.filter((code) => code !== false);
}

/** What stands against an ordinary return only (E3). `orders`: those that are open. */
export function ordinaryExclusions(
  facts: Facts,
  orders: Order[],
  exclusions: Exclusion[],
): EligibilityCode[] {
  const family = familyOf(facts);
  const excluded = (one: Exclusion): boolean =>
    (!one.families || (family !== undefined && one.families.includes(family))) &&
    (!one.zones || (facts.zone !== undefined && one.zones.includes(facts.zone))) &&
    (!one.channel || orders.some((order) => order.channel === one.channel));
  return exclusions.filter(excluded).map((one) => one.code);
}

/**
 * E5, M18, M30: more than the policy lets an instance of this currency be paid back without approval needs
 * one. Amounts in major units; `before`: what was paid back for the instance since its last purchase or
 * restore.
 */
export function needsApproval(
  { amount, currency }: { amount: string; currency: string },
  before: string,
  { knobs }: Policy,
): boolean {
  const threshold = thresholdOf(knobs.approvalThreshold, currency);
  return threshold !== undefined && exact(before).add(exact(amount)).compare(exact(threshold)) > 0;
}

/**
 * Policies that were kept before M30 have one amount for every currency: they go on meaning what they meant.
 */
function thresholdOf(knob: Knobs['approvalThreshold'] | string, currency: string): string | undefined {
  if (knob === null) return undefined;
  if (typeof knob === 'string') return knob;
  return Object.hasOwn(knob, currency) ? knob[currency] : undefined;
}

/** What one item of a batch could get under each right; undefined where that right can't be used for it. */
export interface Candidate {
  fiveDay: Exact | undefined;
  ordinary: Exact | undefined;
  /**
   * Which right it takes where both pay the same; missing: the ordinary one, which is the less rare (M28).
   */
  rather?: RefundKind;
}

/** Rights left of one account and product. */
export interface RightsLeft {
  fiveDay: number;
  ordinary: number;
}

interface Best {
  total: Exact;
  placed: number;
  /** How many have the right that they would rather take. */
  suited: number;
}

/**
 * E7: places an account's rights so that the total over both quotas is largest; ties go to more items, then
 * to the rights that they would rather take (M28), then to the request's order. Exact by dynamic programming
 * over (item, five-day rights left, ordinary rights left).
 * @returns for each candidate the kind it gets, or undefined when it goes without
 */
export const placeRights = (candidates: Candidate[], left: RightsLeft): (RefundKind | undefined)[] =>
  atOnce(placeInTurns(candidates, left));

/** {@link placeRights}, in pieces of a candidate each. */
export function* placeInTurns(candidates: Candidate[], left: RightsLeft): Turns<(RefundKind | undefined)[]> {
  // Rights that are enough for all need no counting: one that is never used up does.
  const scarce = (rights: number): number => Number(rights < candidates.length);
  const [fiveTakes, restTakes] = [scarce(left.fiveDay), scarce(left.ordinary)];
  const fiveDay = fiveTakes ? Math.max(0, left.fiveDay) : 1;
  const ordinary = restTakes ? Math.max(0, left.ordinary) : 1;
  const width = ordinary + 1;
  const layer = (): Best[] =>
    Array.from({ length: (fiveDay + 1) * width }, () => ({ total: ZERO, placed: 0, suited: 0 }));
  // best[i]: what items i… can get with so many rights of each kind.
  const best: Best[][] = Array.from({ length: candidates.length + 1 }, layer);
  const options = (index: number, five: number, rest: number) => {
    const { fiveDay: full, ordinary: part, rather = 'ordinary' } = candidates[index]!;
    const after = (usedFive: number, usedRest: number) =>
      best[index + 1]![(five - usedFive) * width + rest - usedRest]!;
    return [
      ...(full && five > 0
        ? [{ kind: 'five-day' as const, value: gain(after(fiveTakes, 0), full, rather === 'five-day') }]
        : []),
      ...(part && rest > 0
        ? [{ kind: 'ordinary' as const, value: gain(after(0, restTakes), part, rather === 'ordinary') }]
        : []),
      { kind: undefined, value: after(0, 0) },
    ].reduce((a, b) => (better(b.value, a.value) ? b : a));
  };
  for (let index = candidates.length - 1; index >= 0; index -= 1) {
    for (let five = 0; five <= fiveDay; five += 1) {
      for (let rest = 0; rest <= ordinary; rest += 1)
        best[index]![five * width + rest] = options(index, five, rest).value;
    }
    yield;
  }
  let five = fiveDay;
  let rest = ordinary;
  return candidates.map((_, index) => {
    const { kind } = options(index, five, rest);
    if (kind === 'five-day') five -= fiveTakes;
    if (kind === 'ordinary') rest -= restTakes;
    return kind;
  });
}

const gain = (after: Best, amount: Exact, suits: boolean): Best => ({
  total: after.total.add(amount),
  placed: after.placed + 1,
  suited: after.suited + Number(suits),
});

function better(a: Best, b: Best): boolean {
  return (a.total.compare(b.total) || a.placed - b.placed || a.suited - b.suited) > 0;
}

/** E2: what is left beside what was used. Periods don't matter here: the caller counts what lies in them. */
export function rightsLeft(knobs: Knobs, used: Record<keyof RightsLeft, number>): RightsLeft {
  return {
    fiveDay: Math.max(0, knobs.fiveDayCount - used.fiveDay),
    ordinary: Math.max(0, knobs.ordinaryCount - used.ordinary),
  };
}
