/** What is told of instances and their terminations, and whether it is whole (L15–L19). */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Permission } from '../../domain/permissions';
import { acceptQuote } from '../../store/agreements/acceptance';
import { makeAudit } from '../../store/audit/runs';
import { workflowsOf } from '../../worker/workflows';
import type { Termination } from '../support/answered';
import type { Http } from '../support/http';
import { as } from '../support/keys';
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
  jdPrepaid,
  newId,
  plusMonths,
  purchase,
  quote,
  redisPostpaid,
  register,
  settled,
  timelineOf,
  until,
} from '../support/lives';
import { useService } from '../support/service';

/** Whatever was done, the books and records say the same at the end, and so do the workflows. */
const { service, http } = useService({}, async ({ pool, client, taskQueue, signatures }) => {
  const workflows = workflowsOf(client, pool, taskQueue, signatures);
  const { checks } = await makeAudit(pool, { id: 'records', trigger: 'command', workflows });
  expect(
    checks.flatMap(({ findings, skipped }) => [...findings, ...(skipped === undefined ? [] : [skipped])]),
  ).toEqual([]);
});

const terminationOf = async (id: string) => expectStatus(await http.get(`/v1/terminations/${id}`), 200).body;
const itemOf = async (id: string) => (await terminationOf(id)).items[0];

describe('timed terminations', () => {
  const timed = async (at: string): Promise<{ id: string; termination: Termination }> => {
    const id = await register(http, cvmPostpaid());
    return { id, termination: await end(http, [id], { schedule: { mode: 'timed', at } }) };
  };

  it('L2: an item is scheduled until it fires, and done then', async () => {
    const at = fromNow(2 * DAY);
    const { id, termination } = await timed(at);
    expect(termination.items).toMatchObject([
      { status: 'scheduled', releaseTime: at, schedule: { mode: 'timed', at } },
    ]);
    await fastForward(http, id, 'P3D');
    expect(await itemOf(termination.id)).toMatchObject({
      status: 'done',
      schedule: { mode: 'timed', at },
      problem: null,
    });
  });

  it('L2: a cancelled one is cancelled, and no longer says when it is released', async () => {
    const { id, termination } = await timed(fromNow(2 * DAY));
    expectStatus(await http.post(`/v1/instances/${id}/cancel`), 200);
    expect(await itemOf(termination.id)).toMatchObject({
      status: 'cancelled',
      releaseTime: null,
      problem: null,
    });
  });

  it('L2: a moved one says its new time', async () => {
    const { id, termination } = await timed(fromNow(2 * DAY));
    const at = fromNow(5 * DAY);
    expectStatus(await http.post(`/v1/instances/${id}/reschedule`, { at }), 200);
    const moved = await terminationOf(termination.id);
    expect(moved.schedule).toEqual({ mode: 'timed', at });
    expect(moved.items).toMatchObject([
      { status: 'scheduled', releaseTime: at, schedule: { mode: 'timed', at } },
    ]);
  });

  it('L2: of several, each says its own time', async () => {
    const ids = [await register(http, cvmPostpaid()), await register(http, cvmPostpaid())];
    const [agreed, moved] = [fromNow(2 * DAY), fromNow(5 * DAY)];
    const { id } = await end(http, ids, { schedule: { mode: 'timed', at: agreed } });
    expectStatus(await http.post(`/v1/instances/${ids[1]}/reschedule`, { at: moved }), 200);
    const { schedule, items } = await terminationOf(id);
    expect(schedule).toMatchObject({ at: agreed });
    expect(items).toMatchObject([{ schedule: { at: agreed } }, { schedule: { at: moved } }]);
  });

  it('L2: what the version before called done is told as it is, by the timeline', async () => {
    const [fired, waiting, cancelled] = await Promise.all(
      [1, 2, 3].map((days) => timed(fromNow(days * DAY))),
    );
    const ids = [fired!, waiting!, cancelled!].map(({ termination }) => termination.id);
    await fastForward(http, fired!.id, 'P2D');
    const moved = fromNow(5 * DAY);
    expectStatus(await http.post(`/v1/instances/${waiting!.id}/reschedule`, { at: moved }), 200);
    expectStatus(await http.post(`/v1/instances/${cancelled!.id}/cancel`), 200);
    const now = await Promise.all(ids.map(terminationOf));
    await service.pool.query(
      "UPDATE termination_items SET status = 'done', scheduled_at = NULL WHERE termination_id = ANY ($1)",
      [ids],
    );
    const migration = readFileSync(join(__dirname, '../../store/migrations/0009_records.sql'), 'utf8');
    await service.pool.query(/UPDATE termination_items item SET[^;]*;/.exec(migration)![0]);
    expect(now.map(({ items }) => items[0]!.status)).toEqual(['done', 'scheduled', 'cancelled']);
    expect(await Promise.all(ids.map(terminationOf))).toEqual(now);
  });

  it('GET /v1/instances?scheduled=true lists what waits, and only that', async () => {
    const body = cvmPostpaid();
    const waiting = await register(http, body);
    const other = await register(http, cvmPostpaid({ account: body.account }));
    await end(http, [waiting], { schedule: { mode: 'timed', at: fromNow(2 * DAY) } });
    const listed = async (scheduled: string): Promise<string[]> => {
      const { items } = expectStatus(
        await http.get(`/v1/instances?account=${body.account}&scheduled=${scheduled}`),
        200,
      ).body;
      return items.map((item) => item.id);
    };
    expect(await listed('true')).toEqual([waiting]);
    expect(await listed('false')).toEqual([other]);
    expect((await http.get('/v1/instances?scheduled=yes')).body).toMatchObject({
      status: 400,
      errors: [{ pointer: '/scheduled' }],
    });
    expectStatus(await http.post(`/v1/instances/${waiting}/cancel`), 200);
    expect(await listed('true')).toEqual([]);
  });
});

