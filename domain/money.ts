import { code as currencyByCode } from 'currency-codes';
import Fraction from 'fraction.js';

/**
 * Money is exact until its one rounding (M8). Sums here mix hours (thirds of a cent and the like), days of a year and discounts, so
 * decimals of any fixed precision could sit on the wrong side of half a cent. Rational numbers can't: a half is a half.
 * At every boundary (JSON, SQL, workflow payloads) an amount is a decimal string beside its currency.
 */
export type Exact = InstanceType<typeof Fraction>;

export const ZERO: Exact = new Fraction(0);

/** Sources that are paid back, in the order of precedence that ties and fees follow (M8, M11). A voucher is never paid back (003-10). */
export const SOURCES = ['cash', 'gift', 'income'] as const;
export type Source = (typeof SOURCES)[number];

/** Amounts by source, as decimal strings of one currency. */
export type Parts = Record<Source, string>;

/** Reads a decimal string or an integer. Throws on anything else: callers validate input before it gets here. */
export function exact(value: string | number | bigint): Exact {
  const text = String(value);
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Error(`not a decimal: ${text}`);
  return new Fraction(text);
}

export const sum = (values: Iterable<Exact>): Exact => [...values].reduce((total, value) => total.add(value), ZERO);
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

function digitsOf(currency: string): number {
  const digits = minorDigits(currency);
  if (digits === undefined) throw new Error(`unknown currency: ${currency}`);
  return digits;
}

/** The amount in minor units, rounded half-up (away from zero for negative ones, so that a fee and its reversal mirror each other). */
export function toMinorUnits(value: Exact, currency: string): bigint {
  const scaled = value.abs().mul(new Fraction(10n ** BigInt(digitsOf(currency))));
  const rounded = (scaled.n * 2n + scaled.d) / (scaled.d * 2n);
  return value.compare(ZERO) < 0 ? -rounded : rounded;
}

export function fromMinorUnits(units: bigint, currency: string): Exact {
  return new Fraction(units, 10n ** BigInt(digitsOf(currency)));
}

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
  const scale = 10n ** BigInt(places);
  const scaled = value.abs().mul(new Fraction(scale));
  const units = (scaled.n * 2n + scaled.d) / (scaled.d * 2n);
  const fraction = (units % scale).toString().padStart(places, '0').replace(/0+$/, '');
  const sign = value.compare(ZERO) < 0 && units > 0n ? '-' : '';
  return `${sign}${units / scale}${fraction ? `.${fraction}` : ''}`;
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
  const scale = new Fraction(10n ** BigInt(digitsOf(currency)));
  const shares = cells.map(({ key, exact: value }, index) => {
    const scaled = value.mul(scale);
    const floor = scaled.n / scaled.d;
    return { key, index, units: floor, remainder: scaled.sub(new Fraction(floor)) };
  });
  const missing = Number(total - shares.reduce((all, share) => all + share.units, 0n));
  if (missing < 0 || missing > shares.length) throw new Error(`a total of ${total} minor units does not fit its cells`);
  const byRemainder = [...shares].sort((a, b) => b.remainder.compare(a.remainder) || a.index - b.index);
  for (const share of byRemainder.slice(0, missing)) share.units += 1n;
  return shares.map(({ key, units }) => ({ key, units }));
}
