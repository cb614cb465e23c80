/**
 * Long work in pieces. Who computes over hundreds of parts yields after each of them; who runs it decides
 * whether others get a turn in between: a server's event loop must not be held by one request, a command line
 * has nobody else to wait for.
 */
export type Turns<T> = Generator<void, T, void>;

/** All of it, now. */
export function atOnce<T>(work: Turns<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** One piece for each value. */
export function* each<T, R>(values: readonly T[], of: (value: T, index: number) => R): Turns<R[]> {
  const results: R[] = [];
  for (const [index, value] of values.entries()) {
    results.push(of(value, index));
    yield;
  }
  return results;
}
