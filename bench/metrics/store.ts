/** M6: steps of the store alone, beside the same writes sent by the driver; one account beside many. */
import { randomUUID } from 'node:crypto';
import type { Command } from '../../domain/commands';
import { decide, type Life } from '../../domain/lifecycle';
import { POLICIES } from '../../policies';
import { recordAdjustment } from '../../store/books/adjustments';
import { createPool, type Pool } from '../../store/db';
import { findInstance } from '../../store/lives/instances';
import { commitStep } from '../../store/lives/steps';
import { withoutExamples } from '../../store/policies';
import { cvmPostpaid, redisPrepaid } from '../../test/support/lives';
import { bear, stepOf } from '../../test/support/store-lives';
import { type Arm, compare, type Figure, only, quantile, ratioOf } from '../compare';
import { cpuOf } from '../cpu';
import type { Group } from '../lives';
import type { Place } from '../place';
import type { Size } from './size';

const CONCURRENCY = 16;
const ACCOUNTS = 100;
const BY = 'operator';

/** An instance that one unit of work has for itself, and where its life is. */
interface Own {
  life: Life;
}

async function commit(pool: Pool, own: Own, name: 'stop' | 'start'): Promise<void> {
  const at = new Date().toISOString();
  const command: Command = { name };
  const decision = decide(own.life, command, at, BY);
  if (!decision.ok) throw new Error(decision.refusal.code);
  const step = own.life.step + 1;
  const result = await commitStep(pool, {
    instanceId: own.life.id,
    step,
    commandId: randomUUID(),
    command: name,
    body: command,
    by: BY,
    at,
    next: { ...decision.next, step },
    effects: decision.effects,
    authority: 'signed',
  });
  own.life = result.life;
}

const nextOf = ({ life }: Own): 'stop' | 'start' => (life.state === 'running' ? 'stop' : 'start');

/** A statement as it went to the driver. */
interface Statement {
  name: string;
  text: string;
  values: unknown[];
}

/** The statements of one piece of work that write, on a pool of one connection. */
async function writesOf(pool: Pool, work: () => Promise<unknown>): Promise<Statement[]> {
  const found: Statement[] = [];
  const client = await pool.connect();
  const query = client.query;
  client.query = ((...args: unknown[]) => {
    const [one] = args as [Partial<Statement> | string];
    if (typeof one === 'object' && !/^\s*SELECT/i.test(one.text!)) found.push(one as Statement);
    return (query as (...all: unknown[]) => unknown).apply(client, args);
  }) as typeof client.query;
  client.release();
  try {
    await work();
  } finally {
    client.query = query;
  }
  return found;
}

interface Where {
  id: string;
  step: number;
}

/** The same values for another instance and step, with a command of its own. */
function valuesFor(values: unknown[], from: Where & { command: string }, to: Where): unknown[] {
  const command = randomUUID();
  const moved = (value: unknown): unknown => {
    if (value === from.id) return to.id;
    if (value === from.command) return command;
    if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, key === 'step' ? to.step : moved(one)]),
    );
  };
  return values.map((value) => (value === from.step ? to.step : moved(value)));
}

/** What the store writes of two steps, a stop and a start, and of nothing else. */
async function recordedWrites(
  url: string,
): Promise<{ from: Where & { command: string }; writes: Statement[] }[]> {
  const pool = createPool(url, { max: 1 });
  try {
    const own = await born(pool);
    await commit(pool, own, 'stop');
    await commit(pool, own, 'start');
    const taken = [];
    for (const name of ['stop', 'start'] as const) {
      const writes = await writesOf(pool, () => commit(pool, own, name));
      const { rows } = await pool.query<{ command: string }>(
        'SELECT command_id AS command FROM steps WHERE instance_id = $1 AND step = $2',
        [own.life.id, own.life.step],
      );
      taken.push({ from: { id: own.life.id, step: own.life.step, command: rows[0]!.command }, writes });
    }
    return taken;
  } finally {
    await pool.end();
  }
}

async function born(pool: Pool): Promise<Own> {
  const id = await bear(pool, cvmPostpaid(), `ins-${randomUUID()}`);
  return { life: (await findInstance(pool, id))!.life };
}

/** Each unit of work has one of them for itself. */
function lend<T>(all: T[]): (use: (one: T) => Promise<void>) => Promise<void> {
  const free = [...all];
  return async (use) => {
    const one = free.shift()!;
    await use(one);
    free.push(one);
  };
}

