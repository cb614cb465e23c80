/**
 * Attacks on the operator's path, on undo and on the return of renewals: races, odd orders, messages typed by
 * hand, other people's keys.
 */

import { randomUUID } from 'node:crypto';
import { Worker } from '@temporalio/worker';
import { acceptQuote } from '../../store/agreements/acceptance';
import type { AcceptedItem } from '../../store/agreements/items';
import { audit } from '../../store/audit';
import { unsealedBacklog } from '../../store/books/seal';
import { CommandRefused } from '../../temporal/meaning';
import { sendCommand } from '../../temporal/send';
import { sweepOnce } from '../../worker/sweep';
import { workflowId } from '../../workflows/messages';
import type { Instance, Quote } from '../support/answered';
import type { Http, Reply } from '../support/http';
import { as } from '../support/keys';
import {
  cvmPostpaid,
  cvmPrepaid,
  end,
  expectStatus,
  type Fields,
  fastForward,
  fromNow,
  hoursAgo,
  instanceOf,
  jdPrepaid,
  newAccount,
  plusMonths,
  purchase,
  quote,
  register,
  settled,
  timelineOf,
  until,
} from '../support/lives';
import { range } from '../support/parallel';
import { approvalOf } from '../support/review';
import { signed, useService } from '../support/service';
import { shared } from '../support/shared';

/** Two people who decide on what the operator asks for. */
let alice: Http;
let bob: Http;

// No sweep: what a test accepts is sent when the test sends it.
const { service, http } = useService({ worker: { sweepEveryMs: 3_600_000 } });
beforeAll(async () => {
  [alice, bob] = await Promise.all([staff('alice'), staff('bob')]);
});

const staff = (name: string): Promise<Http> =>
  as(http, { account: null, name, permissions: ['refund:approve', 'read'] });
const ask = (instanceId: string, by = http) =>
  by.post('/v1/refund-requests', { instanceId, reason: 'bought by mistake' });
async function decide(id: string, name: 'approve' | 'deny', by: Http) {
  const reason = `${name}, as agreed`;
  return await by.post(
    `/v1/refund-requests/${id}/${name}`,
    name === 'deny' ? { reason } : await approvalOf(http, id, reason),
  );
}
const undo = (refundId: string) => http.post(`/v1/refunds/${refundId}/undo`, { reason: 'wrong instance' });
const renew = (id: string, order: Fields) =>
  http.post(`/v1/instances/${id}/orders`, { kind: 'renewal', channel: 'standard', ...order });

const refundOf = async (id: string) => expectStatus(await http.get(`/v1/refunds/${id}`), 200).body;
const accountOf = async (account: string) =>
  expectStatus(await http.get(`/v1/accounts/${account}`), 200).body;
const rightsOf = async (account: string) =>
  (await accountOf(account)).rights.find(({ product }) => product === 'tencent-cvm')!;
const codeOf = ({ status, body }: Reply): string => (status < 300 ? 'ok' : body.code!);

const longAgo = hoursAgo(24 * 40);
const standard = (account: string): Promise<string> => register(http, cvmPrepaid({ account }, longAgo));
const promoted = (account: string): Promise<string> =>
  register(http, cvmPrepaid({ account, orders: [purchase(longAgo, { channel: 'promotion' })] }));

/** Returned within its five days, for all that was paid: 407.96 in cash. */
async function returned(account = newAccount()): Promise<{ id: string; account: string; refundId: string }> {
  const id = await register(http, cvmPrepaid({ account }));
  const [item] = (await end(http, [id], { action: 'return' })).items;
  return { id, account, refundId: item!.refundId! };
}

/** Agreed to, and not sent yet. */
async function accepted(
  id: string,
  action: 'return' | 'return-renewals',
): Promise<{ terminationId: string; item: AcceptedItem }> {
  const { id: quoteId } = await quote(http, [id], { action });
  const terminationId = `t_${randomUUID()}`;
  const acceptance = await acceptQuote(service.pool, { quoteId, terminationId, by: 'operator', via: 'api' });
  if (!acceptance.ok) throw new Error(`not accepted: ${acceptance.code}`);
  return { terminationId, item: acceptance.items[0]! };
}

