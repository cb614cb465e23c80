import { exact, formatMoney } from '../../domain/money';
import type { Knobs, ReturnRules } from '../../domain/policy';
import { computeRefund, discountFor, type RefundInput } from '../../domain/refund';
import { tencentCvm } from '../../policies/tencent-cvm';
import { facts, hoursIn, order, paid, prices, renewal, START, upgrade } from '../fixtures/domain';
import { oracleRefund } from '../fixtures/oracle';

const rules: ReturnRules = tencentCvm.returns!;
const knobs = (over: Partial<Knobs> = {}): Knobs => ({ ...tencentCvm.knobs, ...over });
const refund = (over: Partial<RefundInput> = {}) =>
  computeRefund({
    kind: 'ordinary',
    facts: facts(),
    orders: [order()],
    at: hoursIn(48),
    knobs: knobs(),
    rules,
    ...over,
  });
const amount = (over: Partial<RefundInput> = {}): string => refund(over).amount;

describe('003, the worked examples to the cent', () => {
  it('003-35 list price after discount: 51 × 12 × 0.83 = 507.96', () => {
    expect(
      formatMoney(
        exact('51')
          .mul(12)
          .mul(discountFor(12, prices(), rules)),
        'CNY',
      ),
    ).toBe('507.96');
  });
  it('003-36 paid with a voucher of 100: 407.96', () => {
    expect(formatMoney(exact('507.96').sub(exact(order().paid.voucher)), 'CNY')).toBe('407.96');
    expect(order().paid.cash).toBe('407.96');
  });
  it('003-37, 003-38 five-day: everything paid, 407.96, to the last second', () => {
    expect(amount({ kind: 'five-day' })).toBe('407.96');
    expect(amount({ kind: 'five-day', at: hoursIn(120) })).toBe('407.96');
  });
  it('003-39 used 48 h: 387.80', () => expect(amount()).toBe('387.80'));
  it('003-40 renewed for a year, not started: 895.76', () =>
    expect(amount({ orders: [order(), renewal()] })).toBe('895.76'));
  it('003-41 upgraded after 12 h, used 72 h: 502.10', () =>
    expect(amount({ orders: [order(), upgrade()], at: hoursIn(72) })).toBe('502.10'));
  it('003-31 48 h 1 s: 387.80 (387.79988…)', () => expect(amount({ at: hoursIn(48, 1) })).toBe('387.80'));
  it.each([
    [1, '356.96'],
    [5, '152.96'],
    [6, '138.68'],
    [8, '48.92'],
    [9, '4.04'],
    [10, '0.00'],
  ])('003-27, 003-32, M2 whole months used %i: %s', (months, expected) => {
    const at = new Date(Date.UTC(2026, 10 + months, 0, 16)).toISOString();
    expect(amount({ at })).toBe(expected);
  });
  it('003-32 below zero is zero and says so: raw −40.84', () => {
    const { lines } = refund({ at: '2027-09-01T00:00:00+08:00' });
    expect(lines.at(-1)).toMatchObject({ formula: 'max(0, -40.84)', amount: '40.84' });
  });
  it('001-15, M11 promotion order, all in cash: fee 101.99', () => {
    const promotion = [order({ channel: 'promotion' })];
    expect(refund({ kind: 'five-day', orders: promotion, assisted: true })).toMatchObject({
      fee: '101.99',
      amount: '305.97',
    });
    expect(refund({ orders: promotion, assisted: true })).toMatchObject({ fee: '101.99', amount: '285.81' });
  });
});

