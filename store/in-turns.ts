import { setImmediate as turn } from 'node:timers/promises';
import type { Turns } from '../domain/turns';

/** How long one piece of a request's work may hold the event loop, in milliseconds. */
const SLICE_MS = 10;

/** Runs long work so that other requests are served in between. */
export async function inTurns<T>(work: Turns<T>): Promise<T> {
  for (;;) {
    // The first piece too has a turn for itself: who calls has held this one for a while.
    await turn();
    const until = performance.now() + SLICE_MS;
    do {
      const { done, value } = work.next();
      if (done) return value;
    } while (performance.now() < until);
  }
}