const send = (id: string, message: object): Promise<unknown> =>
  sendCommand(service.client, id, message as AcceptedItem['message'], {
    signer: service.signatures,
    taskQueue: service.taskQueue,
    waitMs: 10_000,
  });

/** What the instance answers to a message; `done` when it carries it out. */
async function answerTo(sending: Promise<unknown>): Promise<string> {
  try {
    await sending;
    return 'done';
  } catch (error) {
    if (error instanceof CommandRefused) return error.code;
    throw error;
  }
}

describe('the last right', () => {
  it('20 requests for one instance at once: one is in review, and holds one right', async () => {
    const account = newAccount();
    const id = await promoted(account);
    const replies = await Promise.all(range(20).map(() => ask(id)));
    expect(replies.map(codeOf).sort()).toEqual([...range(19).map(() => 'IN_REVIEW'), 'ok']);
    expect((await rightsOf(account)).ordinary).toMatchObject({ used: 0, reserved: 1, left: 2 });
  });

  it('returns, requests and approvals at once: never more than the three, and a denied one is there again', async () => {
    const account = newAccount();
    const own = await Promise.all(range(3).map(() => standard(account)));
    const asked = await Promise.all(range(3).map(() => promoted(account)));
    const quotes = await Promise.all(own.map((id) => quote(http, [id], { action: 'return' })));
    await Promise.all([
      ...quotes.map(({ id: quoteId }) => http.post('/v1/terminations', { quoteId, agree: true })),
      ...asked.map(async (id, index) => {
        const reply = await ask(id);
        if (reply.status === 201) await decide(reply.body.id, index ? 'approve' : 'deny', alice);
      }),
    ]);
    const { items } = expectStatus(await http.get(`/v1/refunds?account=${account}`), 200).body;
    const done = items.filter(({ status }) => status === 'done').length;
    expect((await rightsOf(account)).ordinary).toEqual({ limit: 3, used: done, reserved: 0, left: 3 - done });
  });
});

describe('decisions', () => {
  it('by two people at once, while the instance is stopped, protected and put on hold: one end, and everything agrees with it', async () => {
    for (const _ of range(4)) {
      const account = newAccount();
      const id = await promoted(account);
      const request = expectStatus(await ask(id), 201).body;
      const replies = await Promise.all([
        decide(request.id, 'approve', alice),
        decide(request.id, 'deny', bob),
        decide(request.id, 'approve', bob),
        http.post(`/v1/instances/${id}/stop`),
        http.post(`/v1/instances/${id}/protect`, { reason: 'audit' }),
        http.put(`/v1/instances/${id}/hold`, { hold: true, reason: 'resale?' }),
      ]);
      expect(replies.filter(({ status }) => status >= 500)).toEqual([]);
      const refund = await until(async () => {
        const found = await refundOf(request.refundId);
        return found.status !== 'requested' && found;
      }, 'the decision to be carried out');
      expect(['in_review', 'done', 'denied', 'failed']).toContain(refund.status);
      const right = {
        used: Number(refund.status === 'done'),
        reserved: Number(refund.status === 'in_review'),
      };
      expect((await rightsOf(account)).ordinary).toMatchObject(right);
      expect((await instanceOf(http, id)).state === 'isolated').toBe(refund.status === 'done');
    }
  });

  it.each([
    ['pay-as-you-go', () => cvmPostpaid(), 'WRONG_ACTION'],
    ['of a product without returns', () => jdPrepaid(), 'WRONG_ACTION'],
    ['bought with monthly settlement', () => cvmPrepaid({ monthlySettled: true }), 'MONTHLY_SETTLED'],
    ['of an excluded family', () => cvmPrepaid({ type: 'SN2.SMALL1' }, longAgo), 'FAMILY_EXCLUDED'],
    ['in the middle of an operation', () => cvmPrepaid({ state: 'changing' }), 'BUSY'],
  ])('what no operator can approve is refused at once: %s', async (_, make, code) => {
    const id = await register(http, make());
    const reply = await ask(id);
    expect([reply.status, reply.body.code]).toEqual([409, code]);
    expect((await http.get(`/v1/refunds?instanceId=${id}`)).body.items).toEqual([]);
  });

  it('M25: a request ends with its instance: denied by Sunset, and the right is there again', async () => {
    const account = newAccount();
    const startsAt = hoursAgo(24 * 27);
    const orders = [purchase(startsAt, { channel: 'promotion', months: 1, endsAt: plusMonths(startsAt, 1) })];
    const id = await register(http, cvmPrepaid({ account, orders }));
    const request = expectStatus(await ask(id), 201).body;
    await fastForward(http, id, 'P15D');
    expect((await instanceOf(http, id)).state).toBe('terminated');
    for (const name of ['approve', 'deny'] as const) {
      const late = await decide(request.id, name, alice);
      expect([late.status, late.body.code]).toEqual([409, 'NOT_IN_REVIEW']);
    }
    expect((await http.get(`/v1/refund-requests/${request.id}`)).body).toMatchObject({
      status: 'denied',
      decision: { by: 'sunset' },
      now: null,
    });
    expect((await rightsOf(account)).ordinary).toMatchObject({ reserved: 0, left: 3 });
  });
});

