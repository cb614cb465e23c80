import type { RightsLeft, Standing } from '../../domain/eligibility';
import { exact, formatMoney, type Parts, SOURCES, type Source, sum, ZERO } from '../../domain/money';
import type { Knobs } from '../../domain/policy';
import { Conditions, type Db, decodeCursor, pageOf, shownBefore, shownUpTo, type Transaction } from '../db';
import type { AccountRow, Page, PageRequest, RightsByProduct, StatementRow } from '../types';

/** Makes the account known; its standing begins in good order. */
export async function touchAccount(db: Db, account: string): Promise<void> {
  await db.query('INSERT INTO accounts (account) VALUES ($1) ON CONFLICT DO NOTHING', [account]);
}

export async function findAccount(db: Db, account: string): Promise<AccountRow | undefined> {
  const { rows } = await db.query<{ arrears: boolean; hold: boolean }>('SELECT arrears, hold FROM accounts WHERE account = $1', [account]);
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
export function partsByCurrency(rows: { currency: string; source: Source; amount: string }[]): AccountRow['balances'] {
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

/** Adds amounts (negative ones take away) to the balances, in the fixed order of sources, so that two steps can't deadlock. */
export async function moveBalances(tx: Transaction, account: string, currency: string, amounts: Record<Source, string>): Promise<void> {
  for (const source of [...SOURCES].sort()) {
    if (exact(amounts[source]).equals(ZERO)) continue;
    // The row is made first: a negative amount must meet the balance that it is taken from, not stand on its own.
    await tx.query('INSERT INTO balances (account, currency, source, amount) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING', [
      account,
      currency,
      source,
    ]);
    await tx.query('UPDATE balances SET amount = amount + $4 WHERE account = $1 AND currency = $2 AND source = $3', [
      account,
      currency,
      source,
      amounts[source],
    ]);
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
export async function putAccount(db: Db, { account, arrears, hold, reason, by }: StandingChange): Promise<AccountRow> {
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
  const { rows } = await db.query<{ account: string } & Standing>('SELECT account, arrears, hold FROM accounts WHERE account = ANY($1)', [
    accounts,
  ]);
  return new Map(rows.map(({ account, arrears, hold }) => [account, { arrears, hold }]));
}

/** Rights used and reserved, by product, over all time. */
export async function rightsUsed(db: Db, account: string): Promise<RightsByProduct> {
  const { rows } = await db.query<{ product: string; kind: 'five-day' | 'ordinary'; status: 'used' | 'reserved'; count: number }>(
    "SELECT product, kind, status, count(*) FROM rights WHERE account = $1 AND status <> 'returned' GROUP BY product, kind, status",
    [account],
  );
  const result: RightsByProduct = new Map();
  for (const { product, kind, status, count } of rows) {
    const counts = result.get(product) ?? { fiveDay: { used: 0, reserved: 0 }, ordinary: { used: 0, reserved: 0 } };
    counts[kind === 'five-day' ? 'fiveDay' : 'ordinary'][status] = count;
    result.set(product, counts);
  }
  return result;
}

/** E2: what is left of an account's rights for a product; what is reserved counts as used. Periods are reckoned on the wall clock. */
export async function rightsLeft(db: Db, account: string, product: string, knobs: Knobs): Promise<RightsLeft> {
  const { rows } = await db.query<{ kind: 'five-day' | 'ordinary'; count: number }>(
    `SELECT kind, count(*) FROM rights
     WHERE account = $1 AND product = $2 AND status <> 'returned'
       AND recorded_at > clock_timestamp() - make_interval(days => CASE kind WHEN 'five-day' THEN $3::int ELSE $4::int END)
     GROUP BY kind`,
    [account, product, knobs.fiveDayPeriodDays ?? FOR_EVER_DAYS, knobs.ordinaryPeriodDays ?? FOR_EVER_DAYS],
  );
  const count = (kind: string): number => rows.find((row) => row.kind === kind)?.count ?? 0;
  return {
    fiveDay: Math.max(0, knobs.fiveDayCount - count('five-day')),
    ordinary: Math.max(0, knobs.ordinaryCount - count('ordinary')),
  };
}

const FOR_EVER_DAYS = 365_000;

interface MovementRow {
  id: string;
  seq: number;
  event: string;
  instance_id: string | null;
  refund_id: string | null;
  reverses: string | null;
  reason: string | null;
  reference: string | null;
  effective_at: string;
  recorded_at: string;
  currency: string;
  cash: string;
  gift: string;
  income: string;
  cash_after: string;
  gift_after: string;
  income_after: string;
}

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
      (source) => `coalesce(sum(e.amount) FILTER (WHERE e.ledger_account = 'customer:${source}'), 0) AS ${source}`,
    ).join(', ')}
    FROM transactions t JOIN entries e ON e.transaction_id = t.id
    WHERE t.account = $1 AND e.ledger_account LIKE 'customer:%' GROUP BY t.id, e.currency),
  running AS (
    SELECT *, ${SOURCES.map((source) => `sum(${source}) OVER so_far AS ${source}_after`).join(', ')}
    FROM moved WINDOW so_far AS (PARTITION BY currency ORDER BY seq))
  SELECT r.*, t.event, t.instance_id, t.refund_id, t.reverses, coalesce(t.reason, a.reason) AS reason, a.reference, t.effective_at, t.recorded_at
  FROM running r JOIN transactions t ON t.id = r.id LEFT JOIN adjustments a ON a.id = t.adjustment_id`;

/** Income and expenses (001-28): every ledger transaction that touched the account's balances, the latest first. */
export async function listStatement(db: Db, { account, from, to }: StatementFilter, page: PageRequest): Promise<Page<StatementRow>> {
  const conditions = new Conditions().add('t.account = ?', account);
  if (from !== undefined) conditions.always(`NOT ${shownBefore('t.recorded_at', conditions.parameter(from))}`);
  if (to !== undefined) conditions.always(shownUpTo('t.recorded_at', conditions.parameter(to)));
  if (page.cursor !== undefined) conditions.add('t.seq < ?', decodeCursor(page.cursor, ['number'])[0]);
  const limit = conditions.parameter(page.limit + 1);
  const { rows } = await db.query<MovementRow>(`${MOVEMENTS} ${conditions.where} ORDER BY t.seq DESC LIMIT ${limit}`, conditions.values);
  return pageOf(rows, page.limit, toMovement, (row) => [row.seq]);
}

function toMovement(row: MovementRow): StatementRow {
  const money = (amount: string): string => formatMoney(exact(amount), row.currency);
  return {
    id: row.id,
    kind: row.event as StatementRow['kind'],
    currency: row.currency,
    amount: formatMoney(sum([row.cash, row.gift, row.income].map((amount) => exact(amount))), row.currency),
    parts: { cash: money(row.cash), gift: money(row.gift), income: money(row.income) },
    balance: { cash: money(row.cash_after), gift: money(row.gift_after), income: money(row.income_after) },
    instanceId: row.instance_id,
    refundId: row.refund_id,
    reverses: row.reverses,
    reason: row.reason,
    reference: row.reference,
    effectiveAt: row.effective_at,
    recordedAt: row.recorded_at,
  };
}
