/** M7: ten thousand instances ended at once, and what others notice of it. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_ITEMS } from '../../domain/bounds';
import { createSignatures } from '../../store/signatures';
import { newAccount, redisPostpaid } from '../../test/support/lives';
import { compare, type Figure, only, quantile } from '../compare';
import { cpuOf } from '../cpu';
import { atATime, birth, call, commands, workflowThree } from '../lives';
import type { Place } from '../place';
import type { Size } from './size';

const CONCURRENCY = 16;
/** Of the single commands beside the batch. */
const OTHERS = 4;
/** How much smaller the batch is that they run beside. */
const FOR_OTHERS = 5;

/**
 * Updates a second that the workflow alone does: a life of M2 is three of them. It is what a batch is held
 * against, because each item of it is one update.
 */
export async function updatesPerSecond(place: Place, { seconds }: Size): Promise<number> {
  const [round] = await compare(
    [workflowThree(place)],
    { rounds: 1, seconds, concurrency: CONCURRENCY },
    cpuOf,
  );
  return 3 * round![0]!.rate;
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

async function endAll(place: Place, ids: string[]): Promise<number> {
  const begun = performance.now();
  for (let at = 0; at < ids.length; at += MAX_ITEMS) {
    const instanceIds = ids.slice(at, at + MAX_ITEMS);
    const { id } = await call(place, 'POST', '/v1/quotes', { action: 'terminate', instanceIds });
    await call(place, 'POST', '/v1/terminations', { quoteId: id, agree: true });
  }
  for (;;) {
    const { rows } = await place.pool.query<{ status: string; n: number }>(
      'SELECT status, count(*) AS n FROM termination_items WHERE instance_id = ANY($1) GROUP BY 1',
      [ids],
    );
    const of = (status: string): number => rows.find((row) => row.status === status)?.n ?? 0;
    if (of('failed')) throw new Error(`${of('failed')} items failed`);
    if (of('done') === ids.length) return (performance.now() - begun) / 1000;
    await sleep(100);
  }
}

export async function m7(place: Place, size: Size): Promise<Figure[]> {
  const count = size.items;
  const all = await register(place, count + Math.ceil(count / FOR_OTHERS));
  const [http] = await commands(place, OTHERS);
  const rate = await updatesPerSecond(place, size);
  const wall = await endAll(place, all.slice(0, count));
  const idle = singleCommands(http!.once);
  await sleep(size.seconds * 1000);
  const before = await idle();
  // Others take of what there is: their batch is another one than that whose time is taken.
  const beside = singleCommands(http!.once);
  await endAll(place, all.slice(count));
  const meanwhile = await beside();
  const [p99, idleP99] = [quantile(meanwhile, 0.99), quantile(before, 0.99)];
  return [
    {
      metric: 'M7',
      what: `${count} items ended, ${MAX_ITEMS} a quote: wall ÷ (items ÷ updates/s of the workflow alone)`,
      ratio: only(wall / (count / rate)),
      goal: '≤ 1.10',
      ours: `${wall.toFixed(1)} s`,
      theirs: `${(count / rate).toFixed(1)} s at ${rate.toFixed(1)} updates/s`,
      data: { kind: 'herd', count, seconds: wall, updates: rate },
    },
    {
      metric: 'M7',
      what: `p99 of single commands beside ${all.length - count} items ÷ idle, ${OTHERS} at a time`,
      ratio: only(p99 / idleP99),
      goal: '≤ 3.00',
      ours: `${p99.toFixed(0)} ms (of ${meanwhile.length})`,
      theirs: `${idleP99.toFixed(0)} ms (of ${before.length})`,
    },
  ];
}