describe('what an item says of its release', () => {
  it('L18: a failed one says no time', async () => {
    const id = await register(http, cvmPostpaid());
    const { id: quoteId } = await quote(http, [id]);
    // Accepted, and its sender gone: meanwhile somebody protects the instance; then the sweep comes.
    const terminationId = `t_${randomUUID()}`;
    expect(await acceptQuote(service.pool, { quoteId, terminationId, by: 'test', via: 'api' })).toMatchObject(
      { ok: true },
    );
    expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'wait' }), 200);
    await settled(http, terminationId);
    expect(await itemOf(terminationId)).toMatchObject({
      status: 'failed',
      releaseTime: null,
      problem: { code: 'PROTECTED' },
    });
  });

  it('L18: one that was restored says no time any more, one that was purged its own', async () => {
    const ids = [await register(http, redisPostpaid()), await register(http, redisPostpaid())] as const;
    const { id, items } = await end(http, [...ids]);
    const promised = items.map((item) => item.releaseTime);
    expectStatus(await http.post(`/v1/instances/${ids[0]}/restore`), 200);
    expectStatus(await http.post(`/v1/instances/${ids[1]}/purge`, { confirm: ids[1] }), 200);
    const [restored, purged] = (await terminationOf(id)).items;
    expect(restored).toMatchObject({ status: 'done', releaseTime: null });
    expect(Date.parse(purged!.releaseTime!)).toBeLessThan(Date.parse(promised[1]!));
  });
});

const keyOf = (account: string, permissions: Permission[]): Promise<Http> =>
  as(http, { account, name: `key-${randomUUID().slice(0, 8)}`, permissions });
const path = (id: string, rest = ''): string => `/v1/instances/${id}${rest}`;
const does = async (id: string, what: string, body: Fields = {}) =>
  expectStatus(await http.post(path(id, `/${what}`), body), 200).body;
const refuses = async (id: string, what: string, body: Fields = {}): Promise<string> =>
  expectStatus(await http.post(path(id, `/${what}`), body), 409).body.code!;
const statuses = async (id: string): Promise<string[]> =>
  (await instanceOf(http, id)).orders.map((order) => order.status);

