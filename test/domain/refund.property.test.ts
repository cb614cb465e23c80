import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { exact, minorDigits, type Parts, SOURCES, toMinorUnits } from '../../domain/money';
import { computeRefund, nonVoucher, type Refund, type RefundInput } from '../../domain/refund';
import { refundInput } from '../fixtures/cases';
import { oracleRefund } from '../fixtures/oracle';
import { SCALE } from '../support/scale';

const SHAPES = [/^-?\d+$/, undefined, /^-?\d+\.\d{2}$/, /^-?\d+\.\d{3}$/];

/** In minor units; a string with anything but the currency's minor digits fails. */
function units(amount: string, currency: string): bigint {
  const digits = minorDigits(currency)!;
  check(SHAPES[digits]!.test(amount), `${amount} has all minor digits of ${currency}`);
  return BigInt(amount.replace('.', ''));
}

/** Throws with what is wrong: a plain check is much faster than thousands of `expect`s. */
function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

function checkInvariants(input: RefundInput, refund: Refund): void {
  const { currency } = refund;
  const read = (amount: string): bigint => units(amount, currency);
  const all = (amounts: string[]): bigint => amounts.map(read).reduce((a, b) => a + b, 0n);
  const open = input.orders.filter((order) => order.closedAt === null);
  const paid = open.reduce((sum, order) => sum + toMinorUnits(nonVoucher(order), currency), 0n);
  const [amount, fee] = [read(refund.amount), read(refund.fee)];
  check(amount >= 0n && fee >= 0n && amount + fee <= paid, '0 ≤ refund ≤ non-voucher paid');
  check(all(SOURCES.map((source) => refund.parts[source])) === amount, 'parts sum to the amount');
  check(
    SOURCES.every((source) => read(refund.parts[source]) >= 0n),
    'no part is negative',
  );
  check(all(refund.lines.map((line) => line.amount)) === amount, 'lines sum to the amount');
  check(all(refund.cells.map((cell) => cell.amount)) === amount + fee, 'cells sum to the amount and its fee');
  for (const cell of refund.cells) {
    const order = open.find(({ id }) => id === cell.orderId);
    check(order !== undefined, 'a closed order counts nowhere (M15)');
    check(read(cell.amount) <= toMinorUnits(exact(order!.paid[cell.source]), currency), 'a cell is within what was paid there');
  }
}

function checkOracle(input: RefundInput, refund: Refund): void {
  const { currency } = refund;
  const read = (amount: string): bigint => units(amount, currency);
  const wanted = oracleRefund(input);
  const parts = (given: Parts) => Object.fromEntries(SOURCES.map((source) => [source, read(given[source])]));
  const cells = Object.fromEntries(refund.cells.map(({ orderId, source, amount }) => [`${orderId}/${source}`, read(amount)]));
  const got = { amount: read(refund.amount), fee: read(refund.fee), parts: parts(refund.parts), cells };
  if (!isDeepStrictEqual(got, wanted)) expect(got).toEqual(wanted);
}

describe('the refund engine over generated lives', () => {
  // Long enough for a machine that has other things to do.
  const TIMEOUT = 240_000 * SCALE;

  it(
    'M1–M11, M15: 20,000 cases keep every invariant and agree with the slow oracle to the minor unit',
    () => {
      const seen = new Map<string, number>();
      const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
      fc.assert(
        fc.property(refundInput, (input) => {
          const refund = computeRefund(input);
          checkInvariants(input, refund);
          checkOracle(input, refund);
          count('cases');
          count(refund.currency);
          if (exact(refund.amount).equals(0)) count('zero');
          if (!exact(refund.fee).equals(0)) count('fee');
          if (refund.lines.some(({ label }) => label.en.startsWith('Rounded'))) count('rounded');
          if (refund.lines.some(({ label }) => label.en.startsWith('A refund below zero'))) count('below zero');
          if (refund.lines.some(({ label }) => label.en.startsWith('Unused days'))) count('upgrade');
          if (refund.lines.some(({ label }) => label.en.includes('not started'))) count('not started');
          if (refund.lines.some(({ label }) => label.en.includes('whole months'))) count('months');
        }),
        { numRuns: 20_000 * SCALE },
      );
      // The generator must reach all of the formula, or the numbers above say nothing.
      expect(seen.get('cases')).toBeGreaterThanOrEqual(20_000);
      for (const what of ['JPY', 'CNY', 'KWD', 'zero', 'fee', 'rounded', 'below zero', 'upgrade', 'not started', 'months']) {
        expect([what, (seen.get(what) ?? 0) > 200]).toEqual([what, true]);
      }
    },
    TIMEOUT,
  );
});
