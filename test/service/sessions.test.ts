/** The console's sign-in: what a session may, what it does not, and when it ends. */
import { createHash } from 'node:crypto';
import { SignInCodes } from '../../api/sign-in-codes';
import { PERMISSIONS } from '../../domain/permissions';
import { KEEP, trim } from '../../store/retention';
import { Http } from '../support/http';
import { makeKey } from '../support/keys';
import { cvmPostpaid, expectStatus, newAccount, register, timelineOf, until } from '../support/lives';
import { startService, useService } from '../support/service';
import { signIn } from '../support/session';

const codes = new SignInCodes();
const { service, http } = useService({ signInCodes: codes, authFailuresPerMinute: 10_000 });

const said = ({ status, body }: { status: number; body: { code?: string | undefined } }) =>
  body?.code === undefined ? String(status) : `${status} ${body.code}`;
/** With the cookie alone. */
const without = (cookie: string): Http => new Http(http.url, '', { cookie });

async function someKey(permissions = ['read', 'power'] as const) {
  const account = newAccount();
  return { ...(await makeKey(http, { account, name: 'alice', permissions })), account };
}

describe('signing in', () => {
  it('with a key answers who it is, and sets a cookie that no script and no other page can use', async () => {
    const { key, account } = await someKey();
    const { facts, setCookie } = await signIn(http, { key });
    expect(facts).toMatchObject({
      account,
      name: `alice@${account}`,
      permissions: ['read', 'power'],
      language: 'en',
      sandbox: true,
    });
    expect(setCookie).toMatch(
      /^sunset_session=[\w-]{43}; Path=\/; Max-Age=43(199|200); HttpOnly; SameSite=Strict$/,
    );
    const hours = (Date.parse(facts.expiresAt) - Date.parse(facts.createdAt)) / 3_600_000;
    expect(hours).toBeCloseTo(12, 2);
    expect(Date.parse(facts.idleAt)).toBeLessThan(Date.parse(facts.expiresAt));
  });

  it('the operator has every permission and all accounts; the language is that of the request', async () => {
    const { facts } = await signIn(http, { key: service.operatorKey }, { 'accept-language': 'zh-CN' });
    expect(facts).toMatchObject({
      account: null,
      name: 'operator',
      permissions: PERMISSIONS,
      language: 'zh',
    });
  });

  it('only a hash of the cookie is stored', async () => {
    const { cookie } = await signIn(http, { key: service.operatorKey });
    const secret = cookie.split('=')[1]!;
    const { rows } = await service.pool.query<{ text: string }>('SELECT s::text AS text FROM sessions s');
    const all = rows.map(({ text }) => text).join('\n');
    for (const told of [secret, createHash('sha256').update(secret).digest('hex'), service.operatorKey])
      expect(all).not.toContain(told);
  });

  it.each<[string, object, number, string]>([
    ['another key', { key: `sk_k_${'0'.repeat(32)}_${'x'.repeat(43)}` }, 401, 'WRONG_KEY'],
    ['no key at all', { key: '' }, 401, 'WRONG_KEY'],
    ['a key with a NUL', { key: 'a\0b' }, 401, 'WRONG_KEY'],
    ['a code that was never made', { code: 'x' }, 401, 'WRONG_CODE'],
    ['both', { key: 'a', code: 'b' }, 400, 'INVALID_REQUEST'],
    ['neither', {}, 400, 'INVALID_REQUEST'],
    ['more', { key: 'a', remember: true }, 400, 'INVALID_REQUEST'],
  ])('with %s is refused, in both languages', async (_, body, status, code) => {
    for (const [lang, pattern] of [
      ['en', /^[^\p{Script=Han}]+$/u],
      ['zh', /\p{Script=Han}/u],
    ] as const) {
      const headers = { 'accept-language': lang, authorization: '' };
      const reply = await http.post('/v1/sessions', body, { headers });
      expect(reply).toMatchObject({ status, body: { code } });
      expect(reply.headers.get('set-cookie')).toBeNull();
      expect(reply.body.next).toMatch(pattern);
    }
  });

  it('failures are limited as those of keys are, together with them; a good key is not', async () => {
    const limited = await startService({ worker: false, authFailuresPerMinute: 3 });
    try {
      const attempt = (key: string) => limited.http.post('/v1/sessions', { key });
      const wrong = limited.http.as('wrong');
      expect(said(await attempt('wrong'))).toBe('401 WRONG_KEY');
      expect(said(await wrong.get('/v1/instances'))).toBe('401 UNAUTHENTICATED');
      expect(said(await attempt('wrong'))).toBe('401 WRONG_KEY');
      const refused = await attempt('wrong');
      expect([said(refused), refused.headers.get('retry-after')]).toEqual(['429 TOO_MANY_FAILURES', '60']);
      expect(said(await wrong.get('/v1/instances'))).toBe('429 TOO_MANY_FAILURES');
      expect((await attempt(limited.operatorKey)).status).toBe(201);
    } finally {
      await limited.stop();
    }
  });

  it('a code signs the operator in once, however many try at the same time', async () => {
    const code = codes.make();
    const attempts = await Promise.all(
      Array.from({ length: 10 }, () =>
        http.post('/v1/sessions', { code }, { headers: { authorization: '' } }),
      ),
    );
    expect(attempts.map(said).sort()).toEqual(['201', ...Array.from({ length: 9 }, () => '401 WRONG_CODE')]);
    const { facts } = await signIn(http, { code: codes.make() });
    expect(facts.name).toBe('operator');
  });
});

