/** What a quote is about: an instance as it is known, what is asked of it, and its refund. */

import type { Standing } from './eligibility';
import type { Action, Facts, Schedule, StoredOrder } from './instance';
import type { Life } from './lifecycle';
import type { Policy } from './policy';
import { type Refund, type RefundInput, type RefundKind, refundInTurns } from './refund';
import { atOnce, type Turns } from './turns';

/** Everything known of an instance when it is quoted. */
export interface Subject {
  id: string;
  facts: Facts;
  orders: StoredOrder[];
  life: Life;
  policy: Policy;
  standing: Standing;
  /** M18: what was paid back for it since its last purchase or restore, in its currency; missing: nothing. */
  paidBack?: string;
  /** The instance's clock. */
  at: string;
}

export interface QuoteRequest {
  action: Action;
  schedule: Schedule;
  /** E7: the item that is to use the five-day right; missing = where it is worth most. */
  fiveDayFor?: string | undefined;
  /** Of a return of one instance's renewals: those that come back; missing: all that can. */
  orderIds?: string[] | undefined;
  /** An operator-approved refund (M11). */
  assisted?: boolean | undefined;
}

type Sum = Pick<Subject, 'facts' | 'orders' | 'policy' | 'at'>;

/**
 * The refund of one instance under one right, at the quote's instant. Throws when the product has no returns.
 */
export const refundOf = (
  subject: Sum,
  kind: RefundKind,
  assisted: boolean,
  action: Action = 'return',
  orderIds?: readonly string[],
): Refund => atOnce(refundOfInTurns(subject, kind, assisted, action, orderIds));

/** {@link refundOf}, in pieces. */
export const refundOfInTurns = (
  subject: Sum,
  kind: RefundKind,
  assisted: boolean,
  action: Action = 'return',
  orderIds?: readonly string[],
): Turns<Refund> =>
  refundInTurns({
    ...refundInput(subject, kind, assisted),
    renewalsOnly: action === 'return-renewals',
    orderIds,
  });

export function refundInput(
  { facts, orders, policy, at }: Sum,
  kind: RefundKind,
  assisted: boolean,
): RefundInput {
  if (!policy.returns) throw new Error(`${policy.product} has no returns`);
  return { kind, facts, orders, at, knobs: policy.knobs, rules: policy.returns, assisted };
}
