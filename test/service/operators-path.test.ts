/**
 * The operator's path (E5, M11): refund requests, holds, amounts above the threshold; undo; renewal-only
 * refunds; network and usage.
 */

import { randomUUID } from 'node:crypto';
import { POLICIES } from '../../policies';
import { type Approval, approveRequest } from '../../store/agreements/refund-requests';
import type { Instance } from '../support/answered';
import type { Http } from '../support/http';
import {
  cvmPostpaid,
  cvmPrepaid,
  end,
  expectStatus,
  fastForward,
  hoursAgo,
  instanceOf,
  newAccount,
  plusMonths,
  purchase,
  quote,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { approvalOf } from '../support/review';
import { auditAtEnd, startService, useService } from '../support/service';

const { service, http } = useService({}, auditAtEnd);
/** A second person: requests of the operator are decided by her. */
let approver: Http;

beforeAll(async () => {
  const made = await http.post('/v1/keys', {
    account: null,
    name: 'approver',
    permissions: ['refund:approve', 'read'],
  });
  approver = http.as(expectStatus(made, 201).body.key);
});

const balancesOf = async (account: string) =>
  expectStatus(await http.get(`/v1/accounts/${account}`), 200).body.balances;
const ordinaryOf = async (account: string) =>
  expectStatus(await http.get(`/v1/accounts/${account}`), 200).body.rights.find(
    ({ product }) => product === 'tencent-cvm',
  )!.ordinary;
const refundOf = async (id: string) => expectStatus(await http.get(`/v1/refunds/${id}`), 200).body;

const longAgo = hoursAgo(24 * 40);
const promotion = { channel: 'promotion', paid: { cash: '407.96', gift: '0', income: '0', voucher: '100' } };

/** A promotion order beyond its five days: ordinary, one whole month and ten days used. */
async function promoted(account = newAccount()): Promise<{ id: string; account: string }> {
  const id = await register(http, cvmPrepaid({ account, orders: [purchase(longAgo, promotion)] }));
  return { id, account };
}

async function ask(instanceId: string, reason = 'bought by mistake') {
  return expectStatus(await http.post('/v1/refund-requests', { instanceId, reason }), 201).body;
}
const approve = async (id: string, by = approver) =>
  by.post(`/v1/refund-requests/${id}/approve`, await approvalOf(http, id));
const deny = (id: string, by = approver) =>
  by.post(`/v1/refund-requests/${id}/deny`, { reason: 'resold goods' });

describe('refund requests', () => {
  it('001-16, M11: a promotion order is refused by self-service, previewed with its fee, approved by another, paid less the fee', async () => {
    const { id, account } = await promoted();
    const [item] = (await quote(http, [id], { action: 'return' })).items;
    expect(item!.blockers.map(({ code }) => code)).toEqual(['PROMOTION_CHANNEL']);

    const request = await ask(id);
    expect(request).toMatchObject({
      instanceId: id,
      account,
      status: 'in_review',
      requestedBy: 'operator',
      decision: null,
    });
    expect(request.preview.refund).toMatchObject({ kind: 'ordinary', fee: '101.99' });
    const inReview = await refundOf(request.refundId);
    expect(inReview).toMatchObject({
      status: 'in_review',
      terminationId: null,
      entries: [],
      review: { requestId: request.id, decision: null },
    });
    expect(inReview.problem).toMatchObject({ code: 'APPROVAL_REQUIRED' });
    expect(await instanceOf(http, id)).toMatchObject({ state: 'running' });
    expect(await ordinaryOf(account)).toMatchObject({ used: 0, reserved: 1, left: 2 });

    const approved = expectStatus(await approve(request.id), 200).body;
    expect(approved).toMatchObject({ id: request.id, status: 'done', refundId: request.refundId });
    expect(approved.decision).toMatchObject({ by: 'operator:approver', reason: 'checked' });
    const refund = await refundOf(request.refundId);
    expect(refund).toMatchObject({
      status: 'done',
      fee: '101.99',
      problem: null,
      calculation: { assisted: true, rebuilt: { matches: true } },
    });
    expect(refund.progress.map(({ status }) => status)).toEqual([
      'in_review',
      'requested',
      'isolating',
      'booked',
      'done',
    ]);
    expect(await balancesOf(account)).toEqual([
      { currency: 'CNY', cash: refund.amount, gift: '0.00', income: '0.00' },
    ]);
    expect(refund.entries).toContainEqual(expect.objectContaining({ destination: 'fees', amount: '101.99' }));
    expect(await instanceOf(http, id)).toMatchObject({ state: 'isolated' });
    expect(await ordinaryOf(account)).toMatchObject({ used: 1, reserved: 0, left: 2 });
    const { agreedVia } = expectStatus(await http.get(`/v1/terminations/${refund.terminationId}`), 200).body;
    expect(agreedVia).toBe('refund-request');
  });

  it('nobody decides on an own request, and nobody decides twice', async () => {
    const { id } = await promoted();
    const request = await ask(id);
    for (const decide of [approve, deny]) {
      const { status, body } = await decide(request.id, http);
      expect([status, body.code]).toEqual([403, 'SELF_APPROVAL']);
    }
    expectStatus(await deny(request.id), 200);
    for (const decide of [approve, deny]) {
      const { status, body } = await decide(request.id, http.as(await keyNamed('another')));
      expect([status, body.code]).toEqual([409, 'NOT_IN_REVIEW']);
    }
  });

  it('E5: a denial gives the right back, and says why', async () => {
    const { id, account } = await promoted();
    const request = await ask(id);
    expect(expectStatus(await deny(request.id), 200).body).toMatchObject({
      status: 'denied',
      decision: { reason: 'resold goods' },
    });
    const refund = await refundOf(request.refundId);
    expect(refund).toMatchObject({
      status: 'denied',
      terminationId: null,
      entries: [],
      problem: { code: 'REFUND_DENIED' },
    });
    expect(refund.problem!.detail).toContain('resold goods');
    expect(await ordinaryOf(account)).toMatchObject({ used: 0, reserved: 0, left: 3 });
    expect(await instanceOf(http, id)).toMatchObject({ state: 'running' });
    expect((await ask(id)).id).not.toBe(request.id);
  });

  it('E5: the quota is held in review: what others find is less, and the last one is refused', async () => {
    const account = newAccount();
    const ids = [];
    for (let n = 0; n < 4; n += 1) ids.push((await promoted(account)).id);
    for (const id of ids.slice(0, 3)) await ask(id);
    const { status, body } = await http.post('/v1/refund-requests', {
      instanceId: ids[3],
      reason: 'a fourth',
    });
    expect([status, body.code]).toEqual([409, 'QUOTA_USED']);
  });

  it('E5: the amount is computed at the approval: a five-day return that waited too long is an ordinary one', async () => {
    const account = newAccount();
    const startsAt = hoursAgo(119);
    const id = await register(http, cvmPrepaid({ account, orders: [purchase(startsAt, promotion)] }));
    const request = await ask(id);
    expect(request.preview.refund).toMatchObject({ kind: 'five-day', amount: '305.97' });
    await fastForward(http, id, 'PT2H');
    const approved = expectStatus(await approve(request.id), 200).body;
    expect(approved.status).toBe('done');
    const refund = await refundOf(request.refundId);
    expect(refund).toMatchObject({ kind: 'ordinary', status: 'done' });
    // 121 h and some seconds at 0.42, less the fee of 101.99: 407.96 − 50.82 − 101.99, and what the seconds
    // took.
    expect(Number(refund.amount)).toBeGreaterThan(254);
    expect(Number(refund.amount)).toBeLessThanOrEqual(255.15);
    expect(await ordinaryOf(account)).toMatchObject({ used: 1, reserved: 0 });
  });

  it('an approval that has become impossible answers why, changes nothing, and can still be denied', async () => {
    const { id } = await promoted();
    const request = await ask(id);
    expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'audit' }), 200);
    const { status, body } = await approve(request.id);
    expect([status, body.code]).toEqual([409, 'PROTECTED']);
    expect((await refundOf(request.refundId)).status).toBe('in_review');
    expect(expectStatus(await deny(request.id), 200).body.status).toBe('denied');
  });

  it('one request at a time; approved and denied at once, one of them wins', async () => {
    const { id } = await promoted();
    const request = await ask(id);
    const again = await http.post('/v1/refund-requests', { instanceId: id, reason: 'again' });
    expect([again.status, again.body.code]).toEqual([409, 'IN_REVIEW']);
    const answers = await Promise.all([
      approve(request.id),
      deny(request.id),
      approve(request.id),
      deny(request.id),
    ]);
    const decided = answers.filter(({ status }) => status === 200).map(({ body }) => body.decision!.reason);
    // The same decision by the same person again is answered with it; the other one is refused.
    expect(new Set(decided).size).toBe(1);
    expect(
      answers.filter(({ status }) => status === 409).every(({ body }) => body.code === 'NOT_IN_REVIEW'),
    ).toBe(true);
  });

  it('an approval whose sender died is carried out by the worker', async () => {
    const { id } = await promoted();
    const { id: requestId, refundId } = await ask(id);
    const decision = {
      id: requestId,
      by: 'somebody else',
      ...(await approvalOf(http, requestId)),
      holdsSeconds: 900,
    };
    await approveRequest(service.pool, decision as Approval, (row) => row.policy);
    expect((await refundOf(refundId)).status).toBe('requested');
    await until(async () => (await refundOf(refundId)).status === 'done', 'the sweep to send it');
  });

  it('its preview can’t be confirmed as a quote', async () => {
    const { id } = await promoted();
    const { quoteId } = await refundOf((await ask(id)).refundId);
    const { status, body } = await http.post('/v1/terminations', { quoteId, agree: true });
    expect([status, body.code]).toEqual([409, 'QUOTE_USED']);
  });
});

