/**
 * Keys: made and shown once, kept as a hash, rotated, revoked at once; nobody gives what they haven't got.
 */
import { createHash, randomUUID } from 'node:crypto';
import pino from 'pino';
import { type ApiServer, startApi } from '../../api/http/server';
import { PERMISSIONS } from '../../domain/permissions';
import { POLICIES } from '../../policies';
import { Http } from '../support/http';
import { as, makeKey } from '../support/keys';
import {
  cvmPostpaid,
  expectStatus,
  instanceOf,
  newAccount,
  newId,
  quote,
  register,
  timelineOf,
} from '../support/lives';
import { useService } from '../support/service';
import { shared, withDatabase } from '../support/shared';

const servers: ApiServer[] = [];
// They come first: each holds one of the pool's connections.
const { service, http } = useService({}, async () => {
  for (const server of servers) await server.close();
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const keysOf = async (account: string) =>
  expectStatus(await http.get(`/v1/keys?account=${account}`), 200).body.items;

/** Another process's API over the same database, as far as a test can have one. */
async function anotherApi(operatorKey = http.operatorKey): Promise<Http> {
  const { pool, client, taskQueue } = service;
  const server = await startApi(
    {
      pool,
      temporal: client,
      namespace: shared().namespace,
      operatorKey,
      sandbox: true,
      timeSkipping: true,
      policies: POLICIES,
      logger: pino({ level: 'silent' }),
      taskQueue,
    },
    { host: '127.0.0.1', port: 0 },
  );
  servers.push(server);
  return new Http(server.url, operatorKey);
}

/** Every row of every table, as text. */
async function wholeDatabase(): Promise<string> {
  return await withDatabase(service.adminUrl, async (admin) => {
    const { rows: tables } = await admin.query<{ name: string }>(
      "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'",
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await admin.query<{ text: string }>(`SELECT row::text AS text FROM ${name} row`);
      texts.push(...rows.map(({ text }) => text));
    }
    return texts.join('\n');
  });
}

describe('making a key', () => {
  it('shows the key once, with the pair that signs requests', async () => {
    const account = newAccount();
    const { status, body } = await http.post('/v1/keys', {
      account,
      name: 'alice',
      permissions: ['read', 'terminate'],
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^k_[0-9a-f]{32}$/),
      account,
      name: 'alice',
      permissions: ['read', 'terminate'],
      key: expect.stringMatching(new RegExp(`^sk_${body.id}_[\\w-]{43}$`)),
      secretId: expect.stringMatching(/^AK[0-9a-f]{32}$/),
      secretKey: expect.stringMatching(/^[\w-]{43}$/),
      createdAt: expect.stringMatching(/Z$/),
    });
    expect(await keysOf(account)).toEqual([
      {
        id: body.id,
        account,
        name: 'alice',
        permissions: ['read', 'terminate'],
        secretId: body.secretId,
        createdAt: body.createdAt,
        createdBy: 'operator',
        revokedBy: null,
        revokedAt: null,
      },
    ]);
    expect((await http.get(`/v1/accounts/${account}`)).status).toBe(200);
  });

  it('keeps nothing secret in the database, and gives a repeat the same answer', async () => {
    const request = { account: newAccount(), name: 'alice', permissions: ['read'] };
    const idempotencyKey = randomUUID();
    const first = await http.post('/v1/keys', request, { key: idempotencyKey });
    const again = await http.post('/v1/keys', request, { key: idempotencyKey });
    expect(again.body).toEqual(first.body);
    expect([first, again].map(({ headers }) => headers.get('idempotency-hit'))).toEqual([null, 'true']);
    const { key, secretKey, secretId } = first.body;
    const stored = await wholeDatabase();
    for (const public_ of [secretId, sha256(key), idempotencyKey]) expect(stored).toContain(public_);
    for (const secret of [key, key.slice(-43), secretKey, http.operatorKey])
      expect(stored).not.toContain(secret);
  });

  it('answers a repeat the same when the first answer was never stored (L8)', async () => {
    const request = { account: newAccount(), name: 'alice', permissions: ['read'] };
    const first = await http.post('/v1/keys', request, { key: 'crashed' });
    await withDatabase(service.adminUrl, (admin) =>
      admin.query("DELETE FROM idempotency_keys WHERE key = 'crashed'"),
    );
    const again = await http.post('/v1/keys', request, { key: 'crashed' });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-hit')).toBeNull();
    expect(await keysOf(request.account)).toHaveLength(1);
  });

  it('names every bad field', async () => {
    const pointers = async (body: unknown) => {
      const { status, body: problem } = await http.post('/v1/keys', body);
      return [
        status,
        problem.errors!.map((one: { pointer: string; code: string }) => `${one.pointer} ${one.code}`).sort(),
      ];
    };
    expect(await pointers({})).toEqual([400, ['/account MISSING', '/name MISSING', '/permissions MISSING']]);
    expect(await pointers({ account: 'a b', name: 'a@b', permissions: [], more: 1 })).toEqual([
      400,
      ['/account NOT_VISIBLE', '/more UNKNOWN_FIELD', '/name NOT_AN_ID', '/permissions TOO_SHORT'],
    ]);
    expect(await pointers({ account: null, name: 'a', permissions: ['read', 'fly', 'read'] })).toEqual([
      400,
      ['/permissions/1 NOT_ALLOWED', '/permissions/2 DUPLICATE'],
    ]);
  });
});

describe('callers', () => {
  it('are known by name and account: in the timeline, and as the scope of Idempotency-Keys', async () => {
    const account = newAccount();
    const id = await register(http, cvmPostpaid({ account }));
    const permissions = ['power', 'read'] as const;
    const [alice, bob, staff] = await Promise.all([
      as(http, { account, name: 'alice', permissions }),
      as(http, { account, name: 'bob', permissions }),
      as(http, { account: null, name: 'operator', permissions }),
    ]);
    const options = { key: randomUUID() };
    expectStatus(await alice.post(`/v1/instances/${id}/stop`, {}, options), 200);
    expect((await bob.post(`/v1/instances/${id}/stop`, {}, options)).body.code).toBe('WRONG_STATE');
    expectStatus(await staff.post(`/v1/instances/${id}/start`, {}, options), 200);
    expect((await timelineOf(http, id)).map(({ by }) => by)).toEqual([
      'operator',
      `alice@${account}`,
      'operator:operator',
    ]);
  });

  it('of two accounts never share a command, whatever slashes their names have', async () => {
    const account = newAccount();
    const inner = `${account}/b`;
    const [one, other] = await Promise.all([
      register(http, cvmPostpaid({ account })),
      register(http, cvmPostpaid({ account: inner })),
    ]);
    const [alice, alicesNamesake] = await Promise.all([
      as(http, { account, name: 'alice', permissions: ['read'] }),
      as(http, { account: inner, name: 'alice', permissions: ['read'] }),
    ]);
    const ask = (id: string) => ({ action: 'terminate', instanceIds: [id] });
    const first = expectStatus(await alice.post('/v1/quotes', ask(one), { key: 'b/k' }), 201).body;
    const second = expectStatus(await alicesNamesake.post('/v1/quotes', ask(other), { key: 'k' }), 201).body;
    expect(second.id).not.toBe(first.id);
    expect(second.items[0]!.instanceId).toBe(other);
  });
});

describe('rotation', () => {
  it('two live keys are one caller, with what each permits', async () => {
    const account = newAccount();
    const id = await register(http, cvmPostpaid({ account }));
    const [old, fresh] = [
      await as(http, { account, name: 'alice', permissions: ['power', 'read'] }),
      await as(http, { account, name: 'alice', permissions: ['power'] }),
    ];
    const options = { key: randomUUID() };
    expectStatus(await old.post(`/v1/instances/${id}/stop`, {}, options), 200);
    const again = expectStatus(await fresh.post(`/v1/instances/${id}/stop`, {}, options), 200);
    expect(again.headers.get('idempotency-hit')).toBe('true');
    expect([(await old.get('/v1/instances')).status, (await fresh.get('/v1/instances')).status]).toEqual([
      200, 403,
    ]);
  });

  it('a third key waits until one is revoked', async () => {
    const request = { account: newAccount(), name: 'alice', permissions: ['read'] as const };
    const first = await makeKey(http, request);
    await makeKey(http, request);
    const third = await http.post('/v1/keys', request);
    expect(third).toMatchObject({
      status: 409,
      body: { code: 'TOO_MANY_KEYS', next: expect.stringMatching(/^Revoke one/) },
    });
    await makeKey(http, { ...request, name: 'bob' });
    expectStatus(await http.post(`/v1/keys/${first.id}/revoke`), 200);
    await makeKey(http, request);
    expect((await http.post('/v1/keys', request)).status).toBe(409);
  });

  it.each([['of an account', newAccount()] as const, ['of all accounts', null] as const])(
    'eight at once make two keys %s',
    async (_, account) => {
      const request = { account, name: newId('name'), permissions: ['read'] };
      const replies = await Promise.all(Array.from({ length: 8 }, () => http.post('/v1/keys', request)));
      expect(replies.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409, 409, 409, 409]);
    },
  );
});

