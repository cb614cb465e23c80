/**
 * The four documents read line by line, each as what a customer of the API would see. What is the console's
 * own comes with the console.
 */
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  fromNow,
  hoursAgo,
  instanceOf,
  jdPostpaid,
  newAccount,
  newId,
  purchase,
  quote,
  redisPostpaid,
  redisPrepaid,
  register,
  settled,
  until,
} from '../support/lives';
import { useService } from '../support/service';

const { http } = useService();

const codes = (list: { code: string }[]): string[] => list.map((one) => one.code);
const RETURN = { action: 'return' } as const;

describe('000: Tencent CVM, pay as you go', () => {
  it('000-01, 000-22: terminating is for pay-as-you-go instances, and nothing is refunded', async () => {
    const id = await register(http, cvmPostpaid());
    expect((await quote(http, [id])).items[0]).toMatchObject({
      permitted: true,
      refund: { kind: 'none', amount: '0.00' },
    });
    const prepaid = await register(http, cvmPrepaid());
    expect(codes((await quote(http, [prepaid])).items[0]!.blockers)).toEqual(['WRONG_ACTION']);
  });

  it.each([
    ['000-02', cvmPostpaid],
    ['001-11', redisPostpaid],
    ['002-06', jdPostpaid],
  ])('%s: the impact is told before acting: data can’t be restored, back it up', async (_, registration) => {
    const id = await register(http, registration());
    expect(codes((await quote(http, [id])).items[0]!.warnings)).toContain('DATA_LOST');
  });

  it('000-04: immediate offers now and two hours later', async () => {
    const id = await register(http, cvmPostpaid());
    const now = await quote(http, [id]);
    const later = await quote(http, [id], { schedule: { mode: 'later' } });
    const gap = Date.parse(later.items[0]!.releaseTime!) - Date.parse(now.items[0]!.releaseTime!);
    expect(Math.abs(gap - DAY / 12)).toBeLessThan(5000);
  });

  it('000-09, 000-10, 000-12, 000-13, 000-15: found in the list or by its page, chosen, confirmed; only the confirmation commits', async () => {
    const account = newAccount();
    const id = await register(http, cvmPostpaid({ account }));
    expect((await http.get(`/v1/instances?account=${account}`)).body.items).toMatchObject([{ id }]);
    const before = await instanceOf(http, id);
    const { id: quoteId } = await quote(http, [id], { schedule: { mode: 'now' } });
    expect(await instanceOf(http, id)).toMatchObject({
      state: 'running',
      step: before.step,
      termination: null,
    });
    const { body } = expectStatus(await http.post('/v1/terminations', { quoteId, agree: true }), 202);
    await settled(http, body.id);
    expect((await instanceOf(http, id)).state).toBe('terminated');
  });

  it('000-17, 000-18, 000-19: the schedule can be looked at with the instance, and cancelled', async () => {
    const id = await register(http, cvmPostpaid({ name: 'web-1' }));
    const at = fromNow(DAY);
    const done = await end(http, [id], { schedule: { mode: 'timed', at } });
    expect(await instanceOf(http, id)).toMatchObject({
      name: 'web-1',
      termination: { mode: 'timed', at, terminationId: done.id },
    });
    expectStatus(await http.post(`/v1/instances/${id}/cancel`), 200);
    expect((await http.get(`/v1/terminations/${done.id}`)).body.items[0]!.releaseTime).toBeNull();
  });

  it('000-21: cancelling is for timed ones only; two hours later is undone by a restore', async () => {
    const id = await register(http, cvmPostpaid());
    await end(http, [id], { schedule: { mode: 'later' } });
    expect((await http.post(`/v1/instances/${id}/cancel`)).body).toMatchObject({
      status: 409,
      state: 'isolated',
    });
    expect(expectStatus(await http.post(`/v1/instances/${id}/restore`), 200).body.state).toBe('running');
  });
});