describe('undo against everything else', () => {
  it('purge, restore and another undo: one of them is first, and the money is back only when it was undo', async () => {
    for (const _ of range(4)) {
      const { id, account, refundId } = await returned();
      const moves = [
        () => undo(refundId),
        () => http.post(`/v1/instances/${id}/purge`, { confirm: id }),
        () => http.post(`/v1/instances/${id}/restore`, { renewal: { months: 1, paid: { cash: '51' } } }),
        () => undo(refundId),
      ].sort(() => Math.random() - 0.5);
      const codes = (await Promise.all(moves.map((move) => move()))).map(codeOf);
      expect(codes.sort()).toEqual(['WRONG_STATE', 'WRONG_STATE', 'WRONG_STATE', 'ok']);
      const isUndone = (await refundOf(refundId)).status === 'reversed';
      expect((await timelineOf(http, id)).at(-1)!.command === 'undo').toBe(isUndone);
      expect((await accountOf(account)).balances[0]!.cash).toBe(isUndone ? '0.00' : '407.96');
      expect((await rightsOf(account)).fiveDay.used).toBe(isUndone ? 0 : 1);
    }
  });

  it('the end of the bin', async () => {
    for (const _ of range(3)) {
      const { id, account, refundId } = await returned();
      const [, reply] = await Promise.all([
        http.post(`/v1/instances/${id}/fast-forward`, { duration: 'P7D' }),
        undo(refundId),
      ]);
      expect(['ok', 'WRONG_STATE']).toContain(codeOf(reply));
      expect((await instanceOf(http, id)).state).toBe(reply.status === 200 ? 'running' : 'terminated');
      expect((await accountOf(account)).balances[0]!.cash).toBe(reply.status === 200 ? '0.00' : '407.96');
    }
  });

  it('renewals that spend what it would take back: never both, never less than nothing', async () => {
    for (const _ of range(4)) {
      const { account, refundId } = await returned();
      const other = await register(http, cvmPrepaid({ account }));
      const replies = await Promise.all([renew(other, { months: 1 }), undo(refundId), undo(refundId)]);
      const [spent, ...undone] = replies.map(codeOf);
      const isSpent = spent === 'ok';
      expect(undone.sort()).toEqual(isSpent ? ['MONEY_SPENT', 'MONEY_SPENT'] : ['WRONG_STATE', 'ok']);
      expect(spent).toBe(isSpent ? 'ok' : 'INSUFFICIENT_BALANCE');
      expect((await accountOf(account)).balances[0]!.cash).toBe(isSpent ? '356.96' : '0.00');
    }
  });

  it.each([
    ['no refund', async () => 'r_none'],
    ['another instance’s', async () => (await returned()).refundId],
    ['500 characters', async () => 'r'.repeat(500)],
    [
      'a refund in review',
      async () => expectStatus(await ask(await promoted(newAccount())), 201).body.refundId,
    ],
  ])('sent as the API would for %s: refused, and the return stands', async (_, wrong) => {
    const { id, refundId } = await returned();
    const command = { name: 'undo', refundId: await wrong(), reason: 'mischief' } as const;
    const message = { id: randomUUID(), by: 'mallory', command };
    const handle = service.client.workflow.getHandle(workflowId(id));
    const sending = handle.executeUpdate('undo', { args: [signed(service, id, message)] });
    await expect(sending).rejects.toMatchObject({ cause: { details: [{ code: 'NOT_RETURNED' }] } });
    expect((await refundOf(refundId)).status).toBe('done');
    expectStatus(await undo(refundId), 200);
  });

  it('M20: an agreement from before the return is stale after its undo, which moved the orders; the undone one is not carried out again', async () => {
    const account = newAccount();
    const id = await standard(account);
    const [first, second] = [await accepted(id, 'return'), await accepted(id, 'return')];
    expect(await answerTo(send(id, first.item.message))).toBe('done');
    // Long enough in the bin for the orders to move by more than nothing.
    await fastForward(http, id, 'PT1H');
    expectStatus(await undo((await timelineOf(http, id)).at(-1)!.refundId!), 200);
    expect(await answerTo(send(id, first.item.message))).toBe('done');
    expect(await answerTo(send(id, { ...first.item.message, id: randomUUID() }))).toBe('NOT_ACCEPTED');
    expect((await instanceOf(http, id)).state).toBe('running');
    expect(await answerTo(send(id, second.item.message))).toBe('QUOTE_STALE');
    // There is no sweep here but this one: it hears the refusal, and gives the right back.
    await sweepOnce(service.client, service.pool, {
      olderThanMs: 0,
      taskQueue: service.taskQueue,
      signer: service.signatures,
    });
    await settled(http, second.terminationId);
    expect((await rightsOf(account)).ordinary).toMatchObject({ used: 0, reserved: 0, left: 3 });
  });

  it('a return that was confirmed by signal is undone like any other', async () => {
    const account = newAccount();
    const id = await register(http, cvmPrepaid({ account }));
    const { id: quoteId } = await quote(http, [id], { action: 'return' });
    await service.client.workflow
      .getHandle(workflowId(id))
      .signal('terminate', { agree: true, quoteId, by: 'alice' });
    await until(async () => (await instanceOf(http, id)).state === 'isolated', 'the signal to be taken');
    expectStatus(await undo((await timelineOf(http, id)).at(-1)!.refundId!), 200);
    expect(await instanceOf(http, id)).toMatchObject({ state: 'running', isolatedAt: null });
    expect((await accountOf(account)).balances[0]!.cash).toBe('0.00');
  });
});

