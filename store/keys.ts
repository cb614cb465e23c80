/**
 * Keys of callers: made, looked up by their hash, listed and revoked. What is secret of a key never comes
 * here.
 */
import type { Permission } from '../domain/permissions';
import { touchAccount } from './books/accounts';
import { type Db, type Pool, type Transaction, transaction } from './db';
import { bySeq, Conditions, listPage, type Page, type PageRequest } from './paging';

export interface KeyRow {
  id: string;
  /** null: all accounts. */
  account: string | null;
  name: string;
  permissions: Permission[];
  /** SHA-256 of the bearer key, in hex. */
  keyHash: string;
  secretId: string;
  createdBy: string;
  createdAt: string;
  revokedBy: string | null;
  revokedAt: string | null;
}

/** Two, so that a new key can be brought into use before the old one is revoked. */
const LIVE_KEYS = 2;

export interface NewKey {
  id: string;
  /** null: all accounts. */
  account: string | null;
  name: string;
  permissions: readonly Permission[];
  /** SHA-256 of the bearer key. */
  keyHash: string;
  secretId: string;
  by: string;
}

/**
 * Keeps a new key, and makes its account known. The same id again answers the key that exists.
 * @returns undefined when {@link LIVE_KEYS} of its account and name live already
 */
export async function createKey(pool: Pool, key: NewKey): Promise<KeyRow | undefined> {
  return await transaction(pool, async (tx) => {
    await lockName(tx, key);
    const known = await findKey(tx, key.id);
    if (known) return known;
    if ((await countLive(tx, key)) >= LIVE_KEYS) return undefined;
    if (key.account !== null) await touchAccount(tx, key.account);
    await tx.query(
      'INSERT INTO keys (id, account, name, permissions, key_hash, secret_id, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [key.id, key.account, key.name, key.permissions, key.keyHash, key.secretId, key.by],
    );
    return await findKey(tx, key.id);
  });
}

/** Keys of one account and name are counted and made one after the other. */
async function lockName(tx: Transaction, { account, name }: Pick<NewKey, 'account' | 'name'>): Promise<void> {
  // Two numbers: the locks of one number are those of the API's processes (idempotency.ts).
  await tx.query("SELECT pg_advisory_xact_lock(hashtext('keys'), hashtext($1))", [
    JSON.stringify([account, name]),
  ]);
}

async function countLive(
  tx: Transaction,
  { account, name }: Pick<NewKey, 'account' | 'name'>,
): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(
    'SELECT count(*) FROM keys WHERE account IS NOT DISTINCT FROM $1 AND name = $2 AND revoked_at IS NULL',
    [account, name],
  );
  return rows[0]!.count;
}

type SelectedKey = KeyRow & { seq: number };

const SELECT = `
  SELECT id, seq, account, name, permissions, key_hash AS "keyHash", secret_id AS "secretId", created_by AS "createdBy",
    created_at AS "createdAt", revoked_by AS "revokedBy", revoked_at AS "revokedAt" FROM keys`;

const toKey = ({ seq: _seq, ...row }: SelectedKey): KeyRow => row;

export async function findKey(db: Db, id: string): Promise<KeyRow | undefined> {
  const { rows } = await db.query<SelectedKey>(`${SELECT} WHERE id = $1`, [id]);
  return rows[0] && toKey(rows[0]);
}

/**
 * The key that a caller shows, unless it was revoked. Asked at every request, so that a revocation holds at
 * once, in every process.
 */
export async function findLiveKey(db: Db, keyHash: string): Promise<KeyRow | undefined> {
  const { rows } = await db.query<SelectedKey>(`${SELECT} WHERE key_hash = $1 AND revoked_at IS NULL`, [
    keyHash,
  ]);
  return rows[0] && toKey(rows[0]);
}

/** Those of them that live. */
export async function livingKeys(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (!ids.length) return new Set();
  const { rows } = await db.query<{ id: string }>(
    'SELECT id FROM keys WHERE id = ANY($1) AND revoked_at IS NULL',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/** The key whose pair a request is signed with, unless it was revoked. */
export async function findLiveSigner(db: Db, secretId: string): Promise<KeyRow | undefined> {
  const { rows } = await db.query<SelectedKey>(`${SELECT} WHERE secret_id = $1 AND revoked_at IS NULL`, [
    secretId,
  ]);
  return rows[0] && toKey(rows[0]);
}

export interface KeyFilter {
  /** The only account that exists for who asks; undefined: all do, and keys of all accounts too. */
  tenant: string | undefined;
  account?: string | undefined;
}

/** In the order in which they were made; revoked ones too. */
export async function listKeys(db: Db, filter: KeyFilter, page: PageRequest): Promise<Page<KeyRow>> {
  const conditions = new Conditions().add('account = ?', filter.tenant).add('account = ?', filter.account);
  return await listPage(db, { select: SELECT, conditions, by: bySeq<SelectedKey>() }, page, toKey);
}

/** Revokes a key that exists; one that was revoked before stays as it is. */
export async function markRevoked(db: Db, id: string, by: string): Promise<KeyRow> {
  await db.query(
    'UPDATE keys SET revoked_at = clock_timestamp(), revoked_by = $2 WHERE id = $1 AND revoked_at IS NULL',
    [id, by],
  );
  return (await findKey(db, id))!;
}

/** Deletes keys so many days after their revocation. What another process is deleting is passed over. */
export async function trimKeys(pool: Pool, days: number, limit: number): Promise<number> {
  const { rowCount } = await pool.query(
    `WITH old AS MATERIALIZED (
       SELECT id FROM keys WHERE revoked_at < clock_timestamp() - make_interval(days => $1)
       ORDER BY revoked_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     DELETE FROM keys k USING old WHERE k.id = old.id`,
    [days, limit],
  );
  return rowCount ?? 0;
}
