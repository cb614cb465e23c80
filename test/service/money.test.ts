/** Money over the life of an instance, each with the smallest input that once went wrong (M20–M25). */

import { acceptQuote } from '../../store/agreements/acceptance';
import type { RefundRequest } from '../support/answered';
import type { Http, Reply } from '../support/http';
import { as } from '../support/keys';
import {
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  type Fields,
  fastForward,
  hoursAgo,
  instanceOf,
  jdPrepaid,
  newAccount,
  plusMonths,
  purchase,
  register,
  settled,
  until,
} from '../support/lives';
import { approvalOf } from '../support/review';
import { auditAtEnd, useService } from '../support/service';

const { service, http } = useService({}, auditAtEnd);
let approver: Http;
beforeAll(async () => {
  approver = await as(http, { account: null, name: 'approver', permissions: ['refund:approve', 'read'] });
});

const HOUR = DAY / 24;
const day = (text: string): string => `${text}T00:00:00+08:00`;
const dayOf = (instant: string): string =>
  new Date(Date.parse(instant) + 8 * HOUR).toISOString().slice(0, 10);
const refundOf = async (id: string) => expectStatus(await http.get(`/v1/refunds/${id}`), 200).body;
const renew = async (id: string, months: number, more: Fields = {}) =>
  expectStatus(
    await http.post(`/v1/instances/${id}/orders`, { kind: 'renewal', months, paid: { cash: '51' }, ...more }),
    200,
  ).body;
const accountOf = async (account: string) =>
  expectStatus(await http.get(`/v1/accounts/${account}`), 200).body;
const cvmRights = async (account: string) =>
  (await accountOf(account)).rights.find(({ product }) => product === 'tencent-cvm');

describe('renewals', () => {
  const monthEnd = (): Fields =>
    cvmPrepaid({
      orders: [
        purchase(day('2026-10-31'), { months: 1, endsAt: day('2026-11-30'), startsAt: day('2026-10-31') }),
      ],
    });

  it('M22: twelve of one month end where one of twelve ends, from the last of a month', async () => {
    const [monthly, yearly] = await Promise.all([register(http, monthEnd()), register(http, monthEnd())]);
    const ends: string[] = [];
    for (let month = 0; month < 12; month += 1) ends.push(dayOf((await renew(monthly, 1)).expiresAt!));
    expect(ends.slice(0, 4)).toEqual(['2026-12-31', '2027-01-31', '2027-02-28', '2027-03-31']);
    expect(ends.at(-1)).toBe('2027-11-30');
    expect(dayOf((await renew(yearly, 12)).expiresAt!)).toBe('2027-11-30');
  });

  it('M22: after the end of a JD instance a new chain starts now', async () => {
    const startsAt = hoursAgo(24 * 20);
    const id = await register(
      http,
      jdPrepaid({ orders: [purchase(startsAt, { months: 1, endsAt: plusMonths(startsAt, 1) })] }),
    );
    await fastForward(http, id, 'P40D');
    const { orders } = await renew(id, 1);
    const { startsAt: from, endsAt: to } = orders.at(-1)!;
    expect(Date.parse(from)).toBeGreaterThan(Date.parse(plusMonths(startsAt, 1)));
    expect((await renew(id, 1)).orders.at(-1)!.startsAt).toBe(to);
  });
});

