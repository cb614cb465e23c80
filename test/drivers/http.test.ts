/** The `http` driver, told every lie there is: what can't be believed is `unknown`, with a reason, and soon. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpDriver, type HttpSettings } from '../../drivers/http';
import type { Goal, Ref, Wanted } from '../../drivers/port';
import { secretOf } from '../../drivers/signature';
import { Liar, type Lie } from '../support/liar';
import { until } from '../support/lives';

const liar = new Liar();
beforeAll(async () => void (await liar.start()));
afterEach(() => liar.repent());
afterAll(async () => await liar.stop());

const PATIENT = { opensAfter: 1000, openMs: 1000, longestOpenMs: 1000 };
const driverOf = (more: Partial<HttpSettings> = {}): HttpDriver =>
  new HttpDriver({
    name: 'liar',
    url: liar.url,
    secrets: [secretOf(liar.secret)!],
    timeoutSeconds: 1,
    breaker: PATIENT,
    ...more,
  });

const machine = (): Ref => {
  const instanceId = `ins-${randomUUID()}`;
  liar.make(instanceId, ['disk-1', 'disk-2']);
  return { instanceId, externalId: 'vm/1', product: 'tencent-cvm', region: 'ap-guangzhou' };
};
const step = (stepKey = randomUUID() as string): Wanted => ({
  stepKey,
  plan: null,
  deadline: '2026-11-01T01:00:00Z',
});
const lastAsked = () => liar.asked.at(-1)!;

describe('what is asked', () => {
  it('is the protocol: all of an asking, and of the plan which parts', async () => {
    const ref = machine();
    const plan = {
      terminate: [
        { kind: 'instance' as const, id: ref.instanceId },
        { kind: 'disk' as const, id: 'disk-1' },
      ],
      retain: [
        {
          kind: 'disk' as const,
          id: 'disk-2',
          reason: { en: 'Elastic.', zh: '弹性。' },
          monthly: { currency: 'CNY', amount: '10.00' },
        },
      ],
    };
    await driverOf().apply(ref, 'released', { ...step('ins-1/7'), plan });
    const { body, webhookId } = liar.asked.findLast(({ call }) => call === 'apply')!;
    expect(body).toEqual({
      ...ref,
      goal: 'released',
      stepKey: 'ins-1/7',
      deadline: '2026-11-01T01:00:00Z',
      plan: { terminate: plan.terminate, retain: [{ kind: 'disk', id: 'disk-2' }] },
    });
    expect(webhookId).toMatch(/^step_[0-9a-f]{64}$/);
  });

  it('is signed with each secret while one is replaced', async () => {
    const old = secretOf(`whsec_${randomBytes(32).toString('base64')}`)!;
    const ref = machine();
    expect(await driverOf({ secrets: [old, secretOf(liar.secret)!] }).observe(ref)).toMatchObject({
      exists: true,
    });
    expect(await driverOf({ secrets: [old] }).observe(ref)).toEqual({
      unknown:
        'it answered 401: it does not know the signature: are both secrets the same, and both clocks right?',
    });
  });

  it('has an id of its own for each look, and one for each step', async () => {
    const [driver, ref] = [driverOf(), machine()];
    await driver.observe(ref);
    const first = lastAsked().webhookId;
    await driver.observe(ref);
    expect(lastAsked().webhookId).not.toBe(first);
    const ids = async (wanted: Wanted): Promise<string> => {
      await driver.apply(ref, 'stopped', wanted);
      return liar.asked.findLast(({ call }) => call === 'apply')!.webhookId;
    };
    const one = step();
    expect(await ids(one)).toBe(await ids(one));
    expect(await ids(one)).not.toBe(await ids(step()));
  });
});

const unknown = (reason: string | RegExp) => ({
  state: 'unknown',
  reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
});

describe('what is answered to apply', () => {
  const cases: [string, Lie, object][] = [
    ['500', { how: 'fail' }, unknown('it answered 500')],
    ['502 after it was done', { how: 'fail', status: 502, after: true }, unknown('it answered 502')],
    ['nothing', { how: 'hang' }, unknown('no answer within 1 s')],
    ['nothing, after it was done', { how: 'hang', after: true }, unknown('no answer within 1 s')],
    ['an answer that is late', { how: 'late', ms: 1500 }, unknown('no answer within 1 s')],
    ['a socket that closes amid the body', { how: 'cut', after: true }, unknown(/^no answer \(\w+\)$/)],
    ['no JSON', { how: 'nonsense' }, unknown('it answered 200 with no such object')],
    ['JSON of something else', { how: 'nonsense', body: '{"ok": true}' }, unknown(/a "state" that can't be/)],
    ['null', { how: 'nonsense', body: 'null' }, unknown('it answered 200 with no such object')],
    ['an empty body', { how: 'nonsense', body: '' }, unknown('it answered 200 with no such object')],
    [
      'pending with the status of done',
      { how: 'nonsense', body: '{"state":"pending","pollAfter":1}' },
      unknown(/state/),
    ],
    [
      'done with the status of pending',
      { how: 'nonsense', status: 202, body: '{"state":"done"}' },
      unknown(/state/),
    ],
    [
      'done with the status of a refusal',
      { how: 'nonsense', status: 409, body: '{"state":"done"}' },
      unknown(/state/),
    ],
    [
      'a wait without an end',
      { how: 'nonsense', status: 202, body: '{"state":"pending","pollAfter":1e9}' },
      unknown(/pollAfter/),
    ],
    [
      'a refusal without a code',
      { how: 'nonsense', status: 409, body: '{"state":"refused","message":"","retryable":false}' },
      unknown(/code/),
    ],
    ['204', { how: 'nonsense', status: 204, body: '' }, unknown('it answered 204')],
    ['404', { how: 'fail', status: 404 }, unknown('it answered 404: is its url right?')],
    ['too much', { how: 'flood' }, unknown('it answered with more than 65536 bytes')],
    [
      'a redirect',
      { how: 'redirect', to: '/instances/x' },
      unknown('it answered 307: redirects are not followed'),
    ],
    ['done, and it is not', { how: 'claim' }, { ...unknown(/shows the machine running$/), retryAfter: 5 }],
    ['pending', { how: 'slow', asks: 2, pollAfter: 7 }, { state: 'pending', pollAfter: 7 }],
    ['pending, and forgotten', { how: 'forget' }, { state: 'pending', pollAfter: 0 }],
    ['two answers', { how: 'twice' }, { state: 'done' }],
    [
      'no, for good',
      { how: 'refuse', retryable: false, code: 'PROTECTED', message: 'It is\nprotected.' },
      { state: 'refused', code: 'PROTECTED', message: 'It is protected.', retryable: false },
    ],
    [
      'not now',
      { how: 'refuse', retryable: true },
      { state: 'refused', code: 'NO', message: 'it will not', retryable: true },
    ],
  ];

  it.each(cases)('%s', async (_, lie, applied) => {
    const [driver, ref] = [driverOf(), machine()];
    liar.tell(lie, { call: 'apply', instanceId: ref.instanceId });
    const wanted = step();
    expect(await driver.apply(ref, 'isolated', wanted)).toEqual(applied);
    // Asked again, with the truth, it comes to an end, and nothing was done twice.
    expect(await driver.apply(ref, 'isolated', lie.how === 'refuse' ? step() : wanted)).toEqual({
      state: 'done',
    });
    const deeds = liar.deeds.filter(({ instanceId }) => instanceId === ref.instanceId);
    expect(deeds.map(({ did }) => did)).toEqual(['isolate', 'stop']);
  });

  it('done that can’t be looked at is not known', async () => {
    const ref = machine();
    liar.tell({ how: 'fail', status: 503 }, { call: 'observe' });
    expect(await driverOf().apply(ref, 'isolated', step())).toEqual(
      unknown('it says done, and could not be looked at: it answered 503'),
    );
  });

  it.each<[Goal, object, string]>([
    ['released', { exists: true, power: 'stopped', marker: null }, 'stopped'],
    ['running', { exists: true, power: 'running', marker: 'isolated' }, 'running, isolated'],
    ['isolated', { exists: true, power: 'stopped', marker: null }, 'stopped'],
    ['stopped', { exists: false }, 'gone'],
  ])('%s is not done while it shows %j', async (goal, body, words) => {
    const ref = machine();
    liar.tell({ how: 'show', body }, { call: 'observe' });
    const applied = await driverOf().apply(ref, goal, step());
    expect(applied).toMatchObject(unknown(`it says ${goal} is done, and shows the machine ${words}`));
  });
});

describe('what is answered to observe', () => {
  const show = async (lie: Lie): Promise<object> => {
    const ref = machine();
    liar.tell(lie, { call: 'observe', instanceId: ref.instanceId });
    return await driverOf().observe(ref);
  };

  it.each<[string, Lie, object]>([
    [
      'it runs',
      { how: 'show', body: { exists: true, power: 'running', marker: null } },
      { exists: true, power: 'running', isolated: false },
    ],
    [
      'it is isolated',
      { how: 'show', body: { exists: true, power: 'stopped', marker: 'isolated', more: 1 } },
      { exists: true, power: 'stopped', isolated: true },
    ],
    [
      'it is gone',
      { how: 'show', body: { exists: false, power: null, marker: null } },
      { exists: false, power: 'stopped', isolated: false },
    ],
    [
      '404 of a proxy',
      { how: 'nonsense', status: 404 },
      { unknown: 'it answered 404 without {"exists": false}: is its url right?' },
    ],
    [
      'power that nobody knows',
      { how: 'show', body: { exists: true, power: 'paused', marker: null } },
      { unknown: 'it answered 200 with a "power" that can\'t be' },
    ],
    [
      'no word of the marker',
      { how: 'show', body: { exists: true, power: 'stopped' } },
      { unknown: 'it answered 200 with a "marker" that can\'t be' },
    ],
    [
      'exists as a text',
      { how: 'show', body: { exists: 'false' } },
      { unknown: 'it answered 200 with a "exists" that can\'t be' },
    ],
    ['500', { how: 'fail' }, { unknown: 'it answered 500' }],
  ])('%s', async (_, lie, observation) => expect(await show(lie)).toMatchObject(observation));

  it('when: by this process’s clock', async () => {
    const now = Date.now() - 1000;
    expect(await driverOf({ now: () => now }).observe(machine())).toMatchObject({
      observedAt: new Date(now).toISOString(),
    });
  });
});

describe('hints when to ask again', () => {
  it.each([
    ['17', 17],
    ['0', 0],
    ['999999', 3600],
    [new Date(Date.now() - 1000).toUTCString(), 0],
    ['soon', undefined],
  ])('Retry-After: %s', async (header, retryAfter) => {
    const ref = machine();
    liar.tell({ how: 'fail', status: 503, headers: { 'retry-after': header } });
    const hint = retryAfter === undefined ? {} : { retryAfter };
    expect(await driverOf().apply(ref, 'stopped', step())).toEqual({
      ...unknown('it answered 503'),
      ...hint,
    });
  });
});

describe('a control plane that is there no more', () => {
  it('is unknown, with the reason, and no word of secrets or addresses', async () => {
    const gone = driverOf({ url: 'http://127.0.0.1:1' });
    const applied = await gone.apply(machine(), 'stopped', step());
    expect(applied).toMatchObject(unknown(/^no answer \(\w+( \w+)*\)$/));
    const { host } = gone.status();
    expect(host).toBe('127.0.0.1:1');
    expect(JSON.stringify([applied, gone.status()])).not.toContain(liar.secret.slice(6));
  });

  it('one that closes its port', async () => {
    const refusing = await new Promise<Server>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
    });
    const { port } = refusing.address() as AddressInfo;
    await new Promise((resolve) => refusing.close(resolve));
    const applied = await driverOf({ url: `http://127.0.0.1:${port}` }).apply(machine(), 'stopped', step());
    expect(applied).toEqual(unknown('no answer (ECONNREFUSED)'));
  });
});

describe('the breaker', () => {
  it('leaves it alone after so many failures, says for how long, and finds it again', async () => {
    let now = Date.parse('2026-11-01T00:00:00Z');
    const breaker = { opensAfter: 3, openMs: 5000, longestOpenMs: 12_000 };
    // The signature is by the clock, and the liar's is the real one.
    const driver = driverOf({ breaker, now: () => now });
    const ref = machine();
    const asked = () => liar.strangers;
    const before = asked();
    for (const _ of [1, 2, 3]) await driver.observe(ref);
    expect(driver.status()).toMatchObject({ breaker: 'open', failuresInARow: 3 });
    expect(await driver.observe(ref)).toEqual({
      unknown: 'it has not answered 3 times in a row and is left alone',
      retryAfter: 5,
    });
    expect(asked() - before).toBe(3);
    now += 5000;
    expect(driver.status().breaker).toBe('half-open');
    await Promise.all([1, 2, 3].map(() => driver.observe(ref)));
    // One has tried; it was refused, so the wait is twice as long.
    expect(asked() - before).toBe(4);
    now += 5000;
    expect(driver.status().breaker).toBe('open');
    now = Date.now();
    expect(await driver.observe(ref)).toMatchObject({ exists: true });
    expect(driver.status()).toMatchObject({
      breaker: 'closed',
      failuresInARow: 0,
      counts: { answered: 1, unknown: 4 },
    });
  });

  it('is not for refusals: those are answers', async () => {
    const driver = driverOf({ breaker: { opensAfter: 2, openMs: 5000, longestOpenMs: 5000 } });
    const ref = machine();
    liar.tell({ how: 'refuse', retryable: false }, { times: 5 });
    for (const _ of [1, 2, 3, 4, 5])
      expect(await driver.apply(ref, 'stopped', step())).toMatchObject({ state: 'refused' });
    expect(driver.status().breaker).toBe('closed');
  });
});

describe('at a time', () => {
  it('so many and no more; the others wait for their turn, and are all asked', async () => {
    const driver = driverOf({ maxInFlight: 3, timeoutSeconds: 10 });
    liar.mostAtOnce = 0;
    liar.tell({ how: 'late', ms: 20 }, { call: 'observe', times: 30 });
    const looks = Promise.all(Array.from({ length: 30 }, () => driver.observe(machine())));
    await until(async () => liar.mostAtOnce === 3, 'three requests');
    expect(driver.status()).toMatchObject({ inFlight: 3 });
    expect(driver.status().queued).toBeGreaterThan(0);
    for (const seen of await looks) expect(seen).toMatchObject({ exists: true });
    expect(liar.mostAtOnce).toBe(3);
    expect(driver.status()).toMatchObject({ inFlight: 0, queued: 0, counts: { answered: 30, unknown: 0 } });
  });
});
