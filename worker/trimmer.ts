import type { Pool } from '../store/db';
import { type Keep, trim } from '../store/retention';
import { type LoopOptions, startLoop } from './loop';

/**
 * Deletes what has been kept for its time. Every worker tries; what one of them is at, the others pass over.
 */
export function startTrimmer(pool: Pool, keep: Keep, options: LoopOptions): { stop(): Promise<void> } {
  return startLoop(() => trim(pool, keep), options);
}
