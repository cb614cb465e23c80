import { BadCursor } from '../store/db';
import type { Page, PageRequest } from '../store/types';
import type { Reply } from './call';

/** Every list answers `{items, nextCursor}`. */
export async function listReply<Row>(
  { cursor }: PageRequest,
  list: () => Promise<Page<Row>>,
  present: (row: Row) => unknown,
): Promise<Reply> {
  try {
    const { items, nextCursor } = await list();
    return { status: 200, body: { items: items.map((row) => present(row)), nextCursor } };
  } catch (error) {
    // A cursor is text that anyone may change: a key that only PostgreSQL finds out of range (class 22) is as bad as one that the store does.
    const { code } = error as { code?: unknown };
    throw cursor !== undefined && typeof code === 'string' && code.startsWith('22') ? new BadCursor('out of range') : error;
  }
}