describe('returned and undone three times, then expired', () => {
  const month = { months: 1, endsAt: plusMonths(hoursAgo(96), 1) };
  const yesterday = hoursAgo(24);
  const half = plusMonths(longAgo, 12);
  const renewal = { id: 'o2', kind: 'renewal', startsAt: half, endsAt: plusMonths(half, 12) };
  const upgrade = { id: 'u1', kind: 'upgrade', months: undefined, startsAt: hoursAgo(240), endsAt: half };
  const prices = (currency: string): Fields => ({
    version: '1',
    currency,
    month: '1000',
    hour: '2.5',
    discounts: [],
  });
  const paid = (cash: string, gift = '0', income = '0', voucher = '0'): Fields => ({
    cash,
    gift,
    income,
    voucher,
  });

  const KINDS: [string, Fields, { kind: string; amount?: string; fee?: string }][] = [
    [
      'within five days, one order has ended',
      {
        orders: [
          purchase(hoursAgo(96), { endsAt: yesterday, paid: paid('10', '5', '0.01', '3') }),
          purchase(yesterday, { id: 'o2', kind: 'renewal', ...month, paid: paid('20', '0', '3') }),
        ],
      },
      { kind: 'five-day', amount: '38.01', fee: '0.00' },
    ],
    [
      'an upgrade and a renewal',
      {
        orders: [
          purchase(longAgo),
          purchase(longAgo, { ...upgrade, paid: paid('36.50', '36.50') }),
          purchase(longAgo, renewal),
        ],
      },
      { kind: 'ordinary', fee: '0.00' },
    ],
    [
      'paid by voucher alone: nothing to book',
      { orders: [purchase(hoursAgo(48), { paid: paid('0', '0', '0', '507.96') })] },
      // Either right pays nothing: the rarer one is kept (M28).
      { kind: 'ordinary', amount: '0.00' },
    ],
    [
      'JPY, no minor unit',
      { prices: prices('JPY'), orders: [purchase(longAgo, { paid: paid('7777', '333', '11') })] },
      { kind: 'ordinary' },
    ],
    [
      'KWD, three minor digits',
      { prices: prices('KWD'), orders: [purchase(longAgo, { paid: paid('7777.777', '333.333', '11.001') })] },
      { kind: 'ordinary' },
    ],
    [
      'promotion paid by gift: no fee',
      { orders: [purchase(longAgo, { channel: 'promotion', paid: paid('0', '400') })] },
      { kind: 'ordinary', fee: '0.00' },
    ],
    [
      'promotion, a fee that takes all of the refund',
      { orders: [purchase(hoursAgo(24 * 279), { channel: 'promotion' })] },
      { kind: 'ordinary', amount: '0.00' },
    ],
    [
      'stopped',
      { state: 'stopped', orders: [purchase(hoursAgo(48))] },
      { kind: 'five-day', amount: '407.96' },
    ],
    [
      'M19 before it begins',
      { orders: [purchase(hoursAgo(-240), { paid: paid('10', '5', '0.01', '3') })] },
      { kind: 'five-day', amount: '15.01' },
    ],
  ];

  /** But for its clock, with the dates that its orders had before they were moved (M20). */
  function asItWas({ clock: _clock, step: _step, expiresAt: _end, ...instance }: Instance) {
    const orders = instance.orders.map(({ movedFrom = [], ...order }) => {
      const { startsAt, endsAt } = movedFrom[0] ?? order;
      return { ...order, startsAt, endsAt };
    });
    return { ...instance, orders };
  }

  /** By self-service, or by the operator's path where that is refused. */
  async function giveBack(id: string) {
    const [item] = (await quote(http, [id], { action: 'return' })).items;
    if (item!.permitted)
      return await refundOf((await end(http, [id], { action: 'return' })).items[0]!.refundId!);
    const request = expectStatus(await ask(id), 201).body;
    expect(expectStatus(await decide(request.id, 'approve', alice), 200).body.status).toBe('done');
    return await refundOf(request.refundId);
  }

  it.concurrent.each(KINDS)('%s', async (_, more, expected) => {
    const account = newAccount();
    const id = await register(http, cvmPrepaid({ account, ...more }));
    // What has run out at the registration ends at once.
    const before = await until(async () => {
      const found = await instanceOf(http, id);
      const isDue = found.orders.some(({ endsAt }) => Date.parse(endsAt) <= Date.parse(found.clock));
      return (!isDue || found.step > 0) && found;
    }, 'the deadlines that have come');
    for (const _ of range(3)) {
      expect(await giveBack(id)).toMatchObject({
        ...expected,
        status: 'done',
        calculation: { rebuilt: { matches: true } },
      });
      expect((await instanceOf(http, id)).orders.map(({ status }) => status)).toEqual(
        before.orders.map(() => 'closed'),
      );
      const refundId = (await timelineOf(http, id)).at(-1)!.refundId;
      expectStatus(await undo(refundId!), 200);
      expect(asItWas(await instanceOf(http, id))).toEqual(asItWas(before));
      for (const { cash, gift, income } of (await accountOf(account)).balances)
        expect([cash, gift, income].map(Number)).toEqual([0, 0, 0]);
      expect(await rightsOf(account)).toMatchObject({
        fiveDay: { used: 0, reserved: 0 },
        ordinary: { used: 0, reserved: 0 },
      });
    }
    const { expiresAt, clock } = await instanceOf(http, id);
    const left = Math.ceil((Date.parse(expiresAt!) - Date.parse(clock)) / 1000);
    // A minute more: a step that is still under way where the clock stops lets the server skip on to the next
    // deadline.
    await fastForward(http, id, `PT${left + 60}S`);
    expect((await timelineOf(http, id)).at(-1)).toMatchObject({ command: 'expire', to: 'isolated' });
    const [expired] = (await http.get(`/v1/recycle-bin?account=${account}`)).body.items;
    expect(expired).toMatchObject({ instanceId: id, cause: 'expiry' });
  });
});

