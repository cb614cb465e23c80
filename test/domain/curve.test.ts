import fc from 'fast-check';
import { warningSentence } from '../../contract/blockers';
import { refundCurve } from '../../domain/curve';
import type { RightsLeft } from '../../domain/eligibility';
import type { StoredOrder } from '../../domain/instance';
import { newLife } from '../../domain/lifecycle';
import { exact, toMinorUnits } from '../../domain/money';
import type { Knobs, Policy } from '../../domain/policy';
import { quoteItems } from '../../domain/quote';
import { rightsKey } from '../../domain/returns';
import type { Subject } from '../../domain/subject';
import { jdVm } from '../../policies/jd-vm';
import { tencentCvm } from '../../policies/tencent-cvm';
import { refundInput } from '../fixtures/cases';
import { END, facts, hoursIn, order, paid, prices, renewal, subject, upgrade } from '../fixtures/domain';
import { oracleRefund } from '../fixtures/oracle';
import { SCALE } from '../support/scale';

const ALL: RightsLeft = { fiveDay: 1, ordinary: 3 };
const ORDINARY: RightsLeft = { fiveDay: 0, ordinary: 3 };
const DAYS_29 = hoursIn(29 * 24);
const ONE_MONTH = '2026-11-30T16:00:00.000Z';

const withKnobs = (knobs: Partial<Knobs>): Policy => ({
  ...tencentCvm,
  knobs: { ...tencentCvm.knobs, ...knobs },
});
const curveOf = (over: Partial<Subject>, left = ORDINARY) => refundCurve(subject(over), left);
const shown = (points: ReturnType<typeof refundCurve>['points']) =>
  points.map(({ at, kind, amount }) => [at, kind, amount]);
const sayings = ({ warnings }: ReturnType<typeof refundCurve>) =>
  warnings.map((one) => `${one.code}: ${warningSentence(one).en}`);

