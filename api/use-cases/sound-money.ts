/**
 * Amounts and prices that are stated of an instance that is there, held to what its registration was held to.
 */
import { paidIssues, priceIssues } from '../../contract/registration-rules';
import type { Paid, Prices } from '../../domain/instance';
import type { InstanceRow } from '../../store/lives/instances';
import { invalid } from '../problem';

/** @throws Problem 400 when a price snapshot is not what a registration's would have to be (M23) */
export function requireSoundPrices(row: InstanceRow, prices: Prices | undefined, path: string[]): void {
  const currency = row.facts.prices?.currency;
  const issues = prices && currency ? priceIssues(prices, currency, row.policy, path) : [];
  if (issues.length) throw invalid(issues);
}

/** @throws Problem 400 when an amount has more digits than the instance's currency */
export function requireDigits(row: InstanceRow, paid: Paid | undefined, path: string[]): void {
  const currency = row.facts.prices?.currency;
  const issues = paid && currency ? paidIssues(paid, currency, path) : [];
  if (issues.length) throw invalid(issues);
}
