import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import pg from 'pg';
import { inUtc } from '../domain/instant';

export type Pool = pg.Pool;
export type Transaction = pg.PoolClient;
export type Db = Pool | Transaction;

const TIMESTAMPTZ = 1184;
const INT8 = 20;
const parsers = new Map<number, (text: string) => unknown>([
  // Instants are ISO-8601 strings everywhere; counters fit a number.
  [TIMESTAMPTZ, inUtc],
  [INT8, Number],
]);
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    parsers.get(oid) ?? pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};

/**
 * SQL: whether an instant, which PostgreSQL keeps to the microsecond, is shown at or before another one
 * (M21). Instants are shown to the millisecond, cut off: what is shown at `until` may have been recorded up
 * to a millisecond after it.
 */
export const shownUpTo = (column: string, until: string): string => `${column} < ${shownUntil(until)}`;

/** SQL: the first instant that is shown after another one. */
export const shownUntil = (until: string): string =>
  `(date_trunc('milliseconds', ${until}::timestamptz) + interval '1 millisecond')`;

/** SQL: whether an instant is shown before another one. */
export const shownBefore = (column: string, from: string): string =>
  `(date_trunc('milliseconds', ${column}) < ${from}::timestamptz)`;

/**
 * A pool of at most `max` connections. Errors of idle connections are told to `onError`, not thrown: the next
 * query gets a fresh one. What is asked of one connection without waiting in between goes out together, and
 * is one round trip.
 */
export function createPool(
  url: string,
  options: { max?: number; onError?: (error: Error) => void } = {},
): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    types,
    connectionTimeoutMillis: 5000,
    pipeline: true,
  });
  pool.on('error', (error) => {
    Reflect.deleteProperty(error, 'client'); // pages of the driver's inside in a log line
    options.onError?.(error);
  });
  // A connection that is lost while somebody has it fails their query, who tells; without a listener it would
  // end the process as well.
  pool.on('connect', (client) => {
    client.on('error', () => {});
    readChunkwise(client);
    writeTogether(client);
  });
  return pool;
}

/** As much as a socket gives at a time. */
const CHUNK = 64 * 1024;

const streamOf = (client: pg.PoolClient): Duplex =>
  (client as unknown as { connection: { stream: Duplex } }).connection.stream;

/**
 * One full chunk of an answer in each turn of the event loop. Of what PostgreSQL sends fast, some thirty
 * would else be read in one go, and all rows in them parsed.
 */
function readChunkwise(client: pg.PoolClient): void {
  const stream = streamOf(client);
  stream.on('data', ({ length }: Buffer) => {
    if (length < CHUNK) return;
    stream.pause();
    setImmediate(() => stream.resume());
  });
}

/**
 * What is asked in one turn of the event loop goes out in one write: each write of its own wakes PostgreSQL's
 * process, and costs more than what it carries.
 */
function writeTogether(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...asked: unknown[]) => unknown;
  let isHeld = false;
  const ask = (...asked: unknown[]): unknown => {
    const stream = streamOf(client);
    if (!isHeld) {
      isHeld = true;
      stream.cork();
      process.nextTick(() => {
        isHeld = false;
        stream.uncork();
      });
    }
    return query(...asked);
  };
  client.query = ask as typeof client.query;
}

/** A statement with its values, which each connection prepares once. */
type Prepared = (values: readonly unknown[]) => pg.QueryConfig;

/** For statements that are the same each time: their texts are few, and their plan suits any values. */
export function prepared(text: string): Prepared {
  const name = createHash('sha256').update(text).digest('base64url');
  return (values) => ({ name, text, values: [...values] });
}

/**
 * {@link prepared}, for rows that are found by any of the values in `$1`. One value alone has a statement of its
 * own: how many there are in an array, no plan that is kept can know, and PostgreSQL would plan each time anew, for
 * longer than the reading takes.
 * @param text has `= ANY($1)`
 */
export function preparedForAny(
  text: string,
): (any: readonly string[], ...others: unknown[]) => pg.QueryConfig {
  const [one, many] = [prepared(text.replaceAll('= ANY($1)', '= $1')), prepared(text)];
  return (any, ...others) => (any.length === 1 ? one([any[0], ...others]) : many([any, ...others]));
}

