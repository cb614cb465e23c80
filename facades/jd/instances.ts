/** The instances that there are for a call: of the product, of its caller's account, of its region. */
import type { ApiDeps } from '../../api/deps';
import { notFound } from '../../api/problem';
import type { TerminationRow } from '../../store/agreements/terminations';
import { findInstances, type InstanceRow } from '../../store/lives/instances';
import { type JdCall, PRODUCT } from './action';
import { refusedBy } from './errors';

/**
 * In the order of the ids; terminated ones too. What is another product's, account's or region's is as missing
 * as what does not exist.
 * @throws Problem 404 that names those that are missing
 */
export async function existing(
  { pool }: ApiDeps,
  { caller, regionId }: Pick<JdCall, 'caller' | 'regionId'>,
  ids: string[],
): Promise<InstanceRow[]> {
  const rows = await findInstances(pool, ids, caller.account);
  const found = rows.filter(({ facts }) => facts.product === PRODUCT && facts.region === regionId);
  const known = new Set(found.map(({ id }) => id));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length) throw notFound('instance', missing.slice(0, 5).join(', '));
  return found;
}

/** @throws JdError when an instance has refused what was agreed to: it changed in between */
export function requireEnded({ items }: TerminationRow): void {
  const refused = items.find(({ status }) => status === 'failed' || status === 'refused');
  if (!refused) return;
  const { instanceId, problem } = refused;
  throw refusedBy(instanceId, problem?.code ?? 'NOT_POSSIBLE', problem?.state ?? null);
}
