/** Who signs a request to the façade of JD Cloud, who doesn't, and what a request that comes again does. */
import { randomBytes, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import {
  dateOf,
  type JdReply,
  type JdRequest,
  type Pair,
  REGION,
  type SignedRequest,
  send,
  signJd,
} from '../support/jd';
import { as, makeKey } from '../support/keys';
import {
  expectStatus,
  instanceOf,
  jdPostpaid,
  newAccount,
  newId,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { Random } from '../support/random';
import { auditAtEnd, useService } from '../support/service';

const { http } = useService({ authFailuresPerMinute: 100_000 }, auditAtEnd);

const MINUTE = 60_000;
const account = newAccount();
let pair: Pair;
let id: string;
beforeAll(async () => {
  pair = await makeKey(http, { account, name: 'script', permissions: ['read', 'power', 'terminate'] });
  id = await register(http, jdPostpaid({ account, region: REGION }), newId('i'));
});

const sign = (more: Partial<JdRequest> = {}): SignedRequest =>
  signJd({ url: http.url, pair, path: `/regions/${REGION}/instances/${id}`, ...more });
const commandTo = (name: 'startInstance' | 'stopInstance', more: Partial<JdRequest> = {}): SignedRequest =>
  sign({ method: 'POST', path: `/regions/${REGION}/instances/${id}:${name}`, body: {}, ...more });

const minutesAgo = (minutes: number): string => dateOf(Date.now() - minutes * MINUTE);
const without = ({ headers, ...request }: SignedRequest, name: string): SignedRequest => ({
  ...request,
  headers: Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name)),
});
const withHeader = (
  request: SignedRequest,
  name: string,
  change: (value: string) => string,
): SignedRequest => ({
  ...request,
  headers: { ...request.headers, [name]: change(request.headers[name] ?? '') },
});

