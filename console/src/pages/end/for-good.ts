import type { EndSearch, Item } from './search';

/** Longer than that it lies in the bin, from which it can come back. */
const AT_ONCE_MS = 1000;

/** Whether one of them is gone at once: neither in a bin nor at a time until which it can be cancelled. */
export function isForGood({ action, mode = 'now' }: EndSearch, items: readonly Item[]): boolean {
  if (action === 'return-renewals' || mode !== 'now') return false;
  return items.some(
    ({ releaseTime, asOf }) =>
      releaseTime === null || Date.parse(releaseTime) - Date.parse(asOf) <= AT_ONCE_MS,
  );
}
