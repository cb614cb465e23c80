/**
 * What is kept for a time only, and deleted after it. Books, steps, agreements and refunds, and what they
 * rest on, are never among it.
 */
import { trimQuotes } from './agreements/quotes';
import type { Pool } from './db';
import { trimIdempotencyKeys } from './idempotency';
import { trimKeys } from './keys';
import { trimSessions } from './sessions';

/** For how many days; 0 is for ever. */
export interface Keep {
  /** Stored answers of Idempotency-Keys, from their first asking. */
  idempotencyDays: number;
  /** Quotes that nobody confirmed, from their expiry. */
  quotesDays: number;
  /** Revoked keys, from their revocation. */
  keysDays: number;
}

export const KEEP: Keep = { idempotencyDays: 30, quotesDays: 30, keysDays: 400 };

/** Few enough that each statement is short, and nobody waits for its locks. */
const BATCH = 500;

/**
 * Each deletes at most so many rows that are older than so many days, the oldest first, and answers how many
 * went.
 */
const TRIMS: Record<keyof Keep, (pool: Pool, days: number, limit: number) => Promise<number>> = {
  idempotencyDays: trimIdempotencyKeys,
  quotesDays: trimQuotes,
  keysDays: trimKeys,
};

/** How many rows of each went. */
export type Trimmed = Record<keyof Keep | 'sessions', number>;

/** Deletes what has been kept long enough, in batches, until there is none left. */
export async function trim(pool: Pool, keep: Keep, batch = BATCH): Promise<Trimmed> {
  const trimmed: Trimmed = { idempotencyDays: 0, quotesDays: 0, keysDays: 0, sessions: 0 };
  for (const kind of Object.keys(TRIMS) as (keyof Keep)[]) {
    if (keep[kind] > 0)
      trimmed[kind] = await inBatches(batch, (limit) => TRIMS[kind](pool, keep[kind], limit));
  }
  // What is over opens nothing any more, and nobody asks for it.
  trimmed.sessions = await inBatches(batch, (limit) => trimSessions(pool, limit));
  return trimmed;
}

async function inBatches(size: number, trimOne: (limit: number) => Promise<number>): Promise<number> {
  let sum = 0;
  for (let isMore = true; isMore; ) {
    const count = await trimOne(size);
    sum += count;
    isMore = count === size;
  }
  return sum;
}