describe('revoking', () => {
  it('holds at once, in every API', async () => {
    const account = newAccount();
    const other = await anotherApi();
    const { id, key } = await makeKey(http, { account, name: 'alice', permissions: ['read'] });
    const statuses = async () =>
      await Promise.all(
        [http, other].map(async ({ url }) => (await new Http(url, key).get('/v1/instances')).status),
      );
    expect(await statuses()).toEqual([200, 200]);
    const revoked = expectStatus(await other.post(`/v1/keys/${id}/revoke`), 200).body;
    expect(await statuses()).toEqual([401, 401]);
    expect(revoked).toMatchObject({
      id,
      account,
      revokedBy: 'operator',
      revokedAt: expect.stringMatching(/Z$/),
    });
    expect(expectStatus(await http.post(`/v1/keys/${id}/revoke`), 200).body).toEqual(revoked);
    expect(await keysOf(account)).toEqual([revoked]);
  });

  it('can be done to one’s own key, and can’t be undone, whoever asks the database', async () => {
    const request = { account: newAccount(), name: 'alice', permissions: ['keys'] as const };
    const { id, key } = await makeKey(http, request);
    const alice = new Http(http.url, key);
    expect(expectStatus(await alice.post(`/v1/keys/${id}/revoke`), 200).body.revokedBy).toBe(
      `alice@${request.account}`,
    );
    expect((await alice.post(`/v1/keys/${id}/revoke`)).status).toBe(401);
    const attempts = [
      'UPDATE keys SET revoked_at = NULL, revoked_by = NULL WHERE id = $1',
      'UPDATE keys SET permissions = permissions || ARRAY[$$purge$$] WHERE id = $1',
    ];
    for (const sql of attempts) {
      await expect(withDatabase(service.adminUrl, (admin) => admin.query(sql, [id]))).rejects.toThrow(
        'as it was made',
      );
      await expect(
        withDatabase(service.serviceUrl, (client) => client.query(sql, [id])),
      ).rejects.toMatchObject({ code: '42501' });
    }
    await expect(service.pool.query('DELETE FROM keys')).rejects.toMatchObject({ code: '42501' });
  });
});

