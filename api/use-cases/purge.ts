import { issue } from '../../contract/issues';
import type { Asking } from '../asking';
import type { ApiDeps } from '../deps';
import { invalid } from '../problem';
import { type CommandResult, carryOut, signal } from './command';
import { existingInstance } from './existing';

/** Releases an instance from the bin for good. L6: irreversible, so the id has to be typed again. */
export async function purge(
  deps: ApiDeps,
  asking: Asking,
  { id, confirm, async }: { id: string; confirm: string; async: boolean },
): Promise<CommandResult> {
  const row = await existingInstance(deps, asking.caller, id);
  if (confirm !== id) throw invalid([issue(['confirm'], 'NOT_CONFIRMED', { id })]);
  return async
    ? await signal(deps, asking, row, 'purge', { confirm })
    : await carryOut(deps, asking, row, { name: 'purge' });
}
