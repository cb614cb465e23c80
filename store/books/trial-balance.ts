/**
 * The books at an instant, added up from entries, and from the sums of whole days before it. What counts is when something was recorded (`recordedAt`,
 * the wall clock), not when it took effect on an instance's own clock; what is shown at an instant is in the
 * books at it (M21). A transaction that was under way at the instant and commits later belongs to it all the
 * same.
 */
import { exact, formatMoney, type Source } from '../../domain/money';
import { type Db, shownUntil, shownUpTo } from '../db';
import { type AccountRow, partsByCurrency } from './accounts';

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

/** An account's balances as its entries add up to, by currency and source. */
export async function balancesAt(db: Db, account: string, at?: string): Promise<BalancesAt> {
  const instant = await instantOf(db, at);
  const { rows } = await db.query<{ currency: string; source: Source; amount: string }>(
    `SELECT e.currency, split_part(e.ledger_account, ':', 2) AS source, sum(e.amount) AS amount
     FROM transactions t JOIN entries e ON e.transaction_id = t.id
     WHERE t.account = $1 AND ${shownUpTo('t.recorded_at', '$2')} AND e.ledger_account LIKE 'customer:%' GROUP BY 1, 2 ORDER BY 1`,
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
  /** Null: the line of all accounts together. */
  ledgerAccount: string | null;
  debit: string;
  credit: string;
}

/**
 * What is shown up to `$1`, by currency and class: whole days of what is sealed, the entries of its own
 * day, and those of earlier days that wait for their seal. Each transaction is in one of the three.
 */
const CLASSES = `
  WITH bound AS (SELECT date_trunc('day', ${shownUntil('$1')}, 'UTC') AS midnight),
  recent AS (
    SELECT t.id FROM transactions t, bound WHERE t.recorded_at >= midnight AND ${shownUpTo('t.recorded_at', '$1')}
    UNION ALL
    SELECT t.id FROM unsealed u JOIN transactions t USING (seq), bound WHERE t.recorded_at < midnight)
  SELECT currency, class, debit, credit FROM day_sums, bound WHERE day < (midnight AT TIME ZONE 'UTC')::date
  UNION ALL
  SELECT e.currency, ledger_class(e.ledger_account), -least(e.amount, 0), greatest(e.amount, 0)
  FROM recent JOIN entries e ON e.transaction_id = recent.id`;

/**
 * Debit and credit of every class of ledger accounts: the orders' `deferred:…` are one, customers are summed
 * by source.
 */
export async function trialBalance(db: Db, at?: string): Promise<TrialBalance> {
  const instant = await instantOf(db, at);
  const { rows } = await db.query<Sums>(
    `SELECT currency, class AS "ledgerAccount", sum(debit) AS debit, sum(credit) AS credit FROM (${CLASSES}) AS one
     GROUP BY GROUPING SETS ((currency, class), (currency)) ORDER BY currency, class`,
    [instant],
  );
  const money = ({ currency, debit, credit }: Sums) => ({
    currency,
    debit: formatMoney(exact(debit), currency),
    credit: formatMoney(exact(credit), currency),
  });
  const lines = rows.flatMap((row) =>
    row.ledgerAccount === null
      ? []
      : [
          {
            ledgerAccount: row.ledgerAccount,
            ...money(row),
            balance: formatMoney(exact(row.credit).sub(exact(row.debit)), row.currency),
          },
        ],
  );
  return { at: instant, lines, totals: rows.filter((row) => row.ledgerAccount === null).map(money) };
}
