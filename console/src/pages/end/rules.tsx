/** How refunds are reckoned and what is lost: read and agreed to (001-22, 001-23, L10). */
import { Checkbox } from '@mantine/core';
import { useState } from 'react';
import { Warnings } from '../../parts/blockers';
import { Sheet } from '../../parts/sheet';
import { useWords } from '../../words';
import css from './end.module.css';
import { noticesOf } from './notices';
import { Onwards } from './onwards';
import type { StepProps } from './search';

export function Rules(props: StepProps) {
  const { end } = useWords();
  const [isAgreed, setAgreed] = useState(false);
  return (
    <>
      <Sheet title={end.rules} note={props.quote.rulesVersion}>
        <ul className={css.rules}>
          {end.ruleTexts.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
        <Warnings warnings={noticesOf(props.quote)} />
        <Checkbox
          className={css.agree ?? ''}
          label={end.agree}
          checked={isAgreed}
          onChange={({ currentTarget }) => setAgreed(currentTarget.checked)}
        />
      </Sheet>
      <Onwards {...props} isReady={isAgreed} />
    </>
  );
}
