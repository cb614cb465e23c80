/**
 * The refund curve: what a return would pay now and at the next steps, with a warning before a cliff (M7).
 * Every point is what a quote at that instant says.
 */

import type { BlockerCode } from './blockers';
import { monthsUsed } from './calendar';
import type { RightsLeft } from './eligibility';
import { firstToStart, isTerm, openOrders, orderInForce, timesOf } from './instance';
import { isoOf, msOf } from './instant';
import { exact, ZERO } from './money';
import { type QuotedRefund, type QuoteItem, quoteInTurns } from './quote';
import type { RefundKind } from './refund';
import { type ReturnVerdict, returnVerdict, rightsKey } from './returns';
import type { Subject } from './subject';
import { atOnce, each, type Turns } from './turns';
import { fiveDayEdge, monthEdges, oneSecondAfter } from './waiting';

/**
 * What happens at a point: the end of the five-day right, a month that becomes whole, the end of an upgrade
 * (its hours count again, M27), the end of the order in force; `between`: nothing, it is asked for to draw a line.
 */
export const CURVE_REASONS = ['now', 'five-day', 'month', 'upgrade-end', 'order-end', 'between'] as const;
type CurveReason = (typeof CURVE_REASONS)[number];

interface CurvePoint {
  at: string;
  reason: CurveReason;
  kind: RefundKind | 'none';
  currency: string | null;
  /** Missing: blocked at that instant. */
  amount?: string;
  blockers: BlockerCode[];
}

export interface RefundCurve {
  instanceId: string;
  currency: string | null;
  asOf: string;
  permitted: boolean;
  /** What stands against a return now; the curve then has no points. */
  blockers: BlockerCode[];
  points: CurvePoint[];
  warnings: QuoteItem['warnings'];
}

/** Two points each. */
const MOST_MONTHS = 12;
/** Two points each: the next ones that end before their order does. */
const MOST_UPGRADES = 3;
/** A fall by more than this share of the amount, from one second to the next, is a cliff. */
const CLIFF = '0.1';
/** The cliffs tell more than the quote's warning of waiting beyond the five days. */
const QUOTE_WARNINGS = ['WAITING_PAYS_MORE', 'HOURS_STOPPED', 'REFUND_IS_ZERO'];

/** A part of the curve, with so many points in between, as far apart from each other. */
export interface CurveSpan {
  /** Missing: from now on. What is before now counts from now. */
  from?: string | undefined;
  /** Missing: to the end of the order in force. */
  to?: string | undefined;
  points: number;
}

/**
 * @param left the rights left of the subject's account and product
 * @param span missing: the next steps alone
 */
export const refundCurve = (subject: Subject, left: RightsLeft, span?: CurveSpan): RefundCurve =>
  atOnce(curveInTurns(subject, left, span));

/** {@link refundCurve}, in pieces of a point each. */
export function* curveInTurns(subject: Subject, left: RightsLeft, span?: CurveSpan): Turns<RefundCurve> {
  const rights = new Map([[rightsKey(subject.facts.account, subject.facts.product), left]]);
  const [now] = (yield* quoteInTurns([subject], rights, { action: 'return', schedule: { mode: 'now' } })) as [
    QuoteItem,
  ];
  const { permitted, blockers, refund } = now;
  const { currency } = refund;
  const curve = { instanceId: subject.id, currency, asOf: subject.at, permitted, blockers };
  if (!permitted) return { ...curve, points: [], warnings: [] };
  const steps = stepsAfter(subject, left, span);
  const later = yield* each(steps, ({ at, reason }) =>
    pointOf(reason, at, returnVerdict({ ...subject, at }, left)),
  );
  const points = [pointOf('now', subject.at, now), ...later];
  const warnings = now.warnings.filter(({ code }) => QUOTE_WARNINGS.includes(code));
  return { ...curve, points, warnings: [...warnings, ...cliffs(points)] };
}

function pointOf(
  reason: CurveReason,
  at: string,
  { refund, blockers }: Pick<QuoteItem, 'blockers'> & { refund: QuotedRefund | ReturnVerdict['refund'] },
): CurvePoint {
  const { kind, currency } = refund;
  const paid = refund.outcome === 'blocked' ? {} : { amount: refund.amount };
  return { at, reason, kind, currency, ...paid, blockers };
}

