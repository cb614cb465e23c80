import { memo, type ReactNode } from 'react';
import type { Instance } from '../../api/queries';
import { InstanceLink } from '../../parts/instance-link';
import { StateTag } from '../../parts/tags';
import { Tick } from '../../parts/tick';
import { Countdown, Time } from '../../parts/time';
import { TimedTermination } from '../../parts/timed-termination';
import { useWords, type Words } from '../../words';
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

/** Drawn once, as it comes into view: what it is made of is counted by a test. */
export const InstanceRow = memo(function InstanceRow({
  item,
  columns,
  index,
  isChosen,
  toggle,
  top,
  height,
}: InstanceRowProps) {
  const words = useWords();
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
        <Tick label={words.list.select(id)} checked={isChosen} onChange={() => toggle(id)} />
      </span>
      <span role="cell" className={css.name}>
        <InstanceLink id={id}>{name ?? id}</InstanceLink>
        {name !== undefined && name !== id && <small>{id}</small>}
      </span>
      {columns.map((column) => (
        <span role="cell" key={column} className={css[column]}>
          {contentOf(column, item, words)}
        </span>
      ))}
      <span role="cell" className={css.last} data-cell="more">
        <RowMenu item={item} />
      </span>
    </div>
  );
});

function contentOf(column: Column, item: Instance, words: Words): ReactNode {
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
