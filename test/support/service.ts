/**
 * The real service for a test file: its own database and task queue, an API on a free port, a worker that can
 * be stopped and started.
 */
import { randomBytes } from 'node:crypto';
import { Client } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import pino from 'pino';
import type { ApiDeps } from '../../api/deps';
import type { FeedSettings } from '../../api/events/feed';
import { startApi } from '../../api/http/server';
import type { SignInCodes } from '../../api/sign-in-codes';
import type { Signable } from '../../domain/signed';
import { vendorFacades } from '../../facades';
import { POLICIES } from '../../policies';
import { audit } from '../../store/audit';
import { createPool, type Pool } from '../../store/db';
import { createSignatures, type Signatures } from '../../store/signatures';
import { connectClient } from '../../temporal/connect';
import { type RunningWorker, startWorker, type WorkerOptions } from '../../worker';
import { Http } from './http';
import { until } from './lives';
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
    options?: Partial<
      Pick<
        WorkerOptions,
        | 'activities'
        | 'callStacks'
        | 'driverOf'
        | 'maxCachedWorkflows'
        | 'onError'
        | 'sweepEveryMs'
        | 'sealEveryMs'
        | 'watchEveryMs'
        | 'trust'
      >
    >,
  ): Promise<RunningWorker>;
  stop(): Promise<void>;
}

export interface ServiceOptions {
  /** None, or one that is set otherwise; default: one like in production, in a hurry. */
  worker?: boolean | Parameters<ServiceUnderTest['startWorker']>[0];
  policies?: typeof POLICIES;
  commandWaitMs?: number;
  authFailuresPerMinute?: number;
  sessions?: ApiDeps['sessions'];
  signInCodes?: SignInCodes;
  events?: Partial<FeedSettings>;
  trustedProxies?: string[];
  controlPlanes?: ApiDeps['controlPlanes'];
  webUi?: string;
  /** The folder of the built console. */
  console?: string;
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
  if (!installed)
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: 'ERROR' } },
    });
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
      ...(options.authFailuresPerMinute === undefined
        ? {}
        : { authFailuresPerMinute: options.authFailuresPerMinute }),
      ...(options.sessions === undefined ? {} : { sessions: options.sessions }),
      ...(options.trustedProxies === undefined ? {} : { trustedProxies: options.trustedProxies }),
      ...(options.controlPlanes === undefined ? {} : { controlPlanes: options.controlPlanes }),
      signInCodes: options.signInCodes,
      webUi: options.webUi,
      console: options.console,
      ...(options.events === undefined ? {} : { events: options.events }),
    },
    { host: '127.0.0.1', port: 0, facades: [vendorFacades] },
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
        ...(options.controlPlanes ? { driverOf: options.controlPlanes.driverNamed } : {}),
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
  const { worker = true } = options;
  if (worker) await service.startWorker(worker === true ? {} : worker);
  return service;
}

/**
 * A service for all tests of a file: it is there once they run, and is stopped after them.
 * @param atEnd what is to be done with it before that
 */
export function useService(
  options: ServiceOptions = {},
  atEnd: (service: ServiceUnderTest) => Promise<void> = async () => {},
): { service: ServiceUnderTest; http: Http } {
  // Filled by the time that anybody looks into them.
  const service = {} as ServiceUnderTest;
  const http = Object.create(Http.prototype) as Http;
  beforeAll(async () => {
    const started = await startService(options);
    Object.assign(http, started.http);
    Object.assign(service, started, { http });
  });
  afterAll(() => atEnd(service).finally(() => service.stop()));
  return { service, http };
}

/** Waits until no agreement is under way any more. */
export const everythingDecided = ({ pool }: ServiceUnderTest): Promise<true> =>
  until(async () => {
    const { rows } = await pool.query("SELECT FROM termination_items WHERE status = 'accepted' LIMIT 1");
    return rows.length === 0;
  }, 'everything that was accepted to be decided');

/** Whatever was done, the books and records say the same at the end. */
export async function auditAtEnd({ pool }: ServiceUnderTest): Promise<void> {
  const { checks } = await audit(pool);
  expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
}

async function createDatabase(
  { adminUrl, serviceUrl }: Shared,
  name: string,
): Promise<{ adminUrl: string; serviceUrl: string }> {
  await withDatabase(adminUrl, (admin) =>
    admin.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY file_copy`),
  );
  const at = (url: string): string => {
    const changed = new URL(url);
    changed.pathname = `/${name}`;
    return changed.toString();
  };
  return { adminUrl: at(adminUrl), serviceUrl: at(serviceUrl) };
}
