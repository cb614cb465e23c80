import { type Command, type CommandName, isAllowedIn } from '../../domain/commands';
import { type Action, type Billing, STATES, type State } from '../../domain/instance';
import {
  advance,
  decide,
  decideDeadline,
  expiresAt,
  type Life,
  newLife,
  nextDeadline,
} from '../../domain/lifecycle';
import type { Policy } from '../../domain/policy';
import { jdVm } from '../../policies/jd-vm';
import { tencentCvm } from '../../policies/tencent-cvm';
import { tencentRedis } from '../../policies/tencent-redis';
import { END, hoursIn, order, registration, renewal, START, upgrade } from '../fixtures/domain';

const NOW = hoursIn(48);
const PURGE = hoursIn(60);

function lifeOf(
  policy: Policy,
  billing: Billing,
  over: Partial<Life> = {},
  orders = billing === 'prepaid' ? [order()] : [],
): Life {
  return {
    ...newLife('ins-1', registration({ product: policy.product, billing, orders }), policy.lifecycle),
    ...over,
  };
}

/** An instance in a state, as it would have come there. */
function inState(policy: Policy, billing: Billing, state: State): Life {
  const base = lifeOf(policy, billing, { state });
  if (state === 'stopped') return { ...base, power: 'stopped' };
  if (state === 'expired') return { ...base, power: 'stopped', orders: [] };
  if (state === 'isolated')
    return {
      ...base,
      orders: [],
      cause: 'terminate',
      isolatedAt: START,
      billingStoppedAt: START,
      purgeTime: PURGE,
    };
  return base;
}

const COMMANDS: CommandName[] = [
  'terminate',
  'cancel',
  'reschedule',
  'restore',
  'purge',
  'amend',
  'start',
  'stop',
  'protect',
  'unprotect',
  'undo',
  'switch-network',
  'put-prices',
  'begin-operation',
  'end-operation',
  'resolve',
  'adopt',
  'apply',
];

/** The sensible form of each command for the instance. */
function command(name: CommandName, life: Life): Command {
  const { rules, billing } = life;
  switch (name) {
    case 'terminate':
      return {
        name,
        action: rules.end[billing].action,
        schedule: { mode: 'now' },
        terminationId: 't1',
        rules,
      };
    case 'reschedule':
      return { name, at: hoursIn(100) };
    case 'restore':
      return billing === 'prepaid' ? { name, renewal: { months: 1 } } : { name };
    case 'amend':
      return { name, order: { kind: 'renewal', channel: 'standard', months: 1 }, rules };
    case 'protect':
    case 'unprotect':
      return { name, reason: 'r' };
    case 'undo':
      return { name, refundId: 'r1', reason: 'r' };
    case 'put-prices':
      return { name, prices: { version: 'v2', currency: 'CNY' } };
    case 'begin-operation':
      return { name, kind: 'resize' };
    case 'end-operation':
      return { name, power: 'stopped' };
    case 'resolve':
      return { name, action: 'retry', reason: 'r' };
    case 'adopt':
      return { name, found: 'gone', reason: 'r' };
    case 'apply':
      return { name, reason: 'r' };
    case 'switch-network':
    case 'cancel':
    case 'purge':
    case 'start':
    case 'stop':
      return { name };
  }
}

/** What comes of it: the state after it, or the refusal's code. */
function outcome(life: Life, name: CommandName, at = NOW): string {
  const decision = decide(life, command(name, life), at);
  return decision.ok ? decision.next.state : decision.refusal.code;
}

type Row = Record<CommandName, string>;
const row = (cells: string): Row => {
  const values = cells.trim().split(/\s+/);
  if (values.length !== COMMANDS.length) throw new Error(`a row has ${values.length} cells: ${cells}`);
  return Object.fromEntries(COMMANDS.map((name, index) => [name, values[index]!])) as Row;
};

// Order of the columns: terminate cancel reschedule restore purge amend start stop protect unprotect undo
// switch-network put-prices begin-operation end-operation resolve adopt apply. (Machines: crossing.test.ts.)
const BUSY = `${Array(15).fill('BUSY').join(' ')} NOT_STUCK BUSY BUSY`;
const GONE = Array(18).fill('WRONG_STATE').join(' ');
const CHANGING =
  'BUSY BUSY BUSY BUSY BUSY BUSY running stopped BUSY BUSY BUSY BUSY BUSY BUSY stopped NOT_STUCK BUSY BUSY';

