/** What is kept for a time only, and deleted after it. Books, steps, agreements and refunds, and what they rest on, are never among it. */
import type { Pool } from './db';

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

/** Of each the oldest first, at most $2 rows that are older than $1 days. What another process is deleting is passed over. */
const TRIMS: [keyof Keep, string][] = [
  [
    'idempotencyDays',
    `WITH old AS MATERIALIZED (
       SELECT caller, key FROM idempotency_keys WHERE recorded_at < clock_timestamp() - make_interval(days => $1)
       ORDER BY recorded_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     DELETE FROM idempotency_keys i USING old WHERE i.caller = old.caller AND i.key = old.key`,
  ],
  [
    'quotesDays',
    `WITH old AS MATERIALIZED (
       SELECT id FROM quotes q WHERE termination_id IS NULL AND expires_at < clock_timestamp() - make_interval(days => $1)
         AND NOT EXISTS (SELECT FROM terminations t WHERE t.quote_id = q.id)
         AND NOT EXISTS (SELECT FROM refunds f WHERE f.quote_id = q.id)
         AND NOT EXISTS (SELECT FROM refund_requests r WHERE r.preview_quote_id = q.id)
       ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     DELETE FROM quotes q USING old WHERE q.id = old.id`,
  ],
  [
    'keysDays',
    `WITH old AS MATERIALIZED (
       SELECT id FROM keys WHERE revoked_at < clock_timestamp() - make_interval(days => $1)
       ORDER BY revoked_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     DELETE FROM keys k USING old WHERE k.id = old.id`,
  ],
];

/** How many rows of each went. */
export type Trimmed = Record<keyof Keep, number>;

/** Deletes what has been kept long enough, in batches, until there is none left. */
export async function trim(pool: Pool, keep: Keep, batch = BATCH): Promise<Trimmed> {
  const trimmed: Trimmed = { idempotencyDays: 0, quotesDays: 0, keysDays: 0 };
  for (const [kind, sql] of TRIMS) {
    if (keep[kind] === 0) continue;
    for (let isMore = true; isMore; ) {
      const { rowCount } = await pool.query(sql, [keep[kind], batch]);
      trimmed[kind] += rowCount ?? 0;
      isMore = rowCount === batch;
    }
  }
  return trimmed;
}
