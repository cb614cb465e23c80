/** Sums of the API's decimal strings, exact to the last digit. */

const DECIMAL = /^\d+(\.\d+)?$/;

/** Whether it is an amount as the API takes it: digits, and a point where it needs one. */
export const isAmount = (text: string): boolean => DECIMAL.test(text);

const digitsOf = (amount: string): number => amount.split('.')[1]?.length ?? 0;

/** In units of its last digit of so many. */
function unitsOf(amount: string, digits: number): bigint {
  const [whole = '0', part = ''] = amount.split('.');
  return BigInt(whole + part.padEnd(digits, '0'));
}

/** `10` and `0.5` are `10.5`: as many digits as the one of them that has more. */
export function plus(one: string, other: string): string {
  const digits = Math.max(digitsOf(one), digitsOf(other));
  const sum = unitsOf(one, digits) + unitsOf(other, digits);
  const sign = sum < 0n ? '-' : '';
  const text = String(sum < 0n ? -sum : sum).padStart(digits + 1, '0');
  return sign + (digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`);
}

/** Nothing, with all minor digits of a currency; of what is none, with none. */
export function zeroOf(currency: string): string {
  if (!/^[A-Z]{3}$/.test(currency)) return '0';
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 0;
  return digits === 0 ? '0' : `0.${'0'.repeat(digits)}`;
}

export const minus = (one: string, other: string): string =>
  plus(one, other.startsWith('-') ? other.slice(1) : `-${other}`);
