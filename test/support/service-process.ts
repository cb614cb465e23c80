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
import { planesOf } from './machines';
import { temporalOf } from './shared';

export interface ProcessInput {
  serviceUrl: string;
  clientConfig: string;
  namespace: string;
  bundlePath: string;
  taskQueue: string;
  operatorKey: string;
  /** The command (as the timeline names it) whose step hangs, or the beginning of its id; `machine`: the asking. */
  hangAt?: string;
  when?: 'before-commit' | 'after-commit';
  policies?: Policy[];
  /** All machines are its. */
  plane?: { url: string; secret: string };
  /** false: an API only. */
  worker?: boolean;
}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const forEver = (): Promise<never> => new Promise(() => {});

function hanging(activities: Activities, { hangAt, when }: ProcessInput): Activities {
  const hang = async (work: () => Promise<unknown>): Promise<never> => {
    if (when === 'after-commit') await work();
    say({ hangs: hangAt, when });
    return await forEver();
  };
  const wrap = (work: Activities['record']) => async (step: StepInput) => {
    const isIt = hangAt !== undefined && (step.command === hangAt || step.commandId.startsWith(`${hangAt}/`));
    return isIt ? await hang(() => work(step)) : await work(step);
  };
  const cross: Activities['cross'] = async (input) =>
    hangAt === 'machine' ? await hang(() => activities.cross(input)) : await activities.cross(input);
  return { ...activities, cross, record: wrap(activities.record), settle: wrap(activities.settle) };
}

async function main(): Promise<void> {
  const input = JSON.parse(process.env.SUNSET_PROCESS!) as ProcessInput;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const pool = createPool(input.serviceUrl, { max: 10 });
  const connection = await Connection.connect(temporalOf(input));
  const temporal = new Client({ connection, namespace: input.namespace });
  const { plane } = input;
  const controlPlanes = plane ? planesOf(plane) : openControlPlanes([]);
  const trust = { signatures: createSignatures(input.operatorKey) };
  const worker = {
    connection: temporalOf(input),
    namespace: input.namespace,
    taskQueue: input.taskQueue,
    pool,
    client: temporal,
    bundle: { codePath: input.bundlePath },
    trust,
    activities: hanging(createActivities(pool, trust, controlPlanes.driverNamed), input),
    driverOf: controlPlanes.driverNamed,
    onError: (error: unknown) => console.error(error),
  };
  if (input.worker !== false) await startWorker(worker);
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
      controlPlanes,
    },
    { host: '127.0.0.1', port: 0 },
  );
  say({ url: api.url });
}

void main();
