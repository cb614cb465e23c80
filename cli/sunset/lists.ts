/** What lists have in common: a page, or all of it. */
import type { Command } from 'commander';
import type { Text } from '../../domain/text';
import type { Page } from './client';
import { printPage, type TableCell } from './output';
import { EXIT, type Session } from './session';

export interface ListOptions {
  limit?: string;
  cursor?: string;
  all?: boolean;
}

export const paged = (command: Command): Command =>
  command
    .option('--limit <n>', 'rows of a page (50)')
    .option('--cursor <cursor>', 'go on where a page ended')
    .option('--all', 'every page');

export async function list<T>(
  session: Session,
  path: string,
  query: Record<string, string | undefined>,
  { limit, cursor, all }: ListOptions,
  head: Text[],
  row: (item: T) => TableCell[],
): Promise<number> {
  const page: Page<T> = all
    ? { items: await session.api.all<T>(path, query), nextCursor: null }
    : await session.api.get<Page<T>>(path, { ...query, limit, cursor });
  printPage(session, page, head, row);
  return EXIT.ok;
}
