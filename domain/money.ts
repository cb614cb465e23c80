import { code as currencyByCode } from 'currency-codes';
import { Ratio } from './ratio';

/**
 * Money is exact until its one rounding (M8, M31). Sums here mix hours (thirds of a cent and the like), days of a year and discounts, so
 * decimals that are divided line by line could end on the wrong side of half a cent, whatever their precision. A ratio can't: it divides
 * once, at the rounding. At every boundary (JSON, SQL, workflow payloads) an amount is a decimal string beside its currency.
 */
export type Exact = Ratio;

export const ZERO: Exact = Ratio.decimal('0');

/** Sources that are paid back, in the order of precedence that ties and fees follow (M8, M11). A voucher is never paid back (003-10). */
export const SOURCES = ['cash', 'gift', 'income'] as const;
export type Source = (typeof SOURCES)[number];

/** Amounts by source, as decimal strings of one currency. */
export type Parts = Record<Source, string>;

/** Reads a decimal string or an integer. Throws on anything else: callers validate input before it gets here. */
export function exact(value: string | number | bigint): Exact {
  const text = String(value);
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Error(`not a decimal: ${text}`);
  return Ratio.decimal(text);
}

/**
 * Adds like to like first, then pairs, and pairs of pairs: a divisor gets long only by those that differ, and the long ones are
 * multiplied a few times only.
 */
export function sum(values: Iterable<Exact>): Exact {
  const byDivisor = new Map<string, Exact>();
  for (const value of values) {
    const { divisor } = value;
    byDivisor.set(divisor, byDivisor.get(divisor)?.add(value) ?? value);
  }
  let sums = [...byDivisor.values()];
  while (sums.length > 1) sums = pairs(sums).map(([a, b]) => (b ? a.add(b) : a));
  return sums[0] ?? ZERO;
}

function pairs<T>(values: T[]): [T, T | undefined][] {
  return values.flatMap((value, index): [T, T | undefined][] => (index % 2 === 0 ? [[value, values[index + 1]]] : []));
}

export const atLeastZero = (value: Exact): Exact => (value.compare(ZERO) < 0 ? ZERO : value);
export function leastUnits(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}
export const least = (a: Exact, b: Exact): Exact => (a.compare(b) <= 0 ? a : b);

const knownDigits = new Map<string, number>();

/**
 * Digits of the currency's minor unit (ISO 4217): CNY 2, JPY 0, KWD 3. `undefined` for an unknown code. The package searches its list
 * every time, and a refund asks dozens of times; hence the memory (of known codes only, so that no input can fill it).
 */
export function minorDigits(currency: string): number | undefined {
  const known = knownDigits.get(currency);
  if (known !== undefined) return known;
  const found = currencyByCode(currency)?.digits;
  if (found !== undefined) knownDigits.set(currency, found);
  return found;
}

/** Money of several countries together, among the codes that begin with X. */
const UNIONS = ['XAF', 'XCD', 'XCG', 'XOF', 'XPF'];

/** M30: whether a code is money of a country or a union: ISO 4217 also has metals, funds of banks, tests and "no currency", all beginning with X. */
export const isMoney = (currency: string): boolean =>
  minorDigits(currency) !== undefined && (!currency.startsWith('X') || UNIONS.includes(currency));

function digitsOf(currency: string): number {
  const digits = minorDigits(currency);
  if (digits === undefined) throw new Error(`unknown currency: ${currency}`);
  return digits;
}

/** The amount in minor units, rounded half-up (away from zero for negative ones, so that a fee and its reversal mirror each other). */
export const toMinorUnits = (value: Exact, currency: string): bigint => value.round(digitsOf(currency));

export const fromMinorUnits = (units: bigint, currency: string): Exact => exact(formatMinorUnits(units, currency));

/** `12345n, CNY` → `"123.45"`: always all minor digits. */
export function formatMinorUnits(units: bigint, currency: string): string {
  const digits = digitsOf(currency);
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  const cut = text.length - digits;
  return `${units < 0n ? '-' : ''}${text.slice(0, cut)}${digits ? `.${text.slice(cut)}` : ''}`;
}

/** Rounds once, half-up, to the currency's minor unit (M8). */
export function formatMoney(value: Exact, currency: string): string {
  return formatMinorUnits(toMinorUnits(value, currency), currency);
}

/** For formulas that people check by hand: at most `places` decimals, without trailing zeros. */
export function formatDecimal(value: Exact, places = 10): string {
  const units = value.round(places);
  const text = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const fraction = text.slice(-places).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${text.slice(0, -places)}${fraction ? `.${fraction}` : ''}`;
}

export interface Cell<Key> {
  key: Key;
  exact: Exact;
}

/**
 * Splits a rounded total over cells by largest remainder (M8), so that the parts always sum to the total.
 * Cells come in the order in which ties are decided. The total must be the rounding of the cells' sum.
 */
export function splitByLargestRemainder<Key>(total: bigint, cells: Cell<Key>[], currency: string): { key: Key; units: bigint }[] {
  const digits = digitsOf(currency);
  const shares = cells.map(({ key, exact: value }, index) => {
    const { units, rest } = value.floor(digits);
    return { key, index, units, rest };
  });
  const missing = Number(total - shares.reduce((all, share) => all + share.units, 0n));
  if (missing < 0 || missing > shares.length) throw new Error(`a total of ${total} minor units does not fit its cells`);
  const byRemainder = [...shares].sort((a, b) => b.rest.compare(a.rest) || a.index - b.index);
  for (const share of byRemainder.slice(0, missing)) share.units += 1n;
  return shares.map(({ key, units }) => ({ key, units }));
}
