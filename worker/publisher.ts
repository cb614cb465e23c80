import type { Pool } from '../store/db';
import { PUBLISHED_AT_ONCE, publishWaiting } from '../store/outbox';
import { type LoopOptions, startLoop } from './loop';

/**
 * Publishes what has been posted. Every worker tries; the one that gets the lock does it, so that it goes on
 * when one of them dies.
 */
export function startPublisher(pool: Pool, options: LoopOptions): { stop(): Promise<void> } {
  // What comes meanwhile has the next round: each one is a commit, and a few events are not worth one.
  return startLoop(async () => (await publishWaiting(pool)) === PUBLISHED_AT_ONCE, options);
}
