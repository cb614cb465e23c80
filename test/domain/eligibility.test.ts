import { SENTENCES, warningSentence } from '../../contract/blockers';
import { rightsLeft } from '../../domain/eligibility';
import type { Facts, StoredOrder } from '../../domain/instance';
import { expiresAt, newLife } from '../../domain/lifecycle';
import type { Knobs, Policy } from '../../domain/policy';
import { type QuoteItem, quoteItems } from '../../domain/quote';
import { rightsKey } from '../../domain/returns';
import type { QuoteRequest, Subject } from '../../domain/subject';
import { jdVm } from '../../policies/jd-vm';
import { tencentCvm } from '../../policies/tencent-cvm';
import { tencentRedis } from '../../policies/tencent-redis';
import {
  END,
  facts,
  hoursIn,
  order,
  paid,
  prices,
  renewal,
  START,
  subject,
  upgrade,
} from '../fixtures/domain';

const ALL = { fiveDay: 1, ordinary: 3 };
const NOT_FIRST = { fiveDay: 0, ordinary: 3 };
const RETURN: QuoteRequest = { action: 'return', schedule: { mode: 'now' } };

function quote(over: Partial<Subject> = {}, left = ALL, request: QuoteRequest = RETURN): QuoteItem {
  const one = subject(over);
  return quoteItems([one], new Map([[rightsKey(one.facts.account, one.facts.product), left]]), request)[0]!;
}
const kind = (over: Partial<Subject> = {}, left = ALL) => quote(over, left).refund.kind;
const blockers = (over: Partial<Subject> = {}, left = ALL, request = RETURN) =>
  quote(over, left, request).blockers;
const withKnobs = (over: Partial<Knobs>): Policy => ({
  ...tencentCvm,
  knobs: { ...tencentCvm.knobs, ...over },
});
const network = (switchedToTrafficAt: string): Facts['network'] => ({
  billing: 'traffic',
  hour: '0.063',
  switchedToTrafficAt,
});

describe('E1 the five-day window', () => {
  it('E1, 003-05 lasts 120 h to the second, the last one included, fractions dropped', () => {
    expect(kind({ at: hoursIn(0, 60) })).toBe('five-day');
    expect(kind({ at: hoursIn(120) })).toBe('five-day');
    expect(kind({ at: new Date(Date.parse(hoursIn(120)) + 999).toISOString() })).toBe('five-day');
    expect(kind({ at: hoursIn(120, 1) })).toBe('ordinary');
  });

  it('E1 counts from the first purchase, not from a renewal', () => {
    const orders = [order({ endedAt: order().endsAt }), renewal()];
    expect(kind({ orders, at: '2027-11-02T00:00:00+08:00' })).toBe('ordinary');
  });

  it('E1, M15 stays at the original purchase, also when that order was returned', () => {
    const orders = [order({ closedAt: hoursIn(24) }), renewal({ startsAt: hoursIn(48) })];
    expect(kind({ orders, at: hoursIn(120) })).toBe('five-day');
    expect(kind({ orders, at: hoursIn(121) })).toBe('ordinary');
    expect(quote({ orders, at: hoursIn(120) }).refund).toMatchObject({ amount: '507.96' });
  });

  it('E1 knob: calendar days, the day of purchase being the first', () => {
    const policy = withKnobs({ fiveDayWindow: 'calendar-days' });
    const orders = [order({ startsAt: '2026-11-01T23:00:00+08:00' })];
    expect(kind({ policy, orders, at: '2026-11-05T23:59:59+08:00' })).toBe('five-day');
    expect(kind({ policy, orders, at: '2026-11-06T00:00:00+08:00' })).toBe('ordinary');
  });

  it('E1 an instance without a purchase order has no window', () => {
    expect(kind({ orders: [renewal({ startsAt: START })] })).toBe('ordinary');
  });
});

