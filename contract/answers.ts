/**
 * What the API answers. Presenters are typed by these schemas, and the document is made
 * from them.
 */
import { z } from 'zod';
import { CURVE_REASONS } from '../domain/curve';
import { ACTIONS, STATES } from '../domain/instance';
import { ADJUSTMENTS } from '../domain/journal';
import { GOALS } from '../domain/lifecycle';
import { SOURCES } from '../domain/money';
import { ITEM_STATUSES, REFUND_STATUSES } from '../domain/statuses';
import { factsShape, orderSchema, pricesSchema, scheduleSchema } from './registration';

export const instantText = z.string().meta({ format: 'date-time', examples: ['2026-11-01T00:00:00+08:00'] });
export const amountText = z
  .string()
  .meta({ description: 'A decimal string with all minor digits.', examples: ['407.96'] });
export const currencyText = z.string().meta({ examples: ['CNY'] });
const parts = z.object({ cash: amountText, gift: amountText, income: amountText }).meta({ id: 'Parts' });
const action = z.enum(ACTIONS);

export const problemAnswer = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable, UPPER_SNAKE.', examples: ['QUOTE_STALE'] }),
    next: z.string().meta({ description: 'What to do next.' }),
    state: z
      .string()
      .optional()
      .meta({ description: 'The instance’s state, when it stands against the request.' }),
    errors: z.array(
      z.object({
        pointer: z.string().meta({ examples: ['/orders/0/paid/cash'] }),
        code: z.string(),
        detail: z.string(),
      }),
    ),
    changes: z
      .array(
        z.object({
          instanceId: z.string(),
          field: z.string(),
          old: z.unknown(),
          new: z.unknown(),
          difference: z.string().nullable(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem' });

const movedFrom = z
  .array(z.object({ startsAt: instantText, endsAt: instantText, at: instantText }))
  .optional()
  .meta({
    description:
      'Its dates before each undone return, which gives back the time in the bin (M20), and the instant of the undo.',
  });

/** An order as registered or bought, and what has become of its dates. */
const storedOrder = orderSchema.extend({
  channel: orderSchema.shape.channel.unwrap(),
  boughtAt: instantText
    .optional()
    .meta({ description: 'Of one that was bought by way of Sunset; missing: it was registered.' }),
  movedFrom,
});

const protection = z
  .object({
    reason: z.string(),
    by: z.string(),
    at: instantText,
    holdRelease: z.boolean().meta({
      description: 'A legal hold: not even its time releases it from the bin until it is lifted (L16).',
    }),
  })
  .meta({ id: 'Protection' });

const monthly = z.object({ currency: currencyText, amount: amountText }).optional();
const fates = z.object({
  destroyed: z.array(z.object({ kind: z.enum(['instance', 'disk', 'address']), id: z.string() })),
  kept: z.array(z.object({ kind: z.enum(['disk', 'address']), id: z.string(), monthly })),
});

/** Answers always have what requests may leave out. */
const { monthlySettled, network, disks, addresses, ...plainFacts } = factsShape;

export const instanceAnswer = z
  .object({
    id: z.string(),
    ...plainFacts,
    product: z.string(),
    monthlySettled: monthlySettled.unwrap(),
    network: network.unwrap(),
    priceChanges: z
      .array(z.object({ at: instantText, prices: pricesSchema }))
      .optional()
      .meta({
        description: 'Price snapshots put since: they count for renewals bought after them (M23).',
      }),
    disks: disks.unwrap(),
    addresses: addresses.unwrap(),
    orders: z.array(
      storedOrder.extend({
        paid: z.object({ cash: amountText, gift: amountText, income: amountText, voucher: amountText }),
        status: z.enum(['in-force', 'future', 'ended', 'closed']),
      }),
    ),
    state: z.enum(STATES),
    clock: instantText.meta({
      description: 'The instance’s own time: the wall clock, moved ahead by fast-forward.',
    }),
    step: z.number().int(),
    billingStoppedAt: instantText.nullable(),
    isolatedAt: instantText.nullable(),
    purgeTime: instantText.nullable().meta({ description: 'When it leaves the bin for good.' }),
    expiresAt: instantText.nullable().meta({ description: 'The end of the paid time.' }),
    termination: z
      .object({ mode: z.literal('timed'), at: instantText, terminationId: z.string() })
      .nullable(),
    operation: z
      .object({ kind: z.string(), by: z.string(), at: instantText })
      .nullable()
      .meta({ description: 'What is under way while it is `changing`, where somebody said.' }),
    machine: z
      .object({
        controlPlane: z.string().meta({ description: 'Settled when it was registered.' }),
        goal: z
          .enum(GOALS)
          .nullable()
          .meta({ description: 'What it is on its way to; null: it is at rest.' }),
        since: instantText.nullable(),
      })
      .nullable()
      .meta({ description: 'What carries its steps out; null: it is in the books only.' }),
    attention: z
      .object({
        since: instantText,
        goal: z.enum(GOALS),
        code: z.string(),
        message: z.string().meta({ description: 'What the control plane says, or why it is not known.' }),
      })
      .nullable()
      .meta({ description: 'What its control plane does not bring to an end: somebody has to resolve it.' }),
    protection: protection.nullable(),
    hold: z
      .object({ reason: z.string(), by: z.string(), at: instantText })
      .nullable()
      .meta({ description: 'Returns of it need an operator’s approval (E5).' }),
    atRelease: fates.nullable().meta({
      description:
        'Of one in the recycle bin: what its release destroys, and what stays and goes on costing what `monthly` says.',
    }),
    disposal: fates.nullable().meta({
      description:
        'Of a terminated one: what became of each of its parts. What is kept goes on costing what `monthly` says.',
    }),
  })
  .meta({ id: 'Instance' });

const facet = z.array(z.object({ value: z.string(), count: z.number().int() }));

export const facetsAnswer = z
  .object({ product: facet, region: facet, billing: facet, state: facet })
  .meta({ id: 'InstanceFacets' });

/** In double entry: each line goes from one account of the ledger to another. */
export const bookedEntries = z.array(
  z.object({
    transactionId: z.string(),
    source: z.string(),
    destination: z.string(),
    currency: currencyText,
    amount: amountText,
  }),
);

export const binEntryAnswer = z
  .object({
    instanceId: z.string(),
    account: z.string(),
    product: z.string(),
    billing: factsShape.billing,
    region: z.string(),
    cause: z.enum(['terminate', 'return', 'expiry']),
    isolatedAt: instantText,
    purgeTime: instantText,
    clock: instantText.meta({ description: 'The instance’s own time.' }),
    needsRenewal: z.boolean(),
    protection: protection.nullable(),
    atRelease: fates.meta({ description: 'What its release destroys and what it keeps, part by part.' }),
  })
  .meta({ id: 'BinEntry' });

const line = z.object({ label: z.string(), formula: z.string(), amount: amountText });

export const blockers = z.array(z.object({ code: z.string(), message: z.string(), next: z.string() }));
const warnings = z.array(z.object({ code: z.string(), message: z.string() }));
const refundKind = z.enum(['five-day', 'ordinary', 'none']);

export const quoteItem = z
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
          monthly,
        }),
      ),
    }),
    refund: z
      .object({
        kind: refundKind,
        currency: currencyText.nullable(),
        amount: amountText.optional(),
        parts: parts.optional(),
        lines: z.array(line).optional(),
        fee: amountText.optional(),
      })
      .meta({ description: 'A blocked item lacks amount, parts, lines and fee.' }),
    releaseTime: instantText.nullable(),
  })
  .meta({ id: 'QuoteItem' });

