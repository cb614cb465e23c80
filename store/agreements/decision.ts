/** Who decided a request for a refund, and why (E5). */

export interface Decision {
  by: string;
  reason: string;
  at: string;
}

export interface DecisionColumns {
  decidedBy: string | null;
  decisionReason: string | null;
  decidedAt: string | null;
}

/** SQL: {@link DecisionColumns} of a request named `r`. */
export const DECISION =
  'r.decided_by AS "decidedBy", r.decision_reason AS "decisionReason", r.decided_at AS "decidedAt"';

/** All three or none. */
export function decisionOf({
  decidedBy: by,
  decisionReason: reason,
  decidedAt: at,
}: DecisionColumns): Decision | null {
  return by !== null && reason !== null && at !== null ? { by, reason, at } : null;
}
