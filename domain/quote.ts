/**
 * A quote: for every item of a request what would happen, what is against it, and what it would pay. One pure
 * function serves the API, the `quote` command, the acceptance (which asks it again) and the tests.
 */

import { addMonths, monthsUsed } from './calendar';
import {
  beforeFiveDays,
  type Candidate,
  comingBack,
  type EligibilityCode,
  lastOfFiveDays,
  needsApproval,
  ordinaryExclusions,
  placeInTurns,
  placeRights,
  type RightsLeft,
  returnBlockers,
  type Standing,
  switchedWithinFiveDays,
  withinFiveDays,
} from './eligibility';
import {
  type Action,
  type Facts,
  firstToStart,
  hasNotBegun,
  isTerm,
  notStarted,
  type Order,
  offeredAs,
  openOrders,
  orderInForce,
  pricesOf,
  renewalsToReturn,
  type Schedule,
  type StoredOrder,
} from './instance';
import { inUtc, isDue, msOf, plusMs } from './instant';
import { endBlockers, type Life, type RefusalCode } from './lifecycle';
import { WARNINGS, type WarningCode } from './messages';
import { exact, formatMoney, ZERO } from './money';
import { keepAll, type Plan, planFor } from './plan';
import type { Ending, Policy, Text } from './policy';
import {
  hoursStopped,
  isOverused,
  type Refund,
  type RefundAmount,
  type RefundInput,
  type RefundKind,
  refundAmount,
  refundInTurns,
} from './refund';
import { atOnce, each, type Turns } from './turns';

export type BlockerCode = RefusalCode | EligibilityCode | 'UNKNOWN_INSTANCE';

/** Everything known of an instance when it is quoted. */
export interface Subject {
  id: string;
  facts: Facts;
  orders: StoredOrder[];
  life: Life;
  policy: Policy;
  standing: Standing;
  /** M18: what was paid back for it since its last purchase or restore, in its currency; missing: nothing. */
  paidBack?: string;
  /** The instance's clock. */
  at: string;
}

export interface QuoteRequest {
  action: Action;
  schedule: Schedule;
  /** E7: the item that is to use the five-day right; missing = where it is worth most. */
  fiveDayFor?: string | undefined;
  /** Of a return of one instance's renewals: those that come back; missing: all that can. */
  orderIds?: string[] | undefined;
  /** An operator-approved refund (M11). */
  assisted?: boolean | undefined;
}

export type QuotedRefund =
  | Refund
  | { kind: 'none'; currency: string | null; amount: string }
  | { kind: RefundKind | 'none'; currency: string | null };

export interface QuoteItem {
  instanceId: string;
  permitted: boolean;
  blockers: BlockerCode[];
  warnings: { code: WarningCode | string; message: Text }[];
  plan: Plan;
  refund: QuotedRefund;
  releaseTime: string | null;
}

/** Rights are counted per account and product (E2). */
export const rightsKey = (account: string, product: string): string => `${account}/${product}`;

export const hasAmount = (
  refund: QuotedRefund,
): refund is Refund | { kind: 'none'; currency: string | null; amount: string } => 'amount' in refund;
export const isRefund = (refund: QuotedRefund): refund is Refund => 'cells' in refund;

interface Assessment {
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
    items.push(yield* returnItem(one, kinds.get(one.subject.id), rightsOf(one.subject, left), request));
  return items;
}

function quoteTermination(subject: Subject, request: QuoteRequest): QuoteItem {
  const { life, policy, standing } = subject;
  const blockers = lifeBlockers(subject, request);
  if (policy.lifecycle.end[life.billing].refusedInArrears && standing.arrears) blockers.push('IN_ARREARS');
  const currency = subject.facts.prices?.currency ?? null;
  const refund: QuotedRefund = blockers.length
    ? { kind: 'none', currency }
    : { kind: 'none', currency, amount: zeroOf(currency) };
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
    kind: back.length ? 'ordinary' : 'none',
    currency: facts.prices?.currency ?? null,
  };
  return item(subject, request, blockers, refund && !blockers.length ? refund : refused, []);
}

const zeroOf = (currency: string | null): string => formatMoney(ZERO, currency ?? 'CNY');

/**
 * What the lifecycle says against it. A mode is judged only for the right action: for the wrong one it says
 * nothing.
 */