async function keyNamed(name: string): Promise<string> {
  const permissions = ['refund:approve', 'read'];
  return expectStatus(await http.post('/v1/keys', { account: null, name, permissions }), 201).body.key;
}

describe('holds and thresholds', () => {
  const hold = (id: string, on: boolean) =>
    http.put(`/v1/instances/${id}/hold`, { hold: on, reason: 'looks like resale' });

  it('E5: an instance on hold needs approval; lifted, it returns by itself', async () => {
    const id = await register(http, cvmPrepaid());
    expect(expectStatus(await hold(id, true), 200).body.hold).toMatchObject({
      reason: 'looks like resale',
      by: 'operator',
    });
    const [item] = (await quote(http, [id], { action: 'return' })).items;
    expect(item!.blockers.map(({ code }) => code)).toEqual(['APPROVAL_REQUIRED']);
    expect((await ask(id)).preview).toMatchObject({
      permitted: true,
      refund: { kind: 'five-day', fee: '0.00' },
    });
    expect(expectStatus(await hold(id, false), 200).body.hold).toBeNull();
  });

  it('E5: while a request waits, the instance can’t be returned past it', async () => {
    const id = await register(http, cvmPrepaid());
    await hold(id, true);
    const { id: requestId } = await ask(id);
    await hold(id, false);
    const blockersOf = async (): Promise<string[]> =>
      (await quote(http, [id], { action: 'return' })).items[0]!.blockers.map(({ code }) => code);
    expect(await blockersOf()).toEqual(['IN_REVIEW']);
    await deny(requestId);
    expect(await blockersOf()).toEqual([]);
  });

  it('E5: a hold that comes after the quote makes it stale', async () => {
    const id = await register(http, cvmPrepaid());
    const { id: quoteId } = await quote(http, [id], { action: 'return' });
    await hold(id, true);
    const { status, body } = await http.post('/v1/terminations', { quoteId, agree: true });
    expect([status, body.code]).toEqual([409, 'QUOTE_STALE']);
    expect(body.changes).toContainEqual(
      expect.objectContaining({ field: 'blockers', new: 'APPROVAL_REQUIRED' }),
    );
  });

  it('E5: amounts above the policy’s threshold need approval', async () => {
    const policies = POLICIES.map((policy) => ({
      ...policy,
      knobs: { ...policy.knobs, approvalThreshold: { CNY: '400' } },
    }));
    const strict = await startService({ policies });
    try {
      const id = await register(strict.http, cvmPrepaid());
      const [item] = (await quote(strict.http, [id], { action: 'return' })).items;
      expect(item!.blockers.map(({ code }) => code)).toEqual(['APPROVAL_REQUIRED']);
      const request = expectStatus(
        await strict.http.post('/v1/refund-requests', { instanceId: id, reason: 'moving house' }),
        201,
      ).body;
      const made = await strict.http.post('/v1/keys', {
        account: null,
        name: 'chief',
        permissions: ['refund:approve', 'read'],
      });
      const done = await strict.http
        .as(expectStatus(made, 201).body.key)
        .post(`/v1/refund-requests/${request.id}/approve`, await approvalOf(strict.http, request.id, 'ok'));
      expect(expectStatus(done, 200).body.status).toBe('done');
    } finally {
      await strict.stop();
    }
  });

  it('M18: the threshold counts what was paid back before: a split passes no further than the whole; a restore begins anew', async () => {
    const policies = POLICIES.map((policy) => ({
      ...policy,
      knobs: { ...policy.knobs, approvalThreshold: { CNY: '600' } },
    }));
    const strict = await startService({ policies });
    try {
      const account = newAccount();
      const id = await register(strict.http, cvmPrepaid({ account }));
      const renew = async (): Promise<void> => {
        const body = { kind: 'renewal', months: 12, paid: { cash: '507.96' } };
        expectStatus(await strict.http.post(`/v1/instances/${id}/orders`, body), 200);
      };
      const blockersOf = async (action: 'return' | 'return-renewals'): Promise<string[]> =>
        (await quote(strict.http, [id], { action })).items[0]!.blockers.map(({ code }) => code);
      await renew();
      expect(await blockersOf('return')).toEqual(['APPROVAL_REQUIRED']);
      const whole = await quote(strict.http, [id], { action: 'return-renewals' });
      await end(strict.http, [id], { action: 'return-renewals' });
      // 507.96 was paid back: 407.96 or 387.80 more are above 600 together.
      expect(await blockersOf('return')).toEqual(['APPROVAL_REQUIRED']);
      await renew();
      expect(await blockersOf('return-renewals')).toEqual(['APPROVAL_REQUIRED']);
      // The confirmation asks the same again.
      const late = await strict.http.post('/v1/terminations', { quoteId: whole.id, agree: true });
      expect([late.status, late.body.code]).toEqual([409, 'QUOTE_STALE']);
      expect(late.body.changes).toContainEqual(
        expect.objectContaining({ field: 'blockers', new: 'APPROVAL_REQUIRED' }),
      );

      const made = await strict.http.post('/v1/keys', {
        account: null,
        name: 'chief',
        permissions: ['refund:approve', 'read'],
      });
      const chief = strict.http.as(expectStatus(made, 201).body.key);
      const asked = expectStatus(
        await strict.http.post('/v1/refund-requests', { instanceId: id, reason: 'moving house' }),
        201,
      ).body;
      const approval = await approvalOf(strict.http, asked.id);
      expectStatus(await chief.post(`/v1/refund-requests/${asked.id}/approve`, approval), 200);
      const renewal = { months: 12, paid: { cash: '507.96' } };
      expectStatus(await strict.http.post(`/v1/instances/${id}/restore`, { renewal }), 200);
      expect(await blockersOf('return')).toEqual([]);
    } finally {
      await strict.stop();
    }
  });
});

