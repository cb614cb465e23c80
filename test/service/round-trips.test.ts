/**
 * M5 of the cost: SQL round trips and statements of a step, of a quote, and of a confirmation, counted on the
 * connections. COMMIT is one more round trip, and is counted apart.
 */
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { OPERATOR } from '../../api/caller';
import type { ApiDeps } from '../../api/deps';
import { quote } from '../../api/use-cases/quote';
import type { Command } from '../../domain/commands';
import { POLICIES } from '../../policies';
import { acceptQuote } from '../../store/agreements/acceptance';
import { createPool, type Pool } from '../../store/db';
import { cvmPostpaid, cvmPrepaid, redisPostpaid, redisPrepaid } from '../support/lives';
import { inParallel, range } from '../support/parallel';
import { countTrips, type TripCounter, type Trips } from '../support/round-trips';
import { useService } from '../support/service';
import { agreed, bear, quoteOf, stepOf } from '../support/store-lives';

const { service } = useService({ worker: false });
let pool: Pool;
let trips: TripCounter;

beforeAll(async () => {
  pool = createPool(service.serviceUrl, { max: 4 });
  trips = countTrips(pool);
  // What is read once a process is not a step's: the policies.
  await oneStep(await bear(pool, redisPrepaid()), { name: 'stop' });
});
afterAll(() => pool.end());

async function oneStep(id: string, command: Command): Promise<Trips> {
  const step = await stepOf(pool, id, command);
  return await trips.during(step);
}

const told: [string, Trips][] = [];
const tell = (what: string, count: Trips): Trips => {
  told.push([what, count]);
  return count;
};
afterAll(() => {
  const lines = told.map(
    ([what, { statements, roundTrips, commits }]) =>
      `  ${what.padEnd(44)} ${String(statements).padStart(3)} statements, ${roundTrips} round trips, ${commits} COMMIT`,
  );
  process.stderr.write(`${lines.join('\n')}\n`);
});

const STEP = { roundTrips: 2, commits: 1 };

describe('a step is two round trips and a COMMIT (decision 34)', () => {
  it('registration', async () => {
    expect(tell('registration', await trips.during(() => bear(pool, redisPrepaid())))).toMatchObject(STEP);
  });

  it('stop, protect, unprotect', async () => {
    const id = await bear(pool, cvmPostpaid());
    for (const command of [
      { name: 'stop' },
      { name: 'protect', reason: 'x' },
      { name: 'unprotect' },
    ] as Command[])
      expect(tell(command.name, await oneStep(id, command))).toMatchObject(STEP);
  });

  it('terminate now', async () => {
    const id = await bear(pool, cvmPostpaid());
    const [step] = await agreed(pool, (await quoteOf(pool, [id], 'terminate')).id);
    expect(tell('terminate now', await trips.during(step!))).toMatchObject(STEP);
  });

  it('return with its refund, restore with a renewal that balances pay, undo, purge', async () => {
    const id = await bear(pool, redisPrepaid());
    const back = async (what: string): Promise<void> => {
      const [step] = await agreed(pool, (await quoteOf(pool, [id], 'return')).id);
      expect(tell(what, await trips.during(step!))).toMatchObject(STEP);
    };
    await back('return with a refund');
    const restore: Command = { name: 'restore', renewal: { months: 1 } };
    expect(tell('restore, paid from balances', await oneStep(id, restore))).toMatchObject(STEP);
    await back('return again');
    const { rows } = await pool.query<{ id: string }>(
      "SELECT id FROM refunds WHERE instance_id = $1 AND status = 'done' ORDER BY seq DESC LIMIT 1",
      [id],
    );
    const undo: Command = { name: 'undo', refundId: rows[0]!.id, reason: 'x' };
    expect(tell('undo of a return', await oneStep(id, undo))).toMatchObject(STEP);
  });

  it('purge', async () => {
    const id = await bear(pool, redisPostpaid());
    const [step] = await agreed(pool, (await quoteOf(pool, [id], 'terminate')).id);
    await step!();
    expect(tell('purge', await oneStep(id, { name: 'purge' }))).toMatchObject(STEP);
  });

  it('the same step again', async () => {
    const step = await stepOf(pool, await bear(pool, cvmPostpaid()), { name: 'stop' });
    await step();
    expect(tell('a step that is stored already', await trips.during(step))).toMatchObject({
      roundTrips: 1,
      commits: 1,
    });
  });
});

