import type { RightsLeft } from '../domain/eligibility';
import type { Policy } from '../domain/policy';
import { policyId } from '../domain/policy';
import { type QuoteRequest, quoteItems, rightsKey, type Subject } from '../domain/quote';
import { rightsLeft, standings } from './accounts';
import type { Db } from './db';
import { hashOf } from './hash';
import { findInstances } from './instances';
import { keepPolicy } from './policies';
import type { InstanceRow, QuoteBasis, QuotedItem, QuoteRow } from './types';

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
    orders: row.orders.map((order) => `${order.id} ${order.startsAt}–${order.endsAt}${order.closedAt ? ' closed' : ''}`).join(', '),
    prices: `${row.facts.prices?.version ?? 'none'} ${hashOf([row.facts.prices, row.facts.network, row.orders.map((order) => [order.paid, order.prices])]).slice(0, 12)}`,
    clockOffsetMs: row.clockOffsetMs,
    policyId: policyKey,
  };
}

/** Puts together what the engine needs to know of each instance. */
export async function subjectsOf(
  db: Db,
  rows: InstanceRow[],
  policyOf: (row: InstanceRow) => Policy,
  at: (row: InstanceRow) => string,
): Promise<Subject[]> {
  const standing = await standings(db, [...new Set(rows.map((row) => row.facts.account))]);
  return rows.map((row) => {
    const account = standing.get(row.facts.account) ?? { arrears: false, hold: false };
    return {
      id: row.id,
      facts: row.facts,
      orders: row.orders,
      life: row.life,
      policy: policyOf(row),
      standing: { arrears: account.arrears, hold: account.hold || row.hold !== null },
      at: at(row),
    };
  });
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
  request: QuoteRequest;
  policyOf: (product: string) => Policy;
  expiresInSeconds: number;
}

/**
 * Quotes instances and keeps the quote. The same id again answers the quote that exists.
 * @throws MissingInstances
 */
export async function createQuote(db: Db, { id, instanceIds, request, policyOf, expiresInSeconds }: NewQuote): Promise<QuoteRow> {
  const rows = await findInstances(db, instanceIds);
  const missing = instanceIds.filter((one) => !rows.some((row) => row.id === one));
  if (missing.length) throw new MissingInstances(missing);
  const now = Date.now();
  const subjects = await subjectsOf(
    db,
    rows,
    (row) => policyOf(row.facts.product),
    (row) => clockOf(row, now),
  );
  const quoted = quoteItems(subjects, await rightsOf(db, subjects), request);
  const items: QuotedItem[] = [];
  for (const [index, item] of quoted.entries()) {
    const { policy, at } = subjects[index]!;
    items.push({ ...item, basis: basisOf(rows[index]!, at, await keepPolicy(db, policy)) });
  }
  const versions = [...new Set(subjects.map(({ policy }) => policyId(policy)))].sort().join('+');
  await db.query(
    `INSERT INTO quotes (id, action, schedule, five_day_for, rules_version, items, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + make_interval(secs => $7)) ON CONFLICT DO NOTHING`,
    [id, request.action, request.schedule, request.fiveDayFor ?? null, versions, JSON.stringify(items), expiresInSeconds],
  );
  return (await findQuote(db, id))!;
}

interface Row {
  id: string;
  action: QuoteRow['action'];
  schedule: QuoteRow['schedule'];
  five_day_for: string | null;
  rules_version: string;
  items: QuotedItem[];
  created_at: string;
  expires_at: string;
  termination_id: string | null;
}

const toQuote = (row: Row): QuoteRow => ({
  id: row.id,
  action: row.action,
  schedule: row.schedule,
  fiveDayFor: row.five_day_for,
  rulesVersion: row.rules_version,
  items: row.items,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  terminationId: row.termination_id,
});

export async function findQuote(db: Db, id: string, lock = false): Promise<QuoteRow | undefined> {
  const { rows } = await db.query<Row>(`SELECT * FROM quotes WHERE id = $1${lock ? ' FOR UPDATE' : ''}`, [id]);
  return rows[0] && toQuote(rows[0]);
}
