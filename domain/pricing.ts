/** What a renewal costs when Sunset prices it, and which balances pay for it. */
import type { Facts, Paid, Prices } from './instance';
import { exact, formatMinorUnits, leastUnits, toMinorUnits } from './money';
import type { Policy } from './policy';
import { discountFor } from './refund';

/**
 * months × (month + bandwidth month) × discount(months), rounded once, in minor units. Undefined when a
 * monthly price is missing: bandwidth without one can't be given away.
 */
export function renewalPrice(
  months: number,
  prices: Prices | undefined,
  facts: Facts,
  policy: Policy,
): bigint | undefined {
  const bandwidth = facts.network.billing === 'bandwidth' ? facts.network.month : '0';
  if (prices?.month === undefined || bandwidth === undefined) return undefined;
  const rate = discountFor(months, prices, { discounts: policy.returns?.discounts ?? [] });
  return toMinorUnits(exact(prices.month).add(exact(bandwidth)).mul(months).mul(rate), prices.currency);
}

/** Takes a price from balances: gift, then income, then cash. Undefined when they don't cover it. */
export function payFromBalances(
  price: bigint,
  balances: Record<'cash' | 'gift' | 'income', string>,
  currency: string,
): Paid | undefined {
  const paid: Paid = { cash: '0', gift: '0', income: '0', voucher: '0' };
  let owed = price;
  for (const source of ['gift', 'income', 'cash'] as const) {
    const available = toMinorUnits(exact(balances[source]), currency);
    const taken = available <= 0n ? 0n : leastUnits(available, owed);
    owed -= taken;
    paid[source] = formatMinorUnits(taken, currency);
  }
  return owed === 0n ? paid : undefined;
}
