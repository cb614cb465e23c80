import { Radio, Stack } from '@mantine/core';

type Choice = { name: string; means: string };

interface ChoicesProps<All extends object> {
  label: string;
  choices: All & Readonly<Record<keyof All, Choice>>;
  value: keyof All & string;
  onChange: (value: keyof All & string) => void;
}

/** One of a few, each with what it means. */
export function Choices<All extends object>({ label, choices, value, onChange }: ChoicesProps<All>) {
  const names = Object.keys(choices) as (keyof All & string)[];
  return (
    <Radio.Group label={label} value={value} onChange={(next) => onChange(next as keyof All & string)}>
      <Stack gap="xs" mt="xs">
        {names.map((name) => (
          <Radio key={name} value={name} label={choices[name].name} description={choices[name].means} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
