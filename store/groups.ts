/**
 * Lists of instances by a filter, quick also where nothing matches it. An index has the members of each group (of the
 * same product, region, billing and state, of one account or of all) in the order of the list, so a page is made of the
 * first few of each group that the filter lets pass. Else a filter that few match walks through all there are. Which
 * groups there are the same index says: from each the search skips to the next one (a loose index scan).
 */
/** In the order of the indexes (migration 0017). */
const COLUMNS = ['product', 'region', 'billing', 'state'] as const;
type Column = (typeof COLUMNS)[number];

/** The list's conditions, its cursor among them. */
interface Filter {
  readonly where: string;
  parameter(value: unknown): string;
}

export interface Groups {
  account: string | undefined;
  /** What a group's columns must be. */
  of: Partial<Record<Column, string | undefined>>;
  /** SQL of what the index has, where it has not all instances; its columns are those before `state`, which it fixes. */
  within?: string;
  /** SQL that a group must meet beside that. */
  having?: string;
}

/**
 * SQL of the rows of a page, as an array of `seq`.
 * @param order of the list, by columns of `i`
 */
export function pageByGroups(
  { account, of, within, having }: Groups,
  conditions: Filter,
  { order, columns, limit }: { order: string; columns: string; limit: string },
): string {
  const names: readonly Column[] = within === undefined ? COLUMNS : COLUMNS.slice(0, -1);
  const given = names.filter((name) => of[name] !== undefined);
  const is = new Map(given.map((name) => [name, conditions.parameter(of[name])]));
  const fixedNames = leading(names, given);
  const fixed = [
    ...(within === undefined ? [] : [within]),
    ...(account === undefined ? [] : [`account = ${conditions.parameter(account)}`]),
    // Only what the index begins with: the search would look for the next one of the others row by row.
    ...fixedNames.map((name) => `${name} = ${is.get(name)}`),
  ];
  const list = names.join(', ');
  // What is fixed takes no part in the comparison: the index would begin its search there.
  const open = names.slice(fixedNames.length);
  const first = (more: string[]): string => {
    const where = [...fixed, ...more];
    return `SELECT ${list} FROM instances ${where.length ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY ${list} LIMIT 1`;
  };
  const after = open.length
    ? `(${open.join(', ')}) > (${open.map((name) => `last.${name}`).join(', ')})`
    : 'false';
  const passes = [...given.map((name) => `g.${name} = ${is.get(name)}`), ...(having ? [having] : [])];
  const members = names.map((name) => `i.${name} = g.${name}`).join(' AND ');
  return `ARRAY(
    WITH RECURSIVE groups AS (
      (${first([])}) UNION ALL SELECT next.* FROM groups AS last CROSS JOIN LATERAL (${first([after])}) AS next)
    SELECT i.seq FROM groups AS g CROSS JOIN LATERAL (
      SELECT ${columns} FROM instances i ${conditions.where} AND ${members} ORDER BY ${order} LIMIT ${limit}) AS i
    ${passes.length ? `WHERE ${passes.join(' AND ')}` : ''} ORDER BY ${order} LIMIT ${limit})`;
}

/** Those at the beginning of the names that are given without a gap. */
const leading = (names: readonly Column[], given: readonly Column[]): Column[] =>
  names.slice(
    0,
    [...names, undefined].findIndex((name) => name === undefined || !given.includes(name)),
  );
