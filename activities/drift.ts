/**
 * The nightly look at every machine: is it as its instance's life says? Nothing is changed by it; what differs becomes a row
 * that somebody decides on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { restingGoal } from '../domain/crossing';
import { type Driver, isAsWanted, isSeen, type Observation, type Ref, refOf } from '../drivers/port';
import type { Pool } from '../store/db';
import { type Driven, drivenInstances, endDrift, keepDrift } from '../store/lives/drift';

export interface DriftResult {
  looked: number;
  drifted: number;
  /** Nobody could say. */
  unknown: number;
}

export interface DriftActivities {
  /** Looks at all of them, so many a second. A repeat goes on where the one before had come to. */
  lookForDrift(): Promise<DriftResult>;
}

const PAGE = 500;
/** Of one worker: control planes have other things to do. */
const A_SECOND = 20;
/** Between the two looks after which a machine is believed to be gone. */
const SECOND_LOOK_MS = 2000;

type DriverOf = (name: string) => Driver;

export const createDriftActivities = (pool: Pool, driverOf: DriverOf): DriftActivities => ({
  lookForDrift: () => lookForDrift(pool, driverOf),
});

async function lookForDrift(pool: Pool, driverOf: DriverOf): Promise<DriftResult> {
  const { heartbeat, cancellationSignal, info } = Context.current();
  let at = (info.heartbeatDetails as Progress | undefined) ?? { after: 0, looked: 0, drifted: 0, unknown: 0 };
  for (;;) {
    const page = await drivenInstances(pool, at.after, PAGE);
    for (let first = 0; first < page.length; first += A_SECOND) {
      cancellationSignal.throwIfAborted();
      const some = page.slice(first, first + A_SECOND);
      const pause = sleep(1000);
      const seen = await Promise.all(some.map((one) => lookAt(pool, driverOf, one)));
      const count = (what: Seen): number => seen.filter((one) => one === what).length;
      at = {
        after: some.at(-1)!.seq,
        looked: at.looked + some.length,
        drifted: at.drifted + count('drifted'),
        unknown: at.unknown + count('unknown'),
      };
      heartbeat(at);
      if (some.length === A_SECOND) await pause;
    }
    if (page.length < PAGE) return { looked: at.looked, drifted: at.drifted, unknown: at.unknown };
  }
}

type Progress = DriftResult & { after: number };
type Seen = 'same' | 'drifted' | 'unknown' | 'on its way';

async function lookAt(pool: Pool, driverOf: DriverOf, one: Driven): Promise<Seen> {
  const goal = one.life.crossing ? undefined : restingGoal(one.life.state);
  if (!goal) return 'on its way';
  const seen = await lookTwice(driverOf(one.life.driver!), refOf(one.id, one.facts));
  if (!isSeen(seen)) return 'unknown';
  if (isAsWanted(goal, seen)) {
    await endDrift(pool, one.id);
    return 'same';
  }
  await keepDrift(pool, one, seen);
  return 'drifted';
}

/** A machine that is said to be gone is looked at once more: control planes have been wrong in that. */
async function lookTwice(driver: Driver, ref: Ref): Promise<Observation> {
  const seen = await driver.observe(ref);
  if (!isSeen(seen) || seen.exists) return seen;
  await sleep(SECOND_LOOK_MS);
  return await driver.observe(ref);
}