const TABLES: [string, Policy, Billing, Record<State, string>][] = [
  [
    'CVM postpaid',
    tencentCvm,
    'postpaid',
    {
      running:
        'terminated NOT_SCHEDULED NOT_SCHEDULED WRONG_STATE WRONG_STATE WRONG_BILLING WRONG_STATE stopped running NOT_PROTECTED WRONG_STATE running WRONG_BILLING changing WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      stopped:
        'terminated NOT_SCHEDULED NOT_SCHEDULED WRONG_STATE WRONG_STATE WRONG_BILLING running WRONG_STATE stopped NOT_PROTECTED WRONG_STATE stopped WRONG_BILLING changing WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      changing: CHANGING,
      // Never reached by a CVM; the table is whole all the same.
      expired:
        'terminated WRONG_STATE WRONG_STATE WRONG_STATE WRONG_STATE WRONG_BILLING WRONG_STATE WRONG_STATE expired NOT_PROTECTED WRONG_STATE WRONG_STATE WRONG_BILLING WRONG_STATE WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      isolating: BUSY,
      isolated:
        'WRONG_STATE WRONG_STATE WRONG_STATE running terminated WRONG_STATE WRONG_STATE WRONG_STATE isolated NOT_PROTECTED NOT_RETURNED WRONG_STATE WRONG_BILLING WRONG_STATE WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      restoring: BUSY,
      terminating: BUSY,
      terminated: GONE,
    },
  ],
  [
    'CVM prepaid',
    tencentCvm,
    'prepaid',
    {
      running:
        'isolated NOT_SCHEDULED NOT_SCHEDULED WRONG_STATE WRONG_STATE running WRONG_STATE stopped running NOT_PROTECTED WRONG_STATE running running changing WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      stopped:
        'isolated NOT_SCHEDULED NOT_SCHEDULED WRONG_STATE WRONG_STATE stopped running WRONG_STATE stopped NOT_PROTECTED WRONG_STATE stopped stopped changing WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      changing: CHANGING,
      expired:
        'isolated WRONG_STATE WRONG_STATE WRONG_STATE WRONG_STATE stopped WRONG_STATE WRONG_STATE expired NOT_PROTECTED WRONG_STATE WRONG_STATE expired WRONG_STATE WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      isolating: BUSY,
      isolated:
        'WRONG_STATE WRONG_STATE WRONG_STATE running terminated WRONG_STATE WRONG_STATE WRONG_STATE isolated NOT_PROTECTED NOT_RETURNED WRONG_STATE isolated WRONG_STATE WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      restoring: BUSY,
      terminating: BUSY,
      terminated: GONE,
    },
  ],
  [
    'Redis postpaid',
    tencentRedis,
    'postpaid',
    {
      running:
        'isolated NOT_SCHEDULED NOT_SCHEDULED WRONG_STATE WRONG_STATE WRONG_BILLING WRONG_STATE stopped running NOT_PROTECTED WRONG_STATE running WRONG_BILLING changing WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      stopped:
        'isolated NOT_SCHEDULED NOT_SCHEDULED WRONG_STATE WRONG_STATE WRONG_BILLING running WRONG_STATE stopped NOT_PROTECTED WRONG_STATE stopped WRONG_BILLING changing WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      changing: CHANGING,
      expired:
        'isolated WRONG_STATE WRONG_STATE WRONG_STATE WRONG_STATE WRONG_BILLING WRONG_STATE WRONG_STATE expired NOT_PROTECTED WRONG_STATE WRONG_STATE WRONG_BILLING WRONG_STATE WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      isolating: BUSY,
      isolated:
        'WRONG_STATE WRONG_STATE WRONG_STATE running terminated WRONG_STATE WRONG_STATE WRONG_STATE isolated NOT_PROTECTED NOT_RETURNED WRONG_STATE WRONG_BILLING WRONG_STATE WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      restoring: BUSY,
      terminating: BUSY,
      terminated: GONE,
    },
  ],
  [
    'JD prepaid',
    jdVm,
    'prepaid',
    {
      running:
        'NOT_STOPPED NOT_SCHEDULED NOT_SCHEDULED WRONG_STATE WRONG_STATE running WRONG_STATE stopped running NOT_PROTECTED WRONG_STATE running running changing WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      stopped:
        'NOT_EXPIRED NOT_SCHEDULED NOT_SCHEDULED WRONG_STATE WRONG_STATE stopped running WRONG_STATE stopped NOT_PROTECTED WRONG_STATE stopped stopped changing WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      changing: CHANGING,
      expired:
        'terminated WRONG_STATE WRONG_STATE WRONG_STATE WRONG_STATE stopped WRONG_STATE WRONG_STATE expired NOT_PROTECTED WRONG_STATE WRONG_STATE expired WRONG_STATE WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      isolating: BUSY,
      isolated:
        'WRONG_STATE WRONG_STATE WRONG_STATE running terminated WRONG_STATE WRONG_STATE WRONG_STATE isolated NOT_PROTECTED NOT_RETURNED WRONG_STATE isolated WRONG_STATE WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
      restoring: BUSY,
      terminating: BUSY,
      terminated: GONE,
    },
  ],
];

