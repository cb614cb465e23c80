/**
 * Who may do what: every operation of the OpenAPI document × no key, a bad key, another account's key, each
 * permission alone, the operator. A new operation needs a row in {@link TABLE}; nothing else.
 */

import { PERMISSIONS, type Permission } from '../../domain/permissions';
import { makeAudit, recordAudit } from '../../store/audit/runs';
import { noWorkflows } from '../../store/audit/workflows';
import { keepDrift } from '../../store/lives/drift';
import { findInstances } from '../../store/lives/instances';
import type { Page } from '../support/answered';
import { bodyOf, type Http, type Reply } from '../support/http';
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
  instanceOf,
  newAccount,
  newId,
  quote,
  redisPostpaid,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { FAR, farPlanes, IMPATIENT } from '../support/machines';
import { useService } from '../support/service';

/** What a request is about, by name: `account` always, and what the row has prepared. */
type Subject = Record<string, string>;

interface Row {
  /** Any one of them lets a caller in. Missing: the call is open. */
  permissions?: Permission[];
  /** Only for keys of all accounts. */
  staffOnly?: true;
  /** Things of the account that the request is about, made new for every caller who is let in. */
  prepare?: (account: string, permission: Permission | undefined) => Promise<Subject>;
  /** `permission` is undefined when the operator asks. */
  body?: (subject: Subject, permission: Permission | undefined) => Fields;
  query?: string;
  /** Asks about the session that the request comes with: test/service/sessions.test.ts. */
  ofSession?: true;
  /** Everybody gets an answer, about what is their own: test/service/instance-lists.test.ts. */
  ownOnly?: true;
  /** Open, and whoever asks has to sign: test/service/machines.test.ts. */
  signed?: true;
  /** Of a list: everybody gets one, of what is their own. */
  list?: true;
  /** Of a list: what takes the cursor; missing: `cursor`. */
  cursor?: string;
}

// Returns are many here and made side by side: none is to take another’s right. And every call is also made
// without a key.
const { service, http } = useService({
  policies: IMPATIENT.map((policy) => ({ ...policy, knobs: { ...policy.knobs, fiveDayCount: 1000 } })),
  controlPlanes: farPlanes(),
  authFailuresPerMinute: 100_000,
});
/** Keys of the account, each with one permission. */
const only = new Map<Permission, Http>();
/** Keys of all accounts, each with one permission. */
const staff = new Map<Permission, Http>();
/** Every permission, but another account. */
let stranger: Http;
const ACCOUNT = newAccount();
const OTHER = newAccount();
/** As if no id had ever been given out. */
const MISSING: Subject = new Proxy({}, { get: (_, name) => `missing-${String(name)}` });

beforeAll(async () => {
  stranger = await as(http, { account: OTHER, name: 'stranger', permissions: PERMISSIONS });
  for (const one of PERMISSIONS) {
    only.set(one, await as(http, { account: ACCOUNT, name: `only-${one}`, permissions: [one] }));
    staff.set(one, await as(http, { account: null, name: `only-${one}`, permissions: [one] }));
  }
  // One row at least in every list.
  await Promise.all(
    [ACCOUNT, OTHER].flatMap((account) => [
      inBin(account),
      refunded(account),
      requested(account),
      drifted(account),
    ]),
  );
});

const running = async (account: string): Promise<Subject> => ({
  id: await register(http, cvmPostpaid({ account })),
});
const stopped = async (account: string): Promise<Subject> => ({
  id: await register(http, cvmPostpaid({ account, state: 'stopped' })),
});
const changing = async (account: string): Promise<Subject> => ({
  id: await register(http, cvmPostpaid({ account, state: 'changing' })),
});
const prepaid = async (account: string): Promise<Subject> => ({
  id: await register(http, cvmPrepaid({ account })),
});

async function guarded(account: string): Promise<Subject> {
  const subject = await running(account);
  expectStatus(await http.post(`/v1/instances/${subject.id}/protect`, REASON), 200);
  return subject;
}

async function stuck(account: string): Promise<Subject> {
  const id = await register(http, cvmPostpaid({ account, region: FAR }));
  expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
  await until(async () => (await instanceOf(http, id)).attention !== null, 'attention');
  return { id };
}

