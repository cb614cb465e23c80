/**
 * Who is compared in M8: the same life of three commands, registered, ended into the bin with a week's timer,
 * purged. Each is reached as its own clients reach it, and can be killed and started again.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { LOOPBACK } from '../embedded/tools';
import { acceptQuote } from '../store/agreements/acceptance';
import { createSignatures } from '../store/signatures';
import { sendCommand } from '../temporal/send';
import { redisPostpaid } from '../test/support/lives';
import { quoteOf } from '../test/support/store-lives';
import type { CommandMessage } from '../workflows/messages';
import { BODY, beginBare, birth, call, changeBare, NOTE, PATIENCE_MS } from './lives';
import { TABLES, tablesOf } from './peers/tables';
import { asOwner, makeDatabase, type Place, startProgram, tablesFor, type Yardstick } from './place';
import { killWorkers, startWorkersAgain } from './workers';

export const COMMANDS = ['register', 'end', 'purge'] as const;
export type CommandName = (typeof COMMANDS)[number];

/** `accepted`: it will happen, and has not been seen to. */
export type Answer = 'done' | 'accepted';

/** `process`: whoever runs the product's code. `server`: the engine's own, where it has one. */
export type Side = 'client' | 'process' | 'server' | 'postgres';

export interface Contestant {
  name: string;
  /** Live: a process that is started again takes its place. */
  groups: Record<Side, number[]>;
  /** @throws when it was not answered, or refused; the same key makes asking again harmless */
  send(id: string, command: CommandName, key: string): Promise<Answer>;
  /** SIGKILL to every process that runs its product's code, and their start after it; none: not killed. */
  killing?: { kill(): Promise<void>; start(): Promise<void> };
  /** How often each step of each life is recorded: in the table that has most, and in that with least. */
  recorded(ids: string[]): Promise<Recorded[]>;
}

export interface Recorded {
  id: string;
  step: number;
  least: number;
  most: number;
}

/** Of one command; what takes longer on a quiet machine does not come any more. */
const ANSWER_MS = 10_000;
export const SUNSET = 'Sunset';
const SUNSET_ALONE = 'Sunset without HTTP';
const BY = 'operator';
const ENGINES = join(__dirname, 'engines');
const NAMES = ['dbos', 'restate', 'openworkflow', 'graphile', 'plain'] as const;
type EngineName = (typeof NAMES)[number];
const SHOWN: Record<EngineName, string> = {
  dbos: 'DBOS',
  restate: 'Restate',
  openworkflow: 'OpenWorkflow',
  graphile: 'graphile-worker',
  plain: 'plain PostgreSQL',
};

