import { issue } from '../../contract/issues';
import { clockOf } from '../../domain/clock';
import { msOf } from '../../domain/instant';
import { type NewUsage, recordUsage, type UsageRow } from '../../store/lives/usage';
import { type Asking, derivedId } from '../asking';
import type { ApiDeps } from '../deps';
import { invalid, Problem } from '../problem';
import { existingInstance } from './existing';

/**
 * Keeps usage that the control plane reports. @throws Problem 409 `BILLING_STOPPED` from the billing stop on
 * (L9)
 */
export async function reportUsage(
  deps: ApiDeps,
  { caller, commandId }: Asking,
  usage: Omit<NewUsage, 'id' | 'by'>,
): Promise<UsageRow> {
  const row = await existingInstance(deps, caller, usage.instanceId);
  if (msOf(usage.endsAt) > msOf(clockOf(row, Date.now())))
    throw invalid([issue(['endsAt'], 'IN_THE_FUTURE')]);
  const reported = await recordUsage(deps.pool, { ...usage, id: derivedId('u', commandId), by: caller.name });
  if ('stoppedAt' in reported) throw billingStopped(reported.stoppedAt, row.life.state);
  return reported.row;
}

function billingStopped(at: string, state: string): Problem {
  const detail = {
    en: `Billing stopped at ${at}; usage after it is not charged.`,
    zh: `已于 ${at} 停止计费，此后的用量不予计费。`,
  };
  return new Problem('BILLING_STOPPED', {
    detail,
    state,
    issues: [issue(['endsAt'], 'AFTER_BILLING_STOP', { at })],
  });
}
