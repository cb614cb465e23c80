/**
 * The table `refunds`, from their agreement or request to the end. Written here only, and booked by their own
 * step only (`lives/steps.ts`); progress is on the wall clock.
 */

import type { QueryConfig } from 'pg';
import type { Calculation } from '../../domain/calculation';
import type { Posting } from '../../domain/journal';
import { exact, formatMoney } from '../../domain/money';
import type { RefundKind } from '../../domain/refund';
import type { RefundStatus } from '../../domain/statuses';
import {
  REVIEW_DECISION,
  type ReviewDecision,
  type ReviewDecisionColumns,
  reviewDecisionOf,
} from '../agreements/decision';
import type { ItemProblem } from '../agreements/problem';
import { type Db, prepared, preparedForAny, type Transaction } from '../db';
import { jsonOf } from '../json';
import { bySeq, Conditions, listPage, type Page, type PageRequest } from '../paging';
import { postingsOf } from './ledger';

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
  request: null | { id: string; decision: ReviewDecision | null };
  entries: (Posting & { transactionId: string })[];
}

export interface NewRefund {
  id: string;
  instanceId: string;
  account: string;
  /** null while it is in review: nothing is agreed to yet. */
  terminationId: string | null;
  quoteId: string;
  calculation: Calculation;
}

/** SQL of what `progress` gains by an array of statuses, all at one instant. */
const progressNow = (statuses: string): string => `(
  SELECT jsonb_agg(jsonb_build_object('status', status, 'at',
    (SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))) ORDER BY number)
  FROM unnest(${statuses}) WITH ORDINALITY AS one(status, number))`;

const OPEN_REFUNDS = prepared(
  `INSERT INTO refunds (id, instance_id, account, termination_id, quote_id, kind, currency, amount, fee, status, progress, calculation)
   SELECT one->>'id', one->>'instanceId', one->>'account', one->>'terminationId', one->>'quoteId',
     calculation->'refund'->>'kind', calculation->'refund'->>'currency',
     (calculation->'refund'->>'amount')::numeric, (calculation->'refund'->>'fee')::numeric, first,
     ${progressNow('ARRAY[first]')}, calculation
   FROM jsonb_array_elements($1::json::jsonb) WITH ORDINALITY AS opened (one, place)
     CROSS JOIN LATERAL (SELECT one->'calculation' AS calculation,
       CASE WHEN one->>'terminationId' IS NULL THEN 'in_review' ELSE 'requested' END AS first) told
   ORDER BY place`,
);

/** The statement that opens refunds: `requested` with their termination, `in_review` without. */
export async function refundsStatement(opened: NewRefund[]): Promise<QueryConfig> {
  const rows = opened.map(({ id, instanceId, account, terminationId, quoteId, calculation }) => ({
    id,
    instanceId,
    account,
    terminationId,
    quoteId,
    calculation,
  }));
  return OPEN_REFUNDS([await jsonOf(rows)]);
}

/** An approved one: computed again at the approval, under the termination that it makes (E5). */
export async function approveRefund(
  tx: Transaction,
  id: string,
  { terminationId, quoteId, calculation }: Omit<NewRefund, 'id' | 'instanceId' | 'account'>,
): Promise<void> {
  const { kind, currency, amount, fee } = calculation.refund;
  await tx.query(
    'UPDATE refunds SET termination_id = $2, quote_id = $3, kind = $4, currency = $5, amount = $6, fee = $7, calculation = $8 WHERE id = $1',
    [id, terminationId, quoteId, kind, currency, amount, fee, calculation],
  );
  await moveRefund(tx, { id, statuses: ['requested'] });
}

/** Through which statuses a refund goes, to the last of them. */
export interface RefundMove {
  id: string;
  statuses: RefundStatus[];
  /** Why it failed. */
  problem?: ItemProblem;
  reversal?: NonNullable<RefundRow['reversal']>;
}

const MOVE_REFUND = prepared(
  `UPDATE refunds SET status = $2, progress = progress || ${progressNow('$3::text[]')}, problem = coalesce($4, problem),
       reversal = coalesce($5, reversal)
     WHERE id = $1`,
);

export async function moveRefund(
  tx: Transaction,
  { id, statuses, problem, reversal }: RefundMove,
): Promise<void> {
  await tx.query(MOVE_REFUND([id, statuses.at(-1), statuses, problem ?? null, reversal ?? null]));
}

type SelectedRefund = Omit<RefundRow, 'request' | 'entries'> &
  ReviewDecisionColumns & { seq: number; requestId: string | null };

