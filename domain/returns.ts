/** A return, judged: what stands against it, which right it takes, and what it pays. */
import { approvalBlockers, type BlockerCode, lifeBlockers, telling } from './blockers';
import {
  beforeFiveDays,
  type Candidate,
  comingBack,
  ordinaryExclusions,
  placeInTurns,
  placeRights,
  type RightsLeft,
  returnBlockers,
  switchedWithinFiveDays,
  withinFiveDays,
} from './eligibility';
import { hasNotBegun, openOrders, orderInForce } from './instance';
import { exact } from './money';
import { type RefundAmount, type RefundKind, refundAmount } from './refund';
import { type QuoteRequest, refundInput, type Subject } from './subject';
import { each, type Turns } from './turns';

/** Rights are counted per account and product (E2). */
export const rightsKey = (account: string, product: string): string => `${account}/${product}`;

export interface Assessment {
  subject: Subject;
  /** What stands against any return of it. */
  blockers: BlockerCode[];
  /** Whether the product has returns for this billing mode at all. */
  returnable: boolean;
  /** What stands against an ordinary return only. */
  exclusions: BlockerCode[];
  /** Whether the five-day rule fits; which right is left is another question. */
  inWindow: boolean;
  /** What each right would pay; undefined where it can't be used. */
  amounts: Record<RefundKind, RefundAmount | undefined>;
}

export function assess(subject: Subject, request: QuoteRequest): Assessment {
  const { id, facts, orders, life, policy, standing, at } = subject;
  const assisted = request.assisted ?? false;
  const blockers = lifeBlockers(subject, request);
  const none = {
    subject,
    exclusions: [],
    inWindow: false,
    amounts: { 'five-day': undefined, ordinary: undefined },
  };
  if (!policy.returns || life.billing === 'postpaid') return { ...none, blockers, returnable: false };
  const open = openOrders(orders);
  const exclusions = ordinaryExclusions(facts, open, policy.returns.exclusions);
  const within = withinFiveDays(orders, at, policy.knobs) || beforeFiveDays(orders, at);
  const inWindow =
    mayUseFiveDay(id, request) && within && !switchedWithinFiveDays(facts, orders, at, policy.knobs);
  // M19: what has not begun can be returned as well.
  const hasOrder = orderInForce(open, at) !== undefined || hasNotBegun(open, at);
  if (!hasOrder) blockers.push('NO_ORDER_IN_FORCE');
  blockers.push(...returnBlockers(facts, comingBack(orders, at, inWindow), standing, assisted));
  if (!hasOrder) return { ...none, blockers, returnable: true, exclusions, inWindow };
  const amounts = {
    'five-day': inWindow ? refundAmount(refundInput(subject, 'five-day', assisted)) : undefined,
    ordinary: exclusions.length ? undefined : refundAmount(refundInput(subject, 'ordinary', assisted)),
  };
  return { subject, blockers, returnable: true, exclusions, inWindow, amounts };
}

const NO_RIGHTS: RightsLeft = { fiveDay: 0, ordinary: 0 };
export const rightsLeftOf = ({ facts }: Subject, left: Map<string, RightsLeft>): RightsLeft =>
  left.get(rightsKey(facts.account, facts.product)) ?? NO_RIGHTS;

const mayUseFiveDay = (id: string, request: QuoteRequest): boolean =>
  request.fiveDayFor === undefined || request.fiveDayFor === id;

/** Places the rights of every account and product among the items that nothing else blocks. */
export function* placeAll(
  assessments: Assessment[],
  left: Map<string, RightsLeft>,
  request: QuoteRequest,
): Turns<Map<string, RefundKind>> {
  const groups = new Map<string, Assessment[]>();
  for (const assessment of assessments) {
    if (assessment.blockers.length) continue;
    const key = rightsKey(assessment.subject.facts.account, assessment.subject.facts.product);
    const group = groups.get(key);
    if (group) group.push(assessment);
    else groups.set(key, [assessment]);
  }
  const kinds = new Map<string, RefundKind>();
  for (const [key, group] of groups) {
    const candidates = yield* each(group, (one): Candidate => candidateOf(one, request));
    const placed = yield* placeInTurns(candidates, left.get(key) ?? NO_RIGHTS);
    placed.forEach((kind, index) => {
      if (kind) kinds.set(group[index]!.subject.id, kind);
    });
  }
  return kinds;
}

