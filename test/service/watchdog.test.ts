/**
 * No request holds the event loop of the API for more than 50 ms: every operation of the OpenAPI document at
 * its largest legal input, and hostile bodies, against an API in a process of its own.
 *
 * How noise is dealt with: of each turn of the loop the wall clock and the time of the processor are taken,
 * and the lesser of the two counts, since others on a busy machine take from the first only. A call has five
 * tries, each in a world of its own: the first one compiles, and a large collection of garbage comes in one
 * and not in all of them. There is no factor on top.
 */
import { PERMISSIONS } from '../../domain/permissions';
import { bodyOf, type Http, type Reply } from '../support/http';
import { copies, largest, manyOrders, manyUpgrades, NAME, pricesOf, SENTENCE } from '../support/largest';
import {
  cvmPrepaid,
  expectStatus,
  type Fields,
  fromNow,
  hoursAgo,
  newAccount,
  newId,
  register,
  until,
} from '../support/lives';
import { inParallel, range } from '../support/parallel';
import { approvalOf } from '../support/review';
import { useService } from '../support/service';
import { signIn } from '../support/session';
import { withDatabase } from '../support/shared';
import { startWatched, type WatchedApi } from '../support/watched-api';

const LIMIT_MS = 50;
const ROUNDS = 5;
const NEVER = 2 ** 31 - 1;
const CROWD = 'crowd';

/** What the calls of one round are about: each round has its own, so that each call can be made as often. */
class World {
  readonly account = newAccount();
  /** Prepaid, with hundreds of orders and everything else full. */
  readonly full = newId('full');
  /** Prepaid, with one order and hundreds of upgrades. */
  readonly upgraded = newId('upgraded');
  /** Postpaid, full of disks and addresses. */
  readonly postpaid = newId('postpaid');
  /** As many full ones as one quote goes over. */
  readonly heavy: string[];
  /** Of what was made last of each kind, by the name of its list. */
  readonly ids: Record<string, string> = {};
  /** How many of the calls it has been through. */
  lived = 0;

  constructor(round: number) {
    this.heavy = range(10).map((index) => `many-${round * 10 + index + 1}`);
  }
}
const worlds = range(ROUNDS).map((round) => new World(round));

const { service } = useService(
  { worker: { sweepEveryMs: NEVER, watchEveryMs: NEVER, sealEveryMs: NEVER } },
  () => api.stop(),
);
let api: WatchedApi;
/** Who asks for a refund can't decide on it. */
let approver: Http;
let operations: string[];

beforeAll(async () => {
  api = await startWatched(service);
  const key = { account: null, name: 'approver', permissions: ['refund:approve', 'read'] };
  approver = api.http.as(expectStatus(await service.http.post('/v1/keys', key), 201).body.key);
  await fillLists();
  const { paths } = (await service.http.get('/openapi.json')).body as { paths: Record<string, object> };
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}, 180_000);

const instance = (id: string): string => `/v1/instances/${id}`;

