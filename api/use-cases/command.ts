/** Commands to one instance's workflow, and what has become of them. */
import type { Command } from '../../domain/commands';
import type { InstanceRow } from '../../store/lives/instances';
import { findStep } from '../../store/lives/timeline';
import { hasWorkflow } from '../../temporal/lives';
import { CommandRefused, NotRunning, Unavailable } from '../../temporal/meaning';
import { type SendOptions, sendCommand, sendSignal } from '../../temporal/send';
import type { SignalName, SignalPayload } from '../../workflows/messages';
import type { Asking } from '../asking';
import type { ApiDeps } from '../deps';
import { Problem } from '../problem';
import { existingInstance } from './existing';
import { temporalAnswers } from './health';

/**
 * `done`: the instance as it then is. `signalled`: handed over, and it may still be refused. `unanswered`:
 * sent, and it may still happen; a repeat under the same command id asks again.
 */
export type CommandResult = { is: 'done'; row: InstanceRow } | Unfinished;
export type Unfinished = { is: 'signalled' | 'unanswered'; instanceId: string };

/** Who vouches for what is sent, and how long to wait for a workflow's answer. */
export const optionsOf = ({ commandWaitMs, taskQueue, signatures }: ApiDeps): SendOptions => ({
  signer: signatures,
  ...(commandWaitMs === undefined ? {} : { waitMs: commandWaitMs }),
  ...(taskQueue === undefined ? {} : { taskQueue }),
});

/**
 * Nobody answered in time: it may still happen when the server has the message and a worker may still take
 * it.
 * @throws the error itself when it won't
 */
export async function unanswered(deps: ApiDeps, instanceId: string, error: Unavailable): Promise<Unfinished> {
  if (!error.sent || !(await temporalAnswers(deps))) throw error;
  return { is: 'unanswered', instanceId };
}

/** Sends a command to an instance that needs nothing else. */
export const command = async (
  deps: ApiDeps,
  asking: Asking,
  id: string,
  asked: Command,
): Promise<CommandResult> =>
  await carryOut(deps, asking, await existingInstance(deps, asking.caller, id), asked);

/**
 * Sends a command, and answers with the instance as it then is. A command that took effect before (a repeat
 * after a crash, or one that closed the workflow) is answered like the first time (L8).
 */
export async function carryOut(
  deps: ApiDeps,
  asking: Asking,
  row: InstanceRow,
  asked: Command,
): Promise<CommandResult> {
  const { commandId: id, caller } = asking;
  if (row.life.state === 'terminated') return await resultOfClosed(deps, asking, row.id);
  try {
    await sendCommand(deps.temporal, row.id, { id, by: caller.name, command: asked }, optionsOf(deps));
    // Whoever may start workflows in Temporal could have another one answer. Done is what is stored.
    const [isStored, now] = await Promise.all([
      tookEffect(deps, row.id, id),
      existingInstance(deps, caller, row.id),
    ]);
    if (!isStored) throw new Unavailable('answered, and not stored', true);
    return { is: 'done', row: now };
  } catch (error) {
    if (error instanceof NotRunning) return await resultOfClosed(deps, asking, row.id);
    if (error instanceof Unavailable) return await unanswered(deps, row.id, error);
    if (!(error instanceof CommandRefused) || !(await tookEffect(deps, row.id, id))) throw error;
  }
  return { is: 'done', row: await existingInstance(deps, caller, row.id) };
}

/** Signals a command, and does not wait: a refusal becomes a row of the timeline (decision 11). */
export async function signal(
  deps: ApiDeps,
  asking: Asking,
  row: InstanceRow,
  name: SignalName,
  payload: SignalPayload,
): Promise<CommandResult> {
  const { commandId: id, caller } = asking;
  const signalled: CommandResult = { is: 'signalled', instanceId: row.id };
  // A repeat after a crash: a second signal would only leave a refusal in the timeline.
  if (await tookEffect(deps, row.id, id)) return signalled;
  if (row.life.state === 'terminated') return await resultOfClosed(deps, asking, row.id);
  try {
    await sendSignal(deps.temporal, row.id, name, { ...payload, id, by: caller.name }, optionsOf(deps));
  } catch (error) {
    if (error instanceof NotRunning) return await resultOfClosed(deps, asking, row.id);
    throw error;
  }
  return signalled;
}

/** Nothing restarts a closed workflow: the read model answers for it. */
async function resultOfClosed(
  deps: ApiDeps,
  { caller, commandId }: Asking,
  id: string,
): Promise<CommandResult> {
  const row = await existingInstance(deps, caller, id);
  if (await tookEffect(deps, id, commandId)) return { is: 'done', row };
  throw await withoutWorkflow(deps, row);
}

/**
 * Why there was no workflow to send to (L14): its instance has ended, or Temporal has lost it. Asked once
 * more, because another one may have been started since: then trying again helps, and nothing else is said.
 */
export async function withoutWorkflow(deps: ApiDeps, { id, life: { state } }: InstanceRow): Promise<Error> {
  if (state === 'terminated') return new Problem('WRONG_STATE', { state });
  return (await hasWorkflow(deps.temporal, id))
    ? new NotRunning(`instance/${id} was not running`)
    : new Problem('WORKFLOW_LOST', { state });
}

async function tookEffect(deps: ApiDeps, id: string, commandId: string): Promise<boolean> {
  return (await findStep(deps.pool, id, commandId))?.outcome === 'done';
}
