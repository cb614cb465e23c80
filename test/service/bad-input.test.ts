/**
 * Bad input, as a hostile or hasty caller sends it: every answer is a problem that names all the bad fields,
 * in the caller's language, never a 5xx, and at the end nothing has changed.
 */

import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Problem } from '../support/answered';
import { bodyOf, type Http, type Reply } from '../support/http';
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  type Fields,
  fromNow,
  hoursAgo,
  jdPostpaid,
  newId,
  plusMonths,
  purchase,
  quote,
  redisPostpaid,
  register,
} from '../support/lives';
import { useService } from '../support/service';

/** Instances that the bad requests are aimed at, and a quote that would hold. */
const world = {
  postpaid: '',
  prepaid: '',
  redis: '',
  jd: '',
  timed: '',
  isolated: '',
  returned: '',
  account: '',
  quoteId: '',
};
let before: Fields;

const { service, http } = useService();
beforeAll(async () => {
  const body = cvmPrepaid();
  world.account = body.account;
  [world.postpaid, world.prepaid, world.redis, world.jd, world.timed, world.isolated] = (await Promise.all([
    register(http, cvmPostpaid()),
    register(http, body),
    register(http, redisPostpaid()),
    register(http, jdPostpaid()),
    register(http, cvmPostpaid()),
    register(http, cvmPostpaid()),
  ])) as [string, string, string, string, string, string];
  await end(http, [world.timed], { schedule: { mode: 'timed', at: fromNow(30 * DAY) } });
  await end(http, [world.isolated], { schedule: { mode: 'later' } });
  world.returned = await register(http, cvmPrepaid());
  await end(http, [world.returned], { action: 'return' });
  world.quoteId = (await quote(http, [world.postpaid])).id;
  before = await everything();
});

const TABLES = [
  'instances',
  'orders',
  'steps',
  'transactions',
  'entries',
  'rights',
  'terminations',
  'termination_items',
  'refunds',
  'quotes',
  'accounts',
  'account_changes',
  'balances',
  'outbox',
];

