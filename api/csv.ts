/** Comma-separated values (RFC 4180) that programs and spreadsheets both read. */

/** A text that a spreadsheet would reckon as a formula; full-width signs count in some of them. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const NEEDS_QUOTES = /[",\r\n]/;
const quoted = (cell: string): string => (NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** An amount is a number for a spreadsheet too, also when it is negative. */
export interface Column<Row> {
  name: string;
  value: (row: Row) => string | null | undefined;
  isNumber?: boolean;
}

/** A header, then a line for each row. Texts that look like formulas get an apostrophe before them: whatever is in them, it stays a text. */
export function toCsv<Row>(columns: Column<Row>[], rows: Row[]): string {
  const cell = ({ value, isNumber }: Column<Row>, row: Row): string => {
    const text = value(row) ?? '';
    return quoted(!isNumber && FORMULA.test(text) ? `'${text}` : text);
  };
  const lines = [columns.map(({ name }) => quoted(name)), ...rows.map((row) => columns.map((column) => cell(column, row)))];
  return lines.map((line) => `${line.join(',')}\r\n`).join('');
}
