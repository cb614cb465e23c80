/** What can be done with all that is selected; it stays in sight. */
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../words';
import css from './batch-bar.module.css';

interface BatchBarProps {
  count: number;
  clear(): void;
  /** A button for each thing that can be done. */
  children: ReactNode;
}

export function BatchBar({ count, clear, children }: BatchBarProps) {
  const { list } = useWords();
  if (count === 0) return null;
  return (
    <section className={css.batch} aria-label={list.selected(count)}>
      <strong>{list.selected(count)}</strong>
      {children}
      <Button variant="subtle" onClick={clear}>
        {list.unselect}
      </Button>
    </section>
  );
}
