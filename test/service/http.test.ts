/**
 * The HTTP manners of the contract: addresses, methods, lists, languages, idempotency, quotes that bind, and
 * shapes, field by field.
 */

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import pino from 'pino';
import { EventFeed } from '../../api/events/feed';
import { createApi } from '../../api/http/app';
import { requestFingerprint } from '../../api/http/idempotency';
import { keySecrets } from '../../api/secrets';
import { POLICIES } from '../../policies';
import { acceptQuote } from '../../store/agreements/acceptance';
import { createPool, type Pool } from '../../store/db';
import { openOwner } from '../../store/idempotency';
import { createSignatures } from '../../store/signatures';
import { Places } from '../../temporal/places';
import { workflowId } from '../../workflows/messages';
import type { Page, Termination } from '../support/answered';
import { requireDeclared } from '../support/answers';
import { bodyOf, Http, type Reply } from '../support/http';
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  type Fields,
  fastForward,
  fromNow,
  hoursAgo,
  instanceOf,
  jdPostpaid,
  newAccount,
  newId,
  purchase,
  quote,
  redisPostpaid,
  register,
  settled,
  until,
} from '../support/lives';
import { startService, useService } from '../support/service';

const { service, http } = useService();

const INSTANT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
const TEXT = expect.stringMatching(/\S/);
const MONEY = expect.stringMatching(/^-?\d+\.\d\d$/);

/** Asks without a key. */
async function open(path: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(http.url + path, init);
  const text = await response.text();
  await requireDeclared(http.url, {
    method: init.method ?? 'GET',
    path,
    status: response.status,
    headers: response.headers,
    text,
  });
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

const confirm = async (quoteId: string) => await http.post('/v1/terminations', { quoteId, agree: true });

describe('without a key', () => {
  it('/healthz and /readyz say that all is well', async () => {
    expect(await open('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await open('/readyz')).toMatchObject({
      status: 200,
      body: { status: 'ok', checks: { postgres: 'ok', temporal: 'ok' } },
    });
  });

  it('/metrics counts requests by declared path, never by id', async () => {
    const id = newId('secret');
    expectStatus(await http.get(`/v1/instances/${id}`), 404);
    const { status, body, headers } = await open('/metrics');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    expect(body).toMatch(/route="\/v1\/instances\/\{id\}",status="404"/);
    expect(body).not.toContain(id);
    expect(body).not.toContain(http.operatorKey);
  });

  it('/openapi.json is OpenAPI 3.1 and has every call of the contract, each with its schemas', async () => {
    const document = await open('/openapi.json');
    expect(document.status).toBe(200);
    const body = bodyOf<{ openapi: string; paths: Record<string, Fields> }>(document);
    expect(body.openapi).toMatch(/^3\.1/);
    const calls = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const one = '/v1/instances/{id}';
    const commands = [
      'start',
      'stop',
      'orders',
      'protect',
      'unprotect',
      'cancel',
      'reschedule',
      'restore',
      'purge',
      'fast-forward',
    ];
    expect(calls).toEqual(
      expect.arrayContaining([
        `PUT ${one}`,
        `GET ${one}`,
        `GET ${one}/timeline`,
        ...commands.map((name) => `POST ${one}/${name}`),
        ...['instances', 'terminations', 'recycle-bin', 'refunds'].map((name) => `GET /v1/${name}`),
        'POST /v1/quotes',
        'GET /v1/quotes/{id}',
        'POST /v1/terminations',
        'GET /v1/terminations/{id}',
        'GET /v1/refunds/{id}',
        'GET /v1/accounts/{account}',
        'PUT /v1/accounts/{account}',
        'GET /v1/accounts/{account}/statement',
        'GET /healthz',
        'GET /readyz',
        'GET /metrics',
      ]),
    );
    // Every reference leads somewhere.
    const references = [...JSON.stringify(body).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) =>
      path!.split('/'),
    );
    expect(references.length).toBeGreaterThan(10);
    for (const path of references)
      expect(path.reduce<unknown>((part, name) => (part as Fields | undefined)?.[name], body)).toBeDefined();
  });

  it('/docs loads everything that it needs from here', async () => {
    const page = await open('/docs');
    const { headers } = page;
    expect(page.status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/script-src 'self'/);
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    const assets = [...bodyOf<string>(page).matchAll(/(?:src|href)="([^"]+)"/g)].map(
      ([, address]) => address!,
    );
    expect(assets.length).toBeGreaterThanOrEqual(3);
    const types: Record<string, string> = { css: 'text/css', js: 'text/javascript', png: 'image/png' };
    for (const address of assets) {
      expect(address).toMatch(/^\//);
      const asset = await open(address);
      expect(asset.status).toBe(200);
      const type = types[address.split('.').at(-1)!];
      expect(asset.headers.get('content-type')).toContain(type);
      expect(String(asset.body).length).toBeGreaterThan(20);
    }
    // Nothing inline: the policy would stop it.
    expect(bodyOf<string>(page)).not.toMatch(/<script>|<style>| on\w+=/);
  });
});