describe.each(TABLES)('L2, L5, L6, L8, L11 commands × states: %s', (_, policy, billing, table) => {
  it.each(STATES)('in %s', (state) => {
    const life = inState(policy, billing, state);
    expect(Object.fromEntries(COMMANDS.map((name) => [name, outcome(life, name)]))).toEqual(
      row(table[state]),
    );
  });

  it('a refusal names the state, and what the table does not list is never done', () => {
    for (const state of STATES) {
      for (const name of COMMANDS) {
        const life = inState(policy, billing, state);
        const decision = decide(life, command(name, life), NOW);
        if (!decision.ok) expect(decision.refusal.state).toBe(state);
        if (!isAllowedIn(name, state)) expect(decision.ok).toBe(false);
      }
    }
  });
});

describe('L11 commands on scheduled and protected instances', () => {
  const termination = {
    mode: 'timed' as const,
    at: hoursIn(72),
    terminationId: 't0',
    ending: { into: 'terminated' as const },
  };
  const protection = { reason: 'r', by: 'b', at: START };
  const rows: [string, Partial<Life>, string][] = [
    [
      'scheduled, running',
      { termination },
      'SCHEDULED running running WRONG_STATE WRONG_STATE WRONG_BILLING WRONG_STATE stopped SCHEDULED NOT_PROTECTED WRONG_STATE running WRONG_BILLING changing WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
    ],
    [
      'scheduled, stopped',
      { termination, state: 'stopped', power: 'stopped' },
      'SCHEDULED stopped stopped WRONG_STATE WRONG_STATE WRONG_BILLING running WRONG_STATE SCHEDULED NOT_PROTECTED WRONG_STATE stopped WRONG_BILLING changing WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
    ],
    ['scheduled, changing', { termination, state: 'changing' }, CHANGING],
    [
      'protected, running',
      { protection },
      'PROTECTED NOT_SCHEDULED NOT_SCHEDULED WRONG_STATE WRONG_STATE WRONG_BILLING WRONG_STATE stopped PROTECTED running WRONG_STATE running WRONG_BILLING changing WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
    ],
    [
      'protected, isolated',
      { protection, state: 'isolated', purgeTime: PURGE },
      'WRONG_STATE WRONG_STATE WRONG_STATE running PROTECTED WRONG_STATE WRONG_STATE WRONG_STATE PROTECTED isolated NOT_RETURNED WRONG_STATE WRONG_BILLING WRONG_STATE WRONG_STATE WRONG_STATE NO_CONTROL_PLANE NO_CONTROL_PLANE',
    ],
  ];
  it.each(rows)('%s', (_, over, cells) => {
    const life = lifeOf(tencentCvm, 'postpaid', over);
    expect(Object.fromEntries(COMMANDS.map((name) => [name, outcome(life, name)]))).toEqual(row(cells));
  });
});

/** The next life and the effects; fails when refused. */
function take(life: Life, one: Command, at = NOW) {
  const decision = decide(life, one, at, 'ops');
  if (!decision.ok) throw new Error(decision.refusal.code);
  return decision;
}
const refused = (life: Life, one: Command, at = NOW) => {
  const decision = decide(life, one, at);
  return decision.ok ? 'ok' : decision.refusal.code;
};
const terminate = (
  policy: Policy,
  schedule: Extract<Command, { name: 'terminate' }>['schedule'],
  action: Action = 'terminate',
) => ({ name: 'terminate', action, schedule, terminationId: 't1', rules: policy.lifecycle }) as const;