describe('E2 rights', () => {
  it('E2, 003-02, 003-13 one five-day return, then three ordinary ones, then none', () => {
    expect(kind({}, ALL)).toBe('five-day');
    expect(kind({}, NOT_FIRST)).toBe('ordinary');
    expect(blockers({}, { fiveDay: 0, ordinary: 0 })).toEqual(['QUOTA_USED']);
    // Outside the window the five-day right helps nobody.
    expect(blockers({ at: hoursIn(121) }, { fiveDay: 1, ordinary: 0 })).toEqual(['QUOTA_USED']);
    expect(kind({}, { fiveDay: 1, ordinary: 0 })).toBe('five-day');
  });

  it('E2 knob: counts; what is left is never below zero', () => {
    const { knobs } = withKnobs({ fiveDayCount: 2, ordinaryCount: 5 });
    expect(rightsLeft(knobs, { fiveDay: 1, ordinary: 1 })).toEqual({ fiveDay: 1, ordinary: 4 });
    expect(rightsLeft(knobs, { fiveDay: 9, ordinary: 9 })).toEqual({ fiveDay: 0, ordinary: 0 });
  });

  it('E2 an account without any known rights has none', () => {
    expect(quoteItems([subject()], new Map(), RETURN)[0]!.blockers).toEqual(['QUOTA_USED']);
  });
});

describe('M19 before it begins', () => {
  const future = { at: hoursIn(-24 * 30) };
  const pays = (over: Partial<Subject>, left = ALL) => quote({ ...future, ...over }, left).refund;

  it('M19 all of it comes back: a five-day return when that right is free, an ordinary one otherwise', () => {
    expect(pays({})).toMatchObject({ kind: 'five-day', amount: '407.96', fee: '0.00' });
    expect(pays({}, NOT_FIRST)).toMatchObject({ kind: 'ordinary', amount: '407.96' });
    expect(pays({ orders: [order(), renewal(), upgrade()] }, NOT_FIRST)).toMatchObject({
      kind: 'ordinary',
      amount: '1015.92',
    });
    expect(blockers(future, { fiveDay: 0, ordinary: 0 })).toEqual(['QUOTA_USED']);
  });

  it('M19 to the last millisecond before it; in the first one the five days have begun', () => {
    const last = new Date(Date.parse(START) - 1).toISOString();
    expect(pays({ at: last }, NOT_FIRST)).toMatchObject({ amount: '407.96' });
    expect(pays({ at: START }, NOT_FIRST)).toMatchObject({ amount: '407.96' });
  });

  it('M19 the expiry stays the end of what was paid, and nothing says that waiting would pay more', () => {
    const one = subject({ ...future, orders: [order(), renewal()] });
    expect(expiresAt(one.life)).toBe(new Date(renewal().endsAt).toISOString());
    expect(
      quote({ ...future, orders: [order(), renewal()] }, NOT_FIRST).warnings.map(({ code }) => code),
    ).not.toContain('WAITING_PAYS_MORE');
  });

  it('M19, E3 an excluded family goes back under the five-day right only', () => {
    const sn2 = { facts: facts({ type: 'SN2.LARGE4' }) };
    expect(pays(sn2)).toMatchObject({ kind: 'five-day', amount: '407.96' });
    expect(blockers({ ...future, ...sn2 }, NOT_FIRST)).toEqual(['FAMILY_EXCLUDED', 'QUOTA_USED']);
  });

  it('M19 in a batch the five-day right goes where it wins; what has not begun pays all of it either way', () => {
    const items = [subject({ id: 'new', ...future }), subject({ id: 'used', at: hoursIn(48) })];
    const quoted = quoteItems(items, new Map([[rightsKey('100001', 'tencent-cvm'), ALL]]), RETURN);
    expect(quoted.map(({ refund }) => refund)).toMatchObject([
      { kind: 'ordinary', amount: '407.96' },
      { kind: 'five-day', amount: '407.96' },
    ]);
  });

  it('M19 when all of it has run out there is no order in force, and nothing to return', () => {
    expect(blockers({ orders: [order({ endedAt: order().endsAt })], at: order().endsAt })).toEqual([
      'NO_ORDER_IN_FORCE',
    ]);
  });
});