describe('the refund curve', () => {
  it('M7 115.64 at 29 days, 356.96 at one month: it says that waiting pays more', () => {
    const curve = curveOf({ at: DAYS_29 });
    expect(curve).toMatchObject({
      instanceId: 'ins-1',
      currency: 'CNY',
      asOf: DAYS_29,
      permitted: true,
      blockers: [],
    });
    expect(shown(curve.points.slice(0, 3))).toEqual([
      [DAYS_29, 'ordinary', '115.64'],
      ['2026-11-30T15:59:59.000Z', 'ordinary', '105.56'],
      [ONE_MONTH, 'ordinary', '356.96'],
    ]);
    expect(sayings(curve)).toEqual([
      `WAITING_PAYS_MORE: Returned at ${ONE_MONTH} the refund would be 356.96 CNY: whole months cost less than their hours.`,
    ]);
  });

  it('M1, M2, 003-32 the whole year: two points a month with the amounts of whole months, and the end, after which nothing comes back', () => {
    const { points } = curveOf({ at: DAYS_29 });
    expect(points.map(({ reason }) => reason)).toEqual([
      'now',
      ...Array(22).fill('month'),
      'order-end',
      'order-end',
    ]);
    const months = points.filter(({ reason }) => reason === 'month').filter((_, index) => index % 2 === 1);
    expect(months.map(({ amount }) => amount)).toEqual(
      // 407.96 − n × 51, from the sixth month on × 0.88.
      ['356.96', '305.96', '254.96', '203.96', '152.96', '138.68', '93.80', '48.92', '4.04', '0.00', '0.00'],
    );
    expect(points.at(-2)).toMatchObject({ kind: 'ordinary', amount: '0.00', blockers: [] });
    expect(points.at(-1)).toEqual({
      at: new Date(END).toISOString(),
      reason: 'order-end',
      kind: 'none',
      currency: 'CNY',
      blockers: ['NO_ORDER_IN_FORCE'],
    });
  });

  it('E1, M10 the five-day right: its last second pays everything, the next one does not, and a cliff is told', () => {
    const curve = curveOf({ at: hoursIn(48) }, ALL);
    expect(shown(curve.points.slice(0, 3))).toEqual([
      [hoursIn(48), 'five-day', '407.96'],
      [hoursIn(120), 'five-day', '407.96'],
      [hoursIn(120, 1), 'ordinary', '357.56'],
    ]);
    expect(sayings(curve)).toEqual([
      `CLIFF_AHEAD: Until ${hoursIn(120)} the refund is 407.96 CNY; from the next second on it is 357.56 CNY.`,
    ]);
    expect(warningSentence(curve.warnings[0]!).zh).toBe(
      `至 ${hoursIn(120)} 退款金额为 407.96 CNY；自下一秒起为 357.56 CNY。`,
    );
  });

  it('E1 at the edge itself: asked in the last second and in the one after it', () => {
    const last = curveOf({ at: hoursIn(120) }, ALL);
    expect(shown(last.points.slice(0, 2))).toEqual([
      [hoursIn(120), 'five-day', '407.96'],
      [hoursIn(120, 1), 'ordinary', '357.56'],
    ]);
    expect(last.warnings).toHaveLength(1);
    const after = curveOf({ at: hoursIn(120, 1) }, ALL);
    expect(after.points.map(({ reason }) => reason)).not.toContain('five-day');
  });

  it('E1 by calendar days the right ends at midnight', () => {
    const bought = '2026-11-01T15:00:00+08:00';
    const policy = withKnobs({ fiveDayWindow: 'calendar-days' });
    const { points } = curveOf({ orders: [order({ startsAt: bought })], at: hoursIn(48), policy }, ALL);
    expect(points.slice(1, 3)).toMatchObject([
      { at: '2026-11-05T15:59:59.000Z', kind: 'five-day', amount: '407.96' },
      { at: '2026-11-05T16:00:00.000Z', kind: 'ordinary' },
    ]);
  });

  it('E2 without an ordinary right left, after the five days no return is left', () => {
    const curve = curveOf({}, { fiveDay: 1, ordinary: 0 });
    expect(curve.points[2]).toMatchObject({ at: hoursIn(120, 1), blockers: ['QUOTA_USED'] });
    expect(curve.points[2]).not.toHaveProperty('amount');
    expect(sayings(curve)).toEqual([
      `CLIFF_AHEAD: Until ${hoursIn(120)} the refund is 407.96 CNY; from the next second on no self-service return is left.`,
    ]);
  });

  it('M7 cliffs are falls by more than a tenth from one second to the next; a month’s slow fall is none', () => {
    // Hours so cheap that a whole month costs more: 393.56 → 356.96 is less than a tenth, 342.56 → 305.96 is
    // more.
    const cheap = facts({ prices: prices({ hour: '0.02' }) });
    const curve = curveOf({ facts: cheap, orders: [order({ endsAt: '2027-02-01T00:00:00+08:00' })] });
    const [, , , , second] = curve.points;
    expect(second).toMatchObject({ at: '2026-12-31T16:00:00.000Z', amount: '305.96' });
    expect(sayings(curve)).toEqual([
      // December has 31 days.
      'CLIFF_AHEAD: Until 2026-12-31T15:59:59.000Z the refund is 342.08 CNY; from the next second on it is 305.96 CNY.',
      'CLIFF_AHEAD: Until 2027-01-31T15:59:59.000Z the refund is 291.08 CNY; from the next second on no self-service return is left.',
    ]);
  });

  it('M5 the order that follows takes over at the end of the one in force', () => {
    const { points } = curveOf({ orders: [order(), renewal()], at: DAYS_29 });
    expect(points.at(-1)).toMatchObject({
      at: new Date(END).toISOString(),
      reason: 'order-end',
      kind: 'ordinary',
      amount: '507.96',
    });
  });

  it('M7 a wait for the next order says that reason, in one form of instants', () => {
    const curve = curveOf({ orders: [order(), renewal()], at: '2027-09-21T00:00:00+08:00' });
    const end = new Date(END).toISOString();
    expect(sayings(curve)).toContain(
      `WAITING_PAYS_MORE: Returned at ${end} the refund would be 507.96 CNY: order o1 has ended then, and what was used of it is taken off no more.`,
    );
    const said = curve.warnings.flatMap((one) => [
      ...`${warningSentence(one).en} ${warningSentence(one).zh}`.matchAll(
        /\d{4}-\d\d-\d\dT\S*?(?=[ ：；;])/g,
      ),
    ]);
    expect(said.length).toBeGreaterThan(0);
    for (const [instant] of said) expect(new Date(instant).toISOString()).toBe(instant);
    for (const { at } of curve.points.slice(1)) expect(new Date(at).toISOString()).toBe(at);
  });

  it('M27 hours that an upgrade has stopped are told with what they would have cost', () => {
    const said = sayings(curveOf({ orders: [order(), upgrade()], at: hoursIn(72) }));
    // 60 h × 0.42.
    expect(said).toContain(
      `HOURS_STOPPED: The host’s hours count until the upgrade at ${hoursIn(12)}; those since then, 25.20 CNY, are not taken off.`,
    );
    expect(sayings(curveOf({ orders: [order(), upgrade()], at: hoursIn(12) })).join()).not.toContain(
      'HOURS_STOPPED',
    );
    const policy = withKnobs({ hoursAfterUpgrade: 'count' });
    expect(sayings(curveOf({ orders: [order(), upgrade()], at: hoursIn(72), policy })).join()).not.toContain(
      'HOURS_STOPPED',
    );
  });

  it('M27 the end of an upgrade is a step: its hours count again from there on', () => {
    const brief = upgrade({ startsAt: hoursIn(12), endsAt: hoursIn(240), paid: paid('0') });
    const { points, warnings } = curveOf({ orders: [order(), brief], at: hoursIn(72) });
    expect(points.slice(1, 3)).toMatchObject([
      { at: hoursIn(240, -1), reason: 'upgrade-end', amount: '402.92' },
      { at: hoursIn(240), reason: 'upgrade-end', amount: '307.16' },
    ]);
    expect(warnings.map(({ code }) => code)).toContain('CLIFF_AHEAD');
  });

  it('M19 before it begins: all of it now, and the steps of the first order', () => {
    const { permitted, points, warnings } = curveOf({ at: hoursIn(-100) }, ALL);
    expect(permitted).toBe(true);
    expect(shown(points.slice(0, 3))).toEqual([
      [hoursIn(-100), 'five-day', '407.96'],
      [hoursIn(120), 'five-day', '407.96'],
      [hoursIn(120, 1), 'ordinary', '357.56'],
    ]);
    expect(points.at(-1)).toMatchObject({ reason: 'order-end', at: new Date(END).toISOString() });
    expect(warnings.map(({ code }) => code)).toEqual(['CLIFF_AHEAD']);
  });

  it('M28 in the first second an ordinary return pays the same; the end of the five-day right is a step all the same', () => {
    const { points } = curveOf({ at: hoursIn(0) }, ALL);
    expect(shown(points.slice(0, 3))).toEqual([
      [hoursIn(0), 'ordinary', '407.96'],
      [hoursIn(120), 'five-day', '407.96'],
      [hoursIn(120, 1), 'ordinary', '357.56'],
    ]);
  });

  it('at most 24 points of months and the end, also of an order of three years', () => {
    const { points } = curveOf({ orders: [order({ endsAt: '2029-11-01T00:00:00+08:00' })] }, ALL);
    expect(points.filter(({ reason }) => reason === 'month')).toHaveLength(24);
    expect(points).toHaveLength(1 + 2 + 24 + 2);
  });

  it('003-32 a refund of zero is told', () => {
    expect(curveOf({ orders: [order({ paid: paid('1') })] }).warnings.map(({ code }) => code)).toEqual([
      'REFUND_IS_ZERO',
    ]);
  });
});

