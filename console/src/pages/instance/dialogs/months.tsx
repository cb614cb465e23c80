import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type Instance, queries } from '../../../api/queries';
import { formatMoney } from '../../../parts/format';
import { Refusal } from '../../../parts/states';
import { Time } from '../../../parts/time';
import { useLanguage } from '../../../words';

const OFFERED = [1, 2, 3, 6, 12, 24, 36];

interface MonthsProps {
  value: number;
  onChange(months: number): void;
  instance: Instance;
}

/** For how long, and what the service would debit the account for it. */
export function Months({ value, onChange, instance }: MonthsProps) {
  const { words, lang } = useLanguage();
  const said = words.dialogs.months;
  const { data: price, error } = useQuery(queries.renewalPrice(instance.id, value));
  return (
    <>
      <NativeSelect
        label={said.label}
        value={String(value)}
        onChange={({ currentTarget }) => onChange(Number(currentTarget.value))}
        data={OFFERED.map((months) => ({ value: String(months), label: said.count(months) }))}
      />
      {price && (
        <p>
          {said.price} <strong>{formatMoney(price.amount, price.currency, lang)}</strong> · {said.begins}{' '}
          <Time at={price.startsAt} />
        </p>
      )}
      <Refusal error={error} />
    </>
  );
}