describe('addresses and methods', () => {
  it('what is not there is 404', async () => {
    for (const path of [
      '/v1/instances/nobody',
      '/v1/instances/nobody/timeline',
      '/v1/quotes/q_no',
      '/v1/terminations/t_no',
      '/v1/refunds/r_no',
      '/v1/accounts/nobody',
      '/v1/accounts/nobody/statement',
      '/v1/nowhere',
      '/v1',
      '/v1/instances/',
      '/V1/instances',
    ]) {
      const reply = await http.get(path);
      expect([path, reply.status, reply.body.code]).toEqual([path, 404, 'NOT_FOUND']);
      expect(reply.headers.get('content-type')).toBe('application/problem+json');
    }
    for (const name of ['start', 'cancel', 'restore', 'unprotect']) {
      const body = name === 'unprotect' ? { reason: 'x' } : {};
      expect(await http.post(`/v1/instances/nobody/${name}`, body)).toMatchObject({
        status: 404,
        body: { code: 'NOT_FOUND' },
      });
    }
    expect(await http.post('/v1/instances/nobody/fast-forward', { duration: 'P1D' })).toMatchObject({
      status: 404,
    });
    expect((await open('/nowhere')).status).toBe(404);
  });

  it.each([
    ['DELETE', '/v1/instances/x', ['GET', 'PUT']],
    ['PATCH', '/v1/instances/x', ['GET', 'PUT']],
    ['POST', '/v1/instances', ['GET']],
    ['GET', '/v1/instances/x/stop', ['POST']],
    ['PUT', '/v1/quotes', ['POST']],
    ['GET', '/v1/quotes', ['POST']],
    ['DELETE', '/v1/terminations/x', ['GET']],
    ['PUT', '/v1/terminations', ['GET', 'POST']],
    ['POST', '/v1/accounts/x', ['GET', 'PUT']],
    ['POST', '/v1/recycle-bin', ['GET']],
    ['POST', '/healthz', ['GET']],
  ])('%s %s is 405 with what is allowed', async (method, path, allowed) => {
    const reply = await http.call(method, path, undefined);
    expect(reply).toMatchObject({ status: 405, body: { code: 'METHOD_NOT_ALLOWED', status: 405 } });
    const names = reply.headers.get('allow')!.split(', ');
    expect(names).toEqual(expect.arrayContaining(allowed));
    for (const other of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'])
      if (!allowed.includes(other)) expect(names).not.toContain(other);
  });

  it('HEAD answers like GET without a body, and answers carry a request id', async () => {
    const id = await register(http, cvmPostpaid());
    const reply = await http.call('HEAD', `/v1/instances/${id}`, undefined);
    expect(reply).toMatchObject({ status: 200, body: undefined });
    expect(reply.headers.get('x-request-id')).toMatch(/\S/);
    expect(reply.headers.get('cache-control')).toBe('no-store');
    const given = await http.get(`/v1/instances/${id}`, { headers: { 'x-request-id': 'mine-1' } });
    expect(given.headers.get('x-request-id')).toBe('mine-1');
  });

  it('Accept-Language: Chinese when it is preferred, English otherwise', async () => {
    const ask = async (accept: string): Promise<string | null> =>
      (await http.get('/v1/instances/nobody', { headers: { 'accept-language': accept } })).headers.get(
        'content-language',
      );
    for (const accept of [
      'zh-CN',
      'zh',
      'zh-TW;q=0.9',
      'zh-CN,zh;q=0.9,en;q=0.8',
      'fr, zh;q=0.5',
      'en;q=0.1, zh',
    ])
      expect([accept, await ask(accept)]).toEqual([accept, 'zh']);
    for (const accept of ['en', 'fr', '*', 'en-US,en;q=0.9,zh;q=0.8', ';;;', 'zh;q=0'])
      expect([accept, await ask(accept)]).toEqual([accept, 'en']);
    const reply = await http.get('/v1/instances/nobody', { headers: { 'accept-language': 'zh-CN' } });
    expect(reply.body.detail).toBe('实例 nobody 不存在。');
    expect(reply.headers.get('vary')).toMatch(/accept-language/i);
    // Quotes too: blockers, warnings, the plan's reasons, the lines.
    const id = await register(http, cvmPrepaid());
    const { id: quoteId } = await quote(http, [id], { action: 'return' });
    const item = (await http.get(`/v1/quotes/${quoteId}`, { headers: { 'accept-language': 'zh-CN' } })).body
      .items[0];
    for (const text of [
      item!.warnings[0]!.message,
      item!.plan.retain[0]!.reason,
      item!.refund.lines![0]!.label,
    ])
      expect(text).toMatch(/\p{Script=Han}/u);
  });
});

describe('registration', () => {
  it('201 and where it is; the same facts again 200; other facts 409', async () => {
    const [id, body] = [newId(), cvmPrepaid()];
    const first = expectStatus(await http.put(`/v1/instances/${id}`, body), 201);
    expect(first.headers.get('location')).toBe(`/v1/instances/${id}`);
    const again = expectStatus(await http.put(`/v1/instances/${id}`, body), 200);
    expect({ ...again.body, clock: 0 }).toEqual({ ...first.body, clock: 0 });
    // In another order of members, without a key, and with what is default left out: the same facts.
    const { monthlySettled: _false, network: _traffic, ...shorter } = body;
    const shuffled = Object.fromEntries(Object.entries(shorter).reverse());
    expectStatus(await http.put(`/v1/instances/${id}`, shuffled, { key: null }), 200);
    for (const other of [
      { ...body, name: 'web-2' },
      { ...body, account: 'other' },
      { ...body, state: 'stopped' },
      { ...body, orders: [purchase(hoursAgo(50))] },
    ]) {
      expect(await http.put(`/v1/instances/${id}`, other)).toMatchObject({
        status: 409,
        body: { code: 'ALREADY_REGISTERED', state: 'running' },
      });
    }
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    expect(expectStatus(await http.put(`/v1/instances/${id}`, body), 200).body).toMatchObject({
      state: 'stopped',
      step: 1,
    });
  });

  it('nothing restarts a terminated instance', async () => {
    const [id, body] = [newId(), cvmPostpaid()];
    const key = randomUUID();
    expectStatus(await http.put(`/v1/instances/${id}`, body, { key }), 201);
    const run = (await service.client.workflow.getHandle(workflowId(id)).describe()).runId;
    await end(http, [id]);
    await until(
      async () =>
        (await service.client.workflow.getHandle(workflowId(id)).describe()).status.name === 'COMPLETED',
      'the workflow to close',
    );
    // L18: an id lives once, also with the same facts.
    for (const again of [body, { ...body, name: 'x' }]) {
      expect(await http.put(`/v1/instances/${id}`, again)).toMatchObject({
        status: 409,
        body: { code: 'TERMINATED_ID', state: 'terminated' },
      });
    }
    // The same key is answered what it was answered first.
    expect(expectStatus(await http.put(`/v1/instances/${id}`, body, { key }), 201).body.state).toBe(
      'running',
    );
    expect(await http.post(`/v1/instances/${id}/start`)).toMatchObject({
      status: 409,
      body: { code: 'WRONG_STATE', state: 'terminated' },
    });
    const now = await service.client.workflow.getHandle(workflowId(id)).describe();
    expect([now.runId, now.status.name]).toEqual([run, 'COMPLETED']);
    expect((await http.get(`/v1/instances?account=${body.account}`)).body.items).toEqual([]);
    expect(
      (await http.get(`/v1/instances?account=${body.account}&state=terminated`)).body.items,
    ).toMatchObject([{ id }]);
  });

  it('the longest of everything that may be stated is taken, and lives', async () => {
    const long = (length: number): string => '🌅'.repeat(length);
    const id = newId().padEnd(128, 'x');
    const region = long(128);
    const body = cvmPostpaid({
      account: long(128),
      name: long(128),
      region,
      zone: long(128),
      type: long(128),
    });
    const many = Array.from({ length: 200 }, (_, index) => ({
      id: `${index}`.padEnd(128, 'd'),
      kind: 'data',
      storage: 'elastic',
      month: '1.5',
    }));
    const key = randomUUID().padEnd(255, '~');
    const { body: shown } = expectStatus(
      await http.put(`/v1/instances/${id}`, { ...body, disks: many }, { key }),
      201,
    );
    expect(shown).toMatchObject({ id, name: body.name, region, account: body.account });
    const reason = long(500);
    expect(
      expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason }), 200).body.protection!.reason,
    ).toBe(reason);
    expectStatus(
      await http.post(`/v1/instances/${id}/unprotect`, { reason }, { key: randomUUID().padEnd(255, '~') }),
      200,
    );
    expect(
      (
        await http.get(
          `/v1/instances?account=${encodeURIComponent(body.account)}&region=${encodeURIComponent(region)}`,
        )
      ).body.items,
    ).toHaveLength(1);
    await end(http, [id], { schedule: { mode: 'later' } });
    expect((await instanceOf(http, id)).state).toBe('isolated');
  });

  it('a request id is no Idempotency-Key: a repeat under the same one is a repeat', async () => {
    const [id, body] = [newId(), cvmPostpaid()];
    const options = { key: null, headers: { 'x-request-id': 'batch-7' } };
    expectStatus(await http.put(`/v1/instances/${id}`, body, options), 201);
    expectStatus(await http.put(`/v1/instances/${id}`, body, options), 200);
  });

  it('the same instance from many at once is registered once', async () => {
    const [id, body] = [newId(), cvmPostpaid()];
    const replies = await Promise.all(Array.from({ length: 8 }, () => http.put(`/v1/instances/${id}`, body)));
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    const contested = newId();
    const others = await Promise.all(
      Array.from({ length: 4 }, (_, index) =>
        http.put(`/v1/instances/${contested}`, { ...body, name: `n${index}` }),
      ),
    );
    expect(others.map((reply) => reply.status).sort()).toEqual([201, 409, 409, 409]);
  });
});

