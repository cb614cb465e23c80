/**
 * Lists by every filter and every two of them are the living instances that match, in the list's order, page by page
 * (`store/groups.ts`): also where nothing matches, and however they are sorted.
 */
import { INSTANCE_SORTS, type InstanceSortKey } from '../../domain/instance';
import { listInstances, listRecycleBin } from '../../store/lives/lists';
import type { Page, PageRequest } from '../../store/paging';
import {
  cvmPostpaid,
  cvmPrepaid,
  type Fields,
  fromNow,
  hoursAgo,
  jdPostpaid,
  redisPostpaid,
} from '../support/lives';
import { inParallel, range } from '../support/parallel';
import { Random } from '../support/random';
import { useService } from '../support/service';
import { bear, stepOf } from '../support/store-lives';

const { service } = useService({ worker: false });
const SEED = Number(process.env.SUNSET_SEED ?? Date.now() % 1_000_000);
const random = new Random(SEED);
const ACCOUNTS = ['acc-1', 'acc-2', 'acc-3'];
const REGIONS = ['cn-north-1', 'cn-east-2', 'cn-south-1'];
const PRODUCTS = { 'tencent-cvm': cvmPostpaid, 'tencent-redis': redisPostpaid, 'jd-vm': jdPostpaid };
const NAMED = ['a', 'Ab', 'ab', 'Web', 'zz'];
const STATES = [
  ['running'],
  ['stopped', 'isolated'],
  ['terminated'],
  ['running', 'terminated'],
  ['changing'],
];

interface Born {
  id: string;
  seq: number;
  account: string;
  product: string;
  billing: string;
  region: string;
  state: string;
  purgeTime: string | null;
  scheduled: boolean;
  name: string | null;
  due: string | null;
  expires: string | null;
}
let all: Born[];

function registrationOf(): Fields {
  const place = { account: random.pick(ACCOUNTS), region: random.pick(REGIONS) };
  const named = random.chance(0.6) ? { name: random.pick(NAMED) } : {};
  if (random.chance(0.2)) return cvmPrepaid({ ...place, ...named });
  const product = random.pick(['tencent-cvm', 'tencent-redis'] as const);
  const body = PRODUCTS[product]({ ...place, ...named });
  const state = random.pick(['running', 'stopped', 'isolated', 'isolated']);
  if (state !== 'isolated') return { ...body, state };
  // Several at one instant: the order within it is that of their registration.
  const purgeTime = fromNow(3_600_000 * random.int(24, 30)).replace(/\d\d:\d\d\.\d+/, '00:00.000');
  return { ...body, state, cause: 'terminate', isolatedAt: hoursAgo(1), purgeTime };
}

beforeAll(async () => {
  const { pool } = service;
  const ids = await inParallel(range(240), () => bear(pool, registrationOf()), 8);
  for (const [index, id] of ids.entries()) {
    const { rows } = await pool.query<{ state: string }>('SELECT state FROM instances WHERE id = $1', [id]);
    if (rows[0]!.state === 'isolated' && index % 5 === 0) await (await stepOf(pool, id, { name: 'purge' }))();
  }
  // A schedule without an agreement behind it: what is looked at is the list.
  await pool.query(`UPDATE instances SET life = jsonb_set(life, '{termination}', '{"mode": "timed"}')
    WHERE state = 'running' AND seq % 4 = 0`);
  await pool.query('ANALYZE instances');
  const { rows } = await pool.query<Born>(
    `SELECT id, seq, account, product, billing, region, state, purge_time AS "purgeTime", life->'termination' <> 'null' AS scheduled,
       lower(facts->>'name') AS name, due_at AS due,
       (SELECT max(o->>'endsAt') FROM jsonb_array_elements(life->'orders') AS o) AS expires
     FROM instances ORDER BY seq`,
  );
  all = rows;
});

async function pages(list: (page: PageRequest) => Promise<Page<{ id: string }>>): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await list({ limit: 7, cursor });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return ids;
}

const VALUES = {
  account: [...ACCOUNTS, 'acc-none'],
  product: Object.keys(PRODUCTS),
  region: [...REGIONS, 'nowhere'],
  billing: ['postpaid', 'prepaid'],
  states: STATES,
  scheduled: [true, false],
};
type Name = keyof typeof VALUES;
const NAMES = Object.keys(VALUES) as Name[];

/** Each value of each, and of each two; `tenant` stands in for the account at times. */
function* filters(names: readonly Name[]): Generator<Partial<Record<Name, unknown>>> {
  yield {};
  for (const [index, one] of names.entries())
    for (const value of VALUES[one]) {
      yield { [one]: value };
      for (const other of names.slice(index + 1))
        for (const more of VALUES[other]) yield { [one]: value, [other]: more };
    }
}

const matches = (born: Born, filter: Partial<Record<Name, unknown>>): boolean =>
  Object.entries(filter).every(([name, value]) =>
    name === 'states' ? (value as string[]).includes(born.state) : born[name as keyof Born] === value,
  );

/** By a key, what has none last; in order of registration where that says nothing. */
function sorted(some: Born[], by: InstanceSortKey, latestFirst: boolean): string[] {
  const keyOf = (born: Born): string | null => {
    if (by === 'registered') return '';
    return by === 'due' || by === 'expires' ? instant(born[by]) : born[by];
  };
  const way = latestFirst ? -1 : 1;
  const compared = (a: Born, b: Born): number => {
    const [one, other] = [keyOf(a), keyOf(b)];
    if ((one === null) !== (other === null)) return one === null ? 1 : -1;
    if (one === other) return way * (a.seq - b.seq);
    return way * (one! < other! ? -1 : 1);
  };
  return [...some].sort(compared).map(({ id }) => id);
}

/** Of one length: compared as text. */
const instant = (at: string | null): string | null => (at === null ? null : new Date(at).toISOString());

it.each(INSTANCE_SORTS)(`instances by any filter, sorted by %s (SUNSET_SEED=${SEED})`, async (by) => {
  let [found, empty] = [0, 0];
  for (const filter of filters(NAMES)) {
    const some = all.filter(
      (born) => matches(born, filter) && (filter.states !== undefined || born.state !== 'terminated'),
    );
    const latestFirst = random.chance(0.5);
    const asked = random.chance(0.5) ? { tenant: undefined, ...filter } : asTenant(filter);
    const shown = await pages((page) =>
      listInstances(service.pool, asked as never, { by, latestFirst }, page, random.pick([0, 1000])),
    );
    expect({ filter, latestFirst, shown }).toEqual({
      filter,
      latestFirst,
      shown: sorted(some, by, latestFirst),
    });
    if (some.length) found += 1;
    else empty += 1;
  }
  // Both happen, or this says nothing.
  expect(Math.min(found, empty)).toBeGreaterThan(20);
});

const asTenant = ({ account, ...filter }: Partial<Record<Name, unknown>>) => ({ ...filter, tenant: account });

it('the recycle bin by any filter, the next to be released first', async () => {
  for (const filter of filters(['account', 'product', 'region', 'billing'])) {
    const wanted = all
      .filter((born) => born.state === 'isolated' && matches(born, filter))
      .sort((a, b) => Date.parse(a.purgeTime!) - Date.parse(b.purgeTime!) || a.seq - b.seq)
      .map(({ id }) => id);
    const shown = await pages((page) =>
      listRecycleBin(service.pool, { tenant: undefined, ...filter } as never, page),
    );
    expect({ filter, shown }).toEqual({ filter, shown: wanted });
  }
});
