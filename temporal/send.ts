/**
 * How the API and the worker's sweep talk to `instance/<id>`: its messages, sent.
 * What comes back is an {@link UpdateResult}, or one of the errors of `meaning.ts`.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import { COMMANDS, type Envelope } from '../domain/commands';
import { workflowId } from '../domain/ids';
import type { Signer } from '../domain/signed';
import {
  type CommandMessage,
  confirmedSignal,
  type FirstRun,
  REVISION,
  registerUpdate,
  SIGNALS,
  type SignalName,
  type SignalPayload,
  TASK_QUEUE,
  UPDATES,
  type UpdateResult,
  WORKFLOW_TYPE,
} from '../workflows/messages';
import { attributesAtStart, releaseAttribute } from '../workflows/search-attributes';
import { readSignal } from '../workflows/signals';
import { Crowded, Dropped, within } from './meaning';

export interface SendOptions {
  /** Vouches for what is sent, and names it. */
  signer: Signer;
  /** How long to wait for the answer, in milliseconds. */
  waitMs?: number;
  taskQueue?: string;
}

/** With the look at the server that follows when nobody answered (2 s), an answer comes within 15 s. */
export const WAIT_MS = 13_000;

/**
 * Starts the workflow of an instance and answers when its registration is recorded; an existing one answers
 * its life. One that has ended does not keep its id: what is registered is a row, the caller has seen that
 * there is none, and the step that makes it sees to it once more. Asking twice is harmless, so each asking is
 * an update of its own, whose id nobody can have taken before.
 * @param birth signed
 */
export async function registerInstance(
  client: Client,
  birth: FirstRun,
  options: Omit<SendOptions, 'signer'>,
): Promise<UpdateResult> {
  const { instanceId, registration } = birth;
  const startWorkflowOperation = new WithStartWorkflowOperation(WORKFLOW_TYPE, {
    workflowId: workflowId(instanceId),
    taskQueue: options.taskQueue ?? TASK_QUEUE,
    args: [{ ...birth, revision: REVISION }],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    typedSearchAttributes: [
      ...attributesAtStart(registration),
      ...releaseAttribute(registration.purgeTime ?? null),
    ],
    staticSummary: summaryOf(registration, registration.region),
  });
  return await within(client, options.waitMs ?? WAIT_MS, () =>
    client.workflow.executeUpdateWithStart(registerUpdate, { startWorkflowOperation }),
  );
}

export const summaryOf = (
  { product, billing }: { product: string; billing: string },
  region: string,
): string => `${product} ${billing} in ${region}`;

/**
 * Signs and sends a command, and answers once its step is recorded. The update's id comes from the message,
 * so a repeat answers the first result; who has no key can't tell that id before the message is in a history.
 * What was answered to another message all the same (a later run, where whoever reads histories was faster)
 * is no answer: the command is sent again under an id of its own, and takes effect once (L8).
 */
export async function sendCommand(
  client: Client,
  instanceId: string,
  message: CommandMessage,
  options: SendOptions,
): Promise<UpdateResult> {
  const handle = client.workflow.getHandle(workflowId(instanceId));
  const { signer, waitMs = WAIT_MS } = options;
  const signed = { ...message, signature: signer.sign(instanceId, message) };
  const definition: UpdateDefinition<UpdateResult, [CommandMessage]> =
    UPDATES[COMMANDS[message.command.name].update];
  const sendAs = (updateId: string) => handle.executeUpdate(definition, { args: [signed], updateId });
  const send = async (): Promise<UpdateResult> => {
    const answer = await sendAs(signer.updateId(instanceId, message));
    return answer.commandId === message.id ? answer : await sendAs(`u/${randomUUID()}`);
  };
  return await ofAFew(instanceId, () => untilTaken(waitMs, (leftMs) => within(client, leftMs, send)));
}

/** Fewer than the ten that the server lets be in flight: the sweep and other processes send commands too. */
const MAX_IN_FLIGHT = 8;
/** How many commands to an instance this process waits for. */
const inFlight = new Map<string, number>();

/** @throws Crowded at once, when so many commands to the instance are under way already (L20) */
async function ofAFew<T>(instanceId: string, send: () => Promise<T>): Promise<T> {
  const others = inFlight.get(instanceId) ?? 0;
  if (others >= MAX_IN_FLIGHT) throw new Crowded(`${others} commands to ${instanceId} are under way`);
  inFlight.set(instanceId, others + 1);
  try {
    return await send();
  } finally {
    const left = inFlight.get(instanceId)! - 1;
    if (left) inFlight.set(instanceId, left);
    else inFlight.delete(instanceId);
  }
}

const PAUSE_MS = 100;

/**
 * Sends again what the server has dropped, for as long as it may take; whoever waits is not told of it, since
 * it changes nothing.
 */
async function untilTaken<T>(waitMs: number, send: (waitMs: number) => Promise<T>): Promise<T> {
  const until = Date.now() + waitMs;
  for (;;) {
    try {
      return await send(until - Date.now());
    } catch (error) {
      if (!(error instanceof Dropped) || Date.now() + PAUSE_MS >= until) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/** Has a life that waits for its machine look at it now. Nobody has to vouch for that. */
export async function sendConfirmed(client: Client, instanceId: string): Promise<void> {
  const handle = client.workflow.getHandle(workflowId(instanceId));
  await within(client, WAIT_MS, () => handle.signal(confirmedSignal, {}));
}

/** Signs and sends a signal, and does not wait: what is refused becomes a row of its timeline. */
export async function sendSignal(
  client: Client,
  instanceId: string,
  name: SignalName,
  payload: SignalPayload & Envelope,
  options: SendOptions,
): Promise<void> {
  const handle = client.workflow.getHandle(workflowId(instanceId));
  // The signature is over the command, as the workflow will read it from the payload.
  const reading = readSignal(name, instanceId, payload);
  const { id, by } = payload;
  const signed =
    'command' in reading
      ? { ...payload, signature: options.signer.sign(instanceId, { id, by, command: reading.command }) }
      : payload;
  await within(client, options.waitMs ?? WAIT_MS, () => handle.signal(SIGNALS[name], signed));
}
