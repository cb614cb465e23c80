/**
 * The process that hosts workflows and activities, sweeps up what was accepted but not carried out, seals
 * what was booked, and deletes what was kept for its time.
 */
import type { Client } from '@temporalio/client';
import {
  NativeConnection,
  type NativeConnectionOptions,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { type Activities, createActivities } from '../activities';
import { createAuditActivities } from '../activities/audit';
import { createDriftActivities } from '../activities/drift';
import type { Trust } from '../activities/trust';
import { openControlPlanes } from '../drivers/control-planes';
import type { Driver } from '../drivers/port';
import type { Pool } from '../store/db';
import { KEEP, type Keep } from '../store/retention';
import { OWN_MS } from '../temporal/items';
import { bundleForWorker } from './bundle';
import { withoutCallStacks } from './call-stacks';
import { Pace } from './pace';
import { startPublisher } from './publisher';
import { ensureSchedules } from './schedule';
import { startSealer } from './sealer';
import { startSweep } from './sweep';
import { startTrimmer } from './trimmer';
import { startWatch } from './watch';
import { workflowsOf } from './workflows';

export interface WorkerOptions {
  connection: NativeConnectionOptions;
  namespace: string;
  taskQueue: string;
  pool: Pool;
  /** Whose messages count; its key signs what the sweep sends. */
  trust: Trust;
  /** For the sweep, which sends updates, and for the nightly audit. */
  client: Client;
  /** How often the sweep looks, and how old an accepted item must be, in milliseconds. */
  sweepEveryMs?: number;
  sweepOlderThanMs?: number;
  /** How often the sealer looks, in milliseconds. */
  sealEveryMs?: number;
  /** How often the publisher of events looks, in milliseconds. */
  publishEveryMs?: number;
  /** How often one of all workers looks for lives that are lost or late, in milliseconds. */
  watchEveryMs?: number;
  /** What is kept for a time only, and for how long; default: `KEEP`. */
  keep?: Keep;
  /** Default: {@link CACHED_LIVES}. */
  maxCachedWorkflows?: number;
  /** Whether the Web UI can show where a workflow waits in its code (`call-stacks.ts`); default: not. */
  callStacks?: boolean;
  /** Control planes, by the name that an instance keeps; default: there is none. */
  driverOf?: (name: string) => Driver;
  /** Default: those of this database. */
  activities?: Activities;
  /** Default: the prebuilt one beside the compiled code, else built from `workflows/`. */
  bundle?: WorkflowBundleOption;
  onError: (error: unknown) => void;
}

const TRIM_EVERY_MS = 600_000;

export interface RunningWorker {
  /** Settles when the worker has stopped; rejects when it failed. */
  finished: Promise<void>;
  /** Whether it polls: false from the moment it is told to stop. */
  isPolling(): boolean;
  /** Lets running activities finish, and stops within {@link STOP_WITHIN_MS} whatever they do. */
  stop(): Promise<void>;
}

/**
 * At a time. Most that are many wait for a control plane (each lets in so many, and has a queue): what needs only the
 * database must not wait behind them, and has its own bound in the pool.
 */
const ACTIVITIES = 2000;

/**
 * Lives that a worker keeps in memory. What comes to one comes in seconds (registered, quoted, confirmed) or after weeks, when it is read
 * anew whatever the size. The SDK's own default (2,300 with 24 GiB) is dear: at each turn of its loop sdk-core walks through all it keeps
 * (`reconcile_buffered`), a fifth of a worker's time when the cache is full.
 */
export const CACHED_LIVES = 200;

/**
 * Running activities get the grace. What then still runs or is being tried again is left: the next worker
 * takes it up from its history.
 */
const GRACE_MS = 8000;
const FORCE_MS = 11_000;
export const STOP_WITHIN_MS = 12_000;

/** Starts a worker; resolves when it polls. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const signer = options.trust.signatures;
  const workflows = workflowsOf(options.client, options.pool, options.taskQueue, signer);
  const connection = await NativeConnection.connect(options.connection);
  const workflowBundle = options.bundle ?? (await bundleForWorker());
  const { driverOf = openControlPlanes([]).driverNamed } = options;
  const pace = new Pace();
  const create = (): Promise<Worker> =>
    Worker.create({
      connection,
      namespace: options.namespace,
      taskQueue: options.taskQueue,
      workflowBundle,
      activities: {
        ...pace.watching(options.activities ?? createActivities(options.pool, options.trust, driverOf)),
        ...createAuditActivities(options.pool, workflows),
        ...createDriftActivities(options.pool, driverOf),
      },
      maxConcurrentActivityTaskExecutions: ACTIVITIES,
      shutdownGraceTime: GRACE_MS,
      shutdownForceTime: FORCE_MS,
      maxCachedWorkflows: options.maxCachedWorkflows ?? CACHED_LIVES,
    });
  const worker = await (options.callStacks ? create() : withoutCallStacks(create));
  // A server that has no schedules runs instances all the same.
  await ensureSchedules(options.client, options.taskQueue).catch(options.onError);
  const sweep = startSweep(options.client, options.pool, {
    everyMs: options.sweepEveryMs ?? 1000,
    olderThanMs: options.sweepOlderThanMs ?? OWN_MS,
    taskQueue: options.taskQueue,
    signer,
    pace,
    onError: options.onError,
  });
  const sealer = startSealer(options.pool, {
    everyMs: options.sealEveryMs ?? 1000,
    onError: options.onError,
  });
  const publisher = startPublisher(options.pool, {
    everyMs: options.publishEveryMs ?? 250,
    onError: options.onError,
  });
  const watch = startWatch(options.pool, workflows, {
    everyMs: options.watchEveryMs ?? 30_000,
    onError: options.onError,
  });
  const trimmer = startTrimmer(options.pool, options.keep ?? KEEP, {
    everyMs: TRIM_EVERY_MS,
    onError: options.onError,
  });
  const stopLoops = (): Promise<unknown> =>
    Promise.all([sweep.stop(), sealer.stop(), publisher.stop(), watch.stop(), trimmer.stop()]);
  const finished = worker.run().finally(async () => {
    await stopLoops();
    // A worker that had to be forced holds on to it; it goes with the process.
    await connection.close().catch(() => {});
  });
  finished.catch(options.onError);
  return {
    finished,
    isPolling: () => worker.getState() === 'RUNNING',
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.all([stopLoops(), finished.catch(() => {})]);
    },
  };
}
