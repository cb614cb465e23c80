/** What the list is narrowed to: it stands in the address, so that it can be shared. */
import type { InstanceAnswer } from '../../../../contract/answers';
import { STATES } from '../../../../contract/states';
import type { Query } from '../../api/call';

const TEXTS = ['q', 'region', 'product', 'account', 'sort'] as const;

export interface Filters {
  q?: string;
  region?: string;
  product?: string;
  account?: string;
  sort?: string;
  billing?: InstanceAnswer['billing'];
  state?: InstanceAnswer['state'];
  /** With a timed termination that waits. */
  scheduled?: true;
  /** That somebody should look at. */
  attention?: true;
}

/** Whatever else stands in the address is left out. */
export function readFilters(search: Record<string, unknown>): Filters {
  const filters: Filters = {};
  for (const name of TEXTS) {
    const value = search[name];
    if (typeof value === 'string' || typeof value === 'number') filters[name] = String(value);
  }
  const { billing, state } = search;
  if (billing === 'prepaid' || billing === 'postpaid') filters.billing = billing;
  const known = STATES.find((one) => one === state);
  if (known) filters.state = known;
  if (search.scheduled === true) filters.scheduled = true;
  if (search.attention === true) filters.attention = true;
  return filters;
}

export const toQuery = (filters: Filters): Query => ({ ...filters });

/** The API looks through the living ones unless it is told a state; what waits for something lives anyway. */
export const isOfLiving = ({ state, scheduled, attention }: Filters): boolean =>
  state === undefined && scheduled === undefined && attention === undefined;

export const isFiltered = ({ sort: _, ...filters }: Filters): boolean => Object.keys(filters).length > 0;
