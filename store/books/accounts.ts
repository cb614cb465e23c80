/**
 * The tables `accounts`, `account_changes` and `balances`: standing, and the money of each source. Written
 * here only.
 */
import type { Standing } from '../../domain/eligibility';
import { exact, formatMoney, type Parts, SOURCES, type Source, ZERO } from '../../domain/money';
import { type Db, type Pool, prepared, preparedForAny, type Transaction, transaction } from '../db';
import { post } from '../outbox';
import { Conditions, listPage, type Page, type PageRequest, type SortColumn } from '../paging';
import { asPattern } from '../pattern';

export interface AccountRow {
  account: string;
  arrears: boolean;
  hold: boolean;
  balances: ({ currency: string } & Parts)[];
}

/** An account among others. */
export interface ListedAccount {
  account: string;
  arrears: boolean;
  hold: boolean;
  /** How many of its instances live. */
  instances: number;
}

export interface AccountFilter {
  /** The only account that exists for who asks; undefined: all do. */
  tenant: string | undefined;
  account?: string | undefined;
  /** Is a part of its name. */
  search?: string | undefined;
}

/** By name. */
export async function listAccounts(
  db: Db,
  filter: AccountFilter,
  page: PageRequest,
): Promise<Page<ListedAccount>> {
  const conditions = new Conditions()
    .add('a.account = ?', filter.tenant)
    .add('a.account = ?', filter.account)
    .add(
      'lower(a.account) LIKE lower(?)',
      filter.search === undefined ? undefined : asPattern(filter.search),
    );
  const select = `SELECT a.account, a.arrears, a.hold,
      (SELECT count(*) FROM instances i WHERE i.account = a.account AND i.state <> 'terminated') AS instances
    FROM accounts a`;
  const by: SortColumn<ListedAccount>[] = [{ sql: 'a.account', type: 'text', of: ({ account }) => account }];
  return await listPage(db, { select, conditions, by }, page, (row: ListedAccount) => row);
}

const TOUCH_ACCOUNT = prepared('INSERT INTO accounts (account) VALUES ($1) ON CONFLICT DO NOTHING');

