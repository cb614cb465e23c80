import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Instance } from '../../api/queries';
import { useSession } from '../../app/session';
import { Blockers } from '../../parts/blockers';
import { addressOf } from '../../parts/command-link';
import { type CommandName, type Offered, useCommandName, useOffered } from '../../parts/commands';
import { useWords } from '../../words';
import css from './instance.module.css';

/** What brings it back acts, what ends it is marked, and the rest is quiet. */
const LOOKS: Partial<Record<CommandName, { variant: string; color?: string }>> = {
  restore: { variant: 'filled' },
  resolve: { variant: 'filled' },
  terminate: { variant: 'outline', color: 'ember' },
  return: { variant: 'outline', color: 'ember' },
  purge: { variant: 'outline', color: 'ember' },
};

export function CommandBar({ instance }: { instance: Instance }) {
  const { instance: said } = useWords();
  const offered = useOffered(instance.id) ?? [];
  return (
    <div className={css.commands} role="toolbar" aria-label={said.commands}>
      {offered
        .filter(({ isPossible }) => isPossible)
        .map(({ name }) => (
          <Command key={name} name={name} id={instance.id} />
        ))}
      <Workflow id={instance.id} />
      <NotNow offered={offered.filter(({ isPossible }) => !isPossible)} />
    </div>
  );
}

function Command({ name, id }: { name: CommandName; id: string }) {
  const { command } = useWords();
  const look = LOOKS[name] ?? { variant: 'default' };
  return (
    <Button {...look} renderRoot={(props) => <Link {...props} {...addressOf(name, id)} />}>
      {command[name]}
    </Button>
  );
}

/** Its workflow in Temporal's Web UI, for who may see all of them. */
function Workflow({ id }: { id: string }) {
  const { instance } = useWords();
  const { webUi } = useSession();
  if (webUi === null) return null;
  const address = webUi + encodeURIComponent(`instance/${id}`);
  return (
    <Button
      variant="subtle"
      renderRoot={(props) => <a {...props} href={address} target="_blank" rel="noreferrer" />}
    >
      {instance.temporal}
    </Button>
  );
}

/** What is not possible says why, and what to do (001-20). */
function NotNow({ offered }: { offered: Offered[] }) {
  const { instance } = useWords();
  const nameOf = useCommandName();
  if (offered.length === 0) return null;
  return (
    <details className={css.notNow}>
      <summary>
        {instance.notNow} ({offered.length})
      </summary>
      <dl>
        {offered.map(({ name, blockers }) => (
          <div key={name}>
            <dt>{nameOf(name)}</dt>
            <dd>
              <Blockers blockers={blockers} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
