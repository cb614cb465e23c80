/** What is asked before something is done: what it means, the answer, and what became of it. */
import { Button } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { useWords } from '../words';
import css from './dialog.module.css';
import { Modal } from './modal';
import { Refusal } from './states';

interface DialogProps {
  title: string;
  close(): void;
  /** Of the write that is asked for. */
  command: { isPending: boolean; error: Error | null };
  submit(): void;
  label: string;
  color?: string;
  isReady?: boolean;
  children: ReactNode;
}

export function Dialog({
  title,
  close,
  command,
  submit,
  label,
  color,
  isReady = true,
  children,
}: DialogProps) {
  const { common } = useWords();
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (isReady) submit();
  };
  return (
    <Modal onClose={close} title={title}>
      <form onSubmit={onSubmit} className={css.form}>
        {children}
        <Refusal error={command.error} />
        <div className={css.buttons}>
          <Button variant="default" onClick={close}>
            {common.cancel}
          </Button>
          <Button type="submit" loading={command.isPending} disabled={!isReady} {...(color ? { color } : {})}>
            {label}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