describe('L1 endings', () => {
  it('L1, 000-05 CVM postpaid now: terminated, no bin', () => {
    const { next, effects } = take(lifeOf(tencentCvm, 'postpaid'), terminate(tencentCvm, { mode: 'now' }));
    expect(next).toMatchObject({
      state: 'terminated',
      purgeTime: null,
      billingStoppedAt: NOW,
      isolatedAt: null,
    });
    expect(effects).toEqual([{ type: 'finish-item', terminationId: 't1', releaseTime: NOW }]);
  });

  it('L1, 000-06 CVM postpaid later: two hours in the bin, not billed', () => {
    const { next } = take(lifeOf(tencentCvm, 'postpaid'), terminate(tencentCvm, { mode: 'later' }));
    expect(next).toMatchObject({
      state: 'isolated',
      cause: 'terminate',
      isolatedAt: NOW,
      billingStoppedAt: NOW,
      purgeTime: hoursIn(50),
    });
  });

  it('L1, 001-07 Redis postpaid: two hours; 001-02, 003-21 prepaid returns: seven times 24 hours', () => {
    expect(
      take(lifeOf(tencentRedis, 'postpaid'), terminate(tencentRedis, { mode: 'now' })).next.purgeTime,
    ).toBe(hoursIn(50));
    for (const policy of [tencentCvm, tencentRedis]) {
      const { next, effects } = take(lifeOf(policy, 'prepaid'), terminate(policy, { mode: 'now' }, 'return'));
      // M15: it closes every order; M13: the refund is settled by the step that isolates.
      expect(next).toMatchObject({
        state: 'isolated',
        cause: 'return',
        purgeTime: hoursIn(48 + 7 * 24),
        orders: [],
      });
      expect(effects).toEqual([{ type: 'settle', terminationId: 't1' }]);
    }
  });

  it('a mode or action that the product has not is refused', () => {
    expect(refused(lifeOf(tencentRedis, 'postpaid'), terminate(tencentRedis, { mode: 'later' }))).toBe(
      'MODE_NOT_OFFERED',
    );
    expect(
      refused(
        lifeOf(tencentCvm, 'prepaid'),
        terminate(tencentCvm, { mode: 'timed', at: hoursIn(72) }, 'return'),
      ),
    ).toBe('MODE_NOT_OFFERED');
    expect(refused(lifeOf(tencentCvm, 'prepaid'), terminate(tencentCvm, { mode: 'now' }))).toBe(
      'WRONG_ACTION',
    );
    expect(refused(lifeOf(tencentCvm, 'postpaid'), terminate(tencentCvm, { mode: 'now' }, 'return'))).toBe(
      'WRONG_ACTION',
    );
  });

  it('L9 what was isolated stopped billing then, and not again when it is released', () => {
    const isolated = take(lifeOf(tencentCvm, 'postpaid'), terminate(tencentCvm, { mode: 'later' })).next;
    expect(take(isolated, { name: 'purge' }, hoursIn(49)).next).toMatchObject({
      state: 'terminated',
      billingStoppedAt: NOW,
      purgeTime: null,
    });
  });

  it('J3 a terminated instance leaves nothing deferred: what its orders still hold ends with it', () => {
    const life = lifeOf(jdVm, 'prepaid', { state: 'expired', power: 'stopped' });
    const { next, effects } = take(life, terminate(jdVm, { mode: 'now' }));
    expect(next).toMatchObject({ state: 'terminated', orders: [] });
    expect(effects).toContainEqual({ type: 'end-orders', orderIds: ['o1'] });
  });
});

