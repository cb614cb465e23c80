/** Who signs a request to the façade of Tencent Cloud and who doesn't, and what is done of what is repeated. */
import { randomUUID } from 'node:crypto';
import { PERMISSIONS } from '../../domain/permissions';
import { makeKey } from '../support/keys';
import {
  cvmPostpaid,
  cvmPrepaid,
  expectStatus,
  instanceOf,
  newAccount,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { malformed } from '../support/malformed';
import { Random } from '../support/random';
import { useService } from '../support/service';
import {
  nextSecond,
  type Pair,
  type SignedRequest,
  send,
  signTc3,
  signV1,
  type Tc3,
  type VendorReply,
} from '../support/tencent';

const { http, service } = useService({ authFailuresPerMinute: 100_000 });

const CVM = '2017-03-12';
let pair: Pair;
let revoked: Pair;
beforeAll(async () => {
  pair = await makeKey(http, { account: null, name: 'script', permissions: PERMISSIONS });
  const old = await makeKey(http, { account: null, name: 'old', permissions: PERMISSIONS });
  expectStatus(await http.post(`/v1/keys/${old.id}/revoke`), 200);
  revoked = old;
});

const signed = (more: Partial<Tc3> = {}): SignedRequest =>
  signTc3({ url: http.url, pair, action: 'DescribeInstances', version: CVM, ...more });
const call = async (more: Partial<Tc3> = {}): Promise<VendorReply> => await send(signed(more));
const codeOf = ({ body }: VendorReply): string => body.Error?.Code ?? 'OK';
const minutesAgo = (minutes: number): number => Math.floor(Date.now() / 1000) - minutes * 60;

describe('signatures', () => {
  const changed = (request: SignedRequest, more: Partial<SignedRequest>): SignedRequest => ({
    ...request,
    ...more,
    headers: { ...request.headers, ...more.headers },
  });
  const without = (request: SignedRequest, name: string): SignedRequest => {
    const { [name]: _gone, ...headers } = request.headers;
    return { ...request, headers };
  };
  const edited = (from: RegExp, to: (found: string) => string): SignedRequest => {
    const request = signed();
    const authorization = request.headers.authorization!.replace(from, to);
    return changed(request, { headers: { authorization } });
  };

  const cases: [title: string, code: string, ask: () => SignedRequest][] = [
    ['as the SDKs sign', 'OK', () => signed()],
    ['also the action', 'OK', () => signed({ signed: ['content-type', 'host', 'x-tc-action'] })],
    [
      'more headers',
      'OK',
      () => signed({ signed: ['content-type', 'host', 'x-tc-action', 'x-tc-timestamp', 'x-tc-version'] }),
    ],
    [
      'a content type with a charset',
      'OK',
      () => signed({ headers: { 'content-type': 'application/json; charset=utf-8' } }),
    ],
    ['a service that only the endpoint names', 'OK', () => signed({ service: 'localhost:3000' })],
    ['four minutes ago', 'OK', () => signed({ timestamp: minutesAgo(4) })],
    ['four minutes ahead', 'OK', () => signed({ timestamp: minutesAgo(-4) })],
    [
      'the older signature',
      'OK',
      () => signV1({ url: http.url, pair, action: 'DescribeInstances', params: { Version: CVM } }),
    ],
    [
      'the wrong secret',
      'AuthFailure.SignatureFailure',
      () => signed({ pair: { ...pair, secretKey: 'another' } }),
    ],
    [
      'the wrong secret, older',
      'AuthFailure.SignatureFailure',
      () => signV1({ url: http.url, pair: { ...pair, secretKey: 'another' }, action: 'DescribeInstances' }),
    ],
    [
      'an unknown pair',
      'AuthFailure.SecretIdNotFound',
      () => signed({ pair: { secretId: 'AKIDnobody', secretKey: 'x' } }),
    ],
    [
      'an unknown pair, older',
      'AuthFailure.SecretIdNotFound',
      () =>
        signV1({
          url: http.url,
          pair: { secretId: 'AKIDnobody', secretKey: 'x' },
          action: 'DescribeInstances',
        }),
    ],
    [
      'a pair that can’t be one',
      'AuthFailure.SecretIdNotFound',
      () => signed({ pair: { secretId: '%00', secretKey: 'x' } }),
    ],
    ['a revoked pair', 'AuthFailure.SecretIdNotFound', () => signed({ pair: revoked })],
    ['six minutes ago', 'AuthFailure.SignatureExpire', () => signed({ timestamp: minutesAgo(6) })],
    ['six minutes ahead', 'AuthFailure.SignatureExpire', () => signed({ timestamp: minutesAgo(-6) })],
    [
      'six minutes ago, older',
      'AuthFailure.SignatureExpire',
      () =>
        signV1({
          url: http.url,
          pair,
          action: 'DescribeInstances',
          params: { Timestamp: String(minutesAgo(6)) },
        }),
    ],
    ['no timestamp', 'AuthFailure.SignatureExpire', () => without(signed(), 'x-tc-timestamp')],
    ['the wrong date', 'AuthFailure.SignatureFailure', () => signed({ date: '2026-01-01' })],
    [
      'a body that is not signed',
      'AuthFailure.SignatureFailure',
      () => signed({ headers: { 'x-tc-content-sha256': 'UNSIGNED-PAYLOAD' } }),
    ],
    ['another body', 'AuthFailure.SignatureFailure', () => changed(signed(), { body: '{"Limit":1}' })],
    ['another query', 'AuthFailure.SignatureFailure', () => changed(signed(), { url: `${http.url}/?a=b` })],
    [
      'another content type',
      'AuthFailure.SignatureFailure',
      () => changed(signed(), { headers: { 'content-type': 'text/plain' } }),
    ],
    [
      'another action, which was signed',
      'AuthFailure.SignatureFailure',
      () =>
        changed(signed({ signed: ['content-type', 'host', 'x-tc-action'] }), {
          headers: { 'x-tc-action': 'DescribeInstancesStatus' },
        }),
    ],
    [
      'a digit of the signature',
      'AuthFailure.SignatureFailure',
      () => edited(/.$/, (digit) => (digit === '0' ? '1' : '0')),
    ],
    ['a token', 'AuthFailure.TokenFailure', () => signed({ headers: { 'x-tc-token': 'sts' } })],
    [
      'a token, older',
      'AuthFailure.TokenFailure',
      () => signV1({ url: http.url, pair, action: 'DescribeInstances', params: { Token: 'sts' } }),
    ],
    ['no Authorization', 'AuthFailure.InvalidAuthorization', () => without(signed(), 'authorization')],
    [
      'another kind of Authorization',
      'AuthFailure.InvalidAuthorization',
      () => changed(signed(), { headers: { authorization: `Bearer ${http.operatorKey}` } }),
    ],
    [
      'a host that is not signed',
      'AuthFailure.InvalidAuthorization',
      () => signed({ signed: ['content-type'] }),
    ],
    [
      'a content type that is not signed',
      'AuthFailure.InvalidAuthorization',
      () => signed({ signed: ['host'] }),
    ],
    ['another service’s scope', 'OK', () => signed({ service: 'vpc' })],
    [
      'a digest that is not known',
      'AuthFailure.InvalidAuthorization',
      () =>
        signV1({ url: http.url, pair, action: 'DescribeInstances', params: { SignatureMethod: 'HmacMD5' } }),
    ],
    ['an unknown action', 'InvalidAction', () => signed({ action: 'DescribeZones' })],
    ['a name of every object', 'InvalidAction', () => signed({ action: 'constructor' })],
    ['no action', 'MissingParameter', () => signed({ action: '' })],
    ['an unknown version', 'NoSuchVersion', () => signed({ version: '2017-03-13' })],
    ['no version', 'MissingParameter', () => without(signed(), 'x-tc-version')],
    ['no JSON', 'InvalidParameter', () => signed({ body: '{' })],
    ['a list', 'InvalidParameter', () => signed({ body: '[]' })],
    ['a name twice', 'InvalidParameter', () => signed({ body: '{"Limit":1,"Limit":2}' })],
    [
      'a body of another kind',
      'UnsupportedProtocol',
      () => signed({ headers: { 'content-type': 'multipart/form-data; boundary=x' } }),
    ],
    [
      'a body too large',
      'RequestSizeLimitExceeded',
      () => signed({ body: JSON.stringify({ InstanceIds: ['x'.repeat(300_000)] }) }),
    ],
    [
      'an id that is there twice and is half a list',
      'InvalidParameter',
      () =>
        signV1({
          url: http.url,
          pair,
          action: 'DescribeInstances',
          params: { InstanceIds: 'a', 'InstanceIds.0': 'b' },
        }),
    ],
  ];

  it.each(cases)('%s: %s', async (_, code, ask) => {
    const reply = await send(ask());
    expect(codeOf(reply)).toBe(code);
    expect(reply).toMatchObject({
      status: 200,
      type: 'application/json',
      body: { RequestId: expect.stringMatching(/^[\w-]{36}$/) },
    });
    if (code !== 'OK') expect(reply.body.Error?.Message).toMatch(/[a-z].*\.$/);
  });

  it('the RequestId is the request’s id, which is in the logs', async () => {
    const id = randomUUID();
    const { body, headers } = await call({ headers: { 'x-request-id': id } });
    expect([body.RequestId, headers.get('x-request-id')]).toEqual([id, id]);
  });

  it('messages are Chinese unless English is asked for', async () => {
    const messageIn = async (language: string) =>
      (await call({ action: 'Nope', headers: { 'x-tc-language': language } })).body.Error?.Message;
    expect(await messageIn('en-US')).toMatch(/^cvm has no action "Nope"/);
    expect(await messageIn('zh-CN')).toMatch(/没有接口 "Nope"/);
    expect(await messageIn('')).toMatch(/没有接口/);
  });

  it('what names no action is not the façade’s', async () => {
    const typeOf = async (path: string, request: RequestInit) =>
      (await fetch(http.url + path, request)).headers.get('content-type');
    const problem = 'application/problem+json';
    const form = new URLSearchParams({ Action: 'DescribeInstances' });
    expect(await typeOf('/', {})).toBe(problem);
    expect(await typeOf('/', { method: 'POST', body: form })).toBe(problem);
    expect(await typeOf('/tencent/', signed())).toBe(problem);
    expect(await typeOf('/', { method: 'PUT', headers: { 'x-tc-action': 'DescribeInstances' } })).toBe(
      problem,
    );
  });
});

describe('repeats', () => {
  const stopped = async () => await register(http, cvmPostpaid({ state: 'stopped' }));

  it('001-36: the same signature again is given the stored answer, and nothing happens twice', async () => {
    const id = await stopped();
    const request = signed({ action: 'StartInstances', body: { InstanceIds: [id] } });
    const first = await send(request);
    expect(codeOf(first)).toBe('OK');
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    const again = await send(request);
    expect(again.body).toEqual(first.body);
    expect((await instanceOf(http, id)).state).toBe('stopped');
  });

  it('ten at once are one', async () => {
    const id = await register(http, cvmPrepaid());
    const request = signed({ action: 'TerminateInstances', body: { InstanceIds: [id] } });
    const codes = (await Promise.all(Array.from({ length: 10 }, () => send(request)))).map(codeOf);
    expect(codes).toContain('OK');
    expect(codes.filter((code) => code !== 'OK' && code !== 'MutexOperation.TaskRunning')).toEqual([]);
    expect((await timelineOf(http, id)).map(({ command }) => command)).toEqual(['register', 'return']);
  });

  it('a refusal is stored too', async () => {
    const id = await register(http, cvmPostpaid());
    const request = signed({ action: 'StartInstances', body: { InstanceIds: [id] } });
    const first = await send(request);
    expect(codeOf(first)).toBe('UnsupportedOperation.InstanceStateRunning');
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    expect((await send(request)).body).toEqual(first.body);
  });

  it('two actions of one second with the same parameters are two requests', async () => {
    const id = await stopped();
    const timestamp = minutesAgo(0);
    for (const action of ['StartInstances', 'StopInstances'])
      expect(codeOf(await call({ action, timestamp, body: { InstanceIds: [id] } }))).toBe('OK');
    expect((await timelineOf(http, id)).map(({ command }) => command)).toEqual(['register', 'start', 'stop']);
  });

  it('of a change, another region under the same signature is refused', async () => {
    const request = signed({ action: 'StartInstances', body: { InstanceIds: [await stopped()] } });
    expect(codeOf(await send(request))).toBe('OK');
    const headers = { ...request.headers, 'x-tc-region': 'ap-shanghai' };
    expect(codeOf(await send({ ...request, headers }))).toBe('AuthFailure.SignatureFailure');
  });

  it('what nobody answered is not stored: a second call hears that it is under way, the same one how it ended', async () => {
    const id = await register(http, cvmPrepaid());
    await Promise.all(service.workers.map((worker) => worker.stop()));
    const request = signed({ action: 'TerminateInstances', body: { InstanceIds: [id] } });
    const first = await send(request);
    expect(codeOf(first)).toBe('InternalError');
    expect(first.body.Error?.Message).toContain(`${id}: nobody answered in time`);
    await nextSecond();
    expect(codeOf(await call({ action: 'TerminateInstances', body: { InstanceIds: [id] } }))).toBe(
      'MutexOperation.TaskRunning',
    );
    await service.startWorker();
    await until(async () => (await instanceOf(http, id)).state === 'isolated', 'the sweep to send it again');
    expect(codeOf(await send(request))).toBe('OK');
    expect((await instanceOf(http, id)).state).toBe('isolated');
  });
});

it('calls are counted by interface, action and code, and no other names get into the labels', async () => {
  await call({ action: 'x'.repeat(50) });
  await call({ version: 'nothing' });
  await call();
  const { body } = await http.get('/metrics');
  expect(body).toContain(
    'sunset_facade_calls_total{facade="tencent-cvm/2017-03-12",action="DescribeInstances",code="OK"}',
  );
  expect(body).toContain(
    'sunset_facade_calls_total{facade="tencent-cvm/2017-03-12",action="unknown",code="InvalidAction"}',
  );
  expect(body).toContain('sunset_facade_calls_total{facade="tencent",action="unknown",code="NoSuchVersion"}');
  expect(body).toMatch(
    /sunset_http_request_duration_seconds_count\{method="POST",route="tencent-cvm\/2017-03-12 DescribeInstances",status="200"\}/,
  );
  expect(body).not.toContain('xxxxx');
});

it('1,000 malformed requests that are signed: never a 5xx, always the vendor’s form', async () => {
  const own: Pair = await makeKey(http, { account: newAccount(), name: 'fuzz', permissions: PERMISSIONS });
  const seed = Number(process.env.SUNSET_SEED ?? 20_261_126);
  const random = new Random(seed);
  const requests = Array.from({ length: 1_000 }, () => malformed(random, http.url, own));
  const codes = new Map<string, number>();
  const next = async (): Promise<void> => {
    for (let request = requests.pop(); request; request = requests.pop()) {
      const { status, type, body } = await send(request);
      const code = body.Error?.Code ?? 'OK';
      codes.set(code, (codes.get(code) ?? 0) + 1);
      const isForm = typeof body.RequestId === 'string' && (code === 'OK' || body.Error!.Message.length > 0);
      if (status !== 200 || type !== 'application/json' || !isForm || code === 'InternalError')
        throw new Error(
          `seed ${seed}: ${status} ${type} ${JSON.stringify(body)} to ${JSON.stringify(request).slice(0, 2_000)}`,
        );
    }
  };
  await Promise.all(Array.from({ length: 8 }, next));
  // They get to every part: signature, dispatch, parameters, and what there is.
  for (const code of [
    'OK',
    'AuthFailure.SignatureFailure',
    'AuthFailure.InvalidAuthorization',
    'AuthFailure.SignatureExpire',
    'NoSuchVersion',
    'InvalidAction',
    'MissingParameter',
    'UnknownParameter',
    'InvalidParameter',
    'InvalidParameterValue',
    'InvalidInstanceId.NotFound',
    'RequestSizeLimitExceeded',
  ])
    expect([code, (codes.get(code) ?? 0) > 0]).toEqual([code, true]);
  expect(codeOf(await call())).toBe('OK');
});

describe('failures', () => {
  const strict = useService({ worker: false, authFailuresPerMinute: 5 });

  it('too many from one address: RequestLimitExceeded, and a good signature is never limited', async () => {
    const good: Pair = await makeKey(strict.http, { account: null, name: 'good', permissions: ['read'] });
    const ask = (of: Pair) => send(signed({ url: strict.http.url, pair: of }));
    const bad = { ...good, secretKey: 'another' };
    for (let failures = 0; failures < 5; failures += 1)
      expect(codeOf(await ask(bad))).toBe('AuthFailure.SignatureFailure');
    expect(codeOf(await ask(bad))).toBe('RequestLimitExceeded');
    expect(codeOf(await ask(good))).toBe('OK');
  });
});
