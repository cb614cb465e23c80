/**
 * The tables `accounts`, `account_changes` and `balances`: standing, and the money of each source. Written
 * here only.
 */
import type { Standing } from '../../domain/eligibility';
import { exact, formatMoney, type Parts, SOURCES, type Source, ZERO } from '../../domain/money';
import type { Db, Transaction } from '../db';

export interface AccountRow {
  account: string;
  arrears: boolean;
  hold: boolean;
  balances: ({ currency: string } & Parts)[];
}

/** Makes the account known; its standing begins in good order. */
export async function touchAccount(db: Db, account: string): Promise<void> {
  await db.query('INSERT INTO accounts (account) VALUES ($1) ON CONFLICT DO NOTHING', [account]);
}

export async function findAccount(db: Db, account: string): Promise<AccountRow | undefined> {
  const { rows } = await db.query<{ arrears: boolean; hold: boolean }>(
    'SELECT arrears, hold FROM accounts WHERE account = $1',
    [account],
  );
  if (!rows[0]) return undefined;
  return { account, ...rows[0], balances: await balancesOf(db, account) };
}

async function balancesOf(db: Db, account: string): Promise<AccountRow['balances']> {
  const { rows } = await db.query<{ currency: string; source: Source; amount: string }>(
    'SELECT currency, source, amount FROM balances WHERE account = $1 ORDER BY currency',
    [account],
  );
  return partsByCurrency(rows);
}

/** Sums by currency and source as one object a currency, in the rows' order. */
export function partsByCurrency(
  rows: { currency: string; source: Source; amount: string }[],
): AccountRow['balances'] {
  const byCurrency = new Map<string, Parts>();
  for (const { currency, source, amount } of rows) {
    const parts = byCurrency.get(currency) ?? emptyParts(currency);
    byCurrency.set(currency, { ...parts, [source]: formatMoney(exact(amount), currency) });
  }
  return [...byCurrency].map(([currency, parts]) => ({ currency, ...parts }));
}

function emptyParts(currency: string): Parts {
  const zero = formatMoney(ZERO, currency);
  return { cash: zero, gift: zero, income: zero };
}

/** Balances of one currency, locked until the transaction ends: nobody else can spend them meanwhile. */
export async function lockBalances(tx: Transaction, account: string, currency: string): Promise<Parts> {
  const { rows } = await tx.query<{ source: Source; amount: string }>(
    'SELECT source, amount FROM balances WHERE account = $1 AND currency = $2 ORDER BY source FOR UPDATE',
    [account, currency],
  );
  const parts = emptyParts(currency);
  for (const { source, amount } of rows) parts[source] = amount;
  return parts;
}

/**
 * Adds amounts (negative ones take away) to the balances, in the fixed order of sources, so that two steps
 * can't deadlock.
 */
export async function moveBalances(
  tx: Transaction,
  account: string,
  currency: string,
  amounts: Record<Source, string>,
): Promise<void> {
  for (const source of [...SOURCES].sort()) {
    if (exact(amounts[source]).equals(ZERO)) continue;
    // The row is made first: a negative amount must meet the balance that it is taken from, not stand on its
    // own.
    await tx.query(
      'INSERT INTO balances (account, currency, source, amount) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING',
      [account, currency, source],
    );
    await tx.query(
      'UPDATE balances SET amount = amount + $4 WHERE account = $1 AND currency = $2 AND source = $3',
      [account, currency, source, amounts[source]],
    );
  }
}

export interface StandingChange {
  account: string;
  arrears?: boolean | undefined;
  hold?: boolean | undefined;
  reason: string;
  by: string;
}

/** Sets arrears and hold, and keeps who did it and why. What is left out stays as it is. */
export async function putAccount(
  db: Db,
  { account, arrears, hold, reason, by }: StandingChange,
): Promise<AccountRow> {
  await db.query(
    `WITH changed AS (
       INSERT INTO accounts AS a (account, arrears, hold) VALUES ($1, coalesce($2, false), coalesce($3, false))
       ON CONFLICT (account) DO UPDATE SET arrears = coalesce($2, a.arrears), hold = coalesce($3, a.hold)
       RETURNING account, arrears, hold)
     INSERT INTO account_changes (account, arrears, hold, reason, changed_by) SELECT account, arrears, hold, $4, $5 FROM changed`,
    [account, arrears ?? null, hold ?? null, reason, by],
  );
  return (await findAccount(db, account))!;
}

export async function standings(db: Db, accounts: string[]): Promise<Map<string, Standing>> {
  const { rows } = await db.query<{ account: string } & Standing>(
    'SELECT account, arrears, hold FROM accounts WHERE account = ANY($1)',
    [accounts],
  );
  return new Map(rows.map(({ account, arrears, hold }) => [account, { arrears, hold }]));
}

/**
 * Rights are counted and reserved under their accounts' locks, taken in one order so that two confirmations
 * can't deadlock.
 */
export async function lockAccounts(tx: Transaction, accounts: string[]): Promise<void> {
  const each = [...new Set(accounts)].sort();
  await tx.query('SELECT FROM accounts WHERE account = ANY($1) ORDER BY account FOR NO KEY UPDATE', [each]);
}
