/** What stands against the end of an instance. */
import { type EligibilityCode, needsApproval } from './eligibility';
import { offeredAs } from './instance';
import { isDue } from './instant';
import { endBlockers, type Life, type RefusalCode } from './lifecycle';
import type { RefundAmount } from './refund';
import type { QuoteRequest, Subject } from './subject';

export type BlockerCode = RefusalCode | EligibilityCode | 'UNKNOWN_INSTANCE';

/**
 * What the lifecycle says against it. A mode is judged only for the right action: for the wrong one it says
 * nothing.
 */
export function lifeBlockers(
  { id, life, policy, at }: Subject,
  { action, schedule, fiveDayFor }: QuoteRequest,
): BlockerCode[] {
  const blockers: BlockerCode[] = endBlockers(life, action, policy.lifecycle).map(({ code }) => code);
  const rules = policy.lifecycle.end[life.billing];
  if (rules.action === offeredAs(action) && !rules.modes[schedule.mode]) blockers.push('MODE_NOT_OFFERED');
  if (schedule.mode === 'timed' && isDue(schedule.at, at)) blockers.push('TIME_PASSED');
  // M28: what is no return of the instance uses no right, whatever it is named for.
  if (action !== 'return' && fiveDayFor === id) blockers.push('FIVE_DAY_NOT_POSSIBLE');
  return blockers;
}

/** E5: judged on the refund as placed. Its right stays taken: while in review the quota is held. */
export function approvalBlockers(
  refund: RefundAmount,
  { policy, paidBack = '0' }: Subject,
  request: QuoteRequest,
): BlockerCode[] {
  return !request.assisted && needsApproval(refund, paidBack, policy) ? ['APPROVAL_REQUIRED'] : [];
}

/** What stays true in whatever state the instance may come to be. */
const LASTING: readonly BlockerCode[] = ['WRONG_STATE', 'WRONG_ACTION', 'PROTECTED'];

/**
 * All of them, each once (E8); but beside a state that rules it out anyway, only what still stands when the
 * instance has left that state (L18).
 */
export function telling(blockers: BlockerCode[], { state }: Life): BlockerCode[] {
  const each = [...new Set(blockers)];
  if (!each.includes('WRONG_STATE')) return each;
  return state === 'terminated' ? ['WRONG_STATE'] : each.filter((code) => LASTING.includes(code));
}
