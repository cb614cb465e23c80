/** What a control plane does not bring to an end, and what it has otherwise than the books: told, resolved, decided on. */
import { audit } from '../../store/audit';
import { sunset } from '../support/command';
import { bodyOf } from '../support/http';
import { Liar } from '../support/liar';
import {
  cvmPostpaid,
  cvmPrepaid,
  end,
  expectStatus,
  fastForward,
  instanceOf,
  newAccount,
  newId,
  quote,
  redisPostpaid,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { hurried, IMPATIENT, planesOf } from '../support/machines';
import { type ServiceUnderTest, startService } from '../support/service';

const liar = new Liar();
let service: ServiceUnderTest;
beforeAll(async () => {
  await liar.start();
  service = await startService({ controlPlanes: planesOf(liar), policies: IMPATIENT });
});
afterAll(async () => {
  const { checks } = await audit(service.pool);
  await service.stop();
  await liar.stop();
  expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
});

const machine = async (registration: object = cvmPostpaid(), parts: string[] = []): Promise<string> => {
  const id = newId();
  liar.make(id, parts);
  return await register(service.http, registration, id);
};
const look = (id: string) => instanceOf(service.http, id);
const reaches = (id: string, state: string) =>
  hurried(service, id, async () => (await look(id)).state === state, `${id} to be ${state}`);
const stuck = (id: string) =>
  hurried(service, id, async () => (await look(id)).attention ?? undefined, `${id} to be stuck`);
const resolve = (id: string, action: string) =>
  service.http.post(`/v1/instances/${id}/resolve`, { action, reason: 'looked at it' });
const DEAF = { how: 'fail', status: 500 } as const;

it('says which control plane has it, what it is on its way to, and what is stuck', async () => {
  const id = await machine();
  expect(await look(id)).toMatchObject({
    machine: { controlPlane: 'liar', goal: null, since: null },
    attention: null,
  });
  liar.tell(DEAF, { instanceId: id, times: 1000 });
  expectStatus(await service.http.post(`/v1/instances/${id}/stop`), 200);
  expect(await stuck(id)).toEqual({
    since: expect.any(String),
    goal: 'stopped',
    code: 'CONTROL_PLANE_SLOW',
    message: expect.stringContaining('500'),
  });
  expect((await look(id)).machine).toMatchObject({ goal: 'stopped', since: expect.any(String) });
  const listed = (await service.http.get('/v1/instances?attention=true')).body.items;
  expect(listed.map((one) => one.id)).toContain(id);
  expect(
    (await service.http.get('/v1/instances?attention=false')).body.items.map((one) => one.id),
  ).not.toContain(id);
  // Everything else waits, and says so at once.
  const busy = await service.http.post(`/v1/instances/${id}/start`);
  expect([busy.status, bodyOf<{ code: string }>(busy).code]).toEqual([409, 'BUSY']);
  const handle = service.client.workflow.getHandle(`instance/${id}`);
  const { typedSearchAttributes } = await until(async () => {
    const described = await handle.describe();
    return JSON.stringify(described.typedSearchAttributes).includes('SunsetAttention') && described;
  }, 'the search attribute');
  expect(JSON.stringify(typedSearchAttributes)).toContain('SunsetAttention');
  liar.repent();
  expectStatus(await resolve(id, 'retry'), 200);
  await reaches(id, 'stopped');
  expect(await look(id)).toMatchObject({ attention: null, machine: { goal: null } });
});

it('nothing of what is not stuck can be resolved', async () => {
  const id = await machine();
  const reply = await resolve(id, 'skip');
  expect([reply.status, bodyOf<{ code: string }>(reply).code]).toEqual([409, 'WRONG_STATE']);
});

it('skipped: the refund is booked by the word of whoever says that the machine is isolated', async () => {
  const id = await machine(cvmPrepaid());
  liar.tell(DEAF, { instanceId: id, times: 1000 });
  const quoted = await quote(service.http, [id], { action: 'return' });
  await service.http.post('/v1/terminations', { quoteId: quoted.id, agree: true });
  await stuck(id);
  const { account } = await look(id);
  const refunds = async () => (await service.http.get(`/v1/refunds?account=${account}`)).body.items;
  expect(await refunds()).toMatchObject([{ status: 'isolating' }]);
  expectStatus(await resolve(id, 'skip'), 200);
  await reaches(id, 'isolated');
  expect(await refunds()).toMatchObject([{ status: 'done' }]);
  const steps = await timelineOf(service.http, id);
  expect(steps.map(({ command, by }) => `${command} ${by}`)).toEqual([
    'register operator',
    'return operator',
    'attention sunset',
    'resolve operator',
    'return sunset',
  ]);
  expect(steps[3]!.details).toEqual({ action: 'skip', reason: 'looked at it' });
  liar.repent();
});

it('given up: the right comes back, the item has failed, and both say why', async () => {
  const id = await machine(cvmPrepaid());
  liar.tell(DEAF, { instanceId: id, times: 1000 });
  const quoted = await quote(service.http, [id], { action: 'return' });
  const accepted = await service.http.post('/v1/terminations', { quoteId: quoted.id, agree: true });
  await stuck(id);
  expectStatus(await resolve(id, 'give-up'), 200);
  await reaches(id, 'running');
  liar.repent();
  const termination = (await service.http.get(`/v1/terminations/${accepted.body.id}`)).body;
  expect(termination.items[0]).toMatchObject({ status: 'failed', problem: { code: 'GIVEN_UP' } });
  expect(termination.items[0]!.problem!.detail).toContain('looked at it');
  // The right is there again.
  await end(service.http, [id], { action: 'return' }).catch(() => {});
  await reaches(id, 'isolated');
});

it('what was promised for a time can’t be given up, and somebody is told at once', async () => {
  const id = await machine(redisPostpaid());
  await end(service.http, [id]).catch(() => {});
  await reaches(id, 'isolated');
  liar.tell(
    { how: 'refuse', retryable: false, code: 'LOCKED', message: 'by a backup' },
    { instanceId: id, goal: 'released', times: 1000 },
  );
  await fastForward(service.http, id, 'P1D');
  expect(await stuck(id)).toMatchObject({
    goal: 'released',
    code: 'CONTROL_PLANE_REFUSED',
    message: 'LOCKED: by a backup',
  });
  const no = await resolve(id, 'give-up');
  expect([no.status, bodyOf<{ code: string }>(no).code]).toEqual([409, 'CANNOT_GIVE_UP']);
  liar.repent();
  expectStatus(await resolve(id, 'retry'), 200);
  await reaches(id, 'terminated');
  expect(liar.machines.get(id)!.exists).toBe(false);
});

it('what a control plane has once said of a step is no obstacle: a retry asks for it as another', async () => {
  const id = await machine();
  // It remembers that it has done it, and says so again; others have started the machine since.
  liar.tell({ how: 'act', did: 'start' }, { instanceId: id, call: 'observe', skip: 1 });
  liar.tell({ how: 'act', did: 'start' }, { instanceId: id, call: 'observe', skip: 1 });
  expectStatus(await service.http.post(`/v1/instances/${id}/stop`), 200);
  await stuck(id);
  expect(liar.machines.get(id)).toMatchObject({ power: 'running' });
  expectStatus(await resolve(id, 'retry'), 200);
  await reaches(id, 'stopped');
  const keys = liar.asked.filter((one) => one.instanceId === id).flatMap(({ stepKey }) => stepKey ?? []);
  expect(keys[0]).toBe(`${id}/1`);
  expect(keys.at(-1)).toBe(`${id}/3`);
});

it('a timed termination that is refused for good has failed, and the audit knows why', async () => {
  const id = await machine();
  const at = new Date(Date.now() + 3_600_000).toISOString();
  const { id: terminationId } = await end(service.http, [id], { schedule: { mode: 'timed', at } });
  liar.tell({ how: 'refuse', retryable: false, code: 'LOCKED' }, { instanceId: id, goal: 'released' });
  expect(await fastForward(service.http, id, 'PT1H1S')).toMatchObject({ state: 'running' });
  const { body } = await service.http.get(`/v1/terminations/${terminationId}`);
  expect(body.items).toMatchObject([{ status: 'failed', problem: { code: 'CONTROL_PLANE_REFUSED' } }]);
  const { checks } = await audit(service.pool);
  expect(checks.flatMap(({ findings }) => findings).filter((one) => one.id.includes(id))).toEqual([]);
});

it('fast-forward waits for the machine that a deadline has sent on its way, and stops where it is stuck', async () => {
  const id = await machine(redisPostpaid());
  await end(service.http, [id]).catch(() => {});
  await reaches(id, 'isolated');
  liar.tell(DEAF, { instanceId: id, goal: 'released', times: 1_000_000 });
  const before = liar.asked.length;
  expect(await fastForward(service.http, id, 'P1D')).toMatchObject({
    state: 'terminating',
    attention: { code: 'CONTROL_PLANE_SLOW' },
  });
  // Not once for each of the day's quarters of an hour.
  expect(liar.asked.length - before).toBeLessThan(20);
  liar.repent();
  expectStatus(await resolve(id, 'retry'), 200);
  await reaches(id, 'terminated');
});

describe('POST /v1/control-plane/confirmations', () => {
  const address = () => `${service.http.url}/v1/control-plane/confirmations`;

  it('has what waits look at once; what nobody waits for changes nothing', async () => {
    const id = await machine();
    liar.tell({ how: 'slow', asks: 2, pollAfter: 3600 }, { instanceId: id, goal: 'stopped' });
    expectStatus(await service.http.post(`/v1/instances/${id}/stop`), 200);
    await until(
      async () => liar.asked.some((one) => one.instanceId === id && one.call === 'apply'),
      'the asking',
    );
    liar.act(id, 'stop');
    const late = await liar.confirm(address(), `${id}/7`, id, { state: 'done' });
    expect([late.status, await late.json()]).toEqual([200, { awaited: false }]);
    expect((await look(id)).state).toBe('changing');
    const reply = await liar.confirm(address(), `${id}/1`, id, { state: 'done' });
    expect([reply.status, await reply.json()]).toEqual([200, { awaited: true }]);
    await until(async () => (await look(id)).state === 'stopped', 'the stop');
  });

  it('believes nobody: what is said to be done is looked at', async () => {
    const id = await machine();
    liar.tell({ how: 'slow', asks: 1000, pollAfter: 3600 }, { instanceId: id, goal: 'stopped', times: 1000 });
    expectStatus(await service.http.post(`/v1/instances/${id}/stop`), 200);
    await until(
      async () => liar.asked.some((one) => one.instanceId === id && one.call === 'apply'),
      'the asking',
    );
    const before = liar.asked.length;
    await liar.confirm(address(), `${id}/1`, id, { state: 'done' });
    await until(async () => liar.asked.length > before, 'the look');
    expect((await look(id)).state).toBe('changing');
    liar.repent();
    await reaches(id, 'stopped');
  });

  it('refuses what is not signed by the instance’s control plane, and what there is not, alike', async () => {
    const id = await machine();
    const stranger = new Liar();
    const bodies = await Promise.all(
      [
        await stranger.confirm(address(), `${id}/1`, id, { state: 'done' }),
        await liar.confirm(address(), 'none/1', 'none', { state: 'done' }),
        await fetch(address(), {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ instanceId: id, stepKey: `${id}/1`, outcome: { state: 'done' } }),
        }),
      ].map(async (one) => [one.status, await one.json()] as const),
    );
    expect(new Set(bodies.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(bodies[0]).toMatchObject([401, { code: 'WRONG_SIGNATURE' }]);
  });
});

describe('drift', () => {
  const lookAtAll = async () => {
    const workflowId = newId('drift');
    return await service.client.workflow.execute('drift', { taskQueue: service.taskQueue, workflowId });
  };
  const driftOf = async (id: string, status = 'open') =>
    (await service.http.get(`/v1/drift?instanceId=${id}&status=${status}`)).body.items;
  const decide = (id: string, action: string) =>
    service.http.post(`/v1/drift/${id}`, { action, reason: 'as it is' });

  it('is found once, and gone when it is gone', async () => {
    const id = await machine();
    await lookAtAll();
    expect(await driftOf(id)).toEqual([]);
    liar.act(id, 'stop');
    await lookAtAll();
    await lookAtAll();
    const [found, ...others] = await driftOf(id);
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      instanceId: id,
      state: 'running',
      found: { exists: true, power: 'stopped', isolated: false },
      status: 'open',
      decision: null,
    });
    liar.act(id, 'start');
    await lookAtAll();
    expect(await driftOf(id)).toEqual([]);
    expect(await driftOf(id, 'gone')).toHaveLength(1);
    expect(await decide(found!.id, 'ignore')).toMatchObject({ status: 409, body: { code: 'DRIFT_DECIDED' } });
  });

  it('adopted: the instance follows its machine', async () => {
    const id = await machine();
    liar.act(id, 'stop');
    await lookAtAll();
    const [found] = await driftOf(id);
    expect(expectStatus(await decide(found!.id, 'adopt'), 200).body).toMatchObject({
      status: 'adopted',
      decision: { by: 'operator', reason: 'as it is' },
    });
    expect((await look(id)).state).toBe('stopped');
    await lookAtAll();
    expect(await driftOf(id)).toEqual([]);
  });

  it('applied: the machine is brought back', async () => {
    const id = await machine(cvmPrepaid());
    await end(service.http, [id], { action: 'return' }).catch(() => {});
    await reaches(id, 'isolated');
    liar.act(id, 'start');
    await lookAtAll();
    const [found] = await driftOf(id);
    expect(found).toMatchObject({ state: 'isolated', found: { power: 'running', isolated: true } });
    expect(await decide(found!.id, 'adopt')).toMatchObject({ status: 409, body: { code: 'CANNOT_ADOPT' } });
    expectStatus(await decide(found!.id, 'apply'), 200);
    await reaches(id, 'isolated');
    expect(liar.machines.get(id)).toMatchObject({ power: 'stopped', isolated: true });
  });

  it('ignored: not told again until it is another', async () => {
    const id = await machine();
    liar.act(id, 'stop');
    await lookAtAll();
    const [found] = await driftOf(id);
    expectStatus(await decide(found!.id, 'ignore'), 200);
    await lookAtAll();
    expect(await driftOf(id)).toEqual([]);
    liar.act(id, 'destroy');
    await lookAtAll();
    expect(await driftOf(id)).toHaveLength(1);
  });

  it('one that was destroyed by others is terminated, without a refund, and its money is explained', async () => {
    const account = newAccount();
    const id = await machine(cvmPrepaid({ account }));
    liar.act(id, 'destroy');
    await lookAtAll();
    const [found] = await driftOf(id);
    expect(found).toMatchObject({ state: 'running', found: { exists: false } });
    expectStatus(await decide(found!.id, 'adopt'), 200);
    expect((await look(id)).state).toBe('terminated');
    expect((await service.http.get(`/v1/refunds?account=${account}`)).body.items).toEqual([]);
    const { rows } = await service.pool.query(
      `SELECT e.ledger_account, sum(e.amount)::float AS amount FROM entries e JOIN transactions t ON t.id = e.transaction_id
       WHERE t.instance_id = $1 AND (e.ledger_account LIKE 'deferred:%' OR e.ledger_account = 'revenue') GROUP BY 1 ORDER BY 1`,
      [id],
    );
    expect(rows).toEqual([
      { ledger_account: 'deferred:o1', amount: 0 },
      { ledger_account: 'revenue', amount: expect.any(Number) },
    ]);
    expect(rows[1]!.amount).toBeGreaterThan(400);
    const steps = await timelineOf(service.http, id);
    expect(steps.at(-1)).toMatchObject({
      command: 'adopt',
      to: 'terminated',
      details: { found: 'gone', reason: 'as it is' },
    });
  });
});

describe('npx sunset', () => {
  it.each(['en', 'zh'])('stuck lists what waits, resolve says what is to become of it (%s)', async (lang) => {
    const env = { SUNSET_URL: service.http.url, SUNSET_OPERATOR_KEY: service.operatorKey };
    const id = await machine();
    liar.tell(DEAF, { instanceId: id, times: 1000 });
    expectStatus(await service.http.post(`/v1/instances/${id}/stop`), 200);
    await stuck(id);
    const listed = await sunset(['stuck', '--lang', lang], { env });
    expect(listed.out).toContain(id);
    expect(listed.out).toContain('CONTROL_PLANE_SLOW');
    liar.repent();
    const done = await sunset(['resolve', id, '--retry', '--reason', 'it answers again', '--lang', lang], {
      env,
    });
    expect([done.code, done.out]).toEqual([0, expect.stringContaining(id)]);
    await reaches(id, 'stopped');
  });
});