/** Hundreds of everything that lists show, in one account. */
async function fillLists(): Promise<void> {
  const { http, adminUrl } = service;
  const like = (table: string, where: string, count: number, columns: Record<string, string>) =>
    copies(adminUrl, table, where, count, columns);
  await Promise.all([
    register(http, cvmPrepaid({ account: CROWD, region: 'few', orders: manyOrders(10) }), 'few'),
    register(http, largest(manyOrders(498), { account: CROWD, region: 'full' }), 'many'),
  ]);
  for (const [of, count] of [
    ['few', 499],
    ['many', 60],
  ] as const) {
    // Each of an account of its own, so that each has rights to return.
    const account = `'${of}-' || n`;
    await withDatabase(adminUrl, (client) =>
      client.query(`INSERT INTO accounts SELECT ${account} FROM generate_series(1, ${count}) n`),
    );
    const facts = `t.facts || jsonb_build_object('account', ${account})`;
    await like('instances', `t.id = '${of}'`, count, { id: account, account, facts });
    await like('orders', `t.instance_id = '${of}'`, count, { instance_id: `'${of}-' || n` });
  }
  // In the bin, as many again.
  const life = { state: 'isolated', cause: 'return', isolatedAt: hoursAgo(1), purgeTime: fromNow(1e9) };
  await like('instances', "t.id LIKE 'many-%'", 1, {
    id: "'binned-' || t.id",
    state: "'isolated'",
    life: `t.life || '${JSON.stringify(life)}'`,
    isolated_at: 'now()',
    purge_time: "'2099-01-01'",
  });
  await like('orders', "t.instance_id LIKE 'many-%'", 1, { instance_id: "'binned-' || t.instance_id" });
  const details = JSON.stringify({ reason: SENTENCE });
  await like('steps', "t.instance_id = 'few' AND t.step = 0", 500, {
    step: 'n',
    command_id: "'c' || n",
    details: `'${details}'`,
  });
  await http.put(`${instance('few')}/hold`, { hold: true, reason: SENTENCE });
  await like('hold_changes', "t.instance_id = 'few'", 500, {});
  await inParallel(range(500), (index) =>
    http.post(`/v1/accounts/${CROWD}/adjustments`, {
      kind: 'deposit',
      source: 'cash',
      currency: CURRENCIES[index % CURRENCIES.length],
      amount: '999999999999999',
      reason: SENTENCE,
      reference: `${index} ${NAME}`.slice(0, 128),
    }),
  );
  const usage = { meter: NAME, quantity: '0.1234567890', startsAt: hoursAgo(2), endsAt: hoursAgo(1) };
  expectStatus(await http.post(`${instance('few')}/usage`, usage), 201);
  await like('usage', "t.instance_id = 'few'", 500, { id: "'u' || n" });
  const key = { account: CROWD, name: 'x'.repeat(128), permissions: PERMISSIONS };
  expectStatus(await http.post('/v1/keys', key), 201);
  await like('keys', `t.account = '${CROWD}'`, 500, {
    id: "'k' || n",
    key_hash: "'h' || n",
    secret_id: "'s' || n",
    revoked_by: "'me'",
    revoked_at: 'now()',
  });
  await Promise.all([fillAgreements(), fillFindings()]);
}

const CURRENCIES = ['CNY', 'USD', 'EUR', 'GBP', 'JPY', 'KWD', 'INR', 'BRL', 'CHF', 'SEK'];
const light = ['few', ...range(499).map((index) => `few-${index + 1}`)];

/** Refunds, requests for them and terminations, each as long as it may be. */
async function fillAgreements(): Promise<void> {
  const { http, adminUrl } = service;
  await http.put(`${instance('many')}/hold`, { hold: true, reason: SENTENCE });
  const request = { instanceId: 'many', action: 'return', reason: SENTENCE };
  const { id } = expectStatus(await http.post('/v1/refund-requests', request), 201).body;
  await copies(adminUrl, 'refunds', "t.instance_id = 'many'", 60, { id: "'r' || n", status: "'denied'" });
  await copies(adminUrl, 'refund_requests', `t.id = '${id}'`, 60, {
    id: "'rr' || n",
    refund_id: "'r' || n",
    termination_id: "'x' || n",
    decided_by: "'me'",
    decision_reason: `'${SENTENCE}'`,
    decided_at: 'now()',
  });
  const asked = { action: 'terminate', instanceIds: light };
  const { id: quoteId } = expectStatus(await http.post('/v1/quotes', asked), 201).body;
  await copies(adminUrl, 'quotes', `t.id = '${quoteId}'`, 60, { id: "'q' || n", items: "'[]'" });
  await withDatabase(adminUrl, async (client) => {
    await client.query(
      `INSERT INTO terminations (id, quote_id, action, schedule, rules_version, agreed_via, agreed_by)
       SELECT 't' || n, 'q' || n, 'terminate', '{"mode": "now"}', 'v', 'api', 'me' FROM generate_series(1, 60) n`,
    );
    await client.query(
      `INSERT INTO termination_items (termination_id, instance_id, position, account, status, problem)
       SELECT 't' || n, i.id, row_number() OVER (PARTITION BY n), i.account, 'refused', '{"code": "WRONG_STATE", "state": "isolated"}'
       FROM generate_series(1, 60) n, instances i WHERE i.id LIKE 'few%'`,
    );
  });
}

