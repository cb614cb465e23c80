/**
 * The table `instances`: what each one is and where its life stands. Written here only; its orders are in
 * `orders.ts`.
 */

import {
  type Billing,
  type Facts,
  type InstanceSortKey,
  STATES,
  type State,
  type StoredOrder,
} from '../../domain/instance';
import { inUtc } from '../../domain/instant';
import { dueAt, type Life, nextDeadline } from '../../domain/lifecycle';
import type { Plan } from '../../domain/plan';
import type { Policy } from '../../domain/policy';
import { each } from '../../domain/turns';
import { agreedPlanOf } from '../agreements/items';
import { type Db, prepared, preparedForAny, type Transaction } from '../db';
import type { Groups } from '../groups';
import { inTurns } from '../in-turns';
import {
  bySeq,
  Conditions,
  type Listing,
  listPage,
  type Page,
  type PageRequest,
  type SortColumn,
} from '../paging';
import { policiesById } from '../policies';
import { HAS_PART, idsWithPart } from './search';

export interface InstanceRow {
  id: string;
  facts: Facts;
  /** In order of their start. */
  orders: StoredOrder[];
  life: Life;
  /** The policy snapshot of the registration, or of the last amendment. */
  policy: Policy;
  /**
   * How far fast-forward has moved the instance's clock ahead of the wall clock, in milliseconds
   * (decision 1).
   */
  clockOffsetMs: number;
  hold: { reason: string; by: string; at: string } | null;
  /** What became of its parts, once it is terminated; null also where that was before it was kept. */
  disposal: Plan | null;
  /** Of one in the bin: the plan of the quote that it was ended by; null: there was none. */
  agreedPlan: Plan | null;
  /** Hash of the registration as first stated; the same facts again are answered 200, others 409. */
  registrationHash: string;
  /** The command that registered it. */
  registeredBy: string;
}

type SelectedInstance = Omit<InstanceRow, 'orders' | 'policy'> & {
  seq: number;
  policyId: string;
  purgeTime: string | null;
  orders: StoredOrder[] | null;
  /** What its list is sorted by, where that is no column above. */
  sortKey?: string | null;
};

const AGREED_PLAN = `CASE WHEN i.state = 'isolated' THEN (${agreedPlanOf('i.id')}) END`;
const COLUMNS = `i.id, i.seq, i.facts, i.life, i.policy_id AS "policyId", i.clock_offset_ms AS "clockOffsetMs", i.hold, i.disposal,
    ${AGREED_PLAN} AS "agreedPlan",
    i.registration_hash AS "registrationHash", i.registered_by AS "registeredBy", i.purge_time AS "purgeTime",
    (SELECT json_agg(o.document || jsonb_build_object('closedAt', o.closed_at, 'endedAt', o.ended_at) ORDER BY o.position)
       FROM orders o WHERE o.instance_id = i.id) AS orders`;
const SELECT = `SELECT ${COLUMNS} FROM instances i`;

const utc = (instant: string | null): string | null => (instant === null ? null : inUtc(instant));

/** Hundreds have hundreds of orders, and all of them mostly one policy. */
async function toInstances(db: Db, rows: SelectedInstance[]): Promise<InstanceRow[]> {
  const policyOf = await policiesById(
    db,
    rows.map((row) => row.policyId),
  );
  const toInstance = ({
    seq: _seq,
    policyId,
    purgeTime: _purgeTime,
    sortKey: _sortKey,
    orders,
    ...row
  }: SelectedInstance): InstanceRow => ({
    ...row,
    policy: policyOf(policyId),
    // Instants inside JSON are PostgreSQL's text of them. It was just read and is nobody else's: no copy.
    orders: (orders ?? []).map((order) =>
      Object.assign(order, { closedAt: utc(order.closedAt), endedAt: utc(order.endedAt) }),
    ),
  });
  return await inTurns(each(rows, toInstance));
}

/** A page of rows, as instances. */
async function pageOfInstances(
  db: Db,
  listing: Omit<Listing<SelectedInstance>, 'select'> & { select?: string },
  request: PageRequest,
): Promise<Page<InstanceRow>> {
  const { items, nextCursor } = await listPage(db, { select: SELECT, ...listing }, request, (row) => row);
  return { items: await toInstances(db, items), nextCursor };
}