describe('undoing a return', () => {
  const undo = (refundId: string, key?: string) =>
    http.post(`/v1/refunds/${refundId}/undo`, { reason: 'wrong instance' }, key === undefined ? {} : { key });

  async function returned(
    more = {},
  ): Promise<{ id: string; account: string; refundId: string; before: Instance }> {
    const account = newAccount();
    const id = await register(http, cvmPrepaid({ account, ...more }));
    const before = await instanceOf(http, id);
    const [item] = (await end(http, [id], { action: 'return' })).items;
    return { id, account, refundId: item!.refundId!, before };
  }

  it('reversing entries, right back, orders and expiry as before; the statement tells', async () => {
    const { id, account, refundId, before } = await returned();
    const paid = await refundOf(refundId);
    const reversed = expectStatus(await undo(refundId), 200).body;
    expect(reversed).toMatchObject({
      status: 'reversed',
      amount: '407.96',
      reversal: { reason: 'wrong instance', by: 'operator' },
    });
    const [first, second] = [paid.entries, reversed.entries.slice(paid.entries.length)];
    expect(second).toEqual(
      first.map(({ source, destination, ...rest }) => ({
        ...rest,
        source: destination,
        destination: source,
        transactionId: reversed.reversal!.transactionId,
      })),
    );
    expect(await balancesOf(account)).toEqual([
      { currency: 'CNY', cash: '0.00', gift: '0.00', income: '0.00' },
    ]);
    const after = await instanceOf(http, id);
    const same = ({ state, orders, purgeTime, billingStoppedAt }: Instance) => ({
      state,
      // M20: later by the time in the bin.
      orders: orders.map(({ movedFrom = [], ...order }) => {
        const { startsAt, endsAt } = movedFrom[0] ?? order;
        return { ...order, startsAt, endsAt };
      }),
      purgeTime,
      billingStoppedAt,
    });
    expect(same(after)).toEqual(same(before));
    expect(after.expiresAt).toBe(after.orders[0]!.endsAt);
    const { rights } = expectStatus(await http.get(`/v1/accounts/${account}`), 200).body;
    expect(rights.find(({ product }) => product === 'tencent-cvm')!.fiveDay).toMatchObject({
      used: 0,
      reserved: 0,
      left: 1,
    });
    const { items } = expectStatus(await http.get(`/v1/accounts/${account}/statement`), 200).body;
    expect(items.map(({ kind, amount }) => [kind, amount])).toEqual([
      ['reversal', '-407.96'],
      ['refund', '407.96'],
    ]);
    expect((await timelineOf(http, id)).map(({ command, to }) => `${command} ${to}`)).toEqual([
      'register running',
      'return isolated',
      'undo running',
    ]);
  });

  it('the same once more is 409, the same key answers the first result, and the instance can be returned again', async () => {
    const { id, refundId } = await returned();
    const key = randomUUID();
    const first = expectStatus(await undo(refundId, key), 200);
    expect((await undo(refundId, key)).body).toEqual(first.body);
    const { status, body } = await undo(refundId);
    expect([status, body.code]).toEqual([409, 'WRONG_STATE']);
    const [again] = (await end(http, [id], { action: 'return' })).items;
    expect(again!.refundId).not.toBe(refundId);
    expect(await refundOf(again!.refundId!)).toMatchObject({
      kind: 'five-day',
      amount: '407.96',
      status: 'done',
    });
    // The first one stays reversed: it is not what the instance is in the bin by.
    expect((await undo(refundId)).body.code).toBe('NOT_RETURNED');
  });

  it('409 when the money is spent, and nothing has changed', async () => {
    const { id, account, refundId } = await returned();
    const other = await register(http, cvmPrepaid({ account, orders: [purchase(hoursAgo(1), { id: 'p' })] }));
    expectStatus(
      await http.post(`/v1/instances/${other}/orders`, { kind: 'renewal', channel: 'standard', months: 1 }),
      200,
    );
    const { status, body } = await undo(refundId);
    expect([status, body.code]).toEqual([409, 'MONEY_SPENT']);
    expect(await instanceOf(http, id)).toMatchObject({ state: 'isolated' });
    expect((await refundOf(refundId)).status).toBe('done');
  });

  it('not after a restore, and not after the release', async () => {
    const { id, refundId } = await returned();
    expectStatus(await http.post(`/v1/instances/${id}/restore`, { renewal: { months: 1 } }), 200);
    expect((await undo(refundId)).body.code).toBe('WRONG_STATE');
    const other = await returned();
    expectStatus(await http.post(`/v1/instances/${other.id}/purge`, { confirm: other.id }), 200);
    expect((await undo(other.refundId)).body.code).toBe('WRONG_STATE');
  });

  it('M20: an order that ran out in the bin has its time back: the instance runs on, and expires as much later', async () => {
    const startsAt = hoursAgo(24 * 27);
    const { id, refundId } = await returned({
      orders: [purchase(startsAt, { months: 1, endsAt: plusMonths(startsAt, 1) })],
    });
    await fastForward(http, id, 'P6D');
    expectStatus(await undo(refundId), 200);
    const life = (await timelineOf(http, id)).map(({ command, to }) => `${command} ${to}`);
    expect(life.slice(0, 3)).toEqual(['register running', 'return isolated', 'undo running']);
    await fastForward(http, id, 'P1D');
    expect(await instanceOf(http, id)).toMatchObject({ state: 'running' });
    await fastForward(http, id, 'P4D');
    expect((await timelineOf(http, id)).map(({ command, to }) => `${command} ${to}`)[3]).toBe(
      'expire isolated',
    );
  });
});

