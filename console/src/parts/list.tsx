/** A list of the API as a table: page by page, and what to say while there is nothing. */
import { Button } from '@mantine/core';
import { type useInfiniteQuery, useInfiniteQuery as useList } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useWords } from '../words';
import css from './list.module.css';
import { type Column, Rows } from './rows';
import { Empty, Failed, Loading } from './states';

export type { Column as ListColumn } from './rows';

interface ListProps<Item> {
  label: string;
  result: Pick<
    ReturnType<typeof useInfiniteQuery<unknown, Error, Item[]>>,
    'data' | 'error' | 'refetch' | 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'
  >;
  columns: readonly Column<Item>[];
  keyOf(item: Item): string;
  empty: ReactNode;
  /** Within a sheet of its own. */
  isPlain?: boolean;
}

export { useList };

export function List<Item>({ label, result, columns, keyOf, empty, isPlain = false }: ListProps<Item>) {
  const { common } = useWords();
  const { data: items, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = result;
  if (error && !items) return <Failed error={error} retry={() => void refetch()} />;
  if (!items) return <Loading lines={6} />;
  if (items.length === 0) return typeof empty === 'string' ? <Empty title={empty} /> : empty;
  return (
    <>
      <section className={isPlain ? undefined : css.frame} aria-label={label}>
        <Rows label={label} items={items} columns={columns} keyOf={keyOf} />
      </section>
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {common.loadMore}
        </Button>
      )}
    </>
  );
}
