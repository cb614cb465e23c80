/**
 * What callers see of a quote: the contract's JSON, in one language. The API and the command line share it.
 */

import type { BlockerCode } from '../domain/blockers';
import type { Parts } from '../domain/money';
import type { Plan } from '../domain/plan';
import type { QuotedRefund, QuoteItem } from '../domain/quote';
import type { Line, RefundKind } from '../domain/refund';
import { type Lang, render } from '../domain/text';
import type { Warning } from '../domain/warnings';
import { SENTENCES, warningSentence } from './blockers';

export interface PublicLine {
  label: string;
  formula: string;
  amount: string;
}

interface PublicRefund {
  kind: RefundKind | 'none';
  /** null: a pay-as-you-go instance that was registered without prices. */
  currency: string | null;
  /** These four are missing exactly when the item is blocked. */
  amount?: string;
  parts?: Parts;
  lines?: PublicLine[];
  fee?: string;
}

export interface PublicQuoteItem {
  instanceId: string;
  permitted: boolean;
  blockers: { code: BlockerCode; message: string; next: string }[];
  warnings: { code: string; message: string }[];
  plan: {
    terminate: Plan['terminate'];
    retain: {
      kind: 'disk' | 'address';
      id: string;
      reason: string;
      monthly?: { currency: string; amount: string };
    }[];
  };
  refund: PublicRefund;
  releaseTime: string | null;
}

/**
 * A quoted item as the contract shows it: every sentence in one language, every amount a string with all
 * minor digits.
 */
export function presentQuoteItem(item: QuoteItem, lang: Lang): PublicQuoteItem {
  return {
    instanceId: item.instanceId,
    permitted: item.permitted,
    blockers: item.blockers.map((code) => presentBlocker(code, lang)),
    warnings: item.warnings.map((warning) => presentWarning(warning, lang)),
    plan: presentPlan(item.plan, lang),
    refund: presentQuotedRefund(item.refund, lang),
    releaseTime: item.releaseTime,
  };
}

/** A blocker's code with its sentence and the next step (E8). */
export function presentBlocker(code: BlockerCode, lang: Lang): PublicQuoteItem['blockers'][number] {
  const { message, next } = SENTENCES[code];
  return { code, message: render(message, lang), next: render(next, lang) };
}

/** A warning's code with its sentence. */
export function presentWarning(warning: Warning, lang: Lang): PublicQuoteItem['warnings'][number] {
  return { code: warning.code, message: render(warningSentence(warning), lang) };
}

function presentPlan(plan: Plan, lang: Lang): PublicQuoteItem['plan'] {
  return {
    terminate: plan.terminate.map(({ kind, id }) => ({ kind, id })),
    retain: plan.retain.map(({ kind, id, reason, monthly }) => ({
      kind,
      id,
      reason: render(reason, lang),
      ...(monthly ? { monthly } : {}),
    })),
  };
}

export function presentRefundLines(lines: readonly Line[], lang: Lang): PublicLine[] {
  return lines.map(({ label, formula, amount }) => ({ label: render(label, lang), formula, amount }));
}

/** The refund is always an object: nothing to pay back has zeros, a blocked item has no amounts at all. */
function presentQuotedRefund(refund: QuotedRefund, lang: Lang): PublicRefund {
  const { kind, currency } = refund;
  if (refund.outcome === 'refund') {
    const { amount, parts, fee } = refund;
    return { kind, currency, amount, parts, lines: presentRefundLines(refund.lines, lang), fee };
  }
  if (refund.outcome === 'blocked') return { kind, currency };
  const zero = refund.amount;
  return {
    kind,
    currency,
    amount: zero,
    parts: { cash: zero, gift: zero, income: zero },
    lines: [],
    fee: zero,
  };
}
