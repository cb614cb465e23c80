import {
  type Adjusted,
  type AdjustmentRow,
  type NewAdjustment,
  recordAdjustment,
} from '../../store/books/adjustments';
import { type Asking, derivedId } from '../asking';
import type { ApiDeps } from '../deps';
import { Problem } from '../problem';
import { requireAccount } from './existing';

type AdjustmentInput = Omit<NewAdjustment, 'id' | 'by'>;

/** Books a deposit, a withdrawal or a credit, once a reference. `isNew`: not under this reference before. */
export async function adjust(
  deps: ApiDeps,
  { caller, commandId }: Asking,
  asked: AdjustmentInput,
): Promise<{ row: AdjustmentRow; isNew: boolean }> {
  requireAccount(caller, asked.account);
  const adjusted = await recordAdjustment(deps.pool, {
    ...asked,
    id: derivedId('a', commandId),
    by: caller.name,
  });
  if (!adjusted.ok) throw refusal(adjusted, asked);
  return adjusted;
}

function refusal(refused: Extract<Adjusted, { ok: false }>, { source, currency }: AdjustmentInput): Problem {
  if (refused.code === 'REFERENCE_USED') return new Problem('REFERENCE_USED');
  const { balance } = refused;
  const detail = {
    en: `The account has ${balance} ${currency} of ${source}.`,
    zh: `该账号的 ${source} 余额为 ${balance} ${currency}。`,
  };
  return new Problem('BALANCE_TOO_LOW', { detail });
}
