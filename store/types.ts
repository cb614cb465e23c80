/** The shapes that the store reads and writes. Instants are ISO-8601 strings in UTC, money decimal strings. */
import type { RightsLeft } from '../domain/eligibility';
import type { Action, Facts, Registration, Schedule, StoredOrder } from '../domain/instance';
import type { Posting } from '../domain/journal';
import type { Life } from '../domain/lifecycle';
import type { Parts } from '../domain/money';
import type { Policy } from '../domain/policy';
import type { QuoteItem } from '../domain/quote';
import type { Line, RefundKind } from '../domain/refund';

export interface InstanceRow {
  id: string;
  facts: Facts;
  /** In order of their start. */
  orders: StoredOrder[];
  life: Life;
  /** The policy snapshot of the registration, or of the last amendment. */
  policy: Policy;
  /** How far fast-forward has moved the instance's clock ahead of the wall clock, in milliseconds (decision 10). */
  clockOffsetMs: number;
  hold: { reason: string; by: string; at: string } | null;
  /** Hash of the registration as first stated; the same facts again are answered 200, others 409. */
  registrationHash: string;
  /** The command that registered it. */
  registeredBy: string;
}

/** A page of a list, and where the next one begins (null: there is none). */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}

export interface TimelineRow {
  step: number;
  command: string;
  outcome: 'done' | 'refused';
  from: string | null;
  to: string;
  by: string;
  effectiveAt: string;
  recordedAt: string;
  refundId: string | null;
  code: string | null;
}

export interface QuotedItem extends QuoteItem {
  /** What the item was reckoned from; a quote is stale when any of it has changed. */
  basis: QuoteBasis;
}

export interface QuoteBasis {
  /** The instance's clock at the quote. */
  asOf: string;
  state: string;
  orders: string;
  prices: string;
  clockOffsetMs: number;
  policyId: string;
}

export interface QuoteRow {
  id: string;
  action: Action;
  schedule: Schedule;
  fiveDayFor: string | null;
  rulesVersion: string;
  items: QuotedItem[];
  createdAt: string;
  /** Wall clock. */
  expiresAt: string;
  /** The termination that confirmed it. */
  terminationId: string | null;
}

export interface Change {
  instanceId: string;
  field: string;
  old: unknown;
  new: unknown;
  /** new − old, for amounts of money. */
  difference: string | null;
}

export interface TerminationItemRow {
  instanceId: string;
  status: 'accepted' | 'done' | 'failed' | 'refused';
  refundId: string | null;
  releaseTime: string | null;
  /** Codes of what went wrong or stood against it. */
  problem: { code: string; state: string | null } | null;
}

export interface TerminationRow {
  id: string;
  quoteId: string;
  account: string;
  action: Action;
  schedule: Schedule;
  status: 'running' | 'done';
  agreedAt: string;
  agreedVia: string;
  agreedBy: string;
  rulesVersion: string;
  items: TerminationItemRow[];
}

export interface RefundRow {
  id: string;
  instanceId: string;
  account: string;
  terminationId: string;
  quoteId: string;
  kind: RefundKind;
  currency: string;
  amount: string;
  parts: Parts;
  fee: string;
  lines: Line[];
  status: 'requested' | 'isolating' | 'booked' | 'done' | 'in_review' | 'denied' | 'failed';
  progress: { status: string; at: string }[];
  entries: (Posting & { transactionId: string })[];
}

export interface StatementRow {
  id: string;
  kind: 'refund' | 'renewal' | 'reversal';
  currency: string;
  /** Signed: income is positive, what was debited negative. */
  amount: string;
  parts: Parts;
  instanceId: string;
  refundId: string | null;
  effectiveAt: string;
  recordedAt: string;
}

export interface AccountRow {
  account: string;
  arrears: boolean;
  hold: boolean;
  balances: ({ currency: string } & Parts)[];
}

export interface RightCounts {
  used: number;
  reserved: number;
}

export type RightsByProduct = Map<string, { fiveDay: RightCounts; ordinary: RightCounts }>;
export type { Facts, Life, Registration, RightsLeft };
