/** What the API answers (DESIGN.md, "Shapes"). Presenters are typed by these schemas, and the document is made from them. */
import { z } from 'zod';
import { STATES } from '../../domain/instance';
import { factsShape, orderSchema, scheduleSchema } from './registration';

const instant = z.string().meta({ format: 'date-time', examples: ['2026-11-01T00:00:00+08:00'] });
const amount = z.string().meta({ description: 'A decimal string with all minor digits.', examples: ['407.96'] });
const currency = z.string().meta({ examples: ['CNY'] });
const parts = z.object({ cash: amount, gift: amount, income: amount }).meta({ id: 'Parts' });
const action = z.enum(['terminate', 'return']);

export const problemAnswer = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable, UPPER_SNAKE.', examples: ['QUOTE_STALE'] }),
    next: z.string().meta({ description: 'What to do next.' }),
    state: z.string().optional().meta({ description: 'The instance’s state, when it stands against the request.' }),
    errors: z.array(z.object({ pointer: z.string().meta({ examples: ['/orders/0/paid/cash'] }), code: z.string(), detail: z.string() })),
    changes: z
      .array(z.object({ instanceId: z.string(), field: z.string(), old: z.unknown(), new: z.unknown(), difference: z.string().nullable() }))
      .optional(),
  })
  .meta({ id: 'Problem' });

/** Answers always have what requests may leave out. */
const { monthlySettled, network, disks, addresses, ...plainFacts } = factsShape;

export const instanceAnswer = z
  .object({
    id: z.string(),
    ...plainFacts,
    product: z.string(),
    monthlySettled: monthlySettled.unwrap(),
    network: network.unwrap(),
    disks: disks.unwrap(),
    addresses: addresses.unwrap(),
    orders: z.array(
      orderSchema.extend({
        channel: orderSchema.shape.channel.unwrap(),
        paid: z.object({ cash: amount, gift: amount, income: amount, voucher: amount }),
        status: z.enum(['in-force', 'future', 'ended', 'closed']),
      }),
    ),
    state: z.enum(STATES),
    clock: instant.meta({ description: 'The instance’s own time: the wall clock, moved ahead by fast-forward.' }),
    step: z.number().int(),
    billingStoppedAt: instant.nullable(),
    isolatedAt: instant.nullable(),
    purgeTime: instant.nullable().meta({ description: 'When it leaves the bin for good.' }),
    expiresAt: instant.nullable().meta({ description: 'The end of the paid time.' }),
    termination: z.object({ mode: z.literal('timed'), at: instant, terminationId: z.string() }).nullable(),
    protection: z.object({ reason: z.string(), by: z.string(), at: instant }).nullable(),
  })
  .meta({ id: 'Instance' });

export const binAnswer = z
  .object({
    instanceId: z.string(),
    account: z.string(),
    product: z.string(),
    billing: factsShape.billing,
    region: z.string(),
    cause: z.enum(['terminate', 'return', 'expiry']),
    isolatedAt: instant,
    purgeTime: instant,
    needsRenewal: z.boolean(),
  })
  .meta({ id: 'BinEntry' });

const line = z.object({ label: z.string(), formula: z.string(), amount });

const blockers = z.array(z.object({ code: z.string(), message: z.string(), next: z.string() }));
const warnings = z.array(z.object({ code: z.string(), message: z.string() }));
const refundKind = z.enum(['five-day', 'ordinary', 'none']);

const quoteItem = z
  .object({
    instanceId: z.string(),
    permitted: z.boolean(),
    blockers,
    warnings,
    plan: z.object({
      terminate: z.array(z.object({ kind: z.enum(['instance', 'disk', 'address']), id: z.string() })),
      retain: z.array(
        z.object({
          kind: z.enum(['disk', 'address']),
          id: z.string(),
          reason: z.string(),
          monthly: z.object({ currency, amount }).optional(),
        }),
      ),
    }),
    refund: z
      .object({
        kind: refundKind,
        currency: currency.nullable(),
        amount: amount.optional(),
        parts: parts.optional(),
        lines: z.array(line).optional(),
        fee: amount.optional(),
      })
      .meta({ description: 'A blocked item lacks amount, parts, lines and fee.' }),
    releaseTime: instant.nullable(),
  })
  .meta({ id: 'QuoteItem' });

