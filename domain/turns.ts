/**
 * Long work in pieces. Who computes over hundreds of parts yields after each of them; who runs it decides whether others get a turn in between:
 * a server's event loop must not be held by one request, a command line has nobody else to wait for.
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
export function* each<T, R>(values: T[], of: (value: T) => R): Turns<R[]> {
  const results: R[] = [];
  for (const value of values) {
    results.push(of(value));
    yield;
  }
  return results;
}
