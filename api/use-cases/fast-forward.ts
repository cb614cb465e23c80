/**
 * Sandbox: moves one instance's clock ahead, and answers when it is there with all that came due on the way
 * (decision 1).
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { clockOf } from '../../domain/clock';
import { msOf } from '../../domain/instant';
import { dueAt, nextDeadline } from '../../domain/lifecycle';
import { type InstanceRow, setClockOffset } from '../../store/lives/instances';
import { type FastForward, lastMoveId, skipAhead } from '../../temporal/fast-forward';
import { NotRunning, Unavailable } from '../../temporal/meaning';
import { type Asking, derivedId } from '../asking';
import type { Caller } from '../caller';
import type { ApiDeps } from '../deps';
import { Problem } from '../problem';
import { type CommandResult, unanswered, withoutWorkflow } from './command';
import { existingInstance } from './existing';

const WAIT_MS = 30_000;
const CATCH_UP_MS = 30_000;
const LOOK_EVERY_MS = 50;
/** How long before a deadline a move ends: longer than two clocks differ, shorter than anybody minds. */
const BEFORE_MS = 500;

/** @param seconds by how many */
export async function fastForward(
  deps: ApiDeps,
  { caller, commandId }: Asking,
  instanceId: string,
  seconds: number,
): Promise<CommandResult> {
  if (!deps.sandbox) throw new Problem('SANDBOX_ONLY');
  if (!deps.timeSkipping) throw new Problem('TIME_SKIPPING_UNAVAILABLE');
  const row = await existingInstance(deps, caller, instanceId);
  const mover = {
    client: deps.temporal,
    namespace: deps.namespace,
    instanceId,
    waitMs: deps.fastForwardWaitMs ?? WAIT_MS,
  };
  const id = derivedId('f', commandId);
  try {
    const begun = begunTarget(id, await lastMoveId(mover));
    const toMs = begun ?? msOf(clockOf(row, Date.now())) + seconds * 1000;
    return {
      is: 'done',
      row: await passDeadlines(
        deps,
        caller,
        row,
        { ...mover, id: `${id}.${toMs}`, toMs },
        begun !== undefined,
      ),
    };
  } catch (error) {
    if (error instanceof Unavailable) return await unanswered(deps, instanceId, error);
    if (error instanceof NotRunning)
      throw await withoutWorkflow(deps, await existingInstance(deps, caller, instanceId));
    throw error;
  }
}

/**
 * Where a request that began before wanted to go, if the last move was one of its own:
 * `<id>.<target>.<stop>`.
 */
function begunTarget(id: string, moveId: string | undefined): number | undefined {
  const [of, target] = moveId?.split('.') ?? [];
  return of === id ? Number(target) : undefined;
}

/**
 * Moves from deadline to deadline. Each is waited for just before it comes, and is taken in its own time:
 * what it leads to has to be recorded before the clock moves on.
 */
async function passDeadlines(
  deps: ApiDeps,
  caller: Caller,
  from: InstanceRow,
  move: FastForward,
  hasBegun: boolean,
): Promise<InstanceRow> {
  let row = from;
  for (let isFirst = !hasBegun; isFirst || row.life.state !== 'terminated'; isFirst = false) {
    const stopMs = stopBefore(row, move.toMs);
    const { offsetMs, reachedMs } = await skipAhead({ ...move, id: `${move.id}.${stopMs}`, toMs: stopMs });
    await setClockOffset(deps.pool, row.id, offsetMs);
    row = await caughtUp(deps, caller, row, stopMs === move.toMs ? reachedMs : stopMs + BEFORE_MS);
    // What sets out for its control plane takes its own time; what is stuck there is not to be asked as fast as a clock can skip.
    if (stopMs === move.toMs || row.life.crossing) return row;
  }
  await setClockOffset(deps.pool, row.id, move.toMs - Date.now());
  return await existingInstance(deps, caller, row.id);
}

/** A little before the next deadline, or the target where there is none on the way. */
function stopBefore({ life }: InstanceRow, targetMs: number): number {
  const deadline = nextDeadline(life);
  const at = deadline ? msOf(dueAt(deadline)) : Number.POSITIVE_INFINITY;
  return at > targetMs ? targetMs : at - BEFORE_MS;
}

/**
 * Waits until the read model has taken every deadline up to the instant that was reached, in milliseconds on
 * the instance's clock, and until its machine is where that leads to, or is stuck on its way. What was on its way before goes
 * on by itself.
 */
async function caughtUp(
  deps: ApiDeps,
  caller: Caller,
  { id, life: before }: InstanceRow,
  reachedMs: number,
): Promise<InstanceRow> {
  const until = Date.now() + CATCH_UP_MS;
  for (;;) {
    const row = await existingInstance(deps, caller, id);
    const { crossing } = row.life;
    const deadline = nextDeadline(row.life);
    const isThere = !crossing || crossing.attention !== undefined || crossing.step === before.crossing?.step;
    if (isThere && (!deadline || msOf(dueAt(deadline)) > reachedMs)) return row;
    if (Date.now() > until)
      throw new Unavailable('deadlines that came due have not been taken in time', true);
    await sleep(LOOK_EVERY_MS);
  }
}
