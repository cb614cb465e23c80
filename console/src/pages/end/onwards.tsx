/** Back and on; a quote that is over is asked for again instead. */
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useNow } from '../../parts/now';
import { useWords } from '../../words';
import css from './end.module.css';
import { type StepProps, stepsOf } from './search';

interface OnwardsProps extends StepProps {
  isReady: boolean;
  /** What the last step does. */
  last?: ReactNode;
}

export function Onwards({ search, quote, go, isReady, last }: OnwardsProps) {
  const { end, common } = useWords();
  const steps = stepsOf(search.action);
  const at = steps.indexOf(search.step);
  const next = steps[at + 1];
  const isOver = Date.parse(quote.expiresAt) <= useNow();
  return (
    <div className={css.buttons}>
      <Button variant="default" onClick={() => go({ step: steps[at - 1] ?? 'how' })}>
        {common.back}
      </Button>
      {isOver && <Button onClick={() => go({ step: 'how' })}>{end.quoteAgain}</Button>}
      {!isOver && last}
      {!isOver && next && (
        <Button disabled={!isReady} onClick={() => go({ step: next })}>
          {common.next}: {end.steps[next]}
        </Button>
      )}
    </div>
  );
}
