/**
 * What an instance says can be done is what can be done: in every situation each command that is possible is
 * carried out, and each that is not is refused for a reason that was named.
 */
import type { OfferedCommand } from '../../contract/commands';
import { PERMISSIONS, type Permission } from '../../domain/permissions';
import type { Problem } from '../support/answered';
import { bodyOf, type Http, type Reply } from '../support/http';
import { as } from '../support/keys';
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  fastForward,
  fromNow,
  hoursAgo,
  jdPostpaid,
  jdPrepaid,
  newAccount,
  plusMonths,
  purchase,
  quote,
  redisPrepaid,
  register,
  until,
} from '../support/lives';
import { FAR, farPlanes, IMPATIENT } from '../support/machines';
import { inParallel } from '../support/parallel';
import { useService } from '../support/service';

// Each situation is made many times in one account: none is to take another’s right.
const { http } = useService({
  policies: IMPATIENT.map((policy) => ({ ...policy, knobs: { ...policy.knobs, fiveDayCount: 1000 } })),
  controlPlanes: farPlanes(),
});

const REASON = { reason: 'test' };
const commandsOf = async (id: string, caller: Http = http, headers: Record<string, string> = {}) =>
  expectStatus(await caller.get(`/v1/instances/${id}/commands`, { headers }), 200).body;

const post =
  (name: string, body: object = {}) =>
  (id: string) =>
    http.post(`/v1/instances/${id}/${name}`, body);
const byQuote = (action: 'terminate' | 'return' | 'return-renewals') => async (id: string) => {
  const { id: quoteId, items } = await quote(http, [id], { action });
  const [item] = items;
  // As a confirmation of it alone would be refused.
  if (!item!.permitted) return { status: 409, body: { code: item!.blockers[0]!.code } } as Reply<Problem>;
  return await http.post('/v1/terminations', { quoteId, agree: true });
};

/** How each is asked for; undefined: there is nothing that could be named (no refund to undo). */
const ASK: Record<OfferedCommand, (id: string) => Promise<Reply<unknown> | undefined>> = {
  start: post('start'),
  stop: post('stop'),
  'begin-operation': post('operations', { kind: 'resize' }),
  'end-operation': post('operations/end', { power: 'running' }),
  terminate: byQuote('terminate'),
  return: byQuote('return'),
  'return-renewals': byQuote('return-renewals'),
  'request-refund': (id) => http.post('/v1/refund-requests', { instanceId: id, ...REASON }),
  cancel: post('cancel'),
  reschedule: post('reschedule', { at: fromNow(3 * DAY) }),
  restore: async (id) => {
    const { billing } = (await http.get(`/v1/instances/${id}`)).body;
    return await post(
      'restore',
      billing === 'prepaid' ? { renewal: { months: 1, paid: { cash: '51' } } } : {},
    )(id);
  },
  purge: (id) => http.post(`/v1/instances/${id}/purge`, { confirm: id }),
  undo: async (id) => {
    const [refund] = (await http.get(`/v1/refunds?instanceId=${id}&status=done`)).body.items;
    return refund && (await http.post(`/v1/refunds/${refund.id}/undo`, REASON));
  },
  renew: post('orders', { kind: 'renewal', months: 1, paid: { cash: '51' } }),
  'put-prices': (id) =>
    http.put(`/v1/instances/${id}/prices`, { version: 'next', currency: 'CNY', month: '60', hour: '0.5' }),
  'switch-network': post('network', { billing: 'traffic' }),
  protect: post('protect', REASON),
  unprotect: post('unprotect', REASON),
  hold: (id) => http.put(`/v1/instances/${id}/hold`, { hold: true, ...REASON }),
  unhold: (id) => http.put(`/v1/instances/${id}/hold`, { hold: false, ...REASON }),
  resolve: post('resolve', { action: 'retry', ...REASON }),
  'fast-forward': post('fast-forward', { duration: 'PT1M' }),
};

const account = newAccount();
const postpaid = (more = {}) => register(http, cvmPostpaid({ account, ...more }));
const prepaid = (more = {}) => register(http, cvmPrepaid({ account, ...more }));
const after = async (id: Promise<string>, command: OfferedCommand): Promise<string> => {
  expect((await ASK[command](await id))!.status).toBeLessThan(300);
  return await id;
};

