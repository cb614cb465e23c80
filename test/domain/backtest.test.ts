import { Backtest, type PastRefund, type Rerun } from '../../domain/backtest';
import { recompute } from '../../domain/calculation';
import type { Action, Facts, StoredOrder } from '../../domain/instance';
import type { Knobs, Policy } from '../../domain/policy';
import type { RefundKind } from '../../domain/refund';
import { tencentCvm } from '../../policies/tencent-cvm';
import { facts, hoursIn, order, paid, prices, renewal } from '../fixtures/domain';

interface Given {
  id?: string;
  kind?: RefundKind;
  hours?: number;
  facts?: Partial<Facts>;
  orders?: StoredOrder[];
  assisted?: boolean;
  action?: Action;
}

/** A refund as it was booked under the policy of today. */
function past({
  id = 'r_1',
  kind = 'ordinary',
  hours = 48,
  orders = [order()],
  assisted = false,
  action = 'return',
  ...more
}: Given = {}): PastRefund {
  const inputs = {
    facts: facts(more.facts),
    orders,
    at: hoursIn(hours),
    kind,
    action,
    assisted,
    policyId: 'tencent-cvm@2026-11#1',
  };
  return {
    id,
    instanceId: 'ins-1',
    account: '100001',
    calculation: { inputs, refund: recompute(inputs, tencentCvm) },
  };
}

const withKnobs = (knobs: Partial<Knobs>): Policy => ({
  ...tencentCvm,
  knobs: { ...tencentCvm.knobs, ...knobs },
});
const withReturns = (returns: Partial<NonNullable<Policy['returns']>>): Policy => ({
  ...tencentCvm,
  returns: { ...tencentCvm.returns!, ...returns },
});

function report(policy: Policy, ...refunds: PastRefund[]) {
  const backtest = new Backtest(policy);
  for (const one of refunds) backtest.add(one);
  return backtest.report;
}
const outcome = (policy: Policy, one: PastRefund): Rerun | undefined =>
  report(policy, one).differences[0]?.new;

