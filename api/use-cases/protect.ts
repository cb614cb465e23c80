import type { Asking } from '../asking';
import type { ApiDeps } from '../deps';
import { type CommandResult, carryOut, command } from './command';
import { existingInstance } from './existing';

interface Protect {
  id: string;
  reason: string;
  /** A legal hold (L16): takes the permission `hold`. */
  holdRelease: boolean;
}

/** Protects an instance from being ended by people. L7: with who, when and why. */
export async function protect(
  deps: ApiDeps,
  asking: Asking,
  { id, reason, holdRelease }: Protect,
): Promise<CommandResult> {
  if (holdRelease) asking.caller.require('hold', ['holdRelease']);
  return await command(deps, asking, id, {
    name: 'protect',
    reason,
    ...(holdRelease ? { holdRelease } : {}),
  });
}

/**
 * Whether a legal hold is there is for the workflow to say: one may come between this look and the command.
 */
export async function unprotect(
  deps: ApiDeps,
  asking: Asking,
  { id, reason }: { id: string; reason: string },
): Promise<CommandResult> {
  const row = await existingInstance(deps, asking.caller, id);
  const mayLift = asking.caller.may('hold');
  if (row.life.protection?.holdRelease) asking.caller.require('hold');
  return await carryOut(deps, asking, row, {
    name: 'unprotect',
    reason,
    ...(mayLift ? { liftHold: true } : {}),
  });
}
