/** The shapes that the store reads and writes. Instants are ISO-8601 strings in UTC, money decimal strings. */
import type { Calculation, CalculationInputs } from '../domain/calculation';
import type { RightsLeft } from '../domain/eligibility';
import type { Action, Facts, Registration, Schedule, StoredOrder } from '../domain/instance';
import type { Adjustment, Posting } from '../domain/journal';
import type { Effect, Life } from '../domain/lifecycle';
import type { Parts } from '../domain/money';
import type { Permission } from '../domain/permissions';
import type { Plan } from '../domain/plan';
import type { Policy } from '../domain/policy';
import type { QuoteItem } from '../domain/quote';
import type { RefundKind } from '../domain/refund';
import type { Voucher } from '../domain/signed';
import type { Details } from '../domain/timeline';

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
  /** What became of its parts, once it is terminated; null also where that was before it was kept. */
  disposal: Plan | null;
  /** Hash of the registration as first stated; the same facts again are answered 200, others 409. */
  registrationHash: string;
  /** The command that registered it. */
  registeredBy: string;
}

/** One step of a life, as its workflow asks for it. */
export interface StepInput {
  instanceId: string;
  step: number;
  commandId: string;
  /** The command's or deadline's name, as the timeline shows it. */
  command: string;
  /** What was asked, for the fingerprint: the same command id with another body is a mistake. */
  body: unknown;
  by: string;
  /** The instance's clock; of a deadline, the instant for which it was promised (L12). */
  at: string;
  /** Of a deadline that is carried out late: when. */
  carriedOutAt?: string | undefined;
  next: Life;
  effects: Effect[];
  /** A refused message is a step of its own, so that the timeline shows it. */
  refused?: string | undefined;
  /** Step 0. */
  birth?: { registration: Registration; policy: Policy } | undefined;
  /** The life before, where the workflow has not had it from the store: at the first step after a start from a given life. */
  from?: Life | undefined;
  /** Who vouches for the message behind it; missing in runs that began before messages were signed. */
  voucher?: Voucher | undefined;
}

export interface StepResult {
  /** The life as stored: the loop adopts it, whoever's command wrote it. */
  life: Life;
  /** The command that took this number; empty when the number does not follow what is stored. */
  commandId: string;
  step: number;
  refundId: string | null;
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
  /** null: no step of the life, but something that was said of it (a hold). */
  step: number | null;
  command: string;
  outcome: 'done' | 'refused';
  from: string | null;
  to: string;
  by: string;
  effectiveAt: string;
  /** null: on time. */
  carriedOutAt: string | null;
  recordedAt: string;
  refundId: string | null;
  code: string | null;
  details: Details | null;
}

export interface QuotedItem extends QuoteItem {
  /** What the item rests on; a quote is stale when any of it has changed. */
  basis: QuoteBasis;
  /** What its refund was computed from; missing where there is none. */
  inputs?: CalculationInputs;
}

export interface QuoteBasis {
  /** The instance's clock at the quote. */
  asOf: string;
  state: string;
  orders: string;
  prices: string;
  network: string;
  /** Of the instance's price snapshot (M12). */
  priceVersion: string | null;
  clockOffsetMs: number;
  policyId: string;
}

export interface UnknownItem {
  instanceId: string;
  position: number;
}