async function drifted(account: string): Promise<Subject> {
  const id = await register(http, cvmPostpaid({ account, region: FAR }));
  const [row] = await findInstances(service.pool, [id]);
  await keepDrift(service.pool, { ...row!, seq: 0 }, { exists: true, power: 'stopped', isolated: false });
  return { id: (await http.get(`/v1/drift?instanceId=${id}`)).body.items[0]!.id };
}

async function inBin(account: string): Promise<Subject> {
  const id = await register(http, redisPostpaid({ account }));
  const { id: termination } = await end(http, [id]);
  return { id, termination };
}

async function scheduled(account: string): Promise<Subject> {
  const subject = await running(account);
  await end(http, [subject.id!], { schedule: { mode: 'timed', at: fromNow(DAY) } });
  return subject;
}

/** A quote that a caller with this permission may confirm. */
async function quoted(account: string, permission: Permission | undefined): Promise<Subject> {
  const action = permission === 'return' ? 'return' : 'terminate';
  const { id } = action === 'return' ? await prepaid(account) : await running(account);
  return { id: (await quote(http, [id!], { action })).id };
}

async function refunded(account: string): Promise<Subject> {
  const { id } = await prepaid(account);
  const { items } = await end(http, [id!], { action: 'return' });
  return { id: items[0]!.refundId! };
}

/** A refund request: asked for by another than the operator, who decides on it. */
async function requested(account: string): Promise<Subject> {
  const { id } = await prepaid(account);
  const { body } = expectStatus(
    await staff.get('return')!.post('/v1/refund-requests', { instanceId: id, ...REASON }),
    201,
  );
  return { id: body.id };
}

async function audited(): Promise<Subject> {
  const id = newId('audit');
  await recordAudit(
    service.pool,
    await makeAudit(service.pool, { id, trigger: 'command', workflows: noWorkflows('not asked') }),
  );
  return { id };
}

const byBandwidth = async (account: string): Promise<Subject> => ({
  id: await register(
    http,
    cvmPostpaid({ account, network: { billing: 'bandwidth', hour: '0.063', month: '20' } }),
  ),
});

/** A key that may no more than those who revoke it here. */
const key = async (account: string): Promise<Subject> => ({
  id: expectStatus(await http.post('/v1/keys', { account, name: newId('name'), permissions: ['keys'] }), 201)
    .body.id,
});

const REASON = { reason: 'test' };
const deposit = (): Fields => ({
  kind: 'deposit',
  source: 'cash',
  currency: 'CNY',
  amount: '1',
  reference: newId('pay'),
  ...REASON,
});
const LIST: Row = { permissions: ['read'], list: true };
const open: Row = {};

