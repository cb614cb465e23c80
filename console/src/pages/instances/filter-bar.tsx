import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import type { InstanceAnswer } from '../../../../contract/answers';
import { useSession } from '../../app/session';
import { useWords } from '../../words';
import { type Filters, isFiltered, STATES } from './filters';
import css from './instances.module.css';

interface FilterBarProps {
  filters: Filters;
  /** What is there offers its own regions and products. */
  items: readonly InstanceAnswer[];
  narrow(next: Filters): void;
}

export function FilterBar({ filters, items, narrow }: FilterBarProps) {
  const words = useWords();
  const { list } = words;
  const { account } = useSession();
  const regions = useSeen(items, 'region', filters.region);
  const products = useSeen(items, 'product', filters.product);
  const set = (name: keyof Filters, value: string | true): void => narrow(withFilter(filters, name, value));
  return (
    <search className={css.filters} aria-label={list.search}>
      <Text
        label={list.search}
        placeholder={list.searchHint}
        value={filters.q}
        onChange={(value) => set('q', value)}
        isWide
      />
      <Choice
        label={list.region}
        all={list.anyRegion}
        options={regions.map((one) => [one, one])}
        value={filters.region}
        onChange={(value) => set('region', value)}
      />
      <Choice
        label={list.product}
        all={list.anyProduct}
        options={products.map((one) => [one, one])}
        value={filters.product}
        onChange={(value) => set('product', value)}
      />
      <Choice
        label={list.billing}
        all={list.anyBilling}
        options={Object.entries(words.billing)}
        value={filters.billing}
        onChange={(value) => set('billing', value)}
      />
      <Choice
        label={list.state}
        all={list.anyState}
        options={STATES.map((one) => [one, words.state[one]])}
        value={filters.state}
        onChange={(value) => set('state', value)}
      />
      <Choice
        label={list.attention}
        all={list.everything}
        options={[['scheduled', list.onlyScheduled]]}
        value={filters.scheduled ? 'scheduled' : undefined}
        onChange={(value) =>
          narrow(value ? { ...filters, scheduled: true } : withFilter(filters, 'scheduled', ''))
        }
      />
      {account === null && (
        <Text label={list.account} value={filters.account} onChange={(value) => set('account', value)} />
      )}
      {isFiltered(filters) && (
        <Button variant="subtle" size="xs" className={css.clear ?? ''} onClick={() => narrow({})}>
          {list.clear}
        </Button>
      )}
    </search>
  );
}

function withFilter(filters: Filters, name: keyof Filters, value: string | true): Filters {
  const { [name]: _, ...others } = filters;
  return value === '' ? others : { ...others, [name]: value };
}

/** Values that have been seen, also once the list is narrowed to one of them. */
function useSeen(
  items: readonly InstanceAnswer[],
  name: 'region' | 'product',
  current: string | undefined,
): string[] {
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    setSeen((before) => {
      const now = new Set([...before, ...items.map((item) => item[name]), ...(current ? [current] : [])]);
      return now.size === before.size ? before : now;
    });
  }, [items, name, current]);
  return [...seen].sort();
}

interface ChoiceProps {
  label: string;
  all: string;
  options: [string, string][];
  value: string | undefined;
  onChange(value: string): void;
}

const Choice = ({ label, all, options, value, onChange }: ChoiceProps) => (
  <NativeSelect
    label={label}
    size="xs"
    value={value ?? ''}
    onChange={({ currentTarget }) => onChange(currentTarget.value)}
    data={[{ value: '', label: all }, ...options.map(([key, text]) => ({ value: key, label: text }))]}
  />
);

interface TextProps {
  label: string;
  placeholder?: string;
  value: string | undefined;
  onChange(value: string): void;
  isWide?: boolean;
}

const TYPING_MS = 250;

function Text({ label, placeholder, value = '', onChange, isWide = false }: TextProps) {
  const [typed, setTyped] = useState(value);
  const tell = useDebouncedCallback(onChange, TYPING_MS);
  useEffect(() => setTyped(value), [value]);
  return (
    <TextInput
      {...(isWide ? { className: css.wide ?? '' } : {})}
      label={label}
      type="search"
      size="xs"
      {...(placeholder === undefined ? {} : { placeholder })}
      value={typed}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value);
        tell(currentTarget.value.trim());
      }}
    />
  );
}
