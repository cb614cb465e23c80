/** Sandbox: moves one instance's clock ahead, and answers when it is there with all that came due on the way. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { acceptedAnswer, instanceAnswer } from '../../contract/answers';
import { byId, fastForwardSchema, secondsOf } from '../../contract/requests';
import { nextDeadline } from '../../domain/lifecycle';
import { clockOf } from '../../store/agreements/quotes';
import type { InstanceRow } from '../../store/lives/instances';
import { setClockOffset } from '../../store/lives/instances';
import { fastForward, lastMoveId, type Move } from '../../temporal/fast-forward';
import { NotRunning, Unavailable } from '../../temporal/meaning';
import type { Call, Reply } from '../call';
import type { Caller } from '../caller';
import { instanceReply, unansweredReply, withoutWorkflow } from '../commands';
import type { ApiDeps } from '../deps';
import { Problem } from '../errors';
import { existingInstance } from '../existing';
import { derivedId } from '../idempotency';
import { type Route, route } from '../route';

const WAIT_MS = 30_000;
const CATCH_UP_MS = 30_000;
const LOOK_EVERY_MS = 50;
/** How long before a deadline a move ends: longer than two clocks differ, shorter than anybody minds. */
const BEFORE_MS = 500;

export const fastForwardRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/instances/{id}/fast-forward',
    tag: 'Sandbox',
    summary: 'Move an instance’s clock ahead',
    description: 'Only in a sandbox. Answers when the clock is there and every deadline up to it has been taken.',
    permission: 'sandbox',
    params: byId,
    body: fastForwardSchema,
    answers: {
      200: { description: 'The instance at the later time.', schema: instanceAnswer },
      202: { description: 'It did not arrive in time, and still may.', schema: acceptedAnswer, location: 'The instance.' },
    },
    problems: {
      403: ['SANDBOX_ONLY'],
      404: ['NOT_FOUND'],
      409: ['WRONG_STATE', 'FAST_FORWARD_REPLACED'],
      501: ['TIME_SKIPPING_UNAVAILABLE'],
    },
    handle: (call) => forward(deps, call),
  }),
];

async function forward(deps: ApiDeps, call: Call<z.output<typeof byId>, unknown, z.output<typeof fastForwardSchema>>): Promise<Reply> {
  if (!deps.sandbox) throw new Problem('SANDBOX_ONLY');
  if (!deps.timeSkipping) throw new Problem('TIME_SKIPPING_UNAVAILABLE');
  const row = await existingInstance(deps, call.caller, call.params.id);
  const mover = { client: deps.temporal, namespace: deps.namespace, instanceId: row.id, waitMs: deps.fastForwardWaitMs ?? WAIT_MS };
  const id = derivedId('f', call.commandId);
  try {
    const begun = begunTarget(id, await lastMoveId(mover));
    // The schema has read the duration before.
    const targetMs = begun ?? Date.parse(clockOf(row, Date.now())) + secondsOf(call.body.duration)! * 1000;
    return instanceReply(await advance(deps, call.caller, row, { ...mover, id: `${id}.${targetMs}`, toMs: targetMs }, begun !== undefined));
  } catch (error) {
    if (error instanceof Unavailable) return await unansweredReply(deps, row.id, call.lang, error);
    if (error instanceof NotRunning) throw await withoutWorkflow(deps, await existingInstance(deps, call.caller, row.id));
    throw error;
  }
}

/** Where a request that began before wanted to go, if the last move was one of its own: `<id>.<target>.<stop>`. */
function begunTarget(id: string, moveId: string | undefined): number | undefined {
  const [of, target] = moveId?.split('.') ?? [];
  return of === id ? Number(target) : undefined;
}

/**
 * Moves from deadline to deadline. Each is waited for just before it comes, and is taken in its own time: what it leads to has to be recorded
 * before the clock moves on.
 */
async function advance(deps: ApiDeps, caller: Caller, from: InstanceRow, move: Move, hasBegun: boolean): Promise<InstanceRow> {
  let row = from;
  for (let isFirst = !hasBegun; isFirst || row.life.state !== 'terminated'; isFirst = false) {
    const stopMs = stopBefore(row, move.toMs);
    const { offsetMs, reachedMs } = await fastForward({ ...move, id: `${move.id}.${stopMs}`, toMs: stopMs });
    await setClockOffset(deps.pool, row.id, offsetMs);
    row = await caughtUp(deps, caller, row.id, stopMs === move.toMs ? reachedMs : stopMs + BEFORE_MS);
    if (stopMs === move.toMs) return row;
  }
  await setClockOffset(deps.pool, row.id, move.toMs - Date.now());
  return await existingInstance(deps, caller, row.id);
}

/** A little before the next deadline, or the target where there is none on the way. */
function stopBefore({ life }: InstanceRow, targetMs: number): number {
  const deadline = nextDeadline(life);
  const at = deadline ? Date.parse(deadline.at) : Number.POSITIVE_INFINITY;
  return at > targetMs ? targetMs : at - BEFORE_MS;
}

/** Waits until the read model has taken every deadline up to the instant that was reached, in milliseconds on the instance's clock. */
async function caughtUp(deps: ApiDeps, caller: Caller, id: string, reachedMs: number): Promise<InstanceRow> {
  const until = Date.now() + CATCH_UP_MS;
  for (;;) {
    const row = await existingInstance(deps, caller, id);
    const deadline = nextDeadline(row.life);
    if (!deadline || Date.parse(deadline.at) > reachedMs) return row;
    if (Date.now() > until) throw new Unavailable('deadlines that came due have not been taken in time', true);
    await sleep(LOOK_EVERY_MS);
  }
}