describe('a blocked return has no curve', () => {
  it.each<[string, Partial<Subject>, string[]]>([
    ['postpaid', { facts: facts({ billing: 'postpaid' }), orders: [] }, ['WRONG_ACTION']],
    [
      'a product without returns',
      { facts: facts({ product: 'jd-vm' }), policy: jdVm },
      ['WRONG_ACTION', 'NOT_STOPPED', 'NOT_EXPIRED'],
    ],
    ['no order in force', { at: END }, ['NO_ORDER_IN_FORCE']],
    [
      'several reasons',
      { facts: facts({ monthlySettled: true }), standing: { arrears: false, hold: true } },
      ['MONTHLY_SETTLED', 'APPROVAL_REQUIRED'],
    ],
    [
      'over the threshold',
      { policy: withKnobs({ approvalThreshold: { CNY: '100' } }) },
      ['APPROVAL_REQUIRED'],
    ],
  ])('E8 %s: the blockers of the quote, and no points', (_, over, codes) => {
    expect(curveOf(over)).toMatchObject({ permitted: false, blockers: codes, points: [], warnings: [] });
  });

  it('E2 no right left', () => {
    expect(curveOf({}, { fiveDay: 0, ordinary: 0 })).toMatchObject({
      permitted: false,
      blockers: ['QUOTA_USED'],
      points: [],
    });
  });
});

