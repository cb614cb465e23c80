/**
 * Works through items, `atOnce` of them at a time; the first failure ends it, once what is under way has
 * ended too: nothing is left alone.
 */
export async function eachAtOnce<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  let failed = false;
  const workNext = async (): Promise<void> => {
    for (const item of waiting) {
      if (failed) return;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const all = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, workNext));
  const failure = all.find((one) => one.status === 'rejected');
  if (failure) throw failure.reason;
}
