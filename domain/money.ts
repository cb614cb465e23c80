import { code as currencyByCode } from 'currency-codes';
import { Ratio } from './ratio';
import { atOnce, each, type Turns } from './turns';

/**
 * Money is exact until its one rounding (M8, M31). Sums here mix hours (thirds of a cent and the like), days
 * of a year and discounts, so decimals that are divided line by line could end on the wrong side of half a
 * cent, whatever their precision. A ratio can't: it divides once, at the rounding. At every boundary (JSON,
 * SQL, workflow payloads) an amount is a decimal string beside its currency.
 */
export type Exact = Ratio;

export const ZERO: Exact = Ratio.decimal('0');
export const ONE: Exact = Ratio.decimal('1');

/**
 * Sources that are paid back, in the order of precedence that ties and fees follow (M8, M11). A voucher is
 * never paid back (003-10).
 */
export const SOURCES = ['cash', 'gift', 'income'] as const;
export type Source = (typeof SOURCES)[number];

/** Amounts by source, as decimal strings of one currency. */
export type Parts = Record<Source, string>;

/**
 * Reads a decimal string or an integer. Throws on anything else: callers validate input before it gets here.
 */
export function exact(value: string | number | bigint): Exact {
  const text = String(value);
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Error(`not a decimal: ${text}`);
  return Ratio.decimal(text);
}

/** A fraction of whole numbers, `over` above zero. */
export const ratio = (of: number, over: number): Exact => Ratio.fraction(of, over);

export const sum = (values: Iterable<Exact>): Exact => inPairs(byDivisor(values));

/** Like is added to like first: a divisor gets long only by those that differ. */
function byDivisor(values: Iterable<Exact>): Exact[] {
  const sums = new Map<string, Exact>();
  for (const value of values) {
    const { divisor } = value;
    sums.set(divisor, sums.get(divisor)?.add(value) ?? value);
  }
  return [...sums.values()];
}

/** Pairs, and pairs of pairs: the long divisors are multiplied a few times only. */
function inPairs(values: Exact[]): Exact {
  let sums = values;
  while (sums.length > 1) {
    sums = sums.flatMap((value, index) =>
      index % 2 === 0 ? [index + 1 < sums.length ? value.add(sums[index + 1]!) : value] : [],
    );
  }
  return sums[0] ?? ZERO;
}

/** Whether two decimals are as much: "1" and "1.00" are. */
export const isSameMoney = (a: string, b: string): boolean => exact(a).equals(exact(b));

export const atLeastZero = (value: Exact): Exact => (value.compare(ZERO) < 0 ? ZERO : value);
export function leastUnits(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}
export const least = (a: Exact, b: Exact): Exact => (a.compare(b) <= 0 ? a : b);

const knownDigits = new Map<string, number>();

/**
 * Digits of the currency's minor unit (ISO 4217): CNY 2, JPY 0, KWD 3. `undefined` for an unknown code. The
 * package searches its list every time, and a refund asks dozens of times; so it remembers (of known codes
 * only, so that no input can fill it).
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

/**
 * M30: whether a code is money of a country or a union: ISO 4217 also has metals, funds of banks, tests and
 * "no currency", all beginning with X.
 */
export const isMoney = (currency: string): boolean =>
  minorDigits(currency) !== undefined && (!currency.startsWith('X') || UNIONS.includes(currency));

function digitsOf(currency: string): number {
  const digits = minorDigits(currency);
  if (digits === undefined) throw new Error(`unknown currency: ${currency}`);
  return digits;
}

/**
 * The amount in minor units, rounded half-up (away from zero for negative ones, so that a fee and its
 * reversal mirror each other).
 */
export const toMinorUnits = (value: Exact, currency: string): bigint => value.round(digitsOf(currency));

/**
 * Places after the minor unit that tell nearly always what is the larger; where they don't, the exact numbers
 * are asked.
 */
const FINE = 20;
const fineUnit = 10n ** BigInt(FINE);

/**
 * {@link toMinorUnits} of a sum, without making its long divisor: each of n terms that is cut off far behind
 * the point is less than one unit there away from what it is, so the sum is less than n away. Only when a
 * half lies within that, the exact sum decides.
 */
export function sumToMinorUnits(values: Exact[], currency: string): bigint {
  const digits = digitsOf(currency) + FINE;
  const fractions = values.filter((value) => value.isFraction);
  const decimals = inTurn(values.filter((value) => !value.isFraction));
  const near = fractions.reduce((all, value) => all + value.cut(digits), decimals.cut(digits));
  const away = BigInt(fractions.length + 1);
  const [least, most] = [halfUp(near - away), halfUp(near + away)];
  return least === most ? least : toMinorUnits(sum([...fractions, decimals]), currency);
}

const inTurn = (values: Exact[]): Exact => values.reduce((all, value) => all.add(value), ZERO);

