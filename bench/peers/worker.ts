/** A worker of the yardsticks, as a process of its own: `tsx bench/peers/worker.ts`, settings by environment. */
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import pg from 'pg';
import { withoutCallStacks } from '../../worker/call-stacks';
import * as activities from './activities';

async function main(): Promise<void> {
  const { BENCH_TEMPORAL, BENCH_DATABASE, BENCH_SCHEMA, BENCH_QUEUE, BENCH_BUNDLE, BENCH_CACHED_LIVES } =
    process.env;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const pool = new pg.Pool({ connectionString: BENCH_DATABASE!, max: 20, pipeline: true });
  activities.useDatabase(pool, BENCH_SCHEMA!);
  const connection = await NativeConnection.connect({ address: BENCH_TEMPORAL! });
  const create = (settings: Partial<WorkerOptions> = {}): Promise<Worker> =>
    Worker.create({
      connection,
      namespace: 'default',
      taskQueue: BENCH_QUEUE!,
      workflowBundle: { codePath: BENCH_BUNDLE! },
      activities: { record: activities.record },
      ...settings,
    });
  const worker = await (BENCH_CACHED_LIVES
    ? withoutCallStacks(() => create({ maxCachedWorkflows: Number(BENCH_CACHED_LIVES) }))
    : create());
  process.send?.('ready');
  process.on('disconnect', () => worker.shutdown());
  await worker.run();
  process.exit(0);
}

void main();
