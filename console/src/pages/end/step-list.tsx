import { useQuery } from '@tanstack/react-query';
import { queries } from '../../api/queries';
import { formatClock, formatSpan } from '../../parts/format';
import { useNow } from '../../parts/now';
import { useLanguage, useWords } from '../../words';
import css from './end.module.css';
import type { Step } from './search';

export function StepList({ steps, now }: { steps: readonly Step[]; now: Step }) {
  const { end } = useWords();
  const at = steps.indexOf(now);
  return (
    <ol className={css.steps}>
      {steps.map((step, index) => (
        <li
          key={step}
          className={index < at ? css.done : undefined}
          aria-current={step === now ? 'step' : undefined}
        >
          <span aria-hidden="true">{index < at ? '✓' : index + 1}</span>
          {end.steps[step]}
        </li>
      ))}
    </ol>
  );
}

/** Nothing has happened yet, and until when what is shown is what would. */
export function QuoteNote({ id }: { id: string }) {
  const { words, lang } = useLanguage();
  const { data: quote } = useQuery({ ...queries.quote(id), staleTime: Number.POSITIVE_INFINITY });
  const now = useNow();
  if (!quote) return words.end.nothingYet;
  const until = Date.parse(quote.expiresAt);
  return until > now
    ? words.end.binds(formatClock(until, lang), formatSpan(until - now, words))
    : words.end.expired;
}
