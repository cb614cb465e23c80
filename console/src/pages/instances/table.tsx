/** Rows of the list: only those that are seen are in the page, however many there are. */
import { useMediaQuery } from '@mantine/hooks';
import { defaultRangeExtractor, type Range, useWindowVirtualizer } from '@tanstack/react-virtual';
import {
  type CSSProperties,
  type KeyboardEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { Instance } from '../../api/queries';
import { formatCount } from '../../parts/format';
import { type Choose, toggled } from '../../parts/selection';
import { Tick } from '../../parts/tick';
import { useLanguage } from '../../words';
import { type Column, WIDTHS } from './columns';
import { columnNames } from './columns-menu';
import css from './instances.module.css';
import { InstanceRow } from './row';

interface InstanceTableProps {
  items: readonly Instance[];
  columns: readonly Column[];
  chosen: ReadonlySet<string>;
  choose: Choose;
  /** Shown until what was asked for is there. */
  isStale: boolean;
  /** Asks for the next page, if there is one and it is not on its way. */
  more: (() => void) | undefined;
  sort: string | undefined;
  onSort(sort: string | undefined): void;
}

const ROW = 46;
const CARD = 112;
/** Where there is no room for all, the instance's page has them. */
const SPARED: readonly Column[] = ['plan', 'region'];
/** Rows above and below what is seen. */
const OVERSCAN = 12;
/** The next page is asked for before its first row is seen. */
const AHEAD = 40;

export function InstanceTable({
  items,
  columns: wanted,
  chosen,
  choose,
  isStale,
  more,
  sort,
  onSort,
}: InstanceTableProps) {
  const { words, lang } = useLanguage();
  const isNarrow = useMediaQuery('(max-width: 720px)', undefined, { getInitialValueInEffect: false });
  const isMiddling = useMediaQuery('(max-width: 1180px)', undefined, { getInitialValueInEffect: false });
  const isSparing = isMiddling && !isNarrow;
  const columns = useMemo(
    () => (isSparing ? wanted.filter((column) => !SPARED.includes(column)) : wanted),
    [wanted, isSparing],
  );
  const isAll = items.every(({ id }) => chosen.has(id));
  const names = columnNames(words);
  const style = { '--columns': columns.map((column) => WIDTHS[column]).join(' ') } as CSSProperties;
  return (
    <>
      <div
        role="table"
        aria-label={words.list.table}
        aria-rowcount={more ? -1 : items.length + 1}
        aria-busy={isStale}
        className={css.table}
        style={style}
      >
        <div role="rowgroup" className={css.head}>
          <div role="row" className={css.row} aria-rowindex={1}>
            <span role="columnheader">
              <Tick
                label={words.list.selectAll}
                checked={isAll}
                isPartly={!isAll && chosen.size > 0}
                onChange={() => choose(isAll ? new Set() : new Set(items.map(({ id }) => id)))}
              />
            </span>
            <SortableHead name={words.list.name} by="name" sort={sort} onSort={onSort} />
            {columns.map((column) => (
              <SortableHead
                key={column}
                name={names[column]}
                by={SORTS[column]}
                sort={sort}
                onSort={onSort}
              />
            ))}
            <span role="columnheader" className={css.lastHead}>
              {words.common.more}
            </span>
          </div>
        </div>
        <SeenRows
          items={items}
          columns={columns}
          chosen={chosen}
          choose={choose}
          height={isNarrow ? CARD : ROW}
          more={more}
        />
      </div>
      <p className={css.foot}>
        {words.list.shown(formatCount(items.length, lang))}
        {more ? ' …' : ''} <span className={css.keys}>{words.list.keys}</span>
      </p>
    </>
  );
}

interface SeenRowsProps extends Pick<InstanceTableProps, 'items' | 'columns' | 'chosen' | 'choose' | 'more'> {
  /** Of each, in pixels. */
  height: number;
}

/** A part of its own: what is around the rows is not drawn again at every scroll. */
function SeenRows({ items, columns, chosen, choose, height, more }: SeenRowsProps) {
  const body = useRef<HTMLDivElement>(null);
  const offset = useOffsetTop(body);
  const rows = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => height,
    overscan: OVERSCAN,
    rangeExtractor: useNearRows(),
    scrollMargin: offset,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another kind are of another height
  useEffect(() => rows.measure(), [height]);
  const seen = rows.getVirtualItems();
  const last = seen.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= items.length - AHEAD) more?.();
  }, [last, items.length, more]);
  // The same one at every scroll: rows that stay are not drawn again.
  const toggle = useCallback((id: string) => choose((before) => toggled(before, id)), [choose]);
  return (
    <div
      role="rowgroup"
      ref={body}
      className={css.body}
      style={{ height: rows.getTotalSize() }}
      onKeyDown={moveByArrows}
    >
      {seen.map(({ index, start, size }) => (
        <InstanceRow
          key={items[index]!.id}
          item={items[index]!}
          columns={columns}
          index={index}
          isChosen={chosen.has(items[index]!.id)}
          toggle={toggle}
          top={start - offset}
          height={size}
        />
      ))}
    </div>
  );
}

