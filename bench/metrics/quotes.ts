/** M13: what a quote costs the engine, and how long one holds the API's event loop. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MAX_ITEMS, MAX_QUOTED_ORDERS } from '../../domain/bounds';
import { quoteItems } from '../../domain/quote';
import { createPool } from '../../store/db';
import { migrate } from '../../store/migrate';
import { hoursIn, subject } from '../../test/fixtures/domain';
import { monthlyOrders } from '../../test/fixtures/many-orders';
import { copies, manyOrders } from '../../test/support/largest';
import { cvmPrepaid } from '../../test/support/lives';
import type { ProcessInput } from '../../test/support/service-process';
import { bear } from '../../test/support/store-lives';
import { type Figure, only, ratiosOf } from '../compare';
import { makeDatabase, type Place } from '../place';
import type { Size } from './size';

const LIMIT_MS = 50;
const TRIES = 5;
const ROOT = join(__dirname, '..', '..');

/** Microseconds of processor time of the pure quote of one instance: the least of five turns. */
function engineMicros(orders: number): number {
  const rights = new Map([['100001/tencent-cvm', { fiveDay: 0, ordinary: 3 }]]);
  const one = subject({ orders: monthlyOrders(orders), at: hoursIn(72) });
  const turn = (): number => {
    const begin = process.cpuUsage();
    for (let calls = 1; ; calls += 1) {
      quoteItems([one], rights, { action: 'return', schedule: { mode: 'now' } });
      const { user, system } = process.cpuUsage(begin);
      if (user + system > 100_000) return (user + system) / calls;
    }
  };
  return Math.min(...Array.from({ length: TRIES }, turn));
}

interface WatchedApi {
  url: string;
  /** The longest turn of its event loop during the work, in milliseconds. */
  watch(work: () => Promise<unknown>): Promise<number>;
  stop(): Promise<void>;
}