describe('one bad id spoils nothing', () => {
  it('L17: an unknown id and one of another account are blocked items of a quote of many, in their places', async () => {
    const body = cvmPostpaid();
    const mine = await register(http, body);
    const theirs = await register(http, cvmPostpaid());
    const tenant = await keyOf(body.account, ['read', 'terminate']);
    const quoted = expectStatus(
      await tenant.post('/v1/quotes', { action: 'terminate', instanceIds: [theirs, mine, 'nobody'] }),
      201,
    ).body;
    expect(quoted.items).toMatchObject([
      {
        instanceId: theirs,
        permitted: false,
        state: null,
        policyId: null,
        blockers: [{ code: 'UNKNOWN_INSTANCE' }],
      },
      { instanceId: mine, permitted: true, state: 'running' },
      { instanceId: 'nobody', permitted: false, blockers: [{ code: 'UNKNOWN_INSTANCE' }] },
    ]);
    expect((await tenant.get(`/v1/quotes/${quoted.id}`)).body).toEqual(quoted);
    const { id } = expectStatus(
      await tenant.post('/v1/terminations', { quoteId: quoted.id, agree: true }),
      202,
    ).body;
    expect((await settled(tenant, id)).items).toMatchObject([
      { instanceId: theirs, status: 'refused', releaseTime: null, problem: { code: 'UNKNOWN_INSTANCE' } },
      { instanceId: mine, status: 'done' },
      { instanceId: 'nobody', status: 'refused' },
    ]);
    expect((await instanceOf(http, theirs)).state).toBe('running');
  });

  it('L17: a quote of unknown ids only is 404, and names each', async () => {
    const { body } = expectStatus(
      await http.post('/v1/quotes', { action: 'terminate', instanceIds: ['nobody', 'no-one'] }),
      404,
    );
    expect(body.errors!.map((one) => one.pointer)).toEqual(['/instanceIds/0', '/instanceIds/1']);
  });

  it('L17: one stale item refuses all by default; with skipStale it is refused and the others go on', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => register(http, cvmPostpaid())));
    const { id: quoteId } = await quote(http, ids);
    await does(ids[1]!, 'stop');
    expect((await http.post('/v1/terminations', { quoteId, agree: true })).body).toMatchObject({
      status: 409,
      code: 'QUOTE_STALE',
    });
    const { body } = expectStatus(
      await http.post('/v1/terminations', { quoteId, agree: true, skipStale: true }),
      202,
    );
    expect((await settled(http, body.id)).items).toMatchObject([
      { status: 'done' },
      {
        status: 'refused',
        releaseTime: null,
        problem: { code: 'QUOTE_STALE', state: 'stopped', changes: [{ field: 'state' }] },
      },
      { status: 'done' },
    ]);
    expect((await instanceOf(http, ids[1]!)).state).toBe('stopped');
  });

  it('L17: with nothing left that is not stale, it is refused as a whole, and what is skipped takes no right', async () => {
    const body = cvmPrepaid();
    const [first, second] = [
      await register(http, body),
      await register(http, cvmPrepaid({ account: body.account })),
    ];
    const whole = await quote(http, [first, second], { action: 'return' });
    await does(first, 'stop');
    const { id } = expectStatus(
      await http.post('/v1/terminations', { quoteId: whole.id, agree: true, skipStale: true }),
      202,
    ).body;
    expect((await settled(http, id)).items.map((item) => item.status)).toEqual(['refused', 'done']);
    const { rights } = expectStatus(await http.get(`/v1/accounts/${body.account}`), 200).body;
    const used = rights.find((one) => one.product === 'tencent-cvm');
    expect([
      used!.fiveDay.used + used!.ordinary.used,
      used!.fiveDay.reserved + used!.ordinary.reserved,
    ]).toEqual([1, 0]);
    const alone = await quote(http, [first], { action: 'return' });
    await does(first, 'start');
    expect(
      (await http.post('/v1/terminations', { quoteId: alone.id, agree: true, skipStale: true })).body.code,
    ).toBe('QUOTE_STALE');
  });

  it('answers at once when asked to', async () => {
    const id = await register(http, cvmPostpaid());
    const { id: quoteId } = await quote(http, [id]);
    const reply = await http.post(
      '/v1/terminations',
      { quoteId, agree: true },
      { headers: { prefer: 'respond-async' } },
    );
    expect(reply).toMatchObject({ status: 202 });
    expect(reply.headers.get('preference-applied')).toBe('respond-async');
    expect((await settled(http, reply.body.id)).items).toMatchObject([{ status: 'done' }]);
  });
});