describe('approvals', () => {
  const held = async (
    account = newAccount(),
    more: Fields = {},
  ): Promise<{ id: string; account: string; request: RefundRequest }> => {
    const id = await register(http, cvmPrepaid({ account, ...more }));
    expectStatus(await http.put(`/v1/instances/${id}/hold`, { hold: true, reason: 'resale?' }), 200);
    const asked = await http.post('/v1/refund-requests', { instanceId: id, reason: 'not needed' });
    return { id, account, request: expectStatus(asked, 201).body };
  };
  const approve = (requestId: string, body: Fields) =>
    approver.post(`/v1/refund-requests/${requestId}/approve`, body);
  const requestOf = async (id: string) => expectStatus(await http.get(`/v1/refund-requests/${id}`), 200).body;

  it('M24: an approval names its amount; a renewal that is bought in review makes it another one', async () => {
    const promotion = { channel: 'promotion', paid: { cash: '407.96', voucher: '100' } };
    const { id, request } = await held(newAccount(), { orders: [purchase(hoursAgo(48), promotion)] });
    expect(request.preview.refund.amount).toBe('305.97');
    await renew(id, 12, { paid: { cash: '5000' } });
    const refused = await approve(request.id, { reason: 'checked', amount: '305.97' });
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: 'QUOTE_STALE',
        changes: [
          { instanceId: id, field: 'refund.amount', old: '305.97', new: '5305.97', difference: '5000.00' },
        ],
      },
    });
    const seen = await requestOf(request.id);
    expect([seen.status, seen.preview.refund.amount, seen.now!.refund.amount]).toEqual([
      'in_review',
      '305.97',
      '5305.97',
    ]);
    expect(
      expectStatus(await approve(request.id, { reason: 'checked', amount: '5305.970' }), 200).body,
    ).toMatchObject({ now: null });
    expect((await refundOf(request.refundId)).amount).toBe('5305.97');
  });

  it('M24: an amount that goes by the second holds as of the instant at which it was seen', async () => {
    const prices = { version: 'v', currency: 'CNY', month: '51000', hour: '420' };
    const orders = [purchase(hoursAgo(24 * 6), { paid: { cash: '407960' } })];
    const { id, request } = await held(newAccount(), { prices, orders });
    const body = await approvalOf(http, request.id);
    const before = await requestOf(request.id);
    await until(
      async () => (await requestOf(request.id)).now!.refund.amount !== body.amount,
      'the amount to change',
    );
    // Without the instant it is the amount of now, whatever that is.
    expect((await approve(request.id, { reason: 'checked', amount: body.amount })).body.code).toBe(
      'QUOTE_STALE',
    );
    expect(Date.parse(before.now!.asOf)).toBeGreaterThanOrEqual(Date.parse(body.asOf!));
    expectStatus(await approve(request.id, body), 200);
    const refund = await refundOf(request.refundId);
    expect(refund).toMatchObject({
      amount: body.amount,
      calculation: { asOf: body.asOf, rebuilt: { matches: true } },
    });
    expect(await instanceOf(http, id)).toMatchObject({ state: 'isolated' });
  });

  it('M24: an instant from before the last step, of yesterday or of tomorrow is none that was seen', async () => {
    const { id, request } = await held();
    const body = await approvalOf(http, request.id);
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    const stale = await approve(request.id, body);
    expect([stale.status, stale.body.code, stale.body.changes![0]!.field]).toEqual([
      409,
      'QUOTE_STALE',
      'step',
    ]);
    for (const asOf of [hoursAgo(1), hoursAgo(-1)]) {
      const reply = await approve(request.id, { ...body, asOf });
      expect([reply.status, reply.body.code]).toEqual([409, 'QUOTE_EXPIRED']);
    }
    expect((await approve(request.id, { reason: 'checked' })).body.errors).toMatchObject([
      { pointer: '/amount' },
    ]);
    expect((await requestOf(request.id)).status).toBe('in_review');
  });

  const endings: [string, string, (id: string) => Promise<unknown>][] = [
    ['expiry', 'expire', (id) => fastForward(http, id, 'P370D')],
    ['a return that was agreed to before', 'return', async () => undefined],
  ];
  it.each(endings)(
    'M25: a review ends with its instance, and gives the right back: %s',
    async (_, command, ending) => {
      const account = newAccount();
      const id = await register(http, cvmPrepaid({ account }));
      const { id: quoteId } = expectStatus(
        await http.post('/v1/quotes', { action: 'return', instanceIds: [id] }),
        201,
      ).body;
      if (command === 'return') {
        // Agreed to, and not sent yet when the request comes.
        await acceptQuote(service.pool, { quoteId, terminationId: `t_${id}`, by: 'test', via: 'api' });
      }
      const request = expectStatus(
        await http.post('/v1/refund-requests', { instanceId: id, reason: 'not needed' }),
        201,
      ).body;
      await ending(id);
      await until(async () => (await requestOf(request.id)).status === 'denied', 'the review to end');
      const { decision } = await requestOf(request.id);
      expect(decision).toMatchObject({
        by: 'sunset',
        reason: `The instance ended while the request was in review (${command}).`,
      });
      const zh = await http.get(`/v1/refund-requests/${request.id}`, {
        headers: { 'accept-language': 'zh' },
      });
      expect(zh.body.decision!.reason).toBe(`申请审核期间实例已结束（${command}）。`);
      const refund = await refundOf(request.refundId);
      expect(refund).toMatchObject({
        status: 'denied',
        problem: { code: 'REFUND_DENIED', detail: decision!.reason },
      });
      const { fiveDay, ordinary } = (await cvmRights(account))!;
      expect([fiveDay.reserved, ordinary.reserved]).toEqual([0, 0]);
    },
  );
});

