/** How far what was agreed to has come. */

/**
 * Of an item of a termination: `accepted` until its instance has answered; `scheduled` until its time comes
 * (then `done`) or it is `cancelled`; `failed` when its instance refused it; `refused` by the quote, or at
 * the confirmation.
 */
export const ITEM_STATUSES = ['accepted', 'scheduled', 'cancelled', 'done', 'failed', 'refused'] as const;
export type ItemStatus = (typeof ITEM_STATUSES)[number];

/** Of a refund: `in_review` until an operator decides; `reversed` once it was undone. */
export const REFUND_STATUSES = [
  'requested',
  'isolating',
  'booked',
  'done',
  'in_review',
  'denied',
  'failed',
  'reversed',
] as const;
export type RefundStatus = (typeof REFUND_STATUSES)[number];

/** Of a machine that is otherwise than its instance says. `gone`: it was as it should be when it was looked at again. */
export const DRIFT_STATUSES = ['open', 'adopted', 'applied', 'ignored', 'gone'] as const;
export type DriftStatus = (typeof DRIFT_STATUSES)[number];