export interface QuoteRow {
  id: string;
  action: Action;
  schedule: Schedule;
  fiveDayFor: string | null;
  rulesVersion: string;
  /** Of a return of renewals: those that were chosen; undefined: all that can come back. */
  orderIds?: string[] | undefined;
  /** Quoted for a refund that needs approval. */
  assisted: boolean;
  items: QuotedItem[];
  /** Ids beside them that are not known to who asked, and their places among all (L17). */
  unknown: UnknownItem[];
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

export interface ItemProblem {
  code: string;
  state: string | null;
  /** Of a stale one. */
  changes?: Change[] | undefined;
}

/**
 * `accepted` until its instance has answered; `scheduled` until its time comes (then `done`) or it is `cancelled`; `failed` when its instance
 * refused it; `refused` by the quote, or at the confirmation.
 */
export const ITEM_STATUSES = ['accepted', 'scheduled', 'cancelled', 'done', 'failed', 'refused'] as const;

export interface TerminationItemRow {
  instanceId: string;
  status: (typeof ITEM_STATUSES)[number];
  refundId: string | null;
  releaseTime: string | null;
  /** As it now is: a timed one may have been moved since it was agreed to. */
  schedule: Schedule;
  /** What went wrong or stood against it. */
  problem: ItemProblem | null;
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
  /** The quote's. */
  unknown: UnknownItem[];
}

export interface RefundRow {
  id: string;
  instanceId: string;
  account: string;
  /** null while it is in review, and when it was denied. */
  terminationId: string | null;
  quoteId: string;
  kind: RefundKind;
  currency: string;
  amount: string;
  fee: string;
  calculation: Calculation;
  status: RefundStatus;
  progress: { status: RefundStatus; at: string }[];
  /** Why it failed. */
  problem: ItemProblem | null;
  /** Who undid it, and by which transaction (null: it had booked nothing). */
  reversal: null | { transactionId: string | null; reason: string; by: string; at: string };
  /** The request that it came by, if it needed approval. */
  request: null | { id: string; decision: RefundRequestRow['decision'] };
  entries: (Posting & { transactionId: string })[];
}

/** `in_review` until an operator decides; `reversed` once it was undone. */
export const REFUND_STATUSES = ['requested', 'isolating', 'booked', 'done', 'in_review', 'denied', 'failed', 'reversed'] as const;
export type RefundStatus = (typeof REFUND_STATUSES)[number];

/** A return of the instance, or of its renewals that have not started. */
export type RequestedAction = Exclude<Action, 'terminate'>;

/** A refund that needs approval (E5). Its status is its refund's. */
export interface RefundRequestRow {
  id: string;
  instanceId: string;
  account: string;
  refundId: string;
  /** Of the termination that an approval makes; its right is held under it from the start. */
  terminationId: string;
  action: RequestedAction;
  /** The renewals that were chosen; undefined: all that can come back, or the whole instance. */
  orderIds: string[] | undefined;
  status: RefundStatus;
  /** The quote's item as previewed when it was asked for: the fee is seen before approval. */
  preview: QuotedItem;
  reason: string;
  requestedBy: string;
  requestedAt: string;
  decision: null | { by: string; reason: string; at: string };
}

export interface KeyRow {
  id: string;
  /** null: all accounts. */
  account: string | null;
  name: string;
  permissions: Permission[];
  /** SHA-256 of the bearer key, in hex. */
  keyHash: string;
  secretId: string;
  createdBy: string;
  createdAt: string;
  revokedBy: string | null;
  revokedAt: string | null;
}

/** A deposit, a withdrawal or a credit. */
export interface AdjustmentRow extends Adjustment {
  id: string;
  account: string;
  reason: string;
  /** The other system's own: once an account. */
  reference: string;
  by: string;
  transactionId: string;
  recordedAt: string;
}

export interface StatementRow {
  id: string;
  kind: 'refund' | 'renewal' | 'reversal' | Adjustment['kind'];
  currency: string;
  /** Signed: income is positive, what was debited negative. */
  amount: string;
  parts: Parts;
  /** What the account's balances of the currency were after it. */
  balance: Parts;
  /** null: of an adjustment. */
  instanceId: string | null;
  refundId: string | null;
  /** The transaction that a reversal undoes; null for other movements. */
  reverses: string | null;
  /** Of a reversal and of an adjustment. */
  reason: string | null;
  /** Of an adjustment. */
  reference: string | null;
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
export type { Calculation, CalculationInputs, Facts, Life, Registration, RightsLeft };
