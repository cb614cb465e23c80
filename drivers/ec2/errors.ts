/** What EC2's errors mean to a step: nothing was done, it may have been, or it never will be. */

import { oneLine, type Unknown } from '../gate';
import type { Applied } from '../port';

/** As EC2 names it; undefined: it is none of EC2's errors, nobody has answered. */
export function codeOf(error: unknown): string | undefined {
  const { name, $metadata } = error as { name?: unknown; $metadata?: { httpStatusCode?: number } };
  // The SDK puts the status beside errors that came as an answer, and only there.
  return typeof name === 'string' && $metadata?.httpStatusCode !== undefined ? name : undefined;
}

const THROTTLED = new Set([
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'EC2ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'TooManyRequestsException',
  'SlowDown',
]);
const NOT_LET_IN = new Set([
  'UnauthorizedOperation',
  'AuthFailure',
  'Blocked',
  'ExpiredToken',
  'RequestExpired',
  'InvalidClientTokenId',
  'MissingAuthenticationToken',
  'OptInRequired',
  'PendingVerification',
  'SignatureDoesNotMatch',
]);
/** It stands between two states, and will stand otherwise soon. */
const BETWEEN = new Set([
  'IncorrectInstanceState',
  'IncorrectState',
  'InvalidState',
  'ResourceInUse',
  'VolumeInUse',
  'InvalidInstanceID.NotFound',
]);
/** EC2 has no room for it now, or the account no right to more. */
const NO_ROOM = /^Insufficient|LimitExceeded$/;
/** Such a machine never can be: a spot instance doesn't stop, nor does one without an EBS root. */
const NEVER = new Set(['UnsupportedOperation', 'Unsupported', 'UnsupportedInstanceAttribute']);

const SECONDS = { throttled: 10, broken: 5, between: 5, noRoom: 60, others: 300 } as const;

/** Of any call: why nothing that can be believed was heard. undefined: it is an answer. */
export function unknownOf(error: unknown): Unknown | undefined {
  const code = codeOf(error);
  if (code === undefined) return { unknown: `no answer (${whyNot(error)})` };
  const status = (error as { $metadata: { httpStatusCode: number } }).$metadata.httpStatusCode;
  if (THROTTLED.has(code))
    return { unknown: `it is asked too often (${code})`, retryAfter: SECONDS.throttled };
  if (NOT_LET_IN.has(code) || status === 401 || status === 403)
    return { unknown: `it does not let us (${code}): look at credentials, clock and IAM permissions` };
  // Of a lack of room it is EC2's way to say 500.
  if ((status >= 500 && !NO_ROOM.test(code)) || status < 400)
    return { unknown: `it answered ${status} (${code})`, retryAfter: SECONDS.broken };
  return undefined;
}

/** Of a call that would have changed something: EC2 has said no. */
export function refusalOf(error: unknown): Applied {
  const code = codeOf(error)!;
  if (BETWEEN.has(code)) return { state: 'pending', pollAfter: SECONDS.between };
  const message = oneLine((error as Error).message);
  if (NEVER.has(code)) return { state: 'refused', code, message, retryable: false };
  const retryAfter = NO_ROOM.test(code) ? SECONDS.noRoom : SECONDS.others;
  // Protected by others, or a code that nobody here knows: somebody has to look, and nothing is lost meanwhile.
  return { state: 'refused', code, message, retryable: true, retryAfter };
}

/** By code and kind alone: messages may have addresses and answers in them. */
function whyNot(error: unknown): string {
  const { name, code, cause } = error as { name?: string; code?: string; cause?: { code?: string } };
  if (name === 'CredentialsProviderError') return 'the SDK finds no credentials';
  return code ?? cause?.code ?? name ?? 'the connection failed';
}
