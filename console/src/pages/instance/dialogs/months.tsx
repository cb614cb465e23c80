import { NativeSelect } from '@mantine/core';
import type { Instance } from '../../../api/queries';
import { formatMoney } from '../../../parts/format';
import { useLanguage } from '../../../words';

const OFFERED = [1, 2, 3, 6, 12, 24, 36];

interface MonthsProps {
  value: number;
  onChange(months: number): void;
  instance: Instance;
}

/** For how long, beside the monthly price: the service reckons with the discount and debits the account. */
export function Months({ value, onChange, instance }: MonthsProps) {
  const { words, lang } = useLanguage();
  const prices = instance.priceChanges?.at(-1)?.prices ?? instance.prices;
  const price = prices?.month && words.facts.aMonth(formatMoney(prices.month, prices.currency, lang));
  return (
    <NativeSelect
      label={words.dialogs.months.label}
      description={price ? words.dialogs.months.price(price) : words.dialogs.months.noPrice}
      value={String(value)}
      onChange={({ currentTarget }) => onChange(Number(currentTarget.value))}
      data={OFFERED.map((months) => ({ value: String(months), label: words.dialogs.months.count(months) }))}
    />
  );
}
