import {
  exact,
  formatDecimal,
  formatMinorUnits,
  formatMoney,
  fromMinorUnits,
  leastUnits,
  minorDigits,
  splitByLargestRemainder,
  toMinorUnits,
  withAllDigits,
} from '../../domain/money';

const split = (total: bigint, cells: [string, string][], currency = 'CNY') =>
  splitByLargestRemainder(
    total,
    cells.map(([key, fraction]) => {
      const [n, d = '1'] = fraction.split('/') as [string, string?];
      return { key, exact: exact(n).div(exact(d)) };
    }),
    currency,
  ).map(({ key, units }) => [key, units]);

describe('M8 amounts', () => {
  it.each([
    ['0.004', 'CNY', '0.00'],
    ['0.005', 'CNY', '0.01'],
    ['0.0049999999', 'CNY', '0.00'],
    ['2.675', 'CNY', '2.68'],
    ['1.005', 'CNY', '1.01'],
    ['-1.005', 'CNY', '-1.01'],
    ['-0.001', 'CNY', '0.00'],
    ['177.5', 'JPY', '178'],
    ['0', 'JPY', '0'],
    ['1.2345', 'KWD', '1.235'],
    ['123456789012345678901234567890123456789.995', 'CNY', '123456789012345678901234567890123456790.00'],
  ])('M8 rounds %s %s half-up to %s, once', (value, currency, expected) => {
    expect(formatMoney(exact(value), currency)).toBe(expected);
  });

  it('M8 keeps thirds exact: no digits are lost before the rounding', () => {
    const third = exact('0.01').div(3);
    expect(toMinorUnits(third.add(third).add(third).div(2), 'CNY')).toBe(1n);
    expect(toMinorUnits(exact('100').div(365).mul(362), 'CNY')).toBe(9918n);
  });

  it('M8 shows all minor digits, and reads them back', () => {
    expect(formatMinorUnits(5n, 'CNY')).toBe('0.05');
    expect(formatMinorUnits(-5n, 'KWD')).toBe('-0.005');
    expect(formatMinorUnits(12n, 'JPY')).toBe('12');
    expect(fromMinorUnits(12_345n, 'CNY').equals(exact('123.45'))).toBe(true);
  });

  it('M8 gives an amount all its digits as rounding does', () => {
    for (const currency of ['CNY', 'JPY', 'KWD']) {
      for (const amount of [
        '0',
        '00',
        '7',
        '007.5',
        '12.50',
        '12.345',
        '0.0000000001',
        '999999999999999.9999999999',
        '-1.5',
        '-0.005',
      ]) {
        expect([amount, currency, withAllDigits(amount, currency)]).toEqual([
          amount,
          currency,
          formatMoney(exact(amount), currency),
        ]);
      }
    }
  });

  it('knows currencies with 0, 2 and 3 minor digits, and no others', () => {
    expect(['JPY', 'CNY', 'KWD', 'ABC'].map(minorDigits)).toEqual([0, 2, 3, undefined]);
    expect(() => formatMoney(exact('1'), 'ABC')).toThrow('unknown currency: ABC');
  });

  it.each(['', 'abc', '1e5', '1.', '.5', '+1', ' 1', '0x10', "0.'3'", '1/3'])(
    'refuses %j as a decimal',
    (text) => {
      expect(() => exact(text)).toThrow('not a decimal');
    },
  );

  it('shows decimals in formulas without trailing zeros', () => {
    expect(
      [exact('0.4200'), exact('1').div(3), exact('12'), exact('-0.5'), exact('-0.00000000001')].map((one) =>
        formatDecimal(one),
      ),
    ).toEqual(['0.42', '0.3333333333', '12', '-0.5', '0']);
  });

  it('compares minor units of any size', () => {
    expect(leastUnits(10n ** 30n, 10n ** 30n + 1n)).toBe(10n ** 30n);
    expect(leastUnits(2n, 1n)).toBe(1n);
  });
});

describe('M8 largest remainder', () => {
  it('M8 gives what is missing to the largest remainders', () => {
    expect(
      split(100n, [
        ['a', '0.333'],
        ['b', '0.334'],
        ['c', '0.333'],
      ]),
    ).toEqual([
      ['a', 33n],
      ['b', 34n],
      ['c', 33n],
    ]);
  });

  it('M8 ties go to the cell that comes first', () => {
    expect(
      split(1n, [
        ['cash', '1/300'],
        ['gift', '1/300'],
        ['income', '1/300'],
      ]),
    ).toEqual([
      ['cash', 1n],
      ['gift', 0n],
      ['income', 0n],
    ]);
    expect(
      split(2n, [
        ['cash', '2/300'],
        ['gift', '2/300'],
        ['income', '2/300'],
      ]),
    ).toEqual([
      ['cash', 1n],
      ['gift', 1n],
      ['income', 0n],
    ]);
  });

  it('M8 never gives anything to a cell of zero', () => {
    expect(
      split(1n, [
        ['zero', '0'],
        ['half', '1/200'],
        ['other', '1/200'],
      ]),
    ).toEqual([
      ['zero', 0n],
      ['half', 1n],
      ['other', 0n],
    ]);
  });

  it('refuses a total that is not its cells’', () => {
    expect(() => split(3n, [['a', '0.01']])).toThrow('does not fit');
    expect(() => split(0n, [['a', '0.01']])).toThrow('does not fit');
  });
});