describe('return of renewals only', () => {
  async function renewed(channel = 'standard'): Promise<{ id: string; account: string; expiresAt: string }> {
    const account = newAccount();
    const id = await register(http, cvmPrepaid({ account }, hoursAgo(24 * 40)));
    const { expiresAt } = await instanceOf(http, id);
    const paid = { cash: '300', gift: '207.96', income: '0', voucher: '10' };
    expectStatus(
      await http.post(`/v1/instances/${id}/orders`, { kind: 'renewal', channel, months: 12, paid }),
      200,
    );
    return { id, account, expiresAt: expiresAt! };
  }

  it('003-25: what has not started comes back whole, the instance runs on, no right is used', async () => {
    const { id, account, expiresAt } = await renewed();
    const made = await quote(http, [id], { action: 'return-renewals' });
    const [item] = made.items;
    expect(item).toMatchObject({ permitted: true, releaseTime: null, plan: { terminate: [] } });
    expect(item!.refund).toMatchObject({
      amount: '507.96',
      parts: { cash: '300.00', gift: '207.96', income: '0.00' },
      fee: '0.00',
    });
    const [done] = (await end(http, [id], { action: 'return-renewals' })).items;
    expect(done).toMatchObject({ status: 'done', releaseTime: null });
    expect(await instanceOf(http, id)).toMatchObject({ state: 'running', expiresAt });
    expect((await instanceOf(http, id)).orders.map(({ status }) => status)).toEqual(['in-force', 'closed']);
    expect(await ordinaryOf(account)).toMatchObject({ used: 0, reserved: 0, left: 3 });
    expect(await balancesOf(account)).toEqual([
      { currency: 'CNY', cash: '300.00', gift: '207.96', income: '0.00' },
    ]);
    expect((await timelineOf(http, id)).at(-1)).toMatchObject({
      command: 'return-renewals',
      from: 'running',
      to: 'running',
    });
    const [nothing] = (await quote(http, [id], { action: 'return-renewals' })).items;
    expect(nothing!.blockers.map(({ code }) => code)).toEqual(['NOTHING_TO_RETURN']);
  });

  it('M18, M19: a purchase that has not begun comes back with its instance only, and then all of it', async () => {
    const account = newAccount();
    const id = await register(http, cvmPrepaid({ account }, hoursAgo(-24 * 30)));
    const { expiresAt } = await instanceOf(http, id);
    expect(Date.parse(expiresAt!)).toBeGreaterThan(Date.now());
    const [alone] = (await quote(http, [id], { action: 'return-renewals' })).items;
    expect(alone!.blockers.map(({ code }) => code)).toEqual(['NOTHING_TO_RETURN']);
    expectStatus(
      await http.post(`/v1/instances/${id}/orders`, {
        kind: 'renewal',
        months: 12,
        paid: { cash: '507.96' },
      }),
      200,
    );
    await end(http, [id], { action: 'return-renewals' });
    expect(await instanceOf(http, id)).toMatchObject({ state: 'running', expiresAt });
    expect((await instanceOf(http, id)).orders.map(({ status }) => status)).toEqual(['future', 'closed']);
    const [done] = (await end(http, [id], { action: 'return' })).items;
    expect(await refundOf(done!.refundId!)).toMatchObject({
      kind: 'five-day',
      amount: '407.96',
      status: 'done',
    });
    expect(await balancesOf(account)).toEqual([
      { currency: 'CNY', cash: '915.92', gift: '0.00', income: '0.00' },
    ]);
    expect(await instanceOf(http, id)).toMatchObject({ state: 'isolated' });
  });

  it('M18: a life of an earlier version, which knows no kinds of orders, keeps its purchase', async () => {
    const id = await register(http, cvmPrepaid({}, hoursAgo(-24 * 30)));
    const { expiresAt } = await instanceOf(http, id);
    expectStatus(
      await http.post(`/v1/instances/${id}/orders`, {
        kind: 'renewal',
        months: 12,
        paid: { cash: '507.96' },
      }),
      200,
    );
    await service.pool.query(
      "UPDATE instances SET life = jsonb_set(life, '{orders}', (SELECT jsonb_agg(o - 'kind') FROM jsonb_array_elements(life->'orders') o)) WHERE id = $1",
      [id],
    );
    await end(http, [id], { action: 'return-renewals' });
    expect(await instanceOf(http, id)).toMatchObject({ state: 'running', expiresAt });
  });

  it('M18: while the order in force is overused renewals alone are refused, also to an operator', async () => {
    const startsAt = plusMonths(hoursAgo(24 * 20), -10);
    const id = await register(http, cvmPrepaid({ orders: [purchase(startsAt)] }));
    expectStatus(
      await http.post(`/v1/instances/${id}/orders`, {
        kind: 'renewal',
        months: 12,
        paid: { cash: '507.96' },
      }),
      200,
    );
    const [item] = (await quote(http, [id], { action: 'return-renewals' })).items;
    expect(item!.blockers).toMatchObject([
      { code: 'OVERUSED', next: expect.stringContaining('Return the instance itself') },
    ]);
    const asked = await http.post('/v1/refund-requests', {
      instanceId: id,
      action: 'return-renewals',
      reason: 'moving away',
    });
    expect([asked.status, asked.body.code]).toEqual([409, 'OVERUSED']);
  });

  it('expiry is that of what is left', async () => {
    const account = newAccount();
    const startsAt = hoursAgo(24 * 20);
    const id = await register(
      http,
      cvmPrepaid({ account, orders: [purchase(startsAt, { months: 1, endsAt: plusMonths(startsAt, 1) })] }),
    );
    expectStatus(
      await http.post(`/v1/instances/${id}/orders`, {
        kind: 'renewal',
        channel: 'standard',
        months: 6,
        paid: { cash: '10' },
      }),
      200,
    );
    await end(http, [id], { action: 'return-renewals' });
    await fastForward(http, id, 'P12D');
    expect((await timelineOf(http, id)).at(-1)).toMatchObject({ command: 'expire', to: 'isolated' });
  });

  it('a promotion renewal is not for self-service; one that has started since the quote makes it stale', async () => {
    const promo = await renewed('promotion');
    const [item] = (await quote(http, [promo.id], { action: 'return-renewals' })).items;
    expect(item!.blockers.map(({ code }) => code)).toEqual(['PROMOTION_CHANNEL']);
    const { id } = await renewed();
    const { id: quoteId } = await quote(http, [id], { action: 'return-renewals' });
    await fastForward(http, id, 'P330D');
    const { status, body } = await http.post('/v1/terminations', { quoteId, agree: true });
    expect([status, body.code]).toEqual([409, 'QUOTE_STALE']);
  });
});

