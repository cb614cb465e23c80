/**
 * Deposits, withdrawals and credits: what fills and empties balances beside refunds and renewals, booked once
 * a reference.
 */
import { adjustmentTransactionId } from '../../domain/ids';
import { type Adjustment, adjustmentPostings } from '../../domain/journal';
import { exact, formatMoney, type Parts, SOURCES } from '../../domain/money';
import { type Db, type Pool, type Transaction, transaction } from '../db';
import { hashOf } from '../hash';
import { post } from '../outbox';
import { bySeq, Conditions, listPage, type Page, type PageRequest } from '../paging';
import { lockBalances, moveBalances, touchAccount } from './accounts';
import { type BookedPosting, book, postingsOf } from './ledger';

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
  /** What it has booked, in double entry. */
  entries: BookedPosting[];
}

export interface NewAdjustment extends Adjustment {
  id: string;
  account: string;
  reason: string;
  reference: string;
  by: string;
}

export type Adjusted =
  | { ok: true; row: AdjustmentRow; isNew: boolean }
  /** `balance`: what the account has of that source, when a withdrawal asks for more. */
  | { ok: false; code: 'BALANCE_TOO_LOW'; balance: string }
  | { ok: false; code: 'REFERENCE_USED' };

/** Nothing of it is to stay. */
class Undone extends Error {
  constructor(readonly answer: Extract<Adjusted, { ok: false }>) {
    super(answer.code);
  }
}

/**
 * Books an adjustment. The same reference with the same facts again answers what is there, whoever asks; with
 * other facts it is refused.
 */
export async function recordAdjustment(pool: Pool, wanted: NewAdjustment): Promise<Adjusted> {
  try {
    return await transaction(pool, (tx) => adjustOnce(tx, wanted));
  } catch (error) {
    if (error instanceof Undone) return error.answer;
    throw error;
  }
}

async function adjustOnce(tx: Transaction, wanted: NewAdjustment): Promise<Adjusted> {
  const { id, account, kind, source, currency, amount, reason, reference, by } = wanted;
  await touchAccount(tx, account);
  // Another one of the same reference that is under way is waited for.
  const { rowCount } = await tx.query(
    `INSERT INTO adjustments (id, account, kind, source, currency, amount, reason, reference, made_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
    [id, account, kind, source, currency, amount, reason, reference, by],
  );
  const row = (await findByReference(tx, account, reference))!;
  if (!rowCount)
    return isSame(row, wanted)
      ? { ok: true, row: await withEntriesOf(tx, row), isNew: row.id === id }
      : { ok: false, code: 'REFERENCE_USED' };
  await move(tx, wanted);
  await post(tx, { topic: 'account.changed', accounts: [account], payload: { command: kind } });
  const postings = adjustmentPostings(wanted);
  await book(tx, {
    adjustmentId: id,
    account,
    event: kind,
    refundId: null,
    effectiveAt: row.recordedAt,
    postings,
  });
  return { ok: true, row: await withEntriesOf(tx, row), isNew: true };
}

const isSame = (row: WithoutEntries, { kind, source, currency, amount, reason }: NewAdjustment): boolean =>
  hashOf([row.kind, row.source, row.currency, row.reason, row.amount]) ===
  hashOf([kind, source, currency, reason, formatMoney(exact(amount), currency)]);

async function move(
  tx: Transaction,
  { account, kind, source, currency, amount }: NewAdjustment,
): Promise<void> {
  const balance = (await lockBalances(tx, account, currency))[source];
  const isTaken = kind === 'withdrawal';
  if (isTaken && exact(balance).compare(exact(amount)) < 0)
    throw new Undone({ ok: false, code: 'BALANCE_TOO_LOW', balance: formatMoney(exact(balance), currency) });
  const moved = formatMoney(isTaken ? exact(amount).neg() : exact(amount), currency);
  const amounts = Object.fromEntries(SOURCES.map((one) => [one, one === source ? moved : '0'])) as Parts;
  await moveBalances(tx, account, currency, amounts);
}

type WithoutEntries = Omit<AdjustmentRow, 'entries'>;
type SelectedAdjustment = Omit<WithoutEntries, 'transactionId'> & { seq: number };

const SELECT = `
  SELECT id, seq, account, kind, source, currency, amount::text, reason, reference, made_by AS by, recorded_at AS "recordedAt" FROM adjustments`;

const toAdjustment = ({ seq: _, amount, ...row }: SelectedAdjustment): WithoutEntries => ({
  ...row,
  amount: formatMoney(exact(amount), row.currency),
  transactionId: adjustmentTransactionId(row.id),
});

async function findByReference(
  db: Db,
  account: string,
  reference: string,
): Promise<WithoutEntries | undefined> {
  const { rows } = await db.query<SelectedAdjustment>(`${SELECT} WHERE account = $1 AND reference = $2`, [
    account,
    reference,
  ]);
  return rows[0] && toAdjustment(rows[0]);
}

async function withEntries(db: Db, rows: WithoutEntries[]): Promise<AdjustmentRow[]> {
  const entriesOf = await postingsOf(
    db,
    'adjustment',
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({ ...row, entries: entriesOf(row.id) }));
}

const withEntriesOf = async (db: Db, row: WithoutEntries): Promise<AdjustmentRow> =>
  (await withEntries(db, [row]))[0]!;

/** The latest first, each with its entries. */
export async function listAdjustments(
  db: Db,
  filter: { account: string; reference?: string | undefined },
  page: PageRequest,
): Promise<Page<AdjustmentRow>> {
  const conditions = new Conditions()
    .add('account = ?', filter.account)
    .add('reference = ?', filter.reference);
  const listing = { select: SELECT, conditions, by: bySeq<SelectedAdjustment>(), latestFirst: true };
  const { items, nextCursor } = await listPage(db, listing, page, toAdjustment);
  return { items: await withEntries(db, items), nextCursor };
}
