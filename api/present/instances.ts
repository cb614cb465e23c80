/** Instances, the bin and the timeline as callers see them. */
import type { BinEntryAnswer, InstanceAnswer } from '../../contract/answers';
import { clockOf } from '../../domain/clock';
import { lastTerm, openOrders, orderStatus, type Paid } from '../../domain/instance';
import type { Life } from '../../domain/lifecycle';
import { withAllDigits } from '../../domain/money';
import { type Plan, presentDisposal } from '../../domain/plan';
import type { InstanceRow } from '../../store/lives/instances';
import { planAtRelease } from '../../store/lives/plan';

/** `wallMs`: the wall clock, in milliseconds; the instance's own clock is computed from it (decision 1). */
export function presentInstance(row: InstanceRow, wallMs: number = Date.now()): InstanceAnswer {
  const { facts, life } = row;
  const { account, product, billing, ...rest } = facts;
  const clock = clockOf(row, wallMs);
  const currency = facts.prices?.currency;
  return {
    // What people look for comes first; the rest is in the store's order.
    id: row.id,
    account,
    product,
    billing,
    state: life.state,
    ...rest,
    orders: row.orders.map((stored) => {
      const { closedAt: _closedAt, endedAt: _endedAt, ...order } = stored;
      return {
        ...order,
        paid: presentPaid(order.paid, currency),
        status: orderStatus(stored, clock, life.state),
      };
    }),
    clock,
    step: life.step,
    billingStoppedAt: life.billingStoppedAt,
    isolatedAt: life.isolatedAt,
    purgeTime: life.purgeTime,
    // From the orders, not from the life: an expired instance still says when it expired.
    expiresAt: lastTerm(openOrders(row.orders))?.endsAt ?? null,
    termination: life.termination && {
      mode: life.termination.mode,
      at: life.termination.at,
      terminationId: life.termination.terminationId,
    },
    operation: life.operation ?? null,
    machine: machineOf(life),
    attention: attentionOf(life),
    protection: life.protection && { ...life.protection, holdRelease: isHolding(life.protection) },
    hold: row.hold,
    atRelease: fateOf(planAtRelease(row)),
    disposal: fateOf(row.disposal),
  };
}

const fateOf = (plan: Plan | null): InstanceAnswer['disposal'] => plan && presentDisposal(plan);

const machineOf = ({ driver, crossing }: Life): InstanceAnswer['machine'] =>
  driver === undefined
    ? null
    : { controlPlane: driver, goal: crossing?.goal ?? null, since: crossing?.since ?? null };

function attentionOf({ crossing }: Life): InstanceAnswer['attention'] {
  if (!crossing?.attention) return null;
  const { since, code, message } = crossing.attention;
  return { since, goal: crossing.goal, code, message };
}

const isHolding = ({ holdRelease }: NonNullable<Life['protection']>): boolean => holdRelease === true;

/** Requests may have fewer digits; answers always have all of them. */
export function presentPaid(paid: Paid, currency: string | undefined): Paid {
  const full = (amount: string): string => (currency ? withAllDigits(amount, currency) : amount);
  return {
    cash: full(paid.cash),
    gift: full(paid.gift),
    income: full(paid.income),
    voucher: full(paid.voucher),
  };
}

/** `wallMs`: as in {@link presentInstance}. */
export function presentBinEntry(row: InstanceRow, wallMs: number = Date.now()): BinEntryAnswer {
  const { id, facts, life } = row;
  return {
    instanceId: id,
    account: facts.account,
    product: facts.product,
    billing: facts.billing,
    region: facts.region,
    // What is isolated has all three.
    cause: life.cause!,
    isolatedAt: life.isolatedAt!,
    purgeTime: life.purgeTime!,
    clock: clockOf(row, wallMs),
    needsRenewal: facts.billing === 'prepaid',
    protection: life.protection && { ...life.protection, holdRelease: isHolding(life.protection) },
    atRelease: presentDisposal(planAtRelease(row)!),
  };
}
