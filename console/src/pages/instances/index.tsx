/** All instances: narrowed, searched and sorted by the server; as many rows as there are, drawn as they are seen. */
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type Instance, queries } from '../../api/queries';
import { useSession } from '../../app/session';
import { BatchBar } from '../../parts/batch-bar';
import { PageHead } from '../../parts/page-head';
import { useSelection } from '../../parts/selection';
import { Empty, Failed, Loading } from '../../parts/states';
import { useWords } from '../../words';
import { type Column, useColumns } from './columns';
import { ColumnsMenu } from './columns-menu';
import { EndSelected } from './end-selected';
import { FilterBar } from './filter-bar';
import { type Filters, isFiltered, isOfLiving, toQuery } from './filters';
import { Guide } from './guide';
import css from './instances.module.css';
import { InstanceTable } from './table';

const route = getRouteApi('/instances');
const NONE: readonly Instance[] = [];
const idOf = ({ id }: Instance): string => id;

export function Instances() {
  const words = useWords();
  const { account } = useSession();
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const columns = useColumns(account === null);
  const narrow = (next: Filters) => void navigate({ search: next, replace: true });
  return (
    <>
      <PageHead title={words.pages.instances} lead={words.list.lead} actions={<ColumnsMenu {...columns} />} />
      <Guide />
      <FilterBar filters={filters} narrow={narrow} />
      <Found filters={filters} narrow={narrow} columns={columns.shown} />
    </>
  );
}

interface FoundProps {
  filters: Filters;
  narrow(next: Filters): void;
  columns: readonly Column[];
}

/** A part of its own: what is above it is not drawn again with every page that comes. */
function Found({ filters, narrow, columns }: FoundProps) {
  const list = useInfiniteQuery({
    ...queries.instances(toQuery(filters)),
    placeholderData: (before) => before,
  });
  const items = list.data ?? NONE;
  const { chosen, choose, selected, clear } = useSelection(items, idOf);
  return (
    <>
      <BatchBar count={selected.length} clear={clear}>
        <EndSelected selected={selected} />
      </BatchBar>
      {list.isPending && <Loading lines={6} />}
      {list.error && !list.data && <Failed error={list.error} retry={() => void list.refetch()} />}
      {list.data && items.length === 0 && <NoInstances filters={filters} narrow={narrow} />}
      {items.length > 0 && (
        <InstanceTable
          items={items}
          columns={columns}
          chosen={chosen}
          choose={choose}
          isStale={list.isPlaceholderData}
          sort={filters.sort}
          onSort={(sort) => narrow(sorted(filters, sort))}
          more={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : undefined}
        />
      )}
    </>
  );
}

function sorted({ sort: _, ...others }: Filters, sort: string | undefined): Filters {
  return sort === undefined ? others : { ...others, sort };
}

function NoInstances({ filters, narrow }: { filters: Filters; narrow(next: Filters): void }) {
  const { list } = useWords();
  if (!isFiltered(filters)) return <Empty title={list.empty}>{list.emptyLead}</Empty>;
  const action = (
    <div className={css.ways}>
      {isOfLiving(filters) && (
        <Button onClick={() => narrow({ ...filters, state: 'terminated' })}>{list.lookAmongEnded}</Button>
      )}
      <Button variant="default" onClick={() => narrow({})}>
        {list.clear}
      </Button>
    </div>
  );
  return (
    <Empty title={list.nothingFound} action={action}>
      {isOfLiving(filters) && list.onlyLiving}
    </Empty>
  );
}
