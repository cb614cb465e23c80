import { useState } from 'react';
import type { DriftAnswer } from '../../../../contract/drift';
import { decideDrift } from '../../api/commands';
import { useCommand } from '../../api/use-command';
import { Choices } from '../../parts/choices';
import { Dialog } from '../../parts/dialog';
import { Reason } from '../../parts/reason';
import { useWords } from '../../words';

/** The one that changes nothing is chosen first: adopting what is gone can't be undone. */
export function Decide({ drift, close }: { drift: DriftAnswer; close(): void }) {
  const { drift: said } = useWords();
  const [action, setAction] = useState<keyof typeof said.actions>('ignore');
  const [reason, setReason] = useState('');
  const deciding = useCommand(decideDrift(drift.id));
  return (
    <Dialog
      title={said.title(drift.instanceId)}
      close={close}
      command={deciding}
      isReady={reason.trim() !== ''}
      submit={() => deciding.mutate({ action, reason: reason.trim() }, { onSuccess: close })}
      label={said.submit[action]}
      {...(action === 'adopt' && !drift.found.exists ? { color: 'ember' } : {})}
    >
      <Choices label={said.what} choices={said.actions} value={action} onChange={setAction} />
      <Reason value={reason} onChange={setReason} />
    </Dialog>
  );
}
