/**
 * What happens before a route does its work: keys, addresses, methods, bodies, languages, and parts that are
 * away.
 */

import { once } from 'node:events';
import { connect } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { requireDeclared } from '../support/answers';
import type { Fields } from '../support/lives';
import { KEY, type Lonely, startLonely } from './app';

let api: Lonely;
beforeAll(async () => {
  api = await startLonely();
});
afterAll(() => api.close());

const auth = { authorization: `Bearer ${KEY}` };
const json = { 'content-type': 'application/json' };

async function call(
  method: string,
  path: string,
  init: { headers?: Record<string, string>; body?: string } = {},
) {
  const response = await fetch(api.url + path, { method, ...init, headers: { ...auth, ...init.headers } });
  const text = await response.text();
  await requireDeclared(api.url, { method, path, status: response.status, headers: response.headers, text });
  const isJson = response.headers.get('content-type')?.includes('json');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}

const post = (path: string, body: string | undefined, headers: Record<string, string> = {}) =>
  call('POST', path, {
    headers: { ...json, 'idempotency-key': 'k', ...headers },
    ...(body === undefined ? {} : { body }),
  });

describe('keys', () => {
  it.each([
    ['none', ''],
    ['another', 'Bearer other'],
    ['a longer one', `Bearer ${KEY}x`],
    ['another scheme', `Basic ${KEY}`],
    ['an empty one', 'Bearer '],
  ])('%s is 401 with a challenge', async (_, authorization) => {
    const reply = await call('GET', '/v1/instances', { headers: { authorization } });
    expect(reply).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED', status: 401 } });
    expect(reply.headers.get('www-authenticate')).toBe('Bearer realm="sunset"');
  });

  it.each(['/healthz', '/openapi.json', '/docs', '/metrics'])('%s is open', async (path) => {
    expect((await fetch(api.url + path)).status).toBe(200);
  });

  it('failures are limited, a good key never is', async () => {
    const limited = await startLonely({ authFailuresPerMinute: 3 });
    const statusOf = async (key: string) =>
      (await fetch(`${limited.url}/v1/nothing`, { headers: { authorization: `Bearer ${key}` } })).status;
    const statuses: number[] = [];
    for (const key of ['a', 'b', 'c', KEY, 'd', KEY]) statuses.push(await statusOf(key));
    expect(statuses).toEqual([401, 401, 401, 404, 429, 404]);
    const refused = await fetch(`${limited.url}/v1/nothing`);
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(await refused.json()).toMatchObject({ code: 'TOO_MANY_FAILURES' });
    await limited.close();
  });

  it('a browser that asks what it may ask needs none, and is no failed login', async () => {
    const limited = await startLonely({ authFailuresPerMinute: 2 });
    const preflight = () =>
      fetch(`${limited.url}/v1/instances`, { method: 'OPTIONS', headers: { origin: 'https://a.example' } });
    for (let count = 0; count < 5; count += 1) {
      const reply = await preflight();
      expect([reply.status, reply.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    }
    expect((await fetch(`${limited.url}/v1/instances`)).status).toBe(401);
    await limited.close();
  });
});

describe('what Node.js would refuse without a word', () => {
  /** Writes bytes to a socket, and gives back all that comes until it is closed. */
  async function send(
    url: string,
    ...parts: string[]
  ): Promise<{ status: number; body: Fields; head: string }> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    for (const part of parts) socket.write(part);
    await closed;
    const [head, body] = text.split('\r\n\r\n') as [string, string];
    expect(head).toMatch(/content-type: application\/problem\+json/i);
    return { status: Number(head.split(' ')[1]), body: JSON.parse(body), head };
  }
  const HEAD = `POST /v1/quotes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\n`;
  const CLOSE = 'Connection: close\r\n';

  it.each<[string, string, number, string]>([
    ['no HTTP', 'hello\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['no host', `GET /v1/instances HTTP/1.1\r\n\r\n`, 400, 'MALFORMED_REQUEST'],
    ['a header without a name', `${HEAD}: x\r\n\r\n`, 400, 'MALFORMED_REQUEST'],
    [
      'two lengths',
      `${HEAD}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
      'MALFORMED_REQUEST',
    ],
    ['an odd expectation', `${HEAD}${CLOSE}Expect: a miracle\r\n\r\n`, 417, 'EXPECTATION_FAILED'],
    ['headers without end', `${HEAD}X: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    ['a gigabyte, said', `${HEAD}Content-Length: 1073741824\r\n\r\n`, 413, 'BODY_TOO_LARGE'],
    [
      'a gigabyte, asked for',
      `${HEAD}Expect: 100-continue\r\nContent-Length: 1073741824\r\n\r\n`,
      413,
      'BODY_TOO_LARGE',
    ],
    [
      'a gigabyte on a call that takes no body',
      `GET /v1/instances HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n`,
      413,
      'BODY_TOO_LARGE',
    ],
    [
      'a gigabyte of nobody',
      `POST /v1/quotes HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n`,
      413,
      'BODY_TOO_LARGE',
    ],
  ])('%s', async (_, bytes, status, code) => {
    const reply = await send(api.url, bytes);
    expect(reply).toMatchObject({ status, body: { status, code, next: expect.any(String) } });
    expect(reply.head).toMatch(/connection: close/i);
  });

  it('more and more chunks are read up to two megabytes, then the connection ends', async () => {
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const reply = await send(
      api.url,
      `${HEAD}Idempotency-Key: k\r\nTransfer-Encoding: chunked\r\n\r\n`,
      ...Array.from({ length: 40 }, () => chunk),
    );
    expect(reply).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } });
  });

  it('a body that is asked for comes after 100 Continue, once it is wanted', async () => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    socket.write(`${HEAD}${CLOSE}Idempotency-Key: k\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
    expect(String((await once(socket, 'data'))[0])).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('{}');
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 (400|503)/);
    socket.destroy();
  });

  it('headers and bodies that come too slowly end with 408', async () => {
    const patience = { headersMs: 200, requestMs: 400 };
    const hasty = await startLonely({}, patience);
    expect(await send(hasty.url, 'POST /v1/quotes HTTP/1.1\r\nHost: x\r\n')).toMatchObject({
      status: 408,
      body: { code: 'REQUEST_TIMEOUT' },
    });
    expect(await send(hasty.url, `${HEAD}Idempotency-Key: k\r\nContent-Length: 10\r\n\r\n{`)).toMatchObject({
      status: 408,
    });
    await hasty.close();
  });
});

describe('addresses and methods', () => {
  it.each(['/', '/nothing', '/v1', '/v1/nothing', '/v1/instances/', '/V1/instances'])(
    '%s is 404',
    async (path) => {
      expect(await call('GET', path)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND', errors: [] } });
    },
  );

  it.each([
    ['DELETE', '/v1/instances/i-1', 'PUT, GET, HEAD, OPTIONS'],
    ['GET', '/v1/instances/i-1/purge', 'POST, OPTIONS'],
    ['PATCH', '/v1/quotes', 'POST, OPTIONS'],
    ['POST', '/healthz', 'GET, HEAD, OPTIONS'],
  ])('%s %s is 405 and names %s', async (method, path, allow) => {
    const reply = await call(method, path);
    expect(reply).toMatchObject({ status: 405, body: { code: 'METHOD_NOT_ALLOWED' } });
    expect(reply.headers.get('allow')).toBe(allow);
  });

  it('a percent sign that encodes nothing is 400', async () => {
    expect(await call('GET', '/v1/instances/%ff')).toMatchObject({
      status: 400,
      body: { code: 'MALFORMED_URL' },
    });
  });

  it('an id with a NUL is 400 with its pointer', async () => {
    expect(await call('GET', '/v1/instances/a%00')).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/id', code: 'NOT_AN_ID' }] },
    });
  });

  it('unknown and repeated parameters are 400, all at once', async () => {
    const { body } = await call('GET', '/v1/instances?limit=1&limit=2&colour=red&state=gone');
    expect(body.errors.map((one: { pointer: string }) => one.pointer)).toEqual([
      '/state',
      '/limit',
      '/colour',
    ]);
  });
});

describe('bodies', () => {
  it.each<[string, string, Record<string, string>, number, string]>([
    ['no JSON', '{', {}, 400, 'MALFORMED_JSON'],
    ['deep JSON', '['.repeat(100_000) + ']'.repeat(100_000), {}, 400, 'MALFORMED_JSON'],
    ['endless JSON', '['.repeat(200_000), {}, 400, 'MALFORMED_JSON'],
    ['a name with a NUL', '{"a\\u0000": 1}', {}, 400, 'MALFORMED_JSON'],
    ['a name with half a surrogate pair', '{"\\ud800": 1}', {}, 400, 'MALFORMED_JSON'],
    ['a megabyte', JSON.stringify({ a: 'x'.repeat(1_000_000) }), {}, 413, 'BODY_TOO_LARGE'],
    ['text', '{}', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'another charset',
      '{}',
      { 'content-type': 'application/json; charset=latin9' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['another encoding', '{}', { 'content-encoding': 'zip' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'UTF-16, said',
      '{}',
      { 'content-type': 'application/json; charset=utf-16' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'UTF-16LE, said in quotes',
      '{}',
      { 'content-type': 'application/json; charset="UTF-16LE"' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['values without end', `[${'[],'.repeat(60_000)}[]]`, {}, 413, 'BODY_TOO_LARGE'],
    ['a body that says it is compressed', '{}', { 'content-encoding': 'gzip' }, 400, 'MALFORMED_JSON'],
  ])('%s', async (_, body, headers, status, code) => {
    const reply = await post('/v1/quotes', body, headers);
    expect(reply).toMatchObject({ status, body: { status, code } });
    expect(reply.headers.get('content-type')).toBe('application/problem+json');
  });

  it.each<[string, Buffer]>([
    ['a lone continuation byte', Buffer.from([0x7b, 0x22, 0x61, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
    ['half a character', Buffer.from([0x22, 0xe5, 0xae, 0x22])],
    ['a surrogate written in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['GBK', Buffer.from([0x22, 0xca, 0xb5, 0xc0, 0xfd, 0x22])],
  ])('that are not UTF-8 are 400: %s', async (_, body) => {
    const headers = { ...auth, ...json, 'idempotency-key': 'k' };
    const response = await fetch(`${api.url}/v1/quotes`, {
      method: 'POST',
      headers,
      body: new Uint8Array(body),
    });
    expect([response.status, ((await response.json()) as Fields).code]).toEqual([400, 'MALFORMED_JSON']);
  });

  it.each<[string, string, string[]]>([
    ['a member', '{"a":1,"b":{},"a":1}', ['/a']],
    ['one within', '{"a":[0,{"b":1,"c":2,"b":3}],"d":{"e":{"f":1 , "f"\n:2}}}', ['/a/1/b', '/d/e/f']],
    ['one that is written otherwise', String.raw`{"renewal":1,"\u0072enewal":2}`, ['/renewal']],
    ['one with a slash', String.raw`{"a/b\"~":1,"a/b\"~":2}`, ['/a~1b"~0']],
    ['names like those of objects', '{"__proto__":1,"__proto__":2}', ['/__proto__']],
  ])('that name a member twice are 400 with its place: %s', async (_, body, pointers) => {
    const reply = await post('/v1/quotes', body);
    expect(reply).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    const found = reply.body.errors.map(
      ({ pointer, code }: { pointer: string; code: string }) => `${code} ${pointer}`,
    );
    expect(found).toEqual(pointers.map((pointer) => `DUPLICATE ${pointer}`));
  });

  it.each<string>([
    '{"a":"b","c":["a","a"],"b":{"a":1},"d":[{"a":1},{"a":1}]}',
    String.raw`{"a\\":1,"b":"\"a\":1,\"a\":2"}`,
    String.raw`{"a":"{\"a\":1","b":"}"}`,
  ])('that only seem to name one twice are read: %s', async (body) => {
    const { body: problem } = await call('PUT', '/v1/instances/i-1', { headers: json, body });
    const codes = problem.errors.map((one: { code: string }) => one.code);
    expect(codes).toContain('UNKNOWN_FIELD');
    expect(codes).not.toContain('DUPLICATE');
  });

  it('compressed ones and a BOM are read', async () => {
    const body = JSON.stringify({ nothing: 1 });
    for (const [encoding, packed] of [
      ['gzip', gzipSync(body)],
      ['br', brotliCompressSync(body)],
      ['identity', Buffer.from(`\ufeff${body}`)],
    ] as const) {
      const headers = { ...auth, ...json, 'content-encoding': encoding };
      const response = await fetch(`${api.url}/v1/instances/i-1`, {
        method: 'PUT',
        headers,
        body: new Uint8Array(packed),
      });
      const { errors } = (await response.json()) as Fields;
      expect(errors).toContainEqual(expect.objectContaining({ pointer: '/nothing', code: 'UNKNOWN_FIELD' }));
    }
  });

  it('a POST without a key names the header, before its body is looked at', async () => {
    const reply = await call('POST', '/v1/quotes', { headers: json, body: '{"bad": 1}' });
    expect(reply).toMatchObject({
      status: 400,
      body: { code: 'IDEMPOTENCY_KEY_REQUIRED', detail: expect.stringContaining('Idempotency-Key') },
    });
  });

  it('a PUT needs no key, and every bad field is named', async () => {
    const reply = await call('PUT', '/v1/instances/i-1', {
      headers: json,
      body: '{"product": "x", "more": 1}',
    });
    expect(reply.status).toBe(400);
    expect(reply.body.errors.map((one: { pointer: string }) => one.pointer)).toEqual([
      '/account',
      '/product',
      '/billing',
      '/region',
      '/more',
    ]);
  });

  it.each(['5', '"text"', 'null', '[]', 'true'])('the body %s is 400', async (body) => {
    expect(await call('PUT', '/v1/instances/i-1', { headers: json, body })).toMatchObject({
      status: 400,
      body: { code: 'INVALID_REQUEST' },
    });
  });
});

describe('languages', () => {
  it.each([
    ['zh-CN', 'zh'],
    ['zh', 'zh'],
    ['zh-Hant-TW, en;q=0.8', 'zh'],
    ['en, zh;q=0.9', 'en'],
    ['fr', 'en'],
    ['*', 'en'],
    ['', 'en'],
    [';;;', 'en'],
  ])('%s gets %s', async (accept, lang) => {
    const reply = await call('GET', '/v1/nothing', { headers: { 'accept-language': accept } });
    expect(reply.headers.get('content-language')).toBe(lang);
    expect(reply.headers.get('vary')).toContain('Accept-Language');
    expect(reply.body.title).toBe(lang === 'zh' ? '未找到' : 'Not found');
  });
});

describe('headers', () => {
  it('a decent request id comes back, another is replaced', async () => {
    expect(
      (await call('GET', '/healthz', { headers: { 'x-request-id': 'abc-1' } })).headers.get('x-request-id'),
    ).toBe('abc-1');
    expect(
      (await call('GET', '/healthz', { headers: { 'x-request-id': 'a b' } })).headers.get('x-request-id'),
    ).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('are those of helmet, and say nothing about Express', async () => {
    const { headers } = await call('GET', '/healthz');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("script-src 'self'");
  });
});

it('the log has no keys', async () => {
  const lines: string[] = [];
  const logged = await startLonely({
    logger: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
  });
  await fetch(`${logged.url}/v1/instances`, { headers: auth });
  await fetch(`${logged.url}/v1/instances`, { headers: { authorization: 'Bearer wrong-key' } });
  await logged.close();
  expect(lines.some((line) => line.includes('/v1/instances'))).toBe(true);
  expect(lines.join('')).not.toMatch(new RegExp(`${KEY}|wrong-key`));
});

describe('the page of the document', () => {
  it('has everything from here and nothing inline, so that it works under the policy', async () => {
    const { text } = await call('GET', '/docs');
    const sources = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map((found) => found[1]!);
    expect(sources.length).toBeGreaterThanOrEqual(4);
    for (const source of sources) {
      expect(source).toMatch(/^\//);
      expect((await fetch(api.url + source)).status).toBe(200);
    }
    expect(text).not.toMatch(/<script>|<style|onload=/);
  });
});

describe('when PostgreSQL and Temporal are away', () => {
  it('the process lives but is not ready, and says why', async () => {
    expect((await call('GET', '/healthz')).body).toEqual({ status: 'ok' });
    const ready = await call('GET', '/readyz');
    expect(ready).toMatchObject({
      status: 503,
      body: { status: 'failed', checks: { postgres: 'failed', temporal: 'failed' } },
    });
  });

  it.each<[string, string, string | undefined]>([
    ['GET', '/v1/instances', undefined],
    ['GET', '/v1/accounts/100001', undefined],
    ['POST', '/v1/quotes', '{}'],
    ['POST', '/v1/instances/i-1/start', undefined],
  ])('%s %s is 503 with when to try again', async (method, path, body) => {
    const reply = await call(method, path, {
      headers: { ...json, 'idempotency-key': 'k' },
      ...(body ? { body } : {}),
    });
    expect(reply).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
    expect(reply.headers.get('retry-after')).toBe('5');
  });

  it('is measured by declared path', async () => {
    await call('GET', '/v1/instances/i-1');
    const { text } = await call('GET', '/metrics');
    expect(text).toMatch(
      /sunset_http_request_duration_seconds_count\{[^}]*route="\/v1\/instances\/\{id\}"[^}]*status="503"/,
    );
    expect(text).not.toContain('i-1');
  });
});
