import { useQuery } from '@tanstack/react-query';
import { type Instance, queries } from '../../../api/queries';
import { formatMoney } from '../../../parts/format';
import { MonthsOnly } from '../../../parts/months-only';
import { Refusal } from '../../../parts/states';
import { Time } from '../../../parts/time';
import { useLanguage } from '../../../words';

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
      <MonthsOnly value={value} onChange={onChange} />
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
