import type { Asking } from '../asking';
import type { ApiDeps } from '../deps';
import { type CommandResult, carryOut, signal } from './command';
import { existingInstance } from './existing';

/** Cancels a timed termination that waits (L2). */
export async function cancel(
  deps: ApiDeps,
  asking: Asking,
  { id, async }: { id: string; async: boolean },
): Promise<CommandResult> {
  const row = await existingInstance(deps, asking.caller, id);
  return async
    ? await signal(deps, asking, row, 'cancel', {})
    : await carryOut(deps, asking, row, { name: 'cancel' });
}
