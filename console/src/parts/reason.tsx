import { Textarea } from '@mantine/core';
import { useWords } from '../words';

const MOST = 500;

interface ReasonProps {
  value: string;
  onChange(reason: string): void;
  error?: string | undefined;
  /** Where it is kept, for whoever looks later; default: in the timeline. */
  hint?: string;
}

export function Reason({ value, onChange, error, hint }: ReasonProps) {
  const { common } = useWords();
  return (
    <Textarea
      label={common.reason}
      description={hint ?? common.reasonHint}
      value={value}
      error={error}
      onChange={({ currentTarget }) => onChange(currentTarget.value.replace(/\s/g, ' '))}
      maxLength={MOST}
      required
      withAsterisk={false}
      data-autofocus
    />
  );
}