const SITUATIONS: Record<string, () => Promise<string>> = {
  'pay-as-you-go, running': () => postpaid({ network: { billing: 'bandwidth', hour: '0.063', month: '20' } }),
  'pay-as-you-go, stopped': () => postpaid({ state: 'stopped' }),
  'pay-as-you-go of a product that asks for a stop': () =>
    register(http, jdPostpaid({ account, state: 'running' })),
  'on its way at a control plane that says nothing': async () => {
    const id = await postpaid({ region: FAR });
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    await until(async () => (await http.get(`/v1/instances/${id}`)).body.attention !== null, 'attention');
    return id;
  },
  'being worked on': () => postpaid({ state: 'changing' }),
  prepaid: () => prepaid(),
  'prepaid, with a renewal to come': async () => {
    const startsAt = hoursAgo(48);
    const first = purchase(startsAt);
    const renewal = {
      ...first,
      id: 'o2',
      kind: 'renewal',
      startsAt: first.endsAt,
      endsAt: plusMonths(startsAt, 24),
    };
    return await prepaid({ orders: [first, renewal] });
  },
  'prepaid, bought on a promotion': () =>
    prepaid({ orders: [purchase(hoursAgo(48), { channel: 'promotion' })] }),
  expired: () => {
    const startsAt = plusMonths(hoursAgo(48), -12);
    return register(http, {
      ...redisPrepaid({ account, state: 'expired', orders: [purchase(startsAt)] }),
      product: 'jd-vm',
    });
  },
  protected: () => after(postpaid(), 'protect'),
  'on hold': () => after(prepaid(), 'hold'),
  'in review': async () => await after(prepaid(), 'request-refund'),
  'to end later': async () => {
    const id = await postpaid();
    await end(http, [id], { schedule: { mode: 'timed', at: fromNow(DAY) } });
    return id;
  },
  'in the bin': async () => {
    const id = await postpaid();
    await end(http, [id], { schedule: { mode: 'later' } });
    return id;
  },
  'in the bin and protected': async () => {
    const id = await postpaid();
    await end(http, [id], { schedule: { mode: 'later' } });
    return await after(Promise.resolve(id), 'protect');
  },
  returned: async () => {
    const id = await prepaid();
    await end(http, [id], { action: 'return' });
    return id;
  },
  terminated: async () => {
    const id = await postpaid();
    await end(http, [id]);
    return id;
  },
};

describe.each(Object.keys(SITUATIONS))('%s', (name) => {
  const make = SITUATIONS[name]!;

  it('what is not possible is refused for a reason that was named, and changes nothing', async () => {
    const id = await make();
    const { items, state } = await commandsOf(id);
    expect((await http.get(`/v1/instances/${id}`)).body.state).toBe(state);
    for (const { command, possible, blockers } of items.filter((one) => !one.possible)) {
      expect(blockers).not.toEqual([]);
      const reply = await ASK[command](id);
      if (!reply) continue;
      const { code } = bodyOf<Problem>(reply);
      expect({ command, possible, status: reply.status, codes: blockers.map((one) => one.code) }).toEqual({
        command,
        possible: false,
        status: 409,
        codes: expect.arrayContaining([code]),
      });
    }
    expect((await commandsOf(id)).items).toEqual(items);
  });

  it('what is possible is done', async () => {
    const { items } = await commandsOf(await make());
    const possible = items.filter((one) => one.possible).map(({ command }) => command);
    await inParallel(possible, async (command) => {
      const { status, body } = (await ASK[command](await make()))!;
      expect({ command, status: status < 300, body }).toEqual({ command, status: true, body });
    });
  });
});

it('names every command once, but those that say nothing', async () => {
  const id = await postpaid();
  const { items, instanceId } = await commandsOf(id);
  const names = items.map(({ command }) => command);
  expect(instanceId).toBe(id);
  expect(names).toEqual(Object.keys(ASK).filter((name) => name !== 'unhold' && name !== 'resolve'));
});

