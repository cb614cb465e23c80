/** Which modes the products of the chosen instances offer: what none of them does is not shown. */
import { useQueries, useQuery } from '@tanstack/react-query';
import { queries } from '../../api/queries';
import { FEW } from './chosen';
import type { Action, Schedule } from './search';

const MODES = ['now', 'later', 'timed'] as const satisfies readonly Schedule['mode'][];

export function useModes(action: Action, ids: readonly string[]): readonly Schedule['mode'][] {
  const { data: policies } = useQuery(queries.policies());
  const instances = useQueries({ queries: ids.slice(0, FEW).map((id) => queries.instance(id)) });
  const kinds = instances.flatMap(({ data }) => (data ? [data] : []));
  const offered = kinds.flatMap(({ product, billing }) => {
    const end = policies?.items.find((one) => one.product === product)?.lifecycle.end[billing];
    return end?.action === action ? Object.keys(end.modes) : [];
  });
  const modes = MODES.filter((mode) => offered.includes(mode));
  return modes.length > 0 ? modes : ['now'];
}