/** Makes the account known; its standing begins in good order. */
export async function touchAccount(db: Db, account: string): Promise<void> {
  await db.query(TOUCH_ACCOUNT([account]));
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

const LOCK_BALANCES = prepared(
  'SELECT source, amount FROM balances WHERE account = $1 AND currency = $2 ORDER BY source FOR UPDATE',
);

/** Balances of one currency, locked until the transaction ends: nobody else can spend them meanwhile. */
export async function lockBalances(tx: Transaction, account: string, currency: string): Promise<Parts> {
  const { rows } = await tx.query<{ source: Source; amount: string }>(LOCK_BALANCES([account, currency]));
  return partsOf(rows, currency);
}

const LOCK_BALANCES_OF = prepared(
  `SELECT b.source, b.amount FROM balances b
   WHERE (b.account, b.currency) = (SELECT i.account, i.facts->'prices'->>'currency' FROM instances i WHERE i.id = $1)
   ORDER BY b.source FOR UPDATE`,
);

/** {@link lockBalances} of an instance's account, in the currency of its prices. */
export async function lockBalancesOf(
  tx: Transaction,
  instanceId: string,
): Promise<{ source: Source; amount: string }[]> {
  const { rows } = await tx.query<{ source: Source; amount: string }>(LOCK_BALANCES_OF([instanceId]));
  return rows;
}

export function partsOf(rows: { source: Source; amount: string }[], currency: string): Parts {
  const parts = emptyParts(currency);
  for (const { source, amount } of rows) parts[source] = amount;
  return parts;
}

// The rows are made first: a negative amount must meet the balance that it is taken from, not stand on its own.
const MAKE_BALANCES = prepared(
  'INSERT INTO balances (account, currency, source, amount) SELECT $1, $2, unnest($3::text[]), 0 ON CONFLICT DO NOTHING',
);
const LOCK_SOURCES = prepared(
  'SELECT FROM balances WHERE account = $1 AND currency = $2 AND source = ANY($3) ORDER BY source FOR UPDATE',
);
const MOVE_BALANCES = prepared(
  `UPDATE balances b SET amount = b.amount + moved.amount FROM unnest($3::text[], $4::numeric[]) AS moved (source, amount)
   WHERE b.account = $1 AND b.currency = $2 AND b.source = moved.source`,
);

/**
 * Adds amounts (negative ones take away) to the balances, which are locked in the fixed order of sources, so
 * that two steps can't deadlock.
 */
export async function moveBalances(
  tx: Transaction,
  account: string,
  currency: string,
  amounts: Record<Source, string>,
): Promise<void> {
  const moved = [...SOURCES].sort().filter((source) => !exact(amounts[source]).equals(ZERO));
  if (!moved.length) return;
  const of = [account, currency, moved];
  await Promise.all([
    tx.query(MAKE_BALANCES(of)),
    tx.query(LOCK_SOURCES(of)),
    tx.query(MOVE_BALANCES([...of, moved.map((source) => amounts[source])])),
  ]);
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
  pool: Pool,
  { account, arrears, hold, reason, by }: StandingChange,
): Promise<AccountRow> {
  return await transaction(pool, async (tx) => {
    await Promise.all([
      tx.query(
        `WITH changed AS (
           INSERT INTO accounts AS a (account, arrears, hold) VALUES ($1, coalesce($2, false), coalesce($3, false))
           ON CONFLICT (account) DO UPDATE SET arrears = coalesce($2, a.arrears), hold = coalesce($3, a.hold)
           RETURNING account, arrears, hold)
         INSERT INTO account_changes (account, arrears, hold, reason, changed_by) SELECT account, arrears, hold, $4, $5 FROM changed`,
        [account, arrears ?? null, hold ?? null, reason, by],
      ),
      post(tx, { topic: 'account.changed', accounts: [account], payload: { command: 'standing' } }),
    ]);
    return (await findAccount(tx, account))!;
  });
}

/** Who has set an account's standing last, and why; null: nobody has. */
export async function lastStandingChange(
  db: Db,
  account: string,
): Promise<{ reason: string; by: string; at: string } | null> {
  const { rows } = await db.query<{ reason: string; by: string; at: string }>(
    `SELECT reason, changed_by AS by, recorded_at AS at FROM account_changes
     WHERE account = $1 ORDER BY id DESC LIMIT 1`,
    [account],
  );
  return rows[0] ?? null;
}

const STANDINGS = preparedForAny('SELECT account, arrears, hold FROM accounts WHERE account = ANY($1)');

export async function standings(db: Db, accounts: string[]): Promise<Map<string, Standing>> {
  const { rows } = await db.query<{ account: string } & Standing>(STANDINGS(accounts));
  return new Map(rows.map(({ account, arrears, hold }) => [account, { arrears, hold }]));
}

const STANDING_OF = prepared(
  'SELECT a.arrears, a.hold FROM instances i JOIN accounts a USING (account) WHERE i.id = $1',
);

/** The standing of an instance's account. */
export async function standingOf(db: Db, instanceId: string): Promise<Standing | undefined> {
  return (await db.query<Standing>(STANDING_OF([instanceId]))).rows[0];
}

const LOCK_ACCOUNTS_OF = preparedForAny(
  `SELECT FROM accounts WHERE account IN (SELECT account FROM instances WHERE id = ANY($1))
   ORDER BY account FOR NO KEY UPDATE`,
);

/**
 * Rights are counted and reserved under the locks of the instances' accounts, taken in one order so that two
 * confirmations can't deadlock.
 */
export async function lockAccountsOf(tx: Transaction, instanceIds: string[]): Promise<void> {
  await tx.query(LOCK_ACCOUNTS_OF(instanceIds));
}
