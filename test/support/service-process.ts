/**
 * A service in a process of its own, to be killed: an API and a worker on the database and task queue of a
 * test. Its activities can be made to hang before or after their COMMIT; a line on standard output says that
 * one does.
 */
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import pino from 'pino';
import { type Activities, createActivities } from '../../activities';
import { startApi } from '../../api/http/server';
import type { Policy } from '../../domain/policy';
import type { StepInput } from '../../domain/step';
import { openControlPlanes } from '../../drivers/control-planes';
import { POLICIES } from '../../policies';
import { createPool } from '../../store/db';
import { createSignatures } from '../../store/signatures';
import { startWorker } from '../../worker';
import { temporalOf } from './shared';

export interface ProcessInput {
  serviceUrl: string;
  clientConfig: string;
  namespace: string;
  bundlePath: string;
  taskQueue: string;
  operatorKey: string;
  /** The command (as the timeline names it) whose step hangs. */
  hangAt?: string;
  when?: 'before-commit' | 'after-commit';
  policies?: Policy[];
}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const forEver = (): Promise<never> => new Promise(() => {});

function hanging(activities: Activities, { hangAt, when }: ProcessInput): Activities {
  const wrap = (work: Activities['record']) => async (step: StepInput) => {
    if (step.command !== hangAt) return await work(step);
    if (when === 'after-commit') await work(step);
    say({ hangs: step.command, when });
    return await forEver();
  };
  return { ...activities, record: wrap(activities.record), settle: wrap(activities.settle) };
}

async function main(): Promise<void> {
  const input = JSON.parse(process.env.SUNSET_PROCESS!) as ProcessInput;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const pool = createPool(input.serviceUrl, { max: 10 });
  const connection = await Connection.connect(temporalOf(input));
  const temporal = new Client({ connection, namespace: input.namespace });
  const trust = { signatures: createSignatures(input.operatorKey) };
  await startWorker({
    connection: temporalOf(input),
    namespace: input.namespace,
    taskQueue: input.taskQueue,
    pool,
    client: temporal,
    bundle: { codePath: input.bundlePath },
    trust,
    activities: hanging(createActivities(pool, trust, openControlPlanes([]).driverNamed), input),
    onError: (error) => console.error(error),
  });
  const api = await startApi(
    {
      pool,
      temporal,
      namespace: input.namespace,
      operatorKey: input.operatorKey,
      sandbox: true,
      timeSkipping: true,
      policies: input.policies ?? POLICIES,
      logger: pino({ level: 'silent' }),
      taskQueue: input.taskQueue,
    },
    { host: '127.0.0.1', port: 0 },
  );
  say({ url: api.url });
}

void main();
