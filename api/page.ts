import type { Page, PageRequest } from '../store/paging';
import { BadCursor } from '../store/paging';
import type { Call, Reply } from './call';

/** A list's own filters, and the account that the caller is bound to: rows of others don't exist for it, whatever it filters by. */
export type Scoped<Query extends PageRequest> = Omit<Query, keyof PageRequest> & { tenant: string | undefined };

/** Every list answers `{items, nextCursor}`. */
export async function listReply<Query extends PageRequest, Row>(
  { query, caller }: Pick<Call<unknown, Query>, 'query' | 'caller'>,
  list: (filter: Scoped<Query>, page: PageRequest) => Promise<Page<Row>>,
  present: (row: Row) => unknown,
): Promise<Reply> {
  const { limit, cursor, ...filter } = query;
  try {
    const { items, nextCursor } = await list({ ...filter, tenant: caller.account ?? undefined }, { limit, cursor });
    return { status: 200, body: { items: items.map((row) => present(row)), nextCursor } };
  } catch (error) {
    // A cursor is text that anyone may change: a key that only PostgreSQL finds out of range (class 22) is as bad as one that the store does.
    const { code } = error as { code?: unknown };
    throw cursor !== undefined && typeof code === 'string' && code.startsWith('22') ? new BadCursor('out of range') : error;
  }
}