interface Step {
  at: string;
  reason: CurveReason;
}

/**
 * Of each step the second before it and the step itself, in order of time, as far as they are still to come.
 */
function stepsAfter(subject: Subject, left: RightsLeft, span?: CurveSpan): Step[] {
  const { orders, policy, at } = subject;
  const { timeZone } = policy.knobs;
  const open = openOrders(orders);
  // M19: before any order is in force, the first that will be.
  const order = orderInForce(open, at) ?? firstToStart(open.filter(isTerm))!;
  const used = monthsUsed(order.startsAt, at, timeZone);
  const months = Array.from({ length: MOST_MONTHS }, (_, index) => used + 1 + index);
  const lastOfRight = lastFiveDayReturn(subject, left);
  const upgrades = open.filter((one) => !isTerm(one)).map((one) => timesOf(one).end);
  const upgradeEnds = [...new Set(upgrades)]
    .filter((end) => end > msOf(at) && end < timesOf(order).end)
    .sort((a, b) => a - b);
  const steps: Step[] = [
    { at: order.endsAt, reason: 'order-end' },
    ...(lastOfRight ? [{ at: oneSecondAfter(lastOfRight), reason: 'five-day' as const }] : []),
    ...monthEdges(order, months, timeZone).map((edge): Step => ({ at: edge, reason: 'month' })),
    ...upgradeEnds.slice(0, MOST_UPGRADES).map((end): Step => ({ at: isoOf(end), reason: 'upgrade-end' })),
  ];
  const byTime = new Map<number, Step>();
  for (const { at: step, reason } of steps) {
    for (const ms of [msOf(step) - 1000, msOf(step)]) {
      if (ms > msOf(at) && !byTime.has(ms)) byTime.set(ms, { at: isoOf(ms), reason });
    }
  }
  const inOrder = (): Step[] => [...byTime].sort(([a], [b]) => a - b).map(([, step]) => step);
  if (!span) return inOrder();
  const from = Math.max(msOf(span.from ?? at), msOf(at));
  const to = span.to === undefined ? timesOf(order).end : msOf(span.to);
  for (const ms of between(from, to, span.points))
    if (ms > msOf(at) && !byTime.has(ms)) byTime.set(ms, { at: isoOf(ms), reason: 'between' });
  return inOrder().filter((step) => msOf(step.at) >= from && msOf(step.at) <= to);
}

/** So many instants from one to another, as far apart from each other: whole seconds after the first, and the last one. */
function between(from: number, to: number, points: number): number[] {
  if (to < from) return [];
  const seconds = (to - from) / 1000;
  const instants = Array.from(
    { length: points - 1 },
    (_, index) => from + Math.round((seconds * index) / (points - 1)) * 1000,
  );
  return [...instants, to];
}

/**
 * The last second of the five-day right, if a return would use it then; now it may pay no more than an
 * ordinary one (M28).
 */
function lastFiveDayReturn(subject: Subject, left: RightsLeft): string | undefined {
  const last = fiveDayEdge(subject);
  if (!last || msOf(oneSecondAfter(last)) <= msOf(subject.at)) return undefined;
  return returnVerdict({ ...subject, at: last }, left).refund.kind === 'five-day' ? last : undefined;
}

/**
 * Falls from one second to the next; within a month the amount goes down all the time, which is no cliff. At
 * the five-day edge any fall is one.
 */
function cliffs(points: CurvePoint[]): QuoteItem['warnings'] {
  return points.slice(1).flatMap((after, index) => {
    const before = points[index]!;
    if (before.amount === undefined || msOf(after.at) - msOf(before.at) > 1000) return [];
    const fall = exact(before.amount).sub(exact(after.amount ?? '0'));
    const allowed = after.reason === 'five-day' ? ZERO : exact(before.amount).mul(exact(CLIFF));
    if (fall.compare(allowed) <= 0) return [];
    // What pays has a currency, and one life has one.
    const currency = before.currency!;
    const to = after.amount === undefined ? {} : { to: { amount: after.amount, currency } };
    return [{ code: 'CLIFF_AHEAD', at: before.at, from: { amount: before.amount, currency }, ...to }];
  });
}
