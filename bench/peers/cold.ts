/** The least that a first program is: bundles the workflow, starts a worker, and has one update answered. */
import { randomUUID } from 'node:crypto';
import { Client, Connection, WithStartWorkflowOperation } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import pg from 'pg';
import * as activities from './activities';
import { bare, register } from './bare';

async function main(): Promise<void> {
  const { BENCH_TEMPORAL, BENCH_DATABASE, BENCH_BODY } = process.env;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  activities.useDatabase(new pg.Pool({ connectionString: BENCH_DATABASE!, pipeline: true }), 'bench');
  const taskQueue = `cold-${randomUUID()}`;
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address: BENCH_TEMPORAL! }),
    taskQueue,
    workflowsPath: require.resolve('./workflows'),
    activities: { record: activities.record },
  });
  const running = worker.run();
  const client = new Client({ connection: await Connection.connect({ address: BENCH_TEMPORAL! }) });
  const id = `cold-${randomUUID()}`;
  const startWorkflowOperation = new WithStartWorkflowOperation(bare, {
    workflowId: id,
    taskQueue,
    args: [id, BENCH_BODY!],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  await client.workflow.executeUpdateWithStart(register, { startWorkflowOperation });
  process.send?.('answered');
  await running;
}

void main();