/** As much as an audit and the watch over lives keep. */
async function fillFindings(): Promise<void> {
  const findings = JSON.stringify(
    range(1000).map((index) => ({ check: 'a check', id: `row-${index}`, detail: SENTENCE })),
  );
  const troubles = JSON.stringify(
    range(1000).map((index) => ({
      instanceId: `i-${index}`,
      kind: 'lost',
      detail: NAME,
      since: hoursAgo(1),
    })),
  );
  await withDatabase(service.adminUrl, async (client) => {
    await client.query(
      `INSERT INTO audits (id, trigger, started_at, finished_at, rows, finding_count, findings, healed_count, healed, skipped)
       SELECT 'a' || n, 'command', now(), now(), '{}', 1000, $1, 0, '[]', '[]' FROM generate_series(1, 100) n`,
      [findings],
    );
    await client.query(
      `INSERT INTO drift (id, instance_id, account, state, exists, power, isolated, status, found_at, seen_at, decided_by, decided_at, reason)
       SELECT 'd-' || n || '-' || i.id, i.id, i.account, 'running', true, 'stopped', false, 'ignored', now(), now(), 'me', now(), $1
       FROM (SELECT id, account FROM instances LIMIT 50) i, generate_series(1, 10) n`,
      [SENTENCE],
    );
    await client.query('UPDATE watch SET at = now(), counts = $1, troubles = $2', [
      { lost: 1000, stuck: 0, overdue: 0 },
      troubles,
    ]);
  });
}

type Make = (world: World) => Promise<Reply>;

const get =
  (path: string): Make =>
  () =>
    api.http.get(path);
const post = (path: string, body: unknown = {}): Promise<Reply> => api.http.post(path, body);
const put = (path: string, body: Fields): Promise<Reply> => api.http.put(path, body);
const toFull =
  (path: string, body: Fields = {}): Make =>
  ({ full }) =>
    post(instance(full) + path, body);
const toPostpaid =
  (path: string, body: Fields = {}): Make =>
  ({ postpaid }) =>
    post(instance(postpaid) + path, body);
const page = (path: string): Make => get(`${path}${path.includes('?') ? '&' : '?'}limit=500`);

/** Remembers the id of what is made. */
const keeping =
  (name: string, make: Make): Make =>
  async (world) => {
    const reply = await make(world);
    world.ids[name] = bodyOf<{ id: string }>(reply).id;
    return reply;
  };

/** A quote of the round's instance, for the next call: not watched. */
async function quoted(id: string, action: string, schedule: Fields = { mode: 'now' }): Promise<string> {
  return expectStatus(await service.http.post('/v1/quotes', { action, instanceIds: [id], schedule }), 201)
    .body.id;
}
const confirm = (quoteId: string): Promise<Reply> => post('/v1/terminations', { quoteId, agree: true });
const isIsolated = (id: string): Promise<unknown> =>
  until(async () => (await service.http.get(instance(id))).body.state === 'isolated', `${id} to be isolated`);

const requestRefund =
  (): Make =>
  async ({ full }) =>
    await post('/v1/refund-requests', { instanceId: full, action: 'return', reason: SENTENCE });
const requestOf = ({ ids }: World): string => `/v1/refund-requests/${ids.request}`;

