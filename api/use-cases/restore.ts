import type { Paid } from '../../domain/instance';
import type { Asking } from '../asking';
import type { ApiDeps } from '../deps';
import { type CommandResult, carryOut, signal } from './command';
import { existingInstance } from './existing';
import { requireDigits } from './sound-money';

interface Restore {
  id: string;
  renewal?: { months: number; paid?: Paid | undefined } | undefined;
  /** Hand it over and don't wait. */
  async: boolean;
}

/**
 * Brings an instance back from the bin. To state what was paid for its renewal takes the permission
 * `register`.
 */
export async function restore(
  deps: ApiDeps,
  asking: Asking,
  { id, renewal, async }: Restore,
): Promise<CommandResult> {
  if (renewal?.paid) asking.caller.require('register', ['renewal', 'paid']);
  const row = await existingInstance(deps, asking.caller, id);
  // State before input: what isn't in the bin is refused by the workflow, whatever was sent.
  if (row.life.state === 'isolated') requireDigits(row, renewal?.paid, ['renewal', 'paid']);
  // A signal can't state what was paid (anybody may type one): such a restore is answered in the ordinary
  // way, as `Prefer` allows.
  if (async && !renewal?.paid)
    return await signal(deps, asking, row, 'restore', renewal ? { renewal: { months: renewal.months } } : {});
  return await carryOut(deps, asking, row, { name: 'restore', renewal });
}
