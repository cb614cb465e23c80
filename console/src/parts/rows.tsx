import type { ReactNode } from 'react';
import css from './rows.module.css';
import { Scroll } from './scroll';

export interface Column<Item> {
  /** Its name: above it, and on a phone beside each value. */
  head: string;
  /** What stands above it in place of its name. */
  headCell?: ReactNode;
  cell(item: Item): ReactNode;
  isNumber?: boolean;
}

interface RowsProps<Item> {
  label: string;
  items: readonly Item[];
  columns: readonly Column<Item>[];
  keyOf(item: Item): string;
  /** Below the rows, in line with the columns. */
  foot?: ReactNode;
}

/** A table; on a phone each row is a card that says before each value what it is. */
export function Rows<Item>({ label, items, columns, keyOf, foot }: RowsProps<Item>) {
  return (
    <Scroll label={label}>
      <table className={css.rows} aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ head, headCell, isNumber }) => (
              <th key={head} scope="col" className={isNumber ? 'num' : undefined}>
                {headCell ?? head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={keyOf(item)}>
              {columns.map(({ head, cell, isNumber }) => (
                <td key={head} data-head={head} className={isNumber ? 'num' : undefined}>
                  {cell(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        {foot && <tfoot>{foot}</tfoot>}
      </table>
    </Scroll>
  );
}
