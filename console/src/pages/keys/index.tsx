/** Keys of callers: who has which, made and revoked. What is secret of a new one is shown once. */
import { Button, Checkbox, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import type { KeyAnswer, NewKeyAnswer } from '../../../../contract/keys';
import { makeKey, revokeKey } from '../../api/commands';
import { queries } from '../../api/queries';
import { useCommand } from '../../api/use-command';
import { type Permission, useSession } from '../../app/session';
import { Dialog } from '../../parts/dialog';
import { List, useList } from '../../parts/list';
import { Modal } from '../../parts/modal';
import { PageHead } from '../../parts/page-head';
import { Tag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { useWords } from '../../words';
import css from './keys.module.css';

export function Keys() {
  const { pages, keys, common, shell } = useWords();
  const result = useList(queries.keys());
  const [isMaking, making] = useDisclosure();
  const [revoking, setRevoking] = useState<KeyAnswer | null>(null);
  return (
    <>
      <PageHead
        title={pages.keys}
        lead={keys.lead}
        actions={<Button onClick={making.open}>{keys.make} …</Button>}
      />
      <List
        label={pages.keys}
        result={result}
        keyOf={({ id }) => id}
        empty={keys.empty}
        columns={[
          { head: keys.name, cell: ({ name }) => name },
          { head: common.account, cell: ({ account }) => account ?? shell.allAccounts },
          { head: keys.permissions, cell: ({ permissions }) => <small>{permissions.join(', ')}</small> },
          { head: keys.made, cell: ({ createdAt }) => <Time at={createdAt} /> },
          {
            head: common.status,
            cell: (key) =>
              key.revokedAt ? (
                <Tag>{keys.revoked}</Tag>
              ) : (
                <Button size="xs" variant="outline" color="ember" onClick={() => setRevoking(key)}>
                  {keys.revoke} …
                </Button>
              ),
          },
        ]}
      />
      {isMaking && <NewKey close={making.close} />}
      {revoking && <Revoke of={revoking} close={() => setRevoking(null)} />}
    </>
  );
}

function Revoke({ of, close }: { of: KeyAnswer; close(): void }) {
  const { keys } = useWords();
  const revoking = useCommand(revokeKey(of.id));
  return (
    <Dialog
      title={keys.revokeTitle(of.name)}
      close={close}
      command={revoking}
      submit={() => revoking.mutate({}, { onSuccess: close })}
      label={keys.revoke}
      color="ember"
    >
      <p>{keys.revokeLead}</p>
    </Dialog>
  );
}

function NewKey({ close }: { close(): void }) {
  const { keys } = useWords();
  const session = useSession();
  const [account, setAccount] = useState(session.account ?? '');
  const [name, setName] = useState('');
  const [permissions, setPermissions] = useState<string[]>(['read']);
  const making = useCommand(makeKey);
  if (making.data) return <Shown made={making.data} close={close} />;
  return (
    <Dialog
      title={keys.make}
      close={close}
      command={making}
      isReady={name !== '' && permissions.length > 0}
      submit={() =>
        making.mutate({
          account: account === '' ? null : account,
          name,
          permissions: permissions as Permission[],
        })
      }
      label={keys.make}
    >
      <TextInput
        label={keys.account}
        description={keys.accountHint}
        value={account}
        disabled={session.account !== null}
        onChange={({ currentTarget }) => setAccount(currentTarget.value.trim())}
      />
      <TextInput
        label={keys.name}
        value={name}
        data-autofocus
        onChange={({ currentTarget }) => setName(currentTarget.value.trim())}
      />
      <Checkbox.Group label={keys.permissions} value={permissions} onChange={setPermissions}>
        <div className={css.permissions}>
          {session.permissions.map((one) => (
            <Checkbox key={one} value={one} label={one} />
          ))}
        </div>
      </Checkbox.Group>
    </Dialog>
  );
}

function Shown({ made, close }: { made: NewKeyAnswer; close(): void }) {
  const { keys, common } = useWords();
  return (
    <Modal onClose={close} title={keys.shownOnce} closeOnClickOutside={false}>
      <p>{keys.shownLead}</p>
      <dl className={css.secrets}>
        <dt>{keys.bearer}</dt>
        <dd>
          <code>{made.key}</code>
        </dd>
        <dt>SecretId</dt>
        <dd>
          <code>{made.secretId}</code>
        </dd>
        <dt>SecretKey</dt>
        <dd>
          <code>{made.secretKey}</code>
        </dd>
      </dl>
      <Button onClick={close}>{common.close}</Button>
    </Modal>
  );
}
