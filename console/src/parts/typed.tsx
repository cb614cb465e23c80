import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useWords } from '../words';

/** What can't be undone wants the id typed; of several, how many they are (L6). */
export function useTyped(ids: readonly string[]) {
  const { end } = useWords();
  const [typed, setTyped] = useState('');
  const wanted = ids.length === 1 ? ids[0]! : String(ids.length);
  const field = (
    <TextInput
      label={ids.length === 1 ? end.typeId(wanted) : end.typeCount(wanted)}
      value={typed}
      onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      autoComplete="off"
      spellCheck={false}
      data-autofocus
    />
  );
  return { field, isTyped: ids.length > 0 && typed.trim() === wanted };
}