const TABLE: Record<string, Row> = {
  'PUT /v1/instances/{id}': {
    permissions: ['register'],
    prepare: async () => ({ id: newId() }),
    body: ({ account }) => cvmPostpaid({ account }),
  },
  'GET /v1/instances': LIST,
  'GET /v1/instance-facets': { permissions: ['read'], ownOnly: true },
  'GET /v1/instances/{id}': { permissions: ['read'], prepare: running },
  'GET /v1/instances/{id}/commands': { permissions: ['read'], prepare: running },
  'GET /v1/instances/{id}/timeline': { permissions: ['read'], prepare: running },
  'GET /v1/instances/{id}/refund-curve': { permissions: ['read'], prepare: prepaid },
  'POST /v1/instances/{id}/start': { permissions: ['power'], prepare: stopped },
  'POST /v1/instances/{id}/stop': { permissions: ['power'], prepare: running },
  'GET /v1/troubles': { permissions: ['operate'], staffOnly: true },
  'GET /v1/control-planes': { permissions: ['operate'], staffOnly: true },
  'POST /v1/instances/{id}/resolve': {
    permissions: ['operate'],
    prepare: stuck,
    body: () => ({ action: 'retry', ...REASON }),
  },
  'GET /v1/drift': { permissions: ['operate'], list: true },
  'POST /v1/drift/{id}': {
    permissions: ['operate'],
    prepare: drifted,
    body: () => ({ action: 'ignore', ...REASON }),
  },
  'POST /v1/control-plane/confirmations': {
    signed: true,
    body: () => ({ instanceId: 'none', stepKey: 'none/1', outcome: { state: 'done' } }),
  },
  'POST /v1/instances/{id}/repair': {
    permissions: ['operate'],
    prepare: running,
    body: () => ({ restart: true }),
  },
  'POST /v1/instances/{id}/operations': {
    permissions: ['power'],
    prepare: running,
    body: () => ({ kind: 'resize' }),
  },
  'POST /v1/instances/{id}/operations/end': {
    permissions: ['power'],
    prepare: changing,
    body: () => ({ power: 'running' }),
  },
  'POST /v1/instances/{id}/orders': {
    permissions: ['renew', 'register'],
    prepare: prepaid,
    body: (_, permission) => ({
      kind: 'renewal',
      months: 1,
      ...(permission === 'renew' ? {} : { paid: { cash: '51' } }),
    }),
  },
  'GET /v1/instances/{id}/renewal-price': { permissions: ['read'], prepare: prepaid, query: '?months=12' },
  'PUT /v1/instances/{id}/prices': {
    permissions: ['register'],
    prepare: prepaid,
    body: () => ({ version: 'v2', currency: 'CNY', month: '60', hour: '0.5' }),
  },
  'POST /v1/instances/{id}/protect': { permissions: ['protect'], prepare: running, body: () => REASON },
  'POST /v1/instances/{id}/unprotect': { permissions: ['unprotect'], prepare: guarded, body: () => REASON },
  'PUT /v1/instances/{id}/hold': {
    permissions: ['hold'],
    prepare: running,
    body: () => ({ hold: true, ...REASON }),
  },
  'POST /v1/instances/{id}/network': {
    permissions: ['register'],
    prepare: byBandwidth,
    body: () => ({ billing: 'traffic' }),
  },
  'POST /v1/instances/{id}/usage': {
    permissions: ['usage'],
    prepare: running,
    body: () => ({ meter: 'cpu', quantity: '1', startsAt: hoursAgo(2), endsAt: hoursAgo(1) }),
  },
  'GET /v1/instances/{id}/usage': { permissions: ['read'], prepare: running },
  'POST /v1/quotes': {
    permissions: ['read'],
    prepare: running,
    body: ({ id }) => ({ action: 'terminate', instanceIds: [id] }),
  },
  'GET /v1/policies': { permissions: ['read'], ownOnly: true },
  'GET /v1/policies/{product}': {
    permissions: ['read'],
    prepare: async () => ({ product: 'tencent-cvm' }),
    ownOnly: true,
  },
  'GET /v1/quotes/{id}': { permissions: ['read'], prepare: quoted },
  'POST /v1/terminations': {
    permissions: ['terminate', 'return'],
    prepare: quoted,
    body: ({ id }) => ({ quoteId: id, agree: true }),
  },
  'GET /v1/terminations': LIST,
  'GET /v1/terminations/{id}': {
    permissions: ['read'],
    prepare: async (account) => ({ id: (await inBin(account)).termination! }),
  },
  'POST /v1/instances/{id}/cancel': { permissions: ['terminate'], prepare: scheduled },
  'POST /v1/instances/{id}/reschedule': {
    permissions: ['terminate'],
    prepare: scheduled,
    body: () => ({ at: fromNow(2 * DAY) }),
  },
  'POST /v1/instances/{id}/restore': { permissions: ['restore'], prepare: inBin },
  'POST /v1/instances/{id}/purge': {
    permissions: ['purge'],
    prepare: inBin,
    body: ({ id }) => ({ confirm: id }),
  },
  'GET /v1/recycle-bin': LIST,
  'GET /v1/refunds': LIST,
  'GET /v1/refunds/{id}': { permissions: ['read'], prepare: refunded },
  'POST /v1/refunds/{id}/undo': { permissions: ['refund:approve'], prepare: refunded, body: () => REASON },
  'POST /v1/refund-requests': {
    permissions: ['return'],
    prepare: prepaid,
    body: ({ id }) => ({ instanceId: id, ...REASON }),
  },
  'GET /v1/refund-requests': LIST,
  'GET /v1/refund-requests/{id}': { permissions: ['read'], prepare: requested },
  'POST /v1/refund-requests/{id}/approve': {
    permissions: ['refund:approve'],
    prepare: requested,
    body: () => ({ ...REASON, amount: '407.96' }),
  },
  'POST /v1/refund-requests/{id}/deny': {
    permissions: ['refund:approve'],
    prepare: requested,
    body: () => REASON,
  },
  'GET /v1/accounts': LIST,
  'GET /v1/accounts/{account}': { permissions: ['read'] },
  'GET /v1/accounts/{account}/statement': { permissions: ['read'] },
  'GET /v1/accounts/{account}/balances': { permissions: ['read'] },
  'GET /v1/accounts/{account}/adjustments': { permissions: ['read'] },
  'POST /v1/accounts/{account}/adjustments': { permissions: ['adjust'], body: deposit },
  'PUT /v1/accounts/{account}': { permissions: ['hold'], body: () => ({ hold: false, ...REASON }) },
  'GET /v1/trial-balance': { permissions: ['audit'], staffOnly: true },
  'GET /v1/audit-checks': { permissions: ['audit'], staffOnly: true },
  'GET /v1/seal': { permissions: ['audit'], staffOnly: true },
  'GET /v1/audits': { permissions: ['audit'], staffOnly: true, list: true },
  'GET /v1/audits/{id}': { permissions: ['audit'], staffOnly: true, prepare: audited },
  'POST /v1/keys': {
    permissions: ['keys'],
    body: ({ account }, permission) => ({
      account,
      name: newId('name'),
      permissions: [permission ?? 'read'],
    }),
  },
  'GET /v1/keys': { permissions: ['keys'], list: true },
  'POST /v1/keys/{id}/revoke': { permissions: ['keys'], prepare: key },
  'GET /v1/events': { ...LIST, cursor: 'after' },
  'POST /v1/sessions': { body: () => ({ key: service.operatorKey }) },
  'GET /v1/sessions/current': { permissions: [], ofSession: true },
  'DELETE /v1/sessions/current': { permissions: [], ofSession: true },
  'POST /v1/instances/{id}/fast-forward': {
    permissions: ['sandbox'],
    prepare: running,
    body: () => ({ duration: 'PT1H' }),
  },
  'GET /healthz': open,
  'GET /readyz': open,
  'GET /metrics': open,
};