/** The peers' packages are not the project's: they are installed when somebody asks for this metric. */
function install(): void {
  if (existsSync(join(__dirname, 'node_modules', '@restatedev', 'restate-server'))) return;
  process.stderr.write('installing what Sunset is compared with: npm ci --prefix bench\n');
  execFileSync('npm', ['ci', '--prefix', __dirname, '--ignore-scripts'], { stdio: 'inherit' });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const isGone = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

const bodyOf = (command: CommandName): string => (command === 'register' ? BODY : NOTE);

/** Rows of the four tables in a database. */
async function rowsOf(db: pg.Pool | pg.Client, schema: string, ids: string[]): Promise<Recorded[]> {
  const each = TABLES.map(
    (table) => `SELECT id, step, count(*) AS n FROM ${schema}.${table} WHERE id = ANY($1) GROUP BY 1, 2`,
  );
  const { rows } = await db.query<{ id: string; step: number; least: string; most: string; tables: string }>(
    `SELECT id, step, min(n) AS least, max(n) AS most, count(*) AS tables
     FROM (${each.join(' UNION ALL ')}) AS t GROUP BY id, step`,
    [ids],
  );
  return rows.map(({ id, step, least, most, tables }) => ({
    id,
    step,
    least: Number(tables) === TABLES.length ? Number(least) : 0,
    most: Number(most),
  }));
}

async function startEngine(place: Place, name: EngineName): Promise<Contestant> {
  const { cluster, parts, pids } = place;
  const schema = `bench_${name}`;
  const database = await makeDatabase(cluster, schema);
  const pool = new pg.Pool({ connectionString: database, max: 2 });
  parts.add(`${name}'s connections`, () => pool.end());
  for (const sql of tablesOf(schema, false)) await pool.query(sql);
  const port = await freePort();
  const env = {
    ...process.env,
    BENCH_DATABASE: database,
    BENCH_SCHEMA: schema,
    BENCH_PORT: String(port),
    RESTATE_LOGGING: 'WARN',
  };
  const program = join(ENGINES, `${name}.ts`);
  const log = join(cluster.folder, `${name}.log`);
  const startIt = () => startProgram(parts, log, program, env);
  let child = await startIt();
  const groups = {
    client: [process.pid],
    process: [child.pid!],
    server: [] as number[],
    postgres: pids.postgres,
  };
  let url = `http://${LOOPBACK}:${port}`;
  if (name === 'restate') {
    const { ingress, pid } = await startRestate(place, url);
    groups.server.push(pid);
    url = ingress;
  }
  return {
    name: SHOWN[name],
    groups,
    send: async (id, command, key) => {
      const response = await fetch(`${url}/life/${id}/${command}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ body: bodyOf(command) }),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (!response.ok) throw new Error(`${command}: ${response.status} ${await response.text()}`);
      await response.arrayBuffer();
      return 'done';
    },
    killing: {
      kill: async () => {
        child.kill('SIGKILL');
        await isGone(child);
      },
      start: async () => {
        child = await startIt();
        groups.process.splice(0, 1, child.pid!);
      },
    },
    recorded: (ids) => rowsOf(pool, schema, ids),
  };
}

/** Its server, as it comes, on a folder made anew, with the service told to it. */
async function startRestate(place: Place, service: string): Promise<{ ingress: string; pid: number }> {
  const { cluster, parts } = place;
  const folder = join(cluster.folder, 'restate');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const binary = `@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`;
  const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()];
  const log = openSync(join(folder, 'restate.log'), 'a');
  const child = spawn(
    require.resolve(binary, { paths: [__dirname] }),
    ['--base-dir', folder, '--no-logo', '--node-name', 'bench', '--listen-mode', 'tcp'],
    {
      stdio: ['ignore', log, log],
      env: {
        PATH: process.env.PATH,
        RESTATE_BIND_IP: LOOPBACK,
        RESTATE_ADVERTISED_HOST: LOOPBACK,
        RESTATE_BIND_PORT: String(node),
        RESTATE_INGRESS__BIND_PORT: String(ingress),
        RESTATE_ADMIN__BIND_PORT: String(admin),
        RESTATE_DISABLE_TELEMETRY: 'true',
      },
    },
  );
  parts.add("Restate's server", async () => {
    child.kill('SIGTERM');
    await isGone(child);
  });
  const until = Date.now() + 60_000;
  for (;;) {
    const deployed = await fetch(`http://${LOOPBACK}:${admin}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: service, force: true }),
    }).catch(() => undefined);
    if (deployed?.ok) return { ingress: `http://${LOOPBACK}:${ingress}`, pid: child.pid! };
    if (Date.now() > until || child.exitCode !== null)
      throw new Error(`Restate's server did not come up: see ${join(folder, 'restate.log')}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The bare workflow, on a worker of one process and tables of its own in Sunset's database. */
async function startBare(place: Place): Promise<Contestant> {
  const { cluster, pids } = place;
  const yardstick: Yardstick = { queue: 'bench-life', schema: 'bench_life', processes: 1 };
  await asOwner(cluster, async (admin) => {
    for (const sql of tablesFor(cluster, yardstick.schema, false)) await admin.query(sql);
  });
  let [worker] = await place.startWorkers(yardstick);
  const { client, temporal, postgres } = pids;
  const groups = { client, process: [worker!.pid!], server: temporal, postgres };
  return {
    name: 'bare workflow',
    groups,
    send: async (id, command, key) => {
      if (command === 'register') await beginBare(place, id, yardstick.queue);
      else await changeBare(place, id, command === 'end' ? 'bin' : 'close', key);
      return 'done';
    },
    killing: {
      kill: async () => {
        worker!.kill('SIGKILL');
        await isGone(worker!);
      },
      start: async () => {
        [worker] = await place.startWorkers(yardstick);
        groups.process.splice(0, 1, worker!.pid!);
      },
    },
    recorded: (ids) => rowsOf(place.pool, yardstick.schema, ids),
  };
}

/** Sunset by HTTP: to end is to quote and to confirm. Its APIs stay when its workers are killed. */
function sunset(place: Place): Contestant {
  const { client, sunset: processes, temporal, postgres } = place.pids;
  const end = async (id: string, key: string): Promise<Answer> => {
    const asked = { action: 'terminate', instanceIds: [id] };
    const quote = await call(place, 'POST', '/v1/quotes', asked, `${key}/quote`);
    const agreed = { quoteId: quote.id, agree: true };
    const { items } = await call(place, 'POST', '/v1/terminations', agreed, key);
    if (items[0]?.status === 'failed') throw new Error(JSON.stringify(items));
    return items[0]?.status === 'done' ? 'done' : 'accepted';
  };
  const answerOf = (state: string | undefined): Answer => (state === undefined ? 'accepted' : 'done');
  return {
    name: SUNSET,
    groups: { client, process: processes, server: temporal, postgres },
    send: async (id, command, key) => {
      if (command === 'end') return await end(id, key);
      const path = `/v1/instances/${id}`;
      const [method, rest, body] =
        command === 'register'
          ? (['PUT', '', redisPostpaid({ account: id })] as const) // a repeat says the same
          : (['POST', '/purge', { confirm: id }] as const);
      return answerOf((await call<{ state?: string }>(place, method, path + rest, body, key)).state);
    },
    killing: { kill: () => killWorkers(place), start: () => startWorkersAgain(place) },
    recorded: (ids) => stepsOf(place, ids),
  };
}

async function stepsOf({ pool }: Place, ids: string[]): Promise<Recorded[]> {
  const { rows } = await pool.query<{ id: string; step: number; n: string }>(
    'SELECT instance_id AS id, step, count(*) AS n FROM steps WHERE instance_id = ANY($1) GROUP BY 1, 2',
    [ids],
  );
  return rows.map(({ id, step, n }) => ({ id, step, least: Number(n), most: Number(n) }));
}

/**
 * Sunset's workflow without its API: its own client code sends what the API would send, and quotes and
 * confirms on the store, as the API does.
 */
function sunsetWithoutHttp(place: Place): Contestant {
  const { client, pool, pids } = place;
  const signer = createSignatures(place.cluster.operatorKey);
  const send = (id: string, message: CommandMessage) =>
    sendCommand(client, id, message, { signer, waitMs: PATIENCE_MS });
  const end = async (id: string): Promise<void> => {
    const { id: quoteId } = await quoteOf(pool, [id], 'terminate');
    const agreed = await acceptQuote(pool, { quoteId, terminationId: randomUUID(), by: BY, via: 'bench' });
    if (!agreed.ok) throw new Error(agreed.code);
    for (const { message } of agreed.items) await send(id, message);
  };
  return {
    name: SUNSET_ALONE,
    groups: { client: pids.client, process: pids.sunset, server: pids.temporal, postgres: pids.postgres },
    send: async (id, command, key) => {
      if (command === 'register') await birth(place, id, redisPostpaid(), signer);
      else if (command === 'end') await end(id);
      else await send(id, { id: key, by: BY, command: { name: 'purge' } });
      return 'done';
    },
    recorded: (ids) => stepsOf(place, ids),
  };
}

/** All of them, started one after the other; the peers with databases made anew. */
export async function startContestants(place: Place): Promise<Contestant[]> {
  install();
  const all = [sunset(place), sunsetWithoutHttp(place), await startBare(place)];
  for (const name of NAMES) all.push(await startEngine(place, name));
  return all;
}
