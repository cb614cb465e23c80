/** Lists in pages. A cursor is the sort key of the last row that was shown, opaque to callers. */

import type { QueryResultRow } from 'pg';
import { msOf } from '../domain/instant';
import type { Db } from './db';
import { type Groups, seqsByGroups } from './groups';

/** A page of a list, and where the next one begins (null: there is none). */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}

/** A cursor that this store did not make. */
export class BadCursor extends Error {}

/** Collects the conditions of a query with their parameters. */
export class Conditions {
  readonly values: unknown[] = [];
  private readonly texts: string[] = [];

  /** `?` in the text stands for the value. An undefined value adds nothing. */
  add(text: string, value: unknown): this {
    if (value === undefined) return this;
    const parameter = this.parameter(value);
    return this.always(text.replaceAll('?', parameter));
  }

  always(text: string): this {
    this.texts.push(text);
    return this;
  }

  parameter(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  get where(): string {
    return this.texts.length ? `WHERE ${this.texts.join(' AND ')}` : '';
  }
}

/** One of the columns that a list is ordered by: as SQL, and as a row has it. */
export interface SortColumn<Row> {
  sql: string;
  type: 'bigint' | 'timestamptz' | 'text';
  of: (row: Row) => unknown;
}

export interface Listing<Row> {
  /** Without its conditions. */
  select: string;
  conditions: Conditions;
  /** Together they are unique. */
  by: SortColumn<Row>[];
  latestFirst?: boolean;
  /** Of a list of instances `i`: found group by group. */
  groups?: Groups | undefined;
  /** SQL around that of a page's rows, such as a sum over them; it keeps their order. */
  around?: (page: string) => string;
}

/** In the order in which rows were made: `seq` is a number that each table has. */
export const bySeq = <Row extends { seq: number }>(sql = 'seq'): SortColumn<Row>[] => [
  { sql, type: 'bigint', of: ({ seq }) => seq },
];

const asItIs = (page: string): string => page;

/** Reads one page. @throws BadCursor */
export async function listPage<Row extends QueryResultRow, T>(
  db: Db,
  listing: Listing<Row>,
  request: PageRequest,
  toItem: (row: Row) => T,
): Promise<Page<T>> {
  const { rows, isMore } = await readRows(db, listing, request);
  const nextCursor = isMore ? cursorAt(listing, rows) : null;
  return { items: rows.map(toItem), nextCursor };
}

/** Before a cursor of the second of two lists. */
const SECOND = '.';

/** Reads one page of two lists, the second one behind the first. @throws BadCursor */
export async function listBoth<Row extends QueryResultRow, T>(
  db: Db,
  [first, second]: [Listing<Row>, Listing<Row>],
  { limit, cursor }: PageRequest,
  toItem: (row: Row) => T,
): Promise<Page<T>> {
  const isSecond = cursor?.startsWith(SECOND);
  const begun = isSecond ? { rows: [], isMore: false } : await readRows(db, first, { limit, cursor });
  const items = begun.rows.map(toItem);
  if (begun.isMore) return { items, nextCursor: cursorAt(first, begun.rows) };
  const left = { limit: limit - items.length, cursor: isSecond ? cursor!.slice(SECOND.length) : undefined };
  const { rows, isMore } = await readRows(db, second, left);
  const last = (): string => (rows.length ? SECOND + cursorAt(second, rows) : cursorAt(first, begun.rows));
  return { items: [...items, ...rows.map(toItem)], nextCursor: isMore ? last() : null };
}

interface Rows<Row> {
  rows: Row[];
  /** Behind these. */
  isMore: boolean;
}

async function readRows<Row extends QueryResultRow>(
  db: Db,
  { select, conditions, by, latestFirst = false, groups, around = asItIs }: Listing<Row>,
  { limit, cursor }: PageRequest,
): Promise<Rows<Row>> {
  const after =
    cursor === undefined
      ? undefined
      : decodeCursor(cursor, by).map((value, at) => `${conditions.parameter(value)}::${by[at]!.type}`);
  const keys = by.map(({ sql }) => sql);
  if (after) conditions.always(`(${keys.join(', ')}) ${latestFirst ? '<' : '>'} (${after.join(', ')})`);
  const order = keys.map((sql) => `${sql} ${latestFirst ? 'DESC' : 'ASC'}`).join(', ');
  const most = conditions.parameter(limit + 1);
  const where = groups
    ? `WHERE i.seq = ANY(${seqsByGroups(groups, conditions, { limit: most, order: { by: keys, latestFirst, after } })})`
    : conditions.where;
  const page = `${select} ${where} ORDER BY ${order} LIMIT ${most}`;
  const { rows } = await db.query<Row>(around(page), conditions.values);
  return { rows: rows.slice(0, limit), isMore: rows.length > limit };
}

/** Where the next page begins: behind the last of these. */
const cursorAt = <Row>({ by }: Pick<Listing<Row>, 'by'>, rows: Row[]): string =>
  Buffer.from(JSON.stringify(by.map(({ of }) => of(rows.at(-1)!)))).toString('base64url');

function decodeCursor(cursor: string, by: Pick<SortColumn<never>, 'type'>[]): unknown[] {
  try {
    const text = Buffer.from(cursor, 'base64url');
    const key = JSON.parse(text.toString('utf8')) as unknown;
    if (
      // Letters of no base64 are passed over when it is read.
      text.toString('base64url') === cursor &&
      Array.isArray(key) &&
      key.length === by.length &&
      key.every((part, index) => isOf(by[index]!.type, part))
    )
      return key;
  } catch {
    // Not JSON: as bad as another shape.
  }
  throw new BadCursor('the cursor is not one of ours');
}

function isOf(type: SortColumn<never>['type'], part: unknown): boolean {
  if (type === 'bigint') return Number.isSafeInteger(part);
  // PostgreSQL has no text with a NUL.
  if (type === 'text') return typeof part === 'string' && !part.includes('\0');
  return typeof part === 'string' && !Number.isNaN(msOf(part));
}
