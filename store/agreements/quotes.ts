/** The table `quotes`: what was offered, and what it rests on. Written here only. */

import type { CalculationInputs } from '../../domain/calculation';
import { clockOf } from '../../domain/clock';
import type { Action, Schedule, StoredOrder } from '../../domain/instance';
import { inUtc } from '../../domain/instant';
import { type Policy, policyId } from '../../domain/policy';
import { type QuotedRefund, type QuoteItem, quoteInTurns } from '../../domain/quote';
import type { RefundKind } from '../../domain/refund';
import type { QuoteRequest, Subject } from '../../domain/subject';
import { each } from '../../domain/turns';
import { type Db, type Pool, prepared, type Transaction } from '../db';
import { hashOf } from '../hash';
import { inTurns } from '../in-turns';
import { jsonOf } from '../json';
import type { InstanceRow } from '../lives/instances';
import { keepPolicy, keyOf } from '../policies';
import { countRightsOf } from './rights';
import { subjectsOf } from './subjects';

export interface QuotedItem extends QuoteItem {
  /** What the item rests on; a quote is stale when any of it has changed. */
  basis: QuoteBasis;
  /** What its refund was computed from; missing where there is none. */
  inputs?: CalculationInputs;
}

export interface QuoteBasis {
  /** The instance's clock at the quote. */
  asOf: string;
  state: string;
  orders: string;
  prices: string;
  network: string;
  /** Of the instance's price snapshot (M12). */
  priceVersion: string | null;
  clockOffsetMs: number;
  policyId: string;
}

export interface UnknownItem {
  instanceId: string;
  position: number;
}

export interface QuoteRow {
  id: string;
  action: Action;
  schedule: Schedule;
  fiveDayFor: string | null;
  rulesVersion: string;
  /** Of a return of renewals: those that were chosen; undefined: all that can come back. */
  orderIds?: string[] | undefined;
  items: QuotedItem[];
  /** Ids beside them that are not known to who asked, and their places among all (L17). */
  unknown: UnknownItem[];
  createdAt: string;
  /** On the database's clock, which wrote it. */
  expiresAt: string;
  /** Whether that had come when the quote was read, by the same clock. */
  isExpired: boolean;
  /** The termination that confirmed it. */
  terminationId: string | null;
}

/** What a quote of this instance rests on. */
export function basisOf(row: InstanceRow, asOf: string, policyKey: string): QuoteBasis {
  return {
    asOf,
    state: row.life.state,
    orders: row.orders.map(orderLine).join(', '),
    prices: `${row.facts.prices?.version ?? 'none'} ${hashOf([row.facts.prices]).slice(0, 12)}`,
    network: `${row.facts.network.billing} ${hashOf([row.facts.network]).slice(0, 12)}`,
    priceVersion: row.facts.prices?.version ?? null,
    clockOffsetMs: row.clockOffsetMs,
    policyId: policyKey,
  };
}

function orderLine({ id, startsAt, endsAt, paid, prices, closedAt }: StoredOrder): string {
  const own = prices ? ` at ${prices.version} ${hashOf([prices]).slice(0, 12)}` : '';
  const sources = `${paid.cash}+${paid.gift}+${paid.income}, voucher ${paid.voucher}`;
  return `${id} ${inUtc(startsAt)}–${inUtc(endsAt)} for ${sources}${own}${closedAt ? ' closed' : ''}`;
}

/** What a refund of this instance is computed from. */
function inputsOf(
  { facts, orders, at }: Subject,
  { action, assisted = false, orderIds }: QuoteRequest,
  kind: RefundKind,
  key: string,
): CalculationInputs {
  return { facts, orders, at, kind, action, ...(orderIds ? { orderIds } : {}), assisted, policyId: key };
}

export interface NewQuote {
  id: string;
  rows: InstanceRow[];
  /** Told beside them as blocked (L17). */
  unknown?: UnknownItem[];
  request: QuoteRequest;
  policyOf: (product: string) => Policy;
  expiresInSeconds: number;
  /** The termination that it is made for: nobody else can confirm it. */
  terminationId?: string;
  /**
   * Of one instance: the instant of its clock, where an approval holds to the one that its amount was seen at
   * (M24).
   */
  asOf?: string | undefined;
}

const INSERT_QUOTE = prepared(
  `INSERT INTO quotes (id, action, schedule, five_day_for, rules_version, assisted, items, termination_id, expires_at, order_ids, unknown)
   VALUES ($1, $2, $3, $4, $5, $6, $7::json::jsonb, $8, clock_timestamp() + make_interval(secs => $9), $10, $11)
   ON CONFLICT DO NOTHING`,
);

/**
 * Quotes instances and keeps the quote, in two round trips of one connection. The same id again answers the
 * quote that exists.
 */