/** In the order in which they are made; what is after the operation's name says what is large. */
const CALLS: [operation: string, what: string, status: number, make: Make][] = [
  [
    'PUT /v1/instances/{id}',
    '498 orders',
    201,
    ({ full, account }) => put(instance(full), largest(manyOrders(498), { account })),
  ],
  [
    'PUT /v1/instances/{id}',
    '499 upgrades',
    201,
    ({ upgraded }) => put(instance(upgraded), cvmPrepaid({ orders: manyUpgrades(500) })),
  ],
  [
    'PUT /v1/instances/{id}',
    'again',
    200,
    ({ full, account }) => put(instance(full), largest(manyOrders(498), { account })),
  ],
  [
    'PUT /v1/instances/{id}',
    'disks and addresses',
    201,
    ({ postpaid }) =>
      put(instance(postpaid), largest([], { billing: 'postpaid', network: { billing: 'traffic' } })),
  ],
  ['GET /v1/instances', '500 orders each', 200, page('/v1/instances?region=full')],
  ['GET /v1/instances', '10 orders each', 200, page('/v1/instances?region=few')],
  ['GET /v1/instances', 'sorted and searched', 200, page(`/v1/instances?region=few&sort=-name&q=few`)],
  ['GET /v1/instance-facets', '', 200, get('/v1/instance-facets')],
  ['GET /v1/recycle-bin', '', 200, page('/v1/recycle-bin?region=full')],
  ['GET /v1/instances/{id}', '', 200, ({ full }) => api.http.get(instance(full))],
  [
    'GET /v1/instances/{id}/commands',
    '498 orders',
    200,
    ({ full }) => api.http.get(`${instance(full)}/commands`),
  ],
  [
    'GET /v1/instances/{id}/commands',
    '499 upgrades',
    200,
    ({ upgraded }) => api.http.get(`${instance(upgraded)}/commands`),
  ],
  ['GET /v1/instances/{id}/timeline', '', 200, page(`${instance('few')}/timeline`)],
  [
    'GET /v1/instances/{id}/refund-curve',
    '498 orders',
    200,
    ({ full }) => api.http.get(`${instance(full)}/refund-curve`),
  ],
  [
    'GET /v1/instances/{id}/refund-curve',
    '499 upgrades',
    200,
    ({ upgraded }) => api.http.get(`${instance(upgraded)}/refund-curve`),
  ],
  [
    'GET /v1/instances/{id}/refund-curve',
    '200 points of 499 upgrades',
    200,
    ({ upgraded }) => api.http.get(`${instance(upgraded)}/refund-curve?points=200`),
  ],
  [
    'POST /v1/quotes',
    '500 instances',
    201,
    keeping('quote', () => post('/v1/quotes', { action: 'return', instanceIds: light })),
  ],
  ['GET /v1/quotes/{id}', '500 instances', 200, ({ ids }) => api.http.get(`/v1/quotes/${ids.quote}`)],
  [
    'POST /v1/quotes',
    '10 full instances',
    201,
    keeping('quote', ({ heavy }) => post('/v1/quotes', { action: 'return', instanceIds: heavy })),
  ],
  ['GET /v1/quotes/{id}', '10 full instances', 200, ({ ids }) => api.http.get(`/v1/quotes/${ids.quote}`)],
  [
    'POST /v1/quotes',
    '497 renewals',
    201,
    ({ full }) => {
      const orderIds = range(497).map((index) => `order-${index + 1}`);
      return post('/v1/quotes', { action: 'return-renewals', instanceIds: [full], orderIds });
    },
  ],
  [
    'POST /v1/quotes',
    '499 upgrades',
    201,
    ({ upgraded }) => post('/v1/quotes', { action: 'return', instanceIds: [upgraded] }),
  ],
  ['POST /v1/instances/{id}/network', '', 200, toFull('/network', { billing: 'traffic' })],
  ['POST /v1/instances/{id}/stop', '', 200, toFull('/stop')],
  ['POST /v1/instances/{id}/start', '', 200, toFull('/start')],
  ['POST /v1/instances/{id}/operations', '', 200, toFull('/operations', { kind: NAME })],
  ['POST /v1/instances/{id}/operations/end', '', 200, toFull('/operations/end', { power: 'running' })],
  ['POST /v1/instances/{id}/protect', '', 200, toFull('/protect', { reason: SENTENCE, holdRelease: true })],
  ['POST /v1/instances/{id}/unprotect', '', 200, toFull('/unprotect', { reason: SENTENCE })],
  [
    'GET /v1/instances/{id}/renewal-price',
    '',
    200,
    ({ full }) => api.http.get(`${instance(full)}/renewal-price?months=120`),
  ],
  ['PUT /v1/instances/{id}/prices', '', 200, ({ full }) => put(`${instance(full)}/prices`, pricesOf('next'))],
  [
    'POST /v1/instances/{id}/orders',
    '',
    200,
    toFull('/orders', {
      kind: 'renewal',
      months: 12,
      paid: { cash: '1.01', gift: '1.01', income: '1.01', voucher: '1.01' },
    }),
  ],
  [
    'POST /v1/instances/{id}/usage',
    '',
    201,
    toFull('/usage', { meter: NAME, quantity: '0.1234567891', startsAt: hoursAgo(2), endsAt: hoursAgo(1) }),
  ],
  ['GET /v1/instances/{id}/usage', '', 200, page(`${instance('few')}/usage`)],
  [
    'PUT /v1/instances/{id}/hold',
    '',
    200,
    ({ full }) => put(`${instance(full)}/hold`, { hold: true, reason: SENTENCE }),
  ],
  ['POST /v1/refund-requests', '', 201, keeping('request', requestRefund())],
  ['GET /v1/refund-requests/{id}', '', 200, (world) => api.http.get(requestOf(world))],
  [
    'POST /v1/refund-requests/{id}/deny',
    '',
    200,
    (world) => approver.post(`${requestOf(world)}/deny`, { reason: SENTENCE }),
  ],
  [
    'POST /v1/refund-requests/{id}/approve',
    '',
    200,
    async (world) => {
      const { body } = expectStatus(
        await service.http.post('/v1/refund-requests', requested(world.full)),
        201,
      );
      const approval = await approvalOf(service.http, body.id, SENTENCE);
      return await approver.post(`/v1/refund-requests/${body.id}/approve`, approval);
    },
  ],
  ['GET /v1/refunds/{id}', '', 200, async (world) => api.http.get(`/v1/refunds/${await refundOf(world)}`)],
  [
    'POST /v1/refunds/{id}/undo',
    '',
    200,
    async (world) => post(`/v1/refunds/${await refundOf(world)}/undo`, { reason: SENTENCE }),
  ],
  ['POST /v1/instances/{id}/fast-forward', '', 200, toFull('/fast-forward', { duration: 'P1D' })],
  ['POST /v1/instances/{id}/repair', '', 200, toFull('/repair', { restart: true })],
  [
    'POST /v1/terminations',
    'timed',
    202,
    async ({ postpaid }) => confirm(await quoted(postpaid, 'terminate', { mode: 'timed', at: fromNow(1e9) })),
  ],
  ['POST /v1/instances/{id}/reschedule', '', 200, toPostpaid('/reschedule', { at: fromNow(2e9) })],
  ['POST /v1/instances/{id}/cancel', '', 200, toPostpaid('/cancel')],
  [
    'POST /v1/terminations',
    'disks and addresses',
    202,
    async ({ postpaid }) => confirm(await quoted(postpaid, 'terminate', { mode: 'later' })),
  ],
  [
    'POST /v1/instances/{id}/restore',
    '',
    200,
    async ({ postpaid }) => {
      await isIsolated(postpaid);
      return await post(`${instance(postpaid)}/restore`);
    },
  ],
  [
    'POST /v1/instances/{id}/purge',
    '',
    200,
    async ({ postpaid }) => {
      expectStatus(
        await service.http.post('/v1/terminations', {
          quoteId: await quoted(postpaid, 'terminate', { mode: 'later' }),
          agree: true,
        }),
        202,
      );
      await isIsolated(postpaid);
      return await post(`${instance(postpaid)}/purge`, { confirm: postpaid });
    },
  ],
  ['POST /v1/terminations', '10 full instances', 202, ({ ids }) => confirm(ids.quote!)],
  ['GET /v1/terminations', '', 200, page('/v1/terminations')],
  ['GET /v1/terminations/{id}', '', 200, get('/v1/terminations/t1')],
  ['GET /v1/refunds', '', 200, page(`/v1/refunds?account=${CROWD}`)],
  ['GET /v1/refunds', 'CSV', 200, page(`/v1/refunds?account=${CROWD}&format=csv`)],
  ['GET /v1/refund-requests', '', 200, page(`/v1/refund-requests?account=${CROWD}`)],
  ['GET /v1/accounts', '', 200, page('/v1/accounts')],
  ['GET /v1/accounts/{account}', '', 200, get(`/v1/accounts/${CROWD}`)],
  [
    'PUT /v1/accounts/{account}',
    '',
    200,
    () => put(`/v1/accounts/${CROWD}`, { arrears: false, hold: false, reason: SENTENCE }),
  ],
  ['GET /v1/accounts/{account}/statement', '', 200, page(`/v1/accounts/${CROWD}/statement`)],
  ['GET /v1/accounts/{account}/statement', 'CSV', 200, page(`/v1/accounts/${CROWD}/statement?format=csv`)],
  ['GET /v1/accounts/{account}/balances', '', 200, get(`/v1/accounts/${CROWD}/balances`)],
  [
    'POST /v1/accounts/{account}/adjustments',
    '',
    201,
    ({ account, full }) =>
      post(`/v1/accounts/${account}/adjustments`, {
        kind: 'deposit',
        source: 'gift',
        currency: 'CNY',
        amount: '999999999999999.99',
        reason: SENTENCE,
        reference: full,
      }),
  ],
  ['GET /v1/accounts/{account}/adjustments', '', 200, page(`/v1/accounts/${CROWD}/adjustments`)],
  ['GET /v1/trial-balance', '', 200, get('/v1/trial-balance')],
  ['GET /v1/trial-balance', 'CSV', 200, get('/v1/trial-balance?format=csv')],
  ['GET /v1/audit-checks', '', 200, get('/v1/audit-checks')],
  ['GET /v1/seal', '', 200, get('/v1/seal')],
  ['GET /v1/audits', '', 200, page('/v1/audits')],
  ['GET /v1/audits/{id}', '', 200, get('/v1/audits/a1')],
  ['GET /v1/troubles', '', 200, get('/v1/troubles')],
  ['GET /v1/control-planes', '', 200, get('/v1/control-planes')],
  ['GET /v1/drift', '', 200, page('/v1/drift?status=ignored')],
  [
    'POST /v1/drift/{id}',
    '',
    200,
    async ({ full }) => {
      await withDatabase(service.adminUrl, (client) => client.query(DRIFT, [full]));
      return await post(`/v1/drift/d-${full}`, { action: 'ignore', reason: SENTENCE });
    },
  ],
  // What is stuck is no larger.
  ['POST /v1/instances/{id}/resolve', '', 409, toFull('/resolve', { action: 'skip', reason: SENTENCE })],
  [
    'POST /v1/control-plane/confirmations',
    '',
    401,
    ({ full }) =>
      post('/v1/control-plane/confirmations', {
        instanceId: full,
        stepKey: NAME,
        outcome: { state: 'done', more: 'x'.repeat(250_000) },
      }),
  ],
  ['GET /v1/policies', '', 200, get('/v1/policies')],
  ['GET /v1/policies/{product}', '', 200, get('/v1/policies/tencent-cvm')],
  [
    'POST /v1/keys',
    '',
    201,
    keeping('key', ({ account }) =>
      post('/v1/keys', { account, name: 'x'.repeat(128), permissions: PERMISSIONS }),
    ),
  ],
  ['GET /v1/keys', '', 200, page('/v1/keys')],
  ['POST /v1/keys/{id}/revoke', '', 200, ({ ids }) => post(`/v1/keys/${ids.key}/revoke`)],
  ['GET /v1/events', '', 200, page('/v1/events')],
  ['POST /v1/sessions', '', 201, () => post('/v1/sessions', { key: service.operatorKey })],
  ['GET /v1/sessions/current', '', 200, async () => (await signedIn()).get('/v1/sessions/current')],
  [
    'DELETE /v1/sessions/current',
    '',
    204,
    async () => (await signedIn()).call('DELETE', '/v1/sessions/current', undefined),
  ],
  ['GET /healthz', '', 200, get('/healthz')],
  ['GET /readyz', '', 200, get('/readyz')],
  ['GET /metrics', '', 200, get('/metrics')],
];

