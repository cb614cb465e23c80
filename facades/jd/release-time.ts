/**
 * The vendor's release time: a timed termination. The documents describe none (002-17), so the product offers
 * none elsewhere; its API has it, and so has this façade.
 */
import type { ApiDeps } from '../../api/deps';
import { notFound } from '../../api/problem';
import { command } from '../../api/use-cases/command';
import { endAll } from '../../api/use-cases/end';
import { addYears, instantOfLocal, localTime } from '../../domain/calendar';
import { clockOf } from '../../domain/clock';
import type { Command } from '../../domain/commands';
import { msOf, plusMs } from '../../domain/instant';
import { decide } from '../../domain/lifecycle';
import type { Policy } from '../../domain/policy';
import type { InstanceRow } from '../../store/lives/instances';
import { type JdCall, PRODUCT, VIA } from './action';
import { jdErrorOf, refusedBy, unanswered } from './errors';
import { existing, requireEnded } from './instances';
import { JdError } from './jd-error';

const HOUR_MS = 3_600_000;
const MOST_YEARS = 10;

/** The product with what its API has more than its document: a pay-as-you-go instance can end at a time. */
function withReleaseTime(policy: Policy): Policy {
  const { lifecycle } = policy;
  const { postpaid } = lifecycle.end;
  const modes = { ...postpaid.modes, timed: postpaid.modes.timed ?? postpaid.modes.now! };
  return {
    ...policy,
    version: `${policy.version}+autoReleaseTime`,
    lifecycle: {
      ...lifecycle,
      timedMaxYears: MOST_YEARS,
      end: { ...lifecycle.end, postpaid: { ...postpaid, modes } },
    },
  };
}

const withReleaseTimes = (deps: ApiDeps): ApiDeps => ({
  ...deps,
  policies: deps.policies.map((policy) => (policy.product === PRODUCT ? withReleaseTime(policy) : policy)),
});

/**
 * Sets, moves or (without one) takes off the release time of all of them. Everything is looked at before anything
 * is done; where one has changed meanwhile, the answer says which.
 * @param local `2027-01-01 00:00:00` in the product's time zone
 */
export async function putReleaseTime(
  deps: ApiDeps,
  call: JdCall,
  instanceIds: readonly string[],
  local: string | undefined,
): Promise<void> {
  const rows = await existing(deps, call, [...new Set(instanceIds)]);
  const ended = rows.find(({ life }) => life.state === 'terminated');
  if (ended) throw notFound('instance', ended.id);
  const scheduled = rows.filter(({ life }) => life.termination !== null);
  if (local === undefined) return await moveAll(deps, call, scheduled, () => ({ name: 'cancel' }));
  const atOf = new Map(rows.map((row) => [row.id, instantFor(row, local)]));
  const reschedule = ({ id }: InstanceRow): Command => ({ name: 'reschedule', at: atOf.get(id)! });
  requirePossible(scheduled, reschedule);
  const others = rows.filter((row) => !scheduled.includes(row)).map(({ id }) => id);
  if (others.length) {
    const schedule = { mode: 'timed' as const, at: atOf.get(others[0]!)! };
    const ending = { action: 'terminate' as const, instanceIds: others, schedule, via: VIA };
    requireEnded(await endAll(withReleaseTimes(deps), call, ending));
  }
  await moveAll(deps, call, scheduled, reschedule);
}

/** @throws JdError when it is no time, or not one of those that can be chosen, by the instance's clock */
function instantFor({ clockOffsetMs, id, policy }: InstanceRow, local: string): string {
  const { timeZone } = policy.knobs;
  const at = instantOfLocal(local, timeZone);
  const clock = clockOf({ clockOffsetMs }, Date.now());
  const [first, last] = [plusMs(clock, HOUR_MS), addYears(clock, MOST_YEARS, timeZone)];
  if (at !== undefined && msOf(at) >= msOf(first) && msOf(at) <= msOf(last)) return at;
  const span = [first, last].map((edge) => localTime(edge, timeZone)).join(' … ');
  throw new JdError('INVALID_ARGUMENT', {
    en: `autoReleaseTime of ${id} has to be empty or a time like 2027-01-01 00:00:00 (${timeZone}) within ${span}.`,
    zh: `${id} 的 autoReleaseTime 应为空，或 ${span} 之间形如 2027-01-01 00:00:00 的时间（${timeZone}）。`,
  });
}

/** @throws JdError for the first whose life has no room for it */
function requirePossible(rows: readonly InstanceRow[], commandFor: (row: InstanceRow) => Command): void {
  for (const row of rows) {
    const decision = decide(row.life, commandFor(row), clockOf(row, Date.now()));
    if (!decision.ok) throw refusedBy(row.id, decision.refusal.code, decision.refusal.state);
  }
}

async function moveAll(
  deps: ApiDeps,
  call: JdCall,
  rows: readonly InstanceRow[],
  commandFor: (row: InstanceRow) => Command,
): Promise<void> {
  requirePossible(rows, commandFor);
  for (const row of rows) {
    const { is } = await command(deps, call, row.id, commandFor(row)).catch((error: unknown) => {
      const told = jdErrorOf(error, row.id);
      throw told.status === 'INTERNAL' ? error : told;
    });
    if (is !== 'done') throw unanswered(row.id);
  }
}
