/** What is to become of a step that a control plane does not bring to an end. */
import { useState } from 'react';
import { commandTo } from '../../../api/commands';
import { useCommand } from '../../../api/use-command';
import { Choices } from '../../../parts/choices';
import { Dialog } from '../../../parts/dialog';
import { Reason } from '../../../parts/reason';
import { useWords } from '../../../words';
import type { DialogOf } from './dialog-of';

export function Resolve({ instance, close }: DialogOf) {
  const { dialogs, attention } = useWords();
  const said = dialogs.resolve;
  const [action, setAction] = useState<keyof typeof said.actions>('retry');
  const [reason, setReason] = useState('');
  const resolving = useCommand(commandTo(instance.id, 'resolve'));
  const goal = attention.goals[instance.attention?.goal ?? instance.machine?.goal ?? 'stopped'];
  return (
    <Dialog
      title={said.title(instance.id)}
      close={close}
      command={resolving}
      isReady={reason.trim() !== ''}
      submit={() => resolving.mutate({ action, reason: reason.trim() }, { onSuccess: close })}
      label={said.submit[action]}
      {...(action === 'retry' ? {} : { color: 'ember' })}
    >
      <p>{said.lead(goal, instance.machine?.controlPlane ?? '–')}</p>
      {instance.attention?.message && <p>“{instance.attention.message}”</p>}
      <Choices label={said.what} choices={said.actions} value={action} onChange={setAction} />
      <Reason value={reason} onChange={setReason} />
    </Dialog>
  );
}