describe('L2 timed termination', () => {
  const timed = (at: string) => terminate(tencentCvm, { mode: 'timed', at });
  const scheduled = take(lifeOf(tencentCvm, 'postpaid'), timed('2026-11-05T00:00:00+08:00')).next;

  it('000-07, 000-16 is a field of a living instance, its time in UTC', () => {
    expect(scheduled).toMatchObject({
      state: 'running',
      termination: { mode: 'timed', at: '2026-11-04T16:00:00.000Z', terminationId: 't1' },
    });
    expect(nextDeadline(scheduled)).toEqual({ kind: 'fire', at: '2026-11-04T16:00:00.000Z' });
  });

  it('L2 must lie in the future, when set and when moved', () => {
    const life = lifeOf(tencentCvm, 'postpaid');
    expect(refused(life, timed(NOW))).toBe('TIME_PASSED');
    expect(refused(life, timed(hoursIn(47)))).toBe('TIME_PASSED');
    expect(refused(life, timed(hoursIn(48, 1)))).toBe('ok');
    expect(refused(scheduled, { name: 'reschedule', at: NOW })).toBe('TIME_PASSED');
  });

  it('L2 moved: the new time rules; 000-20 cancelled: nothing waits any more', () => {
    const moved = take(scheduled, { name: 'reschedule', at: '2026-11-06T00:00:00+08:00' });
    expect(nextDeadline(moved.next)).toEqual({ kind: 'fire', at: '2026-11-05T16:00:00.000Z' });
    expect(moved.effects).toEqual([
      { type: 'move-item', terminationId: 't1', releaseTime: '2026-11-05T16:00:00.000Z' },
    ]);
    const cancelled = take(moved.next, { name: 'cancel' });
    expect(cancelled.next).toMatchObject({ state: 'running', termination: null });
    expect(cancelled.effects).toEqual([{ type: 'move-item', terminationId: 't1', releaseTime: null }]);
    expect(nextDeadline(cancelled.next)).toBeUndefined();
  });

  it('000-08 fires into terminated; afterwards cancel gets the state', () => {
    const { next, effects } = decideDeadline(scheduled, nextDeadline(scheduled)!, '2026-11-04T16:00:00.000Z');
    expect(next).toMatchObject({
      state: 'terminated',
      termination: null,
      billingStoppedAt: '2026-11-04T16:00:00.000Z',
    });
    expect(effects).toEqual([
      { type: 'fire-item', terminationId: 't1', releaseTime: '2026-11-04T16:00:00.000Z' },
    ]);
    expect(decide(next, { name: 'cancel' }, NOW)).toEqual({
      ok: false,
      refusal: { code: 'WRONG_STATE', state: 'terminated' },
    });
  });

  it('it ends as the quote’s policy said, whatever rules the instance carries', () => {
    const bin = { into: 'bin' as const, retentionSeconds: 60 };
    const rules = {
      ...tencentCvm.lifecycle,
      end: {
        ...tencentCvm.lifecycle.end,
        postpaid: { ...tencentCvm.lifecycle.end.postpaid, modes: { timed: bin } },
      },
    };
    const life = take(lifeOf(tencentCvm, 'postpaid'), { ...timed(hoursIn(72)), rules }).next;
    const { next } = decideDeadline(life, nextDeadline(life)!, hoursIn(72));
    expect(next).toMatchObject({ state: 'isolated', termination: null, purgeTime: hoursIn(72, 60) });
  });

  it('L11 an operation in progress holds the deadline back until it ends', () => {
    const changing: Life = { ...scheduled, state: 'changing' };
    expect(nextDeadline(changing)).toBeUndefined();
    expect(nextDeadline(take(changing, { name: 'start' }, hoursIn(200)).next)).toMatchObject({
      kind: 'fire',
    });
  });
});

describe('the bin', () => {
  const binned = (power: 'running' | 'stopped', billing: Billing = 'postpaid', policy = tencentCvm): Life =>
    lifeOf(policy, billing, {
      state: 'isolated',
      power,
      cause: 'terminate',
      isolatedAt: NOW,
      billingStoppedAt: NOW,
      purgeTime: PURGE,
      orders: [],
    });

  it('L11 a restore returns to the power state from before isolation, and billing goes on', () => {
    for (const power of ['running', 'stopped'] as const) {
      const { next, effects } = take(binned(power), { name: 'restore' });
      expect(next).toMatchObject({
        state: power,
        cause: null,
        isolatedAt: null,
        billingStoppedAt: null,
        purgeTime: null,
      });
      // E6: whether the account is in arrears is known only to the database.
      expect(effects).toEqual([{ type: 'check-arrears' }]);
    }
  });

  it('M14, 003-22 restoring a prepaid instance is a renewal, of a postpaid one none', () => {
    const prepaid = binned('running', 'prepaid');
    expect(refused(prepaid, { name: 'restore' })).toBe('RENEWAL_REQUIRED');
    expect(refused(binned('running'), { name: 'restore', renewal: { months: 1 } })).toBe(
      'RENEWAL_NOT_ALLOWED',
    );
    const paid = { cash: '1', gift: '0', income: '0', voucher: '0' };
    expect(take(prepaid, { name: 'restore', renewal: { months: 3, paid } }).effects).toEqual([
      { type: 'check-arrears' },
      { type: 'new-order', order: { kind: 'renewal', channel: 'standard', months: 3, paid } },
    ]);
  });

  it('001-04, 001-09 the release comes at the end of the retention, protected or not (L7)', () => {
    const life = { ...binned('running'), protection: { reason: 'r', by: 'b', at: START } };
    expect(nextDeadline(life)).toEqual({ kind: 'release', at: PURGE });
    expect(decideDeadline(life, nextDeadline(life)!, PURGE).next).toMatchObject({
      state: 'terminated',
      billingStoppedAt: NOW,
    });
  });

  it('L6 purge only from the bin, never when protected', () => {
    expect(take(binned('running'), { name: 'purge' }).next.state).toBe('terminated');
    expect(refused(lifeOf(tencentCvm, 'postpaid'), { name: 'purge' })).toBe('WRONG_STATE');
  });
});

