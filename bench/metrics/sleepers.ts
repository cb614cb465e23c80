/** M11: what a sleeping instance takes of PostgreSQL, and of the workers' memory. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createSignatures } from '../../store/signatures';
import { fromNow, hoursAgo, redisPostpaid } from '../../test/support/lives';
import { type Bytes, type Figure, only } from '../compare';
import { atATime, bareWhole, beginBare, birth, httpWhole } from '../lives';
import { asServersOwner, type Place } from '../place';
import type { Size } from './size';

const CONCURRENCY = 16;
const WEEK_MS = 7 * 24 * 3_600_000;
/** Tasks of what was begun last are done, and their rows gone. */
const SETTLE_MS = 5000;

/** Bytes of all tables with their indexes. */
interface Sizes {
  temporal: number;
  visibility: number;
  sunset: number;
  bench: number;
}

/** After everything is packed, so that only what is there counts. */
async function sizes(place: Place): Promise<Sizes> {
  const [temporal, visibility] = ['temporal', 'temporal_visibility'];
  const own = new URL(place.cluster.databaseUrl).pathname.slice(1);
  const measured = async (database: string, schema: string): Promise<number> => {
    const { rows } = await asOwnerOf(place, database, (admin) =>
      admin.query<{ bytes: string }>(
        `SELECT sum(pg_total_relation_size(c.oid)) AS bytes
         FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE nspname = $1 AND relkind IN ('r', 'p')`,
        [schema],
      ),
    );
    return Number(rows[0]!.bytes);
  };
  for (const database of [temporal, visibility, own])
    await asOwnerOf(place, database, async (admin) => {
      await admin.query('CHECKPOINT');
      await admin.query('VACUUM FULL');
    });
  return {
    temporal: await measured(temporal, 'public'),
    visibility: await measured(visibility, 'public'),
    sunset: await measured(own, 'public'),
    bench: await measured(own, 'bench'),
  };
}

/** As the server's owner, in one of its databases. */
const asOwnerOf = <T>(place: Place, database: string, work: (admin: pg.Client) => Promise<T>): Promise<T> =>
  asServersOwner(place.cluster, async (first) => {
    const { host, port, user, password } = first;
    const admin = new pg.Client({ host, port, user: user!, password: password as string, database });
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.end();
    }
  });

/** Resident memory of the workers, in MiB. */
const workersMemory = ({ cluster }: Place): number =>
  cluster.workers
    .map(({ pid }) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]))
    .reduce((sum, kib) => sum + kib / 1024, 0);

/** Of the last so many sleepers, each of these milliseconds: a heap grows until it is swept, so one look says little. */
const WATCHED = 1500;
const LOOK_MS = 500;

/** The mean while it goes on. */
async function memoryDuring(place: Place, work: () => Promise<void>): Promise<number> {
  const looks: number[] = [];
  const looking = setInterval(() => looks.push(workersMemory(place)), LOOK_MS);
  try {
    await work();
  } finally {
    clearInterval(looking);
  }
  return looks.reduce((sum, one) => sum + one, 0) / looks.length;
}

/** In the bin, with a week's timer. */
async function sunsetSleepers(place: Place, count: number): Promise<void> {
  const signer = createSignatures(place.cluster.operatorKey);
  const purgeTime = fromNow(WEEK_MS);
  const inBin = { state: 'isolated', isolatedAt: hoursAgo(1), cause: 'terminate', purgeTime };
  await atATime(Array.from({ length: count }), CONCURRENCY, () =>
    birth(place, `ins-${randomUUID()}`, redisPostpaid(inBin), signer),
  );
  await sleep(SETTLE_MS);
}

async function bareSleepers(place: Place, count: number): Promise<void> {
  await atATime(Array.from({ length: count }), CONCURRENCY, () =>
    beginBare(place, `sleeper-${randomUUID()}`, place.queue, 'bin'),
  );
  await sleep(SETTLE_MS);
}

/** A yardstick writes none of Sunset's tables, and Sunset none of the yardsticks'. */
const grown = (before: Sizes, after: Sizes, count: number): Bytes => ({
  temporal: (after.temporal - before.temporal) / count,
  visibility: (after.visibility - before.visibility) / count,
  records: (after.sunset - before.sunset + after.bench - before.bench) / count,
});

const sum = ({ temporal, visibility, records }: Bytes): number => temporal + visibility + records;

function shown(bytes: Bytes): string {
  const [all, ...parts] = [sum(bytes), bytes.temporal, bytes.visibility, bytes.records].map(Math.round);
  return `${all} bytes: Temporal ${parts[0]}, its visibility ${parts[1]}, records ${parts[2]}`;
}

const bytesFigure = (of: 'sleeper' | 'life', what: string, ours: Bytes, theirs: Bytes): Figure => ({
  metric: 'M11',
  what,
  ratio: only(sum(ours) / sum(theirs)),
  goal: of === 'sleeper' ? '≤ 1.10' : undefined,
  ours: shown(ours),
  theirs: shown(theirs),
  data: { kind: 'bytes', of, ours, theirs },
});

/** Lives that are measured whole, to one that sleeps. */
const FEWER_LIVES = 5;

/** What is left of a life that is over: Temporal keeps it for its retention, Sunset keeps it. */
async function bytesOfLives(place: Place, count: number): Promise<{ ours: Bytes; theirs: Bytes }> {
  const lives = async (once: () => Promise<unknown>): Promise<void> => {
    await atATime(Array.from({ length: count }), CONCURRENCY, once);
    await sleep(SETTLE_MS);
  };
  const start = await sizes(place);
  await lives(httpWhole(place).once);
  const afterOurs = await sizes(place);
  await lives(bareWhole(place).once);
  return { ours: grown(start, afterOurs, count), theirs: grown(afterOurs, await sizes(place), count) };
}

export async function m11(place: Place, { sleepers: [few, many] }: Size): Promise<Figure[]> {
  await sunsetSleepers(place, 50); // what the first ones make is there
  await bareSleepers(place, 50);
  const start = await sizes(place);
  const watched = Math.min(WATCHED, few / 2);
  await sunsetSleepers(place, few - watched);
  const fewMemory = await memoryDuring(place, () => sunsetSleepers(place, watched));
  const afterOurs = await sizes(place);
  await bareSleepers(place, few);
  const afterTheirs = await sizes(place);
  await sunsetSleepers(place, many - few - watched);
  const manyMemory = await memoryDuring(place, () => sunsetSleepers(place, watched));
  const ours = grown(start, afterOurs, few);
  const theirs = grown(afterOurs, afterTheirs, few);
  const life = await bytesOfLives(place, Math.ceil(few / FEWER_LIVES));
  return [
    bytesFigure(
      'sleeper',
      `bytes in PostgreSQL a sleeping instance ÷ bare sleeper, of ${few} each`,
      ours,
      theirs,
    ),
    bytesFigure('life', 'bytes in PostgreSQL a whole life, by HTTP ÷ bare', life.ours, life.theirs),
    {
      metric: 'M11',
      what: `memory of the workers with ${many} sleepers ÷ with ${few}`,
      ratio: only(manyMemory / fewMemory),
      goal: '≤ 1.10',
      ours: `${manyMemory.toFixed(0)} MiB`,
      theirs: `${fewMemory.toFixed(0)} MiB`,
    },
  ];
}
