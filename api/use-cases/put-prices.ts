import type { Prices } from '../../domain/instance';
import { hashOf } from '../../store/hash';
import type { Asking } from '../asking';
import type { ApiDeps } from '../deps';
import { type CommandResult, carryOut } from './command';
import { existingInstance } from './existing';
import { requireSoundPrices } from './sound-money';

/** Puts a new price snapshot (M23). The newest one once more changes nothing, and takes no step. */
export async function putPrices(
  deps: ApiDeps,
  asking: Asking,
  { id, prices }: { id: string; prices: Prices },
): Promise<CommandResult> {
  const row = await existingInstance(deps, asking.caller, id);
  requireSoundPrices(row, prices, []);
  const newest = row.facts.priceChanges?.at(-1);
  if (newest && hashOf(newest.prices) === hashOf(prices)) return { is: 'done', row };
  return await carryOut(deps, asking, row, { name: 'put-prices', prices });
}