describe('return of renewals', () => {
  const renewed = async (more = {}): Promise<string> => {
    const id = await standard(newAccount());
    expectStatus(await renew(id, { months: 12, paid: { cash: '300', gift: '207.96' }, ...more }), 200);
    return id;
  };

  it('against itself, another renewal, a stop and the return of the whole: each item ends, and the money goes back once', async () => {
    for (const _ of range(3)) {
      const id = await renewed();
      const [first, second, whole] = await Promise.all([
        quote(http, [id], { action: 'return-renewals' }),
        quote(http, [id], { action: 'return-renewals' }),
        quote(http, [id], { action: 'return' }),
      ]);
      const confirm = ({ id: quoteId }: Quote) => http.post('/v1/terminations', { quoteId, agree: true });
      const [confirmed, others] = await Promise.all([
        Promise.all([first, second, whole, first].map(confirm)),
        Promise.all([renew(id, { months: 1, paid: { cash: '51' } }), http.post(`/v1/instances/${id}/stop`)]),
      ]);
      expect([...confirmed, ...others].filter(({ status }) => status >= 500)).toEqual([]);
      for (const { status, body } of confirmed) if (status === 202) await settled(http, body.id);
      const { items } = expectStatus(await http.get(`/v1/refunds?instanceId=${id}`), 200).body;
      const done = items.filter(({ status }) => status === 'done').map(({ action }) => action);
      // Whichever is first makes the others stale; the renewal that was bought meanwhile makes stale all of
      // them.
      expect(new Set(done).size).toBe(done.length);
      expect(done.length).toBeLessThanOrEqual(1);
    }
  });

  it('one that begins between the agreement and the step stays: it is in use', async () => {
    const endsAt = fromNow(4000);
    const startsAt = hoursAgo(24 * 25);
    const account = newAccount();
    const id = await register(
      http,
      cvmPrepaid({ account, orders: [purchase(startsAt, { months: 1, endsAt })] }),
    );
    expectStatus(await renew(id, { months: 12, paid: { cash: '100' } }), 200);
    const { item, terminationId } = await accepted(id, 'return-renewals');
    await until(
      async () => (await instanceOf(http, id)).orders[0]!.status === 'ended',
      'the renewal to begin',
    );
    expect(await answerTo(send(id, item.message))).toMatch(/QUOTE_STALE|NOTHING_TO_RETURN/);
    expect((await http.get(`/v1/terminations/${terminationId}`)).body.items[0]!.status).toBe('accepted');
    expect((await instanceOf(http, id)).orders.map(({ status }) => status)).toEqual(['ended', 'in-force']);
    expect((await accountOf(account)).balances).toEqual([]);
  });

  it('one that was bought between the agreement and the step, for nothing, is not taken away unseen', async () => {
    const id = await renewed();
    const { item } = await accepted(id, 'return-renewals');
    expectStatus(await renew(id, { months: 6, paid: { cash: '0', voucher: '300' } }), 200);
    expect(await answerTo(send(id, item.message))).toBe('QUOTE_STALE');
    expect((await instanceOf(http, id)).orders.map(({ status }) => status)).toEqual([
      'in-force',
      'future',
      'future',
    ]);
  });
});