describe('L7 protection', () => {
  it('L7 remembers reason, who and when, and is lifted by unprotect', () => {
    const { next } = take(lifeOf(tencentCvm, 'prepaid'), { name: 'protect', reason: 'audit' });
    expect(next.protection).toEqual({ reason: 'audit', by: 'ops', at: NOW });
    expect(take(next, { name: 'unprotect', reason: 'done' }).next.protection).toBeNull();
  });

  it('L7 does not stop expiry', () => {
    const life = take(lifeOf(tencentCvm, 'prepaid'), { name: 'protect', reason: 'audit' }).next;
    expect(advance(life, END)).toMatchObject({ state: 'isolated', cause: 'expiry' });
  });
});

describe('L3, J3 deadlines of prepaid instances', () => {
  const orders = [order(), upgrade({ endsAt: hoursIn(1000) }), renewal()];
  const life = lifeOf(tencentCvm, 'prepaid', {}, orders);

  it('J3 each order’s end is a deadline; only the last one is the expiry', () => {
    expect(expiresAt(life)).toBe('2028-10-31T16:00:00.000Z');
    expect(nextDeadline(life)).toEqual({ kind: 'end-orders', at: hoursIn(1000) });
    const first = decideDeadline(life, nextDeadline(life)!, hoursIn(1000));
    expect(first.effects).toEqual([{ type: 'end-orders', orderIds: ['u1'] }]);
    expect(first.next).toMatchObject({ state: 'running' });
    const second = nextDeadline(first.next)!;
    expect(second).toEqual({ kind: 'end-orders', at: new Date(END).toISOString() });
    expect(nextDeadline(decideDeadline(first.next, second, END).next)).toEqual({
      kind: 'expire',
      at: '2028-10-31T16:00:00.000Z',
    });
  });

  it('J3 orders that end together end in one step', () => {
    const together = lifeOf(tencentCvm, 'prepaid', {}, [order(), upgrade()]);
    const { next, effects } = decideDeadline(together, nextDeadline(together)!, END);
    expect(effects).toEqual([{ type: 'end-orders', orderIds: ['o1', 'u1'] }]);
    expect(next).toMatchObject({ state: 'isolated', cause: 'expiry', orders: [] });
  });

  it('L3, 001-20 Tencent: expiry isolates for seven days, then terminates, without a refund', () => {
    const expired = advance(lifeOf(tencentCvm, 'prepaid'), END);
    expect(expired).toMatchObject({
      state: 'isolated',
      cause: 'expiry',
      purgeTime: '2027-11-07T16:00:00.000Z',
    });
    expect(advance(lifeOf(tencentCvm, 'prepaid'), '2027-11-07T23:59:59+08:00').state).toBe('isolated');
    expect(advance(lifeOf(tencentCvm, 'prepaid'), '2027-11-08T00:00:00+08:00').state).toBe('terminated');
  });

  it('L3, L11 JD: expiry powers off and stays; a renewal makes it stopped', () => {
    const expired = advance(lifeOf(jdVm, 'prepaid'), '2030-01-01T00:00:00Z');
    expect(expired).toMatchObject({ state: 'expired', power: 'stopped', orders: [], purgeTime: null });
    expect(nextDeadline(expired)).toBeUndefined();
    const { next, effects } = take(expired, command('amend', expired));
    expect(next.state).toBe('stopped');
    expect(effects).toEqual([
      { type: 'new-order', order: { kind: 'renewal', channel: 'standard', months: 1 } },
    ]);
  });

  it('M16 an upgrade needs an order in force', () => {
    const amend: Command = {
      name: 'amend',
      order: { kind: 'upgrade', channel: 'standard' },
      rules: jdVm.lifecycle,
    };
    expect(refused(advance(lifeOf(jdVm, 'prepaid'), END), amend)).toBe('NO_ORDER_IN_FORCE');
    expect(refused(lifeOf(jdVm, 'prepaid'), amend)).toBe('ok');
  });

  it('amending replaces the rules that govern expiry', () => {
    const rules = { ...tencentCvm.lifecycle, version: 'next', expiry: { into: 'expired' as const } };
    const amended = take(lifeOf(tencentCvm, 'prepaid'), {
      name: 'amend',
      order: { kind: 'renewal', channel: 'standard', months: 1 },
      rules,
    }).next;
    expect(advance(amended, END)).toMatchObject({ state: 'expired' });
  });

  it('advance does nothing before the first deadline, and takes each when it is due', () => {
    expect(advance(life, hoursIn(999))).toBe(life);
    expect(advance(life, hoursIn(1000)).orders.map(({ id }) => id)).toEqual(['o1', 'o2']);
    expect(advance(life, END).orders.map(({ id }) => id)).toEqual(['o2']);
    expect(advance(life, '2200-01-01T00:00:00Z')).toMatchObject({ state: 'terminated', orders: [] });
  });

  it('L11 an instance that is changing at its expiry waits for the operation to end', () => {
    const changing = lifeOf(tencentCvm, 'prepaid', { state: 'changing' });
    expect(advance(changing, END)).toBe(changing);
    const { next } = take(changing, { name: 'stop' }, END);
    expect(advance(next, END)).toMatchObject({ state: 'isolated', cause: 'expiry', power: 'stopped' });
  });
});

