/** Puts the rooms together: the parts that run, from settings to a listening API and a polling worker. */
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, type NativeConnectionOptions, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { type ApiServer, startApi } from '../api/server';
import {
  consoleProgress,
  type EmbeddedPostgres,
  type EmbeddedTemporal,
  lockDataFolder,
  startPostgres,
  startTemporal,
  stopStarted,
} from '../embedded';
import { POLICIES } from '../policies';
import { createPool } from '../store/db';
import { migrate } from '../store/migrate';
import { createSignatures } from '../store/signatures';
import { type RunningWorker, startWorker } from '../worker';
import { bundleForWorker } from '../worker/bundle';
import { TASK_QUEUE } from '../workflows/messages';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes';
import type { Settings } from './settings';

/** What runs, and how to stop it: stops go in the reverse order of starts; then whatever an interrupted start has left. */
export class Parts {
  private readonly stops: (() => Promise<void>)[] = [];

  add(stop: () => Promise<void>): void {
    this.stops.unshift(stop);
  }

  async stop(): Promise<void> {
    for (const stop of this.stops.splice(0)) await stop();
    await stopStarted();
  }
}

export interface Foundation {
  databaseUrl: string;
  temporal: EmbeddedTemporal;
  postgres: EmbeddedPostgres | null;
  /** Address, TLS and API key, as both kinds of the SDK's connections take them. */
  connection: ConnectionOptions & NativeConnectionOptions;
  namespace: string;
}

/** PostgreSQL (migrated) and Temporal: the operator's own, or embedded ones. Webpack runs meanwhile. */
export async function startFoundation(settings: Settings, parts: Parts, report = consoleProgress()): Promise<Foundation> {
  const lock = lockDataFolder(settings.dataFolder);
  parts.add(async () => lock.release());
  void bundleForWorker().catch(() => {});
  const [postgres, temporal] = await Promise.allSettled([
    startDatabase(settings, parts, report),
    startTemporalService(settings, parts, report),
  ]);
  if (postgres.status === 'rejected') throw postgres.reason;
  if (temporal.status === 'rejected') throw temporal.reason;
  const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: settings.env });
  const connection = { ...connectionOptions, address: temporal.value.address } as Foundation['connection'];
  return { ...postgres.value, temporal: temporal.value, connection, namespace: namespace ?? temporal.value.namespace };
}

type Report = ReturnType<typeof consoleProgress>;

async function startDatabase(
  settings: Settings,
  parts: Parts,
  report: Report,
): Promise<{ databaseUrl: string; postgres: EmbeddedPostgres | null }> {
  if (settings.databaseUrl !== undefined) {
    await migrate(settings.databaseAdminUrl ?? settings.databaseUrl, settings.databaseUrl);
    return { databaseUrl: settings.databaseUrl, postgres: null };
  }
  const postgres = await startPostgres({ dataFolder: settings.dataFolder, report });
  parts.add(() => postgres.stop());
  await migrate(postgres.adminUrl, postgres.serviceUrl);
  return { databaseUrl: postgres.serviceUrl, postgres };
}

async function startTemporalService(settings: Settings, parts: Parts, report: Report): Promise<EmbeddedTemporal> {
  const temporal = await startTemporal({ dataFolder: settings.dataFolder, report, env: settings.env, searchAttributes: SEARCH_ATTRIBUTES });
  parts.add(() => temporal.stop());
  return temporal;
}

export interface ServiceOptions {
  foundation: Foundation;
  settings: Pick<Settings, 'host' | 'port' | 'sandbox' | 'previousOperatorKey' | 'unsigned'>;
  operatorKey: string;
  logger: Logger;
  taskQueue?: string;
  /** Absolute path of a workflow bundle; default: the worker's own choice. */
  bundlePath?: string | undefined;
}

/** A client of its own connection, which is closed with the parts. */
async function connect({ connection, namespace }: Foundation, parts: Parts): Promise<Client> {
  const opened = await Connection.connect(connection);
  parts.add(() => opened.close());
  return new Client({ connection: opened, namespace });
}

/** Starts the worker; resolves when it polls. */
export async function runWorker(options: ServiceOptions, parts: Parts): Promise<RunningWorker> {
  const { foundation, settings, operatorKey, logger, taskQueue = TASK_QUEUE, bundlePath } = options;
  installRuntime();
  const onError = (error: unknown): void => logger.error({ err: error }, 'worker');
  const pool = createPool(foundation.databaseUrl, { max: 20, onError });
  parts.add(() => pool.end());
  const client = await connect(foundation, parts);
  const { connection, namespace } = foundation;
  const bundle = bundlePath === undefined ? {} : { bundle: { codePath: bundlePath } };
  const trust = { signatures: createSignatures(operatorKey, settings.previousOperatorKey), unsigned: settings.unsigned };
  const worker = await startWorker({ connection, namespace, taskQueue, trust, pool, client, onError, ...bundle });
  parts.add(() => worker.stop());
  return worker;
}

let installed = false;

/** Once a process, before any worker (TEMPORAL.md 46): the SDK's own log says only what needs attention. Signals are ours to handle. */
function installRuntime(): void {
  if (installed) return;
  installed = true;
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
}

/** Starts the API; resolves when it listens. */
export async function runApi(
  { foundation, settings, operatorKey, logger, taskQueue = TASK_QUEUE }: ServiceOptions,
  parts: Parts,
): Promise<ApiServer> {
  const onError = (error: unknown): void => logger.error({ err: error }, 'database');
  const pool = createPool(foundation.databaseUrl, { max: 20, onError });
  parts.add(() => pool.end());
  const temporal = await connect(foundation, parts);
  const { namespace, temporal: server } = foundation;
  const deps = {
    pool,
    temporal,
    namespace,
    operatorKey,
    sandbox: settings.sandbox,
    timeSkipping: server.timeSkipping,
    policies: POLICIES,
    logger,
    taskQueue,
  };
  const api = await startApi(deps, { host: settings.host, port: settings.port });
  parts.add(() => api.close());
  return api;
}