/**
 * Which rows are in the page. Those above and below what is seen are there for what is scrolled next; who drags
 * past more than them at a time needs only what is seen, until the scrolling ends.
 */
function useNearRows(): (range: Range) => number[] {
  const before = useRef(0);
  return useCallback((range) => {
    const moved = Math.abs(range.startIndex - before.current);
    before.current = range.startIndex;
    return defaultRangeExtractor(moved > OVERSCAN ? { ...range, overscan: 1 } : range);
  }, []);
}

/** What the server sorts by, by column; the plan says nothing of an order. */
const SORTS: Record<Column, string | undefined> = {
  state: 'state',
  billing: 'billing',
  product: 'product',
  region: 'region',
  plan: undefined,
  ends: 'due',
  account: 'account',
};

interface SortableHeadProps {
  name: string;
  by: string | undefined;
  sort: string | undefined;
  onSort(sort: string | undefined): void;
}

/** Once: that way; twice: the other way round; three times: as registered. */
function SortableHead({ name, by, sort, onSort }: SortableHeadProps) {
  if (by === undefined) return <span role="columnheader">{name}</span>;
  const order = ({ [by]: 'ascending', [`-${by}`]: 'descending' } as const)[sort ?? ''];
  const next = { none: by, ascending: `-${by}`, descending: undefined }[order ?? 'none'];
  return (
    <span role="columnheader" aria-sort={order ?? 'none'}>
      <button type="button" className={css.sort} onClick={() => onSort(next)}>
        {name}{' '}
        <span aria-hidden="true">{{ none: '', ascending: '↑', descending: '↓' }[order ?? 'none']}</span>
      </button>
    </span>
  );
}

/** From the top of the page to the first row: the window scrolls, not the table. */
function useOffsetTop(ref: { current: HTMLElement | null }): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = (): void => setTop(Math.round(element.getBoundingClientRect().top + window.scrollY));
    measure();
    // What stands above it makes the page longer. At every scroll it would cost more than the rows.
    const observer = new ResizeObserver(measure);
    observer.observe(element.closest('main') ?? document.body);
    return () => observer.disconnect();
  }, [ref]);
  return top;
}

/** Up and down go to the same thing of the row above or below. */
function moveByArrows(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const target = event.target as HTMLElement;
  const row = target.closest<HTMLElement>('[data-index]');
  if (step === undefined || !row) return;
  const name = target.closest<HTMLElement>('[data-cell]')?.dataset.cell;
  const next = row.parentElement?.querySelector<HTMLElement>(
    `[data-index="${Number(row.dataset.index) + step}"] [data-cell="${name}"]`,
  );
  const goal = next?.matches('a, button, input')
    ? next
    : next?.querySelector<HTMLElement>('a, button, input');
  if (!goal) return;
  event.preventDefault();
  goal.focus();
}
