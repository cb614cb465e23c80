/** The documents' cases computed here, by the service's own code: change a number, and see what becomes of them. */
import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { type Example, tryCurve, tryExample } from '../../../../contract/playground';
import type { PolicyAnswer } from '../../../../contract/policies';
import { formatMoney } from '../../parts/format';
import { Scroll } from '../../parts/scroll';
import { Sheet } from '../../parts/sheet';
import { Tag } from '../../parts/tags';
import { Curve } from '../../pictures/curve';
import { useLanguage, useWords } from '../../words';
import { asWritten, isSound, type Numbers, withNumbers } from './numbers';
import css from './policies.module.css';

export function Playground({ policy }: { policy: PolicyAnswer }) {
  const { policies } = useWords();
  const [numbers, setNumbers] = useState<Numbers>(() => asWritten(policy));
  const [chosen, setChosen] = useState(0);
  // Of what is half typed nothing is computed.
  const sound = isSound(numbers);
  const rules = useMemo(
    () => withNumbers(policy, sound ? numbers : asWritten(policy)),
    [policy, numbers, sound],
  );
  const example = rules.examples[chosen];
  return (
    <Sheet title={policies.playground} note={policies.playgroundNote}>
      {policy.returns && <Fields numbers={numbers} onChange={setNumbers} policy={policy} />}
      <Cases rules={rules} chosen={chosen} choose={setChosen} />
      {example?.action === 'return' && policy.returns && <Waiting rules={rules} example={example} />}
    </Sheet>
  );
}

interface FieldsProps {
  numbers: Numbers;
  onChange(numbers: Numbers): void;
  policy: PolicyAnswer;
}

function Fields({ numbers, onChange, policy }: FieldsProps) {
  const { policies } = useWords();
  const field = (name: 'hour' | 'month' | 'rate6' | 'rate12' | 'fee') => (
    <TextInput
      key={name}
      size="xs"
      label={policies.fields[name]}
      value={numbers[name]}
      inputMode="decimal"
      error={/^\d+(\.\d{1,10})?$/.test(numbers[name]) ? null : policies.notANumber}
      onChange={({ currentTarget }) => onChange({ ...numbers, [name]: currentTarget.value.trim() })}
    />
  );
  return (
    <div className={css.fields}>
      {(['hour', 'month', 'rate6', 'rate12', 'fee'] as const).map(field)}
      <NativeSelect
        size="xs"
        label={policies.fields.network}
        value={numbers.networkUsage}
        data={['hourly', 'months-then-hourly']}
        onChange={({ currentTarget }) =>
          onChange({ ...numbers, networkUsage: currentTarget.value as Numbers['networkUsage'] })
        }
      />
      <Checkbox
        label={policies.fields.cap}
        checked={numbers.capPartMonth}
        onChange={({ currentTarget }) => onChange({ ...numbers, capPartMonth: currentTarget.checked })}
      />
      <Button variant="subtle" size="xs" onClick={() => onChange(asWritten(policy))}>
        {policies.reset}
      </Button>
    </div>
  );
}

interface CasesProps {
  rules: PolicyAnswer;
  chosen: number;
  choose(index: number): void;
}

function Cases({ rules, chosen, choose }: CasesProps) {
  const { words, lang } = useLanguage();
  const { policies } = words;
  return (
    <Scroll label={policies.playground}>
      <table>
        <thead>
          <tr>
            <th scope="col">{policies.rule}</th>
            <th scope="col">{policies.example}</th>
            <th scope="col" className="num">
              {policies.document}
            </th>
            <th scope="col" className="num">
              {policies.computed}
            </th>
          </tr>
        </thead>
        <tbody>
          {rules.examples.map((example, index) => {
            const { permitted, refund, blockers } = tryExample(rules, example, lang);
            const money = (amount: string | undefined) =>
              amount === undefined ? '–' : formatMoney(amount, refund.currency, lang);
            const isSame =
              permitted === example.expected.permitted &&
              (example.expected.amount ?? refund.amount) === refund.amount;
            return (
              <tr
                key={`${example.rule} ${example.title}`}
                className={index === chosen ? css.chosen : undefined}
              >
                <td>
                  <button
                    type="button"
                    className={css.pick}
                    aria-pressed={index === chosen}
                    onClick={() => choose(index)}
                  >
                    {example.rule}
                  </button>
                </td>
                <td>{example.title}</td>
                <td className="num">
                  {example.expected.permitted
                    ? money(example.expected.amount)
                    : example.expected.blockers?.join(', ')}
                </td>
                <td className="num">
                  {permitted ? money(refund.amount) : blockers.map(({ code }) => code).join(', ')}{' '}
                  <Tag tone={isSame ? 'moss' : 'amber'}>{isSame ? policies.same : policies.other}</Tag>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

function Waiting({ rules, example }: { rules: PolicyAnswer; example: Example }) {
  const { lang } = useLanguage();
  const { policies } = useWords();
  const curve = useMemo(() => tryCurve(rules, example, lang), [rules, example, lang]);
  if (!curve.permitted) return null;
  return (
    <div className={css.waiting}>
      <h3>{policies.waiting(example.rule)}</h3>
      <Curve curve={curve} />
    </div>
  );
}