/** One that is to be decided on. */
const DRIFT = `INSERT INTO drift (id, instance_id, account, state, exists, power, isolated, status, found_at, seen_at)
  SELECT 'd-' || id, id, account, 'running', true, 'stopped', false, 'open', now(), now() FROM instances WHERE id = $1`;

const signedIn = async (): Promise<Http> => (await signIn(api.http, { key: service.operatorKey })).http;

const requested = (instanceId: string): Fields => ({ instanceId, action: 'return', reason: SENTENCE });

async function refundOf({ full }: World): Promise<string> {
  const { items } = (await service.http.get(`/v1/refunds?instanceId=${full}&status=done`)).body;
  return items[0]!.id;
}

const numbered = (count: number): string[] => range(count).map(String);

/** Beside the operations: what needs no key, and bodies that are meant to cost. */
const HOSTILE: [what: string, status: number, make: Make][] = [
  ['/openapi.json', 200, get('/openapi.json')],
  ['/docs', 200, get('/docs')],
  ['the largest file of /docs', 200, get('/docs/swagger-ui-bundle.js')],
  [
    'more orders than a quote goes over',
    400,
    () => post('/v1/quotes', { action: 'return', instanceIds: range(60).map((n) => `many-${n + 1}`) }),
  ],
  ['25,000 ids', 400, () => post('/v1/quotes', { action: 'return', instanceIds: numbered(25_000) })],
  [
    '500 ids that nobody knows',
    404,
    () =>
      post('/v1/quotes', { action: 'return', instanceIds: range(500).map((n) => `${n}-${'x'.repeat(120)}`) }),
  ],
  [
    '29,000 wrong permissions',
    400,
    () => post('/v1/keys', { account: null, name: 'a', permissions: range(29_000).map(() => 'x') }),
  ],
  ['80,000 wrong permissions', 413, () => post('/v1/keys', `{"permissions":[${'1,'.repeat(80_000)}1]}`)],
  [
    '20,000 unknown fields',
    400,
    () => post('/v1/quotes', Object.fromEntries(numbered(20_000).map((name) => [`f${name}`, 1]))),
  ],
  [
    '20,000 names twice',
    400,
    () =>
      post(
        '/v1/quotes',
        `{${numbered(10_000)
          .map((name) => `"${name}":1,"${name}":1`)
          .join()}}`,
      ),
  ],
  ['one name 29,000 times', 400, () => post('/v1/quotes', `{${'"a":1,'.repeat(29_000)}"a":1}`)],
  ['depth without end', 400, () => post('/v1/quotes', '['.repeat(250_000))],
  ['lists in a list without end', 413, () => post('/v1/quotes', `[${'[],'.repeat(80_000)}1]`)],
  ['a string of backslashes', 400, () => post('/v1/quotes', `"${'\\\\'.repeat(125_000)}"`)],
  ['a name of escapes', 400, () => post('/v1/quotes', `{"${'\\u4e91'.repeat(40_000)}":1}`)],
  [
    '500 orders that are wrong throughout',
    400,
    ({ full }) => put(instance(full), { orders: range(500).map(() => WRONG) }),
  ],
  ['501 orders', 400, ({ full }) => put(instance(full), largest(manyOrders(501)))],
  [
    '500 orders of one id at one time',
    400,
    ({ full }) => put(instance(full), cvmPrepaid({ orders: range(500).map(() => manyOrders(1)[0]) })),
  ],
  ['a body that is not JSON', 400, () => post('/v1/quotes', 'x'.repeat(250_000))],
  ['the facts of another', 409, ({ full }) => put(instance(full), largest(manyOrders(498)))],
];
const WRONG = { prices: { discounts: range(20).map(() => ({})), hour: range(5).map(() => ({})) } };