export async function createQuote(db: Transaction, quote: NewQuote): Promise<QuoteRow> {
  const { id, rows, unknown = [], request, policyOf, expiresInSeconds, terminationId, asOf } = quote;
  const now = Date.now();
  const policyFor = (row: InstanceRow): Policy => policyOf(row.facts.product);
  const [subjects, left] = await Promise.all([
    subjectsOf(db, rows, policyFor, (row) => asOf ?? clockOf(row, now)),
    countRightsOf(
      db,
      rows.map((row) => ({ facts: row.facts, policy: policyFor(row) })),
    ),
  ]);
  const quoted = await inTurns(quoteInTurns(subjects, left, request));
  // Once for each policy: its key is a hash over all of it.
  const policies = new Set(subjects.map(({ policy }) => policy));
  const keys = new Map([...policies].map((policy) => [policy, keyOf(policy)]));
  const keep = (item: QuoteItem, index: number): QuotedItem => {
    const subject = subjects[index]!;
    const key = keys.get(subject.policy)!;
    const basis = basisOf(rows[index]!, subject.at, key);
    return {
      ...item,
      basis,
      ...(item.refund.outcome === 'refund'
        ? { inputs: inputsOf(subject, request, item.refund.kind, key) }
        : {}),
    };
  };
  const items = await inTurns(each(quoted, keep));
  const versions = [...new Set([...policies].map(policyId))].sort().join('+');
  const itemsText = await jsonOf(items);
  const policiesKept = [...keys].map(([policy, key]) => keepPolicy(db, policy, key));
  const inserted = db.query(
    INSERT_QUOTE([
      id,
      request.action,
      request.schedule,
      request.fiveDayFor ?? null,
      versions,
      request.assisted ?? false,
      itemsText,
      terminationId ?? null,
      expiresInSeconds,
      request.orderIds ? JSON.stringify(request.orderIds) : null,
      JSON.stringify(unknown),
    ]),
  );
  const [kept] = await Promise.all([findQuote(db, id), inserted, ...policiesKept]);
  return kept!;
}

const SELECT = `
  SELECT id, action, schedule, five_day_for AS "fiveDayFor", rules_version AS "rulesVersion", order_ids AS "orderIds", unknown,
    created_at AS "createdAt", expires_at AS "expiresAt",
    expires_at <= clock_timestamp() AS "isExpired", termination_id AS "terminationId"
  FROM quotes WHERE id = $1`;
const FIND_QUOTE = prepared(SELECT);
const LOCK_QUOTE = prepared(`${SELECT} FOR UPDATE`);
const QUOTED_ITEMS = prepared(
  `SELECT item FROM quotes, jsonb_array_elements(items) WITH ORDINALITY AS one (item, place)
   WHERE id = $1 ORDER BY place`,
);

/**
 * Items come as rows of their own: as one value, hundreds of them would be read in one go.
 * @param lock nobody else confirms it until the transaction ends
 */
export async function findQuote(db: Db, id: string, lock = false): Promise<QuoteRow | undefined> {
  type Head = Omit<QuoteRow, 'items' | 'orderIds'> & { orderIds: string[] | null };
  const [{ rows }, items] = await Promise.all([
    db.query<Head>((lock ? LOCK_QUOTE : FIND_QUOTE)([id])),
    db.query<{ item: QuotedItem }>(QUOTED_ITEMS([id])),
  ]);
  if (!rows[0]) return undefined;
  return {
    ...rows[0],
    orderIds: rows[0].orderIds ?? undefined,
    items: items.rows.map(({ item }) => withOutcome(item)),
  };
}

/**
 * Quotes of earlier versions say by their members what `outcome` says now. It is read here, and written by no
 * migration: a process of the earlier version writes more of them while a new version is rolled out, and they
 * bind as well.
 */
export function withOutcome(item: QuotedItem): QuotedItem {
  const refund: object = item.refund;
  return { ...item, refund: { outcome: outcomeBefore(refund), ...refund } as QuotedRefund };
}

function outcomeBefore(refund: object): QuotedRefund['outcome'] {
  if ('cells' in refund) return 'refund';
  return 'amount' in refund ? 'nothing' : 'blocked';
}

const HAS_QUOTE = prepared('SELECT FROM quotes WHERE id = $1');

export async function hasQuote(db: Db, id: string): Promise<boolean> {
  return (await db.query(HAS_QUOTE([id]))).rowCount === 1;
}

const ACTION = prepared('SELECT action FROM quotes WHERE id = $1');
const ACTION_FOR_TENANT = prepared(
  `SELECT action FROM quotes q WHERE q.id = $1 AND NOT EXISTS (
     SELECT FROM jsonb_array_elements(q.items) item JOIN instances i ON i.id = item->>'instanceId'
     WHERE i.account <> $2)`,
);

/**
 * What a quote is of, without its items.
 * @param tenant the only account that exists for who asks, and every item has to be its own; null: all do
 */
export async function actionOfQuote(db: Db, id: string, tenant: string | null): Promise<Action | undefined> {
  const statement = tenant === null ? ACTION([id]) : ACTION_FOR_TENANT([id, tenant]);
  return (await db.query<{ action: Action }>(statement)).rows[0]?.action;
}

const CONSUME_QUOTE = prepared('UPDATE quotes SET termination_id = $2 WHERE id = $1');

export async function consumeQuote(tx: Transaction, id: string, terminationId: string): Promise<void> {
  await tx.query(CONSUME_QUOTE([id, terminationId]));
}

/**
 * Deletes quotes that nobody confirmed, so many days after their expiry. What another process is deleting is
 * passed over.
 */
export async function trimQuotes(pool: Pool, days: number, limit: number): Promise<number> {
  const { rowCount } = await pool.query(
    `WITH old AS MATERIALIZED (
       SELECT id FROM quotes q WHERE termination_id IS NULL AND expires_at < clock_timestamp() - make_interval(days => $1)
         AND NOT EXISTS (SELECT FROM terminations t WHERE t.quote_id = q.id)
         AND NOT EXISTS (SELECT FROM refunds f WHERE f.quote_id = q.id)
         AND NOT EXISTS (SELECT FROM refund_requests r WHERE r.preview_quote_id = q.id)
       ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     DELETE FROM quotes q USING old WHERE q.id = old.id`,
    [days, limit],
  );
  return rowCount ?? 0;
}