describe('a back-test', () => {
  const all = [
    past(),
    past({ kind: 'five-day' }),
    past({ hours: 24 * 29 }),
    past({ hours: 24 * 40, orders: [order(), renewal()] }),
    past({ assisted: true, orders: [order({ channel: 'promotion' })] }),
    past({ kind: 'five-day', facts: { type: 'SN2.LARGE4' } }),
    past({ action: 'return-renewals', orders: [order(), renewal()] }),
  ];

  it('finds nothing under the rules that the refunds were computed with', () => {
    expect(report(tencentCvm, ...all)).toMatchObject({
      refunds: 7,
      same: 7,
      changed: 0,
      refused: 0,
      notComputable: 0,
      differences: [],
    });
  });

  it('M7: the cap on a part month lifts what 29 days pay', () => {
    // 29 days at 0.42 an hour are 292.32: capped at 51.
    const { differences, totals } = report(
      withKnobs({ capPartMonth: true }),
      past({ hours: 24 * 29 }),
      past(),
    );
    expect(differences).toEqual([
      {
        refundId: 'r_1',
        instanceId: 'ins-1',
        account: '100001',
        at: hoursIn(24 * 29),
        currency: 'CNY',
        old: {
          kind: 'ordinary',
          amount: '115.64',
          fee: '0.00',
          parts: { cash: '115.64', gift: '0.00', income: '0.00' },
        },
        new: {
          kind: 'ordinary',
          amount: '356.96',
          fee: '0.00',
          parts: { cash: '356.96', gift: '0.00', income: '0.00' },
        },
        difference: '241.32',
      },
    ]);
    expect(totals).toEqual([
      { currency: 'CNY', refunds: 2, old: '503.44', new: '744.76', difference: '241.32' },
    ]);
  });

  it('E1: by calendar days the last hours of a five-day return become ordinary, with the ordinary right beside it', () => {
    // Bought at noon, returned on the sixth calendar day, 119 hours later.
    const noon = order({ startsAt: hoursIn(12), endsAt: hoursIn(12 + 24 * 365) });
    const one = past({ kind: 'five-day', hours: 12 + 119, orders: [noon] });
    expect(outcome(withKnobs({ fiveDayWindow: 'calendar-days' }), one)).toMatchObject({
      kind: 'ordinary',
      amount: '357.98',
    });
  });

  it('E2: an ordinary return does not become a five-day one: its account had used that right, or chose so', () => {
    expect(report(withKnobs({ fiveDayCount: 5 }), past()).differences).toEqual([]);
    expect(outcome(withKnobs({ fiveDayCount: 0 }), past({ kind: 'five-day' }))).toMatchObject({
      kind: 'ordinary',
      amount: '387.80',
    });
    expect(outcome(withKnobs({ ordinaryCount: 0 }), past())).toEqual({ blockers: ['QUOTA_USED'] });
  });

  it('E3, E5: exclusions and a threshold refuse; a refused return pays nothing', () => {
    const excluded = withReturns({ exclusions: [{ code: 'FAMILY_EXCLUDED', families: ['S1'] }] });
    expect(report(excluded, past({ hours: 240 }))).toMatchObject({
      same: 0,
      changed: 0,
      refused: 1,
      differences: [{ new: { blockers: ['FAMILY_EXCLUDED'] }, difference: '-307.16' }],
      totals: [{ refunds: 1, old: '307.16', new: '0.00', difference: '-307.16' }],
    });
    // Within the five days the other right would fit; its account had used it, or chose so.
    expect(outcome(excluded, past())).toEqual({ blockers: ['FAMILY_EXCLUDED', 'QUOTA_USED'] });
    expect(outcome(withKnobs({ approvalThreshold: { CNY: '300' } }), past())).toEqual({
      blockers: ['APPROVAL_REQUIRED'],
    });
    // What an operator had approved needs no second approval.
    expect(
      outcome(withKnobs({ approvalThreshold: { CNY: '300' } }), past({ assisted: true })),
    ).toBeUndefined();
  });

  it('M11: another fee changes an approved promotion refund, and says so', () => {
    const one = past({ kind: 'five-day', assisted: true, orders: [order({ channel: 'promotion' })] });
    expect(outcome(withReturns({ promotionFeeRate: '0.1' }), one)).toMatchObject({
      amount: '367.16',
      fee: '40.80',
    });
  });

  it('a return of renewals stays one', () => {
    const one = past({ action: 'return-renewals', orders: [order(), renewal()] });
    expect(one.calculation.refund.amount).toBe('507.96');
    expect(report(withKnobs({ capPartMonth: true, ordinaryCount: 0 }), one).differences).toEqual([]);
  });

  it('what can’t be computed is told and left out of the sums', () => {
    const network = { billing: 'bandwidth' as const, hour: '0.063' };
    const { notComputable, differences, totals } = report(
      withKnobs({ networkUsage: 'months-then-hourly' }),
      past({ facts: { network }, hours: 24 * 40 }),
    );
    expect(notComputable).toBe(1);
    expect(differences).toMatchObject([{ new: { problem: 'network.month is missing' }, difference: null }]);
    expect(totals).toEqual([]);
  });

  it('currencies are summed apart, in their own digits', () => {
    const yen = past({
      facts: { prices: prices({ currency: 'JPY', month: '510', hour: '4' }) },
      orders: [order({ paid: paid('4079') })],
    });
    const { totals } = report(
      withReturns({ exclusions: [{ code: 'FAMILY_EXCLUDED', families: ['S1'] }] }),
      yen,
      past(),
    );
    expect(totals).toEqual([
      { currency: 'CNY', refunds: 1, old: '387.80', new: '0.00', difference: '-387.80' },
      { currency: 'JPY', refunds: 1, old: '3887', new: '0', difference: '-3887' },
    ]);
  });
});