describe('M18 parts never pay more than the whole', () => {
  const RENEWALS: QuoteRequest = { action: 'return-renewals', schedule: { mode: 'now' } };
  const renewals = (over: Partial<Subject>) => quote(over, ALL, RENEWALS);
  const overused = '2027-09-21T00:00:00+08:00';

  it('M18 a purchase that has not begun is no renewal: the instance keeps a term to live by', () => {
    const future = { at: hoursIn(-240) };
    expect(renewals(future).blockers).toEqual(['NOTHING_TO_RETURN']);
    expect(renewals({ ...future, orders: [order(), renewal()] }).refund).toMatchObject({ amount: '507.96' });
    // Nor is one whose orders are called renewals let run on unpaid.
    const only = order({ kind: 'renewal' });
    expect(renewals({ ...future, orders: [only] }).blockers).toEqual(['NOTHING_TO_RETURN']);
    expect(renewals({ ...future, orders: [only, renewal()] }).refund).toMatchObject({ amount: '507.96' });
  });

  it('M18 an upgrade that is still to begin stays with its order; one inside a returned renewal goes along', () => {
    const later = upgrade({ startsAt: '2027-01-01T00:00:00+08:00' });
    const inside = upgrade({
      id: 'u2',
      startsAt: '2027-12-01T00:00:00+08:00',
      endsAt: renewal().endsAt,
      paid: paid('20'),
    });
    expect(renewals({ orders: [order(), later] }).blockers).toEqual(['NOTHING_TO_RETURN']);
    expect(renewals({ orders: [order(), later, renewal(), inside] }).refund).toMatchObject({
      amount: '527.96',
      cells: [{ orderId: 'o2' }, { orderId: 'u2' }],
    });
  });

  it('M18 no gap is left: what is sold as a purchase later on keeps the renewals before it', () => {
    const last = order({ id: 'o3', startsAt: renewal().endsAt, endsAt: '2029-11-01T00:00:00+08:00' });
    expect(renewals({ orders: [order(), renewal(), last] }).blockers).toEqual(['NOTHING_TO_RETURN']);
  });

  it('M18 while the order in force is overused, renewals alone are refused; the whole pays what is left', () => {
    const both = { orders: [order(), renewal()], at: overused };
    expect(renewals(both).blockers).toEqual(['OVERUSED']);
    expect(quote(both, NOT_FIRST).refund).toMatchObject({ amount: '265.52' });
    expect(quote(both, ALL, { ...RENEWALS, assisted: true }).blockers).toEqual(['OVERUSED']);
    // To the unit: used up exactly is no debt.
    const even = order({ paid: paid('51') });
    const at = '2026-12-01T00:00:00+08:00';
    expect(renewals({ orders: [even, renewal()], at }).blockers).toEqual([]);
    expect(renewals({ orders: [{ ...even, paid: paid('50.99') }, renewal()], at }).blockers).toEqual([
      'OVERUSED',
    ]);
  });

  it('M18, E5 the threshold is judged on all that was paid back since the last purchase or restore, this refund included', () => {
    const policy = withKnobs({ approvalThreshold: { CNY: '600' } });
    const both = { orders: [order(), renewal()], policy };
    expect(renewals(both).blockers).toEqual([]);
    expect(renewals({ ...both, paidBack: '92.04' }).blockers).toEqual([]);
    expect(renewals({ ...both, paidBack: '92.05' }).blockers).toEqual(['APPROVAL_REQUIRED']);
    expect(blockers({ policy, paidBack: '507.96' }, NOT_FIRST)).toEqual(['APPROVAL_REQUIRED']);
    expect(blockers({ policy }, NOT_FIRST)).toEqual([]);
    expect(blockers({ policy, paidBack: '507.96' }, NOT_FIRST, { ...RETURN, assisted: true })).toEqual([]);
  });
});

