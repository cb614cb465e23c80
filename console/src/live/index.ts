/** What changes elsewhere changes on the page: within a second while the stream holds, in a few when it doesn't. */
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { EventAnswer } from '../../../contract/events';
import { type Instance, type Page, queries } from '../api/queries';
import { useLostSince } from '../api/reach';
import { listen } from './stream';

/** Events that come together are one change of the page. */
const TOGETHER_MS = 120;

/**
 * @param isWanted not while nobody is signed in
 * @returns whether changes are seen at once
 */
export function useLive(isWanted: boolean): boolean {
  const client = useQueryClient();
  const [isLive, setLive] = useState(false);
  useEffect(() => {
    if (!isWanted) return;
    const leaving = new AbortController();
    let waiting: EventAnswer[] = [];
    const onEvents = (events: EventAnswer[]): void => {
      if (waiting.length === 0)
        setTimeout(() => {
          const all = waiting;
          waiting = [];
          void apply(client, all);
        }, TOGETHER_MS);
      waiting = [...waiting, ...events];
    };
    void listen({ onEvents, onStanding: setLive, signal: leaving.signal });
    return () => leaving.abort();
  }, [client, isWanted]);
  useFreshWhenBack(client);
  return isLive;
}

/** What was missed while the API was away is read again. */
function useFreshWhenBack(client: QueryClient): void {
  const lostSince = useLostSince();
  const before = useRef(lostSince);
  useEffect(() => {
    if (before.current !== null && lostSince === null) void client.invalidateQueries();
    before.current = lostSince;
  }, [client, lostSince]);
}

/** Lists that show what happens to instances; the list of instances itself is patched row by row. */
const LISTS = [
  'bin',
  'refunds',
  'requests',
  'terminations',
  'account',
  'accounts',
  'statement',
  'adjustments',
  'trial-balance',
  'troubles',
  'drift',
];

async function apply(client: QueryClient, events: readonly EventAnswer[]): Promise<void> {
  const ids = new Set(events.flatMap(({ instanceId }) => instanceId ?? []));
  const isOf = (key: readonly unknown[]): boolean => {
    const [name, what] = key;
    if (name === 'instance' || name === 'timeline' || name === 'curve' || name === 'commands')
      return ids.has(String(what));
    if (name === 'refund' || name === 'request' || name === 'termination') return true;
    return LISTS.includes(String(name));
  };
  await client.invalidateQueries({ predicate: ({ queryKey }) => isOf(queryKey) });
  await refreshRows(client, ids);
}

/** More pages than this are not read again for one row. */
const FEW_PAGES = 2;

async function refreshRows(client: QueryClient, ids: ReadonlySet<string>): Promise<void> {
  const lists = client.getQueriesData<InfiniteData<Page<Instance>>>({
    queryKey: ['instances'],
    type: 'active',
  });
  for (const [key, data] of lists) {
    if (!data) continue;
    if (data.pages.length <= FEW_PAGES) await client.invalidateQueries({ queryKey: key, exact: true });
    else await patch(client, key, data, ids);
  }
}

async function patch(
  client: QueryClient,
  key: readonly unknown[],
  { pages }: InfiniteData<Page<Instance>>,
  ids: ReadonlySet<string>,
): Promise<void> {
  const shown = pages.flatMap(({ items }) => items).filter(({ id }) => ids.has(id));
  const fresh = await Promise.all(
    shown.map(({ id }) =>
      client.fetchQuery({ ...queries.instance(id), staleTime: 0 }).catch(() => undefined),
    ),
  );
  const byId = new Map(fresh.flatMap((instance) => (instance ? [[instance.id, instance] as const] : [])));
  client.setQueryData<InfiniteData<Page<Instance>>>(
    key,
    (now) =>
      now && {
        ...now,
        pages: now.pages.map((page) => ({
          ...page,
          items: page.items.map((item) => byId.get(item.id) ?? item),
        })),
      },
  );
}