describe('a request that is signed', () => {
  it.each<[string, Partial<JdRequest>]>([
    ['JDCLOUD2', {}],
    ['JDCLOUD3', { version: 3 }],
    ['JDCLOUD3 with its nonce', { version: 3, signed: ['host', 'x-jdcloud-nonce'] }],
    ['14 minutes ago', { date: minutesAgo(14) }],
    ['14 minutes from now', { date: minutesAgo(-14) }],
    ['without its host, as the vendor’s guide does', { signed: ['x-jdcloud-date', 'x-jdcloud-nonce'] }],
    [
      'with more headers, and spaces in them',
      {
        signed: ['accept', 'content-type', 'host', 'x-extra', 'x-jdcloud-date', 'x-jdcloud-nonce'],
        headers: { accept: 'application/json', 'x-extra': 'a b' },
      },
    ],
  ])('%s is taken', async (_, more) => {
    expect((await send(sign(more))).body.result.instance.instanceId).toBe(id);
  });

  it.each(['2', '3'])('by JDCLOUD%s is taken however its address is written', async (version) => {
    const list = `/regions/${REGION}/instances`;
    const named = await register(
      http,
      jdPostpaid({ account, region: REGION, name: "it's (a) *~ + & = ü" }),
      newId('i'),
    );
    const value = encodeURIComponent("IT'S (a) *~ + & = ü").replaceAll('%20', version === '2' ? '%20' : '+');
    for (const path of [
      `${list}?filters.1.name=name&filters.1.values.1=${value}`,
      `${list}?filters.1.values.1=${value}&&filters.1.name=name&`,
      `/regions/${REGION.replace('-', '%2D')}/%69nstances?filters%2E1.name=name&filters.1.values.1=${value}`,
    ]) {
      const { body } = await send(sign({ path, version: version === '2' ? 2 : 3 }));
      expect(body.result.instances.map(({ instanceId }) => instanceId)).toContain(named);
    }
    const colon = commandTo('startInstance', { version: version === '2' ? 2 : 3 });
    const escaped = { ...colon, url: colon.url.replace(':startInstance', '%3AstartInstance') };
    expect((await send(version === '2' ? colon : escaped)).status).toBe(200);
    expect((await send(commandTo('stopInstance'))).status).toBe(200);
  });

  it.each<[string, () => SignedRequest]>([
    ['by another secret', () => sign({ pair: { ...pair, secretKey: `${pair.secretKey}x` } })],
    ['by JDCLOUD3 and another secret', () => sign({ version: 3, pair: { ...pair, secretKey: 'x' } })],
    [
      'by nobody that is known',
      () => sign({ pair: { ...pair, secretId: 'AK00000000000000000000000000000000' } }),
    ],
    ['by what can’t be a key', () => sign({ pair: { ...pair, secretId: 'a%00b' } })],
    ['for another day', () => sign({ day: '20200101' })],
    ['16 minutes ago', () => sign({ date: minutesAgo(16) })],
    ['16 minutes from now', () => sign({ date: minutesAgo(-16) })],
    ['at a time that there is not', () => sign({ date: '20261332T000000Z' })],
    [
      'at a time of another form',
      () => sign({ date: new Date().toISOString(), day: dateOf(Date.now()).slice(0, 8) }),
    ],
    ['for another region', () => sign({ region: 'cn-south-1' })],
    ['for calls without a region', () => sign({ region: 'jdcloud-api' })],
    ['for another service', () => sign({ service: 'disk' })],
    ['over another body', () => ({ ...commandTo('startInstance'), body: '{ }' })],
    ['over a body that is missing', () => ({ ...commandTo('startInstance'), body: '' })],
    [
      'over another path',
      () => {
        const request = commandTo('stopInstance');
        return { ...request, url: request.url.replace('stopInstance', 'startInstance') };
      },
    ],
    [
      'over another query',
      () => {
        const request = sign({ path: `/regions/${REGION}/instances?pageSize=10` });
        return { ...request, url: request.url.replace('10', '20') };
      },
    ],
    ['over another method', () => ({ ...sign(), method: 'DELETE' })],
    ['over another date', () => withHeader(sign(), 'x-jdcloud-date', () => minutesAgo(1))],
    ['over another nonce', () => withHeader(sign(), 'x-jdcloud-nonce', () => randomUUID())],
    [
      'over another host',
      () => signJd({ url: 'http://vm.jdcloud-api.com', pair, path: `/regions/${REGION}/instances` }),
    ],
    ['without a date', () => without(sign(), 'x-jdcloud-date')],
    ['by JDCLOUD2 without its nonce', () => sign({ signed: ['content-type', 'host', 'x-jdcloud-date'] })],
    [
      'by JDCLOUD2 without any nonce',
      () => without(sign({ headers: { 'x-jdcloud-nonce': '' } }), 'x-jdcloud-nonce'),
    ],
    ['with temporary credentials', () => sign({ headers: { 'x-jdcloud-security-token': 'abc' } })],
    ['by no signature', () => without(sign(), 'authorization')],
    ['by a bearer key', () => withHeader(sign(), 'authorization', () => `Bearer ${http.operatorKey}`)],
    [
      'by JDCLOUD4',
      () => withHeader(sign(), 'authorization', (value) => value.replace('JDCLOUD2', 'JDCLOUD4')),
    ],
    [
      'by two versions',
      () => withHeader(sign(), 'authorization', (value) => value.replace('jdcloud2_', 'jdcloud3_')),
    ],
    [
      'by another version',
      () =>
        withHeader(sign(), 'authorization', (value) =>
          value.replace(/2/, '3').replace('jdcloud2_', 'jdcloud3_'),
        ),
    ],
    ['by half a signature', () => withHeader(sign(), 'authorization', (value) => value.slice(0, -32))],
    [
      'by a signature in capitals',
      () =>
        withHeader(sign(), 'authorization', (value) =>
          value.replace(/\w{64}$/, (hex) => `${hex.slice(0, 63).toUpperCase()}A`),
        ),
    ],
  ])('%s is refused: 401 UNAUTHENTICATED, and nothing happens', async (_, made) => {
    const request = made();
    const url = request.url.replace('http://vm.jdcloud-api.com', http.url);
    const { body } = await send({ ...request, url, ...(request.body === '' ? { body: '' } : {}) });
    expect(body.error).toMatchObject({ code: 401, status: 'UNAUTHENTICATED' });
    expect((await instanceOf(http, id)).state).toBe('stopped');
  });

  it('by a key that was revoked is refused from then on', async () => {
    const revoked = await makeKey(http, { account, name: 'old', permissions: ['read'] });
    expect((await send(sign({ pair: revoked }))).status).toBe(200);
    expectStatus(await http.post(`/v1/keys/${revoked.id}/revoke`), 200);
    expect((await send(sign({ pair: revoked }))).status).toBe(401);
  });

  it('says the same to a wrong secret and to an unknown key', async () => {
    const [wrong, unknown] = await Promise.all([
      send(sign({ pair: { ...pair, secretKey: 'x' } })),
      send(sign({ pair: { ...pair, secretId: 'AK0' } })),
    ]);
    expect(wrong.body.error).toEqual(unknown.body.error);
  });
});

