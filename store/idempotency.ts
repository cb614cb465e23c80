import { randomInt } from 'node:crypto';
import type { Db, Pool } from './db';

/**
 * Idempotency keys: one row a key, running while the process that claimed it lives. Each process holds one advisory lock on one
 * connection; PostgreSQL frees it when the process dies, however it dies, so a crash frees its running keys at once.
 */
export interface Owner {
  owner: string;
  close(): Promise<void>;
}

/** Takes this process's lock. `close` gives it back. */
export async function openOwner(pool: Pool): Promise<Owner> {
  const connection = await pool.connect();
  // A lost connection frees the lock; others may then take over keys of requests that still run, whose effects are guarded by command ids.
  connection.on('error', () => {});
  const owner = String(randomInt(1, 2 ** 47));
  await connection.query('SELECT pg_advisory_lock($1)', [owner]);
  return {
    owner,
    close: async () => {
      await connection.query('SELECT pg_advisory_unlock($1)', [owner]).catch(() => {});
      connection.release(true);
    },
  };
}

export interface Claim {
  caller: string;
  key: string;
  /** Of method, path and body: the same key with another request is a mistake. */
  fingerprint: string;
  owner: string;
}

export type Claimed =
  | { outcome: 'claimed' | 'running' | 'mismatch' }
  | { outcome: 'done'; status: number; headers: Record<string, string>; body: unknown };

/** Claims a key for one request, or says what has become of it. */
export async function claim(db: Db, { caller, key, fingerprint, owner }: Claim): Promise<Claimed> {
  const inserted = await db.query(
    'INSERT INTO idempotency_keys (caller, key, fingerprint, owner) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    [caller, key, fingerprint, owner],
  );
  if (inserted.rowCount) return { outcome: 'claimed' };
  const { rows } = await db.query<{
    fingerprint: string;
    owner: string;
    status: number | null;
    headers: Record<string, string>;
    body: unknown;
  }>('SELECT fingerprint, owner::text, status, headers, body FROM idempotency_keys WHERE caller = $1 AND key = $2', [caller, key]);
  const row = rows[0]!;
  if (row.fingerprint !== fingerprint) return { outcome: 'mismatch' };
  if (row.status !== null) return { outcome: 'done', status: row.status, headers: row.headers, body: row.body };
  const taken = await db.query(
    `UPDATE idempotency_keys SET owner = $4, recorded_at = clock_timestamp()
     WHERE caller = $1 AND key = $2 AND status IS NULL AND owner = $3 AND pg_try_advisory_xact_lock(owner)`,
    [caller, key, row.owner, owner],
  );
  return { outcome: taken.rowCount ? 'claimed' : 'running' };
}

export interface StoredAnswer {
  caller: string;
  key: string;
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** Stores the answer that every repeat will get. */
export async function complete(db: Db, { caller, key, status, headers, body }: StoredAnswer): Promise<void> {
  await db.query('UPDATE idempotency_keys SET status = $3, headers = $4, body = $5 WHERE caller = $1 AND key = $2', [
    caller,
    key,
    status,
    headers,
    JSON.stringify(body ?? null),
  ]);
}

/** Belongs to no process: whoever repeats the request takes it over. */
const NOBODY = 0;

/**
 * Frees a key whose request failed by our fault: the caller may try again. What it was used for stays known, because the first try may
 * have had its effect.
 */
export async function release(db: Db, { caller, key }: { caller: string; key: string }): Promise<void> {
  await db.query('UPDATE idempotency_keys SET owner = $3 WHERE caller = $1 AND key = $2 AND status IS NULL', [caller, key, NOBODY]);
}
