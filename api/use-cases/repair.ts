import type { InstanceRow } from '../../store/lives/instances';
import { storedLife } from '../../store/lives/repair';
import { skipAhead } from '../../temporal/fast-forward';
import { abandon, hasBegun, hasWorkflow, startAgain } from '../../temporal/lives';
import { Unavailable } from '../../temporal/meaning';
import { type Asking, derivedId } from '../asking';
import type { ApiDeps } from '../deps';
import { Problem } from '../problem';
import { type CommandResult, optionsOf, unanswered } from './command';
import { existingInstance } from './existing';

const FORWARD_MS = 30_000;

interface Repair {
  id: string;
  /** Also when a workflow runs: it is ended first, with what it has not recorded. */
  restart: boolean;
}

/** Starts the lost workflow of an instance again, from the life as it is stored (L14). */
export async function repair(
  deps: ApiDeps,
  { caller, commandId }: Asking,
  { id, restart }: Repair,
): Promise<CommandResult> {
  const row = await existingInstance(deps, caller, id);
  const { state } = row.life;
  if (state === 'terminated') throw new Problem('WRONG_STATE', { state });
  if (await hasWorkflow(deps.temporal, id)) {
    if (!restart) throw new Problem('NOT_LOST', { state });
    await abandon(deps.temporal, id, `repaired by ${caller.name}`, optionsOf(deps));
  }
  deps.logger.warn({ instanceId: id, by: caller.name }, 'its workflow is started again');
  // Read after the old one has ended: whatever it has recorded is in it.
  await startAgain(deps.temporal, (await storedLife(deps.pool, id))!, optionsOf(deps));
  try {
    await hasBegun(deps.temporal, id, optionsOf(deps));
    await forwardAgain(deps, row, commandId);
  } catch (error) {
    if (error instanceof Unavailable) return await unanswered(deps, id, error);
    throw error;
  }
  return { is: 'done', row: await existingInstance(deps, caller, id) };
}

/**
 * Sandbox: a new workflow has the clock of the wall, and the instance’s had been moved ahead of that
 * (decision 1).
 */
async function forwardAgain(
  deps: ApiDeps,
  { id, clockOffsetMs }: InstanceRow,
  commandId: string,
): Promise<void> {
  if (clockOffsetMs === 0 || !deps.timeSkipping) return;
  const { temporal: client, namespace, fastForwardWaitMs: waitMs = FORWARD_MS } = deps;
  const move = { client, namespace, instanceId: id, id: derivedId('f', `${commandId}/repair`), waitMs };
  await skipAhead({ ...move, toMs: Date.now() + clockOffsetMs });
}
