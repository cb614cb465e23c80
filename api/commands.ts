/** Commands to one instance's workflow, and what to answer whatever becomes of them. */
import type { Command } from '../domain/commands';
import type { Text } from '../domain/policy';
import type { Lang } from '../domain/present';
import type { InstanceRow } from '../store/lives/instances';
import { findStep } from '../store/lives/timeline';
import { hasWorkflow } from '../temporal/lives';
import { NotRunning, Refused, Unavailable } from '../temporal/meaning';
import { type SendOptions, sendCommand, sendSignal } from '../temporal/send';
import type { CommandMessage, SignalName, SignalPayload } from '../workflows/messages';
import type { Call, Reply } from './call';
import type { ApiDeps } from './deps';
import { Problem } from './errors';
import { existingInstance } from './existing';
import { temporalAnswers } from './health';
import { presentInstance } from './present/instances';

/** Who vouches for what is sent, and how long to wait for a workflow's answer. */
export const optionsOf = ({ commandWaitMs, taskQueue, signatures }: ApiDeps): SendOptions => ({
  signer: signatures,
  ...(commandWaitMs === undefined ? {} : { waitMs: commandWaitMs }),
  ...(taskQueue === undefined ? {} : { taskQueue }),
});

export const instanceReply = (row: InstanceRow, status = 200): Reply => ({ status, body: presentInstance(row) });

const locationOf = (instanceId: string): string => `/v1/instances/${encodeURIComponent(instanceId)}`;

const ACCEPTED = {
  signalled: {
    en: 'Handed over; it may still be refused. The instance and its timeline tell.',
    zh: '已提交，仍可能被拒绝；结果请查看实例及其历史记录。',
  },
  unanswered: {
    en: 'Sent, but nobody has answered yet: it may still happen. Look at the instance, or repeat the request with the same Idempotency-Key.',
    zh: '已发送但尚未得到响应，操作仍可能生效；请查看实例，或使用同一幂等键重试。',
  },
} satisfies Record<string, Text>;

/** 202 with where to look. */
function acceptedReply(instanceId: string, lang: Lang, why: keyof typeof ACCEPTED, headers: Record<string, string>): Reply {
  const body = { status: 'accepted', instanceId, detail: ACCEPTED[why][lang] };
  return { status: 202, body, headers: { Location: locationOf(instanceId), ...headers } };
}

/**
 * Nobody answered in time: 202 when the server has the message and a worker may still take it, else 503. Neither is the last word.
 * @throws the error itself, for a 503
 */
export async function unansweredReply(deps: ApiDeps, instanceId: string, lang: Lang, error: Unavailable): Promise<Reply> {
  if (!error.sent || !(await temporalAnswers(deps))) throw error;
  return { ...acceptedReply(instanceId, lang, 'unanswered', { 'Retry-After': '5' }), interim: true };
}

/**
 * Sends a command and answers with the instance as it then is. A command that took effect before (a repeat after a crash, or one that closed
 * the workflow) is answered like the first time (L8).
 */
export async function carryOut(
  deps: ApiDeps,
  row: InstanceRow,
  call: Pick<Call, 'commandId' | 'caller' | 'lang'>,
  command: Command,
): Promise<Reply> {
  const message: CommandMessage = { id: call.commandId, by: call.caller.name, command };
  if (row.life.state === 'terminated') return await answerClosed(deps, row.id, call);
  try {
    await sendCommand(deps.temporal, row.id, message, optionsOf(deps));
    // Whoever may start workflows in Temporal could have another one answer. Done is what is stored.
    if (!(await tookEffect(deps, row.id, call.commandId))) throw new Unavailable('answered, and not stored', true);
  } catch (error) {
    if (error instanceof NotRunning) return await answerClosed(deps, row.id, call);
    if (error instanceof Unavailable) return await unansweredReply(deps, row.id, call.lang, error);
    if (!(error instanceof Refused) || !(await tookEffect(deps, row.id, call.commandId))) throw error;
  }
  return instanceReply(await existingInstance(deps, call.caller, row.id));
}

/** Nothing restarts a closed workflow: the read model answers for it (decision 5). */
async function answerClosed(deps: ApiDeps, id: string, { caller, commandId }: Pick<Call, 'caller' | 'commandId'>): Promise<Reply> {
  const row = await existingInstance(deps, caller, id);
  if (await tookEffect(deps, id, commandId)) return instanceReply(row);
  throw await withoutWorkflow(deps, row);
}

/**
 * Why there was no workflow to send to (L14): its instance has ended, or Temporal has lost it. Asked once more, because another one may have
 * been started since: then trying again helps, and nothing else is said.
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

/** `Prefer: respond-async`: signals and answers at once; a refusal becomes a row of the timeline (decision 5). */
export async function signal(
  deps: ApiDeps,
  row: InstanceRow,
  call: Pick<Call, 'commandId' | 'caller' | 'lang'>,
  name: SignalName,
  payload: SignalPayload,
): Promise<Reply> {
  const accepted = acceptedReply(row.id, call.lang, 'signalled', { 'Preference-Applied': 'respond-async' });
  // A repeat after a crash: a second signal would only leave a refusal in the timeline.
  if (await tookEffect(deps, row.id, call.commandId)) return accepted;
  if (row.life.state === 'terminated') return await answerClosed(deps, row.id, call);
  try {
    await sendSignal(deps.temporal, row.id, name, { ...payload, id: call.commandId, by: call.caller.name }, optionsOf(deps));
  } catch (error) {
    if (error instanceof NotRunning) return await answerClosed(deps, row.id, call);
    throw error;
  }
  return accepted;
}
