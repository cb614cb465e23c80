import { exact, formatMoney } from '../domain/money';
import type { Refund } from '../domain/refund';
import { Conditions, type Db, decodeCursor, pageOf, type Transaction } from './db';
import { postingsOfRefund } from './ledger';
import type { Page, PageRequest, RefundRow } from './types';

export interface NewRefund {
  id: string;
  instanceId: string;
  account: string;
  terminationId: string;
  quoteId: string;
  /** When it was asked for (wall clock). */
  requestedAt: string;
  refund: Refund;
  /** What it was computed from: kept for ever, so that anyone can do the sum again. */
  inputs: Record<string, unknown>;
}

/** Inserts a refund that its step books in the same transaction. Progress is on the wall clock. */
export async function insertRefund(tx: Transaction, { refund, inputs, ...order }: NewRefund): Promise<void> {
  const { rows } = await tx.query<{ now: string }>('SELECT clock_timestamp() AS now');
  const progress = [
    { status: 'requested', at: order.requestedAt },
    ...['isolating', 'booked', 'done'].map((status) => ({ status, at: rows[0]!.now })),
  ];
  await tx.query(
    `INSERT INTO refunds (id, instance_id, account, termination_id, quote_id, kind, currency, amount, fee, status, progress, calculation)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'done', $10, $11)`,
    [
      order.id,
      order.instanceId,
      order.account,
      order.terminationId,
      order.quoteId,
      refund.kind,
      refund.currency,
      refund.amount,
      refund.fee,
      JSON.stringify(progress),
      { inputs, refund },
    ],
  );
}

interface Row {
  id: string;
  seq: number;
  instance_id: string;
  account: string;
  termination_id: string;
  quote_id: string;
  kind: RefundRow['kind'];
  currency: string;
  amount: string;
  fee: string;
  status: RefundRow['status'];
  progress: RefundRow['progress'];
  calculation: { refund: Refund };
}

const toRefund = (row: Row, entries: RefundRow['entries']): RefundRow => ({
  id: row.id,
  instanceId: row.instance_id,
  account: row.account,
  terminationId: row.termination_id,
  quoteId: row.quote_id,
  kind: row.kind,
  currency: row.currency,
  amount: formatMoney(exact(row.amount), row.currency),
  parts: row.calculation.refund.parts,
  fee: formatMoney(exact(row.fee), row.currency),
  lines: row.calculation.refund.lines,
  status: row.status,
  progress: row.progress,
  entries,
});

export async function findRefund(db: Db, id: string): Promise<RefundRow | undefined> {
  const { rows } = await db.query<Row>('SELECT * FROM refunds WHERE id = $1', [id]);
  return rows[0] && toRefund(rows[0], await postingsOfRefund(db, id));
}

export interface RefundFilter {
  account?: string | undefined;
  instanceId?: string | undefined;
  terminationId?: string | undefined;
  status?: string | undefined;
}

/** The latest first, each with its entries. */
export async function listRefunds(db: Db, filter: RefundFilter, page: PageRequest): Promise<Page<RefundRow>> {
  const conditions = new Conditions()
    .add('account = ?', filter.account)
    .add('instance_id = ?', filter.instanceId)
    .add('termination_id = ?', filter.terminationId)
    .add('status = ?', filter.status);
  if (page.cursor !== undefined) conditions.add('seq < ?', decodeCursor(page.cursor, ['number'])[0]);
  const limit = conditions.parameter(page.limit + 1);
  const { rows } = await db.query<Row>(`SELECT * FROM refunds ${conditions.where} ORDER BY seq DESC LIMIT ${limit}`, conditions.values);
  const { items, nextCursor } = pageOf(
    rows,
    page.limit,
    (row) => row,
    (row) => [row.seq],
  );
  return { items: await Promise.all(items.map(async (row) => toRefund(row, await postingsOfRefund(db, row.id)))), nextCursor };
}