describe('001: Tencent Redis', () => {
  it('001-01, 001-13, M13, 001-26, 001-27, 001-28, 001-29: returned, settled, in the bin, its progress and its money in sight', async () => {
    const account = newAccount();
    const id = await register(http, redisPrepaid({ account }));
    const done = await end(http, [id], RETURN);
    const refund = (await http.get(`/v1/refunds/${done.items[0]!.refundId}`)).body;
    expect(refund.progress.map((one) => one.status)).toEqual(['requested', 'isolating', 'booked', 'done']);
    expect((await http.get(`/v1/refunds?account=${account}`)).body.items).toMatchObject([
      { id: refund.id, amount: '407.96' },
    ]);
    expect((await http.get(`/v1/accounts/${account}/statement`)).body.items).toMatchObject([
      { kind: 'refund', refundId: refund.id, amount: '407.96' },
    ]);
    expect((await http.get(`/v1/recycle-bin?account=${account}`)).body.items).toMatchObject([
      { instanceId: id, cause: 'return' },
    ]);
    expect((await instanceOf(http, id)).state).toBe('isolated');
  });

  it('001-03, 001-30: powered on again with a renewal within the seven days', async () => {
    const id = await register(http, redisPrepaid());
    await end(http, [id], RETURN);
    const restored = expectStatus(
      await http.post(`/v1/instances/${id}/restore`, { renewal: { months: 1, paid: { cash: '51' } } }),
      200,
    ).body;
    expect(restored).toMatchObject({ state: 'running', purgeTime: null });
  });

  it('001-06, 001-10, 001-34, L9: destroyed means isolated, and no fees from that instant', async () => {
    const id = await register(http, redisPostpaid());
    expect((await instanceOf(http, id)).billingStoppedAt).toBeNull();
    await end(http, [id]);
    const { state, billingStoppedAt, isolatedAt } = await instanceOf(http, id);
    expect(state).toBe('isolated');
    expect(billingStoppedAt).toBe(isolatedAt);
  });

  it('001-18, 002-10: instances are found by region', async () => {
    const account = newAccount();
    const id = await register(http, redisPostpaid({ account, region: 'ap-shanghai' }));
    await register(http, redisPostpaid({ account, region: 'ap-beijing' }));
    expect((await http.get(`/v1/instances?account=${account}&region=ap-shanghai`)).body.items).toMatchObject([
      { id },
    ]);
  });

  it('001-17, 001-19, 001-21, 001-22, 001-24: the quote shows the instance, its place, the form of the refund, the amount and how it is computed', async () => {
    const id = await register(http, redisPrepaid());
    const [item] = (await quote(http, [id], RETURN)).items;
    expect(item!.refund).toMatchObject({
      kind: 'five-day',
      currency: 'CNY',
      amount: '407.96',
      parts: { cash: '407.96' },
    });
    expect(item!.refund.lines!.every((line) => line.label && line.formula && line.amount)).toBe(true);
    expect(await instanceOf(http, item!.instanceId)).toMatchObject({
      region: 'ap-guangzhou',
      zone: 'ap-guangzhou-2',
      network: { billing: 'traffic' },
    });
  });

  it('001-23, 001-25, L10: nothing happens without "I have read and agree", and what was agreed to is kept', async () => {
    const id = await register(http, redisPrepaid());
    const { id: quoteId, rulesVersion } = await quote(http, [id], RETURN);
    for (const agree of [undefined, false, 'yes']) {
      expect((await http.post('/v1/terminations', { quoteId, agree })).body).toMatchObject({
        status: 400,
        errors: [{ pointer: '/agree' }],
      });
    }
    expect((await instanceOf(http, id)).state).toBe('running');
    const { body } = expectStatus(await http.post('/v1/terminations', { quoteId, agree: true }), 202);
    expect(body).toMatchObject({ rulesVersion, agreedVia: 'api' });
    expect(Date.parse(body.agreedAt)).not.toBeNaN();
  });

  it('001-32, 001-33, 001-35: pay as you go is one confirmation without a refund, then power on or take offline', async () => {
    const [one, other] = [await register(http, redisPostpaid()), await register(http, redisPostpaid())];
    const done = await end(http, [one, other]);
    expect(done.items.map((item) => item.refundId)).toEqual([null, null]);
    expect(expectStatus(await http.post(`/v1/instances/${one}/restore`), 200).body.state).toBe('running');
    expect(
      expectStatus(await http.post(`/v1/instances/${other}/purge`, { confirm: other }), 200).body.state,
    ).toBe('terminated');
  });

  it('001-36, 001-37: what DestroyPostpaidInstance and DestroyPrepaidInstance do: isolate, and for the latter settle', async () => {
    const postpaid = await register(http, redisPostpaid());
    const prepaid = await register(http, redisPrepaid());
    expect((await end(http, [postpaid])).items[0]).toMatchObject({ status: 'done', refundId: null });
    expect((await end(http, [prepaid], RETURN)).items[0]!.refundId).not.toBeNull();
    // Neither does the other's work.
    const again = [await register(http, redisPostpaid()), await register(http, redisPrepaid())];
    expect(codes((await quote(http, [again[0]!], RETURN)).items[0]!.blockers)).toEqual(['WRONG_ACTION']);
    expect(codes((await quote(http, [again[1]!])).items[0]!.blockers)).toEqual(['WRONG_ACTION']);
  });
});

