/**
 * Moves one instance's workflow ahead, through the raw service: the SDK has no wrapper for the server's time
 * skipping (1.32+). The caller gives an id, so that asking again after a crash waits for the move that has
 * begun and doesn't begin another.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { google, temporal } from '@temporalio/proto';
import { workflowId } from '../domain/ids';
import { Late, NotRunning, Unavailable, within } from './meaning';

export interface FastForward {
  client: Client;
  namespace: string;
  instanceId: string;
  /** The same for the same move. */
  id: string;
  /** Where to, on the instance's clock, in milliseconds. */
  toMs: number;
  waitMs: number;
}

export interface FastForwardResult {
  /** How far ahead of the wall clock it is now, in milliseconds. */
  offsetMs: number;
  /** The instant that was reached on the instance's clock, in milliseconds. */
  reachedMs: number;
}

/** Another move of the same instance came in between. */
export class Replaced extends Error {}

const { FastForwardPollingResult, WorkflowExecutionStatus } = temporal.api.enums.v1;
const POLL_MS = 20_000;
const CALL_MS = 10_000;
/** What is no further is waited for: see {@link skipAhead}. */
const NEAR_MS = 2000;
/** How long a move waits for what is under way; without a worker it would never end. */
const SETTLE_MS = 3000;
const LOOK_EVERY_MS = 20;

/**
 * Answers once the clock is there, or the workflow has ended on the way. A server skips whenever nothing is
 * in flight, to the target or to the next timer. When the target passes by itself while a task is in flight,
 * the server skips on to that timer, days too far: so a move begins when nothing is in flight, and what is
 * near is waited for.
 * @throws NotRunning when there is none to move; Unavailable when it does not arrive in time, for want of a
 *   worker; Replaced by another move
 */
export async function skipAhead(move: FastForward): Promise<FastForwardResult> {
  const before = await whenIdle(move);
  const hasBegun = before.moveId === move.id;
  if (!before.running && !hasBegun) throw new NotRunning(`${workflowId(move.instanceId)} has ended`);
  const restMs = Math.round(move.toMs - clockIn(before));
  if (!hasBegun && restMs <= NEAR_MS) {
    await sleep(Math.max(0, restMs));
    return { offsetMs: offsetOf(before), reachedMs: clockIn(before) };
  }
  if (!hasBegun) await begin(move, restMs);
  const deadline = Date.now() + move.waitMs;
  while (!(await poll(move, deadline))) {
    if (Date.now() >= deadline) throw new Unavailable('the clock has not arrived in time', true);
  }
  const after = await describe(move);
  // Never further than asked: the clock of a workflow that has ended stands wherever its last timer was.
  const offsetMs = after.running ? offsetOf(after) : move.toMs - Date.now();
  return { offsetMs, reachedMs: Date.now() + offsetMs };
}

const offsetOf = ({ currentMs, wallMs }: Description): number =>
  currentMs === undefined ? 0 : currentMs - wallMs;
const clockIn = (description: Description): number => Date.now() + offsetOf(description);

/**
 * The id of the fast-forward that the workflow was last given; it may be of a request whose answer got lost.
 */
export async function lastMoveId(
  move: Pick<FastForward, 'client' | 'namespace' | 'instanceId'>,
): Promise<string | undefined> {
  return (await describe(move)).moveId;
}

/** The workflow when no task and no activity of it is under way. */
async function whenIdle(move: FastForward): Promise<Description> {
  const until = Date.now() + SETTLE_MS;
  for (;;) {
    const description = await describe(move);
    if (!description.busy || Date.now() > until) return description;
    await sleep(LOOK_EVERY_MS);
  }
}

async function begin({ client, namespace, instanceId, id }: FastForward, ms: number): Promise<void> {
  const duration = google.protobuf.Duration.fromObject({
    seconds: Math.floor(ms / 1000),
    nanos: (ms % 1000) * 1_000_000,
  });
  const config = { enabled: true, fastForwardConfig: { id, duration } };
  await within(client, CALL_MS, () =>
    client.connection.workflowService.updateWorkflowExecutionOptions({
      namespace,
      workflowExecution: { workflowId: workflowId(instanceId) },
      workflowExecutionOptions: { timeSkippingConfig: config },
      updateMask: { paths: ['time_skipping_config'] },
    }),
  );
}

/** One long poll. True: it is there, or the workflow has ended. */
async function poll(move: FastForward, deadline: number): Promise<boolean> {
  const { client, namespace, instanceId, id } = move;
  try {
    const { fastForwardPollingResult: result } = await within(
      client,
      Math.max(1, Math.min(POLL_MS, deadline - Date.now())),
      () =>
        client.connection.workflowService.pollWorkflowExecutionTimeSkipping({
          namespace,
          workflowExecution: { workflowId: workflowId(instanceId) },
          fastForwardId: id,
        }),
    );
    if (result === FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_COMPLETED) return true;
    if (result !== FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_FAILED) return false;
  } catch (error) {
    if (error instanceof Late) return false;
    if (!(error instanceof NotRunning)) throw error;
  }
  // It can't complete any more: ended on the way, or somebody moved the clock again.
  if (!(await describe(move)).running) return true;
  throw new Replaced(`another move took the place of ${id}`);
}

interface Description {
  running: boolean;
  /** A workflow task or an activity is under way, or waits for a worker. */
  busy: boolean;
  /** The fast-forward that the workflow was last given. */
  moveId: string | undefined;
  /** The workflow's clock, in milliseconds; undefined when it never skipped. */
  currentMs: number | undefined;
  /** The wall clock when it was asked. */
  wallMs: number;
}

async function describe({
  client,
  namespace,
  instanceId,
}: Pick<FastForward, 'client' | 'namespace' | 'instanceId'>): Promise<Description> {
  const asked = Date.now();
  const description = await within(client, CALL_MS, () =>
    client.connection.workflowService.describeWorkflowExecution({
      namespace,
      execution: { workflowId: workflowId(instanceId) },
    }),
  );
  const answered = Date.now();
  const info = description.workflowExtendedInfo?.timeSkippingInfo;
  const time = info?.currentTime;
  return {
    running:
      description.workflowExecutionInfo?.status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING,
    busy: Boolean(description.pendingWorkflowTask) || (description.pendingActivities ?? []).length > 0,
    moveId: info?.effectiveConfig?.fastForwardConfig?.id ?? undefined,
    currentMs: time ? Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6) : undefined,
    wallMs: (asked + answered) / 2,
  };
}
