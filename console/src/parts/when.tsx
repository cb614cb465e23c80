/** An instant by its wall time, in the reader's zone or the contract's; the other one is shown beside it. */
import { NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useLanguage } from '../words';
import { CONTRACT_ZONE, formatExactly, VIEWER_ZONE } from './format';
import css from './when.module.css';
import { instantOf, wallTimeOf } from './zones';

const HOUR = 3_600_000;

/** Tomorrow at the full hour. */
export const defaultWhen = (): string => new Date((Math.floor(Date.now() / HOUR) + 24) * HOUR).toISOString();

interface WhenProps {
  value: string;
  onChange(instant: string): void;
  label: string;
}

export function When({ value, onChange, label }: WhenProps) {
  const { words, lang } = useLanguage();
  const [zone, setZone] = useState(VIEWER_ZONE);
  const zones = [...new Set([VIEWER_ZONE, CONTRACT_ZONE])];
  const other = zones.find((one) => one !== zone);
  return (
    <div className={css.when}>
      <TextInput
        type="datetime-local"
        step={1}
        label={label}
        value={wallTimeOf(value, zone)}
        onChange={({ currentTarget }) =>
          currentTarget.value && onChange(instantOf(currentTarget.value, zone))
        }
      />
      <NativeSelect
        label={words.end.zone}
        value={zone}
        onChange={({ currentTarget }) => setZone(currentTarget.value)}
        data={zones.map((one) => ({
          value: one,
          label: one === CONTRACT_ZONE ? `${one} · ${words.instance.contractZone}` : one,
        }))}
      />
      {other && <p className={css.other}>= {formatExactly(Date.parse(value), lang, other)}</p>}
    </div>
  );
}
