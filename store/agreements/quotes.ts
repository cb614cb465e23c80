import type { RightsLeft } from '../../domain/eligibility';
import type { StoredOrder } from '../../domain/instance';
import type { Policy } from '../../domain/policy';
import { policyId } from '../../domain/policy';
import { isRefund, type QuoteRequest, quoteInTurns, rightsKey, type Subject } from '../../domain/quote';
import type { RefundKind } from '../../domain/refund';
import { rightsLeft, standings } from '../books/accounts';
import type { Db } from '../db';
import { hashOf } from '../hash';
import { inTurns } from '../in-turns';
import { findInstances } from '../lives/instances';
import { keepPolicy } from '../policies';
import type { CalculationInputs, InstanceRow, QuoteBasis, QuotedItem, QuoteRow, UnknownItem } from '../types';

/** Instances that a quote names and nobody registered. */
export class MissingInstances extends Error {
  constructor(readonly ids: string[]) {
    super(`not registered: ${ids.join(', ')}`);
  }
}

/** The instance's clock: the wall clock, moved ahead by what fast-forward has skipped (decision 10). */
export const clockOf = (row: Pick<InstanceRow, 'clockOffsetMs'>, wallMs: number): string =>
  new Date(wallMs + row.clockOffsetMs).toISOString();

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

const inUtc = (instant: string): string => new Date(instant).toISOString();

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

/** Puts together what the engine needs to know of each instance. */
export async function subjectsOf(
  db: Db,
  rows: InstanceRow[],
  policyOf: (row: InstanceRow) => Policy,
  at: (row: InstanceRow) => string,
): Promise<Subject[]> {
  const standing = await standings(db, [...new Set(rows.map((row) => row.facts.account))]);
  const inReview = await instancesInReview(db, rows);
  const paidBack = await paidBackOf(db, rows);
  return rows.map((row) => {
    const account = standing.get(row.facts.account) ?? { arrears: false, hold: false };
    return {
      id: row.id,
      facts: row.facts,
      orders: row.orders,
      life: row.life,
      policy: policyOf(row),
      standing: { arrears: account.arrears, hold: account.hold || row.hold !== null, inReview: inReview.has(row.id) },
      ...(paidBack.has(row.id) ? { paidBack: paidBack.get(row.id)! } : {}),
      at: at(row),
    };
  });
}

/** Those that a refund request waits for (E5). */
export async function instancesInReview(db: Db, rows: InstanceRow[]): Promise<Set<string>> {
  const { rows: found } = await db.query<{ instance_id: string }>(
    "SELECT instance_id FROM refunds WHERE instance_id = ANY($1) AND status = 'in_review'",
    [rows.map((row) => row.id)],
  );
  return new Set(found.map((row) => row.instance_id));
}

/**
 * M18: what was paid back or is agreed to be, by instance, since its last restore; before one, since its registration. An undone refund was
 * none, and one in review is not agreed to.
 */
async function paidBackOf(db: Db, rows: InstanceRow[]): Promise<Map<string, string>> {
  const { rows: found } = await db.query<{ instance_id: string; amount: string }>(
    `SELECT r.instance_id, sum(r.amount)::text AS amount FROM refunds r
     WHERE r.instance_id = ANY($1) AND r.status IN ('requested', 'isolating', 'booked', 'done')
       AND (r.progress->0->>'at')::timestamptz > coalesce((SELECT max(s.recorded_at) FROM steps s
         WHERE s.instance_id = r.instance_id AND s.command = 'restore' AND s.outcome = 'done'), '-infinity')
     GROUP BY r.instance_id`,
    [rows.map((row) => row.id)],
  );
  return new Map(found.map((row) => [row.instance_id, row.amount]));
}