describe('an id lives once', () => {
  it('L18: a terminated id is never registered again, with the same facts either; the same request again is answered as before', async () => {
    const body = cvmPostpaid({ externalId: 'i-0abc' });
    const id = newId();
    const key = { key: randomUUID() };
    const first = expectStatus(await http.put(path(id), body, key), 201);
    await end(http, [id]);
    expect((await http.put(path(id), body)).body).toMatchObject({
      status: 409,
      code: 'TERMINATED_ID',
      state: 'terminated',
    });
    expect((await http.put(path(id), { ...body, region: 'elsewhere' })).body.code).toBe('TERMINATED_ID');
    expect(await http.put(path(id), body, key)).toMatchObject({ status: 201, body: first.body });
    // The machine is named again, by another instance.
    const next = await register(http, body);
    const found = expectStatus(await http.get(`/v1/instances?externalId=i-0abc&account=${body.account}`), 200)
      .body.items;
    expect(found).toMatchObject([{ id: next, externalId: 'i-0abc' }]);
  });

  it('L18: beside a state that rules an end out, only what lasts is said', async () => {
    const [ended, inBin] = [await register(http, cvmPostpaid()), await register(http, cvmPrepaid())];
    await end(http, [ended]);
    await end(http, [inBin], { action: 'return' });
    const said = async (id: string, action: 'terminate' | 'return'): Promise<string[]> =>
      (await quote(http, [id], { action })).items[0]!.blockers.map((one) => one.code);
    expect(await said(ended, 'terminate')).toEqual(['WRONG_STATE']);
    expect(await said(ended, 'return')).toEqual(['WRONG_STATE']);
    expect(await said(inBin, 'return')).toEqual(['WRONG_STATE']);
    await does(inBin, 'protect', { reason: 'evidence' });
    expect(await said(inBin, 'terminate')).toEqual(['WRONG_STATE', 'PROTECTED', 'WRONG_ACTION']);
  });
});

describe('in the bin', () => {
  const later = async (): Promise<string> => {
    const id = await register(http, cvmPostpaid());
    await end(http, [id], { schedule: { mode: 'later' } });
    return id;
  };

  it('L16: a protected one can’t be purged by people, and is released at its time', async () => {
    const id = await later();
    await does(id, 'protect', { reason: 'evidence' });
    expect(await refuses(id, 'purge', { confirm: id })).toBe('PROTECTED');
    expect((await fastForward(http, id, 'PT3H')).state).toBe('terminated');
  });

  it('L16: a legal hold takes its own permission, keeps it past its time, and releases it when lifted', async () => {
    const id = await later();
    const { account } = await instanceOf(http, id);
    const tenant = await keyOf(account, ['read', 'protect', 'unprotect', 'purge']);
    expect((await tenant.post(path(id, '/protect'), { reason: 'court', holdRelease: true })).status).toBe(
      403,
    );
    await does(id, 'protect', { reason: 'court', holdRelease: true });
    const held = await fastForward(http, id, 'P2D');
    expect(held).toMatchObject({ state: 'isolated', protection: { reason: 'court', holdRelease: true } });
    expect((await tenant.get(`/v1/recycle-bin?account=${account}`)).body.items).toMatchObject([
      { protection: { holdRelease: true } },
    ]);
    expect((await tenant.post(path(id, '/unprotect'), { reason: 'please' })).status).toBe(403);
    expect(await refuses(id, 'purge', { confirm: id })).toBe('PROTECTED');
    await does(id, 'unprotect', { reason: 'closed' });
    await until(
      async () => (await instanceOf(http, id)).state === 'terminated',
      'the release that had passed',
    );
    expect((await timelineOf(http, id)).map((step) => step.command)).toEqual([
      'register',
      'terminate',
      'protect',
      'unprotect',
      'release',
    ]);
  });

  it('L16: a held one is neither late for the audit nor different from its workflow', async () => {
    const id = await later();
    await does(id, 'protect', { reason: 'court', holdRelease: true });
    await fastForward(http, id, 'P2D');
    // The audit at the end looks at it.
    expect((await instanceOf(http, id)).state).toBe('isolated');
  });
});

