import { clockOf } from '../../domain/clock';
import { renewalPrices, renewalStart } from '../../domain/instance';
import { renewalPrice } from '../../domain/pricing';
import type { InstanceRow } from '../../store/lives/instances';
import { Problem } from '../problem';

export interface RenewalPrice {
  currency: string;
  /** In minor units of the currency. */
  price: bigint;
  /** When the renewal would begin. */
  startsAt: string;
}

/**
 * What a renewal of so many months costs that is bought now, whoever pays for it (M23). `row`: one that the
 * caller sees.
 * @throws Problem 409 when there is nothing to renew, or no price to reckon with
 */
export function renewalPriceOf(row: InstanceRow, months: number): RenewalPrice {
  const { facts, orders, policy, life } = row;
  const { state } = life;
  if (state === 'terminated') throw new Problem('WRONG_STATE', { state });
  if (life.billing === 'postpaid') throw new Problem('WRONG_BILLING', { state });
  const startsAt = renewalStart(orders, clockOf(row, Date.now()));
  const prices = renewalPrices(orders, startsAt, facts);
  const price = renewalPrice(months, prices, facts, policy);
  if (!prices || price === undefined) throw new Problem('PRICE_MISSING', { state });
  return { currency: prices.currency, price, startsAt };
}
