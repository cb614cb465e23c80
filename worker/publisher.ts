import type { Pool } from '../store/db';
import { publishWaiting } from '../store/outbox';
import { type LoopOptions, startLoop } from './loop';

/**
 * Publishes what has been posted. Every worker tries; the one that gets the lock does it, so that it goes on
 * when one of them dies.
 */
export function startPublisher(pool: Pool, options: LoopOptions): { stop(): Promise<void> } {
  return startLoop(async () => {
    while ((await publishWaiting(pool)) > 0) {
      // There may be more than one batch.
    }
  }, options);
}
