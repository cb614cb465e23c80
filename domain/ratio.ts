/**
 * An exact number that never divides: two decimals, `of / over`. Adding, multiplying and comparing
 * (crosswise) need products and sums only; one division, with its remainder, is made at the rounding. Nothing
 * before it was rounded, so a half is a half (M31).
 *
 * Why that is exact: decimal.js rounds a product, a sum or a whole quotient only beyond its precision. A
 * number here keeps at most {@link MOST_PLACES} digits on either side of the point, else it is refused; `a ×
 * d + c × b` of such has at most four times as many and a few, and the precision is more than that.
 */
import { Decimal as Unbounded } from 'decimal.js';

/**
 * Places before the point, and after it. Money has 15 and 10; what makes a sum long is the product of the
 * days of its upgrades: 500 of them, of five digits each, are 2,500 (test/domain/ratio.test.ts).
 */
export const MOST_PLACES = 6000;

const Decimal = Unbounded.clone({
  defaults: true,
  precision: 5 * MOST_PLACES,
  toExpNeg: -9e15,
  toExpPos: 9e15,
});
Object.freeze(Decimal);

/** What is used of a Decimal: its division is not among it. */
interface Digits {
  readonly e: number;
  plus(other: Digits): Digits;
  minus(other: Digits): Digits;
  times(other: Digits): Digits;
  divToInt(other: Digits): Digits;
  negated(): Digits;
  abs(): Digits;
  comparedTo(other: Digits): number;
  isZero(): boolean;
  decimalPlaces(): number;
  toFixed(): string;
}

const digits = (value: string | number): Digits => new Decimal(value) as unknown as Digits;
const ZERO = digits('0');
const ONE = digits('1');
const powers = new Map<number, Digits>();

function tenTo(exponent: number): Digits {
  const power = powers.get(exponent) ?? digits(`1e${exponent}`);
  powers.set(exponent, power);
  return power;
}

function bounded(value: Digits): Digits {
  if (value === ONE || (value.e < MOST_PLACES && value.decimalPlaces() <= MOST_PLACES)) return value;
  throw new Error(`more than ${MOST_PLACES} digits: no amount is computed with that many`);
}

/** Without the multiplications by one that most are. */
function product(a: Digits, b: Digits): Digits {
  if (b === ONE) return a;
  return a === ONE ? b : a.times(b);
}

/** Whole units of 10^-places of a decimal as it is written, towards zero. */
function unitsIn(text: string, places: number): bigint {
  const [whole, fraction = ''] = text.split('.') as [string, string?];
  return BigInt(whole + fraction.slice(0, places).padEnd(places, '0'));
}

export class Ratio {
  /** `over` is above zero. */
  private constructor(
    private readonly of: Digits,
    private readonly over: Digits,
  ) {
    bounded(of);
    bounded(over);
  }

  /** @param text a decimal: the caller has checked it */
  static decimal(text: string): Ratio {
    return new Ratio(digits(text), ONE);
  }

  /** units × 10^-places */
  static scaled(units: bigint, places: number): Ratio {
    return new Ratio(digits(`${units}e-${places}`), ONE);
  }

  static whole(value: number): Ratio {
    if (!Number.isSafeInteger(value)) throw new Error(`not a whole number: ${value}`);
    return value === 1 ? ONE_WHOLE : new Ratio(digits(value), ONE);
  }

  /** Of whole numbers, `over` above zero. */
  static fraction(of: number, over: number): Ratio {
    if (!(over > 0)) throw new Error(`not above zero: ${over}`);
    return new Ratio(Ratio.whole(of).of, Ratio.whole(over).of);
  }

  private static of(value: Ratio | number): Ratio {
    return value instanceof Ratio ? value : Ratio.whole(value);
  }

  add(other: Ratio): Ratio {
    if (this.hasDivisorOf(other)) return new Ratio(this.of.plus(other.of), this.over);
    const of = product(this.of, other.over).plus(product(other.of, this.over));
    return new Ratio(of, product(this.over, other.over));
  }

  sub(other: Ratio): Ratio {
    return this.add(other.neg());
  }

  mul(by: Ratio | number): Ratio {
    const other = Ratio.of(by);
    return new Ratio(product(this.of, other.of), product(this.over, other.over));
  }

  /** Multiplies the divisor. Throws when `by` is zero. */
  div(by: Ratio | number): Ratio {
    const other = Ratio.of(by);
    if (other.of.isZero()) throw new Error('division by zero');
    const [of, over] =
      other.of.comparedTo(ZERO) < 0 ? [other.of.negated(), other.over.negated()] : [other.of, other.over];
    return new Ratio(product(this.of, over), product(this.over, of));
  }

  neg(): Ratio {
    return new Ratio(this.of.negated(), this.over);
  }

  abs(): Ratio {
    return new Ratio(this.of.abs(), this.over);
  }

  /** Below zero, zero or above it, as this is less than, equal to or more than `to`. */
  compare(to: Ratio | number): number {
    const other = Ratio.of(to);
    if (this.hasDivisorOf(other)) return this.of.comparedTo(other.of);
    return product(this.of, other.over).comparedTo(product(other.of, this.over));
  }

  equals(other: Ratio | number): boolean {
    return this.compare(other) === 0;
  }

  /** Whole units of 10^-places towards zero: what is left of one is cut off. */
  cut(places: number): bigint {
    if (!this.isFraction) return unitsIn(this.of.toFixed(), places);
    return BigInt(product(this.of, tenTo(places)).divToInt(this.over).toFixed());
  }

  /** The whole number of 10^-places next below, and what is left of one such unit: 0 ≤ rest < 1. */
  floor(places: number): { units: bigint; rest: Ratio } {
    const scaled = product(this.of, tenTo(places));
    let quotient = scaled.divToInt(this.over);
    let rest = scaled.minus(quotient.times(this.over));
    if (rest.comparedTo(ZERO) < 0) {
      quotient = quotient.minus(ONE);
      rest = rest.plus(this.over);
    }
    return { units: BigInt(quotient.toFixed()), rest: new Ratio(rest, this.over) };
  }

  /** In units of 10^-places, half-up; away from zero for negative ones. */
  round(places: number): bigint {
    if (!this.isFraction) return roundedOff(this.cut(places + 1));
    const { units, rest } = this.abs().floor(places);
    const rounded = rest.add(rest).compare(1) >= 0 ? units + 1n : units;
    return this.of.comparedTo(ZERO) < 0 ? -rounded : rounded;
  }

  /** Ratios of the same divisor add up without a longer one. */
  get divisor(): string {
    return this.over === ONE ? '1' : this.over.toFixed();
  }

  get isFraction(): boolean {
    return this.over !== ONE;
  }

  /** Whether so many places after the point are all that it has. */
  hasPlaces(places: number): boolean {
    return !this.isFraction && this.of.decimalPlaces() <= places;
  }

  private hasDivisorOf(other: Ratio): boolean {
    return this.over === other.over || this.over.comparedTo(other.over) === 0;
  }
}

/** Half-up by its last digit: of a decimal the digits behind it change nothing. */
function roundedOff(tenths: bigint): bigint {
  const units = ((tenths < 0n ? -tenths : tenths) + 5n) / 10n;
  return tenths < 0n ? -units : units;
}

/** The same object each time, so that what it divides is seen to be whole. */
const ONE_WHOLE = Ratio.decimal('1');
