/** The tables `transactions` and `entries`: the books, to which is only added. Written here only. */
import { adjustmentTransactionId, transactionId } from '../../domain/ids';
import type { Adjustment, Posting } from '../../domain/journal';
import { exact, formatMoney } from '../../domain/money';
import { type Db, prepared, type Transaction } from '../db';

/** A transaction belongs to a step or to an adjustment. */
type Origin =
  | { instanceId: string; step: number; adjustmentId?: undefined }
  | { instanceId?: undefined; adjustmentId: string };

/** What a step books for. */
export type StepEvent = 'registration' | 'refund' | 'renewal' | 'end-orders' | 'reversal';

export type LedgerTransaction = Origin & {
  account: string;
  event: StepEvent | Adjustment['kind'];
  refundId: string | null;
  effectiveAt: string;
  /** The transaction that it reverses, and why; who is its step's to say. */
  reversal?: { of: string; reason: string };
  postings: Posting[];
};

const INSERT_TRANSACTION = prepared(
  `INSERT INTO transactions (id, account, instance_id, step, event, refund_id, effective_at, reverses, reason, adjustment_id)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
);
const INSERT_ENTRIES = prepared(
  `INSERT INTO entries (transaction_id, line, leg, ledger_account, currency, amount)
   SELECT $1, * FROM unnest($2::int[], $3::smallint[], $4::text[], $5::text[], $6::numeric[])`,
);

/**
 * Books postings as one transaction: once, because its id is its step's or its adjustment's. Nothing to book
 * is no transaction.
 */
export async function book(tx: Transaction, booking: LedgerTransaction): Promise<void> {
  if (!booking.postings.length) return;
  const isStep = booking.adjustmentId === undefined;
  const id = isStep
    ? transactionId(booking.instanceId, booking.step)
    : adjustmentTransactionId(booking.adjustmentId);
  const head = INSERT_TRANSACTION([
    id,
    booking.account,
    isStep ? booking.instanceId : null,
    isStep ? booking.step : null,
    booking.event,
    booking.refundId,
    booking.effectiveAt,
    booking.reversal?.of ?? null,
    booking.reversal?.reason ?? null,
    booking.adjustmentId ?? null,
  ]);
  const legs = booking.postings.flatMap(({ source, destination, currency, amount }, line) => [
    { line, leg: 0, account: source, currency, amount: `-${amount}` },
    { line, leg: 1, account: destination, currency, amount },
  ]);
  const entries = INSERT_ENTRIES([
    id,
    legs.map((leg) => leg.line),
    legs.map((leg) => leg.leg),
    legs.map((leg) => leg.account),
    legs.map((leg) => leg.currency),
    legs.map((leg) => leg.amount),
  ]);
  await Promise.all([tx.query(head), tx.query(entries)]);
}

export type BookedPosting = Posting & { transactionId: string };

const postingsBy = (column: 'refund_id' | 'adjustment_id') =>
  prepared(
    `SELECT t.${column} AS "of", t.id AS "transactionId", s.ledger_account AS source, d.ledger_account AS destination,
     d.currency, d.amount
   FROM transactions t
   JOIN entries s ON s.transaction_id = t.id AND s.leg = 0
   JOIN entries d ON d.transaction_id = t.id AND d.leg = 1 AND d.line = s.line
   WHERE t.${column} = ANY($1) ORDER BY t.seq, s.line`,
  );
const POSTINGS = { refund: postingsBy('refund_id'), adjustment: postingsBy('adjustment_id') };

/** The postings of refunds or adjustments, read back from their legs; what has booked nothing has none. */
export async function postingsOf(
  db: Db,
  kind: keyof typeof POSTINGS,
  ids: string[],
): Promise<(id: string) => BookedPosting[]> {
  const { rows } = await db.query<BookedPosting & { of: string }>(POSTINGS[kind]([ids]));
  const postings = new Map<string, BookedPosting[]>();
  for (const { of, ...row } of rows) {
    const posting = { ...row, amount: formatMoney(exact(row.amount), row.currency) };
    const known = postings.get(of);
    if (known) known.push(posting);
    else postings.set(of, [posting]);
  }
  return (id) => postings.get(id) ?? [];
}
