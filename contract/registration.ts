/**
 * Registrations, orders and schedules as they come in. What a single field may be is in the schemas; what
 * fields mean together is in {@link checkRegistration}. It imports nothing of Express: the `quote` command
 * reads its cases with it.
 */
import { z } from 'zod';
import { MAX_ORDERS } from '../domain/bounds';
import type { Registration } from '../domain/instance';
import { REGISTRATION } from './examples';
import { account, currency, id, instant, money, months, rate, text } from './fields';
import { evenBeside } from './issues';

/**
 * Stands in the document for the names of the products that there are: whoever serves the contract says
 * which, and puts them there.
 */
export const PRODUCTS = '{products}';
/** Whether there is such a product, `registration-rules.ts` says. */
const productSchema = z.string().meta({ enum: [PRODUCTS] });

/** Missing sources are zero; all of them may be. */
export const paidSchema = z
  .strictObject({
    cash: money.default('0'),
    gift: money.default('0'),
    income: money.default('0'),
    voucher: money.default('0'),
  })
  .meta({ id: 'Paid', description: 'What was paid, by source. At most the minor digits of the currency.' });

const tiersSchema = z
  .array(z.strictObject({ upToHours: z.number().int().min(1).max(100_000).optional(), price: money }))
  .min(1)
  .max(50)
  .superRefine((tiers, context) => {
    const flag = (index: number, message: string) =>
      context.addIssue({ code: 'custom', path: [index, 'upToHours'], message });
    for (const [index, tier] of tiers.entries()) {
      const isLast = index === tiers.length - 1;
      if (isLast && tier?.upToHours !== undefined) flag(index, 'LAST_TIER_LIMITED');
      if (!isLast && tier?.upToHours === undefined) flag(index, 'TIER_WITHOUT_LIMIT');
      const before = tiers[index - 1]?.upToHours;
      if (before !== undefined && tier?.upToHours !== undefined && tier.upToHours <= before)
        flag(index, 'TIERS_NOT_ASCENDING');
    }
  }, evenBeside(Array.isArray));

export const pricesSchema = z
  .strictObject({
    version: text,
    currency,
    month: money.optional(),
    hour: z.union([money, tiersSchema]).optional(),
    discounts: z.array(z.strictObject({ months, rate })).max(50).optional(),
  })
  .meta({
    id: 'Prices',
    description: 'A snapshot of prices (M12). Missing `discounts` = the policy’s tiers; `[]` = none.',
  });

const networkSchema = z
  .discriminatedUnion('billing', [
    z.strictObject({
      billing: z.literal('traffic'),
      hour: money.optional(),
      month: money.optional(),
      switchedToTrafficAt: instant.optional(),
    }),
    z.strictObject({ billing: z.literal('bandwidth'), hour: money, month: money.optional() }),
  ])
  .meta({ id: 'Network' });

export const channelSchema = z.enum(['standard', 'promotion', 'activity']);
const billingSchema = z.enum(['prepaid', 'postpaid']);

export const orderSchema = z
  .strictObject({
    id,
    kind: z.enum(['purchase', 'renewal', 'upgrade']),
    channel: channelSchema.default('standard'),
    months: months.optional(),
    startsAt: instant,
    endsAt: instant,
    paid: paidSchema,
    prices: pricesSchema.optional(),
  })
  .meta({ id: 'OrderInput' });

const diskSchema = z
  .strictObject({
    id,
    kind: z.enum(['system', 'data']),
    storage: z.enum(['local', 'cloud', 'elastic']),
    deleteWithInstance: z.boolean().optional(),
    month: money.optional(),
  })
  .meta({ id: 'Disk' });

const addressSchema = z
  .strictObject({ id, kind: z.enum(['public', 'elastic']), month: money.optional() })
  .meta({ id: 'Address' });

/** The facts of a registration, orders and state aside: answers repeat them. */
export const factsShape = {
  account,
  product: productSchema,
  billing: billingSchema,
  name: text.optional(),
  externalId: text.optional().meta({
    description: 'What the machine is called in its region; it may be used again, the id may not (L18).',
  }),
  region: text,
  zone: text.optional(),
  type: text.optional(),
  startedAt: instant.optional(),
  monthlySettled: z.boolean().default(false),
  prices: pricesSchema.optional(),
  network: networkSchema.default({ billing: 'traffic' }),
  disks: z.array(diskSchema).max(200).default([]),
  addresses: z.array(addressSchema).max(200).default([]),
};

/** Yields a domain `Registration`. Extend it with `.extend(…)`; it stays strict. */
export const registrationSchema = z
  .strictObject({
    ...factsShape,
    state: z.enum(['running', 'stopped', 'changing', 'expired', 'isolated']).default('running'),
    orders: z.array(orderSchema).max(MAX_ORDERS).default([]),
    isolatedAt: instant.optional(),
    cause: z.enum(['terminate', 'return', 'expiry']).optional(),
    purgeTime: instant.optional().meta({
      description:
        'With `isolated`, as are `isolatedAt` and `cause`: taken over from another system’s bin it keeps its times. Its orders were settled there.',
    }),
    power: z
      .enum(['running', 'stopped'])
      .optional()
      .meta({ description: 'With `isolated`: what a restore returns it to (`running`).' }),
  })
  .meta({ id: 'Registration', examples: [REGISTRATION] }) satisfies z.ZodType<Registration>;

export const scheduleSchema = z
  .discriminatedUnion('mode', [
    z.strictObject({ mode: z.literal('now') }),
    z.strictObject({ mode: z.literal('later') }),
    z.strictObject({ mode: z.literal('timed'), at: instant }),
  ])
  .meta({ id: 'Schedule' });

/**
 * `POST …/orders`: the server assigns id and dates. An upgrade lasts as long as the order in force, so it has
 * no months.
 */
export const ordersSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('renewal'),
      channel: channelSchema.default('standard'),
      months,
      paid: paidSchema.optional(),
    }),
    z.strictObject({
      kind: z.literal('upgrade'),
      channel: channelSchema.default('standard'),
      paid: paidSchema,
      prices: pricesSchema
        .optional()
        .meta({ description: 'What renewals that are bought later cost (M23).' }),
    }),
  ])
  .meta({ id: 'NewOrder' });