function lifeBlockers(
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

function assess(subject: Subject, request: QuoteRequest): Assessment {
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
const rightsOf = ({ facts }: Subject, left: Map<string, RightsLeft>): RightsLeft =>
  left.get(rightsKey(facts.account, facts.product)) ?? NO_RIGHTS;

const mayUseFiveDay = (id: string, request: QuoteRequest): boolean =>
  request.fiveDayFor === undefined || request.fiveDayFor === id;

type Sum = Pick<Subject, 'facts' | 'orders' | 'policy' | 'at'>;

/**
 * The refund of one instance under one right, at the quote's instant. Throws when the product has no returns.
 */
export const refundOf = (
  subject: Sum,
  kind: RefundKind,
  assisted: boolean,
  action: Action = 'return',
  orderIds?: readonly string[],
): Refund => atOnce(refundOfInTurns(subject, kind, assisted, action, orderIds));

/** {@link refundOf}, in pieces. */
export const refundOfInTurns = (
  subject: Sum,
  kind: RefundKind,
  assisted: boolean,
  action: Action = 'return',
  orderIds?: readonly string[],
): Turns<Refund> =>
  refundInTurns({
    ...refundInput(subject, kind, assisted),
    renewalsOnly: action === 'return-renewals',
    orderIds,
  });

function refundInput({ facts, orders, policy, at }: Sum, kind: RefundKind, assisted: boolean): RefundInput {
  if (!policy.returns) throw new Error(`${policy.product} has no returns`);
  return { kind, facts, orders, at, knobs: policy.knobs, rules: policy.returns, assisted };
}

/** Places the rights of every account and product among the items that nothing else blocks. */
function* placeAll(
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

function* returnItem(
  assessment: Assessment,
  placed: RefundKind | undefined,
  left: RightsLeft,
  request: QuoteRequest,
): Turns<QuoteItem> {
  const { subject, exclusions } = assessment;
  const { blockers, refund: amount } = outcomeOf(assessment, placed, left, request);
  // Cells and lines are made only of what is paid.
  const refund =
    'amount' in amount ? yield* refundOfInTurns(subject, amount.kind, request.assisted ?? false) : amount;
  const ordinaryLater = exclusions.length === 0 && left.ordinary > 0;
  yield;
  const warnings = isRefund(refund) ? yield* refundWarnings(subject, refund, request, ordinaryLater) : [];
  return item(subject, request, blockers, refund, warnings);
}

/** What is against a return, and what it pays. */
export interface Outcome {
  blockers: BlockerCode[];
  refund: RefundAmount | { kind: RefundKind | 'none'; currency: string | null };
}

/**
 * What a quote of this instance alone, returned now, says of blockers and refund: without the warnings, which
 * look ahead themselves.
 */
export function returnOutcome(subject: Subject, left: RightsLeft): Outcome {
  const request: QuoteRequest = { action: 'return', schedule: { mode: 'now' } };
  const assessment = assess(subject, request);
  return outcomeOf(assessment, placeRights([candidateOf(assessment, request)], left)[0], left, request);
}

function outcomeOf(
  assessment: Assessment,
  placed: RefundKind | undefined,
  left: RightsLeft,
  request: QuoteRequest,
): Outcome {
  const { subject, blockers, amounts } = assessment;
  // A blocked item takes no right; the one that it could have used alone tells what else is against it (E8).
  const kind = blockers.length ? placeRights([candidateOf(assessment, request)], left)[0] : placed;
  const refund = kind && amounts[kind];
  const all = [
    ...blockers,
    ...(refund ? approvalBlockers(refund, subject, request) : rightBlockers(assessment, left, request)),
  ];
  if (refund && all.length === 0) return { blockers: [], refund };
  const tried = kind ?? triedKind(assessment, left);
  return {
    blockers: telling(all, subject.life),
    refund: { kind: tried, currency: subject.facts.prices?.currency ?? null },
  };
}

/** E5: judged on the refund as placed. Its right stays taken: while in review the quota is held. */
function approvalBlockers(
  refund: RefundAmount,
  { policy, paidBack = '0' }: Subject,
  request: QuoteRequest,
): BlockerCode[] {
  return !request.assisted && needsApproval(refund, paidBack, policy) ? ['APPROVAL_REQUIRED'] : [];
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

function item(
  subject: Subject,
  request: QuoteRequest,
  blockers: BlockerCode[],
  refund: QuotedRefund,
  warnings: QuoteItem['warnings'],
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

/** What stays true in whatever state the instance may come to be. */
const LASTING: readonly BlockerCode[] = ['WRONG_STATE', 'WRONG_ACTION', 'PROTECTED'];

/**
 * All of them, each once (E8); but beside a state that rules it out anyway, only what still stands when the
 * instance has left that state (L18).
 */
function telling(blockers: BlockerCode[], { state }: Life): BlockerCode[] {
  const each = [...new Set(blockers)];
  if (!each.includes('WRONG_STATE')) return each;
  return state === 'terminated' ? ['WRONG_STATE'] : each.filter((code) => LASTING.includes(code));
}

/** An id that nobody registered, or that the caller doesn't see, among others that are known (L17). */
export const unknownItem = (instanceId: string): QuoteItem => ({
  instanceId,
  permitted: false,
  blockers: ['UNKNOWN_INSTANCE'],
  warnings: [],
  plan: { terminate: [], retain: [] },
  refund: { kind: 'none', currency: null },
  releaseTime: null,
});

/**
 * L4, L19: a product whose disks go by their kind does not heed an attribute that says keep; whoever set it
 * has to know before.
 */
function diskWarnings(plan: Plan, { disks }: Facts): QuoteItem['warnings'] {
  const goes = new Set(plan.terminate.filter(({ kind }) => kind === 'disk').map(({ id }) => id));
  const lost = disks
    .filter(({ id, deleteWithInstance }) => deleteWithInstance === false && goes.has(id))
    .map(({ id }) => id);
  return lost.length
    ? [{ code: 'DISK_NOT_KEPT', message: WARNINGS.DISK_NOT_KEPT({ disks: lost.join(', ') }) }]
    : [];
}

function releaseTime(schedule: Schedule, ending: Ending, at: string): string {
  if (schedule.mode === 'timed') return inUtc(schedule.at);
  const seconds = ending.into === 'bin' ? ending.retentionSeconds : 0;
  return plusMs(at, seconds * 1000);
}

/** M7: says when waiting pays more; and when a five-day return is about to become an ordinary one. */
function* refundWarnings(
  subject: Subject,
  refund: Refund,
  request: QuoteRequest,
  ordinaryLater: boolean,
): Turns<QuoteItem['warnings']> {
  const warnings: QuoteItem['warnings'] = [];
  const warn = (code: WarningCode, numbers: Record<string, string>) =>
    warnings.push({ code, message: WARNINGS[code](numbers) });
  const later = (at: string): RefundAmount =>
    refundAmount(refundInput({ ...subject, at }, 'ordinary', request.assisted ?? false));
  const money = (amount: string): string => `${amount} ${refund.currency}`;
  if (refund.kind === 'ordinary') {
    const best = yield* bestWait(subject, later);
    if (best && exact(best.amount).compare(exact(refund.amount)) > 0) {
      warn('WAITING_PAYS_MORE', {
        at: best.at,
        amount: money(best.amount),
        ...(best.ended === undefined ? {} : { ended: best.ended }),
      });
    }
    const stopped = hoursStopped(refundInput(subject, 'ordinary', request.assisted ?? false));
    const notCounted = stopped && formatMoney(stopped.amount, refund.currency);
    if (stopped && notCounted !== zeroOf(refund.currency))
      warn('HOURS_STOPPED', { at: stopped.at, amount: money(notCounted!) });
  } else {
    const last = fiveDayEdge(subject);
    const after = last && ordinaryLater ? later(oneSecondAfter(last)).amount : undefined;
    if (last && (after === undefined || exact(after).compare(exact(refund.amount)) < 0)) {
      warn('WAITING_PAYS_LESS', { at: last, ...(after === undefined ? {} : { amount: money(after) }) });
    }
  }
  if (exact(refund.amount).equals(ZERO)) warn('REFUND_IS_ZERO', {});
  return warnings;
}

export const oneSecondAfter = (at: string): string => plusMs(at, 1000);

/** The last second of the five days (E1), when the order in force outlives it; undefined otherwise. */
export function fiveDayEdge({ orders, policy }: Subject): string | undefined {
  const last = lastOfFiveDays(orders, policy.knobs);
  return last && orderInForce(openOrders(orders), oneSecondAfter(last)) ? last : undefined;
}

/** An instant that a return may wait for, in UTC. `ended`: the order that the next one has followed then. */
interface Turn {
  at: string;
  ended?: string;
}

/**
 * The wait that pays most. An hour more never pays more; only a month that becomes whole does, a discount
 * that begins with one, or the next order, before which the used one is left behind. So these instants are
 * all that need looking at; of the orders that follow only the next one: at the start of each nothing of it
 * is used, and all that comes later is paid back whole, so each pays less than the one before.
 */
function* bestWait(
  subject: Subject,
  later: (at: string) => RefundAmount,
): Turns<(Turn & { amount: string }) | undefined> {
  let best: (Turn & { amount: string }) | undefined;
  for (const turn of turningPoints(subject)) {
    yield;
    const { amount } = later(turn.at);
    if (!best || exact(amount).compare(exact(best.amount)) > 0) best = { ...turn, amount };
  }
  return best;
}

/** When so many months of an order are whole, as far as that is before its end. */
export const monthEdges = (order: Order, months: number[], timeZone: string): string[] =>
  months.map((n) => addMonths(order.startsAt, n, timeZone)).filter((edge) => msOf(edge) < msOf(order.endsAt));

/** None before the first order begins: nothing is used, and no wait pays more than everything. */
function turningPoints({ facts, orders, at, policy }: Subject): Turn[] {
  const open = openOrders(orders);
  const order = orderInForce(open, at);
  if (!order) return [];
  const { timeZone } = policy.knobs;
  const next = monthsUsed(order.startsAt, at, timeZone) + 1;
  const tiers = (pricesOf(order, open, facts)?.discounts ?? policy.returns?.discounts ?? []).map(
    ({ months }) => months,
  );
  const wholeMonths = monthEdges(
    order,
    [...new Set([next, ...tiers.filter((tier) => tier > next)])],
    timeZone,
  );
  const following = firstToStart(notStarted(open.filter(isTerm), at));
  const turns: Turn[] = wholeMonths.map((edge) => ({ at: edge }));
  if (following) turns.push({ at: inUtc(following.startsAt), ended: order.id });
  return turns.sort((a, b) => msOf(a.at) - msOf(b.at));
}
