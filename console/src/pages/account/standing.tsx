/** An account's standing, and how it is set: arrears and hold, always with the reason (E5). */
import { Checkbox } from '@mantine/core';
import { useState } from 'react';
import type { AccountAnswer } from '../../../../contract/answers';
import { putStanding } from '../../api/commands';
import { useCommand } from '../../api/use-command';
import { Dialog } from '../../parts/dialog';
import { byField } from '../../parts/field-errors';
import { Reason } from '../../parts/reason';
import { Tag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { useWords } from '../../words';
import css from './account.module.css';

/** How it stands, who has said so last, and why. */
export function Standing({ account: { arrears, hold, standing } }: { account: AccountAnswer }) {
  const { accounts } = useWords();
  return (
    <>
      {arrears && <Tag tone="ember">{accounts.arrears}</Tag>}{' '}
      {hold && <Tag tone="amber">{accounts.hold}</Tag>} {!arrears && !hold && accounts.good}
      {standing && (
        <small className={css.block}>
          {accounts.setBy(standing.by, standing.reason)} <Time at={standing.at} />
        </small>
      )}
    </>
  );
}

export function SetStanding({ account, close }: { account: AccountAnswer; close(): void }) {
  const { accounts, standing: said } = useWords();
  const [arrears, setArrears] = useState(account.arrears);
  const [hold, setHold] = useState(account.hold);
  const [reason, setReason] = useState('');
  const setting = useCommand(putStanding(account.account));
  // What is not changed is not sent: somebody else may be changing it.
  const changes = {
    ...(arrears === account.arrears ? {} : { arrears }),
    ...(hold === account.hold ? {} : { hold }),
  };
  const body = { ...changes, reason: reason.trim() };
  const { at, rest } = byField(setting, { reason: body.reason });
  return (
    <Dialog
      title={said.title(account.account)}
      close={close}
      command={{ isPending: setting.isPending, error: rest }}
      isReady={reason.trim() !== '' && Object.keys(changes).length > 0}
      submit={() => setting.mutate(body, { onSuccess: close })}
      label={said.submit}
    >
      <Checkbox
        label={accounts.arrears}
        description={said.arrearsMeans}
        checked={arrears}
        onChange={({ currentTarget }) => setArrears(currentTarget.checked)}
      />
      <Checkbox
        label={said.hold}
        description={said.holdMeans}
        checked={hold}
        onChange={({ currentTarget }) => setHold(currentTarget.checked)}
      />
      <Reason value={reason} onChange={setReason} error={at.reason} hint={said.reasonHint} />
    </Dialog>
  );
}
