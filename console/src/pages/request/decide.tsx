import { useState } from 'react';
import type { RefundRequestAnswer } from '../../../../contract/answers';
import { approveRequest, denyRequest } from '../../api/commands';
import { useCommand } from '../../api/use-command';
import { Dialog } from '../../parts/dialog';
import { formatMoney } from '../../parts/format';
import { Reason } from '../../parts/reason';
import { useLanguage, useWords } from '../../words';

interface Deciding {
  request: RefundRequestAnswer;
  close(): void;
}

/** For the amount that was seen, as of when it was seen: if it is another one by now, it is refused. */
export function Approve({ request, close }: Deciding) {
  const { words, lang } = useLanguage();
  const { requests: said } = words;
  const [reason, setReason] = useState('');
  // What is approved is what stood there when the dialog was opened.
  const [seen] = useState(request.now);
  const approving = useCommand(approveRequest(request.id));
  const amount = seen?.refund.amount;
  if (!seen || amount === undefined) return null;
  return (
    <Dialog
      title={said.approveTitle(formatMoney(amount, seen.refund.currency, lang))}
      close={close}
      command={approving}
      isReady={reason.trim() !== ''}
      submit={() =>
        approving.mutate({ reason: reason.trim(), amount, asOf: seen.asOf }, { onSuccess: close })
      }
      label={said.approve}
    >
      <p>{said.approveLead(request.instanceId)}</p>
      <Reason value={reason} onChange={setReason} />
    </Dialog>
  );
}

export function Deny({ request, close }: Deciding) {
  const { requests: said } = useWords();
  const [reason, setReason] = useState('');
  const denying = useCommand(denyRequest(request.id));
  return (
    <Dialog
      title={said.denyTitle(request.instanceId)}
      close={close}
      command={denying}
      isReady={reason.trim() !== ''}
      submit={() => denying.mutate({ reason: reason.trim() }, { onSuccess: close })}
      label={said.deny}
      color="ember"
    >
      <p>{said.denyLead}</p>
      <Reason value={reason} onChange={setReason} />
    </Dialog>
  );
}
