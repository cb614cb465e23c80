/**
 * Policies as files that people bring: a TypeScript or JavaScript module, or JSON. What is wrong with one is
 * named field by field.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { z } from 'zod';
import { currency, money, rate, text } from '../../contract/fields';
import { type Issue, parse } from '../../contract/issues';
import { channelSchema } from '../../contract/registration';
import { isTimeZone } from '../../domain/calendar';
import { MAX_JITTER_SECONDS } from '../../domain/jitter';
import type { Knobs, Policy } from '../../domain/policy';
import { NotMade } from './not-made';

export const count = z.number().int().min(0).max(1_000_000);
const period = z.number().int().min(1).max(36_600).nullable();

/** Every knob under its own name; a knob that is added to the domain has to be added here to compile. */
export const knobShape = {
  timeZone: z.string().refine(isTimeZone, { error: 'NOT_A_TIME_ZONE' }),
  networkUsage: z.enum(['hourly', 'months-then-hourly']),
  capPartMonth: z.boolean(),
  hoursAfterUpgrade: z.enum(['stop', 'count']),
  fiveDayWindow: z.enum(['elapsed', 'calendar-days']),
  fiveDayCount: count,
  fiveDayPeriodDays: period,
  ordinaryCount: count,
  ordinaryPeriodDays: period,
  approvalThreshold: z.record(currency, money).nullable(),
} satisfies Record<keyof Knobs, z.ZodType>;

const sentence = z.strictObject({ en: z.string().min(1), zh: z.string().min(1) });
const ending = z.discriminatedUnion('into', [
  z.strictObject({ into: z.literal('terminated') }),
  z.strictObject({
    into: z.literal('bin'),
    retentionSeconds: z.number().int().min(1),
    jitterSeconds: z.number().int().min(0).max(MAX_JITTER_SECONDS).optional(),
  }),
  z.strictObject({ into: z.literal('expired') }),
]);
const endRules = z.strictObject({
  action: z.enum(['terminate', 'return']),
  requires: z.array(z.enum(['stopped', 'expired'])),
  modes: z.partialRecord(z.enum(['now', 'later', 'timed']), ending),
  refusedInArrears: z.boolean(),
});
const exclusion = z.strictObject({
  code: z.enum(['FAMILY_EXCLUDED', 'ZONE_EXCLUDED', 'ACTIVITY_RESOURCE']),
  families: z.array(text).optional(),
  zones: z.array(text).optional(),
  channel: channelSchema.optional(),
});

const policySchema = z
  .strictObject({
    product: text,
    version: text,
    name: sentence,
    sources: z.array(z.string()),
    lifecycle: z.strictObject({
      version: text,
      end: z.strictObject({ postpaid: endRules, prepaid: endRules }),
      expiry: ending,
      timedMaxYears: z.number().int().min(1),
    }),
    // Files of before M27 say nothing of it.
    knobs: z.strictObject({ ...knobShape, hoursAfterUpgrade: knobShape.hoursAfterUpgrade.default('stop') }),
    returns: z
      .strictObject({
        discounts: z.array(z.strictObject({ months: z.number().int().min(1), rate })),
        exclusions: z.array(exclusion),
        promotionFeeRate: z.string().regex(/^(0(\.\d{1,10})?|1(\.0{1,10})?)$/),
      })
      .nullable(),
    disposal: z.array(
      z.looseObject({
        part: z.enum(['disk', 'address']),
        fate: z.enum(['terminate', 'retain', 'attribute']),
      }),
    ),
    notices: z.array(z.looseObject({ code: text, message: sentence })),
    examples: z.array(z.unknown()).default([]),
  })
  .refine(({ returns, lifecycle }) => returns !== null || lifecycle.end.prepaid.action !== 'return', {
    path: ['returns'],
  });

/** What only a policy has to say; other fields are explained as everywhere. */
const EXPLAINED: Record<string, string> = {
  '/knobs/timeZone': 'is not a time zone, such as Asia/Shanghai',
  '/returns/promotionFeeRate': 'must be a decimal string from 0 to 1, such as "0.25"',
  '/returns': 'must not be null where prepaid instances are ended by a return',
};

/**
 * Reads the policy that a file holds: its default export, or the only one that is an object; a JSON file is
 * one itself.
 * @throws NotMade that names the file and every bad field
 */
export function readPolicy(path: string): Policy {
  const file = resolve(path);
  if (!existsSync(file)) throw new NotMade(`${path} is not there`);
  const read = parse(policySchema, policyIn(load(file, path), path));
  // Texts and examples, which the schema lets pass as they are, compute nothing.
  if (read.ok) return read.value as unknown as Policy;
  const sentenceOf = ({ pointer, code, detail }: Issue): string =>
    (code === 'INVALID' && EXPLAINED[pointer]) || detail;
  const lines = read.issues.map((one) => `  ${one.pointer || '(the whole file)'}: ${sentenceOf(one)}`);
  throw new NotMade(`${path} holds no policy:\n${lines.join('\n')}`);
}

function load(file: string, path: string): unknown {
  try {
    return createRequire(__filename)(file);
  } catch (error) {
    throw new NotMade(`${path} can't be read: ${(error as Error).message.split('\n')[0]}`);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function policyIn(loaded: unknown, path: string): unknown {
  if (!isObject(loaded) || 'product' in loaded) return loaded;
  if (loaded.default !== undefined) return loaded.default;
  const candidates = Object.entries(loaded).filter(([, value]) => isObject(value));
  if (candidates.length === 1) return candidates[0]![1];
  const names = candidates.map(([name]) => name).join(', ');
  throw new NotMade(
    `${path} exports ${names ? `several objects (${names})` : 'no object'}: make the policy its default export`,
  );
}