describe('M28 the rarer right', () => {
  it('M28 what pays the same either way takes the ordinary right: an order by voucher only, a price of zero, the first second', () => {
    expect(kind({ orders: [order({ paid: paid('0', '0', '0', '507.96') })] })).toBe('ordinary');
    expect(kind({ facts: facts({ prices: prices({ hour: '0' }) }) })).toBe('ordinary');
    expect(kind({ at: START })).toBe('ordinary');
    expect(kind({ at: START }, { fiveDay: 1, ordinary: 0 })).toBe('five-day');
  });

  it('M28 an item named for the five-day right that can’t use it is told so, never given the other one in silence', () => {
    const named: QuoteRequest = { ...RETURN, fiveDayFor: 'ins-1' };
    expect(blockers({ at: hoursIn(121) }, ALL, named)).toEqual(['FIVE_DAY_NOT_POSSIBLE']);
    expect(blockers({ facts: facts({ network: network(hoursIn(10)) }) }, ALL, named)).toEqual([
      'FIVE_DAY_NOT_POSSIBLE',
    ]);
    expect(blockers({}, NOT_FIRST, named)).toEqual(['FIVE_DAY_NOT_POSSIBLE', 'QUOTA_USED']);
    expect(blockers({}, ALL, named)).toEqual([]);
    // Named, it is used even where the ordinary one pays the same.
    expect(quote({ at: START }, ALL, named).refund.kind).toBe('five-day');
  });

  it('M28 so is one that is named where no right is used at all', () => {
    const postpaid = { facts: facts({ billing: 'postpaid' }), orders: [] };
    expect(
      blockers(postpaid, ALL, { action: 'terminate', schedule: { mode: 'now' }, fiveDayFor: 'ins-1' }),
    ).toEqual(['FIVE_DAY_NOT_POSSIBLE']);
    const renewals: QuoteRequest = {
      action: 'return-renewals',
      schedule: { mode: 'now' },
      fiveDayFor: 'ins-1',
    };
    expect(blockers({ orders: [order(), renewal()] }, ALL, renewals)).toEqual(['FIVE_DAY_NOT_POSSIBLE']);
  });
});

describe('M30 the approval threshold', () => {
  it('M30 is an amount per currency; a currency without one has none', () => {
    const yen = {
      facts: facts({ prices: prices({ currency: 'JPY', month: '1000', hour: '1' }) }),
      orders: [order({ paid: paid('9539') })],
    };
    const both = withKnobs({ approvalThreshold: { CNY: '400', JPY: '20000' } });
    expect(blockers({ ...yen, policy: both })).toEqual([]);
    expect(blockers({ ...yen, policy: withKnobs({ approvalThreshold: { CNY: '400' } }) })).toEqual([]);
    expect(blockers({ ...yen, policy: withKnobs({ approvalThreshold: { JPY: '9000' } }) })).toEqual([
      'APPROVAL_REQUIRED',
    ]);
    expect(blockers({ policy: both })).toEqual(['APPROVAL_REQUIRED']);
    expect(blockers({ policy: withKnobs({ approvalThreshold: {} }) })).toEqual([]);
  });

  it('M30 a policy that was kept with one amount for all goes on meaning that', () => {
    const kept = withKnobs({ approvalThreshold: '400' as never });
    expect(blockers({ policy: kept })).toEqual(['APPROVAL_REQUIRED']);
    expect(blockers({ policy: kept }, NOT_FIRST)).toEqual([]);
  });
});

describe('E3 exclusions of ordinary returns', () => {
  const excluded: [string, Partial<Subject>, string][] = [
    ['003-14 SN2', { facts: facts({ type: 'SN2.LARGE4' }) }, 'FAMILY_EXCLUDED'],
    ['003-14 CN2', { facts: facts({ type: 'CN2.LARGE4' }) }, 'FAMILY_EXCLUDED'],
    ['003-15 FX2', { facts: facts({ type: 'FX2.7XLARGE60' }) }, 'FAMILY_EXCLUDED'],
    ['003-14 sn2 in small letters', { facts: facts({ type: 'sn2.large4' }) }, 'FAMILY_EXCLUDED'],
    ['003-16 Guangzhou Open', { facts: facts({ zone: 'ap-guangzhou-open' }) }, 'ZONE_EXCLUDED'],
    ['003-17 activity', { orders: [order({ channel: 'activity' })] }, 'ACTIVITY_RESOURCE'],
  ];
  it.each(excluded)('E3 %s: no ordinary return, five-day all the same', (_, over, code) => {
    expect(blockers({ ...over, at: hoursIn(121) })).toEqual([code]);
    expect(kind(over)).toBe('five-day');
    expect(quote({ ...over, at: hoursIn(121) }).refund).toEqual({
      outcome: 'blocked',
      kind: 'ordinary',
      currency: 'CNY',
    });
  });

  it('E3 within the five days, the right used up: both reasons', () => {
    expect(blockers({ facts: facts({ type: 'SN2.LARGE4' }) }, NOT_FIRST)).toEqual([
      'FAMILY_EXCLUDED',
      'QUOTA_USED',
    ]);
  });

  it('E3 families are whole: S2 and SN2ne are not SN2, and no type is no family', () => {
    for (const type of ['S2.SMALL1', 'SN2ne.LARGE8', undefined])
      expect(blockers({ facts: facts({ type }), at: hoursIn(121) })).toEqual([]);
    expect(blockers({ facts: facts({ zone: undefined }), at: hoursIn(121) })).toEqual([]);
  });

  it('E3 an activity order that was returned before excludes nothing', () => {
    const orders = [order({ channel: 'activity', closedAt: START }), renewal({ startsAt: START })];
    expect(blockers({ orders, at: hoursIn(121) })).toEqual([]);
  });
});