/**
 * The best of a few tries in worlds of their own, as soon as one is good enough. In milliseconds, with all
 * that were made.
 */
async function held(tries: (() => Promise<number>)[]): Promise<{ best: number; times: number[] }> {
  const times: number[] = [];
  for (const make of tries) {
    times.push(await make());
    if (Math.min(...times) < LIMIT_MS) break;
  }
  return { best: Math.min(...times), times };
}

async function watched(make: Make, status: number, world: World): Promise<number> {
  const { result, heldMs } = await api.watch(() => make(world));
  expectStatus(result, status);
  return heldMs;
}

/** A call in a world that has lived through all the calls before it. */
async function afterAllBefore(place: number, world: World): Promise<number> {
  for (; world.lived < place; world.lived += 1) {
    const [, , status, make] = CALLS[world.lived]!;
    expectStatus(await make(world), status);
  }
  const [, , status, make] = CALLS[world.lived++]!;
  return await watched(make, status, world);
}

it('every operation of the document is watched', () => {
  expect([...new Set(CALLS.map(([operation]) => operation))].sort()).toEqual(operations.sort());
});

it.each(CALLS.map(([operation, what], place): [string, string, number] => [operation, what, place]))(
  '%s %s',
  async (_, _what, place) => {
    const { best, times } = await held(worlds.map((world) => () => afterAllBefore(place, world)));
    expect([best < LIMIT_MS, times]).toEqual([true, times]);
  },
);

it.each(HOSTILE)('%s', async (_what, status, make) => {
  const { best, times } = await held(worlds.map(() => () => watched(make, status, worlds[0]!)));
  expect([best < LIMIT_MS, times]).toEqual([true, times]);
});
