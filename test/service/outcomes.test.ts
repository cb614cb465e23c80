/** Every row of the contract's outcome table on the real server, months passing by time skipping. */
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  fastForward,
  fromNow,
  instanceOf,
  jdPostpaid,
  jdPrepaid,
  plusMonths,
  purchase,
  quote,
  redisPostpaid,
  redisPrepaid,
  register,
  seconds,
  timelineOf,
} from '../support/lives';
import { useService } from '../support/service';

const { service, http } = useService();

const HOUR = DAY / 24;
const last = async (id: string) => (await timelineOf(http, id)).at(-1);

/**
 * Goes to ten seconds before a deadline, sees that nothing has happened, then past it; answers the step that
 * it took.
 */
async function firesAt(id: string, due: string, waiting: string) {
  const before = await instanceOf(http, id);
  const left = Date.parse(due) - Date.parse(before.clock);
  const early = await fastForward(http, id, seconds(left - 10_000));
  expect(early.state).toBe(waiting);
  expect(early.step).toBe(before.step);
  expect(Date.parse(early.clock)).toBeLessThan(Date.parse(due));
  await fastForward(http, id, 'PT15S');
  const step = await last(id);
  const lateBy = Date.parse(step!.effectiveAt) - Date.parse(due);
  expect(lateBy).toBeGreaterThanOrEqual(0);
  expect(lateBy).toBeLessThan(5000);
  return step;
}

describe('pay as you go', () => {
  it('000-05, L1: CVM now is terminated at once, without a bin', async () => {
    const id = await register(http, cvmPostpaid());
    const done = await end(http, [id]);
    expect(done.items).toMatchObject([{ instanceId: id, status: 'done', refundId: null, problem: null }]);
    const instance = await instanceOf(http, id);
    expect(instance).toMatchObject({ state: 'terminated', purgeTime: null, isolatedAt: null });
    expect(instance.billingStoppedAt).not.toBeNull();
    expect((await http.get(`/v1/recycle-bin?account=${instance.account}`)).body.items).toEqual([]);
  });

  it('000-06, L1: CVM later is isolated and released after 2 h, not a second early', async () => {
    const id = await register(http, cvmPostpaid());
    await end(http, [id], { schedule: { mode: 'later' } });
    const { purgeTime, isolatedAt, state, billingStoppedAt } = await instanceOf(http, id);
    expect(state).toBe('isolated');
    expect(Date.parse(purgeTime!) - Date.parse(isolatedAt!)).toBe(2 * HOUR);
    expect(billingStoppedAt).toBe(isolatedAt);
    expect(await firesAt(id, purgeTime!, 'isolated')).toMatchObject({
      command: 'release',
      from: 'isolated',
      to: 'terminated',
    });
    // L9: billing stopped at the isolation, not at the release.
    expect((await instanceOf(http, id)).billingStoppedAt).toBe(isolatedAt);
  });

  it('000-07, 000-08: CVM timed is terminated at its time', async () => {
    const id = await register(http, cvmPostpaid());
    const at = fromNow(30 * DAY);
    await end(http, [id], { schedule: { mode: 'timed', at } });
    expect((await instanceOf(http, id)).termination).toMatchObject({ mode: 'timed', at });
    expect(await firesAt(id, at, 'running')).toMatchObject({
      command: 'fire',
      from: 'running',
      to: 'terminated',
    });
  });

  it('L2: a timed termination is moved, and fires at the new time only', async () => {
    const id = await register(http, cvmPostpaid());
    await end(http, [id], { schedule: { mode: 'timed', at: fromNow(2 * DAY) } });
    const at = fromNow(5 * DAY);
    expectStatus(await http.post(`/v1/instances/${id}/reschedule`, { at }), 200);
    expect((await fastForward(http, id, 'P3D')).state).toBe('running');
    expect(await firesAt(id, at, 'running')).toMatchObject({ to: 'terminated' });
  });

  it('000-20: a timed termination is cancelled at once and never fires', async () => {
    const id = await register(http, cvmPostpaid());
    await end(http, [id], { schedule: { mode: 'timed', at: fromNow(2 * DAY) } });
    expect(expectStatus(await http.post(`/v1/instances/${id}/cancel`), 200).body.termination).toBeNull();
    expect((await fastForward(http, id, 'P3D')).state).toBe('running');
    expect((await http.post(`/v1/instances/${id}/cancel`)).body).toMatchObject({
      status: 409,
      code: 'NOT_SCHEDULED',
      state: 'running',
    });
  });

  it('L2: cancel at the second of the fire: exactly one wins, the loser gets 409 with the state', async () => {
    const races = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        const id = await register(http, cvmPostpaid());
        // Far enough ahead that it is agreed to by then, also on a busy machine.
        const at = fromNow(5000 + index * 30);
        await end(http, [id], { schedule: { mode: 'timed', at } });
        await new Promise((resolve) =>
          setTimeout(resolve, Math.max(0, Date.parse(at) - Date.now() - 20 + index * 8)),
        );
        const reply = await http.post(`/v1/instances/${id}/cancel`);
        return { id, reply };
      }),
    );
    for (const { id, reply } of races) {
      const steps = (await timelineOf(http, id)).filter((step) => step.step! >= 2);
      if (reply.status === 200) expect(steps).toMatchObject([{ command: 'cancel', to: 'running' }]);
      else {
        expect(reply).toMatchObject({ status: 409, body: { state: 'terminated' } });
        expect(steps).toMatchObject([{ command: 'fire', to: 'terminated' }]);
      }
    }
  });

  it('001-07, 001-09: Redis is isolated for 2 h, then offline', async () => {
    const id = await register(http, redisPostpaid());
    await end(http, [id]);
    const { purgeTime, isolatedAt, account } = await instanceOf(http, id);
    expect(Date.parse(purgeTime!) - Date.parse(isolatedAt!)).toBe(2 * HOUR);
    expect((await http.get(`/v1/recycle-bin?account=${account}`)).body.items).toMatchObject([
      { instanceId: id, cause: 'terminate', purgeTime, needsRenewal: false },
    ]);
    expect(await firesAt(id, purgeTime!, 'isolated')).toMatchObject({ to: 'terminated' });
  });

  it('002-02: JD stopped is deleted at once; 002-03: running must be stopped first', async () => {
    const id = await register(http, jdPostpaid({ state: 'running' }));
    expect((await quote(http, [id])).items[0]).toMatchObject({
      permitted: false,
      blockers: [{ code: 'NOT_STOPPED' }],
    });
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    await end(http, [id]);
    expect((await instanceOf(http, id)).state).toBe('terminated');
  });

  it('L5, L11: an operation in progress blocks until its end; deadlines wait for it', async () => {
    const id = await register(http, cvmPostpaid({ state: 'changing' }));
    expect((await quote(http, [id])).items[0]).toMatchObject({
      permitted: false,
      blockers: [{ code: 'BUSY' }],
    });
    expect((await http.post(`/v1/instances/${id}/cancel`)).body).toMatchObject({
      status: 409,
      code: 'BUSY',
      state: 'changing',
    });
    expect(expectStatus(await http.post(`/v1/instances/${id}/stop`), 200).body.state).toBe('stopped');
  });
});

