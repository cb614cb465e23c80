import { SEALED_AT_ONCE, sealWaiting } from '../store/books/seal';
import type { Pool } from '../store/db';
import { type LoopOptions, startLoop } from './loop';

/**
 * Seals what has been booked. Every worker tries; the one that gets the lock does it, so that the chain goes
 * on when one of them dies.
 */
export function startSealer(pool: Pool, options: LoopOptions): { stop(): Promise<void> } {
  // What comes meanwhile has the next round: each one is a commit.
  return startLoop(async () => (await sealWaiting(pool)).length === SEALED_AT_ONCE, options);
}
