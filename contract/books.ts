/** Answers and queries about the books as a whole: audits, trial balance, balances at an instant. */
import { z } from 'zod';
import { ADJUSTMENTS } from '../domain/journal';
import { minorDigits, SOURCES } from '../domain/money';
import { amountText, bookedEntries, currencyText, instantText } from './answers';
import { currency as currencyCode, instant, money, sentence, text } from './fields';
import { evenBeside } from './issues';
import { pageQuery, refundsQuery } from './requests';

/** Known by what they are in themselves: an amount of an unknown currency has no digits to count. */
const hasAmountAndCurrency = (value: unknown): boolean => {
  const { amount: given, currency: code } = Object(value) as { amount?: unknown; currency?: unknown };
  return money.safeParse(given).success && currencyCode.safeParse(code).success;
};

export const atQuery = z.strictObject({
  at: instant.optional().meta({
    description: 'What was recorded up to then, by the wall clock (`recordedAt`); missing: until now.',
  }),
});

const format = z
  .enum(['json', 'csv'])
  .optional()
  .meta({ description: 'Missing: as the header `Accept` says, else JSON.' });

export const trialBalanceQuery = atQuery.extend({ format });
export const refundListQuery = refundsQuery.extend({ format });

export const statementQuery = pageQuery.extend({
  from: instant.optional().meta({ description: 'The first instant of `recordedAt`.' }),
  to: instant.optional().meta({ description: 'The last instant of `recordedAt`.' }),
  format,
});

export const adjustmentsQuery = pageQuery.extend({ reference: text.optional() });

export const adjustmentSchema = z
  .strictObject({
    kind: z
      .enum(ADJUSTMENTS)
      .meta({ description: '`deposit` is paid in, `withdrawal` paid out, `credit` given by the provider.' }),
    source: z.enum(SOURCES),
    currency: currencyCode,
    amount: money,
    reason: sentence,
    reference: text.meta({
      description: 'Of the payment, the transfer, the ticket: an account has each once.',
    }),
  })
  .superRefine(({ amount: value, currency: code }, context) => {
    const digits = minorDigits(code) ?? 0;
    const flag = (message: string, params = {}) =>
      context.addIssue({ code: 'custom', path: ['amount'], message, params });
    if (/^[0.]*$/.test(value)) flag('NOT_POSITIVE');
    if ((value.split('.')[1] ?? '').length > digits) flag('TOO_MANY_DIGITS', { currency: code, digits });
  }, evenBeside(hasAmountAndCurrency))
  .meta({ id: 'NewAdjustment' });

export const adjustmentAnswer = z
  .object({
    id: z.string(),
    account: z.string(),
    kind: z.enum(ADJUSTMENTS),
    source: z.enum(SOURCES),
    currency: currencyText,
    amount: amountText,
    reason: z.string(),
    reference: z.string(),
    by: z.string(),
    transactionId: z.string(),
    recordedAt: instantText,
    entries: bookedEntries,
  })
  .meta({ id: 'Adjustment' });

export const balancesAnswer = z
  .object({
    account: z.string(),
    at: instantText,
    balances: z.array(
      z.object({ currency: currencyText, cash: amountText, gift: amountText, income: amountText }),
    ),
  })
  .meta({ id: 'Balances' });

export const trialBalanceAnswer = z
  .object({
    at: instantText,
    lines: z.array(
      z.object({
        ledgerAccount: z.string().meta({
          description:
            '`deferred` is the sum over all orders; `customer:cash` and the like over all accounts.',
          examples: ['deferred', 'world:cash', 'customer:gift', 'revenue'],
        }),
        currency: currencyText,
        debit: amountText.meta({ description: 'What it gave as a source.' }),
        credit: amountText.meta({ description: 'What it received as a destination.' }),
        balance: amountText.meta({ description: 'Credit less debit.' }),
      }),
    ),
    totals: z.array(z.object({ currency: currencyText, debit: amountText, credit: amountText })),
  })
  .meta({ id: 'TrialBalance' });

const head = z.object({ position: z.number().int(), hash: z.string() }).nullable();

export const auditChecksAnswer = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        title: z.string().meta({ description: 'What is true of sound books.' }),
      }),
    ),
  })
  .meta({ id: 'AuditChecks' });

export const sealAnswer = z
  .object({
    head: head.meta({ description: 'The newest seal; null before the first.' }),
    unsealed: z.object({
      transactions: z.number().int().meta({ description: 'How many are booked and not sealed yet.' }),
      ageSeconds: z
        .number()
        .meta({ description: 'How long the oldest of them has waited; 0 when none does.' }),
    }),
  })
  .meta({ id: 'Seal' });

const audit = z.object({
  id: z.string(),
  trigger: z.enum(['schedule', 'command']),
  startedAt: instantText,
  finishedAt: instantText,
  rows: z
    .record(z.string(), z.number().int())
    .meta({ description: 'How much was looked at, by kind.', examples: [{ instances: 3 }] }),
  head: head.meta({
    description:
      'The newest seal of the ledger’s hash chain then; null before the first. Keep it elsewhere too.',
  }),
  found: z.number().int(),
  healed: z.number().int().meta({ description: 'How much was only late, and was put right.' }),
  skipped: z
    .array(z.object({ check: z.string(), reason: z.string() }))
    .meta({ description: 'Checks that could not be made.' }),
});

export const auditSummaryAnswer = audit.meta({ id: 'AuditSummary' });

export const auditAnswer = audit
  .extend({
    findings: z
      .array(z.object({ check: z.string(), id: z.string(), detail: z.string() }))
      .meta({ description: 'What is not as it must be, by row; at most 1,000 of them.' }),
    healings: z.array(z.object({ what: z.enum(['seal', 'item', 'deadline', 'workflow']), id: z.string() })),
  })
  .meta({ id: 'Audit' });

export type AdjustmentAnswer = z.infer<typeof adjustmentAnswer>;
export type TrialBalanceAnswer = z.infer<typeof trialBalanceAnswer>;
export type AuditSummaryAnswer = z.infer<typeof auditSummaryAnswer>;
export type AuditChecksAnswer = z.infer<typeof auditChecksAnswer>;
export type SealAnswer = z.infer<typeof sealAnswer>;
export type AuditAnswer = z.infer<typeof auditAnswer>;
