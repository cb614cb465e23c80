import { NativeSelect } from '@mantine/core';
import { useWords } from '../words';

const OFFERED = [1, 2, 3, 6, 12, 24, 36];

/** For how long something is renewed. */
export function MonthsOnly({ value, onChange }: { value: number; onChange(months: number): void }) {
  const { months } = useWords().dialogs;
  return (
    <NativeSelect
      label={months.label}
      value={String(value)}
      onChange={({ currentTarget }) => onChange(Number(currentTarget.value))}
      data={OFFERED.map((count) => ({ value: String(count), label: months.count(count) }))}
    />
  );
}