/** Runs `work` on one connection, without a transaction around it: for statements that go out together. */
export async function onOneConnection<T>(pool: Pool, work: (db: Transaction) => Promise<T>): Promise<T> {
  const db = await pool.connect();
  try {
    return await work(db);
  } finally {
    db.release();
  }
}

/**
 * Runs `work` in one transaction; rolls back and rethrows when it throws. It is begun in one round trip with
 * the first statement.
 */
export async function transaction<T>(pool: Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const tx = await pool.connect();
  let broken: Error | undefined;
  try {
    const begun = tx.query('BEGIN');
    // Where it can't be, the first statement fails as well, and says why.
    begun.catch(() => {});
    const result = await work(tx);
    await begun;
    await tx.query('COMMIT');
    return result;
  } catch (error) {
    await tx.query('ROLLBACK').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    tx.release(broken);
  }
}

const TRY_LOCK = prepared('SELECT pg_try_advisory_xact_lock($1) AS mine');

/** Whether nobody else is at what `lock` stands for; it is held until the transaction ends, also when its process dies. */
export async function isAlone(tx: Transaction, lock: number): Promise<boolean> {
  const { rows } = await tx.query<{ mine: boolean }>(TRY_LOCK([lock]));
  return rows[0]!.mine;
}

/** Reads one state of the database, however long it takes: nothing is written, nobody waits. */
export async function snapshot<T>(pool: Pool, work: (db: Transaction) => Promise<T>): Promise<T> {
  return await transaction(pool, async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return await work(tx);
  });
}

/**
 * Reads without parallel workers. For statements of few rows that the planner takes for many: to start the workers
 * costs several times what there is to read.
 */
export async function unaided<T>(pool: Pool, work: (db: Transaction) => Promise<T>): Promise<T> {
  return await transaction(pool, async (tx) => {
    const set = tx.query('SET LOCAL max_parallel_workers_per_gather = 0');
    const [result] = await Promise.all([work(tx), set]);
    return result;
  });
}

/** Whether a write was refused because this role, this transaction or this server only reads (a replica). */
export const isReadOnly = (error: unknown): boolean =>
  ['42501', '25006'].includes((error as { code?: string }).code ?? '');

/** Anything can be thrown. */
const membersOf = (error: unknown): Record<'code' | 'message', unknown> => Object(error);

/** PostgreSQL can't be reached, is starting or stopping, or has no connection left. */
const AWAY = /^(08...|57P0[123]|53300|ECONNREFUSED|ECONNRESET|ENOTFOUND|EPIPE|ETIMEDOUT|ENOENT)$/;
/** The driver's own errors of lost and late connections carry no code. */
const AWAY_SAID =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

export function isDatabaseAway(error: unknown): boolean {
  const { code, message } = membersOf(error);
  return (
    (typeof code === 'string' && AWAY.test(code)) || (typeof message === 'string' && AWAY_SAID.test(message))
  );
}

/**
 * Classes of PostgreSQL's errors that are the same each time: unsupported, wrong values, broken rules,
 * unknown names, limits, RAISE, damage.
 */
const ALWAYS = /^(0A|2[123]|42|54|P0|XX)...$/;
/** As the driver and its pool say it when they are being closed under a query. */
const CLOSING = /^(Client was closed|Cannot use a pool after calling end|Query read timeout|timeout expired)/;

/**
 * Whether the same work may succeed another time. Anything unknown may not: what is tried for ever keeps all
 * else waiting.
 */
export function canPass(error: unknown): boolean {
  if (isDatabaseAway(error)) return true;
  const { code, message } = membersOf(error);
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return !ALWAYS.test(code);
  if (typeof code === 'string') return /^E(?!RR_)[A-Z_]+$/.test(code);
  return typeof message === 'string' && CLOSING.test(message);
}

/** Throws when PostgreSQL does not answer. */
export async function ping(db: Db): Promise<void> {
  await db.query('SELECT 1');
}
