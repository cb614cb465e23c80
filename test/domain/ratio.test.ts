import { exact, formatMoney, sum } from '../../domain/money';
import { MOST_PLACES, Ratio } from '../../domain/ratio';
import { range } from '../support/parallel';

/** A plain fraction of BigInts, to compare with. */
function asFraction(terms: { paid: bigint; used: bigint; days: bigint }[]): { of: bigint; over: bigint } {
  return terms.reduce(
    (all, { paid, used, days }) => ({
      of: all.of * days + paid * (days - used) * all.over,
      over: all.over * days,
    }),
    {
      of: 0n,
      over: 1n,
    },
  );
}

describe('M31 a ratio never divides before its rounding', () => {
  it('M31 adds, multiplies and compares exactly where no decimal ends', () => {
    const third = exact('1').div(3);
    expect(third.add(third).add(third).equals(1)).toBe(true);
    expect(third.mul(exact('0.03')).equals(exact('0.01'))).toBe(true);
    expect(third.compare(exact('0.3333333333333333333333333333333333333333'))).toBe(1);
    expect(third.neg().compare(third)).toBe(-1);
    expect(exact('1').div(-3).equals(third.neg())).toBe(true);
    expect(exact('-7').div(2).abs().equals(exact('3.5'))).toBe(true);
    // 727 × (184 + 178 + 4) / 366 is 727, whatever the way there.
    const days = [184, 178, 4].map((n) => exact('727').mul(n).div(366));
    expect(formatMoney(sum([...days, exact('83.005')]), 'CNY')).toBe('810.01');
  });

  it('M31 rounds down with what is left, also below zero', () => {
    const parts = (text: string) => {
      const { units, rest } = exact(text).div(3).floor(2);
      return [units, rest.mul(3).equals(exact('1')), rest.mul(3).equals(exact('2'))];
    };
    expect([parts('0.01'), parts('0.02'), parts('-0.01'), parts('1.00')]).toEqual([
      [0n, true, false],
      [0n, false, true],
      [-1n, false, true],
      [33n, true, false],
    ]);
  });

  it('M31 a decimal is cut and rounded by its digits as a fraction is by its division', () => {
    const whole = (text: string): string => text.replace('.', '');
    for (const text of [
      '0',
      '0.005',
      '0.0049999',
      '-0.005',
      '-0.0049999',
      '1.5',
      '12345678901234567890.125',
      '-7.995',
      '3',
      '-0.01',
    ]) {
      // The same number with a divisor: its digits over a power of ten.
      const over = 10n ** BigInt(text.split('.')[1]?.length ?? 0);
      const divided = Ratio.decimal(whole(text))
        .mul(3)
        .div(Ratio.decimal(String(over * 3n)));
      const decimal = Ratio.decimal(text);
      for (const places of [0, 1, 2, 3, 10]) {
        expect([text, places, decimal.round(places)]).toEqual([text, places, divided.round(places)]);
        expect([text, places, decimal.cut(places)]).toEqual([text, places, divided.cut(places)]);
      }
    }
  });

  it('M31 refuses what it could not hold exactly', () => {
    expect(() => exact('1').div(0)).toThrow('division by zero');
    expect(() => exact('1').mul(0.5)).toThrow('not a whole number');
    const longest = Ratio.decimal(`1${'0'.repeat(MOST_PLACES - 1)}`);
    expect(longest.sub(longest.mul(1)).equals(0)).toBe(true);
    expect(() => longest.mul(10)).toThrow(`more than ${MOST_PLACES} digits`);
    expect(() => Ratio.decimal(`0.${'1'.repeat(MOST_PLACES + 1)}`)).toThrow(
      `more than ${MOST_PLACES} digits`,
    );
  });

  it('M31 keeps every digit of the longest numbers that it takes', () => {
    const nines = '9'.repeat(MOST_PLACES);
    const a = Ratio.decimal(nines).div(Ratio.decimal(`${nines.slice(1)}7`));
    const b = Ratio.decimal(nines).div(Ratio.decimal(`${nines.slice(1)}8`));
    expect([a.compare(b), b.compare(a), a.compare(a)]).toEqual([1, -1, 0]);
    const scaled = BigInt(nines) * 10n ** 20n;
    expect(a.floor(20).units).toBe(scaled / BigInt(`${nines.slice(1)}7`));
  });

  it('M31, M6 the longest sum there can be: 500 upgrades of days that have no divisor in common, in two centuries', () => {
    const isPrime = (n: number): boolean =>
      range(Math.floor(Math.sqrt(n)) - 1).every((i) => n % (i + 2) !== 0);
    const primes: number[] = [];
    // The year 2200 is 84,000 days after 1970.
    for (let n = 84_000; primes.length < 500; n -= 1) if (isPrime(n)) primes.push(n);
    const terms = primes.map((days, i) => ({
      paid: 10n ** 15n - BigInt(i) * 7n,
      used: BigInt(i * 31 + 1),
      days: BigInt(days),
    }));
    const total = sum(
      terms.map(({ paid, used, days }) =>
        exact(paid)
          .mul(exact('0.01'))
          .mul(Number(days - used))
          .div(Number(days)),
      ),
    );
    const { of, over } = asFraction(terms);
    expect(over.toString().length).toBeGreaterThan(2400);
    expect(total.floor(2).units).toBe(of / over);
    expect(total.round(2)).toBe((of * 2n + over) / (over * 2n));
    // And what an engine does with it next: shares of a share of it.
    const share = exact('1').sub(exact('1.05').div(3600).div(total));
    expect(total.mul(share).compare(total)).toBe(-1);
  });
});
