import { Textarea } from '@mantine/core';
import { useWords } from '../words';

const MOST = 500;

/** Why: it stands in the timeline, for whoever looks later. */
export function Reason({ value, onChange }: { value: string; onChange(reason: string): void }) {
  const { common } = useWords();
  return (
    <Textarea
      label={common.reason}
      description={common.reasonHint}
      value={value}
      onChange={({ currentTarget }) => onChange(currentTarget.value.replace(/\s/g, ' '))}
      maxLength={MOST}
      required
      withAsterisk={false}
      data-autofocus
    />
  );
}