describe('with the cookie', () => {
  it('any call is made as with the key, in its name and with its permissions', async () => {
    const { key, account } = await someKey();
    const { http: alice, facts } = await signIn(http, { key });
    const id = await register(http, cvmPostpaid({ account }));
    const other = await register(http, cvmPostpaid());
    expect((await alice.get('/v1/instances')).body.items.map((one) => one.id)).toEqual([id]);
    expectStatus(await alice.post(`/v1/instances/${id}/stop`), 200);
    expect((await timelineOf(http, id)).at(-1)!.by).toBe(`alice@${account}`);
    expect(said(await alice.get(`/v1/instances/${other}`))).toBe('404 NOT_FOUND');
    expect(said(await alice.post(`/v1/instances/${id}/purge`, { confirm: id }))).toBe('403 FORBIDDEN');
    expect((await alice.get('/v1/sessions/current')).body).toEqual({
      ...facts,
      idleAt: expect.any(String),
    });
  });

  it('a repeat under one Idempotency-Key is one request, be it made with the key or the cookie', async () => {
    const { key, account } = await someKey();
    const id = await register(http, cvmPostpaid({ account }));
    const { http: alice } = await signIn(http, { key });
    const options = { key: 'one-and-the-same' };
    expectStatus(await alice.post(`/v1/instances/${id}/stop`, {}, options), 200);
    const again = await http.as(key).post(`/v1/instances/${id}/stop`, {}, options);
    expect(again.headers.get('idempotency-hit')).toBe('true');
  });

  it('writes need the token of the same session; looking does not', async () => {
    const { key, account } = await someKey();
    const id = await register(http, cvmPostpaid({ account }));
    const [one, two] = [await signIn(http, { key }), await signIn(http, { key })];
    const stop = (headers: Record<string, string>) =>
      without(one.cookie).post(`/v1/instances/${id}/stop`, {}, { headers });
    for (const token of [undefined, '', 'x', two.facts.csrfToken, one.facts.csrfToken.slice(1)])
      expect(said(await stop(token === undefined ? {} : { 'x-csrf-token': token }))).toBe('403 CSRF');
    expect(said(await without(one.cookie).call('DELETE', '/v1/sessions/current', undefined))).toBe(
      '403 CSRF',
    );
    expect(await timelineOf(http, id)).toHaveLength(1);
    expectStatus(await without(one.cookie).get(`/v1/instances/${id}`), 200);
    expectStatus(await stop({ 'x-csrf-token': one.facts.csrfToken }), 200);
  });

  it('the token is asked for before anything is said of the call, and says what to do in both languages', async () => {
    const { cookie } = await signIn(http, { key: service.operatorKey });
    for (const [lang, text] of [
      ['en', /X-CSRF-Token/],
      ['zh', /请在 X-CSRF-Token/],
    ] as const) {
      const headers = { 'accept-language': lang };
      const reply = await without(cookie).post('/v1/instances/nobody/stop', '{', { headers, key: null });
      expect(reply).toMatchObject({ status: 403, body: { code: 'CSRF', next: expect.stringMatching(text) } });
    }
  });

  it('a key that is given counts alone: no token is needed with a good one, no cookie saves a bad one', async () => {
    const { key, account } = await someKey();
    const id = await register(http, cvmPostpaid({ account }));
    const { cookie } = await signIn(http, { key });
    expectStatus(await http.as(key).post(`/v1/instances/${id}/stop`, {}, { headers: { cookie } }), 200);
    const bad = await http.as('bad').get('/v1/instances', { headers: { cookie } });
    expect(said(bad)).toBe('401 UNAUTHENTICATED');
  });

  it('who comes with a key has no session', async () => {
    expect(said(await http.get('/v1/sessions/current'))).toBe('401 NO_SESSION');
    expect(said(await http.call('DELETE', '/v1/sessions/current', undefined))).toBe('401 NO_SESSION');
    expect(said(await new Http(http.url, '', {}).get('/v1/sessions/current'))).toBe('401 UNAUTHENTICATED');
  });

  it.each([
    ['another secret', `sunset_session=${'x'.repeat(43)}`],
    ['no secret', 'sunset_session='],
    ['a quoted one', `sunset_session="${'x'.repeat(43)}"`],
    ['a NUL', 'sunset_session=%00'],
  ])('%s is 401', async (_, cookie) => {
    expect(said(await without(cookie).get('/v1/instances'))).toBe('401 NO_SESSION');
  });
});

