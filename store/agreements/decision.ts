/** Who decided a request for a refund, and why (E5). */

export interface ReviewDecision {
  by: string;
  reason: string;
  at: string;
}

export interface ReviewDecisionColumns {
  decidedBy: string | null;
  decisionReason: string | null;
  decidedAt: string | null;
}

/** SQL: {@link ReviewDecisionColumns} of a request named `r`. */
export const REVIEW_DECISION =
  'r.decided_by AS "decidedBy", r.decision_reason AS "decisionReason", r.decided_at AS "decidedAt"';

/** All three or none. */
export function reviewDecisionOf({
  decidedBy: by,
  decisionReason: reason,
  decidedAt: at,
}: ReviewDecisionColumns): ReviewDecision | null {
  return by !== null && reason !== null && at !== null ? { by, reason, at } : null;
}
