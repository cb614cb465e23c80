import { Checkbox } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { Instance } from '../../api/queries';
import { StateTag } from '../../parts/tags';
import { Countdown, Time } from '../../parts/time';
import { TimedTermination } from '../../parts/timed-termination';
import { useWords } from '../../words';
import type { Column } from './columns';
import css from './instances.module.css';
import { RowMenu } from './row-menu';

interface InstanceRowProps {
  item: Instance;
  columns: readonly Column[];
  index: number;
  isChosen: boolean;
  toggle(id: string): void;
  /** In pixels, within the table's body. */
  top: number;
  height: number;
}

export const InstanceRow = memo(function InstanceRow({
  item,
  columns,
  index,
  isChosen,
  toggle,
  top,
  height,
}: InstanceRowProps) {
  const { list } = useWords();
  const { id, name } = item;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      data-index={index}
      className={css.row}
      style={{ top, height }}
    >
      <span role="cell" data-cell="select">
        <Checkbox aria-label={list.select(id)} checked={isChosen} onChange={() => toggle(id)} />
      </span>
      <span role="cell" className={css.name}>
        <Link to="/instances/$id" params={{ id }} data-cell="name">
          {name ?? id}
        </Link>
        {name !== undefined && name !== id && <small>{id}</small>}
      </span>
      {columns.map((column) => (
        <span role="cell" key={column} className={css[column]}>
          <Cell column={column} item={item} />
        </span>
      ))}
      <span role="cell" className={css.last} data-cell="more">
        <RowMenu item={item} />
      </span>
    </div>
  );
});

function Cell({ column, item }: { column: Column; item: Instance }) {
  const words = useWords();
  switch (column) {
    case 'state':
      return <StateTag state={item.state} />;
    case 'billing':
      return item.termination ? (
        <span data-cell="timed">
          <TimedTermination instance={item} />
        </span>
      ) : (
        words.billing[item.billing]
      );
    case 'region':
      return (
        <>
          {item.region}
          {item.zone !== undefined && <small>{item.zone}</small>}
        </>
      );
    case 'plan':
      return item.type;
    case 'ends':
      return <Ends item={item} />;
    case 'product':
    case 'account':
      return item[column];
  }
}

/** When it is released, terminated or not paid for any more: whichever is next. */
function Ends({ item }: { item: Instance }) {
  const at = item.purgeTime ?? item.termination?.at;
  if (at != null)
    return (
      <>
        <em>
          <Countdown at={at} ahead={item.ahead} />
        </em>
        <small>
          <Time at={at} />
        </small>
      </>
    );
  return item.expiresAt === null ? '–' : <Time at={item.expiresAt} />;
}