describe('terminations typed by hand, for what was agreed to', () => {
  const END = {
    action: 'return',
    requires: [],
    modes: { now: { into: 'bin', retentionSeconds: 60 } },
    refusedInArrears: false,
  };
  const FORGED = {
    version: 'x',
    end: { prepaid: END, postpaid: END },
    expiry: { into: 'terminated' },
    timedMaxYears: 3,
  };

  it('another action than the agreed one is refused: a whole return can’t ride on a return of renewals', async () => {
    const id = await standard(newAccount());
    expectStatus(await renew(id, { months: 12, paid: { cash: '300' } }), 200);
    const { item } = await accepted(id, 'return-renewals');
    const command = { ...item.message.command, action: 'return' };
    expect(await answerTo(send(id, { ...item.message, id: randomUUID(), command }))).toBe('NOT_ACCEPTED');
    expect((await instanceOf(http, id)).state).toBe('running');
    expect(await answerTo(send(id, item.message))).toBe('done');
  });

  it('other rules than the agreed ones are refused', async () => {
    const id = await standard(newAccount());
    const { item } = await accepted(id, 'return');
    const command = { ...item.message.command, rules: FORGED };
    expect(await answerTo(send(id, { ...item.message, id: randomUUID(), command }))).toBe('NOT_ACCEPTED');
    expect(await answerTo(send(id, item.message))).toBe('done');
  });

  it('a return of what has no refund does not wedge the instance', async () => {
    const id = await register(http, cvmPostpaid());
    const { id: quoteId } = await quote(http, [id]);
    const acceptance = await acceptQuote(service.pool, {
      quoteId,
      terminationId: `t_${randomUUID()}`,
      by: 'operator',
      via: 'api',
    });
    const { message } = (acceptance as { items: AcceptedItem[] }).items[0]!;
    const command = { ...message.command, action: 'return', rules: FORGED };
    expect(await answerTo(send(id, { ...message, id: randomUUID(), command }))).toBe('NOT_ACCEPTED');
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
  });

  it('a bin without end, queued behind another command, does not wedge the instance', async () => {
    const id = await standard(newAccount());
    const endless = { ...END, modes: { now: { into: 'bin', retentionSeconds: Number.MAX_SAFE_INTEGER } } };
    const rules = { ...FORGED, end: { prepaid: endless, postpaid: endless } };
    const command = {
      name: 'terminate',
      action: 'return',
      schedule: { mode: 'now' },
      terminationId: 't',
      rules,
    };
    const [stopped, answer] = await Promise.all([
      http.post(`/v1/instances/${id}/stop`),
      answerTo(send(id, { id: randomUUID(), by: 'mallory', command })),
    ]);
    expect([stopped.status, answer]).toEqual([200, 'BAD_PAYLOAD']);
    expectStatus(await http.post(`/v1/instances/${id}/start`), 200);
  });
});