describe('return of renewals that needs approval', () => {
  it('M11: a promotion renewal pays its fee, takes no right, and the instance runs on', async () => {
    const account = newAccount();
    const id = await register(http, cvmPrepaid({ account }, hoursAgo(24 * 40)));
    const paid = { cash: '300', gift: '207.96' };
    expectStatus(
      await http.post(`/v1/instances/${id}/orders`, {
        kind: 'renewal',
        channel: 'promotion',
        months: 12,
        paid,
      }),
      200,
    );
    const body = { instanceId: id, action: 'return-renewals', reason: 'moving away' };
    const request = expectStatus(await http.post('/v1/refund-requests', body), 201).body;
    expect(request).toMatchObject({
      action: 'return-renewals',
      preview: { releaseTime: null, refund: { amount: '432.96', fee: '75.00' } },
    });
    expect(await ordinaryOf(account)).toMatchObject({ used: 0, reserved: 0 });
    expect(expectStatus(await approve(request.id), 200).body.status).toBe('done');
    expect(await refundOf(request.refundId)).toMatchObject({
      action: 'return-renewals',
      amount: '432.96',
      fee: '75.00',
    });
    expect(await instanceOf(http, id)).toMatchObject({ state: 'running' });
    expect(await ordinaryOf(account)).toMatchObject({ used: 0, reserved: 0, left: 3 });
  });
});

