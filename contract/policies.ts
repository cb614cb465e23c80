/** The rules of each product, as data that people and pages read. */
import { z } from 'zod';
import { ACTIONS } from '../domain/instance';
import { amountText, quoteItem, refundCurveAnswer } from './answers';
import { rate } from './fields';
import { channelSchema, registrationSchema, scheduleSchema } from './registration';

const ending = z
  .discriminatedUnion('into', [
    z.object({ into: z.literal('terminated') }),
    z.object({ into: z.literal('bin'), retentionSeconds: z.number().int() }),
    z.object({ into: z.literal('expired') }),
  ])
  .meta({ id: 'Ending' });

const end = z.object({
  action: z.enum(ACTIONS),
  requires: z.array(z.enum(['stopped', 'expired'])).meta({ description: 'States that it asks for first.' }),
  modes: z.object({ now: ending.optional(), later: ending.optional(), timed: ending.optional() }),
  refusedInArrears: z.boolean(),
});

const knobs = z.object({
  timeZone: z.string().meta({ description: 'Where calendar months are counted (M1).' }),
  networkUsage: z.enum(['hourly', 'months-then-hourly']),
  hoursAfterUpgrade: z.enum(['stop', 'count']),
  capPartMonth: z.boolean(),
  fiveDayWindow: z.enum(['elapsed', 'calendar-days']),
  fiveDayCount: z.number().int(),
  fiveDayPeriodDays: z.number().int().nullable(),
  ordinaryCount: z.number().int(),
  ordinaryPeriodDays: z.number().int().nullable(),
  approvalThreshold: z.record(z.string(), amountText).nullable(),
});

const exclusion = z.object({
  code: z.enum(['FAMILY_EXCLUDED', 'ZONE_EXCLUDED', 'ACTIVITY_RESOURCE']),
  families: z.array(z.string()).optional(),
  zones: z.array(z.string()).optional(),
  channel: channelSchema.optional(),
});

const disposalCase = z.object({
  part: z.enum(['disk', 'address']),
  storage: z.enum(['local', 'cloud', 'elastic']).optional(),
  kind: z.enum(['public', 'elastic']).optional(),
  fate: z.enum(['terminate', 'retain', 'attribute']),
  reason: z.string(),
});

const example = z.object({
  rule: z.string().meta({ description: 'Its number in docs/requirements.md.' }),
  title: z.string(),
  instance: registrationSchema.extend({ id: z.string() }),
  action: z.enum(ACTIONS),
  schedule: scheduleSchema.optional(),
  at: z.string(),
  returnsSoFar: z.object({ fiveDay: z.number().int(), ordinary: z.number().int() }),
  assisted: z.boolean().optional(),
  expected: z.object({
    permitted: z.boolean(),
    blockers: z.array(z.string()).optional(),
    kind: z.enum(['five-day', 'ordinary', 'none']).optional(),
    amount: amountText.optional(),
    fee: amountText.optional(),
    releaseAfterSeconds: z.number().int().optional(),
  }),
});

const policyAnswer = z
  .object({
    product: z.string(),
    version: z.string(),
    name: z.string(),
    sources: z.array(z.string()).meta({ description: 'Of the documents that it was read out of.' }),
    lifecycle: z.object({
      version: z.string(),
      end: z.object({ prepaid: end, postpaid: end }),
      expiry: ending,
      timedMaxYears: z.number().int(),
      attentionSeconds: z.number().int().optional().meta({
        description: 'How long a control plane may take before somebody is told; missing: one hour.',
      }),
    }),
    knobs,
    returns: z
      .object({
        discounts: z.array(z.object({ months: z.number().int(), rate: z.string() })),
        exclusions: z.array(exclusion),
        promotionFeeRate: z.string(),
      })
      .nullable()
      .meta({ description: 'null: the product has no refund.' }),
    disposal: z.array(disposalCase).meta({ description: 'Which parts go with it; the first that fits.' }),
    notices: z.array(z.object({ code: z.string(), message: z.string(), action: z.enum(ACTIONS).optional() })),
    examples: z.array(example).meta({ description: 'Cases of the documents: they run as tests.' }),
  })
  .meta({ id: 'Policy' });

export const policiesAnswer = z.object({ items: z.array(policyAnswer) });

const flag = z
  .enum(['true', 'false'])
  .transform((value) => value === 'true')
  .optional()
  .meta({ type: 'boolean', enum: undefined });
const count = z
  .string()
  .regex(/^\d{1,4}$/, { error: 'NOT_A_WHOLE_NUMBER' })
  .transform(Number)
  .optional()
  .meta({ type: 'integer', minimum: 0, maximum: 9999, pattern: undefined });

/** Of the rules what can be tried otherwise; missing: as it is. */
export const policyQuery = z.strictObject({
  fiveDayCount: count,
  ordinaryCount: count,
  fiveDayWindow: knobs.shape.fiveDayWindow.optional(),
  hoursAfterUpgrade: knobs.shape.hoursAfterUpgrade.optional(),
  networkUsage: knobs.shape.networkUsage.optional(),
  capPartMonth: flag,
  promotionFeeRate: rate.optional(),
});

export const workedPolicyAnswer = policyAnswer
  .extend({
    examples: z.array(
      example.extend({
        computed: quoteItem.meta({ description: 'Computed just now, under these rules.' }),
        asExpected: z.boolean().meta({ description: 'Whether it is what the documents say.' }),
      }),
    ),
    curve: refundCurveAnswer.nullable().meta({
      description: 'Of the first example that can be returned: what waiting would do to its refund.',
    }),
  })
  .meta({ id: 'WorkedPolicy' });

export type WorkedPolicyAnswer = z.infer<typeof workedPolicyAnswer>;
export type PolicyTrial = z.output<typeof policyQuery>;

export type PolicyAnswer = z.infer<typeof policyAnswer>;
