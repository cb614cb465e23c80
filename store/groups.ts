/**
 * Lists of instances by a filter, quick also where nothing matches it. An index has the members of each group (of the
 * same product, region, billing and state, of one account or of all) in the order of the list, so a page is made of the
 * first few of each group that the filter lets pass. Else a filter that few match walks through all there are. Which
 * groups there are the same index says: from each the search skips to the next one (a loose index scan).
 */
/** In the order of the indexes (migration 0017). */
const COLUMNS = ['product', 'region', 'billing', 'state'] as const;
export type GroupColumn = (typeof COLUMNS)[number];
/** Of indexes that have one state, or any. */
export const BUT_STATE: readonly GroupColumn[] = COLUMNS.slice(0, -1);

export const isGroupColumn = (name: string | undefined): name is GroupColumn =>
  COLUMNS.some((column) => column === name);

/** The list's conditions, its cursor among them. */
interface Filter {
  readonly where: string;
  parameter(value: unknown): string;
}

export interface Groups {
  /** Of one; missing: of all together, or of each one after the other. */
  account?: string | undefined;
  isByAccount?: boolean;
  /** What a group's columns must be. */
  of: Partial<Record<GroupColumn, string | undefined>>;
  /** SQL of what the index has, where it has not all instances. */
  within?: string;
  /** What a group has the same; missing: every column. */
  names?: readonly GroupColumn[];
  /** SQL that a group must meet beside that. */
  having?: string;
  /** What the list is sorted by first, of what is the same in all of a group. */
  sortedBy?: GroupColumn | undefined;
}

/** Of the rows of a page. Missing: in no order, so that no more are read than are wanted. */
interface Order {
  /** SQL, of `i`. */
  by: readonly string[];
  latestFirst: boolean;
  /** SQL of the cursor's key; missing: the list begins. */
  after?: readonly string[] | undefined;
}

/** SQL of an array of `seq`: of the rows of a page, or of some that there are. */
export function seqsByGroups(
  groups: Groups,
  conditions: Filter,
  { limit, order }: { limit: string; order?: Order },
): string {
  if (!groups.isByAccount || !order) return seqsOf(groups, conditions, { limit, order });
  const way = order.latestFirst ? 'DESC' : 'ASC';
  const start = order.after ? startOf('a.account', order) : undefined;
  // In their order, so that those behind the page are not looked at.
  return `ARRAY(
    SELECT one.seq FROM accounts a CROSS JOIN LATERAL unnest(${seqsOf(groups, conditions, { limit, order })}) AS one (seq)
    ${start ? `WHERE ${start.group}` : ''} ORDER BY a.account ${way}, one.seq ${way} LIMIT ${limit})`;
}

function seqsOf(
  { account, isByAccount, of, within, names = COLUMNS, having, sortedBy }: Groups,
  conditions: Filter,
  { limit, order }: { limit: string; order?: Order | undefined },
): string {
  const given = names.filter((name) => of[name] !== undefined);
  const is = new Map(given.map((name) => [name, conditions.parameter(of[name])]));
  const fixedNames = leading(names, given);
  const fixed = [
    ...(within === undefined ? [] : [within]),
    ...(account === undefined ? [] : [`account = ${conditions.parameter(account)}`]),
    ...(isByAccount ? ['account = a.account'] : []),
    // Only what the index begins with: the search would look for the next one of the others row by row.
    ...fixedNames.map((name) => `${name} = ${is.get(name)}`),
  ];
  const list = names.join(', ');
  // What is fixed takes no part in the comparison: the index would begin its search there.
  const open = names.slice(fixedNames.length);
  const first = (more: string[]): string => {
    const where = [...fixed, ...more];
    return `SELECT ${list} FROM instances i ${where.length ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY ${list} LIMIT 1`;
  };
  const after = open.length
    ? `(${open.join(', ')}) > (${open.map((name) => `last.${name}`).join(', ')})`
    : 'false';
  const sorted = isByAccount ? 'a.account' : sortedBy && `g.${sortedBy}`;
  const start = sorted && order?.after ? startOf(sorted, order) : undefined;
  const passes = [
    ...given.map((name) => `g.${name} = ${is.get(name)}`),
    ...(having ? [having] : []),
    ...(start ? [start.group] : []),
  ];
  const members = [
    ...names.map((name) => `i.${name} = g.${name}`),
    ...(isByAccount ? ['i.account = a.account'] : []),
    ...(start ? [start.member] : []),
  ];
  const keys = order?.by.map((sql, at) => `${sql} AS key${at}`) ?? [];
  return `ARRAY(
    WITH RECURSIVE groups AS (
      (${first([])}) UNION ALL SELECT next.* FROM groups AS last CROSS JOIN LATERAL (${first([after])}) AS next)
    SELECT one.seq FROM groups AS g CROSS JOIN LATERAL (
      SELECT ${[...keys, 'i.seq'].join(', ')} FROM instances i ${conditions.where} AND ${members.join(' AND ')}
      ${inOrder(order, (sql) => sql)} LIMIT ${limit}) AS one
    ${passes.length ? `WHERE ${passes.join(' AND ')}` : ''} ${inOrder(order, (_, at) => `one.key${at}`)} LIMIT ${limit})`;
}

function inOrder(order: Order | undefined, key: (sql: string, at: number) => string): string {
  const way = order?.latestFirst ? 'DESC' : 'ASC';
  return order ? `ORDER BY ${order.by.map((sql, at) => `${key(sql, at)} ${way}`).join(', ')}` : '';
}

/**
 * Where a list goes on that is sorted by what is the same in all of a group: not before the cursor's group, and in that one behind its
 * `seq`. The cursor's own condition says the same, but of each row; this the index understands.
 */
function startOf(column: string, { after, latestFirst }: Order): { group: string; member: string } {
  const [key, seq] = after!;
  const [follows, none] = latestFirst ? ['<', String(2n ** 63n - 1n)] : ['>', '0'];
  return {
    group: `${column} ${follows}= ${key}`,
    member: `i.seq ${follows} CASE WHEN ${column} = ${key} THEN ${seq} ELSE ${none} END`,
  };
}

/** Those at the beginning of the names that are given without a gap. */
const leading = (names: readonly GroupColumn[], given: readonly GroupColumn[]): GroupColumn[] =>
  names.slice(
    0,
    [...names, undefined].findIndex((name) => name === undefined || !given.includes(name)),
  );