it('a life is plain JSON: it survives the argument of the next run', () => {
  for (const state of STATES) {
    const life = inState(tencentCvm, 'prepaid', state);
    expect(JSON.parse(JSON.stringify(life))).toEqual(life);
  }
});

describe('undoing a return', () => {
  const prepaid = lifeOf(tencentCvm, 'prepaid');
  const returned = take(
    { ...prepaid, power: 'stopped', state: 'stopped' },
    terminate(tencentCvm, { mode: 'now' }, 'return'),
  ).next;
  const undo: Command = { name: 'undo', refundId: 'r1', reason: 'by mistake' };

  it('leads back to the power state before it; the step puts the orders back', () => {
    const { next, effects } = take(returned, undo);
    expect(next).toMatchObject({
      state: 'stopped',
      cause: null,
      isolatedAt: null,
      billingStoppedAt: null,
      purgeTime: null,
    });
    expect(effects).toEqual([{ type: 'undo-refund', refundId: 'r1', reason: 'by mistake' }]);
  });

  it.each(['terminate', 'expiry'] as const)(
    'is for what was returned, not for what is in the bin by %s',
    (cause) => {
      expect(refused({ ...returned, cause }, undo)).toBe('NOT_RETURNED');
    },
  );
});

describe('return of renewals that have not started', () => {
  const returnRenewals = terminate(tencentCvm, { mode: 'now' }, 'return-renewals');
  const prepaid = lifeOf(tencentCvm, 'prepaid');
  const [inForce] = prepaid.orders;
  const renewal = { id: 'o2', term: true, startsAt: inForce!.endsAt, endsAt: '2029-01-01T00:00:00Z' };
  const renewed = { ...prepaid, orders: [inForce!, renewal] };

  it('lets go of them only: the instance runs on to the end of what is left', () => {
    const { next, effects } = take(renewed, returnRenewals);
    expect(next).toEqual(prepaid);
    expect(effects).toEqual([{ type: 'settle', terminationId: 't1' }]);
    expect(nextDeadline(next)).toEqual({ kind: 'expire', at: new Date(inForce!.endsAt).toISOString() });
  });

  it('is refused when nothing is left to start, also in the second in which it starts', () => {
    expect(refused(prepaid, returnRenewals)).toBe('NOTHING_TO_RETURN');
    expect(refused(renewed, returnRenewals, renewal.startsAt)).toBe('NOTHING_TO_RETURN');
  });

  it('is not kept back by termination protection, but by what the product does not offer', () => {
    expect(
      take({ ...renewed, protection: { reason: 'r', by: 'b', at: NOW } }, returnRenewals).next.state,
    ).toBe('running');
    expect(refused(lifeOf(tencentCvm, 'postpaid'), returnRenewals)).toBe('WRONG_ACTION');
    expect(refused(lifeOf(jdVm, 'prepaid'), terminate(jdVm, { mode: 'now' }, 'return-renewals'))).toBe(
      'WRONG_ACTION',
    );
  });
});

