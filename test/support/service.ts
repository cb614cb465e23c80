/** The real service for a test file: its own database and task queue, an API on a free port, a worker that can be stopped and started. */
import { randomBytes } from 'node:crypto';
import { Client } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import pino from 'pino';
import { startApi } from '../../api/server';
import type { Signable } from '../../domain/signed';
import { POLICIES } from '../../policies';
import { createPool, type Pool } from '../../store/db';
import { createSignatures, type Signatures } from '../../store/signatures';
import { type RunningWorker, startWorker, type WorkerOptions } from '../../worker';
import { connectClient } from '../../workflows/connect';
import { Http } from './http';
import { type Shared, shared, TEMPLATE, temporalOf, withDatabase } from './shared';

export interface ServiceUnderTest {
  http: Http;
  pool: Pool;
  /** The owner's role: for looking, and for trying what must be refused. */
  adminUrl: string;
  serviceUrl: string;
  client: Client;
  taskQueue: string;
  /** Those that were started, the first first. */
  workers: RunningWorker[];
  operatorKey: string;
  /** As the API signs: for messages that a test sends in its place. */
  signatures: Signatures;
  startWorker(
    options?: Partial<Pick<WorkerOptions, 'activities' | 'maxCachedWorkflows' | 'sweepEveryMs' | 'sealEveryMs' | 'watchEveryMs' | 'trust'>>,
  ): Promise<RunningWorker>;
  stop(): Promise<void>;
}

export interface ServiceOptions {
  worker?: boolean;
  policies?: typeof POLICIES;
  maxCachedWorkflows?: number;
  commandWaitMs?: number;
  authFailuresPerMinute?: number;
}

/** A message of a test's own, as the API signs it. */
export const signed = <M extends Signable>(
  { signatures }: ServiceUnderTest,
  instanceId: string,
  message: M,
): M & { signature: string } => ({
  ...message,
  signature: signatures.sign(instanceId, message),
});

let installed = false;

/** The SDK says only what is wrong. */
function quietRuntime(): void {
  if (!installed) Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'ERROR' } } });
  installed = true;
}

export async function startService(options: ServiceOptions = {}): Promise<ServiceUnderTest> {
  quietRuntime();
  const at = shared();
  const name = `test_${randomBytes(6).toString('hex')}`;
  const { adminUrl, serviceUrl } = await createDatabase(at, name);
  const pool = createPool(serviceUrl, { max: 30 });
  const connection = await connectClient(temporalOf(at));
  const client = new Client({ connection, namespace: at.namespace });
  const operatorKey = `sk_${randomBytes(12).toString('hex')}`;
  const server = await startApi(
    {
      pool,
      temporal: client,
      namespace: at.namespace,
      operatorKey,
      sandbox: true,
      timeSkipping: true,
      policies: options.policies ?? POLICIES,
      logger: pino({ level: process.env.LOG_LEVEL ?? 'silent' }),
      taskQueue: name,
      ...(options.commandWaitMs === undefined ? {} : { commandWaitMs: options.commandWaitMs }),
      ...(options.authFailuresPerMinute === undefined ? {} : { authFailuresPerMinute: options.authFailuresPerMinute }),
    },
    { host: '127.0.0.1', port: 0 },
  );
  const signatures = createSignatures(operatorKey);
  const workers: RunningWorker[] = [];
  const service: ServiceUnderTest = {
    workers,
    http: new Http(server.url, operatorKey),
    pool,
    adminUrl,
    serviceUrl,
    client,
    taskQueue: name,
    operatorKey,
    signatures,
    startWorker: async (more = {}) => {
      const worker = await startWorker({
        connection: temporalOf(at),
        namespace: at.namespace,
        taskQueue: name,
        trust: { signatures },
        pool,
        client,
        sweepEveryMs: 200,
        sweepOlderThanMs: 2000,
        bundle: { codePath: at.bundlePath },
        onError: (error) => console.error(error),
        ...more,
      });
      workers.push(worker);
      return worker;
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await server.close();
      await pool.end();
      await connection.close();
    },
  };
  const { maxCachedWorkflows } = options;
  if (options.worker ?? true) await service.startWorker(maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows });
  return service;
}

async function createDatabase({ adminUrl, serviceUrl }: Shared, name: string): Promise<{ adminUrl: string; serviceUrl: string }> {
  await withDatabase(adminUrl, (admin) => admin.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY file_copy`));
  const at = (url: string): string => {
    const changed = new URL(url);
    changed.pathname = `/${name}`;
    return changed.toString();
  };
  return { adminUrl: at(adminUrl), serviceUrl: at(serviceUrl) };
}
