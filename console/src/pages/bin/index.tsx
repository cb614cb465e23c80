/** The recycle bin: how long each still lies there, and the two ways out before its time (001-29…31). */
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type BinEntry, queries } from '../../api/queries';
import { type Permission, useSession } from '../../app/session';
import { addressOf } from '../../parts/command-link';
import type { CommandName } from '../../parts/commands';
import { List, type ListColumn, useList } from '../../parts/list';
import { PageHead } from '../../parts/page-head';
import { Empty } from '../../parts/states';
import { StateTag, Tag } from '../../parts/tags';
import { Countdown, Time } from '../../parts/time';
import { useWords } from '../../words';
import css from './bin.module.css';

export function Bin() {
  const { pages, bin } = useWords();
  const result = useList(queries.bin({}));
  return (
    <>
      <PageHead title={pages.bin} lead={bin.lead} />
      <List
        label={pages.bin}
        result={result}
        columns={useColumns()}
        keyOf={({ instanceId }) => instanceId}
        empty={<Empty title={bin.empty}>{bin.emptyLead}</Empty>}
      />
    </>
  );
}

function useColumns(): ListColumn<BinEntry>[] {
  const words = useWords();
  const { bin, common, facts } = words;
  const { account } = useSession();
  return [
    {
      head: common.instance,
      cell: ({ instanceId, product }) => (
        <span>
          <Link to="/instances/$id" params={{ id: instanceId }}>
            {instanceId}
          </Link>
          <small>{product}</small>
        </span>
      ),
    },
    { head: common.status, cell: () => <StateTag state="isolated" /> },
    { head: facts.billing, cell: ({ billing }) => words.billing[billing] },
    { head: facts.region, cell: ({ region }) => region },
    { head: bin.cause, cell: ({ cause }) => bin.causes[cause] },
    {
      head: bin.release,
      cell: ({ purgeTime, protection, ahead }) =>
        protection?.holdRelease ? (
          <Tag tone="amber">{bin.held}</Tag>
        ) : (
          <span>
            <em>
              <Countdown at={purgeTime} ahead={ahead} />
            </em>
            <small>
              <Time at={purgeTime} />
            </small>
          </span>
        ),
    },
    ...(account === null ? [{ head: common.account, cell: ({ account: whose }: BinEntry) => whose }] : []),
    { head: common.more, cell: (entry) => <WaysOut entry={entry} /> },
  ];
}

function WaysOut({ entry }: { entry: BinEntry }) {
  const { command, bin } = useWords();
  const { may } = useSession();
  const way = (name: CommandName & Permission, text: string, color?: string) =>
    may(name) ? (
      <Button
        size="xs"
        variant={color ? 'outline' : 'default'}
        {...(color ? { color } : {})}
        renderRoot={(props) => <Link {...props} {...addressOf(name, entry.instanceId)} />}
      >
        {text}
      </Button>
    ) : null;
  return (
    <span className={css.ways}>
      {way('restore', entry.needsRenewal ? bin.powerOnWithRenewal : bin.powerOn)}
      {!entry.protection && way('purge', command.purge, 'ember')}
    </span>
  );
}
