/** Comma-separated values (RFC 4180) that programs and spreadsheets both read. */
import type { Call, Reply } from './call';

/** A text that a spreadsheet would take for a formula; full-width signs count in some of them. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const NEEDS_QUOTES = /[",\r\n]/;
const quoted = (cell: string): string => (NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** An amount is a number for a spreadsheet too, also when it is negative. */
export interface Column<Row> {
  name: string;
  value: (row: Row) => string | null | undefined;
  isNumber?: boolean;
}

/**
 * A header, then a line for each row. Texts that look like formulas get an apostrophe before them: whatever
 * is in them, it stays a text.
 */
export function toCsv<Row>(columns: Column<Row>[], rows: Row[]): string {
  const cell = ({ value, isNumber }: Column<Row>, row: Row): string => {
    const text = value(row) ?? '';
    return quoted(!isNumber && FORMULA.test(text) ? `'${text}` : text);
  };
  const lines = [
    columns.map(({ name }) => quoted(name)),
    ...rows.map((row) => columns.map((column) => cell(column, row))),
  ];
  return lines.map((line) => `${line.join(',')}\r\n`).join('');
}

const CSV = { 'Content-Type': 'text/csv; charset=utf-8; header=present' };

export type ListQuery = Record<string, string | number | undefined>;

/**
 * The page that a list answered, as CSV. A body of lines has no room for the next page's cursor: it is a link
 * (RFC 8288).
 * @param path of the list; @param query what was asked, which the next page asks again
 */
export function listAsCsv<Row>(
  columns: Column<Row>[],
  { status, body, headers }: Reply,
  path: string,
  query: ListQuery,
): Reply {
  const { items, nextCursor } = body as { items: Row[]; nextCursor: string | null };
  const link =
    nextCursor === null
      ? {}
      : { Link: `<${path}?${searchOf({ ...query, format: 'csv', cursor: nextCursor })}>; rel="next"` };
  return { status, body: toCsv(columns, items), headers: { ...headers, ...CSV, ...link } };
}

const searchOf = (query: ListQuery): string =>
  new URLSearchParams(
    Object.entries(query).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  ).toString();

/** Rows that are no list with pages. */
export const rowsAsCsv = <Row>(columns: Column<Row>[], rows: Row[]): Reply => ({
  status: 200,
  body: toCsv(columns, rows),
  headers: CSV,
});

/** What a query asks for comes before what the header `Accept` says. */
export const wantsCsv = (
  call: Pick<Call, 'prefers'> & { query: { format?: 'json' | 'csv' | undefined } },
): boolean => (call.query.format ?? call.prefers) === 'csv';