describe('E4 settlement and network', () => {
  it('E4, 003-06 monthly settled: no return at all, not even five-day', () => {
    expect(blockers({ facts: facts({ monthlySettled: true }) })).toEqual(['MONTHLY_SETTLED']);
  });

  it('E4, 003-07 a switch to traffic within the five days makes it ordinary, and used network runs to the switch', () => {
    expect(kind({ facts: facts({ network: network(hoursIn(10)) }) })).toBe('ordinary');
    expect(quote({ facts: facts({ network: network(hoursIn(10)) }) }).refund).toMatchObject({
      amount: '387.17',
    });
    expect(kind({ facts: facts({ network: network(hoursIn(120)) }), at: hoursIn(120) })).toBe('ordinary');
  });

  it('E4 a switch before the purchase, after now or after the five days changes nothing', () => {
    for (const at of [hoursIn(-1), hoursIn(49)])
      expect(kind({ facts: facts({ network: network(at) }) })).toBe('five-day');
    const orders: StoredOrder[] = [order()];
    expect(kind({ orders, facts: facts({ network: network(hoursIn(120, 1)) }), at: hoursIn(130) })).toBe(
      'ordinary',
    );
  });
});

describe('E5, M11 what needs an operator', () => {
  it('E5, 003-08 a hold asks for approval, and an approved return passes', () => {
    const standing = { arrears: false, hold: true };
    expect(blockers({ standing })).toEqual(['APPROVAL_REQUIRED']);
    expect(blockers({ standing }, ALL, { ...RETURN, assisted: true })).toEqual([]);
  });

  it('E5 knob: amounts above the threshold ask for approval; the threshold itself does not', () => {
    expect(blockers({ policy: withKnobs({ approvalThreshold: { CNY: '407.96' } }) })).toEqual([]);
    expect(blockers({ policy: withKnobs({ approvalThreshold: { CNY: '407.95' } }) })).toEqual([
      'APPROVAL_REQUIRED',
    ]);
    expect(
      blockers({ policy: withKnobs({ approvalThreshold: { CNY: '407.95' } }) }, ALL, {
        ...RETURN,
        assisted: true,
      }),
    ).toEqual([]);
  });

  it('E5 the threshold is judged on the refund that the item gets, not on one that it has no right to', () => {
    const policy = withKnobs({ approvalThreshold: { CNY: '400' } });
    expect(blockers({ policy }, NOT_FIRST)).toEqual([]);
    expect(kind({ policy }, NOT_FIRST)).toBe('ordinary');
    const items = quoteItems(
      [subject({ id: 'a', policy }), subject({ id: 'b', policy })],
      new Map([[rightsKey('100001', 'tencent-cvm'), ALL]]),
      RETURN,
    );
    // The first would use the five-day right, and holds it while it waits for approval.
    expect(items.map((item) => [item.refund.kind, item.blockers])).toEqual([
      ['five-day', ['APPROVAL_REQUIRED']],
      ['ordinary', []],
    ]);
  });

  it('M11, 001-16 promotion orders are not self-service, in force or not started', () => {
    expect(blockers({ orders: [order({ channel: 'promotion' })] })).toEqual(['PROMOTION_CHANNEL']);
    expect(blockers({ orders: [order(), renewal({ channel: 'promotion' })] })).toEqual(['PROMOTION_CHANNEL']);
  });

  it('M11 a promotion order that has run out or was returned is not returned again, so it blocks nothing', () => {
    const old = order({
      id: 'old',
      channel: 'promotion',
      startsAt: '2025-11-01T00:00:00+08:00',
      endsAt: START,
      endedAt: START,
    });
    expect(blockers({ orders: [old, order({ kind: 'renewal' })] })).toEqual([]);
    expect(
      blockers({ orders: [order({ id: 'x', channel: 'promotion', closedAt: START }), order()] }),
    ).toEqual([]);
    // Within the five days it would come back, so it does block.
    const brief = order({ id: 'brief', channel: 'promotion', endsAt: hoursIn(24), endedAt: hoursIn(24) });
    expect(blockers({ orders: [brief, renewal({ startsAt: hoursIn(24) })] })).toEqual(['PROMOTION_CHANNEL']);
  });
});

