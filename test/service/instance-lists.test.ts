/** Lists of instances as the console asks for them: filtered, searched, sorted, page by page. */
import type { Instance, Page } from '../support/answered';
import { bodyOf, type Http } from '../support/http';
import { as } from '../support/keys';
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  type Fields,
  fromNow,
  hoursAgo,
  jdPostpaid,
  newAccount,
  purchase,
  redisPostpaid,
  register,
} from '../support/lives';
import { range } from '../support/parallel';
import { useService } from '../support/service';
import { withDatabase } from '../support/shared';

const { service, http } = useService();
const account = newAccount();
let tenant: Http;
/** By what they are. */
const ids: Record<string, string> = {};

const NAMES: Record<string, Fields> = {
  web: cvmPostpaid({ account, name: 'Web 前端', region: 'ap-guangzhou' }),
  db: cvmPrepaid({
    account,
    name: 'db-Main',
    region: 'ap-shanghai',
    externalId: 'ins-0F3A',
    orders: [purchase(hoursAgo(48))],
  }),
  later: cvmPrepaid({
    account,
    name: 'db-later',
    region: 'ap-shanghai',
    orders: [purchase(hoursAgo(2))],
  }),
  cache: redisPostpaid({ account, region: 'ap-guangzhou', name: undefined }),
  vm: jdPostpaid({ account, name: 'vm', region: 'cn-north-1' }),
  timed: cvmPostpaid({ account, name: 'timed', region: 'ap-guangzhou' }),
  binned: cvmPostpaid({ account, name: 'binned', region: 'ap-guangzhou' }),
  gone: cvmPostpaid({ account, name: 'gone', region: 'ap-guangzhou' }),
};

beforeAll(async () => {
  tenant = await as(http, { account, name: 'viewer', permissions: ['read'] });
  for (const [name, body] of Object.entries(NAMES)) ids[name] = await register(http, body);
  await end(http, [ids.timed!], { schedule: { mode: 'timed', at: fromNow(DAY) } });
  await end(http, [ids.binned!], { schedule: { mode: 'later' } });
  await end(http, [ids.gone!]);
});

const nameOf = (id: string): string => Object.keys(ids).find((name) => ids[name] === id) ?? id;
const found = async (query: string, caller: Http = tenant, list = 'instances'): Promise<string[]> => {
  const { items } = bodyOf<Page<{ id?: string; instanceId?: string }>>(
    expectStatus(await caller.get(`/v1/${list}?${query}`), 200),
  );
  return items.map((one) => nameOf((one.id ?? one.instanceId)!));
};

/** All pages of a list. */
async function whole(query: string, limit: number): Promise<string[]> {
  const all: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const more = cursor ? `&cursor=${cursor}` : '';
    const { items, nextCursor } = expectStatus(
      await tenant.get(`/v1/instances?limit=${limit}&${query}${more}`),
      200,
    ).body as Page<Instance>;
    all.push(...items.map(({ id }) => nameOf(id)));
    cursor = nextCursor;
  }
  return all;
}

describe('filters', () => {
  it.each<[string, string[]]>([
    ['', ['web', 'db', 'later', 'cache', 'vm', 'timed', 'binned']],
    ['billing=prepaid', ['db', 'later']],
    ['billing=postpaid&region=ap-guangzhou', ['web', 'cache', 'timed', 'binned']],
    ['product=tencent-cvm&state=running', ['web', 'db', 'later', 'timed']],
    ['state=isolated,terminated', ['binned', 'gone']],
    ['state=running,stopped,changing&region=cn-north-1', ['vm']],
    ['state=terminated', ['gone']],
    ['scheduled=true', ['timed']],
    ['attention=true', []],
  ])('%s', async (query, expected) => {
    expect(await found(query)).toEqual(expected);
  });

  it('attention: what the watch over lives has seen trouble with', async () => {
    const troubles = JSON.stringify([{ instanceId: ids.vm, kind: 'lost', detail: 'x', since: hoursAgo(1) }]);
    await withDatabase(service.adminUrl, (admin) =>
      admin.query('UPDATE watch SET at = now(), counts = $1, troubles = $2', [
        { lost: 1, stuck: 0, overdue: 0 },
        troubles,
      ]),
    );
    expect(await found('attention=true')).toEqual(['vm']);
    expect(await found('attention=false')).not.toContain('vm');
  });

  it('are refused by name where they can’t be', async () => {
    const query = 'state=running,gone&billing=free&sort=price&q=&limit=0&attention=maybe';
    const { status, body } = await tenant.get(`/v1/instances?${query}`);
    expect([status, body.errors?.map(({ pointer, code }) => `${pointer} ${code}`).sort()]).toEqual([
      400,
      [
        '/attention NOT_ALLOWED',
        '/billing NOT_ALLOWED',
        '/limit TOO_SMALL',
        '/q NOT_TEXT',
        '/sort NOT_ALLOWED',
        '/state NOT_A_STATE',
      ],
    ]);
  });
});