describe('undo', () => {
  /**
   * A little less than so many hours ago: what is computed meanwhile rounds to the cent that so many hours
   * cost.
   */
  const nearly = (hours: number): string => new Date(Date.parse(hoursAgo(hours)) + 40_000).toISOString();
  const giveBack = async (id: string) => {
    const [item] = (await end(http, [id], { action: 'return' })).items;
    return await refundOf(item!.refundId!);
  };
  const undo = async (refundId: string) =>
    expectStatus(await http.post(`/v1/refunds/${refundId}/undo`, { reason: 'the wrong one' }), 200).body;
  /** An account whose five-day right is used up: it returns in the ordinary way. */
  async function withoutFiveDay(): Promise<string> {
    const account = newAccount();
    await giveBack(await register(http, cvmPrepaid({ account })));
    return account;
  }

  it('M20: returned on day 10, undone after six days in the bin, returned again: the six days cost nothing (307.16, and a renewal of 1)', async () => {
    const startsAt = nearly(240);
    const renewal = {
      id: 'o2',
      kind: 'renewal',
      startsAt: plusMonths(startsAt, 12),
      endsAt: plusMonths(startsAt, 24),
      paid: { gift: '1' },
    };
    const id = await register(http, cvmPrepaid({ orders: [purchase(startsAt), renewal] }));
    const first = await giveBack(id);
    expect(first.amount).toBe('308.16');
    const { isolatedAt, orders: before } = await instanceOf(http, id);
    await fastForward(http, id, 'P6D');
    await undo(first.id);
    const { orders, expiresAt, clock } = await instanceOf(http, id);
    const moved = Date.parse(orders[0]!.startsAt) - Date.parse(before[0]!.startsAt);
    expect(moved).toBeGreaterThanOrEqual(6 * DAY);
    expect(moved).toBeLessThanOrEqual(Date.parse(clock) - Date.parse(isolatedAt!));
    for (const [index, order] of orders.entries()) {
      const { startsAt: from, endsAt: to } = before[index]!;
      expect(Date.parse(order.startsAt) - Date.parse(from)).toBe(moved);
      expect(Date.parse(order.endsAt) - Date.parse(to)).toBe(moved);
      expect(order.movedFrom).toEqual([{ startsAt: from, endsAt: to, at: expect.any(String) }]);
    }
    expect(expiresAt).toBe(orders[1]!.endsAt);
    const second = await giveBack(id);
    expect(second.amount).toBe('308.16');
    // The undone one still says what it was computed from, and comes to the same.
    expect((await refundOf(first.id)).calculation).toMatchObject({
      orders: [{ startsAt }, {}],
      rebuilt: { matches: true },
    });
    // Undone twice, it has moved twice.
    await fastForward(http, id, 'P1D');
    await undo(second.id);
    expect((await instanceOf(http, id)).orders[0]!.movedFrom!.map((one) => one.startsAt)).toEqual([
      startsAt,
      orders[0]!.startsAt,
    ]);
    expect((await giveBack(id)).amount).toBe('308.16');
  });

  it('M20: with three days left and five days in the bin, three days are left, and can be returned', async () => {
    const startsAt = nearly(24 * 27);
    const endsAt = new Date(Date.parse(startsAt) + 30 * DAY).toISOString();
    const id = await register(http, cvmPrepaid({ orders: [purchase(startsAt, { months: 1, endsAt })] }));
    const first = await giveBack(id);
    expect(first.amount).toBe('135.80');
    await fastForward(http, id, 'P5D');
    await undo(first.id);
    const back = await instanceOf(http, id);
    expect(back.orders[0]!.status).toBe('in-force');
    expect(Date.parse(back.expiresAt!) - Date.parse(back.clock)).toBeGreaterThan(3 * DAY);
    const second = await giveBack(id);
    expect(second.amount).toBe('135.80');
    await undo(second.id);
    await fastForward(http, id, 'P4D');
    expect(await instanceOf(http, id)).toMatchObject({ state: 'isolated' });
  });

  it('M20: a five-day return on day 4.9, undone a day later, is one again', async () => {
    const account = newAccount();
    const id = await register(http, cvmPrepaid({ account, orders: [purchase(hoursAgo(24 * 4.9))] }));
    const first = await giveBack(id);
    expect(first).toMatchObject({ kind: 'five-day', amount: '407.96' });
    await fastForward(http, id, 'P1D');
    await undo(first.id);
    expect(await giveBack(id)).toMatchObject({ kind: 'five-day', amount: '407.96' });
  });

  it('M20: the network’s switch moves along: what it cost stays what it was', async () => {
    const network = { billing: 'traffic', hour: '1', switchedToTrafficAt: nearly(230) };
    const startsAt = nearly(240);
    const id = await register(
      http,
      cvmPrepaid({ account: await withoutFiveDay(), network, orders: [purchase(startsAt)] }),
    );
    const first = await giveBack(id);
    expect(first.amount).toBe('297.16');
    await fastForward(http, id, 'P6D');
    await undo(first.id);
    expect((await giveBack(id)).amount).toBe('297.16');
  });

  it('M20, M22: what an undo has moved is renewed from where it ends now', async () => {
    const startsAt = hoursAgo(24 * 20);
    const id = await register(
      http,
      cvmPrepaid({ orders: [purchase(startsAt, { months: 1, endsAt: plusMonths(startsAt, 1) })] }),
    );
    const first = await giveBack(id);
    await fastForward(http, id, 'P6D');
    await undo(first.id);
    const { expiresAt } = await instanceOf(http, id);
    const { orders } = await renew(id, 1);
    expect(orders.at(-1)!.startsAt).toBe(expiresAt);
    const renewed = await renew(id, 1);
    expect(dayOf(renewed.expiresAt!).slice(8)).toBe(dayOf(orders.at(-1)!.endsAt).slice(8));
  });
});

