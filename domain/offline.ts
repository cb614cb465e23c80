/**
 * A quote without servers: the instance as it would stand at an instant, had Sunset run it since its
 * registration.
 */
import { type CurveSpan, curveInTurns, type RefundCurve, refundCurve } from './curve';
import { rightsLeft } from './eligibility';
import { type Action, factsOf, type Registration, type Schedule, type StoredOrder } from './instance';
import { advance, type Life, newLife } from './lifecycle';
import type { Policy } from './policy';
import { type QuoteItem, quoteItems } from './quote';
import { rightsKey } from './returns';
import type { Subject } from './subject';
import type { Turns } from './turns';

export interface OfflineCase {
  instance: { id: string } & Registration;
  action: Action;
  schedule: Schedule;
  /** The only clock there is; it may lie in the future. */
  at: string;
  /** Returns that the account has made of this product. */
  returnsSoFar: { fiveDay: number; ordinary: number };
  policy: Policy;
  assisted?: boolean | undefined;
}

/** Quotes one case by itself: nothing is shared with other cases. */
export function quoteOffline(one: OfflineCase): QuoteItem {
  const { account, product } = one.instance;
  const left = new Map([[rightsKey(account, product), rightsLeft(one.policy.knobs, one.returnsSoFar)]]);
  const { action, schedule, assisted } = one;
  return quoteItems([subjectOf(one)], left, { action, schedule, assisted })[0]!;
}

type CurveCase = Omit<OfflineCase, 'action' | 'schedule'>;

/** What waiting would do to one case by itself. */
export const curveOffline = (one: CurveCase): RefundCurve =>
  refundCurve(subjectOf(one), rightsLeft(one.policy.knobs, one.returnsSoFar));

/** A part of that, in pieces of a point each. */
export const curveOfflineInTurns = (one: CurveCase, span: CurveSpan): Turns<RefundCurve> =>
  curveInTurns(subjectOf(one), rightsLeft(one.policy.knobs, one.returnsSoFar), span);

function subjectOf({ instance, policy, at }: Pick<OfflineCase, 'instance' | 'policy' | 'at'>): Subject {
  const { id, ...facts } = factsOf(instance);
  const life = advance(newLife(id, instance, policy.lifecycle), at);
  return {
    id,
    facts,
    orders: instance.orders.map((order) => stored(order, life)),
    life,
    policy,
    standing: { arrears: false, hold: false },
    at,
  };
}

/** An order that the life no longer holds has run out. */
function stored(order: Registration['orders'][number], life: Life): StoredOrder {
  const holds = life.orders.some(({ id }) => id === order.id);
  return { ...order, closedAt: null, endedAt: holds ? null : order.endsAt };
}