function halfUp(fine: bigint): bigint {
  const rounded = ((fine < 0n ? -fine : fine) * 2n + fineUnit) / (fineUnit * 2n);
  return fine < 0n ? -rounded : rounded;
}

export const fromMinorUnits = (units: bigint, currency: string): Exact =>
  exact(formatMinorUnits(units, currency));

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

/**
 * {@link formatMoney} of a decimal string, without computing where it has no more digits than its currency:
 * answers have thousands of them.
 */
export function withAllDigits(amount: string, currency: string): string {
  const digits = digitsOf(currency);
  const [, whole, fraction = ''] = /^0*(\d+)(?:\.(\d+))?$/.exec(amount) ?? [];
  if (whole === undefined || fraction.length > digits) return formatMoney(exact(amount), currency);
  return digits ? `${whole}.${fraction.padEnd(digits, '0')}` : whole;
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

interface Share<Key> extends Cell<Key> {
  index: number;
  units: bigint;
  /** What is beyond whole units, cut off at {@link FINE} places: at most two less than it is. */
  fine: bigint;
  /** Nothing was cut off. */
  isFine: boolean;
}

/**
 * More than any amount: what a factor that is cut off at 100 places takes off a cell is then less than one at
 * {@link FINE} places.
 */
const MOST = exact(10n ** 50n);

/**
 * Splits a rounded total over cells by largest remainder (M8), so that the parts always sum to the total.
 * Cells come in the order in which ties are decided; none is negative. The total must be the rounding of the
 * cells' sum.
 * @param factor what all cells are multiplied with, at most 1: kept apart, because its digits may be
 *   thousands
 */
export const splitByLargestRemainder = <Key>(
  total: bigint,
  cells: Cell<Key>[],
  currency: string,
  factor: Exact = ONE,
): { key: Key; units: bigint }[] => atOnce(splitInTurns(total, cells, currency, factor));

/** {@link splitByLargestRemainder}, in pieces of a cell each, and of the comparisons that are left. */
export function* splitInTurns<Key>(
  total: bigint,
  cells: Cell<Key>[],
  currency: string,
  factor: Exact = ONE,
): Turns<{ key: Key; units: bigint }[]> {
  const cut = factor === ONE ? ONE : Ratio.scaled(factor.floor(100).units, 100);
  const shareIn = (cell: Cell<Key>, index: number): Share<Key> => ({
    ...cell,
    index,
    ...shareOf(cell.exact, factor, cut, digitsOf(currency)),
  });
  const shares = yield* each(cells, shareIn);
  const missing = Number(total - shares.reduce((all, share) => all + share.units, 0n));
  if (missing < 0 || missing > shares.length)
    throw new Error(`a total of ${total} minor units does not fit its cells`);
  const candidates = missing === 0 ? [] : mayGetMore(shares, missing);
  candidates.sort((a, b) => compareRests(b, a, factor, currency) || a.index - b.index);
  for (const share of candidates.slice(0, missing)) share.units += 1n;
  return shares.map(({ key, units }) => ({ key, units }));
}

/**
 * Most cells are whole units: where there are enough others, surely larger ones, these need not be compared.
 */
function mayGetMore<Key>(shares: Share<Key>[], missing: number): Share<Key>[] {
  const surely = shares.filter(({ fine }) => fine > 4n);
  const isClear = surely.length >= missing && shares.every(({ fine }) => fine <= 2n || fine > 4n);
  return isClear ? surely : [...shares];
}

function shareOf(
  value: Exact,
  factor: Exact,
  cut: Exact,
  digits: number,
): Pick<Share<unknown>, 'units' | 'fine' | 'isFine'> {
  if (value.compare(MOST) >= 0) throw new Error('an amount beyond any that is split');
  const low = value.mul(cut).cut(digits + FINE);
  const [units, fine] = [low / fineUnit, low % fineUnit];
  // So near below the next whole unit that it may have reached it.
  if (factor !== ONE && fine + 2n >= fineUnit) {
    const { units: exactly } = value.mul(factor).floor(digits);
    return { units: exactly, fine: exactly > units ? 0n : fine, isFine: false };
  }
  return { units, fine, isFine: factor === ONE && value.hasPlaces(digits + FINE) };
}

/** Below zero, zero or above it, as of `a` less, as much or more is beyond whole units than of `b`. */
function compareRests<Key>(a: Share<Key>, b: Share<Key>, factor: Exact, currency: string): number {
  const difference = a.fine - b.fine;
  if (difference > 2n) return 1;
  if (difference < -2n) return -1;
  if (a.isFine && b.isFine) return Number(difference);
  if (a.exact.equals(b.exact)) return 0;
  return a.exact
    .sub(b.exact)
    .mul(factor)
    .compare(fromMinorUnits(a.units - b.units, currency));
}

/** With all minor digits. */
export const zeroIn = (currency: string): string => formatMoney(ZERO, currency);
