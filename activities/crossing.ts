/**
 * Brings a machine to where a life in passing is to go (decision 7): one look and, where it is not there yet, one asking.
 * It never waits for the control plane; when to ask again is the workflow's to time. What it answers is a fact in the
 * history, so a replay asks nobody.
 */
import type { Goal, TurnedBack } from '../domain/lifecycle';
import type { Plan } from '../domain/plan';
import { oneLine } from '../drivers/gate';
import { type Applied, type Driver, isAsWanted, isSeen, type Ref } from '../drivers/port';

export interface CrossInput {
  instanceId: string;
  goal: Goal;
  /** By which the control plane knows the asking. */
  step: number;
  /** When somebody is told that it takes too long. */
  deadline: string;
  /** It was not there when it was looked at before: a machine is believed to be gone at the second look. */
  wasGone: boolean;
}

/**
 * `there`: as wanted, and seen. `gone`: it is not there, for the first time. `waiting`: not yet, or not known; ask again
 * after so many seconds (missing: as the workflow thinks best). `refused`: never.
 */
export type Crossed =
  | { is: 'there' }
  | { is: 'gone' }
  | { is: 'waiting'; why: string; againSeconds?: number }
  | { is: 'refused'; why: TurnedBack };

export interface Machine {
  driver: Driver;
  ref: Ref;
  /** Of a release. */
  plan: Plan | null;
}

export async function cross({ driver, ref, plan }: Machine, input: CrossInput): Promise<Crossed> {
  const { instanceId, goal, step, deadline, wasGone } = input;
  // After a crash it may be there already. A release is asked for all the same: what is gone may have left disks behind.
  if (goal !== 'released') {
    const before = await driver.observe(ref);
    if (isSeen(before) && isAsWanted(goal, before)) return { is: 'there' };
  }
  const applied = await driver.apply(ref, goal, { stepKey: `${instanceId}/${step}`, plan, deadline });
  if (applied.state !== 'done') return notDone(applied);
  // Said to be done is not done: what is booked by it is money.
  const after = await driver.observe(ref);
  if (!isSeen(after)) return { is: 'waiting', why: after.unknown, ...again(after.retryAfter) };
  if (!isAsWanted(goal, after)) return { is: 'waiting', why: 'said to be done, and is not seen to be' };
  return goal === 'released' && !wasGone ? { is: 'gone' } : { is: 'there' };
}

function notDone(applied: Exclude<Applied, { state: 'done' }>): Crossed {
  switch (applied.state) {
    case 'pending':
      return { is: 'waiting', why: 'under way', againSeconds: applied.pollAfter };
    case 'unknown':
      return { is: 'waiting', why: applied.reason, ...again(applied.retryAfter) };
    case 'refused': {
      const { code, message, retryable, retryAfter } = applied;
      const said = oneLine(`${code}: ${message}`);
      return retryable
        ? { is: 'waiting', why: said, ...again(retryAfter) }
        : { is: 'refused', why: { code: 'CONTROL_PLANE_REFUSED', message: said } };
    }
  }
}

const again = (seconds: number | undefined): { againSeconds?: number } =>
  seconds === undefined ? {} : { againSeconds: seconds };
