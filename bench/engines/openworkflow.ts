/**
 * OpenWorkflow: a workflow run a life that waits for signals. A signal that nobody waits for is dropped, so
 * it is sent until somebody does; nothing tells its sender what came of it, so it looks into the product's
 * own table.
 */
import { OpenWorkflow } from 'openworkflow';
import { BackendPostgres } from 'openworkflow/postgres';
import { type Asked, createPool, MAX_CONNECTIONS, recorder, serve, settings, stepOf } from './serve';

const { schema, database } = settings;
const pool = createPool();
const record = recorder(pool);
const LOOK_MS = 20;
const LIMIT_MS = 60_000;

const signalOf = (id: string, command: string): string => `${command}:${id}`;

async function start(): Promise<(asked: Asked) => Promise<void>> {
  const backend = await BackendPostgres.connect(database);
  const engine = new OpenWorkflow({ backend });
  const life = engine.defineWorkflow<{ id: string; body: string }, void>(
    { name: 'life' },
    async ({ input: { id, body }, step }) => {
      await step.run({ name: 'register' }, () => record({ id, command: 'register', body }));
      const end = await step.waitForSignal<string>({ signal: signalOf(id, 'end'), timeout: '100y' });
      await step.run({ name: 'end' }, () => record({ id, command: 'end', body: end?.data ?? '' }));
      const purge = await step.waitForSignal<string>({ signal: signalOf(id, 'purge'), timeout: '7d' });
      await step.run({ name: 'purge' }, () => record({ id, command: 'purge', body: purge?.data ?? '' }));
    },
  );
  await engine.newWorker({ concurrency: MAX_CONNECTIONS }).start();

  const isRecorded = async (asked: Asked): Promise<boolean> => {
    const { rowCount } = await pool.query({
      name: 'is-recorded',
      text: `SELECT FROM ${schema}.steps WHERE id = $1 AND step = $2`,
      values: [asked.id, stepOf(asked).step],
    });
    return rowCount! > 0;
  };

  return async (asked) => {
    const { id, command, body, key } = asked;
    const until = Date.now() + LIMIT_MS;
    let isTaken = command === 'register';
    if (isTaken) await life.run({ id, body }, { idempotencyKey: id });
    while (Date.now() < until) {
      if (!isTaken) {
        const signal = { signal: signalOf(id, command), data: body, idempotencyKey: key };
        isTaken = (await engine.sendSignal(signal)).workflowRunIds.length > 0;
      }
      if (await isRecorded(asked)) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    throw new Error(`${command} of ${id} took too long`);
  };
}

void start().then(serve);
