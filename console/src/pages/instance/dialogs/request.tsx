/** Asks for a refund that self-service refuses; somebody else decides (001-16, E5). */
import { Radio } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { askForRefund } from '../../../api/commands';
import { useCommand } from '../../../api/use-command';
import { Dialog } from '../../../parts/dialog';
import { Reason } from '../../../parts/reason';
import { useWords } from '../../../words';
import type { DialogOf } from './dialog-of';

type Action = 'return' | 'return-renewals';

export function Request({ instance, close }: DialogOf) {
  const { dialogs, action: actions } = useWords();
  const [reason, setReason] = useState('');
  const [action, setAction] = useState<Action>('return');
  const navigate = useNavigate();
  const asking = useCommand(askForRefund);
  const hasRenewals = instance.orders.some(({ kind, status }) => kind === 'renewal' && status === 'future');
  return (
    <Dialog
      title={dialogs.request.title(instance.id)}
      close={close}
      command={asking}
      isReady={reason.trim() !== ''}
      submit={() =>
        asking.mutate(
          { instanceId: instance.id, action, reason: reason.trim() },
          { onSuccess: ({ id }) => void navigate({ to: '/requests/$id', params: { id } }) },
        )
      }
      label={dialogs.request.submit}
    >
      <p>{dialogs.request.lead}</p>
      {hasRenewals && (
        <Radio.Group
          value={action}
          onChange={(value) => setAction(value as Action)}
          label={dialogs.request.what}
        >
          <Radio value="return" label={actions.return} mt={8} />
          <Radio value="return-renewals" label={actions['return-renewals']} mt={8} />
        </Radio.Group>
      )}
      <Reason value={reason} onChange={setReason} />
    </Dialog>
  );
}
