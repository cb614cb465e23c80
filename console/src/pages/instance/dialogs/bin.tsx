/** The ways out of the recycle bin: back with what it needs, or for good. */
import { useState } from 'react';
import { commandTo, undoRefund } from '../../../api/commands';
import { queries } from '../../../api/queries';
import { useCommand } from '../../../api/use-command';
import { Dialog } from '../../../parts/dialog';
import { Fates } from '../../../parts/fates';
import { formatMoney } from '../../../parts/format';
import { InstanceFacts } from '../../../parts/instance-facts';
import { useList } from '../../../parts/list';
import { Reason } from '../../../parts/reason';
import { useTyped } from '../../../parts/typed';
import { useLanguage, useWords } from '../../../words';
import type { DialogOf } from './dialog-of';
import { Months } from './months';

/** A prepaid one comes back with a paid renewal (001-03), one by the hour as it was (001-08). */
export function Restore({ instance, close }: DialogOf) {
  const { dialogs } = useWords();
  const [months, setMonths] = useState(1);
  const restoring = useCommand(commandTo(instance.id, 'restore'));
  const needsRenewal = instance.billing === 'prepaid';
  return (
    <Dialog
      title={dialogs.restore.title(instance.id)}
      close={close}
      command={restoring}
      submit={() => restoring.mutate(needsRenewal ? { renewal: { months } } : {}, { onSuccess: close })}
      label={needsRenewal ? dialogs.restore.withRenewal : dialogs.restore.submit}
    >
      <p>{needsRenewal ? dialogs.restore.prepaid : dialogs.restore.postpaid}</p>
      {needsRenewal && <Months value={months} onChange={setMonths} instance={instance} />}
    </Dialog>
  );
}

/** Can't be undone: the id is typed (L6). */
export function Purge({ instance, close }: DialogOf) {
  const { dialogs } = useWords();
  const { field, isTyped } = useTyped([instance.id]);
  const purging = useCommand(commandTo(instance.id, 'purge'));
  return (
    <Dialog
      title={dialogs.purge.title(instance.id)}
      close={close}
      command={purging}
      isReady={isTyped}
      submit={() => purging.mutate({ confirm: instance.id }, { onSuccess: close })}
      label={dialogs.purge.submit}
      color="ember"
    >
      <p>{dialogs.purge.lead}</p>
      <InstanceFacts instance={instance} />
      {instance.atRelease && <Fates fates={instance.atRelease} />}
      {field}
    </Dialog>
  );
}

/** Takes the return back: the money, the right and the orders (M20). */
export function Undo({ instance, close }: DialogOf) {
  const { words, lang } = useLanguage();
  const { dialogs } = words;
  const [reason, setReason] = useState('');
  const { data: refunds } = useList(queries.refunds({ instanceId: instance.id, status: 'done' }));
  const refund = refunds?.[0];
  const undoing = useCommand(undoRefund(refund?.id ?? ''));
  return (
    <Dialog
      title={dialogs.undo.title(instance.id)}
      close={close}
      command={undoing}
      isReady={refund !== undefined && reason.trim() !== ''}
      submit={() => undoing.mutate({ reason: reason.trim() }, { onSuccess: close })}
      label={dialogs.undo.submit}
    >
      <p>{dialogs.undo.lead(refund ? formatMoney(refund.amount, refund.currency, lang) : '…')}</p>
      <Reason value={reason} onChange={setReason} />
    </Dialog>
  );
}