describe('the recycle bin', () => {
  it('001-08, L11: restored within 2 h, to the power state from before', async () => {
    const id = await register(http, redisPostpaid({ state: 'stopped' }));
    await end(http, [id]);
    const restored = expectStatus(await http.post(`/v1/instances/${id}/restore`), 200).body;
    expect(restored).toMatchObject({
      state: 'stopped',
      isolatedAt: null,
      purgeTime: null,
      billingStoppedAt: null,
    });
    expect((await fastForward(http, id, 'P1D')).state).toBe('stopped');
  });

  it('001-31, L6: purged at once, with the id typed, and never out of the bin', async () => {
    const id = await register(http, cvmPostpaid());
    expect((await http.post(`/v1/instances/${id}/purge`, { confirm: id })).body).toMatchObject({
      status: 409,
      code: 'WRONG_STATE',
      state: 'running',
    });
    await end(http, [id], { schedule: { mode: 'later' } });
    expect((await http.post(`/v1/instances/${id}/purge`, { confirm: 'other' })).body).toMatchObject({
      status: 400,
      errors: [{ pointer: '/confirm' }],
    });
    expect(expectStatus(await http.post(`/v1/instances/${id}/purge`, { confirm: id }), 200).body.state).toBe(
      'terminated',
    );
  });

  it.each([
    ['CVM', cvmPrepaid],
    ['Redis', redisPrepaid],
  ])('001-02, 003-21: a returned %s is kept for 7 days, then released', async (_, registration) => {
    const id = await register(http, registration());
    const done = await end(http, [id], { action: 'return' });
    expect(done.items[0]!.refundId).toMatch(/./);
    const { purgeTime, isolatedAt, account } = await instanceOf(http, id);
    expect(Date.parse(purgeTime!) - Date.parse(isolatedAt!)).toBe(7 * DAY);
    expect((await http.get(`/v1/recycle-bin?account=${account}`)).body.items).toMatchObject([
      { cause: 'return', needsRenewal: true },
    ]);
    expect(await firesAt(id, purgeTime!, 'isolated')).toMatchObject({ command: 'release', to: 'terminated' });
  });

  it('003-22, M14: a returned prepaid instance comes back by a renewal that starts at the restore; the refund stays', async () => {
    const id = await register(http, cvmPrepaid());
    await end(http, [id], { action: 'return' });
    expect((await http.post(`/v1/instances/${id}/restore`)).body).toMatchObject({
      status: 400,
      errors: [{ pointer: '/renewal' }],
    });
    await fastForward(http, id, 'P6D');
    const restored = expectStatus(
      await http.post(`/v1/instances/${id}/restore`, { renewal: { months: 1 } }),
      200,
    ).body;
    expect(restored.state).toBe('running');
    expect(restored.orders.map((order) => order.status)).toEqual(['closed', 'in-force']);
    const { account } = restored;
    expect((await http.get(`/v1/accounts/${account}`)).body).toMatchObject({
      balances: [{ currency: 'CNY', cash: '356.96', gift: '0.00', income: '0.00' }],
      rights: expect.arrayContaining([
        expect.objectContaining({
          product: 'tencent-cvm',
          fiveDay: { limit: 1, used: 1, reserved: 0, left: 0 },
        }),
      ]),
    });
    const statement = (await http.get(`/v1/accounts/${account}/statement`)).body.items;
    expect(statement.map((row) => [row.kind, row.amount])).toEqual([
      ['renewal', '-51.00'],
      ['refund', '407.96'],
    ]);
  });
});

