/** Puts the rooms together: from settings and what they stand on to a listening API and a polling worker. */
import { Client } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { type ApiServer, type Listening, startApi } from '../../api/http/server';
import type { SignInCodes } from '../../api/sign-in-codes';
import { withJitter } from '../../domain/jitter';
import { type ControlPlanes, openControlPlanes } from '../../drivers/control-planes';
import { vendorFacades } from '../../facades';
import { POLICIES } from '../../policies';
import { createPool } from '../../store/db';
import { createSignatures } from '../../store/signatures';
import { connectClient } from '../../temporal/connect';
import { type RunningWorker, startWorker } from '../../worker';
import { TASK_QUEUE } from '../../workflows/messages';
import { consoleFolder } from './console';
import type { Foundation } from './foundation';
import type { Components } from './parts';
import type { Settings } from './settings';

/**
 * Running requests and running steps get this long; what is not done then is taken up again by the next
 * start.
 */
const API_GRACE_MS = 8000;
const WORKER_LIMIT_MS = 12_000;
const CLOSE_LIMIT_MS = 2000;

export interface ServiceOptions {
  foundation: Foundation;
  settings: Pick<
    Settings,
    | 'host'
    | 'port'
    | 'sandbox'
    | 'previousOperatorKey'
    | 'unsigned'
    | 'callStacks'
    | 'binJitterSeconds'
    | 'keep'
    | 'vendorApis'
    | 'sessions'
    | 'trustedProxies'
    | 'console'
    | 'controlPlanes'
    | 'webUi'
  >;
  /** Sign the operator in once each; default: there are none. */
  signInCodes?: SignInCodes | undefined;
  /** Default: opened from the settings, for this part alone. */
  controlPlanes?: ControlPlanes;
  operatorKey: string;
  logger: Logger;
  taskQueue?: string;
  /** Absolute path of a workflow bundle; default: the worker's own choice. */
  bundlePath?: string | undefined;
}

/** A client of its own connection, which is closed with the parts. */
async function connect({ connection, namespace }: Foundation, parts: Components): Promise<Client> {
  const opened = await connectClient(connection);
  parts.add('a connection to Temporal', () => opened.close(), CLOSE_LIMIT_MS);
  return new Client({ connection: opened, namespace });
}

const planesOf = ({ controlPlanes, settings }: ServiceOptions): ControlPlanes =>
  controlPlanes ?? openControlPlanes(settings.controlPlanes);

/** Starts the worker; resolves when it polls. */
export async function runWorker(options: ServiceOptions, parts: Components): Promise<RunningWorker> {
  const { foundation, settings, operatorKey, logger, taskQueue = TASK_QUEUE, bundlePath } = options;
  installRuntime();
  const onError = (error: unknown): void => logUnlessStopping(parts, logger, error, 'worker');
  const pool = createPool(foundation.databaseUrl, { max: 20, onError });
  parts.add('the connections to PostgreSQL', () => pool.end(), CLOSE_LIMIT_MS);
  const client = await connect(foundation, parts);
  const { connection, namespace } = foundation;
  const bundle = bundlePath === undefined ? {} : { bundle: { codePath: bundlePath } };
  const trust = {
    signatures: createSignatures(operatorKey, settings.previousOperatorKey),
    unsigned: settings.unsigned,
  };
  const worker = await startWorker({
    connection,
    namespace,
    taskQueue,
    trust,
    pool,
    client,
    keep: settings.keep,
    callStacks: settings.callStacks,
    driverOf: planesOf(options).driverNamed,
    onError,
    ...bundle,
  });
  parts.add('the worker', () => worker.stop(), WORKER_LIMIT_MS);
  return worker;
}

/** Connections that are closed because everything stops are no failure. */
function logUnlessStopping(parts: Components, logger: Logger, error: unknown, where: string): void {
  if (!parts.isStopping) logger.error({ err: error }, where);
}

let installed = false;

/**
 * Once a process, before any worker: the SDK's own log says only what needs attention. Signals are ours to
 * handle.
 */
function installRuntime(): void {
  if (installed) return;
  installed = true;
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
}

/** The vendors' own interfaces: at the API's port, at one of their own, or none. */
const facadesOf = (asked: boolean | number): Pick<Listening, 'facades' | 'facadePort'> => ({
  facades: asked === false ? [] : [vendorFacades],
  ...(typeof asked === 'number' ? { facadePort: asked } : {}),
});

/** Starts the API; resolves when it listens. */
export async function runApi(options: ServiceOptions, parts: Components): Promise<ApiServer> {
  const { foundation, settings, operatorKey, logger, taskQueue = TASK_QUEUE, signInCodes } = options;
  const onError = (error: unknown): void => logUnlessStopping(parts, logger, error, 'database');
  const pool = createPool(foundation.databaseUrl, { max: 20, onError });
  parts.add('the connections to PostgreSQL', () => pool.end(), CLOSE_LIMIT_MS);
  const temporal = await connect(foundation, parts);
  const { namespace, temporal: server } = foundation;
  const deps = {
    pool,
    temporal,
    namespace,
    operatorKey,
    sandbox: settings.sandbox,
    timeSkipping: server.timeSkipping,
    policies: POLICIES.map((policy) => withJitter(policy, settings.binJitterSeconds)),
    logger,
    taskQueue,
    sessions: settings.sessions,
    controlPlanes: planesOf(options),
    trustedProxies: settings.trustedProxies,
    signInCodes,
    webUi: settings.webUi ?? server.webUiUrl?.replace(/\/+$/, ''),
    console: settings.console ? consoleFolder() : undefined,
  };
  const api = await startApi(deps, {
    host: settings.host,
    port: settings.port,
    ...facadesOf(settings.vendorApis ?? false),
  });
  parts.addFirst('the API', () => api.close(API_GRACE_MS), API_GRACE_MS + 1000);
  return api;
}