describe('M1–M7 used value', () => {
  it('M7 is not monotone: 29 days 115.64, a month 356.96; the cap on a part month lifts it', () => {
    expect(amount({ at: hoursIn(29 * 24) })).toBe('115.64');
    expect(amount({ at: hoursIn(29 * 24), knobs: knobs({ capPartMonth: true }) })).toBe('356.96');
    expect(amount({ at: hoursIn(48), knobs: knobs({ capPartMonth: true }) })).toBe('387.80');
  });

  it('M2 discounts come from the snapshot, else the policy; an empty list is none', () => {
    const at = '2027-05-01T00:00:00+08:00';
    const withTiers = (discounts: { months: number; rate: string }[]) =>
      amount({ at, facts: facts({ prices: prices({ discounts }) }) });
    expect(amount({ at })).toBe('138.68');
    expect(withTiers([])).toBe('101.96');
    expect(withTiers([{ months: 3, rate: '0.5' }])).toBe('254.96');
    // The tier with the most months that are used, in whatever order they are listed.
    expect(
      withTiers([
        { months: 6, rate: '0.5' },
        { months: 7, rate: '0.1' },
        { months: 3, rate: '0.9' },
      ]),
    ).toBe('254.96');
  });

  it('M3 tiers of the hourly price restart with each part month', () => {
    const hour = [{ upToHours: 96, price: '0.42' }, { price: '0.21' }];
    const tiered = facts({ prices: prices({ hour }) });
    expect(amount({ facts: tiered, at: hoursIn(96) })).toBe('367.64');
    expect(amount({ facts: tiered, at: hoursIn(100) })).toBe('366.80');
    // A month later the first tier holds again: 407.96 − 51 − 100 h.
    expect(amount({ facts: tiered, at: hoursIn(30 * 24 + 100) })).toBe('315.80');
  });

  it('M3 shows hours when they are whole and seconds otherwise, so that anybody can check', () => {
    const formulas = (at: string) => refund({ at }).lines.map(({ formula }) => formula);
    expect(formulas(hoursIn(48))).toContain('−48 h × 0.42');
    expect(formulas(hoursIn(48, 1))).toContain('−172801 s / 3600 × 0.42');
    expect(formulas(START)).toContain('0 h × 0.42');
  });

  it('003-29, 003-30, M4 network: nothing by traffic, hourly by bandwidth over all of the time', () => {
    const bandwidth = facts({ network: { billing: 'bandwidth', hour: '0.063', month: '20' } });
    expect(amount({ facts: bandwidth })).toBe('384.78');
    // 30 days: a month of host, and all 720 hours of bandwidth.
    expect(amount({ facts: bandwidth, at: hoursIn(720) })).toBe('311.60');
    expect(
      amount({ facts: bandwidth, at: hoursIn(720), knobs: knobs({ networkUsage: 'months-then-hourly' }) }),
    ).toBe('336.96');
    // 6 months with the host's discount: 407.96 − 6 × (51 + 20) × 0.88.
    const half = {
      facts: bandwidth,
      at: '2027-05-01T01:00:00+08:00',
      knobs: knobs({ networkUsage: 'months-then-hourly' as const }),
    };
    expect(amount(half)).toBe('32.60');
  });

  it('003-07, E4, M4 a switch to traffic ends the used network there', () => {
    const switched = (at: string) =>
      facts({ network: { billing: 'traffic', hour: '0.063', month: '20', switchedToTrafficAt: at } });
    expect(amount({ facts: switched(hoursIn(10)) })).toBe('387.17');
    // Not yet at the instant of the return; and before the order in force began.
    expect(amount({ facts: switched(hoursIn(1000)) })).toBe('384.78');
    expect(amount({ facts: switched(hoursIn(-5)) })).toBe('387.80');
  });

  it('M6 with a whole month used the upgrade no longer stops the hours', () => {
    // 3 whole months, 10 days; the upgrade of 12 h comes back by days: 365 − 102 of 365.
    const at = '2027-02-11T00:00:00+08:00';
    expect(amount({ orders: [order()], at })).toBe('154.16');
    expect(amount({ orders: [order(), upgrade()], at })).toBe('226.21');
  });

  it('M27 an upgrade that has ended stops no hours; while it runs they stop at it', () => {
    const hour = upgrade({ startsAt: hoursIn(36), endsAt: hoursIn(37), paid: paid('0') });
    // 25 days by the hour: 407.96 − 600 × 0.42.
    expect(amount({ orders: [order(), hour], at: hoursIn(600) })).toBe('155.96');
    expect(amount({ orders: [order()], at: hoursIn(600) })).toBe('155.96');
    expect(amount({ orders: [order(), hour], at: hoursIn(36.5) })).toBe(amount({ at: hoursIn(36) }));
    // The first of those that still run, not the first of all.
    const second = upgrade({ id: 'u2', startsAt: hoursIn(100), paid: paid('0') });
    expect(amount({ orders: [order(), hour, second], at: hoursIn(600) })).toBe(amount({ at: hoursIn(100) }));
  });

  it('M27 the line says until when hours counted, in both languages', () => {
    const stopped = refund({ orders: [order(), upgrade()], at: hoursIn(72) }).lines[1]!;
    expect(stopped.label).toEqual({
      en: 'Used host, part month, until the upgrade at 2026-11-01T04:00:00.000Z',
      zh: '已使用主机费用（不满整月），计至 2026-11-01T04:00:00.000Z 升配为止',
    });
    expect(stopped.formula).toBe('−12 h × 0.42');
    expect(refund().lines[1]!.label.en).toBe('Used host, part month');
  });

  it('M27 knob: hours count on after an upgrade; a policy that was kept without the knob stops them', () => {
    const upgraded = { orders: [order(), upgrade()], at: hoursIn(72) };
    // 407.96 − 72 × 0.42 + 100 / 365 × 362.
    expect(amount({ ...upgraded, knobs: knobs({ hoursAfterUpgrade: 'count' }) })).toBe('476.90');
    const { hoursAfterUpgrade: _, ...kept } = knobs();
    expect(amount({ ...upgraded, knobs: kept as Knobs })).toBe('502.10');
  });

  it('M26 an upgrade that was registered with less than a second breaks nothing', () => {
    const end = new Date(Date.parse(START) + 300).toISOString();
    const brief = upgrade({ startsAt: START, endsAt: end });
    expect(refund({ orders: [order(), brief], at: START }).lines.map(({ formula }) => formula)).toContain(
      '100 / 1 × (1 − 0)',
    );
  });

  it('M6 the first of several upgrades stops the hours; network goes on', () => {
    const two = [
      order(),
      upgrade({ id: 'u2', startsAt: hoursIn(24), paid: paid('0') }),
      upgrade({ paid: paid('0') }),
    ];
    expect(amount({ orders: two })).toBe('402.92');
    const bandwidth = facts({ network: { billing: 'bandwidth', hour: '0.1' } });
    expect(amount({ orders: two, facts: bandwidth })).toBe('398.12');
  });

  it('M6 days are rounded up, to the second', () => {
    const bought = (at: string) =>
      amount({ orders: [order({ paid: paid('0') }), upgrade({ startsAt: START, paid: paid('365') })], at });
    expect([bought(START), bought(hoursIn(0, 1)), bought(hoursIn(24)), bought(hoursIn(24, 1))]).toEqual([
      '365.00',
      '364.00',
      '364.00',
      '363.00',
    ]);
  });

  it('M5, J3 orders that have run out count nothing; the renewal in force is used from its own start', () => {
    const old = order({ endedAt: order().endsAt });
    expect(amount({ orders: [old, renewal()], at: '2027-11-03T00:00:00+08:00' })).toBe('487.80');
    expect(amount({ orders: [old, renewal()], at: '2027-11-01T00:00:00+08:00' })).toBe('507.96');
  });

  it('M12 used value takes the prices of the order in force, else the instance’s; an upgrade’s count for later renewals only', () => {
    const dear = prices({ month: '100', hour: '1' });
    expect(amount({ orders: [order({ prices: dear })] })).toBe('359.96');
    expect(amount({ orders: [order(), upgrade({ prices: dear, paid: paid('0') })] })).toBe('402.92');
    const at = '2027-11-03T00:00:00+08:00';
    expect(amount({ orders: [order(), upgrade({ prices: dear }), renewal()], at })).toBe('459.96');
    expect(amount({ orders: [order(), upgrade({ prices: dear }), renewal({ prices: prices() })], at })).toBe(
      '487.80',
    );
    // Of two upgrades the later one; one that starts with the renewal is part of it, not before it.
    const cheap = prices({ hour: '0.1' });
    const during = upgrade({
      id: 'u2',
      startsAt: renewal().startsAt,
      endsAt: renewal().endsAt,
      paid: paid('0'),
      prices: cheap,
    });
    expect(amount({ orders: [order(), upgrade({ prices: dear }), renewal(), during], at })).toBe('507.96');
    const second = upgrade({ id: 'u2', startsAt: hoursIn(24), prices: cheap });
    expect(amount({ orders: [order(), second, upgrade({ prices: dear }), renewal()], at })).toBe('503.16');
  });

  it('M15 closed orders count in no formula', () => {
    const closed = order({ id: 'x', closedAt: START });
    expect(refund({ orders: [closed, order()] })).toEqual(refund());
    expect(amount({ kind: 'five-day', orders: [closed, order()] })).toBe('407.96');
  });

  it('throws without an order in force or a price: eligibility and the schema come first', () => {
    expect(() => refund({ orders: [] })).toThrow('no order is in force');
    expect(() => refund({ facts: facts({ prices: undefined }) })).toThrow('prices');
    expect(() => refund({ facts: facts({ prices: prices({ hour: undefined }) }) })).toThrow(
      'prices.hour is missing',
    );
    expect(() =>
      refund({ facts: facts({ prices: prices({ month: undefined }) }), at: hoursIn(2000) }),
    ).toThrow('prices.month is missing');
  });
});