describe('search', () => {
  it.each<[string, string[]]>([
    ['DB-', ['db', 'later']],
    ['前端', ['web']],
    ['ins-0f3a', ['db']],
    ['nothing of the kind', []],
    ['%', []],
    ['_', []],
    // Looked for in an index, which has patterns.
    ['b-%', []],
    ['d_-', []],
    ['b-\\', []],
    // Letters that are too few for it (and that no id has by chance: ids are hexadecimal).
    ['WE', ['web']],
    ['前', ['web']],
  ])('%s', async (text, expected) => {
    expect(await found(`q=${encodeURIComponent(text)}`)).toEqual(expected);
  });

  it('finds by the id, and by the ids of disks and addresses, together with filters', async () => {
    expect(await found(`q=${ids.cache!.slice(4).toUpperCase()}`)).toEqual(['cache']);
    const [disk] = (await http.get(`/v1/instances/${ids.web}`)).body.disks;
    const all = await found(`q=${disk!.id}`);
    expect(all).toContain('web');
    expect(await found(`q=${disk!.id}&billing=prepaid`)).toEqual(all.filter((one) => /db|later/.test(one)));
    expect(await found('q=DB-&state=stopped')).toEqual([]);
    await withDatabase(service.adminUrl, (admin) =>
      admin.query(
        `INSERT INTO instance_words SELECT 'nobody-' || n, 'db-' || n FROM generate_series(1, 2000) AS n`,
      ),
    );
    // More than are found at once: one after the other in the list.
    expect(await found('q=DB-')).toEqual(['db', 'later']);
    expect(await found('q=DB-1999')).toEqual([]);
  });

  it('finds in the bin too', async () => {
    expect(await found('q=binn', tenant, 'recycle-bin')).toEqual(['binned']);
    expect(await found('q=web', tenant, 'recycle-bin')).toEqual([]);
    expect(await found('billing=prepaid', tenant, 'recycle-bin')).toEqual([]);
  });
});

