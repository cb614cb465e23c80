/** Money over the life of an instance, each with the smallest input that once went wrong (M20–M25). */
import { audit } from '../../store/audit';
import type { Body, Http } from '../support/http';
import { as } from '../support/keys';
import {
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  fastForward,
  hoursAgo,
  instanceOf,
  jdPrepaid,
  newAccount,
  plusMonths,
  purchase,
  register,
  until,
} from '../support/lives';
import { approvalOf } from '../support/review';
import { type ServiceUnderTest, startService } from '../support/service';

let service: ServiceUnderTest;
let http: Http;
let approver: Http;
beforeAll(async () => {
  service = await startService();
  http = service.http;
  approver = await as(http, { account: null, name: 'approver', permissions: ['refund:approve', 'read'] });
});
afterAll(async () => {
  const { checks } = await audit(service.pool);
  await service.stop();
  expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
});

const HOUR = DAY / 24;
const day = (text: string): string => `${text}T00:00:00+08:00`;
const dayOf = (instant: string): string => new Date(Date.parse(instant) + 8 * HOUR).toISOString().slice(0, 10);
const refundOf = async (id: string): Promise<Body> => expectStatus(await http.get(`/v1/refunds/${id}`), 200).body;
const renew = async (id: string, months: number, more: Body = {}): Promise<Body> =>
  expectStatus(await http.post(`/v1/instances/${id}/orders`, { kind: 'renewal', months, paid: { cash: '51' }, ...more }), 200).body;
const accountOf = async (account: string): Promise<Body> => expectStatus(await http.get(`/v1/accounts/${account}`), 200).body;
const cvmRights = async (account: string): Promise<Body> =>
  (await accountOf(account)).rights.find(({ product }: Body) => product === 'tencent-cvm');

describe('renewals', () => {
  const monthEnd = (): Body =>
    cvmPrepaid({ orders: [purchase(day('2026-10-31'), { months: 1, endsAt: day('2026-11-30'), startsAt: day('2026-10-31') })] });

  it('M22: twelve of one month end where one of twelve ends, from the last of a month', async () => {
    const [monthly, yearly] = await Promise.all([register(http, monthEnd()), register(http, monthEnd())]);
    const ends: string[] = [];
    for (let month = 0; month < 12; month += 1) ends.push(dayOf((await renew(monthly, 1)).expiresAt));
    expect(ends.slice(0, 4)).toEqual(['2026-12-31', '2027-01-31', '2027-02-28', '2027-03-31']);
    expect(ends.at(-1)).toBe('2027-11-30');
    expect(dayOf((await renew(yearly, 12)).expiresAt)).toBe('2027-11-30');
  });

  it('M22: after the end of a JD instance a new chain starts now', async () => {
    const startsAt = hoursAgo(24 * 20);
    const id = await register(http, jdPrepaid({ orders: [purchase(startsAt, { months: 1, endsAt: plusMonths(startsAt, 1) })] }));
    await fastForward(http, id, 'P40D');
    const { orders } = await renew(id, 1);
    const { startsAt: from, endsAt: to } = orders.at(-1);
    expect(Date.parse(from)).toBeGreaterThan(Date.parse(plusMonths(startsAt, 1)));
    expect((await renew(id, 1)).orders.at(-1).startsAt).toBe(to);
  });
});

