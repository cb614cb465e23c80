import { useState } from 'react';
import { commandTo } from '../../../api/commands';
import { useCommand } from '../../../api/use-command';
import { Dialog } from '../../../parts/dialog';
import { Time } from '../../../parts/time';
import { defaultWhen, When } from '../../../parts/when';
import { useWords } from '../../../words';
import type { DialogOf } from './dialog-of';

export function Reschedule({ instance, close }: DialogOf) {
  const { dialogs, end } = useWords();
  const [at, setAt] = useState(instance.termination?.at ?? defaultWhen());
  const moving = useCommand(commandTo(instance.id, 'reschedule'));
  return (
    <Dialog
      title={dialogs.reschedule.title(instance.id)}
      close={close}
      command={moving}
      submit={() => moving.mutate({ at }, { onSuccess: close })}
      label={dialogs.reschedule.submit}
    >
      {instance.termination && (
        <p>
          {dialogs.reschedule.was} <Time at={instance.termination.at} />
        </p>
      )}
      <When value={at} onChange={setAt} label={end.at} />
    </Dialog>
  );
}
