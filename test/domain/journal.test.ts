import fc from 'fast-check';
import { deferred, endedPostings, type Posting, paidPostings, refundPostings } from '../../domain/journal';
import { exact, SOURCES, toMinorUnits } from '../../domain/money';
import { computeRefund } from '../../domain/refund';
import { tencentCvm } from '../../policies/tencent-cvm';
import { refundInput } from '../fixtures/cases';
import { facts, hoursIn, order, paid, renewal } from '../fixtures/domain';
import { SCALE } from '../support/scale';

/** What every account holds after the postings, in minor units. */
function balances(postings: Posting[], currency: string): Map<string, bigint> {
  const book = new Map<string, bigint>();
  for (const { source, destination, amount } of postings) {
    const units = toMinorUnits(exact(amount), currency);
    if (units <= 0n) throw new Error(`a posting of ${amount} from ${source}`);
    book.set(source, (book.get(source) ?? 0n) - units);
    book.set(destination, (book.get(destination) ?? 0n) + units);
  }
  return book;
}
const posting = (source: string, destination: string, amount: string): Posting => ({
  source,
  destination,
  currency: 'CNY',
  amount,
});

describe('J1 what was paid', () => {
  it('J1 from the world, or from the customer when Sunset debits it; vouchers are noted, not booked', () => {
    const bought = order({ paid: paid('10', '2.5', '0', '100') });
    expect(paidPostings(bought, 'world', 'CNY')).toEqual([
      posting('world:cash', 'deferred:o1', '10.00'),
      posting('world:gift', 'deferred:o1', '2.50'),
    ]);
    expect(paidPostings(bought, 'customer', 'CNY').map(({ source }) => source)).toEqual([
      'customer:cash',
      'customer:gift',
    ]);
    expect(paidPostings(order({ paid: paid('0', '0', '0', '100') }), 'world', 'CNY')).toEqual([]);
  });
});

describe('J3 an order that ends by time', () => {
  it('J3 its money becomes revenue', () => {
    expect(endedPostings([order(), renewal({ paid: paid('0') })], 'CNY')).toEqual([
      posting('deferred:o1', 'revenue', '407.96'),
    ]);
  });
});

describe('J2 a return', () => {
  const refund = (orders = [order()], assisted = false) =>
    computeRefund({
      kind: 'ordinary',
      facts: facts(),
      orders,
      at: hoursIn(48),
      knobs: tencentCvm.knobs,
      rules: tencentCvm.returns!,
      assisted,
    });

  it('J2 refundable cells go back, the rest becomes revenue', () => {
    expect(refundPostings(refund(), [order()])).toEqual([
      posting('deferred:o1', 'refunds', '387.80'),
      posting('refunds', 'customer:cash', '387.80'),
      posting('deferred:o1', 'revenue', '20.16'),
    ]);
  });

  it('J2, M11 the fee is its own posting', () => {
    const orders = [order({ channel: 'promotion' })];
    expect(refundPostings(refund(orders, true), orders)).toEqual([
      posting('deferred:o1', 'refunds', '387.80'),
      posting('refunds', 'customer:cash', '285.81'),
      posting('refunds', 'fees', '101.99'),
      posting('deferred:o1', 'revenue', '20.16'),
    ]);
  });

  it('J2, J3 what an ended order gave to revenue comes back out of revenue within the five days', () => {
    const orders = [order({ endsAt: hoursIn(24), endedAt: hoursIn(24) }), renewal({ startsAt: hoursIn(24) })];
    const full = computeRefund({
      kind: 'five-day',
      facts: facts(),
      orders,
      at: hoursIn(48),
      knobs: tencentCvm.knobs,
      rules: tencentCvm.returns!,
    });
    const book = balances(
      [
        ...orders.flatMap((one) => paidPostings(one, 'world', 'CNY')),
        ...endedPostings([orders[0]!], 'CNY'),
        ...refundPostings(full, orders),
      ],
      'CNY',
    );
    expect(
      [...book]
        .filter(([name]) => name !== 'world:cash' && name !== 'customer:cash')
        .every(([, units]) => units === 0n),
    ).toBe(true);
    expect(book.get('customer:cash')).toBe(91_592n);
  });

  it('J1–J3 over 1,500 generated lives: nothing stays deferred, the customer gets the parts, the fee its share, and no money appears', () => {
    fc.assert(
      fc.property(refundInput, (input) => {
        const open = input.orders.filter((one) => one.closedAt === null);
        const { currency, ...result } = computeRefund(input);
        const book = balances(
          [
            ...open.flatMap((one) => paidPostings(one, 'world', currency)),
            ...endedPostings(
              open.filter((one) => one.endedAt !== null),
              currency,
            ),
            ...refundPostings({ currency, ...result }, open),
          ],
          currency,
        );
        const held = (name: string) => book.get(name) ?? 0n;
        const units = (amount: string) => toMinorUnits(exact(amount), currency);
        for (const one of open) expect(held(deferred(one.id))).toBe(0n);
        for (const source of SOURCES) expect(held(`customer:${source}`)).toBe(units(result.parts[source]));
        expect([held('fees'), held('refunds')]).toEqual([units(result.fee), 0n]);
        expect(held('revenue')).toBeGreaterThanOrEqual(0n);
        expect([...book.values()].reduce((a, b) => a + b, 0n)).toBe(0n);
      }),
      { numRuns: 1500 * SCALE },
    );
  });
});
