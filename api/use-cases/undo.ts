import type { Asking } from '../asking';
import type { ApiDeps } from '../deps';
import { type CommandResult, command } from './command';
import { existingRefund } from './existing';

/** Undoes a return while its instance is in the bin (M20): a command to the instance like any other. */
export async function undo(
  deps: ApiDeps,
  asking: Asking,
  { refundId, reason }: { refundId: string; reason: string },
): Promise<CommandResult> {
  const { instanceId } = await existingRefund(deps, asking.caller, refundId);
  return await command(deps, asking, instanceId, { name: 'undo', refundId, reason });
}
