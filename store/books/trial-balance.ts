/**
 * The books at an instant, added up from entries, and from the sums of whole months and days before it. What counts is when something was recorded (`recordedAt`,
 * the wall clock), not when it took effect on an instance's own clock; what is shown at an instant is in the
 * books at it (M21). A transaction that was under way at the instant and commits later belongs to it all the
 * same.
 */
import { exact, formatMoney, type Source, sum } from '../../domain/money';
import { type Db, type Pool, shownUntil, shownUpTo, unaided } from '../db';
import { type AccountRow, partsByCurrency } from './accounts';
import { CUSTOMERS_ENTRIES, partsBefore } from './statement';

/** @param at ISO-8601; undefined: now. @returns the instant in UTC */
async function instantOf(db: Db, at: string | undefined): Promise<string> {
  const { rows } = await db.query<{ at: string }>(
    'SELECT coalesce($1::timestamptz, clock_timestamp()) AS at',
    [at ?? null],
  );
  return rows[0]!.at;
}

export interface BalancesAt {
  at: string;
  balances: AccountRow['balances'];
}

/** An account's balances at an instant, by currency and source. */
export async function balancesAt(db: Db, account: string, at?: string): Promise<BalancesAt> {
  const instant = await instantOf(db, at);
  const { rows } = await db.query<{ currency: string; source: Source; amount: string }>(
    `SELECT currency, source, sum(amount) AS amount FROM (
       ${partsBefore(`t.recorded_at >= ${shownUntil('$2')}`)}) AS parts
     -- Not what had not moved yet.
     WHERE (SELECT true FROM transactions t CROSS JOIN LATERAL ${CUSTOMERS_ENTRIES} AS e
       WHERE t.account = $1 AND ${shownUpTo('t.recorded_at', '$2')} AND e.currency = parts.currency LIMIT 1)
     GROUP BY 1, 2 ORDER BY 1`,
    [account, instant],
  );
  return { at: instant, balances: partsByCurrency(rows) };
}

export interface TrialBalance {
  at: string;
  /** By currency, then ledger account. A source is debited, a destination credited. */
  lines: { ledgerAccount: string; currency: string; debit: string; credit: string; balance: string }[];
  /** In sound books debit and credit are the same. */
  totals: { currency: string; debit: string; credit: string }[];
}

interface Sums {
  currency: string;
  ledgerAccount: string;
  debit: string;
  credit: string;
}

/**
 * Written out where it is used, so that the planner knows how little lies behind it; but not for each of many days, where it would
 * be computed as often.
 */
const MIDNIGHT = `date_trunc('day', ${shownUntil('$1')}, 'UTC')`;
const TODAY = `(SELECT (${MIDNIGHT} AT TIME ZONE 'UTC')::date)`;
const THIS_MONTH = `(SELECT date_trunc('month', ${MIDNIGHT} AT TIME ZONE 'UTC')::date)`;

/**
 * What is shown up to `$1`, by currency and class: whole months of what is sealed and the days after them, the entries of its own
 * day, and those of earlier days that wait for their seal. Each transaction is in one of the four.
 */
const CLASSES = `
  WITH recent AS (
    SELECT t.id FROM transactions t WHERE t.recorded_at >= ${MIDNIGHT} AND ${shownUpTo('t.recorded_at', '$1')}
    UNION ALL
    SELECT t.id FROM unsealed u JOIN transactions t USING (seq) WHERE t.recorded_at < ${MIDNIGHT})
  SELECT currency, class, debit, credit FROM month_sums WHERE month < ${THIS_MONTH}
  UNION ALL
  SELECT currency, class, debit, credit FROM day_sums WHERE day >= ${THIS_MONTH} AND day < ${TODAY}
  UNION ALL
  SELECT e.currency, ledger_class(e.ledger_account), -least(e.amount, 0), greatest(e.amount, 0)
  FROM recent JOIN entries e ON e.transaction_id = recent.id`;

/**
 * Debit and credit of every class of ledger accounts: the orders' `deferred:…` are one, customers are summed
 * by source.
 */
export async function trialBalance(pool: Pool, at?: string): Promise<TrialBalance> {
  const instant = await instantOf(pool, at);
  const { rows } = await unaided(pool, (tx) =>
    tx.query<Sums>(
      `SELECT currency, class AS "ledgerAccount", sum(debit) AS debit, sum(credit) AS credit FROM (${CLASSES}) AS one
       GROUP BY currency, class ORDER BY currency, class`,
      [instant],
    ),
  );
  const lines = rows.map(({ ledgerAccount, ...row }) => ({
    ledgerAccount,
    ...totalOf(row.currency, [row]),
    balance: formatMoney(exact(row.credit).sub(exact(row.debit)), row.currency),
  }));
  const totals = [...new Set(rows.map(({ currency }) => currency))].map((currency) =>
    totalOf(
      currency,
      rows.filter((row) => row.currency === currency),
    ),
  );
  return { at: instant, lines, totals };
}

function totalOf(currency: string, rows: Omit<Sums, 'ledgerAccount'>[]): TrialBalance['totals'][number] {
  const money = (side: 'debit' | 'credit'): string =>
    formatMoney(sum(rows.map((row) => exact(row[side]))), currency);
  return { currency, debit: money('debit'), credit: money('credit') };
}
