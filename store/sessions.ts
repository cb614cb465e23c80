/**
 * The table `sessions`: who has signed in with a key, found by a hash of the cookie. What is secret of a
 * session never comes here. Written here only.
 */
import type { Permission } from '../domain/permissions';
import { type Db, type Pool, prepared } from './db';

export interface SessionRow {
  /** Whose key it is; null: the operator's own. */
  key: { id: string; account: string | null; name: string; permissions: Permission[] } | null;
  createdAt: string;
  /** It ends then at the latest. */
  expiresAt: string;
  /** It ends then unless it is used before. */
  idleAt: string;
}

export interface NewSession {
  hash: string;
  /** null: the operator's own. */
  keyId: string | null;
  /** How long it lasts at most, and how long unused. */
  seconds: number;
  idleSeconds: number;
}

export async function insertSession(
  db: Db,
  { hash, keyId, seconds, idleSeconds }: NewSession,
): Promise<void> {
  await db.query(
    `INSERT INTO sessions (hash, key_id, expires_at, idle_at)
     SELECT $1, $2, at, least(at, clock_timestamp() + make_interval(secs => $4)) FROM (SELECT clock_timestamp() + make_interval(secs => $3) AS at) one`,
    [hash, keyId, seconds, idleSeconds],
  );
}

type SelectedSession = Omit<SessionRow, 'key'> & {
  keyId: string | null;
  account: string | null;
  name: string;
  permissions: Permission[];
};

/** A session ends with its time, and with its key. */
const LIVING = 's.idle_at > clock_timestamp() AND (s.key_id IS NULL OR k.revoked_at IS NULL)';
const FROM = 'FROM sessions s LEFT JOIN keys k ON k.id = s.key_id';

const FIND = prepared(
  `SELECT s.created_at AS "createdAt", s.expires_at AS "expiresAt", s.idle_at AS "idleAt", s.key_id AS "keyId",
     k.account, k.name, k.permissions ${FROM} WHERE s.hash = $1 AND ${LIVING}`,
);

/** Asked at every request, so that a sign-out and a revoked key hold at once, in every process. */
export async function findLiveSession(db: Db, hash: string): Promise<SessionRow | undefined> {
  const { rows } = await db.query<SelectedSession>(FIND([hash]));
  const [row] = rows;
  if (!row) return undefined;
  const { keyId, account, name, permissions, ...times } = row;
  return { ...times, key: keyId === null ? null : { id: keyId, account, name, permissions } };
}

/** Those of them that live. */
export async function livingSessions(db: Db, hashes: readonly string[]): Promise<ReadonlySet<string>> {
  if (!hashes.length) return new Set();
  const { rows } = await db.query<{ hash: string }>(
    `SELECT s.hash ${FROM} WHERE s.hash = ANY($1) AND ${LIVING}`,
    [hashes],
  );
  return new Set(rows.map(({ hash }) => hash));
}

/** A use is written once a minute at most; towards the end once more, so that it is not over before its time. */
const RENEW = prepared(
  `UPDATE sessions SET idle_at = least(expires_at, one.until)
   FROM (SELECT clock_timestamp() + make_interval(secs => $2) AS until,
     least(interval '1 minute', make_interval(secs => $2 / 10.0)) AS step) one
   WHERE hash = $1 AND idle_at < expires_at AND (one.until >= expires_at OR idle_at < one.until - one.step)`,
);

/** It was used just now. */
export async function renewSession(db: Db, hash: string, idleSeconds: number): Promise<void> {
  await db.query(RENEW([hash, idleSeconds]));
}

/** Signs out; one that is not there stays so. */
export async function endSession(db: Db, hash: string): Promise<void> {
  await db.query('DELETE FROM sessions WHERE hash = $1', [hash]);
}

/** Deletes sessions that are over. What another process is deleting is passed over. */
export async function trimSessions(pool: Pool, limit: number): Promise<number> {
  const { rowCount } = await pool.query(
    `WITH over AS MATERIALIZED (
       SELECT s.hash ${FROM} WHERE NOT (${LIVING}) ORDER BY s.idle_at LIMIT $1 FOR UPDATE OF s SKIP LOCKED)
     DELETE FROM sessions s USING over WHERE s.hash = over.hash`,
    [limit],
  );
  return rowCount ?? 0;
}
