/** Calls over several instances. What can be looked at before is: nothing is done of a batch that can't be whole. */
import type { Asking } from '../../api/asking';
import type { ApiDeps } from '../../api/deps';
import { Problem } from '../../api/problem';
import type { CommandResult } from '../../api/use-cases/command';
import { Blocked } from '../../api/use-cases/end';
import type { State } from '../../domain/instance';
import type { TerminationRow } from '../../store/agreements/terminations';
import type { InstanceRow } from '../../store/lives/instances';
import type { VendorCall } from './action';
import { AboutInstance, unanswered } from './errors';
import { lookUp } from './instances';

/** In the order of the ids. @throws Blocked that names those that are not there */
export async function existing(deps: ApiDeps, call: VendorCall, ids: string[]): Promise<InstanceRow[]> {
  const { found, missing } = await lookUp(deps, call, ids);
  if (missing.length) throw new Blocked([], missing);
  return found;
}

/** @throws AboutInstance of the first that is in none of these states */
export function requireState(rows: readonly InstanceRow[], states: readonly State[]): void {
  const wrong = rows.find(({ life }) => !states.includes(life.state));
  if (!wrong) return;
  const { state } = wrong.life;
  throw new AboutInstance(wrong.id, new Problem(state === 'changing' ? 'BUSY' : 'WRONG_STATE', { state }));
}

/** Enough to be quick, and few enough that one call does not crowd out others. */
const CONCURRENCY = 8;

/**
 * Commands each, under an id of its own that is derived from the call's: asked again, none is done twice.
 * @throws AboutInstance of the first that was refused, with those that were done all the same
 */
export async function commandEach(
  ids: readonly string[],
  { caller, commandId }: Asking,
  command: (id: string, asking: Asking) => Promise<CommandResult>,
): Promise<void> {
  const waiting = [...ids];
  const done: string[] = [];
  const failed: { id: string; error: unknown }[] = [];
  const next = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        const result = await command(id, { caller, commandId: `${commandId}/${id}` });
        if (result.is !== 'done') throw unanswered(id);
        done.push(id);
      } catch (error) {
        failed.push({ id, error });
        // What has not begun is better left than half done.
        waiting.length = 0;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, ids.length) }, next));
  const [first] = failed;
  if (first) throw new AboutInstance(first.id, first.error, done);
}

/**
 * @throws AboutInstance of the first item that its instance refused after the agreement; VendorError when one is
 *   still under way
 */
export function requireDone({ items }: TerminationRow): void {
  const done = items.filter(({ status }) => status === 'done' || status === 'scheduled');
  const failed = items.find(({ status }) => status === 'failed' || status === 'refused');
  if (failed) {
    const { code, state } = failed.problem ?? { code: 'NOT_POSSIBLE', state: null };
    throw new AboutInstance(
      failed.instanceId,
      new Problem(code, { state }),
      done.map(({ instanceId }) => instanceId),
    );
  }
  const accepted = items.find(({ status }) => status === 'accepted');
  if (accepted) throw unanswered(accepted.instanceId);
}
