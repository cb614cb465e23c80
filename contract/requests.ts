/** Bodies, paths and queries of the calls, registrations and orders aside. */

import { z } from 'zod';
import { MAX_ITEMS } from '../domain/bounds';
import { RESOLUTIONS } from '../domain/commands';
import { ACTIONS, INSTANCE_SORTS, type InstanceSortKey, STATES, type State } from '../domain/instance';
import { msOf } from '../domain/instant';
import { DRIFT_STATUSES, REFUND_STATUSES } from '../domain/statuses';
import { QUOTE_REQUEST } from './examples';
import { account, id, instant, longId, money, months, sentence, text } from './fields';
import { evenBeside, repeatedAt } from './issues';
import { paidSchema, scheduleSchema } from './registration';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const byId = z.strictObject({ id });
export const byDerivedId = z.strictObject({ id: longId });
export const byAccount = z.strictObject({ account });
export const byProduct = z.strictObject({ product: text });

/** Every list has a page. Query values are text. */
const page = {
  limit: z
    .string()
    .regex(/^\d{1,6}$/, { error: 'NOT_A_WHOLE_NUMBER' })
    .transform(Number)
    .pipe(z.number().int().min(1).max(MAX_ITEMS))
    .default(50)
    .meta({ type: 'integer', minimum: 1, maximum: MAX_ITEMS, pattern: undefined }),
  cursor: z.string().min(1, { error: 'BAD_CURSOR' }).max(1000, { error: 'BAD_CURSOR' }).optional(),
};

export const pageQuery = z.strictObject(page);
const flag = (description: string) =>
  z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional()
    .meta({ type: 'boolean', enum: undefined, description });
const search = text.optional().meta({
  description: 'A part of the id, the name, the machine’s own id, or the id of a disk or an address.',
});
/** One of them or several with commas between them. */
const states = z
  .string()
  .refine((value) => value.split(',').every((one) => STATES.some((state) => state === one)), {
    error: 'NOT_A_STATE',
  })
  .transform((value) => value.split(',') as State[])
  .optional()
  .meta({
    type: 'string',
    description: `One state or several with commas between them, of: ${STATES.join(', ')}.`,
    examples: ['running,stopped'],
  });
const billing = z.enum(['prepaid', 'postpaid']).optional();
const SORTS = INSTANCE_SORTS.flatMap((key) => [key, `-${key}`] as const);

export const instancesQuery = z.strictObject({
  account: account.optional(),
  product: text.optional(),
  billing,
  state: states,
  region: text.optional(),
  externalId: text.optional(),
  scheduled: flag('Whether a timed termination waits.'),
  attention: flag('Whether something is wrong with its workflow, as `GET /v1/troubles` says.'),
  q: search,
  sort: z
    .enum(SORTS)
    .default('registered')
    .transform((key) => ({
      by: key.replace('-', '') as InstanceSortKey,
      latestFirst: key.startsWith('-'),
    }))
    .meta({
      type: 'string',
      enum: SORTS,
      default: 'registered',
      description:
        '`-` before it: the other way round. `due`: the next thing that happens by itself; `expires`: the end of the paid time. What has none comes last.',
    }),
  ...page,
});
export const accountsQuery = z.strictObject({
  account: account.optional(),
  q: text.optional().meta({ description: 'A part of its name.' }),
  ...page,
});
export const renewalPriceQuery = z.strictObject({
  months: z
    .string()
    .regex(/^\d{1,4}$/, { error: 'NOT_A_WHOLE_NUMBER' })
    .transform(Number)
    .pipe(months)
    .meta({ type: 'integer', minimum: 1, maximum: 120, pattern: undefined }),
});
export const facetsQuery = z.strictObject({ account: account.optional() });
export const binQuery = z.strictObject({
  account: account.optional(),
  product: text.optional(),
  billing,
  region: text.optional(),
  q: search,
  ...page,
});
export const terminationsQuery = z.strictObject({
  account: account.optional(),
  instanceId: id.optional(),
  action: z.enum(ACTIONS).optional(),
  status: z.enum(['running', 'done']).optional(),
  ...page,
});
export const refundsQuery = z.strictObject({
  account: account.optional(),
  instanceId: id.optional(),
  terminationId: id.optional(),
  status: z.enum(REFUND_STATUSES).optional(),
  ...page,
});

export const refundRequestsQuery = z.strictObject({
  account: account.optional(),
  instanceId: id.optional(),
  status: z.enum(REFUND_STATUSES).optional(),
  ...page,
});

