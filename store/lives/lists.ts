/**
 * Lists of instances: by filters, sorted, in pages. Where a filter lets few pass, or none, they are found group by group
 * (`store/groups.ts`); where it lets many pass, in the order of an index.
 */
import { type Billing, type InstanceSortKey, STATES, type State } from '../../domain/instance';
import type { Db } from '../db';
import { BUT_STATE, type GroupColumn, type Groups, isGroupColumn, seqsByGroups } from '../groups';
import {
  bySeq,
  Conditions,
  type Listing,
  listBoth,
  listPage,
  type Page,
  type PageRequest,
  type SortColumn,
} from '../paging';
import { COLUMNS, type InstanceRow, type SelectedInstance, toInstances } from './instances';
import { HAS_PART, idsWithPart } from './search';

const SELECT = `SELECT ${COLUMNS} FROM instances i`;
const REGISTERED = bySeq<SelectedInstance>('i.seq');

/** A page of rows, as instances; of `rest` where the list has come to its end. */
async function pageOfInstances(
  db: Db,
  listing: Listing<SelectedInstance>,
  request: PageRequest,
  rest?: Listing<SelectedInstance>,
): Promise<Page<InstanceRow>> {
  const page = rest
    ? await listBoth(db, [listing, rest], request, asItIs)
    : await listPage(db, listing, request, asItIs);
  return { ...page, items: await toInstances(db, page.items) };
}

const asItIs = (row: SelectedInstance): SelectedInstance => row;

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

interface Key {
  sql: string;
  type: 'text' | 'timestamptz';
  /** Not all have one: what has none comes last, whichever way it is sorted. */
  isOptional?: true;
}

/** What lists can be sorted by, beside the order of registration: what groups have, or what has an index. */
const KEYS: Record<Exclude<InstanceSortKey, 'registered'>, Key> = {
  id: { sql: 'i.id', type: 'text' },
  name: { sql: "lower(i.facts->>'name')", type: 'text', isOptional: true },
  account: { sql: 'i.account', type: 'text' },
  product: { sql: 'i.product', type: 'text' },
  region: { sql: 'i.region', type: 'text' },
  billing: { sql: 'i.billing', type: 'text' },
  state: { sql: 'i.state', type: 'text' },
  /** The next thing that happens by itself. */
  due: { sql: 'i.due_at', type: 'timestamptz', isOptional: true },
  expires: { sql: 'i.paid_until', type: 'timestamptz', isOptional: true },
};

/** Which rows a list has, and how they are found. */
type Rows = Pick<Listing<SelectedInstance>, 'conditions' | 'groups'>;
type GroupsOf = (filter: InstanceFilter, conditions: Conditions) => Groups | undefined;

/** @param found by the search; undefined: each is looked at */
function rowsOf(filter: InstanceFilter, found: string[] | undefined, groupsFor: GroupsOf): Rows {
  const conditions = conditionsOf(filter, found);
  return { conditions, groups: found ? undefined : groupsFor(filter, conditions) };
}

/** So many are sorted soon; where more pass, a page of them is found soon in the order of the list. */
const FEW = 1000;

/**
 * Sorted, in order of registration where that says nothing; terminated ones only when asked for by state.
 * @param most so many that pass the filter are sorted without an index
 */
export async function listInstances(
  db: Db,
  filter: InstanceFilter,
  { by, latestFirst }: InstanceSort,
  page: PageRequest,
  most = FEW,
): Promise<Page<InstanceRow>> {
  const found = await idsFoundBy(db, filter);
  const inOrder = { select: SELECT, by: REGISTERED, latestFirst };
  if (by === 'registered' || (by === 'account' && accountOf(filter) !== undefined))
    return await pageOfInstances(db, { ...inOrder, ...rowsOf(filter, found, groupsOf) }, page);
  const sorted = { ...sortedBy(KEYS[by]), latestFirst };
  if (isGroupColumn(by))
    return await pageOfInstances(db, { ...sorted, ...rowsOf(filter, found, groupsSortedBy(by)) }, page);
  const few = await fewOf(db, filter, found, most);
  const rows = (groupsFor: GroupsOf): Rows =>
    few ? { conditions: new Conditions().add('i.seq = ANY(?)', few) } : rowsOf(filter, found, groupsFor);
  const { sql, isOptional } = KEYS[by];
  if (!isOptional) {
    const groupsFor = by === 'account' ? groupsSortedBy(by) : ONE_AFTER_THE_OTHER;
    return await pageOfInstances(db, { ...sorted, ...rows(groupsFor) }, page);
  }
  const [has, lacks] = [`${sql} IS NOT NULL`, `${sql} IS NULL`];
  const first = { ...sorted, ...rows(groupsHaving(has)) };
  const rest = { ...inOrder, ...rows(groupsOf) };
  first.conditions.always(has);
  rest.conditions.always(lacks);
  return await pageOfInstances(db, first, page, rest);
}

function sortedBy({ sql, type }: Key): Pick<Listing<SelectedInstance>, 'select' | 'by'> {
  // The key itself, instants to the microsecond: the driver would cut them.
  const shown = type === 'text' ? sql : `to_json(${sql})#>>'{}'`;
  return {
    select: `SELECT ${COLUMNS}, ${shown} AS "sortKey" FROM instances i`,
    by: [{ sql, type, of: ({ sortKey }) => sortKey }, ...REGISTERED],
  };
}