const NO_KEY = { headers: { authorization: '' } };
const BAD_KEY = { headers: { authorization: `Bearer sk_k_${'0'.repeat(32)}_${'x'.repeat(43)}` } };

/** Makes a row's request about a subject. */
async function ask(
  name: string,
  caller: Http,
  subject: Subject,
  permission?: Permission,
  options = {},
): Promise<Reply> {
  const [method, path] = name.split(' ') as [string, string];
  const { body, query = '' } = TABLE[name]!;
  const address = path.replace(/\{(\w+)\}/g, (_, field: string) => subject[field]!) + query;
  const content = body?.(subject, permission) ?? (method === 'GET' ? undefined : {});
  return await caller.call(method, address, content, options);
}

const prepared = async (name: string, permission?: Permission): Promise<Subject> => ({
  account: ACCOUNT,
  ...(await TABLE[name]!.prepare?.(ACCOUNT, permission)),
});

/** `2xx`, or status and code. */
const said = ({ status, body }: Reply): string => (status < 300 ? '2xx' : `${status} ${body.code}`);

/** An answer with the ids of its subject taken out: what is left must not tell one subject from another. */
function anonymous({ status, headers, body }: Reply, subject: Subject, names: string[]): object {
  const hide = (text: string): string =>
    names.reduce((rest, name) => rest.replaceAll(subject[name]!, `<${name}>`), text);
  return {
    status,
    type: headers.get('content-type'),
    language: headers.get('content-language'),
    body: hide(JSON.stringify(body)),
  };
}

