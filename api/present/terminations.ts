/** Quotes and what became of them. */
import type { QuoteAnswer, TerminationAnswer } from '../../contract/answers';
import { presentQuoteItem } from '../../contract/present';
import type { State } from '../../domain/instance';
import { unknownItem } from '../../domain/quote';
import type { Lang } from '../../domain/text';
import type { ItemProblem } from '../../store/agreements/problem';
import type { QuoteRow, UnknownItem } from '../../store/agreements/quotes';
import type { TerminationRow } from '../../store/agreements/terminations';
import { Problem, presentProblem } from '../problem';

export function presentQuote(
  { id, createdAt, expiresAt, rulesVersion, items, unknown }: QuoteRow,
  lang: Lang,
): QuoteAnswer {
  const known = items.map((item): QuoteAnswer['items'][number] => ({
    ...presentQuoteItem(item, lang),
    state: item.basis.state as State,
    asOf: item.basis.asOf,
    policyId: item.basis.policyId,
    priceVersion: item.basis.priceVersion,
  }));
  const others = { state: null, asOf: createdAt, policyId: null, priceVersion: null };
  return {
    id,
    expiresAt,
    rulesVersion,
    items: merged(known, unknown, (instanceId) => ({
      ...presentQuoteItem(unknownItem(instanceId), lang),
      ...others,
    })),
  };
}

/** All of them in the order in which they were asked for. */
function merged<T>(known: T[], unknown: UnknownItem[], present: (instanceId: string) => T): T[] {
  const all = [...known];
  for (const { instanceId, position } of unknown) all.splice(position, 0, present(instanceId));
  return all;
}

export function presentTermination(row: TerminationRow, lang: Lang): TerminationAnswer {
  const { id, quoteId, action, schedule, status, agreedAt, agreedVia, rulesVersion, unknown } = row;
  const shown = (problem: ItemProblem) => presentProblem(new Problem(problem.code, problem), lang);
  const known = row.items.map(
    ({
      instanceId,
      status,
      schedule: own,
      refundId,
      releaseTime,
      problem,
    }): TerminationAnswer['items'][number] => ({
      instanceId,
      status,
      schedule: own,
      refundId,
      releaseTime,
      problem: problem && shown(problem),
    }),
  );
  const items = merged(known, unknown, (instanceId): TerminationAnswer['items'][number] => {
    const problem = shown({ code: 'UNKNOWN_INSTANCE', state: null });
    return { instanceId, status: 'refused', schedule, refundId: null, releaseTime: null, problem };
  });
  return { id, quoteId, action, schedule, status, agreedAt, agreedVia, rulesVersion, items };
}