describe('a request that comes again', () => {
  const starts = async (): Promise<number> =>
    (await timelineOf(http, id)).filter(({ command }) => command === 'start').length;

  it.each([2, 3] as const)(
    'JDCLOUD%s: is given the first one’s answer, and nothing happens',
    async (version) => {
      // JDCLOUD3 signs no nonce: another test's start of the same second would be this one.
      const start = commandTo('startInstance', { version, date: minutesAgo(2) });
      const before = await starts();
      const first = await send(start);
      expect((await send(commandTo('stopInstance'))).status).toBe(200);
      const second = await send(start);
      expect([first.body.result, second.body.result]).toEqual([{}, {}]);
      expect(second.body.requestId).not.toBe(first.body.requestId);
      expect(second.headers.get('x-request-id')).toBe(second.body.requestId);
      expect(await starts()).toBe(before + 1);
      expect((await instanceOf(http, id)).state).toBe('stopped');
    },
  );

  it('L8: ten at a time do it once, and those in between are told that it still runs', async () => {
    const before = await starts();
    const start = commandTo('startInstance');
    const replies = await Promise.all(Array.from({ length: 10 }, () => send(start)));
    const said = new Set(replies.map(({ status, body }) => body.error?.status ?? String(status)));
    expect(said).toContain('200');
    expect([...said].filter((one) => one !== '200' && one !== 'UNAVAILABLE')).toEqual([]);
    expect(await starts()).toBe(before + 1);
    expect((await send(commandTo('stopInstance'))).status).toBe(200);
  });

  it('is given its refusal again too, also when it would be let pass by now', async () => {
    const stop = commandTo('stopInstance');
    const first = await send(stop);
    expect(first.body.error.status).toBe('FAILED_PRECONDITION');
    expect((await send(commandTo('startInstance'))).status).toBe(200);
    expect((await send(stop)).body.error).toEqual(first.body.error);
    expect((await send(commandTo('stopInstance'))).status).toBe(200);
  });

  it('a nonce that was signed names one request: with another it is refused', async () => {
    const nonce = randomUUID();
    expect((await send(commandTo('startInstance', { nonce }))).status).toBe(200);
    const { body } = await send(commandTo('stopInstance', { nonce, date: minutesAgo(1) }));
    expect(body.error).toMatchObject({ code: 401, message: expect.stringContaining('nonce') });
    expect((await instanceOf(http, id)).state).toBe('running');
    expect((await send(commandTo('stopInstance'))).status).toBe(200);
  });

  it('reads are read again', async () => {
    const read = sign();
    expect((await send(read)).body.result.instance.status).toBe('stopped');
    expect((await send(commandTo('startInstance'))).status).toBe(200);
    expect((await send(read)).body.result.instance.status).toBe('running');
    expect((await send(commandTo('stopInstance'))).status).toBe(200);
  });
});