describe('expiry', () => {
  it('L3, J3: a prepaid CVM expires into the bin for 7 days, without a refund; its money becomes revenue', async () => {
    const startsAt = fromNow(-40 * DAY);
    const id = await register(
      http,
      cvmPrepaid({ orders: [purchase(startsAt, { endsAt: fromNow(2 * DAY) })] }),
    );
    const { expiresAt } = await instanceOf(http, id);
    expect(await firesAt(id, expiresAt!, 'running')).toMatchObject({
      command: 'expire',
      to: 'isolated',
      refundId: null,
    });
    const { account, purgeTime, isolatedAt } = await instanceOf(http, id);
    expect(Date.parse(purgeTime!) - Date.parse(isolatedAt!)).toBe(7 * DAY);
    expect((await http.get(`/v1/recycle-bin?account=${account}`)).body.items).toMatchObject([
      { cause: 'expiry', needsRenewal: true },
    ]);
    const { rows } = await service.pool.query(
      'SELECT ledger_account, sum(amount)::text AS total FROM entries JOIN transactions t ON t.id = transaction_id WHERE t.instance_id = $1 GROUP BY 1 ORDER BY 1',
      [id],
    );
    expect(rows).toEqual([
      { ledger_account: 'deferred:o1', total: '0.00' },
      { ledger_account: 'revenue', total: '407.96' },
      { ledger_account: 'world:cash', total: '-407.96' },
    ]);
    // L11: what expired into the bin can't be returned.
    expect(
      (await quote(http, [id], { action: 'return' })).items[0]!.blockers.map((one) => one.code),
    ).toContain('WRONG_STATE');
  });

  it('J3: when another order follows, the end of one only moves its money', async () => {
    const startsAt = fromNow(-40 * DAY);
    const between = fromNow(1 * DAY);
    const renewal = { ...purchase(between), id: 'o2', kind: 'renewal', endsAt: plusMonths(between, 12) };
    const id = await register(
      http,
      cvmPrepaid({ orders: [purchase(startsAt, { endsAt: between }), renewal] }),
    );
    expect(await firesAt(id, between, 'running')).toMatchObject({
      command: 'end-orders',
      from: 'running',
      to: 'running',
    });
    expect((await instanceOf(http, id)).orders.map((order) => order.status)).toEqual(['ended', 'in-force']);
  });

  it('002-05, L3: a JD monthly package can be deleted only after it expired, which powers it off', async () => {
    const id = await register(http, jdPrepaid());
    expect((await quote(http, [id])).items[0]!.blockers.map((one) => one.code)).toEqual([
      'NOT_STOPPED',
      'NOT_EXPIRED',
    ]);
    const { expiresAt } = await instanceOf(http, id);
    expect(await firesAt(id, expiresAt!, 'running')).toMatchObject({ command: 'expire', to: 'expired' });
    await end(http, [id]);
    expect((await instanceOf(http, id)).state).toBe('terminated');
  });

  it('L11: renewing an expired JD instance starts now and leaves it stopped', async () => {
    const id = await register(http, jdPrepaid());
    await fastForward(http, id, 'P40D');
    const paid = { cash: '60' };
    const renewed = expectStatus(
      await http.post(`/v1/instances/${id}/orders`, { kind: 'renewal', months: 1, paid }),
      200,
    ).body;
    expect(renewed.state).toBe('stopped');
    const order = renewed.orders.at(-1);
    expect(Math.abs(Date.parse(order!.startsAt) - Date.parse(renewed.clock))).toBeLessThan(5000);
  });

  it('M5: a renewal starts at the last end', async () => {
    const id = await register(http, cvmPrepaid());
    const before = await instanceOf(http, id);
    const renewed = expectStatus(
      await http.post(`/v1/instances/${id}/orders`, {
        kind: 'renewal',
        months: 12,
        paid: { cash: '507.96' },
      }),
      200,
    ).body;
    expect(Date.parse(renewed.orders[1]!.startsAt)).toBe(Date.parse(before.orders[0]!.endsAt));
    expect(renewed.orders[1]!.status).toBe('future');
  });
});
