import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { type EmbeddedError, inPlainWords, refuseWindows } from '../errors';
import { cacheFolder, makeFolder, openDataFolder, PRIVATE } from '../folders';
import { closeTree } from '../modes';
import type { Watcher } from '../process/keep-up';
import { during, type Progress } from '../progress';
import { canSkipTime, ensureNamespace, makeSearchable, type SearchAttributeKind } from './check';
import { type Connecting, rememberClient } from './client';
import { startCli, startServer } from './engines';
import { type ExistingTemporal, useExisting } from './existing';
import { type Engine, findTemporal } from './program';

export interface EmbeddedTemporal {
  /** host:port of the frontend. */
  address: string;
  namespace: string;
  /** How to connect to it: both kinds of the SDK's connections take it. */
  connection: Connecting;
  /**
   * Of a server that was started: a file (TOML, for TEMPORAL_CONFIG_FILE) by which its owner's programs
   * connect.
   */
  clientConfig: string | null;
  /** Null when there is none, or when it is not known (TEMPORAL_ADDRESS). */
  webUiUrl: string | null;
  /** Why there is no Web UI although one was wanted. */
  webUiProblem?: string;
  /** Whether the server fast-forwards single workflows; asked from the server itself. */
  timeSkipping: boolean;
  /** False when TEMPORAL_ADDRESS was given: then nothing was started, and `stop` stops nothing. */
  started: boolean;
  source: 'TEMPORAL_ADDRESS' | 'PATH' | 'download' | 'go';
  pids: number[];
  /**
   * Starts what ends by itself again, until `stop`, or until what is answered is called. That the Web UI
   * can't be had any more is only said.
   */
  keepUp(watcher: Watcher): () => Promise<void>;
  /** Resolves when the processes are gone. May be called again. */
  stop(): Promise<void>;
}

export interface TemporalOptions {
  /** `SUNSET_DATA`. Lock it first (`lockDataFolder`). */
  dataFolder: string;
  report: Progress;
  /** Default: the environment of this process. */
  env?: NodeJS.ProcessEnv;
  searchAttributes: Record<string, SearchAttributeKind>;
  /** Default true. */
  webUi?: boolean;
}

const NAMESPACE = 'default';

/** Which engine made the data that is there. */
function engineOfData(folder: string): Engine | undefined {
  if (existsSync(join(folder, 'server.db'))) return 'server';
  return existsSync(join(folder, 'cli.db')) ? 'cli' : undefined;
}

async function makeUsable(
  connecting: Connecting,
  attributes: Record<string, SearchAttributeKind>,
  report: Progress,
): Promise<boolean> {
  return during(report, 'preparing the namespace and its search attributes', async () => {
    const connection = await Connection.connect(connecting);
    try {
      await ensureNamespace(connection, NAMESPACE);
      await makeSearchable(connection, NAMESPACE, attributes);
      return await canSkipTime(connection, NAMESPACE);
    } finally {
      await connection.close();
    }
  });
}

/** The operator's own: nothing was started, so nothing is kept up or stopped. */
function notOurs(existing: ExistingTemporal): EmbeddedTemporal {
  const nothing = { keepUp: () => async () => {}, stop: async () => {} };
  const unknown = { clientConfig: null, webUiUrl: null, pids: [] };
  return { ...existing, ...unknown, ...nothing, started: false, source: 'TEMPORAL_ADDRESS' };
}

async function startOwn(options: Required<TemporalOptions>): Promise<EmbeddedTemporal> {
  const { dataFolder, report, env, searchAttributes, webUi } = options;
  refuseWindows();
  const folder = join(await openDataFolder(dataFolder), 'temporal');
  makeFolder(folder, PRIVATE);
  closeTree(folder);
  const cache = cacheFolder(env);
  const program = await findTemporal({ env, cache, report }, engineOfData(folder));
  const startEngine = program.engine === 'cli' ? startCli : startServer;
  const { server, page, certificates, ...running } = await startEngine(program, {
    folder,
    cache,
    report,
    env,
    webUi,
  });
  const { connection } = running;
  const stop = async (): Promise<void> => {
    await Promise.all([page?.door.close(), page?.ui.stop(), server.stop()]);
  };
  const keepUp = (watcher: Watcher): (() => Promise<void>) => {
    const onLost = ({ message, next }: EmbeddedError): void =>
      watcher.say(`${message} (${next}). All else goes on`);
    const leaveServer = server.keepUp(watcher);
    const leavePage = page?.ui.keepUp({ ...watcher, onLost });
    return async () => void (await Promise.all([leaveServer(), leavePage?.()]));
  };
  try {
    const timeSkipping = await makeUsable(connection, searchAttributes, report);
    const clientConfig = rememberClient(dataFolder, connection.address, NAMESPACE, certificates);
    if (!certificates) report('this Temporal (the CLI) has no TLS: every user of this machine can reach it');
    const { address } = connection;
    const pids = [server.pid, ...(page ? [page.ui.pid] : [])];
    const known = { address, clientConfig, namespace: NAMESPACE, timeSkipping, source: program.source, pids };
    return { ...running, ...known, started: true, keepUp, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Connects to the Temporal of TEMPORAL_ADDRESS, or brings up a real server on loopback ports: of the
 * `temporal` CLI on PATH, of the CLI that the SDK downloads, or built once from Go modules. It is usable
 * (namespace, search attributes) when this resolves.
 * @throws EmbeddedError with what to do when none of these is possible.
 */
export async function startTemporal(options: TemporalOptions): Promise<EmbeddedTemporal> {
  const { dataFolder, report, env = process.env, searchAttributes, webUi = true } = options;
  try {
    if (env.TEMPORAL_ADDRESS) return notOurs(await useExisting(env, searchAttributes, report));
    return await startOwn({ dataFolder, report, env, searchAttributes, webUi });
  } catch (error) {
    throw inPlainWords('Temporal could not be started', error);
  }
}