it('a bearer key opens nothing here, and a pair nothing elsewhere', async () => {
  const tenant = await as(http, { account, name: 'web', permissions: ['read'] });
  const asked = await fetch(`${http.url}/v1/regions/${REGION}/instances`, {
    headers: { authorization: `Bearer ${tenant.operatorKey}` },
  });
  expect([asked.status, ((await asked.json()) as JdReply['body']).error.status]).toEqual([
    401,
    'UNAUTHENTICATED',
  ]);
  const { headers } = sign();
  expect(
    (await http.get('/v1/instances', { headers: { authorization: headers.authorization! } })).status,
  ).toBe(401);
});

describe('away', () => {
  const away = useService({ worker: false, commandWaitMs: 3000 });

  it('503 UNAVAILABLE is not the last word: the same request again does it', async () => {
    const own: Pair = await makeKey(away.http, { account, name: 'script', permissions: ['power'] });
    const worker = await away.service.startWorker();
    const one = await register(away.http, jdPostpaid({ account, region: REGION }));
    await worker.stop();
    const path = `/regions/${REGION}/instances/${one}:startInstance`;
    const start = signJd({ url: away.http.url, pair: own, method: 'POST', path, body: {} });
    const { body, headers } = await send(start);
    expect(body.error).toMatchObject({
      code: 503,
      status: 'UNAVAILABLE',
      message: expect.stringContaining(one),
    });
    expect(headers.get('retry-after')).toBe('5');
    await away.service.startWorker();
    await until(async () => {
      const { status } = await send(start);
      expect([200, 503]).toContain(status);
      return status === 200;
    }, 'the start');
    expect((await instanceOf(away.http, one)).state).toBe('running');
  });
});

describe('too many', () => {
  const strict = useService({ worker: false, authFailuresPerMinute: 3 });

  it('failures from one address: 429, but never for who signs well', async () => {
    const good: Pair = await makeKey(strict.http, { account: null, name: 'script', permissions: ['read'] });
    const of = (signer: Pair) =>
      send(signJd({ url: strict.http.url, pair: signer, path: `/regions/${REGION}/instances` }));
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await of({ ...good, secretKey: 'x' })).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
    const limited = await of({ ...good, secretKey: 'x' });
    expect(limited.body.error).toMatchObject({ code: 429, status: 'RESOURCE_EXHAUSTED' });
    expect(limited.headers.get('retry-after')).toBe('60');
    expect((await of(good)).status).toBe(200);
  });
});

