/**
 * No engine at all: a row a life with its state and its next deadline, moved in the transaction that records
 * the step; deadlines are polled once a second.
 */
import type { PoolClient } from 'pg';
import { inserts } from '../peers/tables';
import { type Asked, type CommandName, createPool, serve, settings, stepOf, WEEK_SECONDS } from './serve';

const { schema } = settings;
const pool = createPool();
const POLL_MS = 1000;
const BATCH = 100;

/** The states in which a command makes sense; one that has been carried out already changes nothing. */
const FROM: Record<CommandName, string | undefined> = { register: undefined, end: 'running', purge: 'bin' };

async function carryOut({ id, command, body }: Omit<Asked, 'key'>): Promise<void> {
  const row = stepOf({ id, command, body });
  const db = await pool.connect();
  let failed: Error | undefined;
  try {
    const [, moved] = await Promise.all([db.query('BEGIN'), move(db, id, command, row.to)]);
    if (moved) await Promise.all(inserts(db, schema, row));
    await db.query('COMMIT');
  } catch (error) {
    failed = error as Error;
    throw error;
  } finally {
    db.release(failed);
  }
}

/** @returns whether this moved the life; false: it has been there already */
async function move(db: PoolClient, id: string, command: CommandName, to: string): Promise<boolean> {
  if (command === 'register') {
    const text = `INSERT INTO ${schema}.machine (id, state) VALUES ($1, $2) ON CONFLICT DO NOTHING`;
    return (await db.query({ name: 'register', text, values: [id, to] })).rowCount === 1;
  }
  const dueAt = command === 'end' ? `now() + interval '${WEEK_SECONDS} seconds'` : 'NULL';
  const text = `UPDATE ${schema}.machine SET state = $2, due_at = ${dueAt} WHERE id = $1 AND state = $3`;
  return (await db.query({ name: command, text, values: [id, to, FROM[command]] })).rowCount === 1;
}

async function poll(): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ id: string }>(
      `SELECT id FROM ${schema}.machine WHERE due_at <= now() ORDER BY due_at LIMIT ${BATCH}`,
    );
    await Promise.all(rows.map(({ id }) => carryOut({ id, command: 'purge', body: '' })));
    if (rows.length < BATCH) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function main(): Promise<void> {
  await pool.query(
    `CREATE TABLE IF NOT EXISTS ${schema}.machine
     (id text PRIMARY KEY, state text NOT NULL, due_at timestamptz)`,
  );
  await pool.query(`CREATE INDEX IF NOT EXISTS machine_due ON ${schema}.machine (due_at)`);
  void poll();
  serve(carryOut);
}

void main();
