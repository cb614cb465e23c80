/** Quotes and what became of them. */
import type { z } from 'zod';
import { type Lang, presentQuoteItem } from '../../domain/present';
import type { QuoteRow, TerminationRow } from '../../store/types';
import { Problem, presentProblem } from '../errors';
import type { quoteAnswer, terminationAnswer } from '../schemas/answers';

export function presentQuote({ id, expiresAt, rulesVersion, items }: QuoteRow, lang: Lang): z.infer<typeof quoteAnswer> {
  return {
    id,
    expiresAt,
    rulesVersion,
    items: items.map((item) => ({
      ...presentQuoteItem(item, lang),
      asOf: item.basis.asOf,
      policyId: item.basis.policyId,
      priceVersion: item.basis.priceVersion,
    })),
  };
}

export function presentTermination(row: TerminationRow, lang: Lang): z.infer<typeof terminationAnswer> {
  const { id, quoteId, action, schedule, status, agreedAt, agreedVia, rulesVersion } = row;
  const items = row.items.map(({ instanceId, status, schedule: own, refundId, releaseTime, problem }) => ({
    instanceId,
    status,
    schedule: own,
    refundId,
    releaseTime,
    problem: problem && presentProblem(new Problem(problem.code, { state: problem.state }), lang),
  }));
  return { id, quoteId, action, schedule, status, agreedAt, agreedVia, rulesVersion, items };
}
