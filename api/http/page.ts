import { each } from '../../domain/turns';
import { inTurns } from '../../store/in-turns';
import { BadCursor, type Page, type PageRequest } from '../../store/paging';
import type { Call, Reply } from './call';

/**
 * A list's own filters, and the account that the caller is bound to: rows of others don't exist for it,
 * whatever it filters by.
 */
export type Scoped<Query extends PageRequest> = Omit<Query, keyof PageRequest> & {
  tenant: string | undefined;
};

/** How many rows are asked for at first: some have hundreds of orders or items. */
const AT_FIRST = 20;
/** And then: as many as are about so many characters of JSON, going by those that came, but at most so many. */
const PART = 100_000;
const AT_A_TIME = 200;
/** A page that is as long as this, in characters of JSON, goes no further. */
const LONG = 1_000_000;

/**
 * Every list answers `{items, nextCursor}`. A page has as many rows as were asked for, or fewer where they
 * are long: `nextCursor` says whether there are more.
 */
export async function listReply<Query extends PageRequest, Row>(
  { query, caller }: Pick<Call<unknown, Query>, 'query' | 'caller'>,
  list: (filter: Scoped<Query>, page: PageRequest) => Promise<Page<Row>>,
  present: (row: Row) => unknown,
): Promise<Reply> {
  const { limit, cursor, ...filter } = query;
  try {
    const items: unknown[] = [];
    let nextCursor: string | null = cursor ?? null;
    let length = 0;
    let atATime = AT_FIRST;
    const show = (row: Row): void => {
      const item = present(row);
      length += JSON.stringify(item).length;
      items.push(item);
    };
    do {
      const part = { limit: Math.min(atATime, limit - items.length), cursor: nextCursor ?? undefined };
      const rows: Page<Row> = await list({ ...filter, tenant: caller.account ?? undefined }, part);
      await inTurns(each(rows.items, show));
      nextCursor = rows.nextCursor;
      const average = Math.ceil(length / Math.max(1, items.length));
      atATime = Math.min(AT_A_TIME, Math.max(AT_FIRST, Math.floor(PART / Math.max(1, average))));
    } while (nextCursor !== null && items.length < limit && length < LONG);
    return { status: 200, body: { items, nextCursor } };
  } catch (error) {
    // A cursor is text that anyone may change: a key that only PostgreSQL finds out of range (class 22) is as
    // bad as one that the store does.
    const { code } = error as { code?: unknown };
    throw cursor !== undefined && typeof code === 'string' && code.startsWith('22')
      ? new BadCursor('out of range')
      : error;
  }
}