describe('E6 arrears', () => {
  const redis = (arrears: boolean): Partial<Subject> => {
    const itsFacts = facts({ product: 'tencent-redis', billing: 'postpaid', prices: undefined });
    return { policy: tencentRedis, facts: itsFacts, orders: [], standing: { arrears, hold: false } };
  };
  const TERMINATE: QuoteRequest = { action: 'terminate', schedule: { mode: 'now' } };

  it('E6, 001-05 no destruction of a postpaid Redis instance in arrears', () => {
    expect(blockers(redis(true), ALL, TERMINATE)).toEqual(['IN_ARREARS']);
    expect(blockers(redis(false), ALL, TERMINATE)).toEqual([]);
  });

  it('E6 arrears do not stop a CVM, nor the return of a prepaid Redis', () => {
    const cvm = {
      facts: facts({ billing: 'postpaid' }),
      orders: [],
      standing: { arrears: true, hold: false },
    };
    expect(blockers(cvm, ALL, TERMINATE)).toEqual([]);
    expect(
      blockers({ ...redis(true), facts: facts({ product: 'tencent-redis' }), orders: [order()] }),
    ).toEqual([]);
  });
});

describe('E8 preflight', () => {
  it('E8 returns all blockers at once, each with a sentence and a next step in both languages', () => {
    const itsFacts = facts({ type: 'SN2.LARGE4', zone: 'ap-guangzhou-open', monthlySettled: true });
    const orders = [order({ channel: 'promotion' }), renewal({ channel: 'activity' })];
    const life = newLife('ins-1', { ...itsFacts, state: 'changing', orders }, tencentCvm.lifecycle);
    const found = blockers(
      {
        facts: itsFacts,
        orders,
        life: { ...life, protection: { reason: 'r', by: 'b', at: START } },
        standing: { arrears: true, hold: true },
        at: hoursIn(200),
      },
      { fiveDay: 0, ordinary: 0 },
    );
    expect([...found].sort()).toEqual([
      'ACTIVITY_RESOURCE',
      'APPROVAL_REQUIRED',
      'BUSY',
      'FAMILY_EXCLUDED',
      'MONTHLY_SETTLED',
      'PROMOTION_CHANNEL',
      'PROTECTED',
      'QUOTA_USED',
      'ZONE_EXCLUDED',
    ]);
    for (const { message, next } of found.map((code) => SENTENCES[code])) {
      for (const text of [message, next]) {
        expect(text.en).toMatch(/^[A-Z].*\.$/);
        expect(text.zh).toMatch(/\p{Script=Han}/u);
      }
    }
  });

  it('E8 a blocked item still hears that the refund would need approval, and that its quota is used up', () => {
    const itsFacts = facts({ monthlySettled: true });
    expect(blockers({ facts: itsFacts, policy: withKnobs({ approvalThreshold: { CNY: '1' } }) })).toEqual([
      'MONTHLY_SETTLED',
      'APPROVAL_REQUIRED',
    ]);
    expect(blockers({ facts: itsFacts }, { fiveDay: 0, ordinary: 0 })).toEqual([
      'MONTHLY_SETTLED',
      'QUOTA_USED',
    ]);
  });

  it('M16 no order in force', () => {
    expect(blockers({ at: END })).toEqual(['NO_ORDER_IN_FORCE']);
    expect(blockers({ orders: [order({ closedAt: hoursIn(1) })] })).toEqual(['NO_ORDER_IN_FORCE']);
  });

  it('the wrong action for the billing mode is WRONG_ACTION, without talk of quotas that do not matter', () => {
    const postpaid = { facts: facts({ billing: 'postpaid' }), orders: [] };
    expect(blockers(postpaid, { fiveDay: 0, ordinary: 0 })).toEqual(['WRONG_ACTION']);
    expect(blockers({}, ALL, { action: 'terminate', schedule: { mode: 'now' } })).toEqual(['WRONG_ACTION']);
    const jd = { policy: jdVm, facts: facts({ product: 'jd-vm', prices: prices({ hour: undefined }) }) };
    expect(blockers(jd, { fiveDay: 0, ordinary: 0 })).toEqual(['WRONG_ACTION', 'NOT_STOPPED', 'NOT_EXPIRED']);
    expect(quote(jd).refund).toEqual({ outcome: 'blocked', kind: 'none', currency: 'CNY' });
  });

  it('000-03, L2 a mode that the product has not and a time that has passed are blockers too', () => {
    const postpaid = { facts: facts({ billing: 'postpaid' }), orders: [] };
    const timed = (at: string): QuoteRequest => ({ action: 'terminate', schedule: { mode: 'timed', at } });
    expect(blockers(postpaid, ALL, timed(hoursIn(48)))).toEqual(['TIME_PASSED']);
    expect(quote(postpaid, ALL, timed(hoursIn(48, 1)))).toMatchObject({
      permitted: true,
      releaseTime: hoursIn(48, 1),
    });
    expect(blockers({}, ALL, { action: 'return', schedule: { mode: 'later' } })).toEqual([
      'MODE_NOT_OFFERED',
    ]);
  });
});