describe('M8–M11 rounding, split and fee', () => {
  it('M10, 003-09 five-day pays each source back to itself, vouchers never (003-10)', () => {
    const orders = [
      order({ paid: paid('10.01', '20.02', '30.03', '40.04') }),
      renewal({ paid: paid('1', '0', '2', '500') }),
    ];
    expect(refund({ kind: 'five-day', orders })).toMatchObject({
      amount: '63.06',
      parts: { cash: '11.01', gift: '20.02', income: '32.03' },
    });
  });

  it('M9, 001-14, 003-33 the ordinary amount goes back in the mix that was paid', () => {
    const orders = [order({ paid: paid('307.96', '100', '0', '100') })];
    expect(refund({ orders })).toMatchObject({
      amount: '387.80',
      parts: { cash: '292.74', gift: '95.06', income: '0.00' },
    });
  });

  it('M8 ties go cash, gift, income, then the earlier order', () => {
    const free = facts({ prices: prices({ hour: '0' }) });
    // A third of a cent each: 100.01 over three equal sources, less nothing.
    const thirds = order({ paid: paid('0.01', '0.01', '0.01') });
    const half = facts({ prices: prices({ hour: '0.0003125' }) });
    expect(refund({ facts: free, orders: [thirds] }).parts).toEqual({
      cash: '0.01',
      gift: '0.01',
      income: '0.01',
    });
    expect(refund({ facts: half, orders: [thirds] })).toMatchObject({
      amount: '0.02',
      parts: { cash: '0.01', gift: '0.01', income: '0.00' },
    });
    // Two upgrades, half of each comes back: one cent for two halves goes to the one that began first.
    const endsAt = hoursIn(48);
    const halves = [
      upgrade({ id: 'u2', startsAt: hoursIn(0, 1), endsAt, paid: paid('0.01') }),
      upgrade({ id: 'u1', startsAt: START, endsAt, paid: paid('0.01') }),
    ];
    const { cells } = refund({
      facts: free,
      orders: [order({ paid: paid('0') }), ...halves],
      at: hoursIn(12),
    });
    expect(cells).toEqual([{ orderId: 'u1', source: 'cash', amount: '0.01' }]);
  });

  it('M9 a negative order lowers the others in proportion to their positive parts', () => {
    // The order in force was paid by voucher alone: −20.16 of used hours come out of the two renewals, 300 :
    // 100.
    const orders = [
      order({ paid: paid('0', '0', '0', '507.96') }),
      renewal({ id: 'r1', paid: paid('300') }),
      renewal({
        id: 'r2',
        startsAt: renewal().endsAt,
        endsAt: '2029-11-01T00:00:00+08:00',
        paid: paid('0', '100'),
      }),
    ];
    const result = refund({ orders });
    expect(result).toMatchObject({
      amount: '379.84',
      parts: { cash: '284.88', gift: '94.96', income: '0.00' },
    });
    expect(result.cells).toEqual([
      { orderId: 'r1', source: 'cash', amount: '284.88' },
      { orderId: 'r2', source: 'gift', amount: '94.96' },
    ]);
  });

  it('M8 rounds once: three orders of half cents are not rounded one by one', () => {
    // 1/365 of 1 comes back three times: 0.00274 each, 0.0082 together.
    const short = [1, 2, 3].map((n) => upgrade({ id: `u${n}`, startsAt: START, paid: paid('1') }));
    const { amount: got, lines } = refund({
      orders: [order({ paid: paid('0') }), ...short],
      at: '2027-10-30T01:00:00+08:00',
      facts: facts({ prices: prices({ month: '0', hour: '0' }) }),
    });
    expect(got).toBe('0.01');
    expect(
      lines.filter(({ label }) => label.en.startsWith('Unused days')).map((line) => line.amount),
    ).toEqual(['0.00', '0.00', '0.00']);
    expect(lines.at(-1)).toMatchObject({
      label: { en: 'Rounded once, half up', zh: '一次四舍五入' },
      amount: '0.01',
    });
  });

  it('M31 a tie of half a cent is one on the exact value: 12.035 is 12.04, which forty digits line by line say is 12.03', () => {
    const bandwidth = facts({
      prices: prices({ hour: '0.21' }),
      network: { billing: 'bandwidth', hour: '1.05' },
    });
    const orders = [order(), upgrade({ startsAt: hoursIn(0, 497_435), paid: paid('73') })];
    const { amount: got, lines } = refund({ facts: bandwidth, orders, at: hoursIn(0, 1_499_913) });
    expect(lines.map(({ formula }) => formula)).toEqual([
      '407.96',
      '−497435 s / 3600 × 0.21',
      '−1499913 s / 3600 × 1.05',
      '73 / 360 × (360 − 12)',
    ]);
    expect(got).toBe('12.04');
  });

  it('M8 works with currencies of 0 and 3 minor digits', () => {
    const yen = facts({ prices: prices({ currency: 'JPY', hour: '0.35' }) });
    expect(
      refund({ facts: yen, orders: [order({ paid: paid('100', '101') })], at: hoursIn(65) }),
    ).toMatchObject({
      amount: '178',
      parts: { cash: '89', gift: '89', income: '0' },
      fee: '0',
    });
    const dinar = facts({ prices: prices({ currency: 'KWD', hour: '0.0001' }) });
    expect(amount({ facts: dinar, orders: [order({ paid: paid('1.5') })], at: hoursIn(1) })).toBe('1.500');
    expect(amount({ facts: dinar, orders: [order({ paid: paid('1.5') })], at: hoursIn(6) })).toBe('1.499');
  });

  it('M11 the fee comes out of cash first, then gift, then income, and is its own line', () => {
    const orders = [order({ channel: 'promotion', paid: paid('100', '300', '7.96', '100') })];
    const result = refund({ kind: 'five-day', orders, assisted: true });
    expect(result).toMatchObject({
      fee: '25.00',
      amount: '382.96',
      parts: { cash: '75.00', gift: '300.00', income: '7.96' },
    });
    expect(result.lines.at(-1)).toEqual({
      label: { en: 'Promotion-channel fee', zh: '推广奖励渠道退款手续费' },
      formula: '−min(407.96, 100 × 0.25)',
      amount: '-25.00',
    });
    // Almost all used: what is left of cash does not cover the fee, so gift pays the rest.
    const late = refund({
      orders: [order({ channel: 'promotion', paid: paid('400', '7', '0.96') })],
      assisted: true,
      at: '2027-07-01T00:00:00+08:00',
    });
    expect(late).toMatchObject({
      fee: '48.92',
      amount: '0.00',
      parts: { cash: '0.00', gift: '0.00', income: '0.00' },
    });
    const mixed = refund({
      orders: [order({ channel: 'promotion', paid: paid('100', '307.96') })],
      assisted: true,
      at: '2027-07-01T00:00:00+08:00',
    });
    expect(mixed).toMatchObject({
      fee: '25.00',
      amount: '23.92',
      parts: { cash: '0.00', gift: '23.92', income: '0.00' },
    });
  });

  it('M11 the fee is never more than the refund, and only of promotion orders that come back', () => {
    const ended = order({
      id: 'old',
      channel: 'promotion',
      startsAt: '2025-11-01T00:00:00+08:00',
      endsAt: START,
      endedAt: START,
    });
    expect(refund({ orders: [ended, order({ kind: 'renewal' })], assisted: true })).toMatchObject({
      fee: '0.00',
      amount: '387.80',
    });
    const renewed = [order(), renewal({ channel: 'promotion' })];
    expect(refund({ orders: renewed, assisted: true })).toMatchObject({ fee: '126.99', amount: '768.77' });
    expect(refund({ orders: renewed, assisted: false })).toMatchObject({ fee: '0.00', amount: '895.76' });
  });

  it('M29 the fee of a promotion order is at most what that order pays back, also when it is used up beside a standard one', () => {
    const orders = [order({ channel: 'promotion' }), renewal()];
    const late = refund({ orders, assisted: true, at: '2027-09-21T00:00:00+08:00' });
    expect(late).toMatchObject({ fee: '0.00', amount: '265.52' });
    // 9 months: 4.04 is left of it.
    const nine = refund({ orders, assisted: true, at: '2027-08-01T00:00:00+08:00' });
    expect(nine).toMatchObject({ fee: '4.04', amount: '507.96', parts: { cash: '507.96' } });
    expect(nine.lines.at(-1)).toMatchObject({ formula: '−min(4.04, 407.96 × 0.25)', amount: '-4.04' });
  });

  it('M29 it comes out of that order’s own sources: no cash of a standard order pays for it', () => {
    const orders = [order({ channel: 'promotion', paid: paid('100', '307.96') }), renewal()];
    const nine = refund({ orders, assisted: true, at: '2027-08-01T00:00:00+08:00' });
    // 4.04 as 0.99 in cash and 3.05 in gift; 25.00 would be the fee.
    expect(nine).toMatchObject({ fee: '4.04', amount: '507.96', parts: { cash: '507.96', gift: '0.00' } });
  });

  it('M11, M29 the fees of several promotion orders are rounded once, together', () => {
    const orders = [
      order({ channel: 'promotion', paid: paid('100.01') }),
      renewal({ channel: 'promotion', paid: paid('200.01') }),
    ];
    const both = refund({ kind: 'five-day', orders, assisted: true });
    // 25.0025 + 50.0025 = 75.005.
    expect(both).toMatchObject({ fee: '75.01', amount: '225.01' });
    expect(both.lines.at(-1)!.formula).toBe('−(min(100.01, 100.01 × 0.25) + min(200.01, 200.01 × 0.25))');
  });

  it('shows the lines in both languages, with formulas of numbers only', () => {
    const { lines } = refund({ orders: [order(), upgrade()], at: hoursIn(72) });
    expect(lines).toEqual([
      {
        label: {
          en: 'Paid for the order in force (o1), without its voucher of 100',
          zh: '当前有效订单金额（o1），不含代金券 100',
        },
        formula: '407.96',
        amount: '407.96',
      },
      {
        label: {
          en: 'Used host, part month, until the upgrade at 2026-11-01T04:00:00.000Z',
          zh: '已使用主机费用（不满整月），计至 2026-11-01T04:00:00.000Z 升配为止',
        },
        formula: '−12 h × 0.42',
        amount: '-5.04',
      },
      { label: { en: 'Used network', zh: '已使用网络费用' }, formula: '0', amount: '0.00' },
      {
        label: { en: 'Unused days of an upgrade (u1)', zh: '升配未使用天数（u1）' },
        formula: '100 / 365 × (365 − 3)',
        amount: '99.18',
      },
    ]);
  });
});

it('M23 an upgrade that is bought prices none of the renewals that were bought before it', () => {
  const dear = prices({ version: '2', month: '5000', hour: '50' });
  const orders = [order(), renewal(), upgrade({ prices: dear, boughtAt: hoursIn(12) })];
  const at = '2027-12-15T00:00:00+08:00';
  const input = { kind: 'ordinary' as const, facts: facts(), orders, at, knobs: knobs(), rules };
  expect(refund(input).amount).toBe(amount({ orders: [order(), renewal()], at }));
  expect(oracleRefund(input).amount).toBe(BigInt(refund(input).amount.replace('.', '')));
  // One that was registered with them does.
  const registered = [order(), renewal(), upgrade({ prices: dear })];
  expect(refund({ ...input, orders: registered }).amount).not.toBe(refund(input).amount);
});