describe('a change of the operator’s key', () => {
  it('leaves bearer keys as they are, and never shows a key that isn’t one', async () => {
    const request = { account: newAccount(), name: 'alice', permissions: ['read'] };
    const options = { key: randomUUID() };
    const { key } = expectStatus(await http.post('/v1/keys', request, options), 201).body;
    const changed = await anotherApi('another-operator-key');
    expect((await new Http(changed.url, key).get('/v1/instances')).status).toBe(200);
    expect(await changed.post('/v1/keys', request, options)).toMatchObject({
      status: 409,
      body: { code: 'KEY_NOT_SHOWN_AGAIN' },
    });
  });
});

describe('nobody gives what they haven’t got', () => {
  const account = newAccount();
  let keeper: Http;
  beforeAll(async () => {
    keeper = await as(http, { account, name: 'keeper', permissions: ['keys', 'read', 'power'] });
  });

  it('neither permissions', async () => {
    const permissions = ['read', 'purge', 'power', 'refund:approve'];
    const { status, body } = await keeper.post('/v1/keys', { account, name: 'alice', permissions });
    expect({ status, code: body.code }).toEqual({ status: 403, code: 'FORBIDDEN' });
    expect(body.detail).toMatch(/`purge`, `refund:approve`/);
    expect(body.errors!.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/permissions/1',
      '/permissions/3',
    ]);
    expectStatus(
      await keeper.post('/v1/keys', { account, name: 'alice', permissions: ['read', 'power'] }),
      201,
    );
    expect((await keysOf(account)).map((one: { createdBy: string }) => one.createdBy)).toEqual([
      'operator',
      `keeper@${account}`,
    ]);
  });

  it('and nobody takes away more than they have', async () => {
    const stronger = await makeKey(http, { account, name: 'stronger', permissions: ['read', 'purge'] });
    const refused = await keeper.post(`/v1/keys/${stronger.id}/revoke`);
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN', detail: expect.stringContaining('`purge`') },
    });
    const chinese = await keeper.post(
      `/v1/keys/${stronger.id}/revoke`,
      {},
      { headers: { 'accept-language': 'zh' } },
    );
    expect(chinese.body.detail).toMatch(/权限超出自身.*purge/);
    expect((await new Http(http.url, stronger.key).get('/v1/instances')).status).toBe(200);
    const weaker = await makeKey(http, { account, name: 'weaker', permissions: ['read'] });
    expectStatus(await keeper.post(`/v1/keys/${weaker.id}/revoke`), 200);
    // Its own, too: what it may do is what it has.
    const own = (await keysOf(account)).find((one: { name: string }) => one.name === 'keeper');
    expectStatus(await keeper.post(`/v1/keys/${own!.id}/revoke`), 200);
    keeper = await as(http, { account, name: 'keeper', permissions: ['keys', 'read', 'power'] });
  });

  it('nor another account, nor all of them', async () => {
    const other = newAccount();
    const ask = async (body: object) =>
      await keeper.post('/v1/keys', { name: 'alice', permissions: ['read'], ...body });
    expect(await ask({ account: other })).toMatchObject({
      status: 404,
      body: { errors: [{ pointer: '/account', code: 'NOT_FOUND' }] },
    });
    expect(await ask({ account: null })).toMatchObject({
      status: 403,
      body: { errors: [{ pointer: '/account' }] },
    });
    expect(await keysOf(other)).toEqual([]);
  });

  it('nor, by repeating a request with a lesser key of the same name, what the greater one made', async () => {
    const lesser = await as(http, { account, name: 'keeper', permissions: ['keys'] });
    const request = { account, name: 'carol', permissions: ['read'] };
    const options = { key: randomUUID() };
    const { key } = expectStatus(await keeper.post('/v1/keys', request, options), 201).body;
    const repeat = await lesser.post('/v1/keys', request, options);
    expect(repeat).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect(JSON.stringify(repeat.body)).not.toContain(key);
  });

  it('staff may give what they have, to any account and to all', async () => {
    const staff = await as(http, { account: null, name: 'staff', permissions: PERMISSIONS });
    await makeKey(staff, { account: newAccount(), name: 'alice', permissions: PERMISSIONS });
    await makeKey(staff, { account: null, name: newId('name'), permissions: PERMISSIONS });
    const id = await register(staff, cvmPostpaid());
    await quote(staff, [id]);
    expect((await instanceOf(staff, id)).state).toBe('running');
  });
});
