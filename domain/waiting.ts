/** What a return would pay at another time, and what a customer is to be told of that (M7). */
import { addMonths, monthsUsed } from './calendar';
import { lastOfFiveDays } from './eligibility';
import { firstToStart, isTerm, notStarted, type Order, openOrders, orderInForce, pricesOf } from './instance';
import { inUtc, msOf, plusMs } from './instant';
import { exact, formatMoney, ZERO, zeroIn } from './money';
import { hoursStopped, type Refund, type RefundAmount, refundAmount } from './refund';
import { type QuoteRequest, refundInput, type Subject } from './subject';
import type { Turns } from './turns';
import type { NumberedWarning } from './warnings';

/** M7: says when waiting pays more; and when a five-day return is about to become an ordinary one. */
export function* refundWarnings(
  subject: Subject,
  refund: Refund,
  request: QuoteRequest,
  ordinaryLater: boolean,
): Turns<NumberedWarning[]> {
  const warnings: NumberedWarning[] = [];
  const { currency } = refund;
  const later = (at: string): RefundAmount =>
    refundAmount(refundInput({ ...subject, at }, 'ordinary', request.assisted ?? false));
  if (refund.kind === 'ordinary') {
    const best = yield* bestWait(subject, later);
    if (best && exact(best.amount).compare(exact(refund.amount)) > 0) {
      warnings.push({ code: 'WAITING_PAYS_MORE', ...best, currency });
    }
    const stopped = hoursStopped(refundInput(subject, 'ordinary', request.assisted ?? false));
    const notCounted = stopped && formatMoney(stopped.amount, currency);
    if (stopped && notCounted !== zeroIn(currency))
      warnings.push({ code: 'HOURS_STOPPED', at: stopped.at, amount: notCounted!, currency });
  } else {
    const last = fiveDayEdge(subject);
    const amount = last && ordinaryLater ? later(oneSecondAfter(last)).amount : undefined;
    if (last && (amount === undefined || exact(amount).compare(exact(refund.amount)) < 0)) {
      const after = amount === undefined ? {} : { after: { amount, currency } };
      warnings.push({ code: 'WAITING_PAYS_LESS', at: last, ...after });
    }
  }
  if (exact(refund.amount).equals(ZERO)) warnings.push({ code: 'REFUND_IS_ZERO' });
  return warnings;
}

export const oneSecondAfter = (at: string): string => plusMs(at, 1000);

/** The last second of the five days (E1), when the order in force outlives it; undefined otherwise. */
export function fiveDayEdge({ orders, policy }: Subject): string | undefined {
  const last = lastOfFiveDays(orders, policy.knobs);
  return last && orderInForce(openOrders(orders), oneSecondAfter(last)) ? last : undefined;
}

/** An instant that a return may wait for, in UTC. `ended`: the order that the next one has followed then. */
interface WaitingPoint {
  at: string;
  ended?: string;
}

/**
 * The wait that pays most. An hour more never pays more; only a month that becomes whole does, a discount
 * that begins with one, or the next order, before which the used one is left behind. So these instants are
 * all that need looking at; of the orders that follow only the next one: at the start of each nothing of it
 * is used, and all that comes later is paid back whole, so each pays less than the one before.
 */
function* bestWait(
  subject: Subject,
  later: (at: string) => RefundAmount,
): Turns<(WaitingPoint & { amount: string }) | undefined> {
  let best: (WaitingPoint & { amount: string }) | undefined;
  for (const turn of turningPoints(subject)) {
    yield;
    const { amount } = later(turn.at);
    if (!best || exact(amount).compare(exact(best.amount)) > 0) best = { ...turn, amount };
  }
  return best;
}

/** When so many months of an order are whole, as far as that is before its end. */
export const monthEdges = (order: Order, months: number[], timeZone: string): string[] =>
  months.map((n) => addMonths(order.startsAt, n, timeZone)).filter((edge) => msOf(edge) < msOf(order.endsAt));

/** None before the first order begins: nothing is used, and no wait pays more than everything. */
function turningPoints({ facts, orders, at, policy }: Subject): WaitingPoint[] {
  const open = openOrders(orders);
  const order = orderInForce(open, at);
  if (!order) return [];
  const { timeZone } = policy.knobs;
  const next = monthsUsed(order.startsAt, at, timeZone) + 1;
  const tiers = (pricesOf(order, open, facts)?.discounts ?? policy.returns?.discounts ?? []).map(
    ({ months }) => months,
  );
  const wholeMonths = monthEdges(
    order,
    [...new Set([next, ...tiers.filter((tier) => tier > next)])],
    timeZone,
  );
  const following = firstToStart(notStarted(open.filter(isTerm), at));
  const turns: WaitingPoint[] = wholeMonths.map((edge) => ({ at: edge }));
  if (following) turns.push({ at: inUtc(following.startsAt), ended: order.id });
  return turns.sort((a, b) => msOf(a.at) - msOf(b.at));
}
