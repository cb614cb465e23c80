/** Income and expenses of an account (001-28), read from the books. */
import type { Adjustment } from '../../domain/journal';
import { exact, formatMoney, type Parts, SOURCES, sum } from '../../domain/money';
import { type Db, shownBefore, shownUpTo } from '../db';
import { bySeq, Conditions, listPage, type Page, type PageRequest } from '../paging';

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

type SelectedMovement = Omit<StatementRow, 'amount' | 'parts' | 'balance'> & { seq: number } & Parts & {
    [Source in keyof Parts as `${Source}After`]: string;
  };

export interface StatementFilter {
  account: string;
  /** Both by `recordedAt` as it is shown, and both included (M21). */
  from?: string | undefined;
  to?: string | undefined;
}

/** Of each movement and currency what it moved of every source, and what was there after it. */
const MOVEMENTS = `
  WITH moved AS (
    SELECT t.id, t.seq, e.currency, ${SOURCES.map(
      (source) =>
        `coalesce(sum(e.amount) FILTER (WHERE e.ledger_account = 'customer:${source}'), 0) AS ${source}`,
    ).join(', ')}
    FROM transactions t JOIN entries e ON e.transaction_id = t.id
    WHERE t.account = $1 AND e.ledger_account LIKE 'customer:%' GROUP BY t.id, e.currency),
  running AS (
    SELECT *, ${SOURCES.map((source) => `sum(${source}) OVER so_far AS "${source}After"`).join(', ')}
    FROM moved WINDOW so_far AS (PARTITION BY currency ORDER BY seq))
  SELECT r.*, t.event AS kind, t.instance_id AS "instanceId", t.refund_id AS "refundId", t.reverses, coalesce(t.reason, a.reason) AS reason,
    a.reference, t.effective_at AS "effectiveAt", t.recorded_at AS "recordedAt"
  FROM running r JOIN transactions t ON t.id = r.id LEFT JOIN adjustments a ON a.id = t.adjustment_id`;

/**
 * Income and expenses (001-28): every ledger transaction that touched the account's balances, the latest
 * first.
 */
export async function listStatement(
  db: Db,
  { account, from, to }: StatementFilter,
  page: PageRequest,
): Promise<Page<StatementRow>> {
  const conditions = new Conditions().add('t.account = ?', account);
  if (from !== undefined)
    conditions.always(`NOT ${shownBefore('t.recorded_at', conditions.parameter(from))}`);
  if (to !== undefined) conditions.always(shownUpTo('t.recorded_at', conditions.parameter(to)));
  return await listPage(
    db,
    { select: MOVEMENTS, conditions, by: bySeq<SelectedMovement>('t.seq'), latestFirst: true },
    page,
    toMovement,
  );
}

function toMovement({
  seq: _seq,
  cash,
  gift,
  income,
  cashAfter,
  giftAfter,
  incomeAfter,
  ...row
}: SelectedMovement): StatementRow {
  const money = (amount: string): string => formatMoney(exact(amount), row.currency);
  return {
    ...row,
    amount: formatMoney(sum([cash, gift, income].map((amount) => exact(amount))), row.currency),
    parts: { cash: money(cash), gift: money(gift), income: money(income) },
    balance: { cash: money(cashAfter), gift: money(giftAfter), income: money(incomeAfter) },
  };
}
