/** What keeps an instance from being ended: protection and holds, with the reason. */
import { Checkbox } from '@mantine/core';
import { useState } from 'react';
import { commandTo, putHold } from '../../../api/commands';
import { useCommand } from '../../../api/use-command';
import { useSession } from '../../../app/session';
import { Dialog } from '../../../parts/dialog';
import { Reason } from '../../../parts/reason';
import { useWords } from '../../../words';
import type { DialogOf } from './dialog-of';

export function Protect({ instance, close }: DialogOf) {
  const { dialogs } = useWords();
  const { may } = useSession();
  const [reason, setReason] = useState('');
  const [holdRelease, setHoldRelease] = useState(false);
  const protecting = useCommand(commandTo(instance.id, 'protect'));
  return (
    <Dialog
      title={dialogs.protect.title(instance.id)}
      close={close}
      command={protecting}
      isReady={reason.trim() !== ''}
      submit={() => protecting.mutate({ reason: reason.trim(), holdRelease }, { onSuccess: close })}
      label={dialogs.protect.submit}
    >
      <p>{dialogs.protect.lead}</p>
      <Reason value={reason} onChange={setReason} />
      {may('hold') && (
        <Checkbox
          label={dialogs.protect.legalHold}
          description={dialogs.protect.legalHoldMeans}
          checked={holdRelease}
          onChange={({ currentTarget }) => setHoldRelease(currentTarget.checked)}
        />
      )}
    </Dialog>
  );
}

export function Unprotect({ instance, close }: DialogOf) {
  const { dialogs } = useWords();
  const [reason, setReason] = useState('');
  const lifting = useCommand(commandTo(instance.id, 'unprotect'));
  return (
    <Dialog
      title={dialogs.unprotect.title(instance.id)}
      close={close}
      command={lifting}
      isReady={reason.trim() !== ''}
      submit={() => lifting.mutate({ reason: reason.trim() }, { onSuccess: close })}
      label={dialogs.unprotect.submit}
    >
      <p>{dialogs.unprotect.lead}</p>
      <Reason value={reason} onChange={setReason} />
    </Dialog>
  );
}

/** Puts a hold, or lifts the one that is there. */
export function Hold({ instance, close }: DialogOf) {
  const { dialogs } = useWords();
  const [reason, setReason] = useState('');
  const holding = useCommand(putHold(instance.id));
  const said = instance.hold ? dialogs.unhold : dialogs.hold;
  return (
    <Dialog
      title={said.title(instance.id)}
      close={close}
      command={holding}
      isReady={reason.trim() !== ''}
      submit={() =>
        holding.mutate({ hold: instance.hold === null, reason: reason.trim() }, { onSuccess: close })
      }
      label={said.submit}
    >
      <p>{said.lead}</p>
      <Reason value={reason} onChange={setReason} />
    </Dialog>
  );
}
