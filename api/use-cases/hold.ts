import { putHold } from '../../store/lives/holds';
import type { InstanceRow } from '../../store/lives/instances';
import type { Asking } from '../asking';
import type { ApiDeps } from '../deps';
import { existingInstance } from './existing';

/** Puts an instance on hold, or lifts the hold (E5). */
export async function hold(
  deps: ApiDeps,
  { caller }: Asking,
  change: { id: string; hold: boolean; reason: string },
): Promise<InstanceRow> {
  const { id } = await existingInstance(deps, caller, change.id);
  await putHold(deps.pool, { ...change, by: caller.name });
  return await existingInstance(deps, caller, id);
}