describe('usage', () => {
  const report = (id: string, startsAt: string, endsAt: string): Promise<Reply> =>
    http.post(`/v1/instances/${id}/usage`, { meter: 'host-hours', quantity: '0.25', startsAt, endsAt });

  it('L9: up to the very instant of the billing stop, not a millisecond more; none across a stop and an undo', async () => {
    const { id, refundId } = await returned();
    const { billingStoppedAt: stop } = await instanceOf(http, id);
    const at = (ms: number): string => new Date(Date.parse(stop!) + ms).toISOString();
    await fastForward(http, id, 'PT1H');
    expect(codeOf(await report(id, at(-1000), stop!))).toBe('ok');
    expect(codeOf(await report(id, at(-1000), at(1)))).toBe('BILLING_STOPPED');
    expect(codeOf(await report(id, stop!, at(1)))).toBe('BILLING_STOPPED');
    expectStatus(await undo(refundId), 200);
    const again = (await timelineOf(http, id)).at(-1)!.effectiveAt;
    await fastForward(http, id, 'PT1H');
    const later = new Date(Date.parse(again) + 1000).toISOString();
    expect(codeOf(await report(id, again, later))).toBe('ok');
    expect(codeOf(await report(id, at(1), again))).toBe('BILLING_STOPPED');
    expect(codeOf(await report(id, at(-1000), later))).toBe('BILLING_STOPPED');
  });

  // The instant of a stop is decided before its step is recorded.
  it('L9: what is reported while the step of the stop waits is not charged beyond the stop', async () => {
    const id = await register(http, cvmPostpaid());
    const { id: quoteId } = await quote(http, [id], { schedule: { mode: 'later' } });
    const holder = await service.pool.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM instances WHERE id = $1 FOR SHARE', [id]);
    const confirming = http.post('/v1/terminations', { quoteId, agree: true });
    await until(async () => {
      const waits =
        "datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR NO KEY UPDATE'";
      const { rows } = await service.pool.query(`SELECT FROM pg_stat_activity WHERE ${waits}`);
      return rows.length > 0;
    }, 'the step to wait');
    await report(id, hoursAgo(1), new Date().toISOString());
    await holder.query('COMMIT');
    holder.release();
    await settled(http, expectStatus(await confirming, 202).body.id);
    const { billingStoppedAt } = await instanceOf(http, id);
    const { items } = expectStatus(await http.get(`/v1/instances/${id}/usage`), 200).body;
    expect(items).toHaveLength(1);
    expect(Date.parse(items[0]!.endsAt)).toBeGreaterThan(Date.parse(billingStoppedAt!));
    expect(items[0]!.chargedUntil).toBe(billingStoppedAt);
  });
});