async function storeAgainstDriver(place: Place, pool: Pool, size: Size): Promise<Figure> {
  const url = place.cluster.databaseUrl;
  const own = lend(await Promise.all(Array.from({ length: CONCURRENCY }, () => born(pool))));
  const sent = lend(await Promise.all(Array.from({ length: CONCURRENCY }, () => born(pool))));
  const recorded = await recordedWrites(url);
  const send = async (life: Own): Promise<void> => {
    const step = life.life.step + 1;
    const { from, writes } = recorded[(step + 1) % 2]!;
    const db = await pool.connect();
    try {
      const moved = writes.map((one) => ({
        ...one,
        values: valuesFor(one.values, from, { id: life.life.id, step }),
      }));
      await Promise.all([db.query('BEGIN'), ...moved.map((one) => db.query(one))]);
      await db.query('COMMIT');
    } finally {
      db.release();
    }
    life.life = { ...life.life, step };
  };
  const arms: Arm<Group>[] = [
    { name: 'store', groups: place.pids, once: () => own((one) => commit(pool, one, nextOf(one))) },
    { name: 'driver', groups: place.pids, once: () => sent(send) },
  ];
  const rounds = await compare(arms, { ...size, concurrency: CONCURRENCY }, cpuOf);
  const { ours, theirs, ...ratio } = ratioOf(rounds, 'store', 'driver', ({ rate }) => rate);
  return {
    metric: 'M6',
    what: `steps/s, store ÷ bare pg client with its ${recorded[0]!.writes.length} writes, at 16`,
    ratio,
    goal: '≥ 0.70',
    ours: `${ours.toFixed(0)}/s`,
    theirs: `${theirs.toFixed(0)}/s`,
  };
}

/** A registration and a renewal that its account's balance pays: each locks the account's rows. */
async function hotAgainstSpread(place: Place, pool: Pool, size: Size): Promise<Figure> {
  const accounts = Array.from({ length: ACCOUNTS }, () => `acc-${randomUUID()}`);
  for (const account of accounts) {
    const facts = { id: randomUUID(), account, reference: randomUUID(), reason: 'bench', by: BY } as const;
    const money = { kind: 'deposit', source: 'cash', currency: 'CNY', amount: '100000000000.00' } as const;
    const done = await recordAdjustment(pool, { ...facts, ...money });
    if (!done.ok) throw new Error(done.code);
  }
  const rules = withoutExamples(POLICIES.find(({ product }) => product === 'tencent-redis')!).lifecycle;
  const renew = async (account: string): Promise<void> => {
    const id = await bear(pool, redisPrepaid({ account }), `ins-${randomUUID()}`);
    const order = { kind: 'renewal', channel: 'standard', months: 1 } as const;
    const step = await stepOf(pool, id, { name: 'amend', order, rules });
    await step();
  };
  let next = 0;
  const arms: Arm<Group>[] = [
    { name: 'hot', groups: place.pids, once: () => renew(accounts[0]!) },
    {
      name: 'spread',
      groups: place.pids,
      once: () => {
        next += 1;
        return renew(accounts[next % ACCOUNTS]!);
      },
    },
  ];
  const rounds = await compare(arms, { ...size, concurrency: CONCURRENCY }, cpuOf);
  const { ours, theirs, ...ratio } = ratioOf(rounds, 'hot', 'spread', ({ rate }) => rate);
  return {
    metric: 'M6',
    what: `registrations with a renewal/s, one account ÷ ${ACCOUNTS} accounts, at 16`,
    ratio,
    goal: '≥ 0.80',
    ours: `${ours.toFixed(0)}/s`,
    theirs: `${theirs.toFixed(0)}/s`,
  };
}

const COMMITS = 200;

/** How long a small transaction takes when nothing else is asked: a shard of Temporal's does one at a time. */
async function commitTime(pool: Pool): Promise<Figure> {
  const took: number[] = [];
  for (let each = 0; each < COMMITS; each += 1) {
    const values = [randomUUID(), each, 'commit', ''];
    const begun = performance.now();
    await pool.query('INSERT INTO bench.lives (id, step, state, body) VALUES ($1, $2, $3, $4)', values);
    took.push(performance.now() - begun);
  }
  const ms = quantile(
    took.sort((a, b) => a - b),
    0.5,
  );
  return {
    metric: 'M6',
    what: 'milliseconds of a transaction with one insert, one after the other',
    ratio: only(ms),
    goal: undefined,
    ours: `${ms.toFixed(2)} ms`,
    theirs: '',
    data: { kind: 'commit', ms },
  };
}

export async function m6(place: Place, size: Size): Promise<Figure[]> {
  const pool = createPool(place.cluster.databaseUrl, { max: CONCURRENCY });
  try {
    return [
      await storeAgainstDriver(place, pool, size),
      await hotAgainstSpread(place, pool, size),
      await commitTime(pool),
    ];
  } finally {
    await pool.end();
  }
}
