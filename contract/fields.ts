/**
 * The kinds of fields that the contract is made of. A rule's message is the code of its issue (see
 * issues.ts).
 */
import { z } from 'zod';
import { LAST_YEAR } from '../domain/bounds';
import { isMoney } from '../domain/money';

/**
 * Control characters and lone surrogates: PostgreSQL can't store U+0000, and JSON of a lone surrogate isn't
 * text.
 */
const TEXT = /^[^\p{Cc}\p{Cs}]{1,128}$/u;
const VISIBLE = /^[^\p{C}\p{Z}]{1,128}$/u;
/** `.` and `..` would be taken for steps of a path by HTTP clients. */
const ID = /^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,128}$/;
const MONEY = /^\d{1,15}(\.\d{1,10})?$/;
const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?:Z|[+-](\d{2}):(\d{2}))$/;

/** A wrong type and a wrong form are the same mistake to a reader. */
const string = (code: string, pattern: RegExp) => z.string({ error: code }).regex(pattern, { error: code });

// The document's patterns are plainer: readers of OpenAPI in other languages know no property escapes.
export const text = string('NOT_TEXT', TEXT).meta({ pattern: '^[^\\x00-\\x1f\\x7f-\\x9f]{1,128}$' });
/** A reason that people give. */
export const sentence = string('NOT_A_SENTENCE', /^[^\p{Cc}\p{Cs}]{1,500}$/u).meta({
  pattern: '^[^\\x00-\\x1f\\x7f-\\x9f]{1,500}$',
});
export const id = string('NOT_AN_ID', ID).meta({ pattern: '^[A-Za-z0-9._:-]{1,128}$', examples: ['ins-1'] });
/** An id of ours may be made of another id: a refund's has its instance's in it. */
export const longId = string('NOT_A_LONG_ID', /^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,255}$/).meta({
  pattern: '^[A-Za-z0-9._:-]{1,255}$',
});
export const account = string('NOT_VISIBLE', VISIBLE).meta({
  pattern: '^[^\\s\\x00-\\x20\\x7f-\\xa0]{1,128}$',
  examples: ['100001'],
});

/** A decimal string, not negative. Numbers are refused: binary fractions are no money. */
export const money = string('NOT_MONEY', MONEY).meta({ examples: ['407.96'] });

export const rate = string('NOT_A_RATE', /^(?:0\.(?=\d*[1-9])\d{1,10}|1(?:\.0{1,10})?)$/).meta({
  examples: ['0.83'],
});

export const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, { error: 'UNKNOWN_CURRENCY' })
  .refine(isMoney, { error: 'UNKNOWN_CURRENCY' })
  .meta({ examples: ['CNY'] });

/** An order's months only describe it; ten years is the most that anybody sells. */
export const months = z.number().int().min(1).max(120);

/** ISO-8601 with offset, kept as given. `2026-02-30` is refused: JavaScript would read it as 2 March. */
export const instant = string('NOT_A_TIME', INSTANT)
  .refine(isPossible, { error: 'IMPOSSIBLE_TIME' })
  .meta({ format: 'date-time', examples: ['2026-11-01T00:00:00+08:00'] });

function isPossible(value: string): boolean {
  const found = INSTANT.exec(value);
  // What isn't written as a time at all has been named for that.
  if (!found) return true;
  const [year, month, day, hour, minute, second, offsetHour, offsetMinute] = found
    .slice(1)
    .map((digits) => Number(digits ?? 0)) as [number, number, number, number, number, number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  const isDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const isTime =
    hour <= 23 &&
    minute <= 59 &&
    second <= 59 &&
    offsetMinute <= 59 &&
    offsetHour * 60 + offsetMinute <= 14 * 60;
  return isDate && isTime && year >= 1970 && year <= LAST_YEAR;
}