describe('prices', () => {
  const PRICES = { version: '2027-01', currency: 'CNY', month: '100', hour: '1', discounts: [] };
  const order = (id: string, body: Fields) => http.post(`/v1/instances/${id}/orders`, body);
  const put = (id: string, prices: Fields) => http.put(`/v1/instances/${id}/prices`, prices);
  /** An account with money, and a living instance of it beyond its five days. */
  async function rich(more: Fields = {}): Promise<{ id: string; account: string }> {
    const account = newAccount();
    const big = purchase(hoursAgo(1), { paid: { cash: '99999' } });
    await end(http, [await register(http, cvmPrepaid({ account, orders: [big] }))], { action: 'return' });
    return { account, id: await register(http, cvmPrepaid({ account, ...more }, hoursAgo(24 * 10))) };
  }
  /** What Sunset asks for a renewal of a month. */
  async function priceOf(id: string, account: string): Promise<number> {
    const cash = async () => Number((await accountOf(account)).balances[0]!.cash);
    const before = await cash();
    expectStatus(await order(id, { kind: 'renewal', months: 1 }), 200);
    return before - (await cash());
  }

  it('M23: an upgrade of 500 with its prices, then a renewal: sold at the new ones; what was bought before keeps its own', async () => {
    const { id, account } = await rich();
    expect(await priceOf(id, account)).toBeCloseTo(51, 2);
    expectStatus(await order(id, { kind: 'upgrade', paid: { cash: '500' }, prices: PRICES }), 200);
    expect(await priceOf(id, account)).toBeCloseTo(100, 2);
    const { orders, prices } = await instanceOf(http, id);
    expect(prices!.version).toBe('2026-11');
    expect(orders.map((one) => one.prices?.version ?? null)).toEqual([null, null, '2027-01', '2027-01']);
    // The first renewal is in force: its months and hours are those that it was sold at.
    await fastForward(http, id, 'P360D');
    const { refund } = expectStatus(
      await http.post('/v1/quotes', { action: 'return', instanceIds: [id] }),
      201,
    ).body.items[0]!;
    expect(refund.lines!.find(({ formula }) => / h × |3600 × /.test(formula))!.formula).toMatch(/× 0\.42$/);
  });

  it('M23: a snapshot that is put counts for later renewals only, and each is newer than the one before', async () => {
    const { id, account } = await rich();
    const before = (await instanceOf(http, id)).step;
    expect(expectStatus(await put(id, PRICES), 200).body.priceChanges).toMatchObject([{ prices: PRICES }]);
    expect(await priceOf(id, account)).toBeCloseTo(100, 2);
    expectStatus(
      await order(id, {
        kind: 'upgrade',
        paid: { cash: '1' },
        prices: { ...PRICES, version: 'up', month: '200' },
      }),
      200,
    );
    expect(await priceOf(id, account)).toBeCloseTo(200, 2);
    const again = expectStatus(await put(id, { ...PRICES, version: 'last', month: '300' }), 200).body;
    expect(expectStatus(await put(id, { ...PRICES, version: 'last', month: '300' }), 200).body.step).toBe(
      again.step,
    );
    expect(await priceOf(id, account)).toBeCloseTo(300, 2);
    expect(again.step).toBe(before + 5);
    const { items } = (await http.get(`/v1/instances/${id}/timeline`)).body;
    expect(items.map(({ command }) => command)).toEqual([
      'register',
      'put-prices',
      'amend',
      'amend',
      'amend',
      'put-prices',
      'amend',
    ]);
    // What is paid back goes by the prices that were paid.
    const { refund } = expectStatus(
      await http.post('/v1/quotes', { action: 'return', instanceIds: [id] }),
      201,
    ).body.items[0]!;
    expect(refund.lines!.some(({ formula }) => /× 0\.42$/.test(formula))).toBe(true);
  });

  it('M23: a registered renewal’s own prices are not forgotten by the next, and a restore is priced by the newest too', async () => {
    const startsAt = hoursAgo(24 * 10);
    const [from, to] = [plusMonths(startsAt, 12), plusMonths(startsAt, 24)];
    const renewal = {
      id: 'o2',
      kind: 'renewal',
      startsAt: from,
      endsAt: to,
      paid: { cash: '1' },
      prices: PRICES,
    };
    const { id, account } = await rich({ orders: [purchase(startsAt), renewal] });
    expect(await priceOf(id, account)).toBeCloseTo(100, 2);
    await end(http, [id], { action: 'return' });
    expectStatus(await put(id, { ...PRICES, version: 'bin', month: '70' }), 200);
    const before = Number((await accountOf(account)).balances[0]!.cash);
    expectStatus(await http.post(`/v1/instances/${id}/restore`, { renewal: { months: 1 } }), 200);
    expect(before - Number((await accountOf(account)).balances[0]!.cash)).toBeCloseTo(70, 2);
  });

  it('M23: prices are held to what a registration’s are held to', async () => {
    const { id } = await rich();
    const { hour: _, ...hourless } = PRICES;
    const twice = [
      { months: 6, rate: '0.9' },
      { months: 6, rate: '0.8' },
    ];
    const wrong: [Fields, string, string][] = [
      [hourless, '/hour', 'PRICE_REQUIRED'],
      [{ ...PRICES, currency: 'JPY' }, '/currency', 'OTHER_CURRENCY'],
      [{ ...PRICES, discounts: twice }, '/discounts/1/months', 'DUPLICATE'],
      [{ ...PRICES, month: '-1' }, '/month', 'NOT_MONEY'],
    ];
    for (const [prices, pointer, code] of wrong) {
      const upgrade = await order(id, { kind: 'upgrade', paid: { cash: '1' }, prices });
      for (const [reply, at] of [
        [await put(id, prices), pointer],
        [upgrade, `/prices${pointer}`],
      ] as const) {
        expect(reply).toMatchObject({ status: 400, body: { errors: [{ pointer: at, code }] } });
      }
    }
    expect((await order(id, { kind: 'renewal', months: 1, prices: PRICES })).body.errors![0]).toMatchObject({
      code: 'UNKNOWN_FIELD',
    });
    const used = await put(id, { ...PRICES, version: '2026-11' });
    expect([used.status, used.body.code]).toEqual([409, 'PRICE_VERSION_USED']);
    expect((await instanceOf(http, id)).step).toBe(0);
  });
});

