import type { Asking } from '../asking';
import type { ApiDeps } from '../deps';
import { invalid } from '../problem';
import { type CommandResult, carryOut } from './command';
import { existingInstance } from './existing';
import { timeIssues } from './schedule';

/** Moves a timed termination that waits (L2). */
export async function reschedule(
  deps: ApiDeps,
  asking: Asking,
  { id, at }: { id: string; at: string },
): Promise<CommandResult> {
  const row = await existingInstance(deps, asking.caller, id);
  // State before input: what isn't scheduled is refused by the workflow, whatever the time.
  const issues = row.life.termination ? timeIssues(at, row, row.policy, ['at'], Date.now()) : [];
  if (issues.length) throw invalid(issues);
  return await carryOut(deps, asking, row, { name: 'reschedule', at });
}
