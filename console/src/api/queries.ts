/** All that the console reads, each with its address and its type; the contract says what is in it. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type {
  AccountAnswer,
  BinEntryAnswer,
  FacetsAnswer,
  InstanceAnswer,
  ListedAccountAnswer,
  MovementAnswer,
  QuoteAnswer,
  RefundAnswer,
  RefundCurveAnswer,
  RefundDetailAnswer,
  RefundRequestAnswer,
  RenewalPriceAnswer,
  TerminationAnswer,
  TimelineAnswer,
} from '../../../contract/answers';
import type {
  AdjustmentAnswer,
  AuditAnswer,
  AuditChecksAnswer,
  AuditSummaryAnswer,
  SealAnswer,
  TrialBalanceAnswer,
} from '../../../contract/books';
import type { CommandsAnswer } from '../../../contract/commands';
import type { DriftAnswer } from '../../../contract/drift';
import type { KeyAnswer } from '../../../contract/keys';
import type { PolicyAnswer } from '../../../contract/policies';
import type { WatchAnswer } from '../../../contract/watch';
import { call, path, type Query } from './call';

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/**
 * Ahead of the wall clock by so many milliseconds, when it was read: only in a sandbox, where it was skipped
 * ahead.
 */
interface Ahead {
  ahead: number;
}
export type Instance = InstanceAnswer & Ahead;
export type BinEntry = BinEntryAnswer & Ahead;

/** The two clocks are never read at the same instant: what is nearer than this is the wall clock. */
const SAME_CLOCK_MS = 3000;

function withAhead<Answer extends { clock: string }>(answer: Answer): Answer & Ahead {
  const ahead = Date.parse(answer.clock) - Date.now();
  return { ...answer, ahead: ahead > SAME_CLOCK_MS ? ahead : 0 };
}

const one = <Answer>(key: readonly unknown[], address: string) =>
  queryOptions({ queryKey: key, queryFn: ({ signal }) => call<Answer>('GET', address, { signal }) });

/** A list is read page by page, as far as it is looked at. */
const list = <Item>(name: string, address: string, query: Query = {}) =>
  listOf<Item, Item>(name, address, query, (item) => item);

/** @param read what of an item depends on when it came */
const listOf = <Answer, Item>(name: string, address: string, query: Query, read: (answer: Answer) => Item) =>
  infiniteQueryOptions({
    queryKey: [name, query],
    queryFn: async ({ signal, pageParam }) => {
      const page = await call<Page<Answer>>('GET', address, {
        query: { ...query, cursor: pageParam },
        signal,
      });
      return { ...page, items: page.items.map(read) };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
  });

export const queries = {
  instances: (query: Query) =>
    listOf<InstanceAnswer, Instance>('instances', '/v1/instances', { limit: 200, ...query }, withAhead),
  instance: (id: string) =>
    queryOptions({
      queryKey: ['instance', id],
      queryFn: async ({ signal }) =>
        withAhead(await call<InstanceAnswer>('GET', path`/v1/instances/${id}`, { signal })),
    }),
  facets: (account: string | undefined) =>
    queryOptions({
      queryKey: ['facets', account ?? null],
      queryFn: ({ signal }) =>
        call<FacetsAnswer>('GET', '/v1/instance-facets', { query: { account }, signal }),
    }),
  renewalPrice: (id: string, months: number) =>
    one<RenewalPriceAnswer>(
      ['renewal-price', id, months],
      `${path`/v1/instances/${id}/renewal-price`}?months=${months}`,
    ),
  timeline: (id: string) =>
    list<TimelineAnswer>('timeline', path`/v1/instances/${id}/timeline`, { limit: 500 }),
  commands: (id: string) => one<CommandsAnswer>(['commands', id], path`/v1/instances/${id}/commands`),
  curve: (id: string) => one<RefundCurveAnswer>(['curve', id], path`/v1/instances/${id}/refund-curve`),
  quote: (id: string) => one<QuoteAnswer>(['quote', id], path`/v1/quotes/${id}`),
  terminations: (query: Query) => list<TerminationAnswer>('terminations', '/v1/terminations', query),
  termination: (id: string) => one<TerminationAnswer>(['termination', id], path`/v1/terminations/${id}`),
  bin: (query: Query) =>
    listOf<BinEntryAnswer, BinEntry>('bin', '/v1/recycle-bin', { limit: 200, ...query }, withAhead),
  refunds: (query: Query) => list<RefundAnswer>('refunds', '/v1/refunds', query),
  refund: (id: string) => one<RefundDetailAnswer>(['refund', id], path`/v1/refunds/${id}`),
  requests: (query: Query) => list<RefundRequestAnswer>('requests', '/v1/refund-requests', query),
  request: (id: string) => one<RefundRequestAnswer>(['request', id], path`/v1/refund-requests/${id}`),
  accounts: (query: Query) => list<ListedAccountAnswer>('accounts', '/v1/accounts', { limit: 100, ...query }),
  account: (account: string) => one<AccountAnswer>(['account', account], path`/v1/accounts/${account}`),
  statement: (account: string) =>
    list<MovementAnswer>('statement', path`/v1/accounts/${account}/statement`, { limit: 100 }),
  adjustments: (account: string) =>
    list<AdjustmentAnswer>('adjustments', path`/v1/accounts/${account}/adjustments`, { limit: 20 }),
  checks: () => one<AuditChecksAnswer>(['checks'], '/v1/audit-checks'),
  seal: () => one<SealAnswer>(['seal'], '/v1/seal'),
  audits: () => list<AuditSummaryAnswer>('audits', '/v1/audits'),
  audit: (id: string) => one<AuditAnswer>(['audit', id], path`/v1/audits/${id}`),
  trialBalance: () => one<TrialBalanceAnswer>(['trial-balance'], '/v1/trial-balance'),
  policies: () =>
    queryOptions({
      queryKey: ['policies'],
      queryFn: ({ signal }) => call<{ items: PolicyAnswer[] }>('GET', '/v1/policies', { signal }),
      staleTime: 5 * 60_000,
    }),
  drift: () => list<DriftAnswer>('drift', '/v1/drift', { limit: 100 }),
  troubles: () => one<WatchAnswer>(['troubles'], '/v1/troubles'),
  keys: () => list<KeyAnswer>('keys', '/v1/keys', { limit: 200 }),
};