export const quoteAnswer = z
  .object({
    id: z.string(),
    expiresAt: instantText,
    rulesVersion: z.string(),
    items: z.array(
      quoteItem.extend({
        state: z
          .enum(STATES)
          .nullable()
          .meta({ description: 'The instance’s, when it was quoted; null where there is no such instance.' }),
        asOf: instantText.meta({
          description: 'The instance’s own time, as of which amounts are computed (M17).',
        }),
        policyId: z.string().nullable().meta({
          description:
            'Names the content of the rules, not only their version; null where there is no such instance.',
        }),
        priceVersion: z.string().nullable().meta({ description: 'Of the instance’s price snapshot (M12).' }),
      }),
    ),
  })
  .meta({ id: 'Quote' });

export const refundCurveAnswer = z
  .object({
    instanceId: z.string(),
    currency: currencyText.nullable(),
    asOf: instantText.meta({ description: 'The instance’s own time at the first point.' }),
    permitted: z.boolean(),
    blockers: blockers.meta({
      description: 'What stands against a return now, as a quote says it; there are no points then.',
    }),
    points: z
      .array(
        z.object({
          at: instantText,
          reason: z.enum(CURVE_REASONS),
          kind: refundKind,
          amount: amountText.optional(),
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
    schedule: scheduleSchema.meta({
      description: 'As it now is; where items were moved to different times, as it was agreed to.',
    }),
    status: z.enum(['running', 'done']).meta({
      description: '`running` while an item is `accepted`; one that is scheduled waits for its time only.',
    }),
    agreedAt: instantText,
    agreedVia: z.string(),
    rulesVersion: z.string(),
    items: z.array(
      z.object({
        instanceId: z.string(),
        status: z.enum(ITEM_STATUSES).meta({
          description:
            'A timed one is `scheduled` until it fires (`done`) or is `cancelled`. `failed`: its instance refused it; `refused`: never sent.',
        }),
        schedule: scheduleSchema,
        refundId: z.string().nullable(),
        releaseTime: instantText.nullable(),
        problem: problemAnswer.nullable(),
      }),
    ),
  })
  .meta({ id: 'Termination' });

/** null while it is in review. */
const decision = z.object({ by: z.string(), reason: z.string(), at: instantText }).nullable();

export const refundAnswer = z
  .object({
    id: z.string(),
    instanceId: z.string(),
    account: z.string(),
    terminationId: z
      .string()
      .nullable()
      .meta({ description: 'null while it is in review, and when it was denied.' }),
    quoteId: z.string(),
    workflowId: z
      .string()
      .meta({ description: 'The instance’s workflow, to look inside with the Temporal Web UI.' }),
    action,
    kind: z.enum(['five-day', 'ordinary']),
    currency: currencyText,
    amount: amountText,
    parts,
    fee: amountText,
    lines: z.array(line),
    progress: z.array(z.object({ status: z.string(), at: instantText })),
    status: z.enum(REFUND_STATUSES),
    problem: problemAnswer.nullable().meta({
      description: 'What keeps its money back, and what to do: of one in review, denied or failed.',
    }),
    review: z
      .object({ requestId: z.string(), decision })
      .nullable()
      .meta({ description: 'The request for approval that it came by.' }),
    reversal: z
      .object({ transactionId: z.string().nullable(), reason: z.string(), by: z.string(), at: instantText })
      .nullable()
      .meta({ description: 'The undone return: by which reversing transaction, why, by whom, and when.' }),
    entries: bookedEntries,
  })
  .meta({ id: 'Refund' });

/** All that an amount depends on, and the sum done again from it. */
const calculationAnswer = z
  .object({
    asOf: instantText,
    action,
    kind: z.enum(['five-day', 'ordinary']),
    assisted: z.boolean().meta({ description: 'An operator approved it (M11).' }),
    policyId: z.string(),
    knobs: z.record(
      z.string(),
      z.union([z.string(), z.number(), z.boolean(), z.record(z.string(), z.string())]).nullable(),
    ),
    priceVersion: z.string().nullable(),
    prices: factsShape.prices,
    network: network.unwrap(),
    orders: z.array(
      storedOrder.extend({ closedAt: instantText.nullable(), endedAt: instantText.nullable() }),
    ),
    cells: z.array(z.object({ orderId: z.string(), source: z.enum(SOURCES), amount: amountText })).meta({
      description: 'What comes back out of which order and source, before the fee.',
    }),
    rebuilt: z
      .object({ amount: amountText, parts, fee: amountText, lines: z.array(line), matches: z.boolean() })
      .meta({
        description: 'Computed again from these inputs just now; `matches`: to the cent what is kept.',
      }),
  })
  .meta({ id: 'Calculation' });

export const refundDetailAnswer = refundAnswer
  .extend({ calculation: calculationAnswer })
  .meta({ id: 'RefundDetail' });

export const refundRequestAnswer = z
  .object({
    id: z.string(),
    instanceId: z.string(),
    account: z.string(),
    refundId: z.string(),
    action: z.enum(['return', 'return-renewals']),
    orderIds: z
      .array(z.string())
      .optional()
      .meta({ description: 'The renewals that were chosen; missing: all that can come back.' }),
    status: z.enum(REFUND_STATUSES).meta({ description: 'That of its refund.' }),
    reason: z.string(),
    requestedBy: z.string(),
    requestedAt: instantText,
    preview: quoteItem.meta({
      description:
        'What it would have paid when it was asked for; the amount is computed again at the approval.',
    }),
    now: quoteItem.extend({ asOf: instantText }).nullable().optional().meta({
      description:
        'What an approval would pay now: its amount is what an approval names (M24). Not in lists; null once it is decided.',
    }),
    decision,
  })
  .meta({ id: 'RefundRequest' });

export const usageAnswer = z
  .object({
    id: z.string(),
    instanceId: z.string(),
    meter: z.string(),
    quantity: z.string(),
    startsAt: instantText,
    endsAt: instantText,
    chargedUntil: instantText.meta({
      description: 'Before `endsAt` where a billing stop came between its decision and its record (L9).',
    }),
    reportedBy: z.string(),
    recordedAt: instantText,
  })
  .meta({ id: 'Usage' });

export const movementAnswer = z
  .object({
    id: z.string(),
    kind: z.enum(['refund', 'renewal', 'reversal', ...ADJUSTMENTS]),
    currency: currencyText,
    amount: amountText.meta({ description: 'Income is positive, what was debited negative.' }),
    parts,
    balance: parts.meta({ description: 'What the account had of the currency after it.' }),
    instanceId: z.string().nullable().meta({ description: 'null: a deposit, a withdrawal or a credit.' }),
    refundId: z.string().nullable(),
    reverses: z.string().optional().meta({ description: 'Of a reversal: the transaction that it undoes.' }),
    reason: z
      .string()
      .optional()
      .meta({ description: 'Of a reversal, a deposit, a withdrawal or a credit: why.' }),
    reference: z
      .string()
      .optional()
      .meta({ description: 'Of a deposit, a withdrawal or a credit: the other system’s own.' }),
    effectiveAt: instantText,
    recordedAt: instantText,
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
    standing: z
      .object({ reason: z.string(), by: z.string(), at: instantText })
      .nullable()
      .meta({ description: 'Who has set arrears and hold last, and why; null: nobody has.' }),
    balances: z.array(
      z.object({ currency: currencyText, cash: amountText, gift: amountText, income: amountText }),
    ),
    rights: z.array(z.object({ product: z.string(), fiveDay: right, ordinary: right })),
  })
  .meta({ id: 'Account' });

export const listedAccountAnswer = z
  .object({
    account: z.string(),
    arrears: z.boolean(),
    hold: z.boolean(),
    instances: z.number().int().meta({ description: 'How many of its instances live.' }),
  })
  .meta({ id: 'ListedAccount' });

export const renewalPriceAnswer = z
  .object({
    instanceId: z.string(),
    months: z.number().int(),
    currency: currencyText,
    amount: amountText,
    startsAt: instantText.meta({ description: 'When the renewal would begin.' }),
  })
  .meta({ id: 'RenewalPrice' });

export const timelineAnswer = z
  .object({
    step: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'null: no step of its life, but a hold that came after the step before.' }),
    command: z.string(),
    outcome: z.enum(['done', 'refused']),
    from: z.string().nullable(),
    to: z.string(),
    by: z.string(),
    effectiveAt: instantText.meta({
      description: 'The instance’s own time; of a deadline, the promised instant (L12).',
    }),
    carriedOutAt: instantText
      .nullable()
      .meta({ description: 'When a deadline was carried out, if that was later than promised.' }),
    recordedAt: instantText,
    refundId: z.string().nullable(),
    code: z.string().nullable(),
    details: z.record(z.string(), z.unknown()).nullable().meta({
      description:
        'What there is to say of it: `reason`, `from` and `to`, `due`, `order`, `schedule`, `destroyed` and `kept`.',
    }),
  })
  .meta({ id: 'TimelineEntry' });

export const acceptedAnswer = z
  .object({ status: z.literal('accepted'), instanceId: z.string(), detail: z.string() })
  .meta({
    id: 'Accepted',
    description: 'Handed over and may still happen or be refused; the instance and its timeline tell.',
  });

export const pageAnswer = (item: z.ZodType) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** What these schemas let through: whoever presents, and whoever reads, has them from here. */
export type ProblemAnswer = z.infer<typeof problemAnswer>;
export type InstanceAnswer = z.infer<typeof instanceAnswer>;
export type AcceptedAnswer = z.infer<typeof acceptedAnswer>;
export type QuoteAnswer = z.infer<typeof quoteAnswer>;
export type TerminationAnswer = z.infer<typeof terminationAnswer>;
export type RefundAnswer = z.infer<typeof refundAnswer>;
export type RefundDetailAnswer = z.infer<typeof refundDetailAnswer>;
export type RefundRequestAnswer = z.infer<typeof refundRequestAnswer>;
export type FacetsAnswer = z.infer<typeof facetsAnswer>;
export type BinEntryAnswer = z.infer<typeof binEntryAnswer>;
export type MovementAnswer = z.infer<typeof movementAnswer>;
export type ListedAccountAnswer = z.infer<typeof listedAccountAnswer>;
export type RenewalPriceAnswer = z.infer<typeof renewalPriceAnswer>;
export type AccountAnswer = z.infer<typeof accountAnswer>;
export type TimelineAnswer = z.infer<typeof timelineAnswer>;
/** Of a quote, and of the preview of a refund request. */
export type QuoteItemAnswer = z.infer<typeof quoteItem>;
export type CalculationAnswer = z.infer<typeof calculationAnswer>;
export type RefundCurveAnswer = z.infer<typeof refundCurveAnswer>;