it(
  'M8, M17 over generated lives each point is what a quote at that instant says, rounded once as by the slow oracle',
  () => {
    let points = 0;
    const rights = fc.record({ fiveDay: fc.nat(1), ordinary: fc.nat(2) });
    fc.assert(
      fc.property(refundInput, rights, (generated, left) => {
        // Orders of other channels keep nearly every life from a return by self-service.
        const orders = generated.orders.map((one): StoredOrder => ({ ...one, channel: 'standard' }));
        const input = { ...generated, orders };
        const policy: Policy = { ...tencentCvm, knobs: input.knobs, returns: input.rules };
        const life = newLife(
          'ins-1',
          { ...input.facts, state: 'running', orders: input.orders },
          policy.lifecycle,
        );
        const one = subject({ facts: input.facts, orders: input.orders, life, policy, at: input.at });
        const curve = refundCurve(one, left);
        const times = curve.points.map(({ at }) => Date.parse(at));
        expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
        expect(times.length).toBeLessThanOrEqual(29 + 6);
        const quoted = (at: string) =>
          quoteItems(
            [{ ...one, at }],
            new Map([[rightsKey(input.facts.account, input.facts.product), left]]),
            {
              action: 'return',
              schedule: { mode: 'now' },
            },
          )[0]!;
        const now = quoted(input.at);
        expect(curve).toMatchObject({ permitted: now.permitted, blockers: now.blockers });
        expect(times[0]).toBe(now.permitted ? Date.parse(input.at) : undefined);
        for (const { at, kind, amount, blockers } of curve.points) {
          const { refund, ...item } = quoted(at);
          expect({ kind, amount, blockers }).toEqual({
            kind: refund.kind,
            amount: refund.outcome === 'blocked' ? undefined : refund.amount,
            blockers: item.blockers,
          });
          if (amount === undefined || kind === 'none') continue;
          const wanted = oracleRefund({ ...input, at, kind, assisted: false });
          expect(toMinorUnits(exact(amount), curve.currency!)).toBe(wanted.amount);
          points += 1;
        }
      }),
      { numRuns: 100 * SCALE },
    );
    expect(points).toBeGreaterThan(200);
  },
  120_000 * SCALE,
);

describe('a part of the curve, for a picture', () => {
  const at = DAYS_29;
  const spanOf = (span: Parameters<typeof refundCurve>[2]) => refundCurve(subject({ at }), ORDINARY, span);

  it('has its steps, and so many points in between, each what a quote at that instant says', () => {
    const { points } = spanOf({ points: 50 });
    const steps = curveOf({ at }).points;
    const between = points.filter(({ reason }) => reason === 'between');
    expect(points.filter(({ reason }) => reason !== 'between')).toEqual(steps);
    // The first is now, and the last the end of the order.
    expect(between).toHaveLength(48);
    expect(points.map((one) => one.at)).toEqual(points.map((one) => one.at).toSorted());
    for (const { at: then, kind, amount } of between.filter((_, index) => index % 7 === 0)) {
      const [item] = quoteItems(
        [subject({ at: then })],
        new Map([[rightsKey('100001', 'tencent-cvm'), ORDINARY]]),
        { action: 'return', schedule: { mode: 'now' } },
      );
      expect({ then, kind, amount }).toEqual({
        then,
        kind: item!.refund.kind,
        amount: (item!.refund as { amount?: string }).amount,
      });
    }
  });

  it('ends where it is asked to, and begins no sooner than now', () => {
    const [from, to] = [hoursIn(31 * 24), hoursIn(40 * 24)];
    const { points } = spanOf({ from, to, points: 10 });
    expect(points.map(({ reason }) => reason)).toEqual(['now', ...Array(10).fill('between')]);
    expect([points[1]!.at, points.at(-1)!.at].map((one) => Date.parse(one))).toEqual(
      [from, to].map((one) => Date.parse(one)),
    );
    const early = spanOf({ from: hoursIn(1), to, points: 3 });
    expect(early.points.every((one) => Date.parse(one.at) >= Date.parse(at))).toBe(true);
    expect(spanOf({ from: hoursIn(1), to: hoursIn(2), points: 3 }).points).toHaveLength(1);
  });

  it.each([0, 1, 499, 500, 501, 999])(
    'has its last point at its end, asked %d ms after a whole second',
    (ms) => {
      const then = new Date(Date.parse(at) + ms).toISOString();
      const asked = (to?: string) => refundCurve(subject({ at: then }), ORDINARY, { to, points: 20 }).points;
      const between = (to?: string) => asked(to).filter(({ reason }) => reason === 'between');
      expect(between()).toHaveLength(18);
      expect(asked().at(-1)!.reason).toBe('order-end');
      const to = hoursIn(40 * 24);
      expect(between(to)).toHaveLength(19);
      expect(Date.parse(asked(to).at(-1)!.at)).toBe(Date.parse(to));
    },
  );
});
