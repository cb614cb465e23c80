/** With a key: as a page, or on top of one whose session has ended. */
import { Button, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { SessionAnswer } from '../../../../contract/sessions';
import { signIn } from '../../api/sign-in';
import { Modal } from '../../parts/modal';
import { Refusal, Sun } from '../../parts/states';
import { useLanguage } from '../../words';
import css from './sign-in.module.css';

interface SigningIn {
  onSignedIn(session: SessionAnswer): void;
}

export function SignIn(props: SigningIn) {
  const { words, lang, choose } = useLanguage();
  return (
    <main className={css.page}>
      <div className={css.sheet}>
        <div className={css.brand}>
          <Sun /> {words.product}
        </div>
        <h1>{words.signIn.title}</h1>
        <p className="quiet">{words.signIn.lead}</p>
        <KeyForm {...props} />
        <div className={css.foot}>
          <Button variant="subtle" size="compact-sm" onClick={() => choose(lang === 'en' ? 'zh' : 'en')}>
            {lang === 'en' ? '中文' : 'English'}
          </Button>
          <a href="/docs">{words.shell.docs}</a>
        </div>
      </div>
    </main>
  );
}

interface SignInAgainProps extends SigningIn {
  /** Missing: the session is over, and there is no other way on. */
  close?: () => void;
}

export function SignInAgain({ close, ...props }: SignInAgainProps) {
  const { words } = useLanguage();
  return (
    <Modal
      onClose={close ?? (() => {})}
      withCloseButton={close !== undefined}
      closeOnEscape={close !== undefined}
      closeOnClickOutside={false}
      title={close ? words.session.renew : words.signIn.again}
    >
      <p className="quiet">{words.signIn.againLead}</p>
      <KeyForm {...props} />
    </Modal>
  );
}

function KeyForm({ onSignedIn }: SigningIn) {
  const { words } = useLanguage();
  const [key, setKey] = useState('');
  const signing = useMutation({ mutationFn: signIn, onSuccess: onSignedIn });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    signing.mutate({ key: key.trim() });
  };
  return (
    <form onSubmit={submit} className={css.form}>
      <PasswordInput
        label={words.signIn.key}
        description={words.signIn.keyHint}
        value={key}
        onChange={({ currentTarget }) => setKey(currentTarget.value)}
        autoComplete="current-password"
        spellCheck={false}
        required
        withAsterisk={false}
        data-autofocus
        visibilityToggleButtonProps={{ 'aria-label': words.signIn.show }}
      />
      <Refusal error={signing.error} />
      <Button type="submit" loading={signing.isPending} disabled={key.trim() === ''}>
        {words.signIn.submit}
      </Button>
    </form>
  );
}
