/**
 * As many at once as `limit` says: enough to keep two cores busy, few enough that nobody waits into a
 * timeout. After a failure nothing more is begun, and what is under way ends before it is thrown.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
  limit = 12,
): Promise<R[]> {
  const results: R[] = new Array<R>(items.length);
  let next = 0;
  const takeNext = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index]!, index).catch((error: unknown) => {
        next = items.length;
        throw error;
      });
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, takeNext));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  return results;
}

/** `0 … n - 1`. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, index) => index);