describe('a session ends', () => {
  it('with the sign-out, at once', async () => {
    const { http: alice, cookie } = await signIn(http, { key: service.operatorKey });
    const { http: other } = await signIn(http, { key: service.operatorKey });
    const reply = await alice.call('DELETE', '/v1/sessions/current', undefined);
    expect(reply.status).toBe(204);
    expect(reply.text).toBe('');
    expect(reply.headers.get('set-cookie')).toBe(
      'sunset_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict',
    );
    expect(said(await without(cookie).get('/v1/instances'))).toBe('401 NO_SESSION');
    expectStatus(await other.get('/v1/sessions/current'), 200);
  });

  it('with its key, at once: all of them', async () => {
    const { key, id } = await someKey();
    const signedIn = [await signIn(http, { key }), await signIn(http, { key })];
    expectStatus(await http.post(`/v1/keys/${id}/revoke`), 200);
    for (const { http: alice } of signedIn)
      expect(said(await alice.get('/v1/instances'))).toBe('401 NO_SESSION');
    expect(said(await http.post('/v1/sessions', { key }))).toBe('401 WRONG_KEY');
  });

  it('with another operator’s key', async () => {
    const { cookie } = await signIn(http, { key: service.operatorKey });
    const { rows } = await service.pool.query<{ hash: string }>('SELECT hash FROM sessions');
    const other = await startService({ worker: false });
    try {
      // The same table, as a process with another key sees it.
      for (const { hash } of rows)
        await other.pool.query(
          "INSERT INTO sessions (hash, expires_at, idle_at) VALUES ($1, now() + '1 day', now() + '1 day')",
          [hash],
        );
      const reply = await new Http(other.http.url, '', { cookie }).get('/v1/instances');
      expect(said(reply)).toBe('401 NO_SESSION');
    } finally {
      await other.stop();
    }
  });

  it('at its time whatever is done with it, and when it is not used; each use keeps it from that', async () => {
    const brief = await startService({ worker: false, sessions: { seconds: 6, idleSeconds: 2 } });
    try {
      const by = { key: brief.operatorKey };
      const [used, unused] = [await signIn(brief.http, by), await signIn(brief.http, by)];
      const begun = Date.now();
      await until(
        async () => (await used.http.get('/v1/sessions/current')).status === 401,
        'the session to end at its time',
        20_000,
      );
      expect(Date.now() - begun).toBeGreaterThan(5000);
      expect(Date.now() - Date.parse(used.facts.expiresAt)).toBeGreaterThanOrEqual(0);
      const unusedFor = Date.parse(unused.facts.idleAt) - Date.parse(unused.facts.createdAt);
      expect(Math.abs(unusedFor - 2000)).toBeLessThan(100);
      expect(said(await unused.http.get('/v1/sessions/current'))).toBe('401 NO_SESSION');
      expect((await trim(brief.pool, KEEP)).sessions).toBe(2);
    } finally {
      await brief.stop();
    }
  });

  it('what is over is swept; what lives stays', async () => {
    const { key, id } = await someKey();
    const living = await signIn(http, { key: service.operatorKey });
    await signIn(http, { key });
    expectStatus(await http.post(`/v1/keys/${id}/revoke`), 200);
    expect((await trim(service.pool, KEEP)).sessions).toBeGreaterThanOrEqual(1);
    expect((await trim(service.pool, KEEP)).sessions).toBe(0);
    expectStatus(await living.http.get('/v1/sessions/current'), 200);
  });
});

