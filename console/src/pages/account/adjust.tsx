/** A deposit, a withdrawal or a credit: what it is, why, and what it makes of the balance before it is booked. */
import { NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { AccountAnswer } from '../../../../contract/answers';
import { adjustBalance } from '../../api/commands';
import { useCommand } from '../../api/use-command';
import { isAmount, minus, plus, zeroOf } from '../../parts/amounts';
import { Choices } from '../../parts/choices';
import { Dialog } from '../../parts/dialog';
import { byField } from '../../parts/field-errors';
import { formatMoney } from '../../parts/format';
import { Reason } from '../../parts/reason';
import { useLanguage } from '../../words';
import css from './account.module.css';

export const SOURCES = ['cash', 'gift', 'income'] as const;
type Source = (typeof SOURCES)[number];

/** Told at the field that has to be another. */
const CODES = { BALANCE_TOO_LOW: 'amount', REFERENCE_USED: 'reference' } as const;
const ALERT = { role: 'alert' };

interface AdjustProps {
  account: AccountAnswer;
  close(): void;
}

export function Adjust({ account: { account, balances }, close }: AdjustProps) {
  const { words, lang } = useLanguage();
  const { adjust, source: sources } = words;
  const [kind, setKind] = useState<keyof typeof adjust.kinds>('deposit');
  const [source, setSource] = useState<Source>('cash');
  const [currency, setCurrency] = useState(balances[0]?.currency ?? 'CNY');
  const [amount, setAmount] = useState('');
  const [reference, setReference] = useState('');
  const [reason, setReason] = useState('');
  const adjusting = useCommand(adjustBalance(account));
  const body = { kind, source, currency, amount, reference: reference.trim(), reason: reason.trim() };
  const { at, rest } = byField(adjusting, body, CODES);
  const before = balances.find((one) => one.currency === currency)?.[source] ?? zeroOf(currency);
  const after = isAmount(amount) ? (kind === 'withdrawal' ? minus : plus)(before, amount) : undefined;
  const tooMuch = after?.startsWith('-')
    ? adjust.tooMuch(formatMoney(before, currency, lang), sources[source])
    : undefined;
  const isReady =
    [amount, currency, reference, reason].every((one) => one.trim() !== '') && tooMuch === undefined;
  const submit = (): void => adjusting.mutate(body, { onSuccess: close });
  return (
    <Dialog
      title={adjust.title(account)}
      close={close}
      command={{ isPending: adjusting.isPending, error: rest }}
      isReady={isReady}
      submit={submit}
      label={adjust.kinds[kind].submit}
    >
      <Choices label={adjust.kind} choices={adjust.kinds} value={kind} onChange={setKind} />
      <div className={css.money}>
        <TextInput
          label={words.common.amount}
          inputMode="decimal"
          value={amount}
          error={tooMuch ?? at.amount}
          errorProps={ALERT}
          onChange={({ currentTarget }) => setAmount(currentTarget.value.trim())}
          autoComplete="off"
          data-autofocus
        />
        <TextInput
          label={adjust.currency}
          value={currency}
          error={at.currency}
          errorProps={ALERT}
          maxLength={3}
          onChange={({ currentTarget }) => setCurrency(currentTarget.value.trim().toUpperCase())}
          autoComplete="off"
          spellCheck={false}
        />
        <NativeSelect
          label={adjust.source}
          value={source}
          error={at.source}
          onChange={({ currentTarget }) => setSource(currentTarget.value as Source)}
          data={SOURCES.map((one) => ({ value: one, label: sources[one] }))}
        />
      </div>
      <TextInput
        label={adjust.reference}
        description={adjust.referenceHint}
        value={reference}
        error={at.reference}
        errorProps={ALERT}
        onChange={({ currentTarget }) => setReference(currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
      />
      <Reason value={reason} onChange={setReason} error={at.reason} hint={adjust.reasonHint} />
      <p className={css.effect} aria-live="polite">
        {adjust.balance(sources[source])} <span className="num">{formatMoney(before, currency, lang)}</span>
        {after !== undefined && (
          <>
            {' → '}
            <strong className="num">{formatMoney(after, currency, lang)}</strong>
          </>
        )}
      </p>
    </Dialog>
  );
}
