/** Which rows of a list are selected, by their ids. */
import { type Dispatch, type SetStateAction, useMemo, useState } from 'react';
import { useWords } from '../words';
import type { Column } from './rows';
import { Tick } from './tick';

export type Choose = Dispatch<SetStateAction<ReadonlySet<string>>>;

export interface Selection<Item> {
  chosen: ReadonlySet<string>;
  choose: Choose;
  /** Those that are still in the list. */
  selected: readonly Item[];
  clear(): void;
}

export function useSelection<Item>(items: readonly Item[], idOf: (item: Item) => string): Selection<Item> {
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  // biome-ignore lint/correctness/useExhaustiveDependencies: how an item says its id does not change
  const selected = useMemo(() => items.filter((item) => chosen.has(idOf(item))), [items, chosen]);
  return { chosen, choose, selected, clear: () => choose(new Set()) };
}

/** The same with one more, or one less. */
export function toggled(chosen: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(chosen);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** The first column of a table whose rows can be selected. */
export function useSelectColumn<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  { chosen, choose, selected }: Selection<Item>,
): Column<Item> {
  const { list } = useWords();
  const isAll = items.length > 0 && selected.length === items.length;
  return {
    head: list.selection,
    headCell: (
      <Tick
        label={list.selectAll}
        checked={isAll}
        isPartly={!isAll && selected.length > 0}
        onChange={() => choose(isAll ? new Set() : new Set(items.map(idOf)))}
      />
    ),
    cell: (item) => (
      <Tick
        label={list.select(idOf(item))}
        checked={chosen.has(idOf(item))}
        onChange={() => choose(toggled(chosen, idOf(item)))}
      />
    ),
  };
}
