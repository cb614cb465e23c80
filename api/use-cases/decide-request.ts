import {
  type Approval,
  approveRequest,
  denyRequest,
  type RefundRequestRow,
  type RequestDecision,
} from '../../store/agreements/refund-requests';
import type { Asking } from '../asking';
import { type ApiDeps, policyOfRow, quoteSecondsOf } from '../deps';
import { existingRequest } from './existing';
import { sendForAWhile } from './send-items';

type Decided = Omit<RequestDecision, 'by'>;

/**
 * Approves a refund request for the amount that is named (M24): the instance is returned. By somebody else
 * than who asked.
 */
export async function approve(
  deps: ApiDeps,
  asking: Asking,
  approval: Omit<Approval, 'by' | 'holdsSeconds'>,
): Promise<RefundRequestRow> {
  return await once(deps, asking, approval, 'approved', async (by) => {
    const holdsSeconds = quoteSecondsOf(deps);
    const { terminationId, items } = await approveRequest(
      deps.pool,
      { ...approval, by, holdsSeconds },
      policyOfRow(deps),
    );
    await sendForAWhile(deps, terminationId, items);
  });
}

/** Denies a refund request: the right to return is given back. By somebody else than who asked. */
export async function deny(deps: ApiDeps, asking: Asking, decision: Decided): Promise<RefundRequestRow> {
  return await once(deps, asking, decision, 'denied', (by) => denyRequest(deps.pool, { ...decision, by }));
}

/** A repeat after a crash: what was decided by this caller in this way stands. */
async function once(
  deps: ApiDeps,
  { caller }: Asking,
  { id, reason }: Decided,
  how: 'approved' | 'denied',
  decide: (by: string) => Promise<unknown>,
): Promise<RefundRequestRow> {
  const { status, decision } = await existingRequest(deps, caller, id);
  const isDone =
    decision?.by === caller.name &&
    decision.reason === reason &&
    (status === 'denied') === (how === 'denied');
  if (!isDone) await decide(caller.name);
  return await existingRequest(deps, caller, id);
}