describe('other people', () => {
  const CLERK = ['read', 'return', 'refund:approve', 'hold', 'usage', 'register', 'keys'] as const;

  it('a request of one account exists for no key of another, whatever it permits and however it is named', async () => {
    const account = newAccount();
    const id = await promoted(account);
    const [clerk, stranger] = (await Promise.all(
      [account, newAccount()].map(async (owner) => {
        expectStatus(await http.put(`/v1/accounts/${owner}`, { hold: false, reason: 'new' }), 200);
        return await as(http, { account: owner, name: 'clerk', permissions: CLERK });
      }),
    )) as [Http, Http];
    const request = expectStatus(await ask(id, clerk), 201).body;
    expect(request.requestedBy).toBe(`clerk@${account}`);
    const reason = { reason: 'mine now' };
    const tried = await Promise.all([
      ask(id, stranger),
      stranger.get(`/v1/refund-requests/${request.id}`),
      decide(request.id, 'approve', stranger),
      decide(request.id, 'deny', stranger),
      stranger.get(`/v1/refunds/${request.refundId}`),
      stranger.post(`/v1/refunds/${request.refundId}/undo`, reason),
      stranger.put(`/v1/instances/${id}/hold`, { hold: true, ...reason }),
      stranger.post(`/v1/instances/${id}/network`, { billing: 'traffic' }),
      stranger.post(`/v1/instances/${id}/usage`, {
        meter: 'm',
        quantity: '1',
        startsAt: hoursAgo(2),
        endsAt: hoursAgo(1),
      }),
      stranger.post('/v1/keys', { account, name: 'clerk', permissions: ['read'] }),
      stranger.get(`/v1/quotes/q_${request.id}`),
    ]);
    expect(tried.map(codeOf)).toEqual(tried.map(() => 'NOT_FOUND'));
    for (const list of ['refund-requests', 'refunds'])
      expect(await stranger.get(`/v1/${list}?account=${account}`)).toMatchObject({ body: { items: [] } });
    expect((await refundOf(request.refundId)).status).toBe('in_review');

    // Keys of one name are one person, also the next ones; another name of the account is somebody else.
    const next = await as(clerk, { account, name: 'clerk', permissions: CLERK });
    for (const one of [clerk, next])
      expect(codeOf(await decide(request.id, 'approve', one))).toBe('SELF_APPROVAL');
    const chief = await as(http, { account, name: 'chief', permissions: ['refund:approve', 'read'] });
    expect(expectStatus(await decide(request.id, 'approve', chief), 200).body).toMatchObject({
      status: 'done',
    });
  });
});

it('after all of that every history replays, every transaction is sealed, and the books, lives and rights agree', async () => {
  await until(async () => (await unsealedBacklog(service.pool)).transactions === 0, 'the sealer');
  const { checks } = await audit(service.pool);
  expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
  const failed: string[] = [];
  for await (const { workflowId: id, error } of Worker.runReplayHistories(
    { workflowBundle: { codePath: shared().bundlePath } },
    histories(),
  ))
    if (error) failed.push(`${id}: ${error.message}`);
  expect(failed).toEqual([]);
});

async function* histories(): AsyncGenerator<{ workflowId: string; history: unknown }> {
  const { rows } = await service.pool.query<{ id: string }>('SELECT id FROM instances');
  for (const { id } of rows) {
    const handle = service.client.workflow.getHandle(workflowId(id));
    yield { workflowId: handle.workflowId, history: await handle.fetchHistory() };
  }
}