describe('renewals that are chosen', () => {
  /** A purchase in force, and three renewals of a month after it. */
  async function renewedThrice(): Promise<{ id: string; account: string; ids: string[] }> {
    const account = newAccount();
    const id = await register(http, cvmPrepaid({ account }));
    for (const cash of ['10', '20', '30']) await renew(id, 1, { paid: { cash } });
    const { orders } = await instanceOf(http, id);
    return { id, account, ids: orders.slice(1).map((order) => order.id) };
  }
  const ask = (id: string, orderIds: string[]) =>
    http.post('/v1/quotes', { action: 'return-renewals', instanceIds: [id], orderIds });

  it('M16, M18: come back alone, the last ones of the chain; the instance runs on to the end of what is left', async () => {
    const { id, account, ids } = await renewedThrice();
    const { orders } = await instanceOf(http, id);
    const quoted = expectStatus(await ask(id, ids.slice(1)), 201).body;
    expect(quoted.items[0]!.refund).toMatchObject({ amount: '50.00' });
    const agreed = await http.post('/v1/terminations', { quoteId: quoted.id, agree: true });
    const { items } = await settled(http, expectStatus(agreed, 202).body.id);
    expect(items[0]).toMatchObject({ status: 'done' });
    const after = await instanceOf(http, id);
    expect(after.orders.map(({ status }) => status)).toEqual(['in-force', 'future', 'closed', 'closed']);
    expect(after.expiresAt).toBe(orders[1]!.endsAt);
    expect((await accountOf(account)).balances).toMatchObject([{ cash: '50.00' }]);
    expect((await refundOf(items[0]!.refundId!)).calculation.rebuilt).toMatchObject({
      amount: '50.00',
      matches: true,
    });
    const rest = expectStatus(
      await http.post('/v1/quotes', { action: 'return-renewals', instanceIds: [id] }),
      201,
    ).body;
    expect(rest.items[0]!.refund.amount).toBe('10.00');
  });

  it('what can’t come back is named: unknown ones, the purchase, a gap, and where choosing makes no sense', async () => {
    const { id, ids } = await renewedThrice();
    const errorsOf = ({ status, body }: Reply): unknown[] => [
      status,
      ...body.errors!.map(({ pointer, code }) => `${pointer} ${code}`),
    ];
    expect(errorsOf(await ask(id, ['nothing', 'o1', ids[2]!]))).toEqual([
      400,
      '/orderIds/0 UNKNOWN_ORDER',
      '/orderIds/1 NOT_RETURNABLE',
    ]);
    expect(errorsOf(await ask(id, [ids[0]!, ids[2]!]))).toEqual([400, '/orderIds/0 LEAVES_GAP']);
    const whole = await http.post('/v1/quotes', { action: 'return', instanceIds: [id], orderIds: [ids[2]] });
    expect(errorsOf(whole)).toEqual([400, '/orderIds ONLY_RENEWALS']);
    const two = await http.post('/v1/quotes', {
      action: 'return-renewals',
      instanceIds: [id, 'x'],
      orderIds: [ids[2]],
    });
    expect(errorsOf(two)).toEqual([400, '/orderIds ONE_INSTANCE_ONLY']);
    const asked = await http.post('/v1/refund-requests', { instanceId: id, orderIds: [ids[2]], reason: 'r' });
    expect(errorsOf(asked)).toEqual([400, '/orderIds ONLY_RENEWALS']);
  });

  it('a choice that was returned meanwhile makes its quote stale, and a request keeps its choice to the approval', async () => {
    const { id, ids } = await renewedThrice();
    const { id: quoteId } = expectStatus(await ask(id, [ids[2]!]), 201).body;
    expectStatus(await http.put(`/v1/instances/${id}/hold`, { hold: true, reason: 'resale?' }), 200);
    const body = { instanceId: id, action: 'return-renewals', orderIds: [ids[2]], reason: 'too long' };
    const request = expectStatus(await http.post('/v1/refund-requests', body), 201).body;
    expect(request).toMatchObject({
      orderIds: [ids[2]],
      preview: { refund: { amount: '30.00' } },
      now: { refund: { amount: '30.00' } },
    });
    const approved = await approver.post(
      `/v1/refund-requests/${request.id}/approve`,
      await approvalOf(http, request.id),
    );
    expect(expectStatus(approved, 200).body.status).toBe('done');
    expect((await instanceOf(http, id)).orders.map(({ status }) => status)).toEqual([
      'in-force',
      'future',
      'future',
      'closed',
    ]);
    const late = await http.post('/v1/terminations', { quoteId, agree: true });
    expect([late.status, late.body.code]).toEqual([409, 'QUOTE_STALE']);
  });
});
