/** A list of the API as a table: page by page, and what to say while there is nothing. */
import { Button } from '@mantine/core';
import { type useInfiniteQuery, useInfiniteQuery as useList } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useWords } from '../words';
import css from './list.module.css';
import { Empty, Failed, Loading } from './states';

export interface ListColumn<Item> {
  head: string;
  cell(item: Item): ReactNode;
  isNumber?: boolean;
}

interface ListProps<Item> {
  label: string;
  result: Pick<
    ReturnType<typeof useInfiniteQuery<unknown, Error, Item[]>>,
    'data' | 'error' | 'refetch' | 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'
  >;
  columns: readonly ListColumn<Item>[];
  keyOf(item: Item): string;
  empty: ReactNode;
}

export { useList };

export function List<Item>({ label, result, columns, keyOf, empty }: ListProps<Item>) {
  const { common } = useWords();
  const { data: items, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = result;
  if (error && !items) return <Failed error={error} retry={() => void refetch()} />;
  if (!items) return <Loading lines={6} />;
  if (items.length === 0) return typeof empty === 'string' ? <Empty title={empty} /> : empty;
  return (
    <>
      <section className={css.frame} aria-label={label}>
        <table className={css.table}>
          <thead>
            <tr>
              {columns.map(({ head, isNumber }) => (
                <th key={head} scope="col" className={isNumber ? 'num' : undefined}>
                  {head}
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
        </table>
      </section>
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {common.loadMore}
        </Button>
      )}
    </>
  );
}
