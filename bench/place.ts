/** Where everything is measured: the native cluster on a folder of its own, and the yardsticks' workers beside it. */
import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import pg from 'pg';
import type { Components } from '../cli/process/parts';
import type { Progress } from '../embedded';
import { asSuperuser, type ClusterState, readState } from '../embedded/tools';
import { createPool } from '../store/db';
import { connectClient } from '../temporal/connect';
import { readSecret } from '../tools/cluster/place';
import { type Cluster, startCluster } from '../tools/cluster/start';
import { CACHED_LIVES } from '../worker';
import { parentOf } from './cpu';
import { tablesOf } from './peers/tables';

export interface Place {
  cluster: Cluster;
  /** As Sunset's own processes connect. */
  client: Client;
  /** As whoever writes a first program connects. */
  plainClient: Client;
  pool: pg.Pool;
  /** Of the yardsticks. */
  queue: string;
  startWorkers(yardstick: Yardstick): Promise<ChildProcess[]>;
  /** What is to be stopped at the end. */
  parts: Components;
  /** Process ids of each group. */
  pids: { client: number[]; sunset: number[]; temporal: number[]; postgres: number[]; peers: number[] };
}

/** Rates that keep a laptop's server from being flooded; a bench wants to see what is behind them. */
export const UNLIMITED = {
  'frontend.namespaceRPS': 100_000,
  'frontend.rps': 100_000,
  'frontend.namespaceRPS.visibility': 100_000,
  'history.rps': 100_000,
  'history.persistenceMaxQPS': 100_000,
  'frontend.persistenceMaxQPS': 100_000,
  'matching.persistenceMaxQPS': 100_000,
  'matching.rps': 100_000,
};

export async function startPlace(parts: Components, report: Progress): Promise<Place> {
  const folder = resolve(process.env.SUNSET_DATA || '.sunset', 'bench');
  mkdirSync(folder, { recursive: true });
  // What a run leaves would be read, listed and vacuumed in the next one. Its logs stay.
  parts.addLast(async () => rmSync(join(folder, 'postgres'), { recursive: true, force: true }));
  const cluster = await startCluster(folder, parts, report, UNLIMITED);
  await asOwner(cluster, async (admin) => {
    for (const sql of tablesFor(cluster, YARDSTICK.schema, true)) await admin.query(sql);
  });
  const postmaster = await asOwner(cluster, async (admin) => {
    const { rows } = await admin.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return parentOf(rows[0]!.pid)!;
  });
  const bundle = await bundlePeers(folder);
  const startWorkers = (yardstick: Yardstick) => startPeers(cluster, bundle, yardstick, parts);
  const workers = await startWorkers(YARDSTICK);
  const connection = await connectClient({ address: cluster.temporal });
  const plain = await Connection.connect({ address: cluster.temporal });
  const pool = createPool(cluster.databaseUrl, { max: 8 });
  parts.add('the connections', async () => {
    await Promise.all([connection.close(), plain.close(), pool.end()]);
  });
  const { processes, apis, workers: sunset } = cluster;
  return {
    cluster,
    client: new Client({ connection, namespace: 'default' }),
    plainClient: new Client({ connection: plain, namespace: 'default' }),
    pool,
    queue: YARDSTICK.queue,
    parts,
    startWorkers,
    pids: {
      client: [process.pid],
      sunset: [...apis.map((api) => api.process.pid), ...sunset.map(({ pid }) => pid)],
      temporal: processes.running.filter(({ name }) => name === 'temporal').map(({ pid }) => pid),
      postgres: [postmaster],
      peers: workers.map(({ pid }) => pid!),
    },
  };
}

/** As the owner of Sunset's database. */
export async function asOwner<T>(cluster: Cluster, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: readSecret(cluster.place, 'database_admin_url') });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

/** As the one who may do anything on the server, whose files no other role may see. */
export async function asServersOwner<T>(
  cluster: Cluster,
  work: (admin: pg.Client) => Promise<T>,
): Promise<T> {
  const state = readState<ClusterState>(join(cluster.folder, 'postgres', 'postgres.json'));
  if (!state) throw new Error(`there is no postgres.json in ${cluster.folder}`);
  return await asSuperuser(cluster.place.ports['postgres:5432']!, state, work);
}

export const roleOf = ({ databaseUrl }: Cluster): string =>
  pg.escapeIdentifier(decodeURIComponent(new URL(databaseUrl).username));

/** Tables in Sunset's database that its service's role writes. */
export function tablesFor(cluster: Cluster, schema: string, isGuarded: boolean): string[] {
  const role = roleOf(cluster);
  return [
    ...tablesOf(schema, isGuarded),
    `GRANT USAGE ON SCHEMA ${schema} TO ${role}`,
    `GRANT ALL ON ALL TABLES IN SCHEMA ${schema} TO ${role}`,
  ];
}

/** A database of its own, made anew. @returns its URL, for the service's role */
export async function makeDatabase(cluster: Cluster, name: string): Promise<string> {
  await asServersOwner(cluster, async (admin) => {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${name} OWNER ${roleOf(cluster)}`);
  });
  const url = new URL(cluster.databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Workers of the yardsticks on Temporal, and where they record. */
export interface Yardstick {
  queue: string;
  schema: string;
  processes: number;
  /** With the settings of Sunset's workers in place of the SDK's own. */
  likeSunset?: boolean;
}

/** Two processes, as many as the cluster's own. */
export const YARDSTICK: Yardstick = { queue: 'bench', schema: 'bench', processes: 2 };

async function bundlePeers(folder: string): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('./peers/workflows'),
    logger: new DefaultLogger('ERROR'),
  });
  const bundle = join(folder, 'peers.js');
  writeFileSync(bundle, code);
  return bundle;
}

async function startPeers(
  cluster: Cluster,
  bundle: string,
  { queue, schema, processes, likeSunset }: Yardstick,
  parts: Components,
): Promise<ChildProcess[]> {
  const env = {
    ...process.env,
    BENCH_TEMPORAL: cluster.temporal,
    BENCH_DATABASE: cluster.databaseUrl,
    BENCH_SCHEMA: schema,
    BENCH_QUEUE: queue,
    BENCH_BUNDLE: bundle,
    ...(likeSunset ? { BENCH_CACHED_LIVES: String(CACHED_LIVES) } : {}),
  };
  const log = join(cluster.folder, `${queue}.log`);
  const start = () => startProgram(parts, log, require.resolve('./peers/worker'), env);
  return await Promise.all(Array.from({ length: processes }, start));
}

/** Starts a program of the bench as a process of its own, and resolves when it says that it is ready. */
export async function startProgram(
  parts: Components,
  logFile: string,
  file: string,
  env: NodeJS.ProcessEnv,
): Promise<ChildProcess> {
  const log = openSync(logFile, 'a');
  const child = fork(file, { env, execArgv: ['--import', 'tsx'], stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  parts.add(file, async () => void child.kill('SIGTERM'));
  await new Promise<void>((ready, failed) => {
    child.once('message', () => ready());
    child.once('exit', () => failed(new Error(`${file} ended before it was ready: see ${logFile}`)));
  });
  return child;
}
