/**
 * What it means when a call to an instance's workflow fails, in one place. The question that callers have is
 * always the same: has it happened, may it still happen, or surely not?
 */
import {
  type Client,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { REFUSAL, type RefusalDetail } from '../workflows/messages';

/** The workflow or the database refused the command; nothing changed. */
export class CommandRefused extends Error {
  readonly code: string;
  readonly state: string | null;
  constructor({ code, state }: RefusalDetail) {
    super(`refused: ${code}`);
    this.code = code;
    this.state = state || null;
  }
}

/**
 * No server or no worker in time. The message may still be carried out: say where to look, or ask to try
 * again with the same key.
 */
export class Unavailable extends Error {
  constructor(
    message: string,
    /** True when the message may have reached the workflow. */
    readonly sent: boolean,
  ) {
    super(message);
  }
}

/** The wait was over before an answer came. */
export class Late extends Unavailable {
  constructor(message: string) {
    super(message, true);
  }
}

/** The instance has as many commands under way as its workflow takes (L20): this one was surely not sent. */
export class Crowded extends Unavailable {
  constructor(message: string) {
    super(message, false);
  }
}

/**
 * The server has dropped an update, because the task that it came with failed: it has not happened, and can
 * be sent again.
 */
export class Dropped extends Unavailable {
  constructor(message: string) {
    super(message, false);
  }
}

/** The workflow has ended, or never began: the read model knows which. */
export class NotRunning extends Error {}

const GRPC = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  UNAUTHENTICATED: 16,
};

/** The server looks at these before it does anything. */
const NOT_TAKEN: readonly (number | undefined)[] = [
  GRPC.INVALID_ARGUMENT,
  GRPC.PERMISSION_DENIED,
  GRPC.RESOURCE_EXHAUSTED,
  GRPC.FAILED_PRECONDITION,
  GRPC.UNAUTHENTICATED,
];

/**
 * How the server says that a workflow has enough: ten updates in flight, or 2,000 updates or 10,000 signals
 * in one run. The codes are used for other things as well, so it is the words.
 */
const CROWDED = /in-flight updates|total number of distinct updates|limit for signal events/;
/**
 * Of an update that a workflow task took with it when it failed: most often because a signal came while the
 * workflow was ending.
 */
const DROPPED = /unexpected workflow task failure/;

/**
 * Whether the server says that a workflow has enough: to ask again behind the caller's back would only make
 * it worse.
 */
export const isCrowded = (said: string): boolean => CROWDED.test(said);

/**
 * @returns a {@link CommandRefused}, {@link Unavailable} or {@link NotRunning}; or the error itself when it is none
 * of Temporal's
 */
export function meaningOf(error: unknown): unknown {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
    return new Late('no worker answered in time');
  if (error instanceof WorkflowUpdateFailedError) return meaningOfFailure(error);
  if (!(error instanceof Error)) return error;
  if (error.name === 'WorkflowNotFoundError' || error.name === 'WorkflowExecutionAlreadyStartedError')
    return new NotRunning(error.message);
  const grpc = (error.cause ?? error) as { code?: number; details?: string };
  return error.name === 'ServiceError' || typeof grpc.code === 'number'
    ? meaningOfStatus(error, grpc)
    : error;
}

function meaningOfFailure({ cause, message }: WorkflowUpdateFailedError): Error {
  if (!(cause instanceof ApplicationFailure)) return new NotRunning(message);
  if (cause.type === REFUSAL) return new CommandRefused(cause.details![0] as RefusalDetail);
  // A worker of a version that does not know this update.
  if (cause.type === 'UnprocessedUpdate') return new Unavailable(cause.message, false);
  // The workflow ended while the update waited: what it answered with is in the read model.
  return new NotRunning(message);
}

function meaningOfStatus(
  { message }: Error,
  { code, details = message }: { code?: number; details?: string },
): Error {
  if (code === GRPC.NOT_FOUND) return new NotRunning(details);
  if (code === GRPC.DEADLINE_EXCEEDED) return new Late(`Temporal does not answer: ${details}`);
  if (isCrowded(details)) return new Crowded(details);
  if (DROPPED.test(details)) return new Dropped(details);
  return new Unavailable(`Temporal does not answer: ${details}`, !NOT_TAKEN.includes(code));
}

/** Runs a call with a deadline, in milliseconds from now, and gives its failures their meaning. */
export async function within<T>(client: Client, waitMs: number, call: () => Promise<T>): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + waitMs, call);
  } catch (error) {
    throw meaningOf(error);
  }
}
