/**
 * A quote: for every item of a request what would happen, what is against it, and what it would pay. One pure
 * function serves the API, the `quote` command, the acceptance (which asks it again) and the tests.
 */

import { approvalBlockers, type BlockerCode, lifeBlockers, telling } from './blockers';
import { ordinaryExclusions, type RightsLeft, returnBlockers } from './eligibility';
import { type Facts, openOrders, renewalsToReturn, type Schedule } from './instance';
import { inUtc, plusMs } from './instant';
import { zeroIn } from './money';
import { keepAll, type Plan, planFor } from './plan';
import type { Ending } from './policy';
import { isOverused, type Refund, type RefundKind } from './refund';
import { type Assessment, assess, placeAll, returnVerdictOf, rightsLeftOf } from './returns';
import { type QuoteRequest, refundInput, refundOfInTurns, type Subject } from './subject';
import { atOnce, each, type Turns } from './turns';
import { refundWarnings } from './waiting';
import type { Warning } from './warnings';

/** What an item would pay back: a refund; nothing, as a termination does; or it is blocked. */
export type QuotedRefund =
  | ({ outcome: 'refund' } & Refund)
  | { outcome: 'nothing'; kind: 'none'; currency: string | null; amount: string }
  | { outcome: 'blocked'; kind: RefundKind | 'none'; currency: string | null };

export interface QuoteItem {
  instanceId: string;
  permitted: boolean;
  blockers: BlockerCode[];
  warnings: Warning[];
  plan: Plan;
  refund: QuotedRefund;
  releaseTime: string | null;
}

/** The refund that an item would pay, as the books keep it; undefined: it pays none. */
export function refundIn(quoted: QuotedRefund): Refund | undefined {
  if (quoted.outcome !== 'refund') return undefined;
  const { outcome: _outcome, ...refund } = quoted;
  return refund;
}

/**
 * Quotes all items of a request together, because they share their account's rights (E7). `left` is keyed by
 * {@link rightsKey}.
 */
export const quoteItems = (
  subjects: Subject[],
  left: Map<string, RightsLeft>,
  request: QuoteRequest,
): QuoteItem[] => atOnce(quoteInTurns(subjects, left, request));

/** {@link quoteItems}, in pieces that are at most a few looks at one instance. */
export function* quoteInTurns(
  subjects: Subject[],
  left: Map<string, RightsLeft>,
  request: QuoteRequest,
): Turns<QuoteItem[]> {
  if (request.action === 'terminate')
    return yield* each(subjects, (subject) => quoteTermination(subject, request));
  if (request.action === 'return-renewals') {
    const renewals: QuoteItem[] = [];
    for (const subject of subjects) renewals.push(yield* quoteRenewals(subject, request));
    return renewals;
  }
  const assessments = yield* each(subjects, (subject) => assess(subject, request));
  const kinds = yield* placeAll(assessments, left, request);
  const items: QuoteItem[] = [];
  for (const one of assessments)
    items.push(yield* returnItem(one, kinds.get(one.subject.id), rightsLeftOf(one.subject, left), request));
  return items;
}

function quoteTermination(subject: Subject, request: QuoteRequest): QuoteItem {
  const { life, policy, standing } = subject;
  const blockers = lifeBlockers(subject, request);
  if (policy.lifecycle.end[life.billing].refusedInArrears && standing.arrears) blockers.push('IN_ARREARS');
  const currency = subject.facts.prices?.currency ?? null;
  const refund: QuotedRefund = blockers.length
    ? { outcome: 'blocked', kind: 'none', currency }
    : { outcome: 'nothing', kind: 'none', currency, amount: zeroIn(currency ?? 'CNY') };
  return item(subject, request, blockers, refund, []);
}

/**
 * Renewal-only refund: renewals that have not begun come back whole (003-25, M18), the instance runs on. It
 * takes no right, which is for the return of an instance (E2); what excludes an ordinary return excludes it
 * too (E3).
 */