const SELECT = `
  SELECT f.id, f.seq, f.instance_id AS "instanceId", f.account, f.termination_id AS "terminationId", f.quote_id AS "quoteId", f.kind,
    f.currency, f.amount, f.fee, f.calculation, f.status, f.progress, f.problem, f.reversal, r.id AS "requestId", ${REVIEW_DECISION}
  FROM refunds f LEFT JOIN refund_requests r ON r.refund_id = f.id`;

function toRefund({
  seq: _seq,
  requestId,
  decidedBy,
  decisionReason,
  decidedAt,
  ...row
}: SelectedRefund): Omit<RefundRow, 'entries'> {
  const decision = reviewDecisionOf({ decidedBy, decisionReason, decidedAt });
  return {
    ...row,
    amount: formatMoney(exact(row.amount), row.currency),
    fee: formatMoney(exact(row.fee), row.currency),
    calculation: asNow(row.calculation),
    request: requestId === null ? null : { id: requestId, decision },
  };
}

async function withEntries(db: Db, refunds: Omit<RefundRow, 'entries'>[]): Promise<RefundRow[]> {
  const entriesOf = await postingsOf(
    db,
    'refund',
    refunds.map(({ id }) => id),
  );
  return refunds.map((refund) => ({ ...refund, entries: entriesOf(refund.id) }));
}

/** What the first version of Sunset did not record, because there was nothing else. */
const FIRST_VERSION = { action: 'return', assisted: false } as const;
/** A stored calculation with the inputs that it has today. */
export const asNow = ({ inputs, refund }: Calculation): Calculation => ({
  inputs: { ...FIRST_VERSION, ...inputs },
  refund,
});

/** @param tenant the only account that exists for who asks; missing or null: all do */
export async function findRefund(db: Db, id: string, tenant?: string | null): Promise<RefundRow | undefined> {
  const { rows } = await db.query<SelectedRefund>(
    `${SELECT} WHERE f.id = $1 AND ($2::text IS NULL OR f.account = $2)`,
    [id, tenant ?? null],
  );
  return (await withEntries(db, rows.map(toRefund)))[0];
}

const LOCK_REFUND = prepared(`${SELECT} WHERE f.id = $1 FOR UPDATE OF f`);

/** Without its entries. Nobody else moves it until the transaction ends. */
export async function lockRefund(
  tx: Transaction,
  id: string,
): Promise<Omit<RefundRow, 'entries'> | undefined> {
  const { rows } = await tx.query<SelectedRefund>(LOCK_REFUND([id]));
  return rows[0] && toRefund(rows[0]);
}

export interface RefundFilter {
  /** The only account that exists for who asks; undefined: all do. */
  tenant: string | undefined;
  account?: string | undefined;
  instanceId?: string | undefined;
  terminationId?: string | undefined;
  status?: string | undefined;
}

/** The latest first, each with its entries. */
export async function listRefunds(db: Db, filter: RefundFilter, page: PageRequest): Promise<Page<RefundRow>> {
  const conditions = new Conditions()
    .add('f.account = ?', filter.tenant)
    .add('f.account = ?', filter.account)
    .add('f.instance_id = ?', filter.instanceId)
    .add('f.termination_id = ?', filter.terminationId)
    .add('f.status = ?', filter.status);
  const listing = { select: SELECT, conditions, by: bySeq<SelectedRefund>('f.seq'), latestFirst: true };
  const { items, nextCursor } = await listPage(db, listing, page, toRefund);
  return { items: await withEntries(db, items), nextCursor };
}

/** Those that a refund request waits for (E5). */
const IN_REVIEW = preparedForAny(
  `SELECT instance_id AS "instanceId" FROM refunds WHERE instance_id = ANY($1) AND status = 'in_review'`,
);

export async function instancesInReview(db: Db, instanceIds: string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ instanceId: string }>(IN_REVIEW(instanceIds));
  return new Set(rows.map((row) => row.instanceId));
}

const PAID_BACK = preparedForAny(
  `SELECT r.instance_id AS "instanceId", sum(r.amount)::text AS amount FROM refunds r
   WHERE r.instance_id = ANY($1) AND r.status IN ('requested', 'isolating', 'booked', 'done')
     AND (r.progress->0->>'at')::timestamptz > coalesce((SELECT max(s.recorded_at) FROM steps s
       WHERE s.instance_id = r.instance_id AND s.command = 'restore' AND s.outcome = 'done'), '-infinity')
   GROUP BY r.instance_id`,
);

/**
 * M18: what was paid back or is agreed to be, by instance, since its last restore; before one, since its
 * registration. An undone refund was none, and one in review is not agreed to.
 */
export async function paidBackOf(db: Db, instanceIds: string[]): Promise<Map<string, string>> {
  const { rows } = await db.query<{ instanceId: string; amount: string }>(PAID_BACK(instanceIds));
  return new Map(rows.map((row) => [row.instanceId, row.amount]));
}