/** @param tenant the only account that exists for who asks; missing or null: all do */
export async function findInstance(
  db: Db,
  id: string,
  tenant?: string | null,
): Promise<InstanceRow | undefined> {
  return (await findInstances(db, [id], tenant))[0];
}

const WITHIN_REACH = 'i.id = ANY($1) AND ($2::text IS NULL OR i.account = $2)';
const ORDERS_TOGETHER = `SELECT count(*) FROM orders o JOIN instances i ON i.id = o.instance_id WHERE ${WITHIN_REACH}`;
const FIND_INSTANCES = preparedForAny(
  `${SELECT} WHERE ${WITHIN_REACH} AND ($3::bigint IS NULL OR (${ORDERS_TOGETHER}) <= $3)`,
);
const COUNT_ORDERS = preparedForAny(ORDERS_TOGETHER);

/**
 * In the order of the ids; missing ones are left out. What another account owns is passed over before
 * anything of it is read, so that it takes as long as what does not exist.
 * @param maxOrders none is read when they have more orders together ({@link countOrders}); missing: no bound
 */
export async function findInstances(
  db: Db,
  ids: string[],
  tenant?: string | null,
  maxOrders?: number,
): Promise<InstanceRow[]> {
  const { rows } = await db.query<SelectedInstance>(FIND_INSTANCES(ids, tenant ?? null, maxOrders ?? null));
  const byId = new Map((await toInstances(db, rows)).map((one) => [one.id, one]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/**
 * How many orders these instances have together, closed ones too.
 * @param tenant as in {@link findInstances}
 */
export async function countOrders(db: Db, ids: string[], tenant: string | null): Promise<number> {
  const { rows } = await db.query<{ count: number }>(COUNT_ORDERS(ids, tenant));
  return rows[0]!.count;
}

const ACCOUNTS_OF = preparedForAny('SELECT DISTINCT account FROM instances WHERE id = ANY($1)');

/** The accounts that own these instances. */
export async function accountsOf(db: Db, ids: string[]): Promise<string[]> {
  const { rows } = await db.query<{ account: string }>(ACCOUNTS_OF(ids));
  return rows.map(({ account }) => account);
}

export interface InstanceFilter {
  /** The only account that exists for who asks; undefined: all do. */
  tenant: string | undefined;
  account?: string | undefined;
  product?: string | undefined;
  billing?: Billing | undefined;
  /** Any of them; missing: all but the terminated ones. */
  states?: readonly State[] | undefined;
  region?: string | undefined;
  externalId?: string | undefined;
  /** Whether a timed termination waits. */
  scheduled?: boolean | undefined;
  /** Whether the watch over lives has seen trouble with it, or its control plane does not bring it to an end. */
  attention?: boolean | undefined;
  /** Is a part of its id, its name, its machine's id, or the id of one of its disks or addresses. */
  search?: string | undefined;
}

export interface InstanceSort {
  by: InstanceSortKey;
  /** The greatest first. */
  latestFirst: boolean;
}

/** Nothing to sort by comes last, whichever way it is sorted. */
const NEVER = { asc: "'9999-12-31Z'", desc: "'0001-01-01Z'" };
const EXPIRES = `(SELECT max((o->>'endsAt')::timestamptz) FROM jsonb_array_elements(i.life->'orders') o
  WHERE (o->>'term')::boolean)`;

/** What lists can be sorted by, beside the order of registration. */
const SORTS: Record<
  Exclude<InstanceSortKey, 'registered'>,
  { sql: (way: keyof typeof NEVER) => string; type: 'text' | 'timestamptz' }
> = {
  id: { sql: () => 'i.id', type: 'text' },
  name: { sql: () => "lower(coalesce(i.facts->>'name', ''))", type: 'text' },
  account: { sql: () => 'i.account', type: 'text' },
  product: { sql: () => 'i.product', type: 'text' },
  region: { sql: () => 'i.region', type: 'text' },
  billing: { sql: () => 'i.billing', type: 'text' },
  state: { sql: () => 'i.state', type: 'text' },
  /** The next thing that happens by itself. */
  due: { sql: (way) => `coalesce(i.due_at, ${NEVER[way]})`, type: 'timestamptz' },
  expires: { sql: (way) => `coalesce(${EXPIRES}, ${NEVER[way]})`, type: 'timestamptz' },
};

/** Sorted, in order of registration where that says nothing; terminated ones only when asked for by state. */
export async function listInstances(
  db: Db,
  filter: InstanceFilter,
  { by, latestFirst }: InstanceSort,
  page: PageRequest,
): Promise<Page<InstanceRow>> {
  const { conditions, isFound } = await searchedBy(db, filter);
  const seq = bySeq<SelectedInstance>('i.seq');
  if (by === 'registered') {
    const groups = isFound ? undefined : groupsOf(filter, conditions);
    return await pageOfInstances(db, { conditions, by: seq, latestFirst, groups }, page);
  }
  const { type, sql } = SORTS[by];
  const key = sql(latestFirst ? 'desc' : 'asc');
  // The key itself, instants to the microsecond: the driver would cut them.
  const shown = type === 'text' ? key : `to_json(${key})#>>'{}'`;
  const select = `SELECT ${COLUMNS}, ${shown} AS "sortKey" FROM instances i`;
  const column: SortColumn<SelectedInstance> = { sql: key, type, of: ({ sortKey }) => sortKey };
  return await pageOfInstances(db, { select, conditions, by: [column, ...seq], latestFirst }, page);
}

interface Searched {
  conditions: Conditions;
  /** They name few instances by their ids. */
  isFound: boolean;
}

async function searchedBy(db: Db, filter: InstanceFilter): Promise<Searched> {
  const { states, externalId, scheduled, attention, search } = filter;
  const conditions = filterBy(filter).add('i.billing = ?', filter.billing).add('i.state = ANY(?)', states);
  if (states === undefined) conditions.always("i.state <> 'terminated'");
  // A condition of its own for the index, which has only those that have one.
  if (externalId !== undefined)
    conditions.always("i.facts ? 'externalId'").add("i.facts->>'externalId' = ?", externalId);
  if (scheduled !== undefined) conditions.always(`i.life->'termination' ${scheduled ? '<>' : '='} 'null'`);
  if (attention !== undefined) conditions.always(`${attention ? '' : 'NOT '}${IN_TROUBLE}`);
  const found = search === undefined ? undefined : await idsWithPart(db, search);
  if (found) conditions.add('i.id = ANY(?)', found);
  else conditions.add(HAS_PART, search);
  return { conditions, isFound: found !== undefined };
}

const IN_TROUBLE = `i.id IN (SELECT t->>'instanceId' FROM watch w, jsonb_array_elements(w.troubles) t
  UNION ALL SELECT id FROM instances WHERE life->'crossing' ? 'attention')`;

/** How many instances have each value of what they can be filtered by. */
export interface Facets {
  product: Facet[];
  region: Facet[];
  billing: Facet[];
  state: Facet[];
}
type Facet = { value: string; count: number };

/** Of living ones; of the states all. The most frequent value first, at most so many of each. */
export async function countFacets(
  db: Db,
  filter: Pick<InstanceFilter, 'tenant' | 'account'>,
  most: number,
): Promise<Facets> {
  const { where, values } = filterBy(filter);
  const { rows } = await db.query<{ facet: keyof Facets; value: string; count: number }>(
    `WITH counted AS (SELECT i.product, i.region, i.billing, i.state, count(*) FROM instances i ${where} GROUP BY 1, 2, 3, 4),
       facets AS (
         SELECT facet, value, sum(count)::bigint AS count FROM counted
           CROSS JOIN LATERAL (VALUES ('product', product), ('region', region), ('billing', billing), ('state', state)) f (facet, value)
         WHERE facet = 'state' OR state <> 'terminated' GROUP BY 1, 2),
       ranked AS (SELECT *, row_number() OVER (PARTITION BY facet ORDER BY count DESC, value) AS place FROM facets)
     SELECT facet, value, count FROM ranked WHERE place <= $${values.length + 1} ORDER BY place`,
    [...values, most],
  );
  const of = (facet: keyof Facets): Facet[] =>
    rows.filter((row) => row.facet === facet).map(({ value, count }) => ({ value, count }));
  return { product: of('product'), region: of('region'), billing: of('billing'), state: of('state') };
}

/** How a list is found: by an index of its own, group by group, or (undefined) one after the other. */
function groupsOf(filter: InstanceFilter, conditions: Conditions): Groups | undefined {
  const { product, region, billing, states, scheduled } = filter;
  const account = filter.tenant ?? filter.account;
  if (filter.externalId !== undefined || (scheduled && account !== undefined)) return undefined;
  if ([account, product, region, billing, states].every((one) => one === undefined)) return undefined;
  const of = { product, region, billing };
  if (scheduled) return { account, of, within: SCHEDULED };
  if (states?.length === 1) return { account, of: { ...of, state: states[0] } };
  const having = states ? `g.state = ANY(${conditions.parameter(states)})` : "g.state <> 'terminated'";
  return { account, of, having };
}

/** As the index has it. */
const SCHEDULED = "life->'termination' <> 'null'";

/** What the vendors' own interfaces ask lists by; missing: whatever it is. */
export interface VendorFilter {
  /** The only account that exists for who asks; undefined: all do. */
  tenant: string | undefined;
  product: string;
  region?: string | undefined;
  /**
   * Of `changing`, `changing/running` or `changing/stopped` too, by whether it ran before. Missing: all but the
   * terminated ones.
   */
  states?: readonly string[] | undefined;
  ids?: readonly string[] | undefined;
  billing?: readonly Billing[] | undefined;
  names?: readonly string[] | undefined;
  /** Each is a part of its name; case makes no difference to letters that the database has it for. */
  namesWith?: readonly string[] | undefined;
  zones?: readonly string[] | undefined;
  types?: readonly string[] | undefined;
  /** Sets of words, of each of which one is the id or a part of the name, in whatever case. */
  words?: readonly (readonly string[])[] | undefined;
}

const FOUND_BY = `(i.id = ANY(?) OR EXISTS (SELECT FROM unnest(?::text[]) AS word
  WHERE strpos(lower(i.facts->>'name'), lower(word)) > 0))`;

const LIVING: readonly string[] = STATES.filter((state) => state !== 'terminated');

/** In order of registration, from an offset on, with how many there are in all. */
export async function listByOffset(
  db: Db,
  filter: VendorFilter,
  { offset, limit }: { offset: number; limit: number },
): Promise<{ items: InstanceRow[]; total: number }> {
  const { tenant, product, region, states = LIVING, ids, billing, names, zones, types } = filter;
  const { namesWith = [], words = [] } = filter;
  const conditions = filterBy({ tenant, product, region })
    .add("(i.state = ANY(?) OR i.state || '/' || (i.life->>'power') = ANY(?))", states)
    .add('i.id = ANY(?)', ids)
    .add('i.billing = ANY(?)', billing)
    .add("i.facts->>'name' = ANY(?)", names)
    .add("i.facts->>'zone' = ANY(?)", zones)
    .add("i.facts->>'type' = ANY(?)", types);
  for (const part of namesWith) conditions.add("strpos(lower(i.facts->>'name'), lower(?)) > 0", part);
  for (const anyOf of words) conditions.add(FOUND_BY, anyOf);
  const { where, values } = conditions;
  const counted = await db.query<{ total: number }>(`SELECT count(*) AS total FROM instances i ${where}`, [
    ...values,
  ]);
  const page = `LIMIT ${conditions.parameter(limit)} OFFSET ${conditions.parameter(offset)}`;
  const { rows } = await db.query<SelectedInstance>(`${SELECT} ${where} ORDER BY i.seq ${page}`, values);
  return { items: await toInstances(db, rows), total: counted.rows[0]!.total };
}

const byRelease: SortColumn<SelectedInstance>[] = [
  { sql: 'i.purge_time', type: 'timestamptz', of: ({ purgeTime }) => purgeTime },
  ...bySeq<SelectedInstance>('i.seq'),
];

/** What is in the bin, the next to be released first. */
export async function listRecycleBin(
  db: Db,
  filter: Pick<InstanceFilter, 'tenant' | 'account' | 'product' | 'region' | 'billing' | 'search'>,
  page: PageRequest,
): Promise<Page<InstanceRow>> {
  const { conditions, isFound } = await searchedBy(db, { ...filter, states: ['isolated'] });
  // For the index, which has only those.
  conditions.always("i.state = 'isolated'");
  const { tenant, account = tenant, product, region, billing } = filter;
  const isPlain = isFound || [account, product, region, billing].every((one) => one === undefined);
  const of = { product, region, billing };
  const groups = isPlain ? undefined : { account, of, within: "state = 'isolated'" };
  return await pageOfInstances(db, { conditions, by: byRelease, groups }, page);
}

function filterBy(filter: Pick<InstanceFilter, 'tenant' | 'account' | 'product' | 'region'>): Conditions {
  return new Conditions()
    .add('i.account = ?', filter.tenant)
    .add('i.account = ?', filter.account)
    .add('i.product = ?', filter.product)
    .add('i.region = ?', filter.region);
}

export interface NewInstance {
  id: string;
  facts: Facts;
  life: Life;
  policyId: string;
  registrationHash: string;
  registeredBy: string;
}

const INSERT_INSTANCE = prepared(
  `INSERT INTO instances (id, account, product, billing, region, state, step, facts, life, policy_id, registration_hash, registered_by,
       due_at, isolated_at, purge_time)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
);

export async function insertInstance(tx: Transaction, { facts, life, ...row }: NewInstance): Promise<void> {
  await tx.query(
    INSERT_INSTANCE([
      row.id,
      facts.account,
      facts.product,
      facts.billing,
      facts.region,
      life.state,
      life.step,
      facts,
      life,
      row.policyId,
      row.registrationHash,
      row.registeredBy,
      dueTimeOf(life),
      life.isolatedAt,
      life.purgeTime,
    ]),
  );
}

const MOVE_INSTANCE = prepared(
  'UPDATE instances SET state = $2, step = $3, life = $4, isolated_at = $5, purge_time = $6, due_at = $7, disposal = $8 WHERE id = $1',
);

/** Puts the life where its newest step has taken it. */
export async function moveInstance(
  tx: Transaction,
  id: string,
  life: Life,
  disposal: Plan | null,
): Promise<void> {
  await tx.query(
    MOVE_INSTANCE([
      id,
      life.state,
      life.step,
      life,
      life.isolatedAt,
      life.purgeTime,
      dueTimeOf(life),
      disposal,
    ]),
  );
}

function dueTimeOf(life: Life): string | null {
  const deadline = nextDeadline(life);
  return deadline ? dueAt(deadline) : null;
}

const SET_FACTS = prepared('UPDATE instances SET facts = $2 WHERE id = $1');

export async function setFacts(tx: Transaction, id: string, facts: Facts): Promise<void> {
  await tx.query(SET_FACTS([id, facts]));
}

/** Remembers how far fast-forward has moved an instance's clock (decision 1). Never backwards. */
export async function setClockOffset(db: Db, id: string, offsetMs: number): Promise<void> {
  await db.query('UPDATE instances SET clock_offset_ms = greatest(clock_offset_ms, $2) WHERE id = $1', [
    id,
    Math.round(offsetMs),
  ]);
}

/** @param hold null takes it off */
export async function setHold(tx: Transaction, id: string, hold: InstanceRow['hold']): Promise<void> {
  await tx.query('UPDATE instances SET hold = $2 WHERE id = $1', [id, hold]);
}

const LOCK_INSTANCE = prepared('SELECT state FROM instances WHERE id = $1 FOR NO KEY UPDATE');

/** Steps are recorded one after the other. @returns its state; undefined when it is not registered */
export async function lockInstance(tx: Transaction, id: string): Promise<string | undefined> {
  const { rows } = await tx.query<{ state: string }>(LOCK_INSTANCE([id]));
  return rows[0]?.state;
}

/** No step is recorded until the transaction ends. */
export async function holdSteps(tx: Transaction, id: string): Promise<void> {
  await tx.query('SELECT FROM instances WHERE id = $1 FOR SHARE', [id]);
}