it('a quote is at most three round trips, of any number of instances', async () => {
  const deps = { pool, policies: POLICIES } as unknown as ApiDeps;
  const ids = await inParallel(range(100), () => bear(pool, cvmPrepaid()), 4);
  for (const size of [1, 100]) {
    const asking = { caller: OPERATOR, commandId: randomUUID() };
    const asked = { action: 'return', instanceIds: ids.slice(0, size), schedule: { mode: 'now' } } as const;
    const count = await trips.during(() =>
      quote(deps, asking, { ...asked, instanceIds: [...asked.instanceIds] }),
    );
    expect(tell(`a quote of ${size}`, count).roundTrips).toBeLessThanOrEqual(3);
  }
});

it('a confirmation takes as many round trips for 1 as for 100 items', async () => {
  const counts: Trips[] = [];
  for (const size of [1, 100]) {
    const ids = await inParallel(range(size), () => bear(pool, cvmPrepaid()), 4);
    const { id: quoteId } = await quoteOf(pool, ids, 'return');
    const accept = () =>
      acceptQuote(pool, { quoteId, terminationId: randomUUID(), by: 'operator', via: 'test' });
    counts.push(tell(`a confirmation of ${size}`, await trips.during(accept)));
  }
  expect(counts[1]).toEqual(counts[0]);
  expect(counts[0]!.roundTrips).toBeLessThanOrEqual(5);
});

describe('what a round trip costs', () => {
  let single: Pool;
  beforeAll(() => {
    single = createPool(service.serviceUrl, { max: 1 });
  });
  afterAll(() => single.end());

  it('what is asked together goes out in one write', async () => {
    const client = await single.connect();
    const { stream } = (client as unknown as { connection: { stream: Duplex } }).connection;
    const writes: string[] = [];
    for (const method of ['_write', '_writev'] as const) {
      const write = stream[method]!.bind(stream) as (...args: unknown[]) => void;
      stream[method] = (...args: unknown[]) => {
        writes.push(method);
        write(...args);
      };
    }
    await Promise.all(range(5).map((n) => client.query('SELECT $1::int', [n])));
    await client.query('SELECT 1');
    const written = writes.length;
    client.release(true);
    expect(written).toBe(2);
  });

  it('no statement of a life is planned anew each time', async () => {
    const deps = { pool: single, policies: POLICIES } as unknown as ApiDeps;
    // PostgreSQL plans a prepared statement five times before it decides to keep a plan.
    for (const _ of range(8)) {
      const id = await bear(single, cvmPrepaid());
      const asking = { caller: OPERATOR, commandId: randomUUID() };
      const asked = { action: 'return', instanceIds: [id], schedule: { mode: 'now' } } as const;
      const { id: quoteId } = await quote(deps, asking, { ...asked, instanceIds: [id] });
      const [step] = await agreed(single, quoteId);
      await step!();
      await (await stepOf(single, id, { name: 'purge' }))();
    }
    const { rows } = await single.query<{ statement: string; kept: number }>(
      `SELECT statement, generic_plans AS kept FROM pg_prepared_statements
       WHERE generic_plans + custom_plans > 6 AND generic_plans = 0`,
    );
    // How many rows an array will make, no plan that is kept can know.
    expect(rows.filter(({ statement }) => !/unnest|jsonb_array_elements/.test(statement))).toEqual([]);
  });
});
