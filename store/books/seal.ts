/**
 * The hash chain over the ledger (decision 23). Each committed transaction gets one seal: hash n =
 * SHA-256(hash n−1, transaction n with all of its entries). One sealer at a time adds to it, a second after
 * the commit and outside of any step, so that steps never wait for each other. What is to be sealed stands in
 * the queue `unsealed` (why: migrations/0004_seal.sql).
 */
import { createHash } from 'node:crypto';
import { type Db, isAlone, type Pool, prepared, type Transaction, transaction } from '../db';

/** The newest seal: whoever keeps it elsewhere can tell later that nothing before it was changed. */
export interface Head {
  position: number;
  /** SHA-256, in hex. */
  hash: string;
}

/** What the first seal follows. */
export const GENESIS: Head = { position: 0, hash: '0'.repeat(64) };

/**
 * A transaction as it is sealed: every column of it, of its adjustment if it has one, and of its entries as
 * text. Null stays null: it is not the empty text.
 */
export interface Sealable {
  id: string;
  facts: (string | null)[];
  entries: string[][];
}

/** To the microsecond, as PostgreSQL has it: the driver's instants end at the millisecond. */
const instant = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** Columns of a query on `transactions t` that read a {@link Sealable}. */
export const SEALABLE = `t.id,
  ARRAY[t.id, t.seq::text, t.account, t.instance_id, t.step::text, t.event, t.refund_id, t.reverses, t.reason,
    ${instant('t.effective_at')}, ${instant('t.recorded_at')}]
    || CASE WHEN t.adjustment_id IS NULL THEN '{}' ELSE ARRAY[t.adjustment_id] || (
      SELECT ARRAY[a.id, a.seq::text, a.account, a.kind, a.source, a.currency, a.amount::text, a.reason, a.reference, a.made_by,
        ${instant('a.recorded_at')}] FROM adjustments a WHERE a.id = t.adjustment_id) END AS facts,
  (SELECT coalesce(json_agg(json_build_array(e.line::text, e.leg::text, e.ledger_account, e.currency, e.amount::text) ORDER BY e.line, e.leg), '[]')
     FROM entries e WHERE e.transaction_id = t.id) AS entries`;

/**
 * JSON tells where each text ends, and a hash is always 64 characters: no two different inputs read the same.
 */
export const sealHash = (previous: string, { facts, entries }: Sealable): string =>
  createHash('sha256')
    .update(previous)
    .update(JSON.stringify([facts, entries]))
    .digest('hex');

/** Any number that nothing else locks; held until the transaction ends, also when its process dies. */
const SEALER_LOCK = 7_032_563;
/** As many as are sealed in one transaction. */
export const SEALED_AT_ONCE = 500;

/**
 * Seals what is committed and waits, up to `limit`, oldest first.
 * @returns the ids of what was sealed; none when nothing waits, or when another sealer is at it
 */
export async function sealWaiting(pool: Pool, limit = SEALED_AT_ONCE): Promise<string[]> {
  return await transaction(pool, async (tx) => {
    if (!(await isAlone(tx, SEALER_LOCK))) return [];
    const waiting = await takeWaiting(tx, limit);
    if (waiting.length) await insertSeals(tx, waiting, (await findHead(tx)) ?? GENESIS);
    return waiting.map(({ id }) => id);
  });
}

const WAITING = prepared(
  `SELECT t.seq, ${SEALABLE} FROM unsealed u JOIN transactions t USING (seq) ORDER BY u.seq LIMIT $1`,
);

async function takeWaiting(tx: Transaction, limit: number): Promise<Sealable[]> {
  const { rows } = await tx.query<Sealable & { seq: number }>(WAITING([limit]));
  if (rows.length) await tx.query('DELETE FROM unsealed WHERE seq = ANY($1)', [rows.map(({ seq }) => seq)]);
  return rows;
}

async function insertSeals(tx: Transaction, waiting: Sealable[], head: Head): Promise<void> {
  let { hash } = head;
  const hashes = waiting.map((one) => {
    hash = sealHash(hash, one);
    return hash;
  });
  await tx.query(
    `INSERT INTO seals (position, transaction_id, hash)
     SELECT $1::bigint + number, id, hash FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS one(id, hash, number)`,
    [head.position, waiting.map(({ id }) => id), hashes],
  );
}

/** The newest seal; undefined before the first. */
export async function findHead(db: Db): Promise<Head | undefined> {
  const { rows } = await db.query<Head>('SELECT position, hash FROM seals ORDER BY position DESC LIMIT 1');
  return rows[0];
}

/** What waits to be sealed: how much, and for how long the oldest of it has (0: nothing waits). */
export interface Backlog {
  transactions: number;
  ageSeconds: number;
}

export async function unsealedBacklog(db: Db): Promise<Backlog> {
  const { rows } = await db.query<Backlog>(
    `SELECT count(*) AS transactions, coalesce(greatest(0, extract(epoch FROM clock_timestamp() - min(t.recorded_at))), 0)::float8 AS "ageSeconds"
     FROM unsealed JOIN transactions t USING (seq)`,
  );
  return rows[0]!;
}
