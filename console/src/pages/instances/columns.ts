/** Which columns are shown: chosen once, kept in the browser. */
import { useLocalStorage } from '@mantine/hooks';
import { useMemo } from 'react';

const COLUMNS = ['state', 'billing', 'product', 'region', 'plan', 'ends', 'account'] as const;
export type Column = (typeof COLUMNS)[number];

/** Their width in the grid of a row. */
export const WIDTHS: Record<Column, string> = {
  state: '96px',
  billing: 'minmax(134px, 1.1fr)',
  product: 'minmax(96px, .8fr)',
  region: 'minmax(86px, 1fr)',
  plan: 'minmax(76px, .9fr)',
  ends: 'minmax(156px, 1.1fr)',
  account: 'minmax(64px, .8fr)',
};

export interface Columns {
  shown: readonly Column[];
  offered: readonly Column[];
  toggle(column: Column): void;
}

/** @param hasAccounts keys of one account see one account's things: the column would say the same in each row */
export function useColumns(hasAccounts: boolean): Columns {
  const [hidden, setHidden] = useLocalStorage<Column[]>({
    key: 'sunset-hidden-columns',
    defaultValue: ['product'],
    getInitialValueInEffect: false,
  });
  const offered = useMemo(
    () => COLUMNS.filter((column) => column !== 'account' || hasAccounts),
    [hasAccounts],
  );
  // The same one as long as they are the same: another one would draw every row again.
  const shown = useMemo(() => offered.filter((column) => !hidden.includes(column)), [offered, hidden]);
  const toggle = (column: Column): void =>
    setHidden(hidden.includes(column) ? hidden.filter((one) => one !== column) : [...hidden, column]);
  return { offered, shown, toggle };
}
