/**
 * What callers are told of each way in which a call to a workflow fails: it happened, may still happen, or
 * surely did not.
 */
import {
  ServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import {
  CommandRefused,
  Crowded,
  Dropped,
  Late,
  meaningOf,
  NotRunning,
  Unavailable,
} from '../temporal/meaning';

const status = (code: number, details: string): ServiceError =>
  new ServiceError('Workflow Update failed', {
    cause: Object.assign(new Error(`${code} ${details}`), { code, details }),
  });
const failed = (type: string, ...details: unknown[]): WorkflowUpdateFailedError =>
  new WorkflowUpdateFailedError(
    'Workflow Update failed',
    ApplicationFailure.nonRetryable('said', type, ...details),
  );

it.each([
  ['limit on number of concurrent in-flight updates has been reached (10)', 8],
  ['limit on total payload size of in-flight updates has been reached (20971520 bytes)', 8],
  ['The limit on the total number of distinct updates in this workflow has been reached (2000).', 9],
  ['exceeded workflow execution limit for signal events', 3],
])('L20: "%s" is crowded, and surely not sent', (details, code) => {
  expect(meaningOf(status(code, details))).toBeInstanceOf(Crowded);
  expect(meaningOf(status(code, details))).toMatchObject({ sent: false });
});

it('an update that the server dropped with its task is sent again', () => {
  const error = status(
    9,
    'Unable to perform workflow execution update due to unexpected workflow task failure.',
  );
  expect(meaningOf(error)).toBeInstanceOf(Dropped);
});

it.each([3, 7, 8, 9, 16])('status %i is decided before anything is done: surely not sent', (code) => {
  expect(meaningOf(status(code, 'no'))).toMatchObject({ sent: false });
});

it.each([1, 2, 4, 13, 14])('of status %i nobody knows whether it was sent', (code) => {
  expect(meaningOf(status(code, 'connection lost'))).toMatchObject({ sent: true });
  expect(meaningOf(status(code, 'connection lost'))).toBeInstanceOf(Unavailable);
});

it.each([
  ['of an update', new WorkflowUpdateRPCTimeoutOrCancelledError('late')],
  ['of a raw call', status(4, 'Deadline exceeded')],
])('no answer in time %s may still become one', (_, error) => {
  expect(meaningOf(error)).toBeInstanceOf(Late);
  expect(meaningOf(error)).toMatchObject({ sent: true });
});

it('only a wait that was over is late, so that a long poll ends when the connection is lost', () => {
  expect(meaningOf(status(14, 'connection lost'))).not.toBeInstanceOf(Late);
});

it.each([
  [
    'the workflow has ended',
    new WorkflowNotFoundError('workflow execution already completed', 'w', undefined),
  ],
  [
    'it ended before it took the update',
    new WorkflowNotFoundError('workflow update was aborted by closing workflow', 'w', undefined),
  ],
  ['it ended after it took the update', failed('AcceptedUpdateCompletedWorkflow')],
  ['it is not found in a raw call', status(5, 'workflow not found')],
])('%s: the read model answers', (_, error) => expect(meaningOf(error)).toBeInstanceOf(NotRunning));

it('a refusal says its code and the state', () => {
  expect(meaningOf(failed('Refusal', { code: 'WRONG_STATE', state: 'running' }))).toMatchObject({
    code: 'WRONG_STATE',
    state: 'running',
  });
  expect(meaningOf(failed('Refusal', { code: 'BAD_PAYLOAD', state: '' }))).toBeInstanceOf(CommandRefused);
});

it('a worker that does not know the update has not carried it out', () => {
  expect(meaningOf(failed('UnprocessedUpdate'))).toMatchObject({ sent: false });
});

it.each([new TypeError('x'), 'text', undefined])('%s is none of Temporal’s, and stays what it is', (error) =>
  expect(meaningOf(error)).toBe(error),
);
