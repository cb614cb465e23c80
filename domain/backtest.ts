/**
 * The back-test of a policy: refunds that were booked, run again under changed rules, and what would have
 * been otherwise. Pure; the refunds bring the facts, the orders and the instant that they were computed from.
 */

import type { BlockerCode } from './blockers';
import type { Calculation } from './calculation';
import type { RightsLeft } from './eligibility';
import { openOrders } from './instance';
import { type Life, newLife } from './lifecycle';
import { type Exact, exact, formatMoney, type Parts, SOURCES, ZERO } from './money';
import type { Policy } from './policy';
import { type QuoteItem, quoteItems } from './quote';
import type { Refund, RefundKind } from './refund';
import { rightsKey } from './returns';
import type { Subject } from './subject';

export interface PastRefund {
  id: string;
  instanceId: string;
  account: string;
  calculation: Calculation;
}

/** What a refund paid, or would pay: decimal strings of its currency, the amount less the fee. */
export interface Payment {
  kind: RefundKind;
  amount: string;
  fee: string;
  parts: Parts;
}

/**
 * The same return under the changed rules: it pays, is refused, or can't be computed (a price that the rules
 * now need is missing).
 */
export type Rerun = Payment | { blockers: BlockerCode[] } | { problem: string };

export interface Difference {
  refundId: string;
  instanceId: string;
  account: string;
  /** The quote's instant on the instance's clock. */
  at: string;
  currency: string;
  old: Payment;
  new: Rerun;
  /** new − old; a refused return pays nothing. null where it can't be computed. */
  difference: string | null;
}

/** Sums of one currency, over all refunds that could be computed, the unchanged ones too. */
export interface CurrencyTotal {
  currency: string;
  refunds: number;
  old: string;
  new: string;
  difference: string;
}

export interface BacktestReport {
  refunds: number;
  same: number;
  /** Paid, but otherwise. */
  changed: number;
  refused: number;
  notComputable: number;
  totals: CurrencyTotal[];
  differences: Difference[];
}

/** Runs refunds again one by one, so that a caller can read them page by page; only differences are kept. */
export class Backtest {
  private readonly differences: Difference[] = [];
  private readonly sums = new Map<string, { refunds: number; old: Exact; new: Exact }>();
  private refunds = 0;

  constructor(private readonly policy: Policy) {}

  add(past: PastRefund): void {
    const old = paymentOf(past.calculation.refund);
    const { currency } = past.calculation.refund;
    const outcome = rerunUnder(this.policy, past);
    this.refunds += 1;
    this.sum(currency, old, outcome);
    if (isSame(old, outcome)) return;
    const { id: refundId, instanceId, account } = past;
    const { at } = past.calculation.inputs;
    this.differences.push({
      refundId,
      instanceId,
      account,
      at,
      currency,
      old,
      new: outcome,
      difference: difference(old, outcome, currency),
    });
  }

  private sum(currency: string, old: Payment, outcome: Rerun): void {
    const paid = paidBy(outcome);
    if (paid === undefined) return;
    const sums = this.sums.get(currency) ?? { refunds: 0, old: ZERO, new: ZERO };
    this.sums.set(currency, {
      refunds: sums.refunds + 1,
      old: sums.old.add(exact(old.amount)),
      new: sums.new.add(paid),
    });
  }

  get report(): BacktestReport {
    const count = (field: 'amount' | 'blockers' | 'problem') =>
      this.differences.filter((one) => field in one.new).length;
    return {
      refunds: this.refunds,
      same: this.refunds - this.differences.length,
      changed: count('amount'),
      refused: count('blockers'),
      notComputable: count('problem'),
      totals: [...this.sums]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([currency, sums]) => totalOf(currency, sums)),
      differences: this.differences,
    };
  }
}

function totalOf(currency: string, sums: { refunds: number; old: Exact; new: Exact }): CurrencyTotal {
  const money = (value: Exact): string => formatMoney(value, currency);
  return {
    currency,
    refunds: sums.refunds,
    old: money(sums.old),
    new: money(sums.new),
    difference: money(sums.new.sub(sums.old)),
  };
}

const paymentOf = ({ kind, amount, fee, parts }: Refund): Payment => ({ kind, amount, fee, parts });

/** undefined: it can't be computed. */
function paidBy(outcome: Rerun): Exact | undefined {
  if ('problem' in outcome) return undefined;
  return 'amount' in outcome ? exact(outcome.amount) : ZERO;
}

function difference(old: Payment, outcome: Rerun, currency: string): string | null {
  const paid = paidBy(outcome);
  return paid === undefined ? null : formatMoney(paid.sub(exact(old.amount)), currency);
}

function isSame(old: Payment, outcome: Rerun): boolean {
  if (!('amount' in outcome)) return false;
  const money = ({ amount, fee, parts }: Payment): string =>
    [amount, fee, ...SOURCES.map((source) => parts[source])].join(' ');
  return old.kind === outcome.kind && money(old) === money(outcome);
}

/** What the engine says of the same return under other rules. */
function rerunUnder(policy: Policy, past: PastRefund): Rerun {
  const { inputs } = past.calculation;
  const { action, assisted } = inputs;
  const subject = subjectOf(policy, past);
  const quoted = (rights: RightsLeft): QuoteItem => {
    const left = new Map([[rightsKey(subject.facts.account, subject.facts.product), rights]]);
    return quoteItems([subject], left, { action, schedule: { mode: 'now' }, assisted })[0]!;
  };
  const given = rightsGiven(policy, inputs.kind);
  try {
    // What was a five-day return stays one where it can, also where an ordinary one pays the same (M28).
    const alike = inputs.kind === 'five-day' ? quoted({ ...given, ordinary: 0 }) : undefined;
    const item = alike?.refund.kind === 'five-day' ? alike : quoted(given);
    return item.refund.outcome === 'refund' ? paymentOf(item.refund) : { blockers: item.blockers };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/**
 * The right that was used was there, and an ordinary one is taken to have been there too, for what is no
 * five-day return any more. Quotas are not played through: only one that the rules take away altogether is
 * gone.
 */
function rightsGiven({ knobs }: Policy, used: RefundKind): RightsLeft {
  const given = (has: boolean, count: number): number => (has ? Math.min(1, count) : 0);
  return {
    fiveDay: given(used === 'five-day', knobs.fiveDayCount),
    ordinary: given(true, knobs.ordinaryCount),
  };
}

/**
 * The instance as the return found it. Holds and arrears are no rules: a refund that was booked had none, or
 * was approved.
 */
function subjectOf(policy: Policy, { instanceId, calculation }: PastRefund): Subject {
  const { facts, orders, at } = calculation.inputs;
  return {
    id: instanceId,
    facts,
    orders,
    life: lifeAtReturn(instanceId, policy, calculation),
    policy,
    standing: { arrears: false, hold: false },
    at,
  };
}

/** Whether it ran is not kept; a stopped one has what any product asks for before a return. */
function lifeAtReturn(id: string, policy: Policy, { inputs: { facts, orders } }: Calculation): Life {
  return newLife(id, { ...facts, state: 'stopped', orders: openOrders(orders) }, policy.lifecycle);
}