/** How many rows there are, and a fingerprint of all lives and balances. */
async function everything() {
  const counts = TABLES.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`).join(', ');
  const { rows } = await service.pool.query(`SELECT ${counts},
    (SELECT md5(string_agg(life::text || step || clock_offset_ms, '' ORDER BY id)) FROM instances) AS lives,
    (SELECT md5(string_agg(a::text, '' ORDER BY account)) FROM accounts a) AS standings,
    (SELECT md5(string_agg(id || coalesce(termination_id, '-'), '' ORDER BY id)) FROM quotes) AS quoted`);
  return rows[0];
}

const CHINESE = /\p{Script=Han}/u;

interface Expected {
  status: number;
  code: string;
  /** `"/pointer CODE"`, all of them. */
  errors?: string[];
}

function expectProblem(reply: Reply, { status, code, errors }: Expected, lang: 'en' | 'zh'): void {
  const { headers } = reply;
  const body = bodyOf<Problem>(reply);
  const said = (body?.errors ?? []).map((one) => `${one.pointer} ${one.code}`).sort();
  expect({ status: reply.status, code: body?.code, ...(errors ? { errors: said } : {}) }).toEqual({
    status,
    code,
    ...(errors ? { errors: [...errors].sort() } : {}),
  });
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(headers.get('content-language')).toBe(lang);
  expect(body.status).toBe(status);
  const sentences = [body.title, body.detail, body.next, ...body.errors.map((one) => one.detail)];
  for (const sentence of sentences) {
    expect(sentence).toMatch(/\S/);
    expect(CHINESE.test(sentence)).toBe(lang === 'zh');
  }
  expect(body.type).toMatch(/^urn:sunset:problem:[a-z-]+$/);
}

type Options = Parameters<Http['post']>[2];

/** Sends the same request in both languages, each with its own key. */
async function refusedInBoth(
  method: string,
  path: string,
  body: unknown,
  expected: Expected,
  options: Options = {},
): Promise<void> {
  for (const [accept, lang] of [
    ['en', 'en'],
    ['zh-CN', 'zh'],
  ] as const) {
    const headers = { ...options.headers, 'accept-language': accept };
    expectProblem(await http.call(method, path, body, { ...options, headers }), expected, lang);
  }
}

const refusedFields = async (method: string, path: string, body: unknown, errors: string[]): Promise<void> =>
  await refusedInBoth(method, path, body, { status: 400, code: 'INVALID_REQUEST', errors });

const start = hoursAgo(48);
/** One instant: orders follow each other to the millisecond. */
const tomorrow = fromNow(DAY);
const renewalAfter = (startsAt: string, more: Fields = {}): Fields => ({
  ...purchase(startsAt),
  id: 'o2',
  kind: 'renewal',
  ...more,
});
const withPaid = (paid: Fields, more: Fields = {}): Fields =>
  cvmPrepaid({ orders: [purchase(start, { paid })], ...more });
const prices = (more: Fields): Fields => ({
  version: 'v',
  currency: 'CNY',
  month: '51',
  hour: '0.42',
  ...more,
});
const upgrade = (more: Fields): Fields => ({
  ...purchase(hoursAgo(24)),
  id: 'u1',
  kind: 'upgrade',
  endsAt: plusMonths(start, 12),
  ...more,
});
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const REGISTRATIONS: [title: string, body: () => unknown, errors: string[]][] = [
  [
    'nothing at all',
    () => ({}),
    ['/account MISSING', '/product MISSING', '/billing MISSING', '/region MISSING'],
  ],
  ['an array', () => [], [' WRONG_TYPE']],
  ['null', () => null, [' WRONG_TYPE']],
  ['a string', () => '"postpaid"', [' WRONG_TYPE']],
  [
    'unknown fields at every depth, each by its pointer',
    () => ({
      ...cvmPrepaid({ prices: prices({ year: '1' }), network: { billing: 'traffic', speed: 5 } }),
      colour: 'red',
      'a/b~c': 1,
      orders: [{ ...purchase(start), paid: { cash: '1', bitcoin: '5' }, note: 'x' }],
      disks: [{ id: 'd', kind: 'data', storage: 'local', size: 50 }],
      addresses: [{ id: 'a', kind: 'public', v6: true }],
    }),
    [
      '/colour UNKNOWN_FIELD',
      '/a~1b~0c UNKNOWN_FIELD',
      '/prices/year UNKNOWN_FIELD',
      '/network/speed UNKNOWN_FIELD',
      '/orders/0/paid/bitcoin UNKNOWN_FIELD',
      '/orders/0/note UNKNOWN_FIELD',
      '/disks/0/size UNKNOWN_FIELD',
      '/addresses/0/v6 UNKNOWN_FIELD',
    ],
  ],
  [
    'what only the server says',
    () => cvmPostpaid({ id: 'x', step: 0, clock: fromNow(0), purgeTime: null }),
    ['/id UNKNOWN_FIELD', '/step UNKNOWN_FIELD', '/clock UNKNOWN_FIELD', '/purgeTime NOT_A_TIME'],
  ],
  [
    'wrong types',
    () =>
      cvmPostpaid({
        account: 5,
        name: [],
        region: {},
        monthlySettled: 'no',
        disks: {},
        addresses: null,
        zone: false,
      }),
    [
      '/account NOT_VISIBLE',
      '/name NOT_TEXT',
      '/region NOT_TEXT',
      '/monthlySettled WRONG_TYPE',
      '/disks WRONG_TYPE',
      '/addresses WRONG_TYPE',
      '/zone NOT_TEXT',
    ],
  ],
  [
    'money that is none: negative, of 40 digits, a number, an exponent, a comma, not a number, a space',
    () =>
      cvmPrepaid({
        orders: [
          purchase(start, { paid: { cash: '-1', gift: '1'.repeat(40), income: 12.5, voucher: '1e3' } }),
        ],
        prices: prices({ month: '1,5', hour: 'NaN' }),
        disks: [{ id: 'd', kind: 'data', storage: 'local', month: ' 5' }],
      }),
    [
      '/orders/0/paid/cash NOT_MONEY',
      '/orders/0/paid/gift NOT_MONEY',
      '/orders/0/paid/income NOT_MONEY',
      '/orders/0/paid/voucher NOT_MONEY',
      '/prices/month NOT_MONEY',
      '/prices/hour NOT_MONEY',
      '/disks/0/month NOT_MONEY',
    ],
  ],
  ['40 decimals', () => withPaid({ cash: `1.${'0'.repeat(40)}` }), ['/orders/0/paid/cash NOT_MONEY']],
  ['Arabic-Indic digits', () => withPaid({ cash: '٤٠' }), ['/orders/0/paid/cash NOT_MONEY']],
  [
    'more decimals than CNY has',
    () => withPaid({ cash: '407.965' }),
    ['/orders/0/paid/cash TOO_MANY_DIGITS'],
  ],
  [
    'a decimal in JPY, four in KWD',
    () => withPaid({ cash: '1.5', gift: '2', voucher: '3.0' }, { prices: prices({ currency: 'JPY' }) }),
    ['/orders/0/paid/cash TOO_MANY_DIGITS', '/orders/0/paid/voucher TOO_MANY_DIGITS'],
  ],
  [
    'KWD has three',
    () => withPaid({ cash: '1.5555' }, { prices: prices({ currency: 'KWD' }) }),
    ['/orders/0/paid/cash TOO_MANY_DIGITS'],
  ],
  [
    'unknown currencies',
    () =>
      cvmPrepaid({
        prices: prices({ currency: 'XYZ' }),
        orders: [purchase(start, { prices: prices({ currency: 'cny' }) })],
      }),
    ['/prices/currency UNKNOWN_CURRENCY', '/orders/0/prices/currency UNKNOWN_CURRENCY'],
  ],
  [
    'two currencies',
    () => cvmPrepaid({ orders: [purchase(start, { prices: prices({ currency: 'USD' }) })] }),
    ['/orders/0/prices/currency OTHER_CURRENCY'],
  ],
  ['an unknown product', () => cvmPostpaid({ product: 'aws-ec2' }), ['/product UNKNOWN_PRODUCT']],
  ['an unknown billing mode', () => cvmPostpaid({ billing: 'free' }), ['/billing NOT_ALLOWED']],
  ['a state that nobody may state', () => cvmPostpaid({ state: 'terminated' }), ['/state NOT_ALLOWED']],
  ['a product that never is expired', () => cvmPostpaid({ state: 'expired' }), ['/state STATE_NOT_OFFERED']],
  [
    'times that are none',
    () =>
      cvmPrepaid({
        startedAt: '2026-02-30T00:00:00+08:00',
        orders: [purchase(start, { startsAt: '2026-11-01T00:00:00', endsAt: '2027-11-01' })],
      }),
    ['/startedAt IMPOSSIBLE_TIME', '/orders/0/startsAt NOT_A_TIME', '/orders/0/endsAt NOT_A_TIME'],
  ],
  [
    'more of them: hour 24, second 60, an offset of 15 h, the year 10000, a number',
    () =>
      cvmPrepaid({
        startedAt: '2026-11-01T24:00:00Z',
        network: { billing: 'traffic', switchedToTrafficAt: 1_700_000_000 },
        orders: [
          purchase(start, { startsAt: '2026-11-01T00:00:60Z', endsAt: '2026-11-01T00:00:00+15:00' }),
          { ...purchase(start), id: 'o2', startsAt: '10000-01-01T00:00:00Z', endsAt: '2201-01-01T00:00:00Z' },
        ],
      }),
    [
      '/startedAt IMPOSSIBLE_TIME',
      '/network/switchedToTrafficAt NOT_A_TIME',
      '/orders/0/startsAt IMPOSSIBLE_TIME',
      '/orders/0/endsAt IMPOSSIBLE_TIME',
      '/orders/1/startsAt NOT_A_TIME',
      '/orders/1/endsAt IMPOSSIBLE_TIME',
    ],
  ],
  [
    'an order that ends before it starts',
    () => cvmPrepaid({ orders: [purchase(start, { endsAt: hoursAgo(49) })] }),
    ['/orders/0/endsAt ENDS_BEFORE_START'],
  ],
  [
    'M16: a gap of a second between orders',
    () =>
      cvmPrepaid({ orders: [purchase(start, { endsAt: fromNow(DAY) }), renewalAfter(fromNow(DAY + 1000))] }),
    ['/orders/1/startsAt ORDER_GAP'],
  ],
  [
    'M16: orders that overlap',
    () =>
      cvmPrepaid({ orders: [purchase(start, { endsAt: fromNow(DAY) }), renewalAfter(fromNow(DAY - 1000))] }),
    ['/orders/1/startsAt ORDER_OVERLAP'],
  ],
  [
    'M16: an upgrade longer than its order',
    () => cvmPrepaid({ orders: [purchase(start), upgrade({ endsAt: plusMonths(start, 13) })] }),
    ['/orders/1/endsAt UPGRADE_TOO_LONG'],
  ],
  [
    'M16: an upgrade outside of every order',
    () => cvmPrepaid({ orders: [purchase(start), upgrade({ startsAt: hoursAgo(60) })] }),
    ['/orders/1/startsAt UPGRADE_OUTSIDE'],
  ],
  [
    'orders on a postpaid one',
    () => cvmPostpaid({ orders: [purchase(start)] }),
    ['/orders/0 NOT_FOR_POSTPAID'],
  ],
  ['a prepaid one without', () => cvmPrepaid({ orders: [] }), ['/orders TOO_SHORT']],
  ['a prepaid one without prices', () => cvmPrepaid({ prices: undefined }), ['/prices MISSING']],
  [
    'prices that no refund can be reckoned with',
    () => cvmPrepaid({ prices: { version: 'v', currency: 'CNY' } }),
    ['/prices/month PRICE_REQUIRED', '/prices/hour PRICE_REQUIRED'],
  ],
  [
    'bandwidth without its price',
    () => cvmPrepaid({ network: { billing: 'bandwidth' } }),
    ['/network/hour MISSING'],
  ],
  [
    'ids that are there twice',
    () =>
      cvmPrepaid({
        orders: [purchase(start, { endsAt: tomorrow }), renewalAfter(tomorrow, { id: 'o1' })],
        disks: many(2, () => ({ id: 'd', kind: 'data', storage: 'local' })),
        addresses: many(3, () => ({ id: 'a', kind: 'public' })),
      }),
    [
      '/orders/1/id DUPLICATE',
      '/disks/1/id DUPLICATE',
      '/addresses/1/id DUPLICATE',
      '/addresses/2/id DUPLICATE',
    ],
  ],
  [
    'prices in tiers that are none',
    () =>
      cvmPrepaid({
        prices: prices({
          hour: [{ upToHours: 96, price: '1' }, { upToHours: 96, price: '1' }, { price: '1' }],
        }),
      }),
    ['/prices/hour/1/upToHours TIERS_NOT_ASCENDING'],
  ],
  [
    'discounts above 1, below 0, by a fraction of a month',
    () =>
      cvmPrepaid({
        prices: prices({
          discounts: [
            { months: 6, rate: '1.1' },
            { months: 1.5, rate: '-0.5' },
            { months: 0, rate: 0.8 },
          ],
        }),
      }),
    [
      '/prices/discounts/0/rate NOT_A_RATE',
      '/prices/discounts/1/months NOT_A_WHOLE_NUMBER',
      '/prices/discounts/1/rate NOT_A_RATE',
      '/prices/discounts/2/months TOO_SMALL',
      '/prices/discounts/2/rate NOT_A_RATE',
    ],
  ],
  [
    'bad fields and broken rules at once',
    () =>
      cvmPostpaid({
        account: '',
        colour: 1,
        orders: [purchase(start)],
        disks: many(2, () => ({ id: 'd', kind: 'data', storage: 'local' })),
      }),
    ['/account NOT_VISIBLE', '/colour UNKNOWN_FIELD', '/orders/0 NOT_FOR_POSTPAID', '/disks/1/id DUPLICATE'],
  ],
  [
    'NUL, other control characters and half of a surrogate pair',
    () => cvmPostpaid({ name: 'a\0b', region: 'a\nb', zone: '\ud800', account: 'a b', type: '' }),
    ['/name NOT_TEXT', '/region NOT_TEXT', '/zone NOT_TEXT', '/account NOT_VISIBLE', '/type NOT_TEXT'],
  ],
  ['a name of 129 characters', () => cvmPostpaid({ name: 'x'.repeat(129) }), ['/name NOT_TEXT']],
  [
    '201 disks',
    () => cvmPostpaid({ disks: many(201, (index) => ({ id: `d${index}`, kind: 'data', storage: 'local' })) }),
    ['/disks TOO_LONG'],
  ],
];

describe('a registration', () => {
  it.each(REGISTRATIONS)('%s', async (_, make, errors) => {
    await refusedFields('PUT', `/v1/instances/${newId()}`, make(), errors);
  });

  it('`__proto__` and its like are fields like any other unknown one', async () => {
    const body = JSON.stringify(cvmPostpaid()).replace(
      '{',
      '{"__proto__": {"state": "terminated"}, "constructor": 1, "toString": 2, ',
    );
    await refusedFields('PUT', `/v1/instances/${newId()}`, body, [
      '/__proto__ UNKNOWN_FIELD',
      '/constructor UNKNOWN_FIELD',
      '/toString UNKNOWN_FIELD',
    ]);
    expect(({} as Fields).state).toBeUndefined();
  });

  it('a field that is there twice does not slip past validation', async () => {
    const body = JSON.stringify(cvmPostpaid())
      .replace('{', '{"billing": "postpaid", ')
      .replace(/}$/, ', "billing": "free"}');
    await refusedFields('PUT', `/v1/instances/${newId()}`, body, ['/billing DUPLICATE']);
  });

  it('huge arrays are answered soon, and not with a sentence for each of their members', async () => {
    const numbers = `{"account":"a","product":"tencent-cvm","billing":"postpaid","region":"r","disks":[${'1,'.repeat(100_000)}1]}`;
    const reply = await within(4000, http.put(`/v1/instances/${newId()}`, numbers));
    expect(reply).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } });
    const ids = JSON.stringify({
      action: 'terminate',
      instanceIds: many(25_000, (index) => index.toString(36)),
    });
    expect(await within(4000, http.post('/v1/quotes', ids))).toMatchObject({
      status: 400,
      body: { code: 'INVALID_REQUEST' },
    });
    const wrong = JSON.stringify({ account: null, name: 'a', permissions: many(29_000, () => 'x') });
    const refused = await within(1500, http.post('/v1/keys', wrong));
    expect(refused).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    expect(refused.body.errors!.length).toBeLessThanOrEqual(200);
    const fields = JSON.stringify(Object.fromEntries(many(20_000, (index) => [`f${index}`, 1])));
    expect(await within(4000, http.post('/v1/quotes', fields))).toMatchObject({
      status: 400,
      body: { code: 'INVALID_REQUEST' },
    });
  });
});

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const begun = Date.now();
  const result = await work;
  expect(Date.now() - begun).toBeLessThan(ms);
  return result;
}

const timed = (at: unknown): Fields => ({
  action: 'terminate',
  instanceIds: [world.postpaid],
  schedule: { mode: 'timed', at },
});

const WRITES: [title: string, path: () => string, body: () => unknown, errors: string[]][] = [
  ['a quote of nothing', () => '/v1/quotes', () => ({}), ['/action MISSING', '/instanceIds MISSING']],
  [
    'a quote of no instance',
    () => '/v1/quotes',
    () => ({ action: 'terminate', instanceIds: [] }),
    ['/instanceIds TOO_SHORT'],
  ],
  [
    'a quote with ids that are none',
    () => '/v1/quotes',
    () => ({
      action: 'destroy',
      instanceIds: ['..', '', 5, 'a b', 'a/b', '实例', 'x'.repeat(129), world.postpaid],
      force: true,
    }),
    ['/action NOT_ALLOWED', ...many(7, (index) => `/instanceIds/${index} NOT_AN_ID`), '/force UNKNOWN_FIELD'],
  ],
  [
    'a quote of one instance twice',
    () => '/v1/quotes',
    () => ({ action: 'terminate', instanceIds: [world.postpaid, world.postpaid] }),
    ['/instanceIds/1 DUPLICATE'],
  ],
  [
    'fiveDayFor that is not in the list',
    () => '/v1/quotes',
    () => ({ action: 'return', instanceIds: [world.prepaid], fiveDayFor: world.postpaid }),
    ['/fiveDayFor NOT_AMONG_ITEMS'],
  ],
  [
    'fiveDayFor that is not in the list, among other bad fields',
    () => '/v1/quotes',
    () => ({
      action: 'give',
      instanceIds: [world.prepaid],
      fiveDayFor: world.postpaid,
      schedule: { mode: 'soon' },
    }),
    ['/action NOT_ALLOWED', '/fiveDayFor NOT_AMONG_ITEMS', '/schedule/mode NOT_ALLOWED'],
  ],
  [
    'an unknown mode',
    () => '/v1/quotes',
    () => ({ action: 'terminate', instanceIds: [world.postpaid], schedule: { mode: 'soon' } }),
    ['/schedule/mode NOT_ALLOWED'],
  ],
  [
    'a schedule without mode',
    () => '/v1/quotes',
    () => ({ action: 'terminate', instanceIds: [world.postpaid], schedule: {} }),
    ['/schedule/mode MISSING'],
  ],
  ['timed without a time', () => '/v1/quotes', () => ({ ...timed(undefined) }), ['/schedule/at MISSING']],
  [
    'a time for now',
    () => '/v1/quotes',
    () => ({
      action: 'terminate',
      instanceIds: [world.postpaid],
      schedule: { mode: 'now', at: fromNow(DAY) },
    }),
    ['/schedule/at UNKNOWN_FIELD'],
  ],
  ['L2: timed in the past', () => '/v1/quotes', () => timed(fromNow(-1000)), ['/schedule/at NOT_IN_FUTURE']],
  [
    'L2: timed more than three years ahead',
    () => '/v1/quotes',
    () => timed(fromNow(3 * 366 * DAY)),
    ['/schedule/at TOO_FAR_AHEAD'],
  ],
  [
    'timed on 30 February',
    () => '/v1/quotes',
    () => timed('2027-02-30T00:00:00+08:00'),
    ['/schedule/at IMPOSSIBLE_TIME'],
  ],
  [
    'timed without offset',
    () => '/v1/quotes',
    () => timed('2027-02-20T00:00:00'),
    ['/schedule/at NOT_A_TIME'],
  ],
  ['timed by a number', () => '/v1/quotes', () => timed(Date.now() + DAY), ['/schedule/at NOT_A_TIME']],
  [
    'JD has no later',
    () => '/v1/quotes',
    () => ({ action: 'terminate', instanceIds: [world.jd], schedule: { mode: 'later' } }),
    ['/schedule/mode MODE_NOT_OFFERED'],
  ],
  [
    'Redis has no timed',
    () => '/v1/quotes',
    () => ({
      action: 'terminate',
      instanceIds: [world.redis],
      schedule: { mode: 'timed', at: fromNow(DAY) },
    }),
    ['/schedule/mode MODE_NOT_OFFERED'],
  ],
  [
    'returns have no later',
    () => '/v1/quotes',
    () => ({ action: 'return', instanceIds: [world.prepaid], schedule: { mode: 'later' } }),
    ['/schedule/mode MODE_NOT_OFFERED'],
  ],
  ['a confirmation of nothing', () => '/v1/terminations', () => ({}), ['/quoteId MISSING', '/agree MISSING']],
  [
    'L10: not agreed',
    () => '/v1/terminations',
    () => ({ quoteId: world.quoteId, agree: false }),
    ['/agree NOT_AGREED'],
  ],
  [
    'L10: agreed by a string',
    () => '/v1/terminations',
    () => ({ quoteId: world.quoteId, agree: 'true' }),
    ['/agree NOT_AGREED'],
  ],
  ['L10: agree is missing', () => '/v1/terminations', () => ({ quoteId: world.quoteId }), ['/agree MISSING']],
  [
    'a confirmation that names instances',
    () => '/v1/terminations',
    () => ({ quoteId: world.quoteId, agree: true, instanceIds: ['x'] }),
    ['/instanceIds UNKNOWN_FIELD'],
  ],
  [
    'cancel with a body',
    () => `/v1/instances/${world.timed}/cancel`,
    () => ({ force: true }),
    ['/force UNKNOWN_FIELD'],
  ],
  [
    'start with a body',
    () => `/v1/instances/${world.postpaid}/start`,
    () => ({ hard: 1, now: 2 }),
    ['/hard UNKNOWN_FIELD', '/now UNKNOWN_FIELD'],
  ],
  ['stop with an array', () => `/v1/instances/${world.postpaid}/stop`, () => [1], [' WRONG_TYPE']],
  ['reschedule to nothing', () => `/v1/instances/${world.timed}/reschedule`, () => ({}), ['/at MISSING']],
  [
    'L2: reschedule to the past',
    () => `/v1/instances/${world.timed}/reschedule`,
    () => ({ at: hoursAgo(1) }),
    ['/at NOT_IN_FUTURE'],
  ],
  [
    'L2: reschedule beyond three years',
    () => `/v1/instances/${world.timed}/reschedule`,
    () => ({ at: fromNow(1200 * DAY) }),
    ['/at TOO_FAR_AHEAD'],
  ],
  [
    'reschedule to 31 April',
    () => `/v1/instances/${world.timed}/reschedule`,
    () => ({ at: '2027-04-31T00:00:00Z' }),
    ['/at IMPOSSIBLE_TIME'],
  ],
  [
    'L6: purge without confirm',
    () => `/v1/instances/${world.isolated}/purge`,
    () => ({}),
    ['/confirm MISSING'],
  ],
  [
    'L6: purge with another id',
    () => `/v1/instances/${world.isolated}/purge`,
    () => ({ confirm: world.timed }),
    ['/confirm NOT_CONFIRMED'],
  ],
  [
    'L6: purge confirmed by true',
    () => `/v1/instances/${world.isolated}/purge`,
    () => ({ confirm: true }),
    ['/confirm WRONG_TYPE'],
  ],
  [
    'protect without a reason',
    () => `/v1/instances/${world.postpaid}/protect`,
    () => ({}),
    ['/reason MISSING'],
  ],
  [
    'protect for an empty reason',
    () => `/v1/instances/${world.postpaid}/protect`,
    () => ({ reason: '' }),
    ['/reason NOT_A_SENTENCE'],
  ],
  [
    'unprotect for NUL',
    () => `/v1/instances/${world.postpaid}/unprotect`,
    () => ({ reason: 'a\0' }),
    ['/reason NOT_A_SENTENCE'],
  ],
  ['an order of nothing', () => `/v1/instances/${world.prepaid}/orders`, () => ({}), ['/kind MISSING']],
  [
    'an order of an unknown kind',
    () => `/v1/instances/${world.prepaid}/orders`,
    () => ({ kind: 'purchase', months: 1 }),
    ['/kind NOT_ALLOWED'],
  ],
  [
    'a renewal for no months',
    () => `/v1/instances/${world.prepaid}/orders`,
    () => ({ kind: 'renewal' }),
    ['/months MISSING'],
  ],
  [
    'a renewal with ids, dates and a channel of its own',
    () => `/v1/instances/${world.prepaid}/orders`,
    () => ({
      kind: 'renewal',
      months: 0,
      channel: 'friends',
      id: 'o9',
      startsAt: fromNow(0),
      paid: { cash: -1 },
    }),
    [
      '/months TOO_SMALL',
      '/channel NOT_ALLOWED',
      '/id UNKNOWN_FIELD',
      '/startsAt UNKNOWN_FIELD',
      '/paid/cash NOT_MONEY',
    ],
  ],
  [
    'a renewal for 1.5 months',
    () => `/v1/instances/${world.prepaid}/orders`,
    () => ({ kind: 'renewal', months: 1.5 }),
    ['/months NOT_A_WHOLE_NUMBER'],
  ],
  [
    'a renewal for a million months',
    () => `/v1/instances/${world.prepaid}/orders`,
    () => ({ kind: 'renewal', months: 1e6 }),
    ['/months TOO_LARGE'],
  ],
  [
    'paid to a tenth of a cent',
    () => `/v1/instances/${world.prepaid}/orders`,
    () => ({ kind: 'renewal', months: 1, paid: { cash: '1.001' } }),
    ['/paid/cash TOO_MANY_DIGITS'],
  ],
  [
    'an upgrade that nobody paid',
    () => `/v1/instances/${world.prepaid}/orders`,
    () => ({ kind: 'upgrade' }),
    ['/paid MISSING'],
  ],
  [
    'an upgrade with months',
    () => `/v1/instances/${world.prepaid}/orders`,
    () => ({ kind: 'upgrade', months: 3, paid: {} }),
    ['/months UNKNOWN_FIELD'],
  ],
  [
    'a restore of a postpaid one with a renewal',
    () => `/v1/instances/${world.isolated}/restore`,
    () => ({ renewal: { months: 1 } }),
    ['/renewal RENEWAL_NOT_ALLOWED'],
  ],
  [
    'a prepaid restore without renewal',
    () => `/v1/instances/${world.returned}/restore`,
    () => ({}),
    ['/renewal RENEWAL_REQUIRED'],
  ],
  [
    'a restore paid to a tenth of a cent',
    () => `/v1/instances/${world.returned}/restore`,
    () => ({ renewal: { months: 1, paid: { gift: '0.001' } } }),
    ['/renewal/paid/gift TOO_MANY_DIGITS'],
  ],
  [
    'a restore with a wrong renewal',
    () => `/v1/instances/${world.isolated}/restore`,
    () => ({ renewal: { months: '1', year: 2 } }),
    ['/renewal/months WRONG_TYPE', '/renewal/year UNKNOWN_FIELD'],
  ],
  [
    'a forward by nothing',
    () => `/v1/instances/${world.postpaid}/fast-forward`,
    () => ({}),
    ['/duration MISSING'],
  ],
  [
    'a forward into the past',
    () => `/v1/instances/${world.postpaid}/fast-forward`,
    () => ({ duration: '-P1D' }),
    ['/duration NOT_A_DURATION'],
  ],
  [
    'a forward by a month',
    () => `/v1/instances/${world.postpaid}/fast-forward`,
    () => ({ duration: 'P1M' }),
    ['/duration NOT_A_DURATION'],
  ],
  [
    'a forward by P',
    () => `/v1/instances/${world.postpaid}/fast-forward`,
    () => ({ duration: 'P' }),
    ['/duration NOT_A_DURATION'],
  ],
  [
    'a forward by 99999 days',
    () => `/v1/instances/${world.postpaid}/fast-forward`,
    () => ({ duration: 'P99999D' }),
    ['/duration NOT_A_DURATION'],
  ],
];

describe('the other writes', () => {
  it.each(WRITES)('%s', async (_, path, body, errors) => {
    await refusedFields('POST', path(), body(), errors);
  });

  it('an account: arrears and hold are booleans, a reason is given, and something changes', async () => {
    const path = `/v1/accounts/${world.account}`;
    await refusedFields('PUT', path, { arrears: 'yes', hold: 1, vip: true }, [
      '/arrears WRONG_TYPE',
      '/hold WRONG_TYPE',
      '/reason MISSING',
      '/vip UNKNOWN_FIELD',
    ]);
    await refusedFields('PUT', path, { reason: 'nothing' }, [' NOTHING_TO_CHANGE']);
    await refusedFields('PUT', path, { hold: true, reason: '\u0000' }, ['/reason NOT_A_SENTENCE']);
  });

  it('a quote of instances that don’t exist is 404 and names them', async () => {
    const body = { action: 'terminate', instanceIds: ['nobody', 'noone'] };
    const errors = ['/instanceIds/0 NOT_FOUND', '/instanceIds/1 NOT_FOUND'];
    await refusedInBoth('POST', '/v1/quotes', body, { status: 404, code: 'NOT_FOUND', errors });
    const confirmation = { quoteId: 'q_nothing', agree: true };
    await refusedInBoth('POST', '/v1/terminations', confirmation, {
      status: 404,
      code: 'NOT_FOUND',
      errors: ['/quoteId NOT_FOUND'],
    });
  });
});

/** Sends bytes as they are: neither path nor header is tidied up on the way. */
async function raw(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: Buffer | string,
): Promise<Reply> {
  const { hostname, port } = new URL(http.url);
  const all = { authorization: `Bearer ${http.operatorKey}`, 'accept-language': 'en', ...headers };
  return await new Promise((resolve, reject) => {
    const call = request({ hostname, port, method, path, headers: all }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const pairs = Object.entries(response.headers).map(
          ([name, value]) => [name, String(value)] as [string, string],
        );
        resolve({
          status: response.statusCode!,
          headers: new Headers(pairs),
          body: text.startsWith('{') ? JSON.parse(text) : text,
        });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

describe('bodies', () => {
  const json = (): Record<string, string> => ({
    'content-type': 'application/json',
    'idempotency-key': randomUUID(),
  });
  const path = (): string => `/v1/instances/${newId()}`;

  it('of 1 MB are 413, said or streamed or unpacked', async () => {
    const big = JSON.stringify(cvmPostpaid({ name: 'x'.repeat(1_048_576) }));
    const expected = { status: 413, code: 'BODY_TOO_LARGE', errors: [] };
    await refusedInBoth('PUT', path(), big, expected);
    await refusedInBoth('POST', '/v1/quotes', big, expected);
    expectProblem(
      await raw('PUT', path(), { ...json(), 'transfer-encoding': 'chunked' }, big),
      expected,
      'en',
    );
    const bomb = gzipSync(Buffer.alloc(50 * 1_048_576, 'x'));
    expectProblem(await raw('PUT', path(), { ...json(), 'content-encoding': 'gzip' }, bomb), expected, 'en');
  });

  it.each([
    ['half an object', '{"account": '],
    ['a comma too many', '{"account": "a",}'],
    ['two documents', '{} {}'],
    ['a word', 'undefined'],
    ['single quotes', "{'account': 'a'}"],
    ['NaN', '{"months": NaN}'],
    ['a NUL between', '{"account"\u0000: "a"}'],
    ['nesting of 100,000', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['objects within objects', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
    ['a field name with NUL', '{"a\\u0000b": 1}'],
  ])('that are not sound JSON are 400: %s', async (_, text) => {
    await refusedInBoth('PUT', path(), text, { status: 400, code: 'MALFORMED_JSON', errors: [] });
  });

  it('of another type are 415', async () => {
    const expected = { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', errors: [] };
    const text = JSON.stringify(cvmPostpaid());
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/xml',
      'multipart/form-data',
      'application/json; charset=iso-8859-1',
    ]) {
      await refusedInBoth('PUT', path(), text, expected, { headers: { 'content-type': type } });
    }
    expectProblem(await raw('PUT', path(), { 'idempotency-key': 'none' }, text), expected, 'en');
    expectProblem(
      await raw('PUT', path(), { ...json(), 'content-encoding': 'snappy' }, text),
      expected,
      'en',
    );
  });

  it('that claim to be packed and are not are 400', async () => {
    const reply = await raw('PUT', path(), { ...json(), 'content-encoding': 'gzip' }, 'not gzip');
    expectProblem(reply, { status: 400, code: 'MALFORMED_JSON', errors: [] }, 'en');
  });

  it('that are missing are named by what they lack', async () => {
    const reply = await raw('PUT', path(), { 'idempotency-key': randomUUID() });
    expectProblem(reply, { status: 400, code: 'INVALID_REQUEST' }, 'en');
    expect(reply.body.errors!.length).toBeGreaterThan(0);
  });
});

describe('addresses', () => {
  const id = (errors: string[] = ['/id NOT_AN_ID']): Expected => ({
    status: 400,
    code: 'INVALID_REQUEST',
    errors,
  });

  it.each([
    ['unicode', encodeURIComponent('实例')],
    ['NUL', 'a%00b'],
    ['a newline', 'a%0Ab'],
    ['a slash', 'a%2Fb'],
    ['two dots', '%2E%2E'],
    ['a space', 'a%20b'],
    ['SQL', encodeURIComponent("x'; DROP TABLE entries;--")],
    ['5,000 characters', 'x'.repeat(5000)],
  ])('ids that are none are 400: %s', async (_, segment) => {
    for (const path of [
      `/v1/instances/${segment}`,
      `/v1/instances/${segment}/timeline`,
      `/v1/quotes/${segment}`,
      `/v1/terminations/${segment}`,
    ]) {
      expectProblem(await raw('GET', path), id(), 'en');
    }
    expectProblem(await raw('GET', `/v1/refunds/${segment}`), id(['/id NOT_A_LONG_ID']), 'en');
    const json = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    expectProblem(
      await raw('PUT', `/v1/instances/${segment}`, json, JSON.stringify(cvmPostpaid())),
      id(),
      'en',
    );
    expectProblem(
      await raw('POST', `/v1/instances/${segment}/stop`, { 'idempotency-key': randomUUID() }),
      id(),
      'en',
    );
  });

  it('dots as they are don’t climb out of their folder', async () => {
    for (const path of [
      '/v1/instances/..',
      '/v1/instances/../../healthz',
      '/docs/../package.json',
      '/docs/..%2f..%2fpackage.json',
      '/docs/%2e%2e/package.json',
    ]) {
      const reply = await raw('GET', path);
      expect([400, 404]).toContain(reply.status);
      expect(reply.headers.get('content-type')).toBe('application/problem+json');
    }
  });

  it('percent signs that encode nothing are 400', async () => {
    for (const path of [
      '/v1/instances/%zz',
      '/v1/instances/%',
      '/v1/instances/%C0%80',
      '/v1/accounts/%ff/statement',
    ]) {
      expectProblem(await raw('GET', path), { status: 400, code: 'MALFORMED_URL', errors: [] }, 'en');
    }
  });

  it('an account is any visible text, and no more than that', async () => {
    await refusedInBoth('GET', `/v1/accounts/${encodeURIComponent('Zoë')}`, undefined, {
      status: 404,
      code: 'NOT_FOUND',
      errors: [],
    });
    expectProblem(await raw('GET', '/v1/accounts/a%00b'), id(['/account NOT_VISIBLE']), 'en');
    expectProblem(await raw('GET', `/v1/accounts/${'x'.repeat(129)}`), id(['/account NOT_VISIBLE']), 'en');
  });
});

describe('queries', () => {
  const LISTS = ['/v1/instances', '/v1/recycle-bin', '/v1/terminations', '/v1/refunds'];
  const lists = (): string[] => [
    ...LISTS,
    `/v1/instances/${world.postpaid}/timeline`,
    `/v1/accounts/${world.account}/statement`,
  ];
  const cursor = (key: unknown): string => Buffer.from(JSON.stringify(key)).toString('base64url');

  it.each([
    ['limit=0', '/limit TOO_SMALL'],
    ['limit=501', '/limit TOO_LARGE'],
    ['limit=-1', '/limit NOT_A_WHOLE_NUMBER'],
    ['limit=1.5', '/limit NOT_A_WHOLE_NUMBER'],
    ['limit=1e2', '/limit NOT_A_WHOLE_NUMBER'],
    ['limit=99999999999999999999', '/limit NOT_A_WHOLE_NUMBER'],
    ['limit=', '/limit NOT_A_WHOLE_NUMBER'],
    ['limit=5&limit=6', '/limit WRONG_TYPE'],
    ['cursor=', '/cursor BAD_CURSOR'],
    ['cursor=abc', '/cursor BAD_CURSOR'],
    ['cursor=%00', '/cursor BAD_CURSOR'],
    [`cursor=${cursor({})}`, '/cursor BAD_CURSOR'],
    [`cursor=${cursor([])}`, '/cursor BAD_CURSOR'],
    [`cursor=${cursor(['x'])}`, '/cursor BAD_CURSOR'],
    [`cursor=${cursor([1.5])}`, '/cursor BAD_CURSOR'],
    [`cursor=${cursor([1, 2, 3])}`, '/cursor BAD_CURSOR'],
    [`cursor=${cursor(['2026-11-01', null])}`, '/cursor BAD_CURSOR'],
    [`cursor=${cursor([null])}`, '/cursor BAD_CURSOR'],
    ['colour=red', '/colour UNKNOWN_FIELD'],
    ['__proto__=x', '/__proto__ UNKNOWN_FIELD'],
    ['account[]=x', '/account[] UNKNOWN_FIELD'],
  ])('every list refuses %s', async (query, error) => {
    for (const path of lists()) {
      const reply = await http.get(`${path}?${query}`);
      expectProblem(reply, { status: 400, code: 'INVALID_REQUEST', errors: [error] }, 'en');
    }
  });

  it('every list refuses a cursor of 1,001 characters', async () => {
    for (const path of lists()) {
      const reply = await http.get(`${path}?cursor=${'a'.repeat(1001)}`);
      expectProblem(reply, { status: 400, code: 'INVALID_REQUEST', errors: ['/cursor BAD_CURSOR'] }, 'en');
    }
  });

  it('cursors with numbers and times out of range are no 5xx', async () => {
    for (const path of lists()) {
      for (const key of [
        [Number.MAX_SAFE_INTEGER],
        [-1],
        ['+275760-09-13T00:00:00Z', 1],
        ['2026', Number.MAX_SAFE_INTEGER],
        ['0', 1],
      ]) {
        const reply = await http.get(`${path}?cursor=${cursor(key)}`);
        expect([200, 400]).toContain(reply.status);
      }
    }
  });

  it('filters are held to what they filter', async () => {
    await refusedInBoth('GET', '/v1/instances?state=gone&account=a%20b&product=%00&region=', undefined, {
      status: 400,
      code: 'INVALID_REQUEST',
      errors: ['/state NOT_A_STATE', '/account NOT_VISIBLE', '/product NOT_TEXT', '/region NOT_TEXT'],
    });
    const unknown = { status: 400, code: 'INVALID_REQUEST', errors: ['/x UNKNOWN_FIELD'] };
    await refusedInBoth('GET', `/v1/instances/${world.postpaid}?x=1`, undefined, unknown);
    await refusedInBoth('POST', `/v1/instances/${world.postpaid}/stop?x=1`, {}, unknown);
  });
});

describe('keys', () => {
  it('missing, wrong or of another scheme are 401, whatever else is wrong', async () => {
    const expected = { status: 401, code: 'UNAUTHENTICATED', errors: [] };
    const wrong = [
      undefined,
      'Bearer',
      'Bearer ',
      'Bearer wrong',
      `Basic ${http.operatorKey}`,
      http.operatorKey,
      `Bearer ${http.operatorKey}x`,
    ];
    for (const authorization of wrong) {
      const headers = {
        'accept-language': 'zh-CN',
        ...(authorization === undefined ? {} : { authorization }),
      };
      const reply = await fetch(`${http.url}/v1/instances/${newId()}`, { method: 'PUT', headers, body: '{' });
      expectProblem(
        { status: reply.status, headers: reply.headers, body: (await reply.json()) as Problem },
        expected,
        'zh',
      );
      expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    const nowhere = await fetch(`${http.url}/v1/nowhere`);
    expect(nowhere.status).toBe(401);
  });

  it('Idempotency-Key is required on every POST', async () => {
    const expected = { status: 400, code: 'IDEMPOTENCY_KEY_REQUIRED', errors: [] };
    for (const name of [
      'start',
      'stop',
      'cancel',
      'reschedule',
      'restore',
      'purge',
      'orders',
      'protect',
      'unprotect',
      'fast-forward',
    ]) {
      await refusedInBoth('POST', `/v1/instances/${world.postpaid}/${name}`, {}, expected, { key: null });
    }
    await refusedInBoth('POST', '/v1/quotes', {}, expected, { key: null });
    await refusedInBoth('POST', '/v1/terminations', {}, expected, { key: null });
  });

  it('Idempotency-Key is 1–255 visible ASCII characters, also on PUT', async () => {
    const expected = { status: 400, code: 'IDEMPOTENCY_KEY_INVALID', errors: [] };
    for (const key of ['a b', 'x'.repeat(256), 'clé', '']) {
      const headers = { 'idempotency-key': key, 'content-type': 'application/json' };
      expectProblem(await raw('POST', `/v1/instances/${world.postpaid}/stop`, headers), expected, 'en');
      expectProblem(
        await raw('PUT', `/v1/instances/${newId()}`, headers, JSON.stringify(cvmPostpaid())),
        expected,
        'en',
      );
    }
    // 255 characters and double quotes are fine: the request then fails for its own reason.
    for (const key of [`"${randomUUID()}"`, randomUUID().padEnd(255, '~')]) {
      const reply = await http.post('/v1/quotes', { action: 1, instanceIds: [] }, { key });
      expect(reply).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    }
  });
});

it('nothing has changed after all of that', async () => {
  expect(await everything()).toEqual(before);
  // And the service still works.
  await register(http, cvmPostpaid());
});