describe('every operation of the document has its row', () => {
  type Operation = Fields & { responses: Record<string, { description: string }> };
  let operations: Map<string, Operation>;
  beforeAll(async () => {
    const { paths } = bodyOf<{ paths: Record<string, Record<string, Operation>> }>(
      await http.get('/openapi.json'),
    );
    operations = new Map(
      Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(
          ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
        ),
      ),
    );
  });

  it('and every row its operation', () => {
    expect([...operations.keys()].sort()).toEqual(Object.keys(TABLE).sort());
  });

  it.each(Object.keys(TABLE))('%s says in the document which permissions it takes', (name) => {
    const { permissions, staffOnly } = TABLE[name]!;
    const operation = operations.get(name);
    expect(operation!['x-permissions']).toEqual(permissions);
    expect(operation!['x-staff-only']).toBe(permissions && (staffOnly ?? false));
    if (permissions) expect(operation!.responses['403']!.description).toContain('`FORBIDDEN`');
  });
});

const rows = (kind: (row: Row) => boolean): string[] =>
  Object.keys(TABLE).filter((name) => kind(TABLE[name]!));

const LISTS = rows(({ list, staffOnly }) => list === true && !staffOnly);

describe('no key, and a key that is none', () => {
  it.each(rows(({ permissions }) => permissions !== undefined))('%s: 401', async (name) => {
    const replies = [
      await ask(name, http, MISSING, undefined, NO_KEY),
      await ask(name, http, MISSING, undefined, BAD_KEY),
    ];
    expect(replies.map(said)).toEqual(['401 UNAUTHENTICATED', '401 UNAUTHENTICATED']);
  });

  it.each(rows(({ permissions }) => permissions === undefined))('%s is open', async (name) => {
    const answer = TABLE[name]!.signed ? '401 WRONG_SIGNATURE' : '2xx';
    expect(said(await ask(name, http, MISSING, undefined, NO_KEY))).toBe(answer);
  });
});

describe('each permission alone', () => {
  it.each(rows(({ permissions, ofSession }) => permissions !== undefined && !ofSession))(
    '%s',
    async (name) => {
      const { permissions = [], staffOnly } = TABLE[name]!;
      const callers = staffOnly ? staff : only;
      // Nobody who is refused changes it.
      const subject = await prepared(name);
      const outcome = async (one: Permission): Promise<[Permission, string]> => {
        const about = permissions.includes(one) ? await prepared(name, one) : subject;
        return [one, said(await ask(name, callers.get(one)!, about, one))];
      };
      const expected = PERMISSIONS.map((one): [Permission, string] => [
        one,
        permissions.includes(one) ? '2xx' : '403 FORBIDDEN',
      ]);
      expect(Object.fromEntries(await Promise.all(PERMISSIONS.map(outcome)))).toEqual(
        Object.fromEntries(expected),
      );
      expect(said(await ask(name, http, await prepared(name)))).toBe('2xx');
    },
  );
});

describe('all permissions, but of another account', () => {
  const ofAccount = rows(
    ({ permissions, list, staffOnly, ofSession, ownOnly }) =>
      permissions !== undefined && !ofSession && !ownOnly && (staffOnly ?? !list),
  );
  it.each(ofAccount)('%s: as if it were missing', async (name) => {
    const subject = await prepared(name);
    const names = Object.keys(subject);
    const replies = [await ask(name, stranger, subject), await ask(name, stranger, MISSING)] as const;
    expect(said(replies[0])).toBe(TABLE[name]!.staffOnly ? '403 FORBIDDEN' : '404 NOT_FOUND');
    expect(anonymous(replies[0], subject, names)).toEqual(anonymous(replies[1], MISSING, names));
  });

  it.each(LISTS)('%s: only what is their own', async (name) => {
    const { body } = expectStatus(await ask(name, stranger, { account: OTHER }), 200);
    expect(JSON.stringify(body)).not.toContain(ACCOUNT);
    const own = only.get(TABLE[name]!.permissions![0]!)!;
    const { items } = bodyOf<Page<unknown>>(await ask(name, own, { account: ACCOUNT }));
    expect(items.length).toBeGreaterThan(0);
  });
});