it('tells each blocker with its next step, in the caller’s language', async () => {
  const id = await SITUATIONS['pay-as-you-go, running']!();
  for (const [lang, pattern] of [
    ['en', /^[^\p{Script=Han}]+$/u],
    ['zh', /\p{Script=Han}/u],
  ] as const) {
    const { items } = await commandsOf(id, http, { 'accept-language': lang });
    const blockers = items.flatMap((one) => one.blockers);
    expect(blockers.length).toBeGreaterThan(5);
    for (const { message, next } of blockers)
      for (const text of [message, next]) expect(text).toMatch(pattern);
  }
});

it('what a caller may not is told before what stands against it, and is not possible', async () => {
  const id = await postpaid({ state: 'stopped' });
  const reader = await as(http, { account, name: 'reader', permissions: ['read'] });
  const { items } = await commandsOf(id, reader);
  expect(items.every(({ possible, permitted }) => !possible && !permitted)).toBe(true);
  const codes = Object.fromEntries(items.map((one) => [one.command, one.blockers.map(({ code }) => code)]));
  expect(codes).toMatchObject({ start: ['FORBIDDEN'], stop: ['FORBIDDEN', 'WRONG_STATE'] });
  expect(items.find(({ command }) => command === 'renew')!.blockers[0]!.message).toContain('`renew`');
  for (const one of PERMISSIONS.filter((permission) => permission !== 'read')) {
    const caller = await as(http, { account, name: `only-${one}`, permissions: ['read', one] });
    const permitted = (await commandsOf(id, caller)).items.filter((item) => item.permitted);
    expect(permitted.every(({ permissions }) => permissions.includes(one as Permission))).toBe(true);
    expect(permitted.length > 0).toBe(
      items.some(({ permissions }) => permissions.includes(one as Permission)),
    );
  }
});

it('what has no price can be renewed only by who states what was paid', async () => {
  const prices = { version: 'v', currency: 'CNY', hour: '0.42' };
  const id = await register(http, jdPrepaid({ account, prices }));
  const renewer = await as(http, { account, name: 'renewer', permissions: ['read', 'renew', 'restore'] });
  const of = async (caller: Http, command: OfferedCommand) =>
    (await commandsOf(id, caller)).items.find((one) => one.command === command)!;
  expect((await of(http, 'renew')).possible).toBe(true);
  expect((await of(renewer, 'renew')).blockers.map(({ code }) => code)).toEqual(['PRICE_MISSING']);
  expect((await renewer.post(`/v1/instances/${id}/orders`, { kind: 'renewal', months: 1 })).body.code).toBe(
    'PRICE_MISSING',
  );
});

it('a return whose money is spent can’t be undone, and an account in arrears gets nothing back from the bin', async () => {
  const own = newAccount();
  const [returned, binned] = [
    await register(http, cvmPrepaid({ account: own })),
    await register(http, cvmPostpaid({ account: own })),
  ];
  await end(http, [returned], { action: 'return' });
  await end(http, [binned], { schedule: { mode: 'later' } });
  const spend = {
    kind: 'withdrawal',
    source: 'cash',
    currency: 'CNY',
    amount: '400',
    reference: 'out',
    ...REASON,
  };
  expectStatus(await http.post(`/v1/accounts/${own}/adjustments`, spend), 201);
  expectStatus(await http.put(`/v1/accounts/${own}`, { arrears: true, ...REASON }), 200);
  for (const [id, command, code] of [
    [returned, 'undo', 'MONEY_SPENT'],
    [binned, 'restore', 'IN_ARREARS'],
  ] as const) {
    const one = (await commandsOf(id)).items.find((item) => item.command === command)!;
    expect(one.blockers.map((blocker) => blocker.code)).toEqual([code]);
    expect(bodyOf<Problem>((await ASK[command](id))!).code).toBe(code);
  }
});

it('goes by the instance’s own clock', async () => {
  const id = await postpaid();
  await end(http, [id], { schedule: { mode: 'timed', at: fromNow(DAY) } });
  const possible = async () =>
    (await commandsOf(id)).items.filter((one) => one.possible).map(({ command }) => command);
  expect(await possible()).toContain('reschedule');
  await fastForward(http, id, 'P2D');
  expect(await possible()).not.toContain('reschedule');
  expect((await http.get('/v1/instances/nobody/commands')).body.code).toBe('NOT_FOUND');
});