describe('sorted', () => {
  const ALL = ['web', 'db', 'later', 'cache', 'vm', 'timed', 'binned'];
  it.each<[string, string[]]>([
    ['registered', ALL],
    ['-registered', [...ALL].reverse()],
    ['name', ['binned', 'later', 'db', 'timed', 'vm', 'web', 'cache']],
    ['-name', ['web', 'vm', 'timed', 'db', 'later', 'binned', 'cache']],
    ['region', ['web', 'cache', 'timed', 'binned', 'db', 'later', 'vm']],
    ['expires', ['db', 'later', 'web', 'cache', 'vm', 'timed', 'binned']],
    ['-expires', ['later', 'db', 'binned', 'timed', 'vm', 'cache', 'web']],
  ])('by %s, the same page by page', async (sort, expected) => {
    expect(await found(`sort=${sort}`)).toEqual(expected);
    for (const limit of [1, 2, 3]) expect(await whole(`sort=${sort}`, limit)).toEqual(expected);
  });

  it('by what happens next', async () => {
    expect((await found('sort=due')).slice(0, 2).sort()).toEqual(['binned', 'timed']);
    expect((await found('sort=-due')).slice(0, 2)).toEqual(['later', 'db']);
    expect(await whole('sort=due', 2)).toEqual(await found('sort=due'));
  });

  it('every key there is, both ways, with a filter and a search', async () => {
    const keys = ['id', 'account', 'product', 'billing', 'state', 'due', 'expires', 'region', 'name'];
    for (const key of keys.flatMap((one) => [one, `-${one}`])) {
      expect((await whole(`sort=${key}&q=d&billing=prepaid`, 1)).sort()).toEqual(['db', 'later']);
    }
  });

  it('thousands of the same key come once each', async () => {
    const many = newAccount();
    await register(http, cvmPostpaid({ account: many, name: 'same' }), 'one-of-many');
    await withDatabase(service.adminUrl, (admin) =>
      admin.query(
        `INSERT INTO instances (id, account, product, billing, region, state, step, facts, life, policy_id, registration_hash, registered_by)
         SELECT 'many-' || n, account, product, billing, region, state, step, facts, life, policy_id, registration_hash, registered_by
         FROM instances, generate_series(1, 1200) n WHERE id = 'one-of-many'`,
      ),
    );
    const viewer = await as(http, { account: many, name: 'viewer', permissions: ['read'] });
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const more = cursor ? `&cursor=${cursor}` : '';
      const { items, nextCursor } = (await viewer.get(`/v1/instances?sort=-name&limit=500${more}`))
        .body as Page<Instance>;
      seen.push(...items.map(({ id }) => id));
      cursor = nextCursor;
    }
    expect(seen.sort()).toEqual(['one-of-many', ...range(1200).map((n) => `many-${n + 1}`)].sort());
  });

  it('a cursor of another kind is refused', async () => {
    const { nextCursor } = (await tenant.get('/v1/instances?sort=name&limit=1')).body;
    for (const sort of ['registered', 'due'])
      expect(await tenant.get(`/v1/instances?sort=${sort}&cursor=${nextCursor}`)).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/cursor', code: 'BAD_CURSOR' }] },
      });
    const nul = Buffer.from(JSON.stringify(['a\0', 1])).toString('base64url');
    expect((await tenant.get(`/v1/instances?sort=name&cursor=${nul}`)).status).toBe(400);
  });
});

describe('facets', () => {
  it('say how many there are of each, of the caller’s own', async () => {
    const expected = {
      product: [
        { value: 'tencent-cvm', count: 5 },
        { value: 'jd-vm', count: 1 },
        { value: 'tencent-redis', count: 1 },
      ],
      region: [
        { value: 'ap-guangzhou', count: 4 },
        { value: 'ap-shanghai', count: 2 },
        { value: 'cn-north-1', count: 1 },
      ],
      billing: [
        { value: 'postpaid', count: 5 },
        { value: 'prepaid', count: 2 },
      ],
      state: [
        { value: 'running', count: 5 },
        { value: 'isolated', count: 1 },
        { value: 'stopped', count: 1 },
        { value: 'terminated', count: 1 },
      ],
    };
    expect((await tenant.get('/v1/instance-facets')).body).toEqual(expected);
    expect((await http.get(`/v1/instance-facets?account=${account}`)).body).toEqual(expected);
    const all = (await http.get('/v1/instance-facets')).body;
    expect(all.product.find(({ value }) => value === 'tencent-cvm')!.count).toBeGreaterThanOrEqual(5);
    const stranger = await as(http, { account: newAccount(), name: 'viewer', permissions: ['read'] });
    const nothing = { product: [], region: [], billing: [], state: [] };
    expect((await stranger.get('/v1/instance-facets')).body).toEqual(nothing);
    expect((await tenant.get('/v1/instance-facets?account=another')).body).toEqual(nothing);
  });
});

it('terminations of one instance, and of one action', async () => {
  const list = async (query: string) =>
    (await tenant.get(`/v1/terminations?${query}`)).body.items.map(({ items }) =>
      items.map(({ instanceId }) => nameOf(instanceId)),
    );
  expect(await list(`instanceId=${ids.binned}`)).toEqual([['binned']]);
  expect(await list('action=terminate')).toEqual([['gone'], ['binned'], ['timed']]);
  expect(await list('action=return')).toEqual([]);
  expect(await list('instanceId=nobody')).toEqual([]);
});