describe('nonsense', () => {
  const SEED = Number(process.env.SUNSET_SEED ?? randomBytes(4).readUInt32LE());
  const random = new Random(SEED);

  const JUNK = [
    '',
    '0',
    '-1',
    '1e9',
    'null',
    '[]',
    '{}',
    '%',
    '%zz',
    '%00',
    '..',
    '//',
    '\'"',
    'ü',
    '𝕏',
    '\ud800',
    'a'.repeat(300),
    '__proto__',
    'constructor',
  ];
  /** Half a character can't be escaped. */
  const wellFormed = (text: string): string => text.replaceAll(/\p{Cs}/gu, '?');
  const junk = (): string => random.pick(JUNK);
  const json = (depth = 0): unknown => {
    const kind = random.int(0, depth > 3 ? 3 : 6);
    if (kind === 0) return junk();
    if (kind === 1) return random.pick([0, -1, 1.5, 1e300, true, false, null]);
    if (kind === 2) return id;
    if (kind === 3)
      return random.pick(['2027-01-01 00:00:00', '9999-99-99 99:99:99', '0000-00-00 00:00:00', '']);
    if (kind === 4) return Array.from({ length: random.int(0, 3) }, () => json(depth + 1));
    const names = ['instanceIds', 'autoReleaseTime', 'chargeOnStopped', 'regionId', 'instanceId', junk()];
    return Object.fromEntries(names.filter(() => random.chance(0.5)).map((name) => [name, json(depth + 1)]));
  };
  const NAMES = [
    'pageNumber',
    'pageSize',
    'filters',
    'filters.1',
    'filters.1.name',
    'filters.1.values',
    'filters.1.values.1',
    'filters.2.name',
    'filters.99999.values.1',
    'tags.1.key',
    'a.b.c.d.e.f',
    '__proto__.x',
    '.',
    '..',
  ];
  const query = (): string =>
    Array.from({ length: random.int(0, 5) }, () => {
      const value = random.pick([junk(), 'status', 'name', 'stopped', '10', id]);
      return `${random.pick([...NAMES, junk()])}=${random.chance(0.8) ? encodeURIComponent(wellFormed(value)) : value}`;
    }).join('&');
  const PATHS = [
    '/instances',
    '/instances/{id}',
    '/instanceStatus',
    '/instances/{id}:stopInstance',
    '/instances:modifyInstanceReleaseTime',
    '/instances/{id}%3AmodifyInstanceReleaseTime',
    '/instances/',
    '/instances/%2F',
    '/%E0%A4%A',
    '',
  ];

  /** What HTTP can carry of it. */
  const onTheWire = (text: string): string => wellFormed(text).replaceAll(/[^!-~]/gu, encodeURIComponent);

  function make(): SignedRequest {
    const path = random
      .pick(PATHS)
      .replace('{id}', random.chance(0.5) ? id : encodeURIComponent(wellFormed(junk())));
    const asked = query();
    const region = random.chance(0.9) ? REGION : 'x'.repeat(random.int(1, 200));
    const sent: Partial<JdRequest> = {
      method: random.pick(['GET', 'GET', 'POST', 'POST', 'POST', 'PUT', 'PATCH', 'OPTIONS']),
      path: onTheWire(`/regions/${region}${path}${asked && `?${asked}`}`),
      region,
      version: random.pick([2, 3]),
      body: random.pick([undefined, '{', 'null', '"x"', '[1]', `{"a":1,"a":2}`, JSON.stringify(json())]),
      headers: random.chance(0.2)
        ? {
            [random.pick(['content-type', 'accept-language', 'content-encoding'])]: random.pick([
              '',
              'x',
              'text/plain',
              'gzip',
              'zh;q=2',
            ]),
          }
        : {},
    };
    let request: SignedRequest;
    try {
      request = sign(sent);
    } catch {
      // An address that can't be decoded: as good a signature as there can be.
      request = { ...sign({ ...sent, path: `/regions/${region}` }), url: `${http.url}/v1${sent.path}` };
    }
    if (random.chance(0.9)) return request;
    return withHeader(request, random.pick(['authorization', 'x-jdcloud-date', 'x-jdcloud-nonce']), (value) =>
      random.pick([
        '',
        onTheWire(junk()),
        value.slice(random.int(0, value.length)),
        `${value},`,
        value.toUpperCase(),
      ]),
    );
  }

  /** As it is: `fetch` would put the address right. */
  const sendRaw = async ({
    url,
    method,
    headers,
    body,
  }: SignedRequest): Promise<{ status: number; text: string }> =>
    await new Promise((resolve, reject) => {
      const { hostname, port, origin } = new URL(http.url);
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const sent = httpRequest(
        { hostname, port, path: url.slice(origin.length), method, headers: { ...headers, ...length } },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('end', () => resolve({ status: response.statusCode!, text }));
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });

  it('of 1,000 malformed requests each is answered in the vendor’s form, and none is our fault', async () => {
    const told = new Map<number, number>();
    for (let n = 0; n < 1000; n += 1) {
      const request = make();
      const { status, text } = await sendRaw(request);
      const body = JSON.parse(text) as JdReply['body'];
      const where = { seed: SEED, n, request, status, text };
      const shape =
        status === 200
          ? { result: expect.any(Object) }
          : { error: { code: status, status: expect.any(String), message: expect.any(String) } };
      expect({ ...where, body }).toEqual({ ...where, body: { requestId: expect.any(String), ...shape } });
      expect({ ...where, isOurFault: status >= 500 }).toEqual({ ...where, isOurFault: false });
      told.set(status, (told.get(status) ?? 0) + 1);
    }
    // Most of them got past the signature.
    expect(told.get(401) ?? 0).toBeLessThan(400);
    expect(told.get(400) ?? 0).toBeGreaterThan(200);
  });
});
