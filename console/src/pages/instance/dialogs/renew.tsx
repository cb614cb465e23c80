import { useState } from 'react';
import { commandTo } from '../../../api/commands';
import { useCommand } from '../../../api/use-command';
import { Dialog } from '../../../parts/dialog';
import { useWords } from '../../../words';
import type { DialogOf } from './dialog-of';
import { Months } from './months';

export function Renew({ instance, close }: DialogOf) {
  const { dialogs } = useWords();
  const [months, setMonths] = useState(1);
  const renewing = useCommand(commandTo(instance.id, 'orders'));
  return (
    <Dialog
      title={dialogs.renew.title(instance.id)}
      close={close}
      command={renewing}
      submit={() => renewing.mutate({ kind: 'renewal', months }, { onSuccess: close })}
      label={dialogs.renew.submit}
    >
      <p>{dialogs.renew.lead}</p>
      <Months value={months} onChange={setMonths} instance={instance} />
    </Dialog>
  );
}
