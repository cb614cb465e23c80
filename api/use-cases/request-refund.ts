import {
  findRequest,
  openRequest,
  type Preview,
  previewNow,
  type RefundRequestRow,
  type RequestedAction,
} from '../../store/agreements/refund-requests';
import { type Asking, derivedId } from '../asking';
import { type ApiDeps, policyOfRow } from '../deps';
import { requireChoice } from './choice';
import { existingInstance } from './existing';

interface RefundRequestInput {
  instanceId: string;
  action: RequestedAction;
  /** Of renewals: those that are to come back; missing: all that can. */
  orderIds?: string[] | undefined;
  reason: string;
}

/** Asks for a refund that needs approval (E5, M11). */
export async function requestRefund(
  deps: ApiDeps,
  { caller, commandId }: Asking,
  asked: RefundRequestInput,
): Promise<RefundRequestRow> {
  const instance = await existingInstance(deps, caller, asked.instanceId);
  const id = derivedId('rr', commandId);
  if (!(await findRequest(deps.pool, id))) requireChoice(instance, asked.orderIds);
  return await openRequest(deps.pool, { ...asked, id, by: caller.name, policyOf: policyOfRow(deps) });
}

/** What an approval would pay now; null once it is decided. */
export const previewOf = async (deps: ApiDeps, row: RefundRequestRow): Promise<Preview | null> =>
  row.status === 'in_review' ? await previewNow(deps.pool, row, policyOfRow(deps)) : null;