/** Undefined: nothing is searched for, or more have it than are found at once. */
const idsFoundBy = async (db: Db, { search }: InstanceFilter): Promise<string[] | undefined> =>
  search === undefined ? undefined : await idsWithPart(db, search);

/** @param found by the search; undefined: each is looked at */
function conditionsOf(filter: InstanceFilter, found: string[] | undefined): Conditions {
  const { states, externalId, scheduled, attention, search } = filter;
  const conditions = filterBy(filter).add('i.billing = ?', filter.billing).add('i.state = ANY(?)', states);
  if (states === undefined) conditions.always("i.state <> 'terminated'");
  // A condition of its own for the index, which has only those that have one.
  if (externalId !== undefined)
    conditions.always("i.facts ? 'externalId'").add("i.facts->>'externalId' = ?", externalId);
  if (scheduled !== undefined) conditions.always(`i.life->'termination' ${scheduled ? '<>' : '='} 'null'`);
  if (attention !== undefined) conditions.always(`${attention ? '' : 'NOT '}${IN_TROUBLE}`);
  return found ? conditions.add('i.id = ANY(?)', found) : conditions.add(HAS_PART, search);
}

const IN_TROUBLE = `i.id IN (SELECT t->>'instanceId' FROM watch w, jsonb_array_elements(w.troubles) t
  UNION ALL SELECT id FROM instances WHERE life->'crossing' ? 'attention')`;

const accountOf = ({ tenant, account }: Pick<InstanceFilter, 'tenant' | 'account'>): string | undefined =>
  tenant ?? account;

const ONE_AFTER_THE_OTHER: GroupsOf = () => undefined;

/** In order of registration. Undefined: they are found by an index of their own, or one after the other. */
function groupsOf(filter: InstanceFilter, conditions: Conditions): Groups | undefined {
  const { product, region, billing, states } = filter;
  if ([accountOf(filter), product, region, billing, states].every((one) => one === undefined))
    return undefined;
  return groupsAnyway(filter, conditions);
}

/** By what is the same in all of a group. */
const groupsSortedBy =
  (column: GroupColumn | 'account'): GroupsOf =>
  (filter, conditions) => {
    const groups = groupsAnyway(filter, conditions);
    // An index that has not all instances begins with no account, and may have no state.
    if (groups?.within !== undefined && !groups.names?.some((name) => name === column)) return undefined;
    return (
      groups && (column === 'account' ? { ...groups, isByAccount: true } : { ...groups, sortedBy: column })
    );
  };

/** By a key that not all have; its index is of all accounts. */
const groupsHaving =
  (has: string): GroupsOf =>
  (filter, conditions) => {
    if (filter.scheduled || accountOf(filter) !== undefined) return undefined;
    const groups = groupsAnyway(filter, conditions);
    return groups && { ...groups, within: has };
  };

function groupsAnyway(filter: InstanceFilter, conditions: Conditions): Groups | undefined {
  const { product, region, billing, states, scheduled, externalId, attention } = filter;
  const account = accountOf(filter);
  // Few, by an index of their own.
  if (externalId !== undefined || attention || (scheduled && account !== undefined)) return undefined;
  const of = { product, region, billing };
  if (scheduled) return { account, of, within: SCHEDULED, names: BUT_STATE };
  if (states?.length === 1) return { account, of: { ...of, state: states[0] } };
  const having = states ? `g.state = ANY(${conditions.parameter(states)})` : "g.state <> 'terminated'";
  return { account, of, having };
}

/** The `seq` of all that the filter lets pass, where they are no more than `most`. */
async function fewOf(
  db: Db,
  filter: InstanceFilter,
  found: string[] | undefined,
  most: number,
): Promise<number[] | undefined> {
  const conditions = conditionsOf(filter, found);
  const groups = found ? undefined : groupsOf(filter, conditions);
  if (!groups) return undefined;
  const seqs = seqsByGroups(groups, conditions, { limit: conditions.parameter(most + 1) });
  const { rows } = await db.query<{ seqs: number[] }>(`SELECT ${seqs} AS seqs`, conditions.values);
  return rows[0]!.seqs.length > most ? undefined : rows[0]!.seqs;
}

/** As the index has it. */
const SCHEDULED = "i.life->'termination' <> 'null'";

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

/** As the index has it. */
const IN_BIN = "i.state = 'isolated'";

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
  const found = await idsFoundBy(db, filter);
  // For the index, which has only those.
  const conditions = conditionsOf({ ...filter, states: ['isolated'] }, found).always(IN_BIN);
  const { product, region, billing } = filter;
  const account = accountOf(filter);
  const isPlain = found || [account, product, region, billing].every((one) => one === undefined);
  const of = { product, region, billing };
  const groups = isPlain ? undefined : { account, of, within: IN_BIN, names: BUT_STATE };
  return await pageOfInstances(db, { select: SELECT, conditions, by: byRelease, groups }, page);
}

function filterBy(filter: Pick<InstanceFilter, 'tenant' | 'account' | 'product' | 'region'>): Conditions {
  return new Conditions()
    .add('i.account = ?', filter.tenant)
    .add('i.account = ?', filter.account)
    .add('i.product = ?', filter.product)
    .add('i.region = ?', filter.region);
}

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
