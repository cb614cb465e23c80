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

const sumOf = (amount: string, where: string): string =>
  `coalesce(sum(${amount}) FILTER (WHERE ${where}), 0)`;

export interface StatementFilter {
  account: string;
  /** Both by `recordedAt` as it is shown, and both included (M21). */
  from?: string | undefined;
  to?: string | undefined;
}

/** Looked up for each transaction `t`: there are few, which the planner can't know, of very many entries. */
export const CUSTOMERS_ENTRIES = `(
  SELECT * FROM entries WHERE transaction_id = t.id AND ledger_account LIKE 'customer:%' OFFSET 0)`;

/**
 * SQL of what an account ($1) had before some of its transactions, in parts to be summed up by currency and source: what
 * there is now, which the audit holds against the entries, without what came later.
 * @param isLater SQL of a transaction `t`
 */
export const partsBefore = (isLater: string): string => `
  SELECT currency, source, amount FROM balances WHERE account = $1 UNION ALL
  SELECT e.currency, split_part(e.ledger_account, ':', 2), -e.amount
  FROM transactions t CROSS JOIN LATERAL ${CUSTOMERS_ENTRIES} AS e WHERE t.account = $1 AND ${isLater}`;

/** Of each movement and currency what it moved of every source. */
const MOVEMENTS = `
  SELECT t.id, t.seq, moved.*, t.event AS kind, t.instance_id AS "instanceId", t.refund_id AS "refundId", t.reverses,
    coalesce(t.reason, a.reason) AS reason, a.reference, t.effective_at AS "effectiveAt", t.recorded_at AS "recordedAt"
  FROM transactions t LEFT JOIN adjustments a ON a.id = t.adjustment_id CROSS JOIN LATERAL (
    SELECT e.currency, ${SOURCES.map((source) => `${sumOf('e.amount', `e.ledger_account = 'customer:${source}'`)} AS ${source}`).join(', ')}
    FROM entries e WHERE e.transaction_id = t.id AND e.ledger_account LIKE 'customer:%' GROUP BY e.currency) AS moved`;

/**
 * What was there after each. The newest page costs the same however many there are, and an older one as much as it is
 * far back.
 */
const withBalances = (page: string): string => `
  WITH page AS MATERIALIZED (${page}),
  parts AS (${partsBefore('t.seq > (SELECT max(seq) FROM page)')}),
  last AS (
    SELECT currency, ${SOURCES.map((source) => `${sumOf('amount', `source = '${source}'`)} AS "${source}Last"`).join(', ')}
    FROM parts GROUP BY currency)
  SELECT page.*, ${SOURCES.map(
    (source) => `"${source}Last" - coalesce(sum(${source}) OVER later, 0) AS "${source}After"`,
  ).join(', ')}
  FROM page JOIN last USING (currency)
  WINDOW later AS (PARTITION BY currency ORDER BY seq DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  ORDER BY seq DESC`;

/**
 * Income and expenses (001-28): every ledger transaction that touched the account's balances, the latest
 * first.
 */
export async function listStatement(
  db: Db,
  { account, from, to }: StatementFilter,
  page: PageRequest,
): Promise<Page<StatementRow>> {
  // The first parameter: the balances are of the same account.
  const conditions = new Conditions().add('t.account = ?', account);
  if (from !== undefined)
    conditions.always(`NOT ${shownBefore('t.recorded_at', conditions.parameter(from))}`);
  if (to !== undefined) conditions.always(shownUpTo('t.recorded_at', conditions.parameter(to)));
  return await listPage(
    db,
    {
      select: MOVEMENTS,
      conditions,
      by: bySeq<SelectedMovement>('t.seq'),
      latestFirst: true,
      around: withBalances,
    },
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
