/** Sandbox: moves this instance's clock ahead, over its durable timers, without waiting. */
import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { commandTo } from '../../../api/commands';
import type { Instance } from '../../../api/queries';
import { useCommand } from '../../../api/use-command';
import { Dialog } from '../../../parts/dialog';
import { formatSpan } from '../../../parts/format';
import { useNow } from '../../../parts/now';
import { useWords } from '../../../words';
import css from '../instance.module.css';
import type { DialogOf } from './dialog-of';

const HOUR = 3600;
const PRESETS = [HOUR, 24 * HOUR, 7 * 24 * HOUR, 30 * 24 * HOUR];

export function Skip({ instance, close }: DialogOf) {
  const words = useWords();
  const { dialogs } = words;
  const [chosen, choose] = useState<number | 'next'>(24 * HOUR);
  const skipping = useCommand(commandTo(instance.id, 'fast-forward'));
  const left = secondsToNext(instance, useNow());
  // Its next timer comes nearer while it is looked at.
  const seconds = chosen === 'next' ? (left ?? 0) : chosen;
  const offered = left === null ? PRESETS : (['next', ...PRESETS] as const);
  return (
    <Dialog
      title={dialogs.skip.title(instance.id)}
      close={close}
      command={skipping}
      isReady={seconds > 0}
      submit={() => skipping.mutate({ duration: `PT${seconds}S` }, { onSuccess: close })}
      label={dialogs.skip.submit(formatSpan(seconds * 1000, words))}
    >
      <p>{dialogs.skip.lead}</p>
      <div className={css.commands}>
        {offered.map((one) => (
          <Button
            key={one}
            size="xs"
            variant={one === chosen ? 'filled' : 'default'}
            aria-pressed={one === chosen}
            onClick={() => choose(one)}
          >
            {one === 'next' ? dialogs.skip.toNext : formatSpan(one * 1000, words)}
          </Button>
        ))}
      </div>
      <TextInput
        type="number"
        min={1}
        label={dialogs.skip.seconds}
        value={String(seconds)}
        onChange={({ currentTarget }) => choose(Number(currentTarget.value))}
      />
    </Dialog>
  );
}

/** A second past its next timer; null: it waits for nothing. */
function secondsToNext(
  { purgeTime, termination, expiresAt, ahead, state }: Instance,
  now: number,
): number | null {
  const at = purgeTime ?? termination?.at ?? (state === 'running' || state === 'stopped' ? expiresAt : null);
  return at === null ? null : Math.max(Math.ceil((Date.parse(at) - now - ahead) / 1000) + 1, 1);
}
