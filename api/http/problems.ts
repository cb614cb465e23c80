/**
 * What the store, the workflows and the body reader throw, as problems. Anything unknown is 500 and shows
 * nothing of itself.
 */

import { type IssueCode, issue } from '../../contract/issues';
import { RequestRefused } from '../../store/agreements/refund-requests';
import { isDatabaseAway } from '../../store/db';
import { LockLost } from '../../store/idempotency';
import { BadCursor } from '../../store/paging';
import { Replaced } from '../../temporal/fast-forward';
import { CommandRefused, Crowded, NotRunning, Unavailable } from '../../temporal/meaning';
import { invalid, Problem } from '../problem';

/** Refusals that are about what was sent, not about how things stand: 400 with the field. */
const ABOUT_THE_INPUT: Record<string, { path: string[]; code: IssueCode }> = {
  RENEWAL_REQUIRED: { path: ['renewal'], code: 'RENEWAL_REQUIRED' },
  RENEWAL_NOT_ALLOWED: { path: ['renewal'], code: 'RENEWAL_NOT_ALLOWED' },
};

const unavailable = (): Problem => new Problem('UNAVAILABLE', { headers: { 'Retry-After': '5' } });

export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof BadCursor) return invalid([issue(['cursor'], 'BAD_CURSOR')]);
  if (error instanceof CommandRefused) return refusal(error);
  if (error instanceof Crowded) return new Problem('TOO_MANY_COMMANDS', { headers: { 'Retry-After': '1' } });
  if (error instanceof Replaced) return new Problem('FAST_FORWARD_REPLACED');
  if (error instanceof RequestRefused)
    return new Problem(error.code, { state: error.state, changes: error.changes });
  if (
    error instanceof Unavailable ||
    error instanceof NotRunning ||
    error instanceof LockLost ||
    isDatabaseAway(error)
  )
    return unavailable();
  return ofRequest(error) ?? new Problem('INTERNAL');
}

function refusal({ code, state }: CommandRefused): Problem {
  const about = ABOUT_THE_INPUT[code];
  return about ? invalid([issue(about.path, about.code)]) : new Problem(code, { state });
}

/** Anything can be thrown. */
const membersOf = (error: unknown): Record<'name' | 'status', unknown> => Object(error);

/** Errors of Express and its body reader carry a status. */
function ofRequest(error: unknown): Problem | undefined {
  const { status, name } = membersOf(error);
  if (status === 413) return new Problem('BODY_TOO_LARGE');
  if (status === 415) return new Problem('UNSUPPORTED_MEDIA_TYPE');
  if (name === 'URIError') return new Problem('MALFORMED_URL');
  return status === 400 ? new Problem('MALFORMED_JSON') : undefined;
}
