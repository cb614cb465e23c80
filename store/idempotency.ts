import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, isDatabaseAway, type Pool, prepared } from './db';
import { jsonOf } from './json';

/**
 * Idempotency keys: one row a key, running while the process that claimed it lives. Each process holds one
 * advisory lock on one connection; PostgreSQL frees it when the process dies, however it dies, so a crash
 * frees its running keys at once.
 */
export interface Owner {
  /** Another one when PostgreSQL was started again. */
  readonly owner: string;
  /** Answers once the lock is held (again). @throws when it is not, after so many milliseconds */
  held(withinMs: number): Promise<void>;
  close(): Promise<void>;
}

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;
/** How long a process that starts tries for its lock. */
const START_WITHIN_MS = 15_000;

/** The lock of one process on one start of PostgreSQL: a crash of it may have forgotten answers, whose keys are free then. */
const TAKE = `SELECT owner::text, pg_advisory_lock(owner)
  FROM (SELECT $1::bigint + extract(epoch FROM pg_postmaster_start_time())::bigint AS owner) AS mine`;

/**
 * Takes this process's lock, and takes it again whenever its connection is lost (PostgreSQL was restarted,
 * say). Meanwhile others may take over keys of requests that still run, whose effects are guarded by command
 * ids; nothing is claimed in this process's name ({@link claim}). `close` gives it back.
 */
export async function openOwner(pool: Pool): Promise<Owner> {
  const base = randomInt(1, 2 ** 47);
  let owner = '';
  let isClosed = false;
  /** Gives the connection that holds the lock back to the pool, if there is one. */
  let giveBack = (_error?: Error): void => {};
  const take = async (): Promise<void> => {
    const connection = await pool.connect();
    let isHeld = false;
    let isGiven = false;
    const give = (error?: Error): void => {
      if (isGiven) return;
      isGiven = true;
      connection.release(error ?? true);
      if (isHeld && !isClosed) holding = takeUntilHeld(() => false);
    };
    connection.on('error', give);
    let taken: string;
    try {
      const { rows } = await connection.query<{ owner: string }>(TAKE, [base]);
      taken = rows[0]!.owner;
      // What PostgreSQL says last may come in one read with the lock, and is told before this goes on.
      if (isGiven) throw new LockLost();
    } catch (error) {
      give(error as Error);
      throw error;
    }
    isHeld = true;
    owner = taken;
    giveBack = give;
  };
  const takeUntilHeld = async (isFinal: (error: unknown) => boolean): Promise<void> => {
    for (let pause = FIRST_PAUSE_MS; !isClosed; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        await take();
        return;
      } catch (error) {
        if (isFinal(error)) throw error;
      }
      await sleep(pause);
    }
  };
  // What is just being started waits for a server that is busy or comes up itself.
  const startUntil = Date.now() + START_WITHIN_MS;
  const isPassing = (error: unknown): boolean => isDatabaseAway(error) || error instanceof LockLost;
  let holding = takeUntilHeld((error) => !isPassing(error) || Date.now() > startUntil);
  await holding;
  return {
    get owner() {
      return owner;
    },
    held: async (withinMs) => {
      const late = sleep(withinMs, undefined, { ref: false }).then(() => {
        throw new LockLost();
      });
      await Promise.race([holding, late]);
    },
    close: async () => {
      isClosed = true;
      await holding.catch(() => {});
      // The connection is ended, and its lock with it.
      giveBack();
    },
  };
}

/** The connection that holds this process's lock is gone, and PostgreSQL gives no other one in time. */
export class LockLost extends Error {}

export interface Claim {
  caller: string;
  key: string;
  /** Of method, path and body: the same key with another request is a mistake. */
  fingerprint: string;
  owner: string;
}

export type Claimed =
  | { outcome: 'claimed' | 'running' | 'mismatch' | 'unheld' }
  | { outcome: 'done'; status: number; headers: Record<string, string>; body: unknown };

/**
 * Whether the claiming process holds its lock: nobody else can have a share of it then. A claim without it
 * would be anybody's.
 */
const HELD = (owner: string): string => `NOT pg_try_advisory_xact_lock_shared(${owner}::bigint)`;

/**
 * A claim is not waited for until it is on disk: what the request then does is, and PostgreSQL writes in order, so
 * whatever has had an effect has its claim too. What a crash of PostgreSQL forgets is as free as the key of a process
 * that has died.
 */
const CLAIM = prepared(
  `INSERT INTO idempotency_keys (caller, key, fingerprint, owner) SELECT $1, $2, $3, $4::bigint
   WHERE set_config('synchronous_commit', 'off', true) IS NOT NULL AND ${HELD('$4')} ON CONFLICT DO NOTHING`,
);

/**
 * Claims a key for one request, or says what has become of it. `unheld`: the process has lost its lock, and
 * can claim nothing.
 */
export async function claim(db: Db, { caller, key, fingerprint, owner }: Claim): Promise<Claimed> {
  const inserted = await db.query(CLAIM([caller, key, fingerprint, owner]));
  if (inserted.rowCount) return { outcome: 'claimed' };
  const { rows } = await db.query<{
    fingerprint: string;
    owner: string;
    status: number | null;
    headers: Record<string, string>;
    body: unknown;
  }>(
    'SELECT fingerprint, owner::text, status, headers, body FROM idempotency_keys WHERE caller = $1 AND key = $2',
    [caller, key],
  );
  const row = rows[0];
  if (!row) return { outcome: 'unheld' };
  if (row.fingerprint !== fingerprint) return { outcome: 'mismatch' };
  if (row.status !== null)
    return { outcome: 'done', status: row.status, headers: row.headers, body: row.body };
  const taken = await db.query(
    `UPDATE idempotency_keys SET owner = $4, recorded_at = clock_timestamp()
     WHERE caller = $1 AND key = $2 AND status IS NULL AND owner = $3 AND pg_try_advisory_xact_lock(owner) AND ${HELD('$4')}`,
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

/** Not waited for either: a key whose answer was forgotten is free, and asking again answers the same (L8). */
const COMPLETE = prepared(
  `UPDATE idempotency_keys SET status = $3, headers = $4, body = $5::json
   WHERE caller = $1 AND key = $2 AND set_config('synchronous_commit', 'off', true) IS NOT NULL`,
);

/** Stores the answer that every repeat will get. */
export async function complete(db: Db, { caller, key, status, headers, body }: StoredAnswer): Promise<void> {
  await db.query(COMPLETE([caller, key, status, headers, await jsonOf(body ?? null)]));
}

/** Belongs to no process: whoever repeats the request takes it over. */
const NOBODY = 0;

/**
 * Frees a key whose request failed by our fault: the caller may try again. What it was used for stays known,
 * because the first try may have had its effect.
 */
export async function release(db: Db, { caller, key }: { caller: string; key: string }): Promise<void> {
  await db.query('UPDATE idempotency_keys SET owner = $3 WHERE caller = $1 AND key = $2 AND status IS NULL', [
    caller,
    key,
    NOBODY,
  ]);
}

/**
 * Deletes stored answers so many days after their first asking. What another process is deleting is passed
 * over.
 */
export async function trimIdempotencyKeys(pool: Pool, days: number, limit: number): Promise<number> {
  const { rowCount } = await pool.query(
    `WITH old AS MATERIALIZED (
       SELECT caller, key FROM idempotency_keys WHERE recorded_at < clock_timestamp() - make_interval(days => $1)
       ORDER BY recorded_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     DELETE FROM idempotency_keys i USING old WHERE i.caller = old.caller AND i.key = old.key`,
    [days, limit],
  );
  return rowCount ?? 0;
}
