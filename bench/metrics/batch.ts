/** M7: ten thousand instances ended at once, and what others notice of it. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_ITEMS } from '../../domain/bounds';
import { acceptQuote } from '../../store/agreements/acceptance';
import { createSignatures } from '../../store/signatures';
import { sendCommand } from '../../temporal/send';
import { newAccount, redisPostpaid } from '../../test/support/lives';
import { compare, type Figure, only, quantile } from '../compare';
import { cpuOf } from '../cpu';
import { atATime, birth, call, commands, PATIENCE_MS, workflowThree } from '../lives';
import type { Place } from '../place';
import type { Size } from './size';

const CONCURRENCY = 16;
/** Of the single commands beside the batch. */
const OTHERS = 4;
/** How much smaller the batch is that they run beside, and the one that is ended one by one. */
const FOR_OTHERS = 5;
/** So many as are ended one by one before a sweep takes them. */
const BEFORE_THE_SWEEP = 200;

/** Updates a second that the workflow alone does: a life of M2 is three of them. */
export async function updatesPerSecond(place: Place, { seconds }: Size): Promise<number> {
  const [round] = await compare(
    [workflowThree(place)],
    { rounds: 1, seconds, concurrency: CONCURRENCY },
    cpuOf,
  );
  return 3 * round![0]!.rate;
}

/** Ends a second, 16 at a time, that were agreed to without being sent: what the items of an agreement are, one by one. */
async function endsPerSecond(place: Place, ids: string[]): Promise<number> {
  const signer = createSignatures(place.cluster.operatorKey);
  let ms = 0;
  for (let at = 0; at < ids.length; at += BEFORE_THE_SWEEP) {
    const instanceIds = ids.slice(at, at + BEFORE_THE_SWEEP);
    const { id: quoteId } = await call(place, 'POST', '/v1/quotes', { action: 'terminate', instanceIds });
    const terminationId = `t_${randomUUID()}`;
    const agreed = await acceptQuote(place.pool, { quoteId, terminationId, by: 'operator', via: 'api' });
    if (!agreed.ok) throw new Error(`the quote was refused: ${agreed.code}`);
    const begun = performance.now();
    await atATime(agreed.items, CONCURRENCY, ({ instanceId, message }) =>
      sendCommand(place.client, instanceId, message, { signer, waitMs: PATIENCE_MS }),
    );
    ms += performance.now() - begun;
  }
  return (1000 * ids.length) / ms;
}

/** Instances that run, of one account. */
async function register(place: Place, count: number): Promise<string[]> {
  const signer = createSignatures(place.cluster.operatorKey);
  const account = newAccount();
  const ids = Array.from({ length: count }, () => `ins-${randomUUID()}`);
  await atATime(ids, CONCURRENCY, (id) => birth(place, id, redisPostpaid({ account }), signer));
  return ids;
}

/** One command after the other on instances of its own, until told to stop; milliseconds of each, sorted. */
function singleCommands(once: () => Promise<unknown>): () => Promise<number[]> {
  let isOver = false;
  const took: number[] = [];
  const one = async (): Promise<void> => {
    while (!isOver) {
      const begun = performance.now();
      await once();
      took.push(performance.now() - begun);
    }
  };
  const all = Promise.all(Array.from({ length: OTHERS }, one));
  return async () => {
    isOver = true;
    await all;
    return took.sort((a, b) => a - b);
  };
}

/** Looks in a way that costs next to nothing beside what it waits for, until nothing waits any more. */
const STILL_WAITS = `SELECT EXISTS (SELECT FROM termination_items WHERE termination_id = ANY($1) AND status = 'accepted') AS waits`;

async function endAll(place: Place, ids: string[]): Promise<number> {
  const begun = performance.now();
  const terminations: string[] = [];
  for (let at = 0; at < ids.length; at += MAX_ITEMS) {
    const instanceIds = ids.slice(at, at + MAX_ITEMS);
    const { id: quoteId } = await call(place, 'POST', '/v1/quotes', { action: 'terminate', instanceIds });
    const { id } = await call(place, 'POST', '/v1/terminations', { quoteId, agree: true });
    terminations.push(id);
  }
  while ((await place.pool.query<{ waits: boolean }>(STILL_WAITS, [terminations])).rows[0]!.waits)
    await sleep(500);
  const seconds = (performance.now() - begun) / 1000;
  const { rows } = await place.pool.query<{ done: number }>(
    "SELECT count(*) AS done FROM termination_items WHERE termination_id = ANY($1) AND status = 'done'",
    [terminations],
  );
  if (rows[0]!.done !== ids.length) throw new Error(`${rows[0]!.done} of ${ids.length} were done`);
  return seconds;
}

export async function m7(place: Place, size: Size): Promise<Figure[]> {
  const count = size.items;
  const few = Math.ceil(count / FOR_OTHERS);
  const all = await register(place, count + 2 * few);
  const [http] = await commands(place, OTHERS);
  const updates = await updatesPerSecond(place, size);
  // Half of them before and half after: a machine is never the same twice.
  const ends = all.splice(0, few);
  const before = await endsPerSecond(place, ends.slice(0, few / 2));
  const wall = await endAll(place, all.splice(0, count));
  const after = await endsPerSecond(place, ends.slice(few / 2));
  const rate = (before + after) / 2;
  const idle = singleCommands(http!.once);
  await sleep(size.seconds * 1000);
  const alone = await idle();
  // Others take of what there is: their batch is another one than that whose time is taken.
  const beside = singleCommands(http!.once);
  await endAll(place, all);
  const meanwhile = await beside();
  const [p99, idleP99] = [quantile(meanwhile, 0.99), quantile(alone, 0.99)];
  return [
    {
      metric: 'M7',
      what: `${count} items ended, ${MAX_ITEMS} a quote: wall ÷ (items ÷ ends/s of the workflow alone)`,
      ratio: only(wall / (count / rate)),
      goal: '≤ 1.10',
      ours: `${wall.toFixed(1)} s`,
      theirs: `${(count / rate).toFixed(1)} s at ${rate.toFixed(1)} ends/s`,
      data: { kind: 'herd', count, seconds: wall, updates },
    },
    {
      metric: 'M7',
      what: `the same: wall ÷ (items ÷ updates/s of M2: registrations, stops and starts)`,
      ratio: only(wall / (count / updates)),
      goal: undefined,
      ours: `${wall.toFixed(1)} s`,
      theirs: `${(count / updates).toFixed(1)} s at ${updates.toFixed(1)} updates/s`,
    },
    {
      metric: 'M7',
      what: `p99 of single commands beside ${few} items ÷ idle, ${OTHERS} at a time`,
      ratio: only(p99 / idleP99),
      goal: '≤ 3.00',
      ours: `${p99.toFixed(0)} ms (of ${meanwhile.length})`,
      theirs: `${idleP99.toFixed(0)} ms (of ${alone.length})`,
    },
  ];
}