describe('M7 warnings', () => {
  const codes = (over: Partial<Subject>, left = NOT_FIRST) =>
    quote(over, left).warnings.filter(({ code }) => /^WAITING|^REFUND/.test(code));
  const sayings = (...asked: Parameters<typeof codes>) => codes(...asked).map(warningSentence);

  it('M7 says when waiting pays more: after 29 days, a day more', () => {
    expect(sayings({ at: hoursIn(29 * 24) }).map(({ en }) => en)).toEqual([
      'Returned at 2026-11-30T16:00:00.000Z the refund would be 356.96 CNY: whole months cost less than their hours.',
    ]);
    expect(codes({ at: hoursIn(48) })).toEqual([]);
  });

  it('M7 looks at discounts that begin later and at orders that follow, not only at the next month', () => {
    const steep = facts({ prices: prices({ discounts: [{ months: 11, rate: '0.01' }] }) });
    expect(sayings({ facts: steep, at: '2027-08-01T00:00:00+08:00' })[0]?.en).toContain(
      '2027-09-30T16:00:00.000Z the refund would be 402.35',
    );
    const byVoucher = [order({ paid: paid('0', '0', '0', '507.96') }), renewal()];
    expect(sayings({ orders: byVoucher })[0]?.en).toContain('the refund would be 507.96');
  });

  it('M7 says when the five days end and what is left then', () => {
    expect(sayings({}, ALL)[0]).toEqual({
      en: 'The five-day return ends at 2026-11-05T16:00:00.000Z; after it the refund would be 357.56 CNY.',
      zh: '五天无理由退还将于 2026-11-05T16:00:00.000Z 截止；此后退款金额为 357.56 CNY。',
    });
  });

  it('E3 says when nothing is left after the five days', () => {
    const sn2 = { facts: facts({ type: 'SN2.LARGE4' }) };
    expect(sayings(sn2, ALL)[0]?.en).toContain('no self-service return is left');
    expect(sayings({}, { fiveDay: 1, ordinary: 0 })[0]?.en).toContain('no self-service return is left');
  });

  it('003-32 says when nothing is paid back', () => {
    expect(codes({ at: '2027-10-01T00:00:00+08:00' }).map(({ code }) => code)).toEqual(['REFUND_IS_ZERO']);
  });
});