describe('network and usage', () => {
  it('E4: a switch within the five days makes the return ordinary, and used network runs to it', async () => {
    const startsAt = hoursAgo(48);
    const id = await register(
      http,
      cvmPrepaid({ network: { billing: 'bandwidth', hour: '0.063', month: '20' } }, startsAt),
    );
    expect((await quote(http, [id], { action: 'return' })).items[0]!.refund.kind).toBe('five-day');
    const switched = expectStatus(
      await http.post(`/v1/instances/${id}/network`, { billing: 'traffic' }),
      200,
    ).body;
    expect(switched.network).toMatchObject({ billing: 'traffic', hour: '0.063', month: '20' });
    const again = await http.post(`/v1/instances/${id}/network`, { billing: 'traffic' });
    expect([again.status, again.body.code]).toEqual([409, 'BY_TRAFFIC']);
    await fastForward(http, id, 'P1D');
    const { refund } = (await quote(http, [id], { action: 'return' })).items[0]!;
    expect(refund.kind).toBe('ordinary');
    const network = refund.lines!.find(({ label }) => label === 'Used network')!;
    // 48 h and the seconds until the switch, not the day after it.
    expect(Number(network.amount)).toBeLessThanOrEqual(-3.02);
    expect(Number(network.amount)).toBeGreaterThan(-3.1);
  });

  it('L9: usage is refused from the billing stop on, with its instant, and taken again after the restore', async () => {
    const id = await register(http, cvmPostpaid());
    const report = (startsAt: string, endsAt: string) =>
      http.post(`/v1/instances/${id}/usage`, { meter: 'host-hours', quantity: '1.5', startsAt, endsAt });
    expect(expectStatus(await report(hoursAgo(2), hoursAgo(1)), 201).body).toMatchObject({
      instanceId: id,
      quantity: '1.5',
      reportedBy: 'operator',
    });
    await end(http, [id], { schedule: { mode: 'later' } });
    const { billingStoppedAt } = await instanceOf(http, id);
    await fastForward(http, id, 'PT1H');
    const { clock } = await instanceOf(http, id);
    const late = await report(hoursAgo(1), clock);
    expect([late.status, late.body.code]).toEqual([409, 'BILLING_STOPPED']);
    expect(late.body.detail).toContain(billingStoppedAt);
    // What was used before it may still be reported.
    expectStatus(await report(hoursAgo(1), billingStoppedAt!), 201);
    expectStatus(await http.post(`/v1/instances/${id}/restore`, {}), 200);
    const restored = (await timelineOf(http, id)).at(-1)!.effectiveAt;
    await fastForward(http, id, 'PT1H');
    const after = new Date(Date.parse(restored) + 1_800_000).toISOString();
    expectStatus(await report(restored, after), 201);
    expect((await report(clock, after)).body.code).toBe('BILLING_STOPPED');
    expect(
      (await report(restored, new Date(Date.parse(restored) + 86_400_000).toISOString())).body.errors![0],
    ).toMatchObject({
      pointer: '/endsAt',
      code: 'IN_THE_FUTURE',
    });
  });
});
