/** How a run records a step, and takes over what the database then holds (decision 6). */
import {
  ActivityFailure,
  ApplicationFailure,
  log,
  proxyActivities,
  proxyLocalActivities,
  type RetryPolicy,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { Command, Envelope } from '../domain/commands';
import { REFUSAL } from '../domain/ids';
import { isoOf } from '../domain/instant';
import type { Life } from '../domain/lifecycle';
import type { StepAnswer, StepBase } from '../domain/step';
import { currentDetails } from './details';
import type { FirstRun, LaterRun, RefusalDetail } from './messages';
import { changingAttributes, needsAttention, releaseTimeOf } from './search-attributes';

const retry = {
  initialInterval: '200 ms',
  maximumInterval: '10 seconds',
  nonRetryableErrorTypes: [REFUSAL],
} satisfies RetryPolicy;
export type Way = (summary: string) => Activities;
/**
 * For what came by update: the command with its instant is in history before the step commits ("durable
 * before done", decision 10).
 */
export const regular: Way = (summary) =>
  proxyActivities<Activities>({ startToCloseTimeout: '10 seconds', retry, summary });
/** For what may take as long as a control plane does. A worker that dies meanwhile is noticed by its silence. */
export const atControlPlane: Way = (summary) =>
  proxyActivities<Activities>({
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: '30 seconds',
    retry,
    summary,
  });
/** For what is in history already (start, timer, signal): cheaper, and just as safe. */
export const local: Way = (summary) =>
  proxyLocalActivities<Activities>({ startToCloseTimeout: '10 seconds', retry, summary });

/**
 * The life that this run was started with, until the store has answered a step of it. Whoever reaches
 * Temporal can start a workflow with a life of his own making: its first step brings it along, to be held
 * against the stored one. (Each workflow has its own copy of a module.)
 */
let unproven: Life | undefined;

/** {@link REVISION} of whoever started this run. */
let startedWith = 0;

/** Before anything else: with what this run begins. */
export function beginRun(input: FirstRun | LaterRun): void {
  unproven = 'life' in input ? input.life : undefined;
  startedWith = input.revision ?? 0;
}

export const now = (): string => isoOf(Date.now());

/** What the answer of a step may leave out. */
export const brevity = (): Pick<StepBase, 'brief'> => (startedWith >= 2 ? { brief: true } : {});

export function nextStep(
  life: Life,
  next: Life,
  { id, by }: Envelope,
  command: string,
  body: unknown,
  at: string,
): Omit<StepBase, 'effects'> {
  const step = life.step + 1;
  const from = life === unproven ? { from: life } : {};
  return {
    instanceId: life.id,
    step,
    commandId: id,
    command,
    body,
    by,
    at,
    next: { ...next, step },
    ...brevity(),
    ...from,
  };
}

/** The timeline calls a return a return. */
export const shownName = (command: Command): string =>
  command.name === 'terminate' ? command.action : command.name;

/** Takes over what the database holds, which may be another computation's (decision 6) than was asked for, and shows it. */
export function adopt(before: Life, { next }: Pick<StepBase, 'next'>, { life = next }: StepAnswer): Life {
  const hasChanged =
    life.state !== before.state ||
    releaseTimeOf(life) !== releaseTimeOf(before) ||
    needsAttention(life) !== needsAttention(before);
  const isLast = life.state === 'terminated' && startedWith >= 1;
  if (hasChanged && !isLast) upsertSearchAttributes(changingAttributes(life));
  show(life);
  return life;
}

export function show(life: Life): void {
  setCurrentDetails(currentDetails(life));
}

/**
 * A refusal by the database leaves the state as it was. Anything else is a fault of ours: it ends nothing,
 * and is in the worker's log.
 */
export function refusalIn(error: unknown, currentState: string): RefusalDetail {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.type === REFUSAL) {
    const { code, state } = cause.details![0] as RefusalDetail;
    return { code, state: state || currentState };
  }
  log.error('a step could not be taken', { error });
  return { code: 'NOT_POSSIBLE', state: currentState };
}
