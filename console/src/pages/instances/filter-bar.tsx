import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { FacetsAnswer } from '../../../../contract/answers';
import { STATES } from '../../../../contract/states';
import { queries } from '../../api/queries';
import { useSession } from '../../app/session';
import { useWords } from '../../words';
import { type Filters, isFiltered } from './filters';
import css from './instances.module.css';

interface FilterBarProps {
  filters: Filters;
  narrow(next: Filters): void;
}

export function FilterBar({ filters, narrow }: FilterBarProps) {
  const words = useWords();
  const { list } = words;
  const { account } = useSession();
  const { data: facets } = useQuery(queries.facets(filters.account));
  const regions = optionsOf(facets?.region, filters.region);
  const products = optionsOf(facets?.product, filters.product);
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
        options={regions}
        value={filters.region}
        onChange={(value) => set('region', value)}
      />
      <Choice
        label={list.product}
        all={list.anyProduct}
        options={products}
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
        options={[
          ['scheduled', list.onlyScheduled],
          ['attention', list.onlyAttention],
        ]}
        value={FLAGS.find((name) => filters[name])}
        onChange={(value) => narrow(withFlag(filters, value))}
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

const FLAGS = ['scheduled', 'attention'] as const;

/** One of them, or neither. */
function withFlag({ scheduled: _, attention: __, ...others }: Filters, name: string): Filters {
  const flag = FLAGS.find((one) => one === name);
  return flag ? { ...others, [flag]: true } : others;
}

function withFilter(filters: Filters, name: keyof Filters, value: string | true): Filters {
  const { [name]: _, ...others } = filters;
  return value === '' ? others : { ...others, [name]: value };
}

/** With how many there are of each; what is chosen is offered also when there is none. */
function optionsOf(facet: FacetsAnswer['region'] = [], current: string | undefined): [string, string][] {
  const options = facet.map(({ value, count }): [string, string] => [value, `${value} (${count})`]);
  const isThere = current === undefined || options.some(([value]) => value === current);
  return isThere ? options : [...options, [current, current]];
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
