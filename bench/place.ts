/** Where everything is measured: the native cluster on a folder of its own, and the yardsticks' workers beside it. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import pg from 'pg';
import type { Components } from '../cli/process/parts';
import type { Progress } from '../embedded';
import { connectClient } from '../temporal/connect';
import { readSecret } from '../tools/cluster/place';
import { type Cluster, startCluster } from '../tools/cluster/start';
import { parentOf } from './cpu';
import { SCHEMA } from './peers/activities';

export interface Place {
  cluster: Cluster;
  /** As Sunset's own processes connect. */
  client: Client;
  /** As whoever writes a first program connects. */
  plainClient: Client;
  pool: pg.Pool;
  /** Of the yardsticks. */
  queue: string;
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

const QUEUE = 'bench';
const PEER_WORKERS = 2;

export async function startPlace(parts: Components, report: Progress): Promise<Place> {
  const folder = resolve(process.env.SUNSET_DATA || '.sunset', 'bench');
  mkdirSync(folder, { recursive: true });
  const cluster = await startCluster(folder, parts, report, UNLIMITED);
  const admin = new pg.Client({ connectionString: readSecret(cluster.place, 'database_admin_url') });
  await admin.connect();
  const role = pg.escapeIdentifier(decodeURIComponent(new URL(cluster.databaseUrl).username));
  for (const sql of [
    ...SCHEMA,
    `GRANT USAGE ON SCHEMA bench TO ${role}`,
    `GRANT ALL ON ALL TABLES IN SCHEMA bench TO ${role}`,
  ])
    await admin.query(sql);
  const { rows } = await admin.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const postmaster = parentOf(rows[0]!.pid)!;
  await admin.end();
  const workers = await startPeers(cluster, folder, parts);
  const connection = await connectClient({ address: cluster.temporal });
  const plain = await Connection.connect({ address: cluster.temporal });
  const pool = new pg.Pool({ connectionString: cluster.databaseUrl, max: 4 });
  parts.add('the connections', async () => {
    await Promise.all([connection.close(), plain.close(), pool.end()]);
  });
  const { processes, apis, workers: sunset } = cluster;
  return {
    cluster,
    client: new Client({ connection, namespace: 'default' }),
    plainClient: new Client({ connection: plain, namespace: 'default' }),
    pool,
    queue: QUEUE,
    pids: {
      client: [process.pid],
      sunset: [...apis.map((api) => api.process.pid), ...sunset.map(({ pid }) => pid)],
      temporal: processes.running.filter(({ name }) => name === 'temporal').map(({ pid }) => pid),
      postgres: [postmaster],
      peers: workers.map(({ pid }) => pid!),
    },
  };
}

/** Two processes, as many as the cluster's own. */
async function startPeers(cluster: Cluster, folder: string, parts: Components): Promise<ChildProcess[]> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('./peers/workflows'),
    logger: new DefaultLogger('ERROR'),
  });
  const bundle = join(folder, 'peers.js');
  writeFileSync(bundle, code);
  const env = {
    ...process.env,
    BENCH_TEMPORAL: cluster.temporal,
    BENCH_DATABASE: cluster.databaseUrl,
    BENCH_QUEUE: QUEUE,
    BENCH_BUNDLE: bundle,
  };
  const start = () => fork(require.resolve('./peers/worker'), { env, execArgv: ['--require', 'tsx/cjs'] });
  const workers = Array.from({ length: PEER_WORKERS }, start);
  parts.add('the yardsticks', async () => {
    for (const worker of workers) worker.kill('SIGTERM');
  });
  await Promise.all(workers.map((one) => new Promise((ready) => one.once('message', ready))));
  return workers;
}