describe('approvals', () => {
  const held = async (account = newAccount(), more: Body = {}): Promise<{ id: string; account: string; request: Body }> => {
    const id = await register(http, cvmPrepaid({ account, ...more }));
    expectStatus(await http.put(`/v1/instances/${id}/hold`, { hold: true, reason: 'resale?' }), 200);
    const asked = await http.post('/v1/refund-requests', { instanceId: id, reason: 'not needed' });
    return { id, account, request: expectStatus(asked, 201).body };
  };
  const approve = (requestId: string, body: Body) => approver.post(`/v1/refund-requests/${requestId}/approve`, body);
  const requestOf = async (id: string): Promise<Body> => expectStatus(await http.get(`/v1/refund-requests/${id}`), 200).body;

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
        changes: [{ instanceId: id, field: 'refund.amount', old: '305.97', new: '5305.97', difference: '5000.00' }],
      },
    });
    const seen = await requestOf(request.id);
    expect([seen.status, seen.preview.refund.amount, seen.now.refund.amount]).toEqual(['in_review', '305.97', '5305.97']);
    expect(expectStatus(await approve(request.id, { reason: 'checked', amount: '5305.970' }), 200).body).toMatchObject({ now: null });
    expect((await refundOf(request.refundId)).amount).toBe('5305.97');
  });

  it('M24: an amount that goes by the second holds as of the instant at which it was seen', async () => {
    const prices = { version: 'v', currency: 'CNY', month: '51000', hour: '420' };
    const orders = [purchase(hoursAgo(24 * 6), { paid: { cash: '407960' } })];
    const { id, request } = await held(newAccount(), { prices, orders });
    const body = await approvalOf(http, request.id);
    const before = await requestOf(request.id);
    await until(async () => (await requestOf(request.id)).now.refund.amount !== body.amount, 'the amount to change');
    // Without the instant it is the amount of now, whatever that is.
    expect((await approve(request.id, { reason: 'checked', amount: body.amount })).body.code).toBe('QUOTE_STALE');
    expect(Date.parse(before.now.asOf)).toBeGreaterThanOrEqual(Date.parse(body.asOf));
    expectStatus(await approve(request.id, body), 200);
    const refund = await refundOf(request.refundId);
    expect(refund).toMatchObject({ amount: body.amount, calculation: { asOf: body.asOf, rebuilt: { matches: true } } });
    expect(await instanceOf(http, id)).toMatchObject({ state: 'isolated' });
  });

  it('M24: an instant from before the last step, of yesterday or of tomorrow is none that was seen', async () => {
    const { id, request } = await held();
    const body = await approvalOf(http, request.id);
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    const stale = await approve(request.id, body);
    expect([stale.status, stale.body.code, stale.body.changes[0].field]).toEqual([409, 'QUOTE_STALE', 'step']);
    for (const asOf of [hoursAgo(1), hoursAgo(-1)]) {
      const reply = await approve(request.id, { ...body, asOf });
      expect([reply.status, reply.body.code]).toEqual([409, 'QUOTE_EXPIRED']);
    }
    expect((await approve(request.id, { reason: 'checked' })).body.errors).toMatchObject([{ pointer: '/amount' }]);
    expect((await requestOf(request.id)).status).toBe('in_review');
  });

  const endings: [string, string, (id: string) => Promise<unknown>][] = [
    ['expiry', 'expire', (id) => fastForward(http, id, 'P370D')],
    ['a return that was agreed to before', 'return', async () => undefined],
  ];
  it.each(endings)('M25: a review ends with its instance, and gives the right back: %s', async (_, command, ending) => {
    const account = newAccount();
    const id = await register(http, cvmPrepaid({ account }));
    const { id: quoteId } = expectStatus(await http.post('/v1/quotes', { action: 'return', instanceIds: [id] }), 201).body;
    if (command === 'return') {
      // Agreed to, and not carried out yet: the worker is busy when the request comes.
      const { acceptQuote } = await import('../../store/acceptance');
      await acceptQuote(service.pool, { quoteId, terminationId: `t_${id}`, by: 'test', via: 'api' });
    }
    const request = expectStatus(await http.post('/v1/refund-requests', { instanceId: id, reason: 'not needed' }), 201).body;
    await ending(id);
    await until(async () => (await requestOf(request.id)).status === 'denied', 'the review to end');
    const { decision } = await requestOf(request.id);
    expect(decision).toMatchObject({ by: 'sunset', reason: `The instance ended while the request was in review (${command}).` });
    const zh = await http.get(`/v1/refund-requests/${request.id}`, { headers: { 'accept-language': 'zh' } });
    expect(zh.body.decision.reason).toBe(`申请审核期间实例已结束（${command}）。`);
    const refund = await refundOf(request.refundId);
    expect(refund).toMatchObject({ status: 'denied', problem: { code: 'REFUND_DENIED', detail: decision.reason } });
    const { fiveDay, ordinary } = await cvmRights(account);
    expect([fiveDay.reserved, ordinary.reserved]).toEqual([0, 0]);
  });
});

void end;