describe('over HTTPS', () => {
  const secured =
    /^__Host-sunset_session=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict; Secure$/;

  it('a browser’s page says so itself: the cookie is kept to it', async () => {
    const { setCookie, http: alice } = await signIn(
      http,
      { key: service.operatorKey },
      { origin: 'https://sunset.example' },
    );
    expect(setCookie).toMatch(secured);
    expectStatus(await alice.get('/v1/sessions/current'), 200);
  });

  it('a proxy says so, where it is trusted: the cookie of a plain connection does not count there', async () => {
    const https = { 'x-forwarded-proto': 'https' };
    expect((await signIn(http, { key: service.operatorKey }, https)).setCookie).not.toMatch(secured);
    const behind = await startService({ worker: false, trustedProxies: ['loopback'] });
    try {
      const {
        setCookie,
        cookie,
        http: alice,
      } = await signIn(behind.http, { key: behind.operatorKey }, https);
      expect(setCookie).toMatch(secured);
      expectStatus(await alice.get('/v1/sessions/current', { headers: https }), 200);
      const plain = new Http(behind.http.url, '', { ...https, cookie: cookie.replace('__Host-', '') });
      expect(said(await plain.get('/v1/sessions/current'))).toBe('401 UNAUTHENTICATED');
    } finally {
      await behind.stop();
    }
  });

  it('failures count for the address that a trusted proxy names, and for no other', async () => {
    const behind = await startService({
      worker: false,
      trustedProxies: ['loopback'],
      authFailuresPerMinute: 1,
    });
    try {
      const from = async (address: string) =>
        said(await behind.http.as('wrong').get('/v1/keys', { headers: { 'x-forwarded-for': address } }));
      expect([await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.2')]).toEqual([
        '401 UNAUTHENTICATED',
        '429 TOO_MANY_FAILURES',
        '401 UNAUTHENTICATED',
      ]);
    } finally {
      await behind.stop();
    }
  });
});

it('the vendors’ own interfaces know no session', async () => {
  const { cookie, facts } = await signIn(http, { key: service.operatorKey });
  const headers = {
    cookie,
    'x-csrf-token': facts.csrfToken,
    'content-type': 'application/json',
    'x-tc-action': 'DescribeInstances',
    'x-tc-version': '2017-03-12',
    'x-tc-timestamp': String(Math.floor(Date.now() / 1000)),
  };
  const tencent = await fetch(`${http.url}/`, { method: 'POST', headers, body: '{}' });
  expect(await tencent.json()).toMatchObject({
    Response: { Error: { Code: expect.stringMatching(/^AuthFailure/) } },
  });
  const jd = await fetch(`${http.url}/v1/regions/cn-north-1/instances`, { headers });
  expect(jd.status).toBe(401);
  expect(await jd.json()).toMatchObject({ error: { status: 'UNAUTHENTICATED' } });
});
