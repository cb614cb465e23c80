import { issue } from '../../contract/issues';
import type { Action } from '../../domain/instance';
import type { Permission } from '../../domain/permissions';
import { type Acceptance, acceptQuote } from '../../store/agreements/acceptance';
import { actionOfQuote } from '../../store/agreements/quotes';
import type { TerminationRow } from '../../store/agreements/terminations';
import { type Asking, derivedId } from '../asking';
import type { Caller } from '../caller';
import type { ApiDeps } from '../deps';
import { notFound, Problem } from '../problem';
import { existingTermination } from './existing';
import { sendForAWhile } from './send-items';

/** What confirming a quote of each action takes. */
const PERMISSIONS: Record<Action, Permission> = {
  terminate: 'terminate',
  return: 'return',
  'return-renewals': 'return',
};

export interface AgreementInput {
  quoteId: string;
  skipStale?: boolean | undefined;
  /** The way it was agreed to. */
  via: string;
  /** Don't wait for the instances. */
  async: boolean;
}

/**
 * @param path the field that makes it necessary
 * @throws Problem 403
 */
export const requireAction = (caller: Caller, action: Action, path?: readonly PropertyKey[]): void =>
  caller.require(PERMISSIONS[action], path);

export const terminationLocation = (id: string): string => `/v1/terminations/${encodeURIComponent(id)}`;

/**
 * Confirms a quote, and answers as far as it has come. Under the same command id again the acceptance answers
 * what it did before, and what is still to be sent is sent again (L8).
 */
export async function agree(
  deps: ApiDeps,
  { caller, commandId }: Asking,
  agreement: AgreementInput,
): Promise<TerminationRow> {
  const { quoteId, skipStale, via, async } = agreement;
  const action = await actionOfQuote(deps.pool, quoteId, caller.account);
  if (!action) throw noQuote(quoteId);
  requireAction(caller, action, ['quoteId']);
  const terminationId = derivedId('t', commandId);
  const acceptance = await acceptQuote(deps.pool, {
    quoteId,
    terminationId,
    by: caller.name,
    via,
    skipStale,
  });
  if (!acceptance.ok) throw refusal(acceptance, quoteId);
  const sending = sendForAWhile(deps, terminationId, acceptance.items);
  if (!async) await sending;
  return await existingTermination(deps, caller, terminationId);
}

const noQuote = (id: string): Problem => notFound('quote', id, [issue(['quoteId'], 'NOT_FOUND')]);

function refusal(acceptance: Extract<Acceptance, { ok: false }>, quoteId: string): Problem {
  const { code, changes, terminationId } = acceptance;
  if (code === 'UNKNOWN_QUOTE') return noQuote(quoteId);
  return new Problem(code, {
    changes,
    ...(terminationId === undefined ? {} : { headers: { Location: terminationLocation(terminationId) } }),
  });
}