/** The API of the watchdog's test, in a process of its own. */
async function startApi(place: Place, serviceUrl: string, flags: string[]): Promise<WatchedApi> {
  const { cluster } = place;
  const clientConfig = join(cluster.folder, 'temporal.toml');
  writeFileSync(clientConfig, `[profile.default]\naddress = "${cluster.temporal}"\nnamespace = "default"\n`);
  const input: ProcessInput = {
    serviceUrl,
    clientConfig,
    namespace: 'default',
    bundlePath: '',
    taskQueue: 'bench-quotes',
    operatorKey: cluster.operatorKey,
  };
  const program = join(ROOT, 'test', 'support', 'api-process.ts');
  const child = spawn(process.execPath, [...flags, '--require', 'tsx/cjs', program], {
    cwd: ROOT,
    env: { ...process.env, SUNSET_PROCESS: JSON.stringify(input) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  place.parts.add('the watched API', async () => void child.kill('SIGTERM'));
  const lines = createInterface({ input: child.stdout });
  const heard = async (): Promise<{ url: string; longest: number }> =>
    JSON.parse(((await once(lines, 'line')) as [string])[0]);
  const tick = async (): Promise<number> => {
    const answer = heard();
    child.stdin.write('\n');
    return (await answer).longest;
  };
  const { url } = await heard();
  return {
    url,
    watch: async (work) => {
      await tick();
      await work();
      return await tick();
    },
    stop: async () => {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

interface Shape {
  instances: number;
  orders: number;
}

/** 500 with 20 orders each are more than one quote goes over: what is allowed of that, either way. */
const SHAPES: Shape[] = [
  { instances: MAX_QUOTED_ORDERS / 20, orders: 20 },
  { instances: MAX_ITEMS, orders: MAX_QUOTED_ORDERS / MAX_ITEMS },
];

const idsOf = ({ instances, orders }: Shape): string[] =>
  Array.from({ length: instances }, (_, index) => `of${orders}-${index + 1}`);

/** Each instance is of an account of its own, so that each has rights to return. */
async function seed(url: string): Promise<void> {
  const pool = createPool(url, { max: 2 });
  try {
    for (const shape of SHAPES) {
      const name = `of${shape.orders}`;
      await bear(pool, cvmPrepaid({ account: name, orders: manyOrders(shape.orders) }), name);
      const one = `'${name}-' || n`;
      await pool.query(`INSERT INTO accounts SELECT ${one} FROM generate_series(1, ${shape.instances}) n`);
      const facts = `t.facts || jsonb_build_object('account', ${one})`;
      const life = `t.life || jsonb_build_object('account', ${one}, 'id', ${one})`;
      const where = `t.id = '${name}'`;
      await copies(url, 'instances', where, shape.instances, { id: one, account: one, facts, life });
      await copies(url, 'orders', `t.instance_id = '${name}'`, shape.instances, { instance_id: one });
    }
  } finally {
    await pool.end();
  }
}

/** What most of a profile's time was in. */
function hottest(folder: string): string {
  interface Node {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
  }
  const [file] = readdirSync(folder);
  const profile = JSON.parse(readFileSync(join(folder, file!), 'utf8')) as {
    nodes: Node[];
    samples: number[];
    timeDeltas: number[];
  };
  const spent = new Map<string, number>();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  for (const [index, id] of profile.samples.entries()) {
    const { functionName, url, lineNumber } = nodes.get(id)!.callFrame;
    if (functionName === '(idle)') continue;
    const at = `${functionName || '(anonymous)'} ${url.replace(`file://${ROOT}/`, '')}:${lineNumber + 1}`;
    spent.set(at, (spent.get(at) ?? 0) + profile.timeDeltas[index]! / 1000);
  }
  const most = [...spent].sort(([, a], [, b]) => b - a).slice(0, 5);
  return most.map(([at, ms]) => `${at} ${ms.toFixed(0)} ms`).join('; ');
}

async function quoteOnce(place: Place, url: string, shape: Shape): Promise<void> {
  const response = await fetch(`${url}/v1/quotes`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${place.cluster.operatorKey}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    },
    body: JSON.stringify({ action: 'return', instanceIds: idsOf(shape) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
}

async function longestTurn(place: Place, database: string, shape: Shape): Promise<Figure> {
  const api = await startApi(place, database, []);
  const held: number[] = [];
  for (let each = 0; each < TRIES; each += 1)
    held.push(await api.watch(() => quoteOnce(place, api.url, shape)));
  await api.stop();
  const { ours, theirs: _, ...ratio } = ratiosOf(held.map((ms) => [ms, 1]));
  let profile = '';
  if (ours > LIMIT_MS) {
    const folder = join(place.cluster.folder, 'profile');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    const profiled = await startApi(place, database, ['--cpu-prof', '--cpu-prof-dir', folder]);
    await quoteOnce(place, profiled.url, shape);
    await profiled.stop();
    profile = hottest(folder);
  }
  return {
    metric: 'M13',
    what: `event loop's longest turn, ms, in a quote of ${shape.instances} prepaid with ${shape.orders} orders each`,
    ratio,
    goal: `≤ ${LIMIT_MS}.00`,
    ours: `${ours.toFixed(1)} ms`,
    theirs: profile,
  };
}

export async function m13(place: Place, _: Size): Promise<Figure[]> {
  const figures = [1, 20].map((orders): Figure => {
    const micros = engineMicros(orders);
    const ours = `${micros.toFixed(0)} µs`;
    const what = `µs of the engine, a quote of one instance with ${orders} order${orders > 1 ? 's' : ''}`;
    return { metric: 'M13', what, ratio: only(micros), goal: undefined, ours, theirs: '' };
  });
  const database = await makeDatabase(place.cluster, 'bench_quotes');
  await migrate(database, database);
  await seed(database);
  for (const shape of SHAPES) figures.push(await longestTurn(place, database, shape));
  return figures;
}
