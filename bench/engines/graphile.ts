/**
 * graphile-worker: the state machine by hand, as its users write it. A command is one transaction that moves
 * the row, records the step, and adds the job of the deadline (or takes it away); jobs that are due do the
 * same from the worker's side.
 */
import { run } from 'graphile-worker';
import type { PoolClient } from 'pg';
import { inserts } from '../peers/tables';
import {
  type Asked,
  type CommandName,
  createPool,
  MAX_CONNECTIONS,
  serve,
  settings,
  stepOf,
  WEEK_SECONDS,
} from './serve';

const { schema } = settings;
const pool = createPool();
const JOBS_AT_ONCE = 16;

const FROM: Record<CommandName, string | undefined> = { register: undefined, end: 'running', purge: 'bin' };

async function move(db: PoolClient, id: string, command: CommandName, to: string): Promise<boolean> {
  if (command === 'register') {
    const text = `INSERT INTO ${schema}.machine (id, state) VALUES ($1, $2) ON CONFLICT DO NOTHING`;
    return (await db.query({ name: 'register', text, values: [id, to] })).rowCount === 1;
  }
  const text = `UPDATE ${schema}.machine SET state = $2 WHERE id = $1 AND state = $3`;
  return (await db.query({ name: 'move', text, values: [id, to, FROM[command]] })).rowCount === 1;
}

/** The deadline is a job under the life's own key. */
function schedule(db: PoolClient, id: string, command: CommandName): Promise<unknown>[] {
  if (command === 'end') {
    const text = `SELECT graphile_worker.add_job('release', json_build_object('id', $1::text),
      run_at => now() + interval '${WEEK_SECONDS} seconds', job_key => $1)`;
    return [db.query({ name: 'add-job', text, values: [id] })];
  }
  const text = 'SELECT graphile_worker.remove_job($1)';
  return command === 'purge' ? [db.query({ name: 'remove-job', text, values: [id] })] : [];
}

async function carryOut({ id, command, body }: Omit<Asked, 'key'>): Promise<void> {
  const row = stepOf({ id, command, body });
  const db = await pool.connect();
  let failed: Error | undefined;
  try {
    const [, moved] = await Promise.all([db.query('BEGIN'), move(db, id, command, row.to)]);
    if (moved) await Promise.all([...inserts(db, schema, row), ...schedule(db, id, command)]);
    await db.query('COMMIT');
  } catch (error) {
    failed = error as Error;
    throw error;
  } finally {
    db.release(failed);
  }
}

async function main(): Promise<void> {
  await pool.query(`CREATE TABLE IF NOT EXISTS ${schema}.machine (id text PRIMARY KEY, state text NOT NULL)`);
  // Version 0.18 wants Node.js 22.
  await run({
    maxPoolSize: MAX_CONNECTIONS,
    connectionString: settings.database,
    concurrency: JOBS_AT_ONCE,
    noHandleSignals: true,
    taskList: {
      release: async (payload) =>
        await carryOut({ id: (payload as { id: string }).id, command: 'purge', body: '' }),
    },
  });
  serve(carryOut);
}

void main();