describe('002: JD Cloud VM', () => {
  it('002-01, 002-09, 002-11, 002-12, 002-13, 002-14: several stopped ones are chosen and deleted in one confirmation', async () => {
    const account = newAccount();
    const ids = await Promise.all([1, 2, 3].map(() => register(http, jdPostpaid({ account }), newId('i'))));
    const stopped = (await http.get(`/v1/instances?account=${account}&state=stopped`)).body.items;
    expect(stopped.map((one) => one.id).sort()).toEqual([...ids].sort());
    const done = await end(http, ids);
    expect(done.items.map((item) => item.status)).toEqual(['done', 'done', 'done']);
  });

  it('002-15: the deletion is asynchronous: accepted, with where to look', async () => {
    const id = await register(http, jdPostpaid());
    const { id: quoteId } = await quote(http, [id]);
    const reply = expectStatus(await http.post('/v1/terminations', { quoteId, agree: true }), 202);
    expect(reply.headers.get('location')).toBe(`/v1/terminations/${reply.body.id}`);
    expect((await settled(http, reply.body.id)).status).toBe('done');
  });

  it('002-16: what to do before is named: stop it, make an image or a snapshot', async () => {
    const id = await register(http, jdPostpaid({ state: 'running' }));
    const [item] = (await quote(http, [id])).items;
    expect(item!.blockers[0]!.next).toMatch(/stop/i);
    expect(item!.warnings[0]!.message).toMatch(/private image.*snapshot/);
  });

  it('002-17: no bin, no timed mode, no refund', async () => {
    const id = await register(http, jdPostpaid());
    for (const schedule of [{ mode: 'later' }, { mode: 'timed', at: fromNow(DAY) }]) {
      const reply = await http.post('/v1/quotes', { action: 'terminate', instanceIds: [id], schedule });
      expect(reply.body).toMatchObject({ status: 400, errors: [{ pointer: '/schedule/mode' }] });
    }
    expect((await end(http, [id])).items[0]).toMatchObject({ status: 'done', refundId: null });
    expect((await instanceOf(http, id)).isolatedAt).toBeNull();
  });
});

describe('003: self-service refund of a prepaid CVM', () => {
  it('003-01, 003-03, 003-11: within five days everything paid comes back onto the account', async () => {
    const account = newAccount();
    const paid = { cash: '300', gift: '57.96', income: '50', voucher: '100' };
    const id = await register(http, cvmPrepaid({ account, orders: [purchase(hoursAgo(1), { paid })] }));
    await end(http, [id], RETURN);
    expect((await http.get(`/v1/accounts/${account}`)).body.balances).toEqual([
      { currency: 'CNY', cash: '300.00', gift: '57.96', income: '50.00' },
    ]);
  });

  it('003-04, 003-12, 003-23, 003-24, 003-25, 003-26, 003-28: after five days, used cost is taken off what was paid, in the mix that was paid', async () => {
    const paid = { cash: '300', gift: '100', income: '0', voucher: '107.96' };
    const startsAt = hoursAgo(240);
    const id = await register(http, cvmPrepaid({ orders: [purchase(startsAt, { paid })] }));
    const { refund } = (await quote(http, [id], RETURN)).items[0]!;
    // 400 − 240 × 0.42 = 299.20; three quarters of it in cash.
    expect(refund).toMatchObject({
      kind: 'ordinary',
      amount: '299.20',
      parts: { cash: '224.40', gift: '74.80', income: '0.00' },
    });
  });

  it('003-18: once it is gone there are no more fees', async () => {
    const id = await register(http, cvmPrepaid());
    await end(http, [id], RETURN);
    const { isolatedAt } = await instanceOf(http, id);
    const gone = expectStatus(await http.post(`/v1/instances/${id}/purge`, { confirm: id }), 200).body;
    expect(gone).toMatchObject({ state: 'terminated', billingStoppedAt: isolatedAt });
  });

  it('003-34: prices are data of the instance: another price, another refund', async () => {
    const prices = { version: 'special', currency: 'CNY', month: '51', hour: '0.10' };
    const id = await register(http, cvmPrepaid({ prices }, hoursAgo(240)));
    expect((await quote(http, [id], RETURN)).items[0]!.refund.amount).toBe('383.96');
  });

  it('M17: the amounts are as of the quote’s instant and are paid as quoted, also across the five-day edge', async () => {
    const startsAt = fromNow(3000 - 5 * DAY);
    const id = await register(http, cvmPrepaid({}, startsAt));
    const first = await quote(http, [id], RETURN);
    expect(first.items[0]!.refund).toMatchObject({ kind: 'five-day', amount: '407.96' });
    await until(
      async () => (await quote(http, [id], RETURN)).items[0]!.refund.kind === 'ordinary',
      'the five days to be over',
    );
    const { body } = expectStatus(
      await http.post('/v1/terminations', { quoteId: first.id, agree: true }),
      202,
    );
    const done = await settled(http, body.id);
    expect((await http.get(`/v1/refunds/${done.items[0]!.refundId}`)).body).toMatchObject({
      kind: 'five-day',
      amount: '407.96',
    });
  });
});