/** Rights left of every account and product among the subjects. */
export async function rightsOf(db: Db, subjects: Subject[]): Promise<Map<string, RightsLeft>> {
  const left = new Map<string, RightsLeft>();
  for (const { facts, policy } of subjects) {
    const key = rightsKey(facts.account, facts.product);
    if (!left.has(key)) left.set(key, await rightsLeft(db, facts.account, facts.product, policy.knobs));
  }
  return left;
}

export interface NewQuote {
  id: string;
  instanceIds: string[];
  /** Told beside them as blocked (L17). */
  unknown?: UnknownItem[];
  request: QuoteRequest;
  policyOf: (product: string) => Policy;
  expiresInSeconds: number;
  /** The termination that it is made for: nobody else can confirm it. */
  terminationId?: string;
  /** Of one instance: the instant of its clock, where an approval holds to the one that its amount was seen at (M24). */
  asOf?: string | undefined;
}

/**
 * Quotes instances and keeps the quote. The same id again answers the quote that exists.
 * @throws MissingInstances
 */
export async function createQuote(db: Db, quote: NewQuote): Promise<QuoteRow> {
  const { id, instanceIds, unknown = [], request, policyOf, expiresInSeconds, terminationId, asOf } = quote;
  const rows = await findInstances(db, instanceIds);
  const found = new Set(rows.map((row) => row.id));
  const missing = instanceIds.filter((one) => !found.has(one));
  if (missing.length) throw new MissingInstances(missing);
  const now = Date.now();
  const subjects = await subjectsOf(
    db,
    rows,
    (row) => policyOf(row.facts.product),
    (row) => asOf ?? clockOf(row, now),
  );
  const quoted = await inTurns(quoteInTurns(subjects, await rightsOf(db, subjects), request));
  const keys = new Map<Policy, string>();
  for (const { policy } of subjects) if (!keys.has(policy)) keys.set(policy, await keepPolicy(db, policy));
  const items = quoted.map((item, index): QuotedItem => {
    const subject = subjects[index]!;
    const key = keys.get(subject.policy)!;
    const basis = basisOf(rows[index]!, subject.at, key);
    return { ...item, basis, ...(isRefund(item.refund) ? { inputs: inputsOf(subject, request, item.refund.kind, key) } : {}) };
  });
  const versions = [...new Set(subjects.map(({ policy }) => policyId(policy)))].sort().join('+');
  await db.query(
    `INSERT INTO quotes (id, action, schedule, five_day_for, rules_version, assisted, items, termination_id, expires_at, order_ids, unknown)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + make_interval(secs => $9), $10, $11) ON CONFLICT DO NOTHING`,
    [
      id,
      request.action,
      request.schedule,
      request.fiveDayFor ?? null,
      versions,
      request.assisted ?? false,
      JSON.stringify(items),
      terminationId ?? null,
      expiresInSeconds,
      request.orderIds ? JSON.stringify(request.orderIds) : null,
      JSON.stringify(unknown),
    ],
  );
  return (await findQuote(db, id))!;
}

interface Row {
  id: string;
  action: QuoteRow['action'];
  schedule: QuoteRow['schedule'];
  five_day_for: string | null;
  rules_version: string;
  assisted: boolean;
  items: QuotedItem[];
  unknown: UnknownItem[];
  created_at: string;
  expires_at: string;
  termination_id: string | null;
  order_ids: string[] | null;
}

const toQuote = (row: Row): QuoteRow => ({
  id: row.id,
  action: row.action,
  schedule: row.schedule,
  fiveDayFor: row.five_day_for,
  rulesVersion: row.rules_version,
  orderIds: row.order_ids ?? undefined,
  assisted: row.assisted,
  items: row.items,
  unknown: row.unknown,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  terminationId: row.termination_id,
});

export async function findQuote(db: Db, id: string, lock = false): Promise<QuoteRow | undefined> {
  const { rows } = await db.query<Row>(`SELECT * FROM quotes WHERE id = $1${lock ? ' FOR UPDATE' : ''}`, [id]);
  return rows[0] && toQuote(rows[0]);
}