describe('registered facts agree', () => {
  it('L15: an expired one with an order in force is refused, and names the field', async () => {
    const reply = await http.put(path(newId()), jdPrepaid({ state: 'expired' }));
    expect(reply.body).toMatchObject({
      status: 400,
      errors: [{ pointer: '/orders/0/endsAt', code: 'NOT_OVER' }],
    });
  });

  it('L15: nothing is in force of what has expired or ended', async () => {
    const id = await register(http, jdPrepaid({ state: 'stopped' }));
    expect(await statuses(id)).toEqual(['in-force']);
    await fastForward(http, id, 'P32D');
    expect(await statuses(id)).toEqual(['ended']);
    await end(http, [id]);
    expect(await statuses(id)).toEqual(['ended']);
  });

  const isolated = (more: Fields) => ({
    state: 'isolated',
    isolatedAt: hoursAgo(24),
    purgeTime: fromNow(2 * DAY),
    ...more,
  });

  it('L15: one from another system’s bin keeps its times, is not billed, and is released at its time', async () => {
    const times = isolated({ cause: 'terminate', power: 'stopped' });
    const body = cvmPostpaid(times);
    const id = await register(http, body);
    const instance = await instanceOf(http, id);
    expect(instance).toMatchObject({ state: 'isolated', orders: [] });
    for (const [shown, given] of [
      ['isolatedAt', 'isolatedAt'],
      ['billingStoppedAt', 'isolatedAt'],
      ['purgeTime', 'purgeTime'],
    ] as const)
      expect(Date.parse(instance[shown]!)).toBe(Date.parse(times[given]));
    expect(
      expectStatus(await http.get(`/v1/recycle-bin?account=${body.account}`), 200).body.items,
    ).toMatchObject([{ instanceId: id }]);
    const usage = { meter: 'hours', quantity: '1', startsAt: hoursAgo(3), endsAt: hoursAgo(2) };
    expect(await refuses(id, 'usage', usage)).toBe('BILLING_STOPPED');
    expect((await fastForward(http, id, 'P1D')).state).toBe('isolated');
    expect((await fastForward(http, id, 'P2D')).state).toBe('terminated');
  });

  it('L15: it is restored to the power state that it had', async () => {
    const id = await register(http, cvmPostpaid(isolated({ cause: 'terminate', power: 'stopped' })));
    expect(await does(id, 'restore')).toMatchObject({ state: 'stopped', billingStoppedAt: null });
  });

  it('L15: its orders were settled where it was isolated: told, and in no balance', async () => {
    const returned = await register(http, cvmPrepaid(isolated({ cause: 'return' })));
    expect(await statuses(returned)).toEqual(['closed']);
    const startsAt = hoursAgo(24 * 100);
    const orders = [purchase(startsAt, { months: 3, endsAt: plusMonths(startsAt, 3) })];
    const expired = await register(
      http,
      cvmPrepaid(isolated({ cause: 'expiry', orders, isolatedAt: hoursAgo(24) })),
    );
    expect(await statuses(expired)).toEqual(['ended']);
    const { rows } = await service.pool.query(
      `SELECT sum(e.amount) AS amount FROM entries e JOIN transactions t ON t.id = e.transaction_id
       WHERE t.instance_id = ANY ($1) GROUP BY e.ledger_account HAVING sum(e.amount) <> 0`,
      [[returned, expired]],
    );
    expect(rows).toEqual([]);
    const restored = await does(returned, 'restore', { renewal: { months: 1, paid: { cash: '51' } } });
    expect(restored).toMatchObject({
      state: 'running',
      orders: [{ status: 'closed' }, { status: 'in-force' }],
    });
  });
});

describe('operations', () => {
  it('L11: an operation begins and ends; meanwhile it is busy, and what comes due waits', async () => {
    const id = await register(http, cvmPostpaid());
    await end(http, [id], { schedule: { mode: 'timed', at: fromNow(DAY) } });
    const begun = await does(id, 'operations', { kind: 'resize' });
    expect(begun).toMatchObject({ state: 'changing', operation: { kind: 'resize', by: 'operator' } });
    expect(await refuses(id, 'operations', { kind: 'again' })).toBe('BUSY');
    expect(await refuses(id, 'cancel')).toBe('BUSY');
    expect((await fastForward(http, id, 'P2D')).state).toBe('changing');
    await does(id, 'operations/end', { power: 'stopped' });
    await until(async () => (await instanceOf(http, id)).state === 'terminated', 'what came due meanwhile');
    expect((await timelineOf(http, id)).slice(2, 4)).toMatchObject([
      { command: 'begin-operation', to: 'changing', details: { kind: 'resize' } },
      { command: 'end-operation', to: 'stopped', details: { kind: 'resize', power: 'stopped' } },
    ]);
  });

  it('L5: none ends that has not begun, and what its power is has to be said', async () => {
    const id = await register(http, cvmPostpaid());
    expect(await refuses(id, 'operations/end', { power: 'running' })).toBe('WRONG_STATE');
    expect((await http.post(path(id, '/operations/end'), { power: 'off' })).status).toBe(400);
    expect((await http.post(path(id, '/operations'), {})).status).toBe(400);
    const { account } = await instanceOf(http, id);
    const reader = await keyOf(account, ['read', 'protect']);
    expect((await reader.post(path(id, '/operations'), { kind: 'resize' })).status).toBe(403);
  });
});

