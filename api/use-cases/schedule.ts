/** Times and modes of a termination, judged by the product's rules and the instance's own clock (L2). */

import { type Issue, issue } from '../../contract/issues';
import { addYears } from '../../domain/calendar';
import { clockOf } from '../../domain/clock';
import type { Action, Schedule } from '../../domain/instance';
import { isDue, msOf } from '../../domain/instant';
import { modesFor, type Policy } from '../../domain/policy';
import type { InstanceRow } from '../../store/lives/instances';

/** A time in the future of the instance's clock, and at most so many calendar years ahead. */
export function timeIssues(
  at: string,
  row: InstanceRow,
  policy: Policy,
  path: string[],
  wallMs: number,
): Issue[] {
  const clock = clockOf(row, wallMs);
  if (isDue(at, clock)) return [issue(path, 'NOT_IN_FUTURE', { clock })];
  const latest = addYears(clock, policy.lifecycle.timedMaxYears, policy.knobs.timeZone);
  return msOf(at) > msOf(latest) ? [issue(path, 'TOO_FAR_AHEAD', { latest })] : [];
}

/** Judges a quote's schedule for all of its items; each problem is named once. */
export function scheduleIssues(
  schedule: Schedule,
  action: Action,
  rows: InstanceRow[],
  policyOf: (row: InstanceRow) => Policy,
  wallMs: number,
): Issue[] {
  const policies = new Map(rows.map((row) => [row.facts.product, policyOf(row)]));
  const modes = [...policies.values()].flatMap((policy) => {
    const allowed = modesFor(policy.lifecycle, action);
    return allowed.includes(schedule.mode)
      ? []
      : [
          issue(['schedule', 'mode'], 'MODE_NOT_OFFERED', {
            product: policy.product,
            allowed: allowed.join(', '),
          }),
        ];
  });
  if (modes.length || schedule.mode !== 'timed') return modes.slice(0, 1);
  return rows
    .flatMap((row) => timeIssues(schedule.at, row, policyOf(row), ['schedule', 'at'], wallMs))
    .slice(0, 1);
}