describe('lists', () => {
  const account = newAccount();
  const ids: string[] = [];

  beforeAll(async () => {
    const bodies = [cvmPostpaid, cvmPostpaid, redisPostpaid, redisPostpaid, redisPostpaid];
    for (const body of bodies) ids.push(await register(http, body({ account })));
    const prepaid = [
      await register(http, cvmPrepaid({ account })),
      await register(http, cvmPrepaid({ account, region: 'ap-tokyo' })),
    ];
    ids.push(...prepaid);
    for (const id of prepaid) await end(http, [id], { action: 'return' });
    for (const id of ids.slice(2, 5)) await end(http, [id]);
    expectStatus(await http.post(`/v1/instances/${prepaid[0]}/restore`, { renewal: { months: 1 } }), 200);
    await register(http, cvmPostpaid());
  });

  /** What rows are told by; each list has some of it. */
  type Listed = Record<'id' | 'instanceId' | 'purgeTime' | 'cause' | 'agreedAt', string> & { step: number };
  async function walk(path: string, limit: number) {
    const found: Listed[] = [];
    let cursor: string | null = null;
    do {
      const next: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const body = bodyOf<Page<Listed>>(
        expectStatus(await http.get(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}${next}`), 200),
      );
      expect(Object.keys(body).sort()).toEqual(['items', 'nextCursor']);
      expect(body.items.length).toBeLessThanOrEqual(limit);
      found.push(...body.items);
      cursor = body.nextCursor;
    } while (cursor !== null);
    return found;
  }

  const LISTS: [string, () => string, number, (row: Listed) => string][] = [
    ['instances', () => `/v1/instances?account=${account}`, 7, (row) => row.id],
    ['a timeline', () => `/v1/instances/${ids[5]}/timeline`, 3, (row) => String(row.step)],
    ['terminations', () => `/v1/terminations?account=${account}`, 5, (row) => row.id],
    ['the recycle bin', () => `/v1/recycle-bin?account=${account}`, 4, (row) => row.instanceId],
    ['refunds', () => `/v1/refunds?account=${account}`, 2, (row) => row.id],
    ['a statement', () => `/v1/accounts/${account}/statement`, 3, (row) => row.id],
  ];

  it.each(LISTS)(
    '%s: one by one, by twos and at once are the same, and they end',
    async (_, path, count, key) => {
      const [ones, twos, all] = [await walk(path(), 1), await walk(path(), 2), await walk(path(), 500)];
      expect(all.map(key)).toHaveLength(count);
      expect(new Set(all.map(key)).size).toBe(count);
      expect(ones.map(key)).toEqual(all.map(key));
      expect(twos.map(key)).toEqual(all.map(key));
      // A page that is exactly full is the last one.
      const full = await http.get(`${path()}${path().includes('?') ? '&' : '?'}limit=${count}`);
      expect(bodyOf<Page<Listed>>(full).nextCursor).toBeNull();
    },
  );

  it('pages are stable when something new comes in between', async () => {
    const first = (await http.get(`/v1/instances?account=${account}&limit=3`)).body;
    const late = await register(http, cvmPostpaid({ account }));
    const rest = (await http.get(`/v1/instances?account=${account}&limit=500&cursor=${first.nextCursor}`))
      .body;
    expect([...first.items, ...rest.items].map((row) => row.id)).toEqual([...ids, late]);
    await end(http, [late]);
  });

  it('the bin is in order of release, terminations and refunds the latest first', async () => {
    const bin = await walk(`/v1/recycle-bin?account=${account}`, 500);
    const times = bin.map((row) => Date.parse(row.purgeTime));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(bin.map((row) => row.cause)).toEqual(['terminate', 'terminate', 'terminate', 'return']);
    const agreed = (await walk(`/v1/terminations?account=${account}`, 500)).map((row) =>
      Date.parse(row.agreedAt),
    );
    expect(agreed).toEqual([...agreed].sort((a, b) => b - a));
  });

  it('filters', async () => {
    const found = async (path: string): Promise<string[]> =>
      (await walk(path, 500)).map((row) => row.id ?? row.instanceId);
    expect(await found(`/v1/instances?account=${account}&product=tencent-redis`)).toEqual(ids.slice(2, 5));
    expect(await found(`/v1/instances?account=${account}&state=isolated`)).toEqual([
      ...ids.slice(2, 5),
      ids[6],
    ]);
    expect(await found(`/v1/instances?account=${account}&region=ap-tokyo`)).toEqual([ids[6]]);
    expect(
      await found(`/v1/instances?account=${account}&state=isolated&product=tencent-cvm&region=ap-tokyo`),
    ).toEqual([ids[6]]);
    expect(await found('/v1/instances?account=nobody')).toEqual([]);
    expect(await found("/v1/instances?account=' OR 1=1 --").catch(() => 'refused')).toBe('refused');
    expect(await found(`/v1/recycle-bin?account=${account}&product=tencent-cvm`)).toEqual([ids[6]]);
    expect((await found(`/v1/instances`)).length).toBeGreaterThan(ids.length);
    expect(await found(`/v1/refunds?account=nobody`)).toEqual([]);
    expect(await found(`/v1/terminations?account=nobody`)).toEqual([]);
    expect(await found(`/v1/terminations?account=${account}&status=running`)).toEqual([]);
  });
});

describe('Idempotency-Key', () => {
  it('a repeat gets the stored answer, headers and all, and nothing happens twice', async () => {
    const id = await register(http, cvmPostpaid());
    const { id: quoteId } = await quote(http, [id], { schedule: { mode: 'later' } });
    const key = `"${randomUUID()}"`;
    const first = expectStatus(await http.post('/v1/terminations', { quoteId, agree: true }, { key }), 202);
    expect(first.headers.get('idempotency-hit')).toBeNull();
    const again = expectStatus(await http.post('/v1/terminations', { agree: true, quoteId }, { key }), 202);
    expect(again.headers.get('idempotency-hit')).toBe('true');
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(again.headers.get('content-type')).toBe('application/json');
    expect(again.body).toEqual(first.body);
    expect(bodyOf<Termination>(await http.get(first.headers.get('location')!)).id).toBe(first.body.id);
  });

  it('the same key for another body, address or method is 422, and does nothing', async () => {
    const [a, b] = await Promise.all([register(http, cvmPostpaid()), register(http, cvmPostpaid())]);
    const key = randomUUID();
    expectStatus(await http.post(`/v1/instances/${a}/protect`, { reason: 'one' }, { key }), 200);
    for (const reply of [
      await http.post(`/v1/instances/${a}/protect`, { reason: 'two' }, { key }),
      await http.post(`/v1/instances/${b}/protect`, { reason: 'one' }, { key }),
      await http.post(`/v1/instances/${a}/unprotect`, { reason: 'one' }, { key }),
      await http.put(`/v1/instances/${newId()}`, cvmPostpaid(), { key }),
      // Looked at before the body is validated.
      await http.post('/v1/quotes', { nonsense: 1 }, { key }),
    ])
      expect(reply).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect((await instanceOf(http, b)).protection).toBeNull();
    expect((await instanceOf(http, a)).protection).toMatchObject({ reason: 'one' });
  });

  it('4xx are stored too, in the language of their first asking', async () => {
    const id = await register(http, cvmPostpaid());
    const keys = [randomUUID(), randomUUID(), randomUUID()] as const;
    const ask = async (headers: Record<string, string>) => [
      await http.post(`/v1/instances/${id}/cancel`, {}, { key: keys[0], headers }),
      await http.post('/v1/quotes', { action: 'x' }, { key: keys[1], headers }),
      await http.post('/v1/instances/nobody/stop', {}, { key: keys[2], headers }),
    ];
    const first = await ask({ 'accept-language': 'zh-CN' });
    expect(first.map((reply) => reply.status)).toEqual([409, 400, 404]);
    // Now it could be cancelled: the key still answers what it did.
    await end(http, [id], { schedule: { mode: 'timed', at: fromNow(DAY) } });
    const again = await ask({ 'accept-language': 'en' });
    for (const [index, reply] of again.entries()) {
      expect(reply.status).toBe(first[index]!.status);
      expect(reply.body).toEqual(first[index]!.body);
      expect(reply.headers.get('idempotency-hit')).toBe('true');
      expect(reply.headers.get('content-type')).toBe('application/problem+json');
      expect(reply.headers.get('content-language')).toBe('zh');
    }
    expect((await instanceOf(http, id)).termination).not.toBeNull();
  });

  it('keys of different callers… one operator: keys are looked at only once the caller is known', async () => {
    const key = randomUUID();
    const reply = await http.post('/v1/quotes', {}, { key, headers: { authorization: 'Bearer wrong' } });
    expect(reply.status).toBe(401);
    expect((await http.post('/v1/quotes', {}, { key })).status).toBe(400);
  });
});

describe('quotes that bind', () => {
  it('QUOTE_EXPIRED', async () => {
    const id = await register(http, cvmPostpaid());
    const { id: quoteId, expiresAt } = await quote(http, [id]);
    const left = Date.parse(expiresAt) - Date.now();
    expect(left).toBeGreaterThan(14 * 60_000);
    expect(left).toBeLessThanOrEqual(15 * 60_000 + 1000);
    await service.pool.query(
      "UPDATE quotes SET expires_at = clock_timestamp() - interval '1 ms' WHERE id = $1",
      [quoteId],
    );
    expect(await confirm(quoteId)).toMatchObject({ status: 409, body: { code: 'QUOTE_EXPIRED' } });
    expect((await instanceOf(http, id)).state).toBe('running');
    // Reading it is still possible.
    expectStatus(await http.get(`/v1/quotes/${quoteId}`), 200);
  });

  it('a quote holds by the clock that wrote it, whatever that of this process says', async () => {
    const { id: quoteId } = await quote(http, [await register(http, cvmPostpaid())]);
    const { now } = Date;
    const ahead = jest.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000);
    const confirmation = { quoteId, terminationId: `t_${quoteId}`, by: 'test', via: 'test' };
    const accepted = await acceptQuote(service.pool, confirmation).finally(() => ahead.mockRestore());
    expect(accepted).toMatchObject({ ok: true });
  });

  it('QUOTE_USED names the termination that used it', async () => {
    const id = await register(http, cvmPostpaid());
    const { id: quoteId } = await quote(http, [id]);
    const first = expectStatus(await confirm(quoteId), 202);
    const second = await confirm(quoteId);
    expect(second).toMatchObject({ status: 409, body: { code: 'QUOTE_USED' } });
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
  });

  /** What may change after a quote, and how the 409 says it. */
  const STALE: [
    string,
    () => Fields,
    Fields,
    (id: string) => Promise<unknown>,
    (Fields & { field: string })[],
  ][] = [
    [
      'an order was added',
      cvmPrepaid,
      { action: 'return' },
      (id) =>
        http.post(`/v1/instances/${id}/orders`, { kind: 'renewal', months: 12, paid: { cash: '507.96' } }),
      [
        { field: 'orders', difference: null },
        { field: 'refund.amount', old: '407.96', new: '915.92', difference: '507.96' },
      ],
    ],
    [
      'the network was switched',
      () => cvmPrepaid({ network: { billing: 'bandwidth', hour: '0' } }),
      { action: 'return' },
      (id) => http.post(`/v1/instances/${id}/network`, { billing: 'traffic' }),
      [{ field: 'network', difference: null }],
    ],
    [
      'protection was set',
      cvmPostpaid,
      {},
      (id) => http.post(`/v1/instances/${id}/protect`, { reason: 'wait' }),
      [{ field: 'blockers', old: '', new: 'PROTECTED', difference: null }],
    ],
    [
      'JD was started',
      jdPostpaid,
      {},
      (id) => http.post(`/v1/instances/${id}/start`),
      [
        { field: 'state', old: 'stopped', new: 'running', difference: null },
        { field: 'blockers', old: '', new: 'NOT_STOPPED', difference: null },
      ],
    ],
    [
      'it was stopped',
      cvmPostpaid,
      {},
      (id) => http.post(`/v1/instances/${id}/stop`),
      [{ field: 'state', old: 'running', new: 'stopped' }],
    ],
    [
      'its clock was moved',
      cvmPostpaid,
      {},
      (id) => fastForward(http, id, 'PT1H'),
      [{ field: 'clockOffset', old: 0 }],
    ],
    [
      'somebody else scheduled it',
      cvmPostpaid,
      {},
      (id) => end(http, [id], { schedule: { mode: 'timed', at: fromNow(DAY) } }),
      [{ field: 'blockers', new: 'SCHEDULED' }],
    ],
    [
      'somebody else ended it',
      redisPostpaid,
      {},
      (id) => end(http, [id]),
      [{ field: 'state', old: 'running', new: 'isolated' }],
    ],
  ];

  it.each(STALE)('QUOTE_STALE: %s', async (_, body, ask, change, expected) => {
    const [id, other] = await Promise.all([register(http, body()), register(http, body())]);
    const { id: quoteId } = await quote(http, [id, other], {
      ...ask,
      ...(ask.action === 'return' ? { fiveDayFor: id } : {}),
    });
    await change(id);
    const [before, twin] = [await instanceOf(http, id), await instanceOf(http, other)];
    const reply = await confirm(quoteId);
    expect(reply).toMatchObject({ status: 409, body: { code: 'QUOTE_STALE' } });
    const { changes } = reply.body;
    expect(changes).toEqual(
      expect.arrayContaining(expected.map((one) => expect.objectContaining({ instanceId: id, ...one }))),
    );
    for (const one of changes!) {
      expect(Object.keys(one).sort()).toEqual(['difference', 'field', 'instanceId', 'new', 'old']);
      expect(one.instanceId).toBe(id);
      expect(one.old).not.toEqual(one.new);
    }
    // What has not changed is not named: a new order is no new price list.
    const named = changes!.map(({ field }) => field);
    expect(named.filter((field: string) => ['orders', 'prices', 'network'].includes(field))).toEqual(
      expected.map(({ field }) => field).filter((field) => ['orders', 'prices', 'network'].includes(field)),
    );
    // One stale item refuses the whole confirmation before anything is accepted.
    expect({ ...(await instanceOf(http, id)), clock: 0 }).toEqual({ ...before, clock: 0 });
    expect({ ...(await instanceOf(http, other)), clock: 0 }).toEqual({ ...twin, clock: 0 });
    expect((await http.get(`/v1/terminations?account=${twin.account}`)).body.items).toEqual([]);
  });

  it('QUOTE_STALE: the time of a timed one has passed', async () => {
    const id = await register(http, cvmPostpaid());
    const at = fromNow(700);
    const { id: quoteId } = await quote(http, [id], { schedule: { mode: 'timed', at } });
    await until(async () => Date.now() > Date.parse(at), 'the time to pass');
    const reply = await confirm(quoteId);
    expect(reply).toMatchObject({
      status: 409,
      body: { code: 'QUOTE_STALE', changes: [{ instanceId: id, field: 'schedule.at' }] },
    });
    expect(await instanceOf(http, id)).toMatchObject({ state: 'running', step: 0, termination: null });
  });

  it('M17: a quote holds across the edge of the five days, and pays what it said', async () => {
    const edge = Date.now() + 2500;
    const id = await register(http, cvmPrepaid({}, new Date(edge - 120 * 3_600_000).toISOString()));
    const { id: quoteId, items } = await quote(http, [id], { action: 'return' });
    expect(items[0]!.refund).toMatchObject({ kind: 'five-day', amount: '407.96' });
    // To the second, the last one included (E1).
    await until(async () => Date.now() > edge + 1000, 'the five days to be over');
    expect((await quote(http, [id], { action: 'return' })).items[0]!.refund).toMatchObject({
      kind: 'ordinary',
      amount: '357.56',
    });
    const { body } = expectStatus(await confirm(quoteId), 202);
    const done = await settled(http, body.id);
    expect((await http.get(`/v1/refunds/${done.items[0]!.refundId}`)).body).toMatchObject({
      kind: 'five-day',
      amount: '407.96',
    });
  });

  it('E7: a right raced away makes an item stale, never silently ordinary', async () => {
    const account = newAccount();
    const [a, b] = await Promise.all([
      register(http, cvmPrepaid({ account })),
      register(http, cvmPrepaid({ account })),
    ]);
    const [first, second] = [
      await quote(http, [a], { action: 'return' }),
      await quote(http, [b], { action: 'return' }),
    ];
    expectStatus(await confirm(first.id), 202);
    const reply = await confirm(second.id);
    expect(reply).toMatchObject({ status: 409, body: { code: 'QUOTE_STALE' } });
    expect(reply.body.changes).toEqual(
      expect.arrayContaining([
        { instanceId: b, field: 'refund.kind', old: 'five-day', new: 'ordinary', difference: null },
        { instanceId: b, field: 'refund.amount', old: '407.96', new: '387.80', difference: '-20.16' },
      ]),
    );
  });

  it('what changes nothing of a quote does not make it stale: another instance, a language, a look', async () => {
    const account = newAccount();
    const id = await register(http, cvmPostpaid({ account }));
    const { id: quoteId } = await quote(http, [id]);
    await register(http, cvmPostpaid({ account }));
    await http.get(`/v1/quotes/${quoteId}`, { headers: { 'accept-language': 'zh' } });
    expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'a' }), 200);
    expectStatus(await http.post(`/v1/instances/${id}/unprotect`, { reason: 'b' }), 200);
    expectStatus(await confirm(quoteId), 202);
  });

  it('NOTHING_PERMITTED when all items are blocked', async () => {
    const [jd, busy] = await Promise.all([
      register(http, jdPostpaid({ state: 'running' })),
      register(http, cvmPostpaid({ state: 'changing' })),
    ]);
    const { id: quoteId, items } = await quote(http, [jd, busy]);
    expect(items.map((item) => item.permitted)).toEqual([false, false]);
    expect(await confirm(quoteId)).toMatchObject({ status: 409, body: { code: 'NOTHING_PERMITTED' } });
  });

  it('with some items blocked the rest goes ahead, and those are listed `refused`', async () => {
    const [jd, cvm, busy, redis] = await Promise.all([
      register(http, jdPostpaid({ state: 'running' })),
      register(http, cvmPostpaid()),
      register(http, cvmPostpaid({ state: 'changing' })),
      register(http, redisPostpaid()),
    ]);
    const { id: quoteId } = await quote(http, [jd, cvm, busy, redis]);
    const { body } = expectStatus(await confirm(quoteId), 202);
    const done = await settled(http, body.id);
    expect(done.items.map((item) => [item.instanceId, item.status, item.problem?.code ?? null])).toEqual([
      [jd, 'refused', 'NOT_STOPPED'],
      [cvm, 'done', null],
      [busy, 'refused', 'BUSY'],
      [redis, 'done', null],
    ]);
    const chinese = (await http.get(`/v1/terminations/${body.id}`, { headers: { 'accept-language': 'zh' } }))
      .body;
    expect(chinese.items[0]!.problem).toMatchObject({
      status: 409,
      code: 'NOT_STOPPED',
      state: 'running',
      next: expect.stringMatching(/\p{Script=Han}/u),
    });
    expect([await instanceOf(http, jd), await instanceOf(http, busy)]).toMatchObject([
      { state: 'running', step: 0 },
      { state: 'changing', step: 0 },
    ]);
  });
});

describe('shapes', () => {
  it('an instance, registered with everything', async () => {
    const body = {
      ...cvmPrepaid(),
      name: '网站 1',
      startedAt: '2026-11-01T00:00:00+08:00',
      network: { billing: 'bandwidth', hour: '0.063', month: '20' },
      disks: [{ id: 'd1', kind: 'data', storage: 'elastic', deleteWithInstance: false, month: '12.5' }],
      addresses: [{ id: 'ip1', kind: 'elastic', month: '3' }],
      orders: [
        purchase('2026-11-20T00:00:00+08:00', {
          endsAt: '2027-11-20T00:00:00+08:00',
          paid: { cash: '407.9', voucher: '100' },
        }),
      ],
    };
    const id = await register(http, body);
    const shown = await instanceOf(http, id);
    expect(shown).toEqual({
      ...body,
      id,
      orders: [
        {
          ...body.orders[0],
          paid: { cash: '407.90', gift: '0.00', income: '0.00', voucher: '100.00' },
          status: 'in-force',
        },
      ],
      clock: INSTANT,
      step: 0,
      billingStoppedAt: null,
      isolatedAt: null,
      purgeTime: null,
      expiresAt: expect.anything(),
      termination: null,
      protection: null,
      hold: null,
      machine: null,
      attention: null,
      operation: null,
      atRelease: null,
      disposal: null,
    });
    expect(Date.parse(shown.expiresAt!)).toBe(Date.parse('2027-11-20T00:00:00+08:00'));
    expect(Math.abs(Date.parse(shown.clock) - Date.now())).toBeLessThan(5000);
    const protectedOne = expectStatus(
      await http.post(`/v1/instances/${id}/protect`, { reason: '重要' }),
      200,
    ).body;
    expect(protectedOne.protection).toEqual({
      reason: '重要',
      by: 'operator',
      at: INSTANT,
      holdRelease: false,
    });
    const listed = (await http.get(`/v1/instances?account=${body.account}`)).body.items[0];
    expect({ ...listed, clock: 0 }).toEqual({ ...protectedOne, clock: 0 });
  });

  it('an instance with a timed termination, and in the bin', async () => {
    const id = await register(http, cvmPostpaid());
    const at = fromNow(DAY);
    const { id: terminationId } = await end(http, [id], { schedule: { mode: 'timed', at } });
    expect((await instanceOf(http, id)).termination).toEqual({ mode: 'timed', at: INSTANT, terminationId });
    expect(Date.parse((await instanceOf(http, id)).termination!.at)).toBe(Date.parse(at));
    const redis = await register(http, redisPostpaid());
    const { account, region } = await instanceOf(http, redis);
    await end(http, [redis]);
    expect((await http.get(`/v1/recycle-bin?account=${account}`)).body).toEqual({
      items: [
        {
          instanceId: redis,
          account,
          product: 'tencent-redis',
          billing: 'postpaid',
          region,
          cause: 'terminate',
          clock: INSTANT,
          isolatedAt: INSTANT,
          purgeTime: INSTANT,
          needsRenewal: false,
          protection: null,
          atRelease: {
            destroyed: [
              { kind: 'instance', id: redis },
              { kind: 'disk', id: 'd1' },
              { kind: 'disk', id: 'd2' },
              { kind: 'address', id: 'ip1' },
            ],
            kept: [],
          },
        },
      ],
      nextCursor: null,
    });
  });

  it('a quote, a termination, a refund, an account, a statement and a timeline of one return', async () => {
    const id = await register(http, cvmPrepaid());
    const { account } = await instanceOf(http, id);
    const reply = expectStatus(await http.post('/v1/quotes', { action: 'return', instanceIds: [id] }), 201);
    const quoted = reply.body;
    expect(reply.headers.get('location')).toBe(`/v1/quotes/${quoted.id}`);
    expect((await http.get(reply.headers.get('location')!)).body).toEqual(quoted);
    const lines = [{ label: TEXT, formula: TEXT, amount: '407.96' }];
    const parts = { cash: '407.96', gift: '0.00', income: '0.00' };
    expect(quoted).toEqual({
      id: TEXT,
      expiresAt: INSTANT,
      rulesVersion: expect.stringMatching(/2026-11/),
      items: [
        {
          instanceId: id,
          state: 'running',
          permitted: true,
          blockers: [],
          warnings: expect.arrayContaining([{ code: 'DATA_LOST', message: TEXT }]),
          plan: {
            terminate: [
              { kind: 'instance', id },
              { kind: 'disk', id: 'd1' },
            ],
            retain: [
              { kind: 'disk', id: 'd2', reason: TEXT },
              { kind: 'address', id: 'ip1', reason: TEXT },
            ],
          },
          refund: { kind: 'five-day', currency: 'CNY', amount: '407.96', parts, lines, fee: '0.00' },
          releaseTime: INSTANT,
          asOf: INSTANT,
          policyId: expect.stringMatching(/^tencent-cvm@2026-11#/),
          priceVersion: '2026-11',
        },
      ],
    });
    const confirmed = expectStatus(await confirm(quoted.id), 202);
    const termination = await settled(http, confirmed.body.id);
    const refundId = termination.items[0]!.refundId;
    expect(termination).toEqual({
      id: confirmed.body.id,
      quoteId: quoted.id,
      action: 'return',
      schedule: { mode: 'now' },
      status: 'done',
      agreedAt: INSTANT,
      agreedVia: 'api',
      rulesVersion: quoted.rulesVersion,
      items: [
        {
          instanceId: id,
          status: 'done',
          refundId: TEXT,
          schedule: { mode: 'now' },
          releaseTime: INSTANT,
          problem: null,
        },
      ],
    });
    const { purgeTime, isolatedAt } = await instanceOf(http, id);
    expect(termination.items[0]!.releaseTime).toBe(purgeTime);
    const refund = expectStatus(await http.get(`/v1/refunds/${encodeURIComponent(refundId!)}`), 200).body;
    const entry = { transactionId: TEXT, currency: 'CNY', amount: '407.96' };
    expect(refund).toEqual({
      id: refundId,
      instanceId: id,
      account,
      terminationId: termination.id,
      quoteId: quoted.id,
      kind: 'five-day',
      currency: 'CNY',
      amount: '407.96',
      parts,
      fee: '0.00',
      lines,
      workflowId: `instance/${id}`,
      action: 'return',
      progress: ['requested', 'isolating', 'booked', 'done'].map((status) => ({ status, at: INSTANT })),
      status: 'done',
      problem: null,
      review: null,
      reversal: null,
      entries: [
        { ...entry, source: 'deferred:o1', destination: 'refunds' },
        { ...entry, source: 'refunds', destination: 'customer:cash' },
      ],
      calculation: {
        asOf: quoted.items[0]!.asOf,
        action: 'return',
        kind: 'five-day',
        assisted: false,
        policyId: quoted.items[0]!.policyId,
        knobs: expect.objectContaining({ timeZone: 'Asia/Shanghai', ordinaryCount: 3, capPartMonth: false }),
        priceVersion: '2026-11',
        prices: (await instanceOf(http, id)).prices,
        network: { billing: 'traffic' },
        orders: [
          expect.objectContaining({
            id: 'o1',
            paid: { cash: '407.96', gift: '0.00', income: '0.00', voucher: '100.00' },
            closedAt: null,
          }),
        ],
        cells: [{ orderId: 'o1', source: 'cash', amount: '407.96' }],
        rebuilt: { amount: '407.96', parts, fee: '0.00', lines, matches: true },
      },
    });
    const right = (limit: number, used: number) => ({ limit, used, reserved: 0, left: limit - used });
    expect((await http.get(`/v1/accounts/${account}`)).body).toEqual({
      account,
      arrears: false,
      hold: false,
      standing: null,
      balances: [{ currency: 'CNY', ...parts }],
      rights: [
        { product: 'tencent-cvm', fiveDay: right(1, 1), ordinary: right(3, 0) },
        { product: 'tencent-redis', fiveDay: right(1, 0), ordinary: right(3, 0) },
      ],
    });
    expect((await http.get(`/v1/accounts/${account}/statement`)).body).toEqual({
      items: [
        {
          id: TEXT,
          kind: 'refund',
          currency: 'CNY',
          amount: '407.96',
          parts,
          balance: parts,
          instanceId: id,
          refundId,
          effectiveAt: isolatedAt,
          recordedAt: INSTANT,
        },
      ],
      nextCursor: null,
    });
    const step = {
      by: 'operator',
      outcome: 'done',
      effectiveAt: INSTANT,
      carriedOutAt: null,
      recordedAt: INSTANT,
      code: null,
      details: null,
    };
    expect((await http.get(`/v1/instances/${id}/timeline`)).body).toEqual({
      items: [
        { ...step, step: 0, command: 'register', from: null, to: 'running', refundId: null },
        {
          ...step,
          ...{ step: 1, command: 'return', from: 'running', to: 'isolated', refundId },
          details: { schedule: { mode: 'now' }, terminationId: termination.id },
        },
      ],
      nextCursor: null,
    });
  });

  it('a blocked item of a quote: every blocker with its sentence and next step, and a refund without amounts', async () => {
    const id = await register(
      http,
      cvmPrepaid({ monthlySettled: true, type: 'SN2.LARGE4', orders: [purchase(hoursAgo(200))] }),
    );
    const [item] = (await quote(http, [id], { action: 'return' })).items;
    expect(item).toEqual({
      instanceId: id,
      state: 'running',
      permitted: false,
      blockers: ['MONTHLY_SETTLED', 'FAMILY_EXCLUDED'].map((code) => ({ code, message: TEXT, next: TEXT })),
      warnings: expect.any(Array),
      plan: expect.any(Object),
      refund: { kind: 'ordinary', currency: 'CNY' },
      releaseTime: null,
      asOf: INSTANT,
      policyId: expect.stringMatching(/^tencent-cvm@2026-11#/),
      priceVersion: '2026-11',
    });
    const postpaid = await register(http, cvmPostpaid());
    expect((await quote(http, [postpaid])).items[0]!.refund).toEqual({
      kind: 'none',
      currency: 'CNY',
      amount: '0.00',
      parts: { cash: '0.00', gift: '0.00', income: '0.00' },
      lines: [],
      fee: '0.00',
    });
    expect([MONEY.asymmetricMatch('0.00'), MONEY.asymmetricMatch('0')]).toEqual([true, false]);
  });

  it('a problem', async () => {
    const { body } = await http.post('/v1/quotes', { action: 'terminate', instanceIds: [] });
    expect(body).toEqual({
      type: TEXT,
      title: TEXT,
      status: 400,
      detail: TEXT,
      code: 'INVALID_REQUEST',
      next: TEXT,
      errors: [{ pointer: '/instanceIds', code: TEXT, detail: TEXT }],
    });
  });

  it('PUT /v1/accounts keeps what is left out, and knows an account before it has instances', async () => {
    const account = newAccount();
    expectStatus(
      await http.put(`/v1/accounts/${account}`, { arrears: true, reason: 'unpaid' }, { key: null }),
      200,
    );
    expect(
      expectStatus(await http.put(`/v1/accounts/${account}`, { hold: true, reason: 'abuse' }), 200).body,
    ).toMatchObject({
      account,
      arrears: true,
      hold: true,
      balances: [],
    });
  });
});

describe('nobody there to work', () => {
  it('202 with where to look, never a lie; when a worker comes, it happens, once', async () => {
    const lonely = await startService({ worker: false, commandWaitMs: 1500 });
    try {
      const [id, body, key] = [newId(), cvmPostpaid(), randomUUID()];
      const both = await Promise.all([
        lonely.http.put(`/v1/instances/${id}`, body, { key }),
        lonely.http.put(`/v1/instances/${id}`, body, { key }),
      ]);
      const [first, impatient] = both.sort((a, b) => Number(a.status === 409) - Number(b.status === 409)) as [
        Reply,
        Reply,
      ];
      expect(impatient).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_RUNNING' } });
      expect(impatient.headers.get('retry-after')).toMatch(/^\d+$/);
      expect([202, 503]).toContain(first.status);
      expect(first.headers.get('retry-after')).toMatch(/^\d+$/);
      if (first.status === 202) {
        expect(first.headers.get('location')).toBe(`/v1/instances/${id}`);
        expect(first.body).toMatchObject({ status: 'accepted', instanceId: id, detail: TEXT });
      }
      expectStatus(await lonely.http.get(`/v1/instances/${id}`), 404);
      // Not the last word: the same key asks again.
      expect([202, 503]).toContain((await lonely.http.put(`/v1/instances/${id}`, body, { key })).status);
      const worker = await lonely.startWorker();
      await until(
        async () => (await lonely.http.get(`/v1/instances/${id}`)).status === 200,
        'the instance to appear',
      );
      expect(
        expectStatus(await lonely.http.put(`/v1/instances/${id}`, body, { key }), 201).body,
      ).toMatchObject({
        state: 'running',
        step: 0,
      });
      expectStatus(await lonely.http.put(`/v1/instances/${id}`, body), 200);

      await worker.stop();
      const stopKey = randomUUID();
      const stopping = await lonely.http.post(`/v1/instances/${id}/stop`, {}, { key: stopKey });
      expect([202, 503]).toContain(stopping.status);
      expect(await instanceOf(lonely.http, id)).toMatchObject({ state: 'running', step: 0 });
      // Reading, quoting and accepting need no worker (decision 13).
      const other = newId();
      const registering = await lonely.http.put(`/v1/instances/${other}`, redisPostpaid());
      expect([202, 503]).toContain(registering.status);
      await lonely.startWorker();
      await until(async () => (await instanceOf(lonely.http, id)).state === 'stopped', 'the stop', 60_000);
      expect(
        expectStatus(await lonely.http.post(`/v1/instances/${id}/stop`, {}, { key: stopKey }), 200).body,
      ).toMatchObject({
        state: 'stopped',
        step: 1,
      });
      await until(
        async () => (await lonely.http.get(`/v1/instances/${other}`)).status === 200,
        'the other to appear',
        60_000,
      );
    } finally {
      await lonely.stop();
    }
  });

  it('a confirmation is accepted, says that it is running, and is carried out by the sweep', async () => {
    const lonely = await startService({ worker: false, commandWaitMs: 1000 });
    try {
      const worker = await lonely.startWorker();
      const id = await register(lonely.http, redisPostpaid());
      await worker.stop();
      const { id: quoteId } = await quote(lonely.http, [id]);
      const accepted = expectStatus(
        await lonely.http.post('/v1/terminations', { quoteId, agree: true }),
        202,
      );
      expect(accepted.body).toMatchObject({
        status: 'running',
        items: [{ status: 'accepted', problem: null }],
      });
      expect((await lonely.http.get('/v1/terminations?status=running')).body.items).toMatchObject([
        { id: accepted.body.id },
      ]);
      expect((await instanceOf(lonely.http, id)).state).toBe('running');
      await lonely.startWorker();
      expect((await settled(lonely.http, accepted.body.id)).items).toMatchObject([{ status: 'done' }]);
      expect((await instanceOf(lonely.http, id)).state).toBe('isolated');
    } finally {
      await lonely.stop();
    }
  });
});

describe('parts that are away', () => {
  async function broken(parts: {
    pool?: Pool;
    temporal?: Client;
  }): Promise<{ http: Http; stop(): Promise<void> }> {
    const deps = {
      pool: service.pool,
      temporal: service.client,
      namespace: 'default',
      policies: POLICIES,
      ...parts,
    };
    const key = 'sk_broken';
    // Where there is no database there is no lock to hold.
    const owner = parts.pool
      ? { owner: '1', held: async () => {}, close: async () => {} }
      : await openOwner(service.pool);
    const more = {
      operatorKey: key,
      secrets: keySecrets(key),
      feed: new EventFeed({ pool: deps.pool, logger: pino({ level: 'silent' }) }),
      places: new Places(8),
      signatures: createSignatures(key),
      owner,
      sandbox: true,
      timeSkipping: true,
      logger: pino({ level: 'silent' }),
      commandWaitMs: 1500,
    };
    const server = createServer(createApi({ ...deps, ...more }));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    return {
      http: new Http(`http://127.0.0.1:${port}`, key),
      stop: async () => {
        server.close();
        await owner.close();
      },
    };
  }

  it('Temporal: reading and quoting go on, writing is 503 with Retry-After, /readyz says which', async () => {
    const connection = Connection.lazy({ address: '127.0.0.1:1', connectTimeout: 1000 });
    const api = await broken({ temporal: new Client({ connection, namespace: 'default' }) });
    try {
      const id = await register(http, cvmPostpaid());
      expectStatus(await api.http.get(`/v1/instances/${id}`), 200);
      expectStatus(await api.http.post('/v1/quotes', { action: 'terminate', instanceIds: [id] }), 201);
      const key = randomUUID();
      const begun = Date.now();
      const replies = await Promise.all([
        api.http.post(`/v1/instances/${id}/stop`, {}, { key }),
        api.http.put(`/v1/instances/${newId()}`, cvmPostpaid()),
        api.http.post(`/v1/instances/${id}/cancel`, {}, { headers: { prefer: 'respond-async' } }),
      ]);
      // Each was given 1.5 s, and then it is asked whether Temporal answers at all.
      expect(Date.now() - begun).toBeLessThan(9000);
      for (const reply of replies) {
        expect(reply).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE', status: 503 } });
        expect(reply.headers.get('retry-after')).toMatch(/^\d+$/);
        expect(reply.headers.get('content-type')).toBe('application/problem+json');
      }
      // Not stored: with the same key it works once Temporal is back.
      expectStatus(await http.post(`/v1/instances/${id}/stop`, {}, { key }), 200);
      const ready = await api.http.get('/readyz');
      expect(ready).toMatchObject({
        status: 503,
        body: { status: 'failed', checks: { postgres: 'ok', temporal: 'failed' } },
      });
      expect((await api.http.get('/healthz')).status).toBe(200);
    } finally {
      await api.stop();
      await connection.close();
    }
  });

  it('PostgreSQL: 503, and nothing of its own words', async () => {
    const pool = createPool('postgres://nobody:secret@127.0.0.1:1/none');
    const api = await broken({ pool });
    try {
      for (const reply of [
        await api.http.get('/v1/instances'),
        await api.http.post('/v1/quotes', {}),
        await api.http.get('/v1/accounts/x'),
      ]) {
        expect(reply).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
        expect(JSON.stringify(reply.body)).not.toMatch(/secret|ECONN|127\.0\.0\.1/);
      }
      expect((await api.http.get('/readyz')).body).toMatchObject({
        checks: { postgres: 'failed', temporal: 'ok' },
      });
    } finally {
      await api.stop();
      await pool.end();
    }
  });

  it('a key of a process that died is free again; of one that lives it is still running', async () => {
    const id = await register(http, cvmPostpaid());
    const claim =
      'INSERT INTO idempotency_keys (caller, key, fingerprint, owner) SELECT caller, $1, $2, $3 FROM idempotency_keys WHERE status IS NOT NULL LIMIT 1';
    const [dead, alive] = [randomUUID(), randomUUID()];
    const fingerprint = requestFingerprint('POST', `/v1/instances/${id}/protect`, { reason: 'x' });
    await service.pool.query(claim, [dead, fingerprint, 12_345]);
    const other = await openOwner(service.pool);
    try {
      await service.pool.query(claim, [alive, fingerprint, other.owner]);
      expect(await http.post(`/v1/instances/${id}/protect`, { reason: 'x' }, { key: alive })).toMatchObject({
        status: 409,
        body: { code: 'IDEMPOTENCY_RUNNING' },
      });
      expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'x' }, { key: dead }), 200);
    } finally {
      await other.close();
    }
  });

  // What it forgot is an answer: the key would belong to this process for ever, and be running.
  it('its keys are free when PostgreSQL was started again, and only then', async () => {
    let starts = 0;
    let lose = (): void => {};
    const connect = async () => {
      const connection = await service.pool.connect();
      const query = connection.query.bind(connection) as (...args: unknown[]) => Promise<unknown>;
      const started = `(now() + interval '${starts} hours')`;
      connection.query = ((text: string, values: unknown[]) =>
        query(text.replace('pg_postmaster_start_time()', started), values)) as typeof connection.query;
      lose = () => connection.emit('error', new Error('terminating connection'));
      return connection;
    };
    const isFree = async (owner: string): Promise<boolean> =>
      (await service.pool.query('SELECT pg_try_advisory_xact_lock($1) AS free', [owner])).rows[0].free;
    const owner = await openOwner({ connect } as unknown as Pool);
    try {
      const first = owner.owner;
      starts = 1;
      lose();
      await until(async () => owner.owner !== first, 'another lock');
      await owner.held(5000);
      expect([await isFree(first), await isFree(owner.owner)]).toEqual([true, false]);
    } finally {
      await owner.close();
    }
  });

  // The driver reads both at once and tells of the loss before whoever waits for the lock goes on.
  it('takes the lock again when its connection is lost in the same read', async () => {
    let takes = 0;
    const connect = async () => {
      const connection = await service.pool.connect();
      const query = connection.query.bind(connection) as (...args: unknown[]) => Promise<unknown>;
      connection.query = (async (...args: unknown[]) => {
        const answer = await query(...args);
        takes += 1;
        if (takes === 2) connection.emit('error', new Error('terminating connection'));
        if (takes === 1) setImmediate(() => connection.emit('error', new Error('terminating connection')));
        return answer;
      }) as typeof connection.query;
      return connection;
    };
    const owner = await openOwner({ connect } as unknown as Pool);
    const first = owner.owner;
    try {
      await until(async () => takes === 3, 'the lock to be taken again');
      await owner.held(5000);
      expect(owner.owner).toBe(first);
      const { rows } = await service.pool.query('SELECT pg_try_advisory_lock($1) AS free', [owner.owner]);
      expect(rows).toEqual([{ free: false }]);
    } finally {
      await owner.close();
    }
  });
});

describe('keys that are guessed', () => {
  it('are 429 after a while; the right one is never limited', async () => {
    const guesses = await Promise.all(
      Array.from({ length: 80 }, (_, index) =>
        open('/v1/instances', { headers: { authorization: `Bearer guess-${index}` } }),
      ),
    );
    const statuses = new Set(guesses.map((reply) => reply.status));
    expect([...statuses].sort()).toEqual([401, 429]);
    const limited = guesses.find((reply) => reply.status === 429)!;
    expect(limited.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(limited.body).toMatchObject({ code: 'TOO_MANY_FAILURES', status: 429 });
    expectStatus(await http.get('/v1/instances'), 200);
  });
});