export const quoteAnswer = z
  .object({ id: z.string(), expiresAt: instant, rulesVersion: z.string(), items: z.array(quoteItem) })
  .meta({ id: 'Quote' });

export const refundCurveAnswer = z
  .object({
    instanceId: z.string(),
    currency: currency.nullable(),
    asOf: instant.meta({ description: 'The instance’s own time at the first point.' }),
    permitted: z.boolean(),
    blockers: blockers.meta({ description: 'What stands against a return now, as a quote says it; there are no points then.' }),
    points: z
      .array(
        z.object({
          at: instant,
          reason: z.enum(['now', 'five-day', 'month', 'order-end']),
          kind: refundKind,
          amount: amount.optional(),
          blockers,
        }),
      )
      .meta({
        description:
          'In order of time. Each step has two: the second before it and the step itself. Where a return is blocked, the amount is missing.',
      }),
    warnings,
  })
  .meta({ id: 'RefundCurve' });

export const terminationAnswer = z
  .object({
    id: z.string(),
    quoteId: z.string(),
    action,
    schedule: scheduleSchema,
    status: z.enum(['running', 'done']),
    agreedAt: instant,
    agreedVia: z.string(),
    rulesVersion: z.string(),
    items: z.array(
      z.object({
        instanceId: z.string(),
        status: z.enum(['accepted', 'done', 'failed', 'refused']),
        refundId: z.string().nullable(),
        releaseTime: instant.nullable(),
        problem: problemAnswer.nullable(),
      }),
    ),
  })
  .meta({ id: 'Termination' });

export const REFUND_STATUSES = ['requested', 'isolating', 'booked', 'done', 'in_review', 'denied', 'failed'] as const;

export const refundAnswer = z
  .object({
    id: z.string(),
    instanceId: z.string(),
    account: z.string(),
    terminationId: z.string(),
    quoteId: z.string(),
    kind: z.enum(['five-day', 'ordinary']),
    currency,
    amount,
    parts,
    fee: amount,
    lines: z.array(line),
    progress: z.array(z.object({ status: z.string(), at: instant })),
    status: z.enum(REFUND_STATUSES),
    entries: z.array(z.object({ transactionId: z.string(), source: z.string(), destination: z.string(), currency, amount })),
  })
  .meta({ id: 'Refund' });

export const statementAnswer = z
  .object({
    id: z.string(),
    kind: z.enum(['refund', 'renewal', 'reversal']),
    currency,
    amount: amount.meta({ description: 'Income is positive, what was debited negative.' }),
    parts,
    instanceId: z.string(),
    refundId: z.string().nullable(),
    effectiveAt: instant,
    recordedAt: instant,
  })
  .meta({ id: 'Movement' });

const right = z.object({
  limit: z.number().int(),
  used: z.number().int(),
  reserved: z.number().int(),
  left: z.number().int(),
});

export const accountAnswer = z
  .object({
    account: z.string(),
    arrears: z.boolean(),
    hold: z.boolean(),
    balances: z.array(z.object({ currency, cash: amount, gift: amount, income: amount })),
    rights: z.array(z.object({ product: z.string(), fiveDay: right, ordinary: right })),
  })
  .meta({ id: 'Account' });

export const timelineAnswer = z
  .object({
    step: z.number().int(),
    command: z.string(),
    outcome: z.enum(['done', 'refused']),
    from: z.string().nullable(),
    to: z.string(),
    by: z.string(),
    effectiveAt: instant,
    recordedAt: instant,
    refundId: z.string().nullable(),
    code: z.string().nullable(),
  })
  .meta({ id: 'TimelineEntry' });

export const acceptedAnswer = z
  .object({ status: z.literal('accepted'), instanceId: z.string(), detail: z.string() })
  .meta({ id: 'Accepted', description: 'Handed over and may still happen or be refused; the instance and its timeline tell.' });

export const pageOf = (item: z.ZodType) => z.object({ items: z.array(item), nextCursor: z.string().nullable() });