function* quoteRenewals(subject: Subject, request: QuoteRequest): Turns<QuoteItem> {
  const { facts, orders, policy, standing, at } = subject;
  const assisted = request.assisted ?? false;
  const blockers = lifeBlockers(subject, request);
  const back = renewalsToReturn(openOrders(orders), at, request.orderIds);
  if (policy.returns && facts.billing === 'prepaid') {
    if (!back.length) blockers.push('NOTHING_TO_RETURN');
    else if (isOverused(refundInput(subject, 'ordinary', assisted))) blockers.push('OVERUSED');
    blockers.push(
      ...returnBlockers(facts, back, standing, assisted),
      ...ordinaryExclusions(facts, back, policy.returns.exclusions),
    );
  }
  yield;
  const refund = blockers.length
    ? undefined
    : yield* refundOfInTurns(subject, 'ordinary', assisted, 'return-renewals', request.orderIds);
  if (refund) blockers.push(...approvalBlockers(refund, subject, request));
  const refused: QuotedRefund = {
    outcome: 'blocked',
    kind: back.length ? 'ordinary' : 'none',
    currency: facts.prices?.currency ?? null,
  };
  const quoted: QuotedRefund = refund && !blockers.length ? { outcome: 'refund', ...refund } : refused;
  return item(subject, request, blockers, quoted, []);
}

function* returnItem(
  assessment: Assessment,
  placed: RefundKind | undefined,
  left: RightsLeft,
  request: QuoteRequest,
): Turns<QuoteItem> {
  const { subject, exclusions } = assessment;
  const { blockers, refund: amount } = returnVerdictOf(assessment, placed, left, request);
  if (amount.outcome === 'blocked') return item(subject, request, blockers, amount, []);
  // Cells and lines are made only of what is paid.
  const refund = yield* refundOfInTurns(subject, amount.kind, request.assisted ?? false);
  const ordinaryLater = exclusions.length === 0 && left.ordinary > 0;
  yield;
  const warnings = yield* refundWarnings(subject, refund, request, ordinaryLater);
  return item(subject, request, blockers, { outcome: 'refund', ...refund }, warnings);
}

function item(
  subject: Subject,
  request: QuoteRequest,
  blockers: BlockerCode[],
  refund: QuotedRefund,
  warnings: Warning[],
): QuoteItem {
  const { id, facts, life, policy, at } = subject;
  const permitted = blockers.length === 0;
  const runsOn = request.action === 'return-renewals';
  const notices = policy.notices.filter(
    (notice) => notice.action === request.action || (!notice.action && !runsOn),
  );
  const plan = runsOn ? keepAll(facts) : planFor(id, facts, policy.disposal);
  const ending = runsOn ? undefined : policy.lifecycle.end[life.billing].modes[request.schedule.mode];
  return {
    instanceId: id,
    permitted,
    blockers: telling(blockers, life),
    warnings: [
      ...notices.map(({ code, message }) => ({ code, message })),
      ...diskWarnings(plan, facts),
      ...warnings,
    ],
    plan,
    refund,
    releaseTime: permitted && ending ? releaseTime(request.schedule, ending, at) : null,
  };
}

/** An id that nobody registered, or that the caller doesn't see, among others that are known (L17). */
export const unknownItem = (instanceId: string): QuoteItem => ({
  instanceId,
  permitted: false,
  blockers: ['UNKNOWN_INSTANCE'],
  warnings: [],
  plan: { terminate: [], retain: [] },
  refund: { outcome: 'blocked', kind: 'none', currency: null },
  releaseTime: null,
});

/**
 * L4, L19: a product whose disks go by their kind ignores an attribute that says keep; whoever set it
 * has to know before.
 */
function diskWarnings(plan: Plan, { disks }: Facts): Warning[] {
  const goes = new Set(plan.terminate.filter(({ kind }) => kind === 'disk').map(({ id }) => id));
  const lost = disks
    .filter(({ id, deleteWithInstance }) => deleteWithInstance === false && goes.has(id))
    .map(({ id }) => id);
  return lost.length ? [{ code: 'DISK_NOT_KEPT', disks: lost }] : [];
}

function releaseTime(schedule: Schedule, ending: Ending, at: string): string {
  if (schedule.mode === 'timed') return inUtc(schedule.at);
  const seconds = ending.into === 'bin' ? ending.retentionSeconds : 0;
  return plusMs(at, seconds * 1000);
}