/** Which renewals come back; the handler holds them against the instance's orders. */
const orderIds = z
  .array(id)
  .min(1)
  .max(500)
  .superRefine(flagDuplicates, evenBeside(Array.isArray))
  .optional()
  .meta({
    description:
      'Of `return-renewals` of one instance: the renewals that come back, the last ones of its chain; missing: all that can.',
  });
const MOST_POINTS = 200;
export const curveQuery = z
  .strictObject({
    from: instant.optional(),
    to: instant.optional(),
    points: z
      .string()
      .regex(/^\d{1,4}$/, { error: 'NOT_A_WHOLE_NUMBER' })
      .transform(Number)
      .pipe(z.number().int().min(2).max(MOST_POINTS))
      .optional()
      .meta({
        type: 'integer',
        minimum: 2,
        maximum: MOST_POINTS,
        pattern: undefined,
        description: 'So many points in between, as far apart from each other, for a picture.',
      }),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || msOf(from) < msOf(to), {
    path: ['to'],
    error: 'NOT_AFTER_FROM',
    ...evenBeside(
      (value) => isObject(value) && typeof value.from === 'string' && typeof value.to === 'string',
    ),
  });
const isForRenewals = ({
  action,
  orderIds: chosen,
}: {
  action: string;
  orderIds?: string[] | undefined;
}): boolean => chosen === undefined || action === 'return-renewals';
const ONLY_RENEWALS = {
  path: ['orderIds'],
  error: 'ONLY_RENEWALS',
  ...evenBeside(
    (value) =>
      isObject(value) &&
      Array.isArray(value.orderIds) &&
      (value.action === undefined || typeof value.action === 'string'),
  ),
};

export const refundRequestSchema = z
  .strictObject({
    instanceId: id,
    action: z
      .enum(['return', 'return-renewals'])
      .default('return')
      .meta({ description: 'The instance, or only its renewals that have not started.' }),
    orderIds,
    reason: sentence,
  })
  .refine(isForRenewals, ONLY_RENEWALS)
  .meta({ id: 'NewRefundRequest' });
export const holdSchema = z.strictObject({ hold: z.boolean(), reason: sentence }).meta({ id: 'Hold' });
export const networkSchema = z.strictObject({ billing: z.literal('traffic') }).meta({ id: 'NetworkSwitch' });
export const usageSchema = z
  .strictObject({ meter: text, quantity: money, startsAt: instant, endsAt: instant })
  .refine(({ startsAt, endsAt }) => msOf(startsAt) < msOf(endsAt), {
    path: ['endsAt'],
    error: 'ENDS_BEFORE_START',
    ...evenBeside(
      (value) => isObject(value) && typeof value.startsAt === 'string' && typeof value.endsAt === 'string',
    ),
  })
  .meta({ id: 'NewUsage', description: 'What was used of one meter in a span of the instance’s own time.' });
export const resolveSchema = z
  .strictObject({
    action: z.enum(RESOLUTIONS).meta({
      description:
        '`retry`: ask the control plane again. `skip`: the machine is as it is to be, whatever the control plane says; what waits for it is booked. `give-up`: it is not to happen; what was agreed to has failed.',
    }),
    reason: sentence,
  })
  .meta({ id: 'Resolve' });
export const driftDecisionSchema = z
  .strictObject({
    action: z.enum(['adopt', 'apply', 'ignore']).meta({
      description:
        '`adopt`: the instance follows its machine. `apply`: the machine is brought back to what the instance’s state says. `ignore`: it stays as it is, and is not told again while nothing changes.',
    }),
    reason: sentence,
  })
  .meta({ id: 'DriftDecision' });
export const driftQuery = z.strictObject({
  account: account.optional(),
  instanceId: longId.optional(),
  status: z.enum(DRIFT_STATUSES).optional().meta({ description: 'Missing: `open`.' }),
  ...page,
});
export const confirmationSchema = z
  .strictObject({
    instanceId: longId,
    stepKey: text,
    outcome: z.looseObject({ state: z.enum(['done', 'refused']) }),
  })
  .meta({ id: 'Confirmation' });
export const reasonSchema = z.strictObject({ reason: sentence }).meta({ id: 'Reason' });
export const approvalSchema = z
  .strictObject({
    reason: sentence,
    amount: money.meta({
      description: 'The amount that is approved, after the fee (M24).',
      examples: ['305.97'],
    }),
    asOf: instant.optional().meta({
      description:
        'Of the request’s `now`: the amount holds as of then, as long as a quote does. Missing: it has to be that of this very instant.',
    }),
  })
  .meta({ id: 'Approval' });

export const protectSchema = z
  .strictObject({
    reason: sentence,
    holdRelease: z
      .boolean()
      .default(false)
      .meta({ description: 'A legal hold: keeps it in the bin past its time (permission `hold`).' }),
  })
  .meta({ id: 'Protect' });
export const operationSchema = z
  .strictObject({
    kind: text.meta({
      examples: ['resize'],
      description: 'What is being done, in the control plane’s words.',
    }),
  })
  .meta({ id: 'Operation' });
export const operationEndSchema = z
  .strictObject({ power: z.enum(['running', 'stopped']) })
  .meta({ id: 'OperationEnd' });
export const rescheduleSchema = z.strictObject({ at: instant }).meta({ id: 'Reschedule' });
export const restoreSchema = z
  .strictObject({ renewal: z.strictObject({ months, paid: paidSchema.optional() }).optional() })
  .meta({
    id: 'Restore',
    description: 'A prepaid instance needs `renewal`, a postpaid one must not have it.',
  });
export const purgeSchema = z
  .strictObject({ confirm: z.string() })
  .meta({ id: 'Purge', description: '`confirm` repeats the instance’s id (L6).' });

export function flagDuplicates(values: string[], context: z.RefinementCtx): void {
  for (const index of repeatedAt(values))
    context.addIssue({ code: 'custom', path: [index], message: 'DUPLICATE' });
}

export const quoteSchema = z
  .strictObject({
    action: z.enum(ACTIONS),
    instanceIds: z.array(id).min(1).max(MAX_ITEMS).superRefine(flagDuplicates, evenBeside(Array.isArray)),
    schedule: scheduleSchema.default({ mode: 'now' }),
    fiveDayFor: id.optional().meta({
      description: 'The item that is to use the five-day right; missing: where it is worth most (E7).',
    }),
    orderIds,
  })
  .refine(isForRenewals, ONLY_RENEWALS)
  .refine(({ orderIds: chosen, instanceIds }) => chosen === undefined || instanceIds.length === 1, {
    path: ['orderIds'],
    error: 'ONE_INSTANCE_ONLY',
    ...evenBeside(
      (value) => isObject(value) && Array.isArray(value.orderIds) && Array.isArray(value.instanceIds),
    ),
  })
  .refine(({ fiveDayFor, instanceIds }) => fiveDayFor === undefined || instanceIds.includes(fiveDayFor), {
    path: ['fiveDayFor'],
    error: 'NOT_AMONG_ITEMS',
    ...evenBeside(
      (value) => isObject(value) && typeof value.fiveDayFor === 'string' && Array.isArray(value.instanceIds),
    ),
  })
  .meta({ id: 'QuoteRequest', examples: [QUOTE_REQUEST] });

export const terminationSchema = z
  .strictObject({
    quoteId: id,
    agree: z.literal(true, { error: (one) => (one.input === undefined ? undefined : 'NOT_AGREED') }).meta({
      description: 'The impact and the rules are acknowledged (L10).',
    }),
    skipStale: z.boolean().default(false).meta({
      description:
        'Items that have changed since the quote are `refused` and the others go on. Default: one that has refuses them all.',
    }),
  })
  .meta({ id: 'Confirmation' });

export const accountSchema = z
  .strictObject({ arrears: z.boolean().optional(), hold: z.boolean().optional(), reason: sentence })
  .refine(({ arrears, hold }) => arrears !== undefined || hold !== undefined, {
    error: 'NOTHING_TO_CHANGE',
    ...evenBeside(isObject),
  })
  .meta({ id: 'AccountChange' });

const DURATION = /^P(?=\d|T\d)(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?$/;
const MAX_FORWARD_SECONDS = 3660 * 86_400;

/**
 * Whole seconds of an ISO-8601 duration of days and smaller; undefined when it is none. Months and years have
 * no fixed length.
 */
export function secondsOf(duration: string): number | undefined {
  const found = DURATION.exec(duration);
  if (!found) return undefined;
  const [days, hours, minutes, seconds] = found.slice(1).map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

const isForward = (seconds: number | undefined): boolean =>
  seconds !== undefined && seconds > 0 && seconds <= MAX_FORWARD_SECONDS;

export const fastForwardSchema = z
  .strictObject({
    duration: z
      .string({ error: 'NOT_A_DURATION' })
      .refine((value) => isForward(secondsOf(value)), { error: 'NOT_A_DURATION' })
      .meta({ format: 'duration', examples: ['P7D'] }),
  })
  .meta({ id: 'FastForward' });
