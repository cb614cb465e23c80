/** A newcomer's first minutes in a sandbox: the documents' cases, a return, seven days skipped, and the ledger. */
import { Button } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { newKey } from '../../api/call';
import { registerInstance } from '../../api/commands';
import { type Instance, queries } from '../../api/queries';
import { useCommand } from '../../api/use-command';
import { useSession } from '../../app/session';
import { Refusal } from '../../parts/states';
import { useWords } from '../../words';
import { casesOf } from './cases';
import css from './guide.module.css';

/** `null`: not begun; `''`: sent away. */
const KEPT_AS = 'sunset-guide';

export function Guide() {
  const { guide } = useWords();
  const { account, sandbox, may } = useSession();
  const [begun, setBegun] = useLocalStorage<string | null>({
    key: KEPT_AS,
    defaultValue: null,
    getInitialValueInEffect: false,
  });
  if (!sandbox || !may('register') || account !== null || begun === '') return null;
  return (
    <section className={css.guide} aria-label={guide.title}>
      <div className={css.head}>
        <h2>{guide.title}</h2>
        <Button size="compact-sm" variant="subtle" onClick={() => setBegun('')}>
          {guide.dismiss}
        </Button>
      </div>
      {begun === null ? <Begin onBegun={setBegun} /> : <Steps account={begun} />}
    </section>
  );
}

/** A busy server may not have answered in time: asked again, it says how it has ended (202). */
const TRIES = 5;

async function registered([id, registration]: ReturnType<typeof casesOf>[number]): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await registerInstance(id)(registration, newKey());
    if ('state' in answer) return;
  }
}

function Begin({ onBegun }: { onBegun(account: string): void }) {
  const { guide } = useWords();
  const navigate = useNavigate();
  const loading = useCommand(async (account: string) => {
    await Promise.all(casesOf(account).map(registered));
    onBegun(account);
    await navigate({ to: '/instances', search: { account, sort: 'name' } });
  });
  const begin = (): void => loading.mutate(`demo-${newKey().slice(0, 6)}`);
  return (
    <>
      <p>{guide.lead}</p>
      <Refusal error={loading.error} />
      <Button loading={loading.isPending} onClick={begin}>
        {guide.load}
      </Button>
    </>
  );
}

function Steps({ account }: { account: string }) {
  const { guide } = useWords();
  const [[id]] = casesOf(account) as [[string, unknown]];
  const { data: instance } = useQuery(queries.instance(id));
  const { data: refunds } = useInfiniteQuery(queries.refunds({ instanceId: id }));
  const at = reached(instance);
  const step = (index: number, link: ReactNode) => (
    <li
      key={index}
      className={index < at ? css.done : undefined}
      aria-current={index === at ? 'step' : undefined}
    >
      <span aria-hidden="true">{index < at ? '✓' : index + 1}</span>
      {link}
    </li>
  );
  return (
    <ol className={css.steps}>
      {step(
        0,
        <Link to="/end" search={{ action: 'return', instances: id, step: 'how' }}>
          {guide.return}
        </Link>,
      )}
      {step(
        1,
        <Link to="/instances/$id" params={{ id }} search={{ do: 'fast-forward' }}>
          {guide.skip}
        </Link>,
      )}
      {step(
        2,
        refunds?.[0] ? (
          <Link to="/refunds/$id" params={{ id: refunds[0].id }}>
            {guide.ledger}
          </Link>
        ) : (
          guide.ledger
        ),
      )}
    </ol>
  );
}

/** How many steps are behind: its life tells. */
function reached(instance: Instance | undefined): number {
  if (instance?.state === 'terminated') return 2;
  return instance?.state === 'isolated' ? 1 : 0;
}
