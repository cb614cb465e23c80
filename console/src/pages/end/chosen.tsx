/** The instances that it is about: looked at once more before anything is asked for. */
import { CloseButton } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type Instance, queries } from '../../api/queries';
import { StateTag } from '../../parts/tags';
import { useWords } from '../../words';
import css from './end.module.css';

/** More than these are listed by their ids. */
export const FEW = 24;

export function Chosen({ ids, remove }: { ids: readonly string[]; remove(id: string): void }) {
  const { end } = useWords();
  const found = useQueries({ queries: ids.slice(0, FEW).map((id) => queries.instance(id)) });
  return (
    <ul className={css.chosen}>
      {ids.map((id, index) => (
        <li key={id}>
          <Named id={id} instance={found[index]?.data} />
          {ids.length > 1 && (
            <CloseButton size="sm" aria-label={end.leaveOut(id)} onClick={() => remove(id)} />
          )}
        </li>
      ))}
    </ul>
  );
}

function Named({ id, instance }: { id: string; instance: Instance | undefined }) {
  const words = useWords();
  if (!instance) return <span>{id}</span>;
  const { name, product, type, region, zone, billing, state, addresses } = instance;
  const what = [product, type, words.billing[billing], zone ?? region, ...addresses.map((one) => one.id)];
  return (
    <span>
      <Link to="/instances/$id" params={{ id }}>
        {id}
      </Link>
      {name !== undefined && name !== id && ` · ${name}`} <StateTag state={state} />
      <small>{what.filter(Boolean).join(' · ')}</small>
    </span>
  );
}