describe('what a body asks for', () => {
  const forbiddenAt = (permission: string, pointer: string) => ({
    status: 403,
    body: {
      code: 'FORBIDDEN',
      detail: expect.stringContaining(`\`${permission}\``),
      errors: [{ pointer, code: 'NOT_PERMITTED' }],
    },
  });

  it('to state what was paid takes `register`, for renewals, upgrades and restores', async () => {
    const [{ id }, bin] = await Promise.all([prepaid(ACCOUNT), refunded(ACCOUNT)]);
    const { instanceId } = expectStatus(await http.get(`/v1/refunds/${bin.id}`), 200).body;
    const paid = { cash: '51' };
    const [renewer, restorer] = [only.get('renew')!, only.get('restore')!];
    const upgrade = { kind: 'upgrade', paid };
    expect(
      await renewer.post(`/v1/instances/${id}/orders`, { kind: 'renewal', months: 1, paid }),
    ).toMatchObject(forbiddenAt('register', '/paid'));
    expect(await renewer.post(`/v1/instances/${id}/orders`, upgrade)).toMatchObject(
      forbiddenAt('register', '/paid'),
    );
    const renewal = { months: 1, paid };
    for (const headers of [{}, { prefer: 'respond-async' }]) {
      const reply = await restorer.post(`/v1/instances/${instanceId}/restore`, { renewal }, { headers });
      expect(reply).toMatchObject(forbiddenAt('register', '/renewal/paid'));
    }
    const both = await as(http, { account: ACCOUNT, name: 'cashier', permissions: ['restore', 'register'] });
    expectStatus(await both.post(`/v1/instances/${instanceId}/restore`, { renewal }), 200);
    expectStatus(await both.post(`/v1/instances/${id}/orders`, upgrade), 200);
  });

  it.each([
    ['terminate', 'return'],
    ['return', 'terminate'],
  ] as const)('a quote to %s is not confirmed with `%s`', async (action, permission) => {
    const { id } = await quoted(ACCOUNT, action);
    const confirmation = { quoteId: id, agree: true };
    expect(await only.get(permission)!.post('/v1/terminations', confirmation)).toMatchObject(
      forbiddenAt(action, '/quoteId'),
    );
    expectStatus(await only.get(action)!.post('/v1/terminations', confirmation), 202);
  });

  it('permission comes before the body, and before the key of the write', async () => {
    const { id } = await running(ACCOUNT);
    const reader = only.get('read')!;
    const replies = [
      await reader.post(`/v1/instances/${id}/stop`, 'not JSON'),
      await reader.post(`/v1/instances/${id}/stop`, { unknown: 1 }, { key: null }),
    ];
    expect(replies.map(said)).toEqual(['403 FORBIDDEN', '403 FORBIDDEN']);
  });
});

