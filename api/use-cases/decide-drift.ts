import type { Command } from '../../domain/commands';
import type { DriftStatus } from '../../domain/statuses';
import { type DriftRow, decideDrift, findDrift } from '../../store/lives/drift';
import type { Asking } from '../asking';
import type { ApiDeps } from '../deps';
import { notFound, Problem } from '../problem';
import { type CommandResult, command } from './command';

interface DriftDecision {
  id: string;
  action: 'adopt' | 'apply' | 'ignore';
  reason: string;
}

const STATUS: Record<DriftDecision['action'], DriftStatus> = {
  adopt: 'adopted',
  apply: 'applied',
  ignore: 'ignored',
};

/**
 * Has an instance follow its machine, or its machine follow the instance, or leaves both. What the workflow refuses is refused
 * here too, and stays open.
 */
export async function decideOnDrift(
  deps: ApiDeps,
  asking: Asking,
  { id, action, reason }: DriftDecision,
): Promise<DriftRow | Exclude<CommandResult, { is: 'done' }>> {
  const { caller } = asking;
  const tenant = caller.account ?? undefined;
  const row = await findDrift(deps.pool, id, tenant);
  if (!row) throw notFound('drift', id);
  if (row.status !== 'open') throw new Problem('DRIFT_DECIDED');
  if (action !== 'ignore') {
    const result = await command(deps, asking, row.instanceId, commandOf(row, action, reason));
    if (result.is !== 'done') return result;
  }
  await decideDrift(deps.pool, id, { status: STATUS[action], by: caller.name, reason });
  return (await findDrift(deps.pool, id, tenant))!;
}

function commandOf({ found, state }: DriftRow, action: 'adopt' | 'apply', reason: string): Command {
  if (action === 'apply') return { name: 'apply', reason };
  // Isolated by others: no state of a life that is in use.
  if (found.exists && found.isolated) throw new Problem('CANNOT_ADOPT', { state });
  return { name: 'adopt', found: found.exists ? found.power : 'gone', reason };
}