describe('L16 protection in the bin', () => {
  const inBin = lifeOf(tencentCvm, 'postpaid', { state: 'isolated', cause: 'terminate', purgeTime: PURGE });
  const protect = (holdRelease?: boolean): Command => ({ name: 'protect', reason: 'r', holdRelease });

  it('L16: keeps people from a purge, and not time from the release', () => {
    const { next } = take(inBin, protect());
    expect(refused(next, { name: 'purge' })).toBe('PROTECTED');
    expect(nextDeadline(next)).toEqual({ kind: 'release', at: PURGE });
  });

  it('L16: a legal hold keeps it past its time; lifted, what has passed comes due', () => {
    const { next: held } = take(inBin, protect(true));
    expect(nextDeadline(held)).toBeUndefined();
    expect(refused(held, { name: 'unprotect', reason: 'r' })).toBe('RELEASE_HELD');
    const { next: lifted } = take(held, { name: 'unprotect', reason: 'r', liftHold: true }, hoursIn(99));
    expect(nextDeadline(lifted)).toEqual({ kind: 'release', at: PURGE });
  });

  it('L16: a protection becomes a legal hold without a gap, and not the other way round', () => {
    const { next: held } = take(take(inBin, protect()).next, protect(true));
    expect(held.protection).toMatchObject({ holdRelease: true });
    expect([protect(), protect(true)].map((one) => refused(held, one))).toEqual(['PROTECTED', 'PROTECTED']);
  });

  it('L16: one that is made while it runs holds the release that comes later', () => {
    const { next: held } = take(lifeOf(tencentCvm, 'prepaid'), protect(true));
    const { next } = decideDeadline(held, nextDeadline(held)!, END);
    expect(next.state).toBe('isolated');
    expect(nextDeadline(next)).toBeUndefined();
  });
});

describe('L5, L11 operations', () => {
  it('L11: an operation holds back what is due until it ends, in the power state that it says', () => {
    const scheduled = take(
      lifeOf(tencentCvm, 'postpaid'),
      terminate(tencentCvm, { mode: 'timed', at: hoursIn(50) }),
    ).next;
    const { next } = take(scheduled, { name: 'begin-operation', kind: 'resize' });
    expect(next).toMatchObject({ state: 'changing', operation: { kind: 'resize', by: 'ops', at: NOW } });
    expect(nextDeadline(next)).toBeUndefined();
    const { next: ended } = take(next, { name: 'end-operation', power: 'stopped' }, hoursIn(60));
    expect(ended).toMatchObject({ state: 'stopped', power: 'stopped' });
    expect(ended.operation).toBeUndefined();
    expect(nextDeadline(ended)).toMatchObject({ kind: 'fire' });
  });
});

describe('what ends leaves nothing open', () => {
  const withOrders = lifeOf(tencentCvm, 'prepaid', {
    state: 'isolated',
    cause: 'terminate',
    purgeTime: PURGE,
  });
  const endOrders = { type: 'end-orders', orderIds: withOrders.orders.map(({ id }) => id) };

  it('J3: a release and a purge end the orders that the bin held', () => {
    expect(decideDeadline(withOrders, nextDeadline(withOrders)!, PURGE)).toMatchObject({
      next: { orders: [] },
      effects: [endOrders],
    });
    expect(take(withOrders, { name: 'purge' })).toMatchObject({ next: { orders: [] }, effects: [endOrders] });
  });

  it('L2: a schedule that the expiry came before is told as cancelled, with the reason', () => {
    const termination = {
      mode: 'timed' as const,
      at: hoursIn(24 * 400),
      terminationId: 't1',
      ending: { into: 'terminated' as const },
    };
    const life = lifeOf(tencentCvm, 'prepaid', { termination });
    const { effects } = decideDeadline(life, nextDeadline(life)!, END);
    expect(effects).toContainEqual({
      type: 'move-item',
      terminationId: 't1',
      releaseTime: null,
      code: 'ENDED_OTHERWISE',
    });
  });
});