describe('an account sees only itself', () => {
  let mine: string;
  let theirs: string;
  let tenant: Http;
  beforeAll(async () => {
    tenant = await as(http, { account: ACCOUNT, name: 'tenant', permissions: PERMISSIONS });
    [mine, theirs] = (await Promise.all(
      [ACCOUNT, OTHER].map((account) => register(http, cvmPostpaid({ account }))),
    )) as [string, string];
  });

  it('registers nothing for others, and takes over none of theirs', async () => {
    const id = newId();
    const foreign = await tenant.put(`/v1/instances/${id}`, cvmPostpaid({ account: OTHER }));
    expect(foreign).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND', errors: [{ pointer: '/account', code: 'NOT_FOUND' }] },
    });
    expect((await http.get(`/v1/instances/${id}`)).status).toBe(404);
    const taken = await tenant.put(`/v1/instances/${theirs}`, cvmPostpaid({ account: ACCOUNT }));
    // Ids are everybody's. That it is taken can't be hidden from who may register; all else is: no owner, no
    // state, no 404 of its own.
    expect(taken).toMatchObject({ status: 409, body: { code: 'ALREADY_REGISTERED', errors: [] } });
    expect(taken.body).not.toHaveProperty('state');
    expect(JSON.stringify(taken.body)).not.toContain(OTHER);
    expect((await instanceOf(http, theirs)).account).toBe(OTHER);
  });

  it('what it does not see costs what nothing costs: nothing of it is read', async () => {
    const rowsRead = async (id: string) => await findInstances(service.pool, [id], ACCOUNT);
    expect(await rowsRead(theirs)).toEqual([]);
    expect(await rowsRead(mine)).toHaveLength(1);
    const asked = async (id: string) =>
      said(await tenant.post('/v1/quotes', { action: 'terminate', instanceIds: [id] }));
    expect(await asked(theirs)).toBe(await asked(newId()));
  });

  it('a filter of another account is that of an unknown one', async () => {
    const refund = (await refunded(OTHER)).id!;
    const { instanceId, terminationId } = (await http.get(`/v1/refunds/${refund}`)).body;
    const paths = [
      ...LISTS.map((name) => `${name.split(' ')[1]}?account=${OTHER}`),
      `/v1/refunds?instanceId=${instanceId}`,
      `/v1/refunds?terminationId=${terminationId}`,
    ];
    for (const path of paths) {
      expect(bodyOf<Page<unknown>>(await http.get(path)).items).not.toEqual([]);
      expect(await tenant.get(path)).toMatchObject({ status: 200, body: { items: [] } });
    }
  });

  it.each(LISTS)('%s: a cursor that others were given opens nothing more', async (name) => {
    const [, path] = name.split(' ');
    const { nextCursor } = bodyOf<Page<unknown>>(expectStatus(await http.get(`${path}?limit=1`), 200));
    const others = bodyOf<Page<unknown>>(expectStatus(await stranger.get(`${path}?limit=1`), 200));
    const parameter = TABLE[name]!.cursor ?? 'cursor';
    for (const cursor of [nextCursor, others.nextCursor]) {
      const reply = expectStatus(
        await tenant.get(`${path}?limit=500${cursor ? `&${parameter}=${cursor}` : ''}`),
        200,
      );
      expect(JSON.stringify(reply.body)).not.toContain(OTHER);
    }
  });

  it('a quote over two accounts, and its termination, exist for nobody who sees only one', async () => {
    const quoteId = (await quote(http, [mine, theirs])).id;
    for (const caller of [tenant, stranger]) {
      expect((await caller.get(`/v1/quotes/${quoteId}`)).status).toBe(404);
      expect((await caller.post('/v1/terminations', { quoteId, agree: true })).status).toBe(404);
      // L17: to each of them the other one is an id like one that nobody has.
      const ids = caller === tenant ? [theirs, 'nobody'] : [mine, 'nobody'];
      const quoted = expectStatus(
        await caller.post('/v1/quotes', { action: 'terminate', instanceIds: [mine, theirs, 'nobody'] }),
        201,
      ).body;
      const unknown = quoted.items.filter(({ blockers }) => blockers[0]?.code === 'UNKNOWN_INSTANCE');
      expect(unknown.map(({ instanceId }) => instanceId)).toEqual(ids);
      const [first, second] = unknown.map(({ instanceId: _id, ...rest }) => rest);
      expect(first).toEqual(second);
    }
    const { id } = expectStatus(await http.post('/v1/terminations', { quoteId, agree: true }), 202).body;
    for (const caller of [tenant, stranger]) {
      expect((await caller.get(`/v1/terminations/${id}`)).status).toBe(404);
      expect(JSON.stringify((await caller.get('/v1/terminations?limit=500')).body)).not.toContain(id);
    }
    for (const account of [ACCOUNT, OTHER]) {
      expect(
        JSON.stringify((await http.get(`/v1/terminations?limit=500&account=${account}`)).body),
      ).toContain(id);
    }
  });

  it('nothing of others is signalled', async () => {
    const [{ id: timed }, { id: bin }] = await Promise.all([scheduled(ACCOUNT), inBin(ACCOUNT)]);
    const signals: [string, Fields][] = [
      [`/v1/instances/${timed}/cancel`, {}],
      [`/v1/instances/${bin}/restore`, {}],
      [`/v1/instances/${bin}/purge`, { confirm: bin }],
    ];
    const headers = { prefer: 'respond-async' };
    const before = await Promise.all([timed!, bin!].map((id) => timelineOf(http, id)));
    for (const [path, body] of signals)
      expect((await stranger.post(path, body, { headers })).status).toBe(404);
    expect(await Promise.all([timed!, bin!].map((id) => timelineOf(http, id)))).toEqual(before);
    expectStatus(await tenant.post(`/v1/instances/${timed}/cancel`, {}, { headers }), 202);
    await until(
      async () => (await timelineOf(http, timed!)).at(-1)!.by === `tenant@${ACCOUNT}`,
      'the signal to be taken',
    );
  });
});