describe('told whole', () => {
  it('L19: the timeline has holds in their place, reschedules with both times, protections with their reason, and refusals', async () => {
    const id = await register(http, cvmPostpaid());
    const [first, second] = [fromNow(2 * DAY), fromNow(5 * DAY)];
    expectStatus(await http.put(path(id, '/hold'), { hold: true, reason: 'resale?' }), 200);
    await end(http, [id], { schedule: { mode: 'timed', at: first } });
    await does(id, 'reschedule', { at: second });
    await does(id, 'cancel');
    expectStatus(await http.put(path(id, '/hold'), { hold: false, reason: 'fine' }), 200);
    await does(id, 'protect', { reason: 'the shop' });
    await does(id, 'unprotect', { reason: 'closed' });
    expectStatus(
      await http.post(path(id, '/purge'), { confirm: id }, { headers: { prefer: 'respond-async' } }),
      202,
    );
    const told = await until(async () => {
      const rows = await timelineOf(http, id);
      return rows.length === 9 && rows;
    }, 'the refusal to be recorded');
    expect(told).toMatchObject([
      { step: 0, command: 'register' },
      {
        step: null,
        command: 'hold',
        by: 'operator',
        from: 'running',
        to: 'running',
        details: { reason: 'resale?' },
      },
      { step: 1, command: 'terminate', details: { schedule: { mode: 'timed', at: first } } },
      { step: 2, command: 'reschedule', details: { from: first, to: second } },
      { step: 3, command: 'cancel', details: { at: second } },
      { step: null, command: 'unhold', details: { reason: 'fine' } },
      { step: 4, command: 'protect', details: { reason: 'the shop', holdRelease: false } },
      { step: 5, command: 'unprotect', details: { reason: 'closed' } },
      { step: 6, command: 'purge', outcome: 'refused', code: 'WRONG_STATE' },
    ]);
    const timeline = `/v1/instances/${id}/timeline` as const;
    const page = expectStatus(await http.get(`${timeline}?limit=2`), 200).body;
    const rest = expectStatus(await http.get(`${timeline}?limit=500&cursor=${page.nextCursor}`), 200).body;
    expect([...page.items, ...rest.items]).toEqual(told);
  });

  it('L19: a network switch and a renewal say what they changed, a deadline when it was due', async () => {
    const id = await register(http, cvmPrepaid({ network: { billing: 'bandwidth', hour: '0.063' } }));
    await does(id, 'network', { billing: 'traffic' });
    await does(id, 'orders', { kind: 'renewal', months: 1, paid: { cash: '51' } });
    const due = (await instanceOf(http, id)).expiresAt;
    await fastForward(http, id, 'P400D');
    const told = (await timelineOf(http, id)).filter((one) => one.command !== 'end-orders');
    expect(told.slice(1, 4)).toMatchObject([
      { command: 'switch-network', details: { from: 'bandwidth', to: 'traffic' } },
      { command: 'amend', details: { order: { id: 'renewal-2', kind: 'renewal' } } },
      { command: 'expire', details: { due: new Date(due!).toISOString() } },
    ]);
  });

  it('L19: a released instance says what became of each disk and address', async () => {
    const body = jdPostpaid({
      disks: [
        { id: 'gone', kind: 'data', storage: 'cloud', deleteWithInstance: true },
        { id: 'stays', kind: 'data', storage: 'cloud', deleteWithInstance: false, month: '30' },
      ],
      addresses: [{ id: 'ip', kind: 'elastic' }],
    });
    const id = await register(http, body);
    expect((await instanceOf(http, id)).disposal).toBeNull();
    await end(http, [id]);
    const disposal = {
      destroyed: [
        { kind: 'instance', id },
        { kind: 'disk', id: 'gone' },
      ],
      kept: [
        { kind: 'disk', id: 'stays', monthly: { currency: 'CNY', amount: '30.00' } },
        { kind: 'address', id: 'ip' },
      ],
    };
    expect((await instanceOf(http, id)).disposal).toEqual(disposal);
    expect((await timelineOf(http, id)).at(-1)).toMatchObject({ command: 'terminate', details: disposal });
  });

  it('L4, L19: a quote warns where a disk goes although its attribute says keep', async () => {
    const disks = [
      { id: 'kept-not', kind: 'data', storage: 'cloud', deleteWithInstance: false },
      { id: 'elastic', kind: 'data', storage: 'elastic', deleteWithInstance: false },
    ];
    const warned = async (id: string): Promise<string[]> =>
      (await quote(http, [id])).items[0]!.warnings.filter((one) => one.code === 'DISK_NOT_KEPT').map(
        (one) => one.message,
      );
    expect(await warned(await register(http, cvmPostpaid({ disks })))).toEqual([
      expect.stringMatching(/kept-not\./),
    ]);
    expect(await warned(await register(http, jdPostpaid({ disks })))).toEqual([]);
  });
});
