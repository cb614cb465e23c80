/** The recycle bin: how long each still lies there, and the two ways out before its time (001-29…31). */
import { Button } from '@mantine/core';
import { getRouteApi, Link } from '@tanstack/react-router';
import { type BinEntry, queries } from '../../api/queries';
import { type Permission, useSession } from '../../app/session';
import { BatchBar } from '../../parts/batch-bar';
import { addressOf } from '../../parts/command-link';
import type { CommandName } from '../../parts/commands';
import { Fates } from '../../parts/fates';
import { List, type ListColumn, useList } from '../../parts/list';
import { PageHead } from '../../parts/page-head';
import { useSelectColumn, useSelection } from '../../parts/selection';
import { Empty } from '../../parts/states';
import { StateTag, Tag } from '../../parts/tags';
import { Countdown, Time } from '../../parts/time';
import { useWords } from '../../words';
import { Batch } from './batch';
import css from './bin.module.css';
import type { Way } from './search';

const route = getRouteApi('/bin');
const NONE: readonly BinEntry[] = [];
const idOf = ({ instanceId }: BinEntry): string => instanceId;

export function Bin() {
  const { pages, bin } = useWords();
  const { may } = useSession();
  const result = useList(queries.bin({}));
  const items = result.data ?? NONE;
  const selection = useSelection(items, idOf);
  const select = useSelectColumn(items, idOf, selection);
  const columns = useColumns();
  const { do: way, instances = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const { selected, clear } = selection;
  return (
    <>
      <PageHead title={pages.bin} lead={bin.lead} />
      <BatchBar count={selected.length} clear={clear}>
        <OutOfIt way="restore" ids={selected.map(idOf)} />
        <OutOfIt way="purge" ids={selected.map(idOf)} />
      </BatchBar>
      <List
        label={pages.bin}
        result={result}
        columns={may('restore') || may('purge') ? [select, ...columns] : columns}
        keyOf={idOf}
        empty={<Empty title={bin.empty}>{bin.emptyLead}</Empty>}
      />
      {way && may(way) && (
        <Batch
          way={way}
          ids={instances.split(',').filter(Boolean)}
          close={() => void navigate({ search: {}, replace: true })}
        />
      )}
    </>
  );
}

function OutOfIt({ way, ids }: { way: Way; ids: readonly string[] }) {
  const { bin } = useWords();
  const { may } = useSession();
  if (!may(way)) return null;
  return (
    <Button
      {...(way === 'purge' ? { variant: 'outline', color: 'ember' } : { variant: 'default' })}
      renderRoot={(props) => <Link {...props} to="/bin" search={{ do: way, instances: ids.join(',') }} />}
    >
      {bin.batch[way].open(ids.length)}
    </Button>
  );
}

function useColumns(): ListColumn<BinEntry>[] {
  const words = useWords();
  const { bin, common, facts } = words;
  const { account } = useSession();
  return [
    {
      head: common.instance,
      cell: ({ instanceId, product, account: whose }) => (
        <span>
          <Link to="/instances/$id" params={{ id: instanceId }}>
            {instanceId}
          </Link>
          <small>{product}</small>
          {account === null && <small>{whose}</small>}
        </span>
      ),
    },
    {
      head: common.status,
      cell: ({ cause }) => (
        <span>
          <StateTag state="isolated" />
          <small>{bin.causes[cause]}</small>
        </span>
      ),
    },
    {
      head: facts.billing,
      cell: ({ billing, region }) => (
        <span>
          {words.billing[billing]}
          <small>{region}</small>
        </span>
      ),
    },
    { head: bin.atRelease, cell: ({ atRelease }) => <Fates fates={atRelease} /> },
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
