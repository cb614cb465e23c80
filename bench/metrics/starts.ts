/** M9: how long a start takes. M10: how long deadlines take that came while no worker was there. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSignatures } from '../../store/signatures';
import { hoursAgo, redisPostpaid } from '../../test/support/lives';
import { type Figure, only, ratiosOf } from '../compare';
import { atATime, BODY, birth } from '../lives';
import { type Place, startProgram } from '../place';
import { killWorkers, startWorkersAgain } from '../workers';
import { updatesPerSecond } from './batch';
import type { Size } from './size';

const ROOT = join(__dirname, '..', '..');

const isGone = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

/** Seconds from `npm start`, on a folder that has been started on before, to the first accepted end. */
async function npmStart(place: Place): Promise<{ up: number; ended: number }> {
  const folder = join(place.cluster.folder, 'npm-start');
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const begun = performance.now();
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, SUNSET_DATA: folder, PORT: '0' };
  const child = spawn('npm', ['start'], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  place.parts.add('npm start', async () => {
    if (child.exitCode === null) process.kill(-child.pid!, 'SIGTERM');
    await isGone(child);
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk;
    });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`npm start ended:\n${said}`)));
    child.stdout.on('data', () => {
      const found = /API +(http:\S+)/.exec(said)?.[1];
      if (found) resolve(found);
    });
  });
  const up = (performance.now() - begun) / 1000;
  const key = readFileSync(join(folder, 'operator.key'), 'utf8').trim();
  const ask = async (method: string, path: string, body: unknown) => {
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    };
    const response = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
    const answer = (await response.json()) as { id: string; items: { status: string }[] };
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer;
  };
  const id = `ins-${randomUUID()}`;
  await ask('PUT', `/v1/instances/${id}`, redisPostpaid());
  const quote = await ask('POST', '/v1/quotes', { action: 'terminate', instanceIds: [id] });
  const { items } = await ask('POST', '/v1/terminations', { quoteId: quote.id, agree: true });
  if (items[0]?.status !== 'done') throw new Error(JSON.stringify(items));
  const ended = (performance.now() - begun) / 1000;
  process.kill(-child.pid!, 'SIGTERM');
  await isGone(child);
  return { up, ended };
}

/** Seconds from the start of a process, which bundles a workflow, to its first answered update. */
async function bareStart(place: Place): Promise<number> {
  const begun = performance.now();
  const env = {
    ...process.env,
    BENCH_TEMPORAL: place.cluster.temporal,
    BENCH_DATABASE: place.cluster.databaseUrl,
    BENCH_BODY: BODY,
  };
  const log = join(place.cluster.folder, 'cold.log');
  const child = await startProgram(place.parts, log, require.resolve('../peers/cold'), env);
  const took = (performance.now() - begun) / 1000;
  child.kill('SIGKILL');
  await isGone(child);
  return took;
}

export async function m9(place: Place, { rounds }: Size): Promise<Figure[]> {
  await npmStart(place); // what a first start makes is there from now on
  await bareStart(place);
  const pairs: [ours: number, theirs: number][] = [];
  const serving: [up: number, ended: number][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { up, ended } = await npmStart(place);
    serving.push([up, ended]);
    pairs.push([ended, await bareStart(place)]);
  }
  const { ours, theirs, ...ratio } = ratiosOf(pairs);
  return [
    {
      metric: 'M9',
      what: 'npm start to the first accepted end ÷ bare worker to the first update, its server running',
      ratio,
      goal: '≤ 1.30',
      ours: `${ours.toFixed(1)} s, of which ${ratiosOf(serving).ours.toFixed(1)} s until it serves`,
      theirs: `${theirs.toFixed(1)} s`,
    },
  ];
}

/** More than the setting up may take for each, so that all are asleep when the workers go. */
const SETUP_PER_SECOND = 10;

export async function m10(place: Place, size: Size): Promise<Figure[]> {
  const count = size.timers;
  const rate = await updatesPerSecond(place, size);
  const signer = createSignatures(place.cluster.operatorKey);
  const due = Date.now() + 15_000 + (count / SETUP_PER_SECOND) * 1000;
  const purgeTime = new Date(due).toISOString();
  const inBin = { state: 'isolated', isolatedAt: hoursAgo(1), cause: 'terminate', purgeTime };
  const ids = Array.from({ length: count }, () => `ins-${randomUUID()}`);
  await atATime(ids, 16, (id) => birth(place, id, redisPostpaid(inBin), signer));
  await sleep(Math.max(0, due - 3000 - Date.now()));
  await killWorkers(place);
  await sleep(Math.max(0, due + 3000 - Date.now()));
  const begun = performance.now();
  await startWorkersAgain(place);
  for (;;) {
    const { rows } = await place.pool.query<{ n: number }>(
      "SELECT count(*) AS n FROM instances WHERE id = ANY($1) AND state = 'terminated'",
      [ids],
    );
    if (rows[0]!.n === count) break;
    await sleep(100);
  }
  const drained = (performance.now() - begun) / 1000;
  const allowed = 10 + count / rate;
  return [
    {
      metric: 'M10',
      what: `drain of ${count} deadlines after kill -9 of all workers ÷ (10 s + deadlines ÷ updates/s)`,
      ratio: only(drained / allowed),
      goal: '≤ 1.20',
      ours: `${drained.toFixed(1)} s from their start on`,
      theirs: `${allowed.toFixed(1)} s at ${rate.toFixed(1)} updates/s`,
      data: { kind: 'herd', count, seconds: drained, updates: rate },
    },
  ];
}