/** The named item uses the five-day right or none: never silently the other one (E7). */
function candidateOf({ subject, amounts }: Assessment, request: QuoteRequest): Candidate {
  const { 'five-day': full, ordinary } = amounts;
  const isNamed = request.fiveDayFor === subject.id;
  return {
    fiveDay: full && exact(full.amount),
    ordinary: ordinary && !isNamed ? exact(ordinary.amount) : undefined,
    // M19: before it begins both pay all of it, and it is a five-day return when that right is free.
    ...(hasNotBegun(openOrders(subject.orders), subject.at) ? { rather: 'five-day' } : {}),
  };
}

/** What is against a return, and what it pays. */
export interface ReturnVerdict {
  blockers: BlockerCode[];
  refund:
    | ({ outcome: 'refund' } & RefundAmount)
    | { outcome: 'blocked'; kind: RefundKind | 'none'; currency: string | null };
}

/**
 * What a quote of this instance alone, returned now, says of blockers and refund: without the warnings, which
 * look ahead themselves.
 */
export function returnVerdict(subject: Subject, left: RightsLeft): ReturnVerdict {
  const request: QuoteRequest = { action: 'return', schedule: { mode: 'now' } };
  const assessment = assess(subject, request);
  return returnVerdictOf(assessment, placeRights([candidateOf(assessment, request)], left)[0], left, request);
}

export function returnVerdictOf(
  assessment: Assessment,
  placed: RefundKind | undefined,
  left: RightsLeft,
  request: QuoteRequest,
): ReturnVerdict {
  const { subject, blockers, amounts } = assessment;
  // A blocked item takes no right; the one that it could have used alone tells what else is against it (E8).
  const kind = blockers.length ? placeRights([candidateOf(assessment, request)], left)[0] : placed;
  const refund = kind && amounts[kind];
  const all = [
    ...blockers,
    ...(refund ? approvalBlockers(refund, subject, request) : rightBlockers(assessment, left, request)),
  ];
  if (refund && all.length === 0) return { blockers: [], refund: { outcome: 'refund', ...refund } };
  const tried = kind ?? triedKind(assessment, left);
  return {
    blockers: telling(all, subject.life),
    refund: { outcome: 'blocked', kind: tried, currency: subject.facts.prices?.currency ?? null },
  };
}

/**
 * Why no right fits: exclusions of the ordinary one, and a quota that is used up, by earlier returns or by
 * better items of the batch. What is named for the five-day right and can't use it is told that (M28).
 */
function rightBlockers(
  { subject, returnable, exclusions, inWindow, amounts }: Assessment,
  left: RightsLeft,
  request: QuoteRequest,
): BlockerCode[] {
  if (!returnable) return [];
  const isFree = left.fiveDay > 0;
  if (request.fiveDayFor === subject.id) {
    if (!inWindow) return ['FIVE_DAY_NOT_POSSIBLE'];
    return isFree ? [] : ['FIVE_DAY_NOT_POSSIBLE', 'QUOTA_USED'];
  }
  const fits = amounts['five-day'] !== undefined || amounts.ordinary !== undefined;
  if (!fits && inWindow && isFree) return [];
  return [...exclusions, ...(fits || left.ordinary <= 0 ? ['QUOTA_USED' as const] : [])];
}

/** The kind of return that a refused item is told about: the one whose rules it would have fallen under. */
function triedKind({ inWindow, amounts, exclusions }: Assessment, left: RightsLeft): RefundKind | 'none' {
  if (inWindow && left.fiveDay > 0 && amounts['five-day']) return 'five-day';
  return amounts.ordinary || exclusions.length ? 'ordinary' : 'none';
}
