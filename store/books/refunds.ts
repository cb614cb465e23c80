/** Refunds, from their agreement or request to the end. Only their own step books them (`steps.ts`); progress is on the wall clock. */
import { exact, formatMoney } from '../../domain/money';
import { Conditions, type Db, decodeCursor, pageOf, type Transaction } from '../db';
import type { Calculation, ItemProblem, Page, PageRequest, RefundRequestRow, RefundRow, RefundStatus } from '../types';
import { postingsOfRefund } from './ledger';

export interface NewRefund {
  id: string;
  instanceId: string;
  account: string;
  /** null while it is in review: nothing is agreed to yet. */
  terminationId: string | null;
  quoteId: string;
  calculation: Calculation;
}

/** Opens refunds, in one statement: `requested` with their termination, `in_review` without. */
export async function openRefunds(tx: Transaction, opened: NewRefund[]): Promise<void> {
  const column = (value: (one: NewRefund) => unknown) => opened.map(value);
  await tx.query(
    `INSERT INTO refunds (id, instance_id, account, termination_id, quote_id, kind, currency, amount, fee, status, progress, calculation)
     SELECT id, instance_id, account, termination_id, quote_id, calculation->'refund'->>'kind', calculation->'refund'->>'currency',
       (calculation->'refund'->>'amount')::numeric, (calculation->'refund'->>'fee')::numeric, first,
       ${progressNow('ARRAY[first]')}, calculation
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[]) WITH ORDINALITY
       AS opened (id, instance_id, account, termination_id, quote_id, first, calculation, place)
     ORDER BY place`,
    [
      column(({ id }) => id),
      column(({ instanceId }) => instanceId),
      column(({ account }) => account),
      column(({ terminationId }) => terminationId),
      column(({ quoteId }) => quoteId),
      column(({ terminationId }) => (terminationId === null ? 'in_review' : 'requested')),
      column(({ calculation }) => JSON.stringify(calculation)),
    ],
  );
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
  await moveRefund(tx, id, ['requested']);
}

/** Takes a refund through one or more statuses, to the last of them. */
export async function moveRefund(
  tx: Transaction,
  id: string,
  statuses: RefundStatus[],
  { problem, reversal }: { problem?: ItemProblem; reversal?: NonNullable<RefundRow['reversal']> } = {},
): Promise<void> {
  await tx.query(
    `UPDATE refunds SET status = $2, progress = progress || ${progressNow('$3::text[]')}, problem = coalesce($4, problem),
       reversal = coalesce($5, reversal)
     WHERE id = $1`,
    [id, statuses.at(-1), statuses, problem ?? null, reversal ?? null],
  );
}

/** SQL of what `progress` gains by an array of statuses, all at one instant. */
const progressNow = (statuses: string): string => `(
  SELECT jsonb_agg(jsonb_build_object('status', status, 'at',
    (SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))) ORDER BY number)
  FROM unnest(${statuses}) WITH ORDINALITY AS one(status, number))`;

interface Row {
  id: string;
  seq: number;
  instance_id: string;
  account: string;
  termination_id: string | null;
  quote_id: string;
  kind: RefundRow['kind'];
  currency: string;
  amount: string;
  fee: string;
  status: RefundStatus;
  progress: RefundRow['progress'];
  calculation: Calculation;
  problem: RefundRow['problem'];
  reversal: RefundRow['reversal'];
  request_id: string | null;
  decided_by: string | null;
  decision_reason: string | null;
  decided_at: string | null;
}

const SELECT = `
  SELECT f.*, r.id AS request_id, r.decided_by, r.decision_reason, r.decided_at
  FROM refunds f LEFT JOIN refund_requests r ON r.refund_id = f.id`;

const toOrder = (row: Row): Omit<RefundRow, 'entries'> => ({
  id: row.id,
  instanceId: row.instance_id,
  account: row.account,
  terminationId: row.termination_id,
  quoteId: row.quote_id,
  kind: row.kind,
  currency: row.currency,
  amount: formatMoney(exact(row.amount), row.currency),
  fee: formatMoney(exact(row.fee), row.currency),
  calculation: asNow(row.calculation),
  status: row.status,
  progress: row.progress,
  problem: row.problem,
  reversal: row.reversal,
  request: row.request_id === null ? null : { id: row.request_id, decision: decisionOf(row) },
});

const toRefund = (row: Row, entries: RefundRow['entries']): RefundRow => ({ ...toOrder(row), entries });

/** Who decided a request, and why. All three or none. */
export function decisionOf(row: Pick<Row, 'decided_by' | 'decision_reason' | 'decided_at'>): RefundRequestRow['decision'] {
  const { decided_by: by, decision_reason: reason, decided_at: at } = row;
  return by !== null && reason !== null && at !== null ? { by, reason, at } : null;
}

/** What the first version of Sunset did not record, because there was nothing else. */
const FIRST_VERSION = { action: 'return', assisted: false } as const;
/** A stored calculation with the inputs that it has today. */
export const asNow = ({ inputs, refund }: Calculation): Calculation => ({ inputs: { ...FIRST_VERSION, ...inputs }, refund });

/** @param tenant the only account that exists for who asks; missing or null: all do */
export async function findRefund(db: Db, id: string, tenant?: string | null): Promise<RefundRow | undefined> {
  const { rows } = await db.query<Row>(`${SELECT} WHERE f.id = $1 AND ($2::text IS NULL OR f.account = $2)`, [id, tenant ?? null]);
  return rows[0] && toRefund(rows[0], await postingsOfRefund(db, id));
}

/** Without its entries. Nobody else moves it until the transaction ends. */
export async function lockRefund(tx: Transaction, id: string): Promise<Omit<RefundRow, 'entries'> | undefined> {
  const { rows } = await tx.query<Row>(`${SELECT} WHERE f.id = $1 FOR UPDATE OF f`, [id]);
  return rows[0] && toOrder(rows[0]);
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
  if (page.cursor !== undefined) conditions.add('f.seq < ?', decodeCursor(page.cursor, ['number'])[0]);
  const limit = conditions.parameter(page.limit + 1);
  const { rows } = await db.query<Row>(`${SELECT} ${conditions.where} ORDER BY f.seq DESC LIMIT ${limit}`, conditions.values);
  const { items, nextCursor } = pageOf(
    rows,
    page.limit,
    (row) => row,
    (row) => [row.seq],
  );
  return { items: await Promise.all(items.map(async (row) => toRefund(row, await postingsOfRefund(db, row.id)))), nextCursor };
}
