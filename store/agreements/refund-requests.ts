/**
 * The operator's path (E5, M11): a return that self-service refuses is asked for, and somebody else decides.
 * While it is in review the instance runs on and the right is held; the amount is computed at the approval; a
 * denial gives the right back. The table `refund_requests` is written here only.
 */

import type { BlockerCode } from '../../domain/blockers';
import type { Calculation } from '../../domain/calculation';
import { clockOf } from '../../domain/clock';
import { refundId } from '../../domain/ids';
import type { Action } from '../../domain/instance';
import { msOf } from '../../domain/instant';
import { exact, formatMoney, ZERO } from '../../domain/money';
import type { Policy } from '../../domain/policy';
import { type QuoteItem, quoteInTurns, refundIn } from '../../domain/quote';
import type { Refund } from '../../domain/refund';
import { rightsKey } from '../../domain/returns';
import type { RefundStatus } from '../../domain/statuses';
import { lockAccountsOf } from '../books/accounts';
import { approveRefund, instancesInReview, moveRefund, refundsStatement } from '../books/refunds';
import { type Db, type Pool, prepared, type Transaction, transaction } from '../db';
import { inTurns } from '../in-turns';
import { findInstance, holdSteps, type InstanceRow } from '../lives/instances';
import { lastEffect } from '../lives/timeline';
import { post } from '../outbox';
import { bySeq, Conditions, listPage, type Page, type PageRequest } from '../paging';
import { recordAgreement } from './acceptance';
import {
  REVIEW_DECISION,
  type ReviewDecision,
  type ReviewDecisionColumns,
  reviewDecisionOf,
} from './decision';
import { type AcceptedItem, itemsToSend } from './items';
import type { Change } from './problem';
import { createQuote, type QuotedItem, type QuoteRow, withOutcome } from './quotes';
import { countRightsOf, giveBackRights, heldRight, reserveAgain, reserveRights } from './rights';
import { subjectsOf } from './subjects';

/** A return of the instance, or of its renewals that have not started. */
export type RequestedAction = Exclude<Action, 'terminate'>;

/** A refund that needs approval (E5). Its status is its refund's. */
export interface RefundRequestRow {
  id: string;
  instanceId: string;
  account: string;
  refundId: string;
  /** Of the termination that an approval makes; its right is held under it from the start. */
  terminationId: string;
  action: RequestedAction;
  /** The renewals that were chosen; undefined: all that can come back, or the whole instance. */
  orderIds: string[] | undefined;
  status: RefundStatus;
  /** The quote's item as previewed when it was asked for: the fee is seen before approval. */
  preview: QuotedItem;
  reason: string;
  requestedBy: string;
  requestedAt: string;
  decision: ReviewDecision | null;
}

/** Nothing was written: what stands against it. */
export class RequestRefused extends Error {
  constructor(
    readonly code: BlockerCode | 'NOT_IN_REVIEW' | 'SELF_APPROVAL' | 'QUOTE_STALE' | 'QUOTE_EXPIRED',
    readonly state: string | null = null,
    /** What is another than it was seen. */
    readonly changes?: Change[],
  ) {
    super(code);
  }
}

export interface NewRequest {
  /** The same again answers the request that exists. */
  id: string;
  instanceId: string;
  action: RequestedAction;
  /** Of renewals: those that are to come back; missing: all that can. */
  orderIds?: string[] | undefined;
  reason: string;
  by: string;
  policyOf: (row: InstanceRow) => Policy;
}

/**
 * Opens a request, with a preview of what it would pay now. @throws RequestRefused by what no operator can
 * approve either
 */
export async function openRequest(pool: Pool, request: NewRequest): Promise<RefundRequestRow> {
  return await transaction(pool, async (tx) => {
    const { id, instanceId, reason, by } = request;
    // A step that ends the instance closes its reviews (M25): it comes before this request, or waits for it
    // and finds it.
    await holdSteps(tx, instanceId);
    const row = (await findInstance(tx, instanceId))!;
    const { account, product } = row.facts;
    await lockAccountsOf(tx, [instanceId]);
    const known = await findRequest(tx, id);
    if (known) return known;
    if ((await instancesInReview(tx, [instanceId])).has(instanceId))
      throw new RequestRefused('IN_REVIEW', row.life.state);
    const terminationId = `t_${id}`;
    const { quote, calculation } = await assistedQuote(
      tx,
      `q_${id}`,
      row,
      request,
      request.policyOf,
      terminationId,
    );
    const refund = refundId(terminationId, instanceId);
    const opened = { id: refund, instanceId, account, terminationId: null, quoteId: quote.id, calculation };
    await tx.query(await refundsStatement([opened]));
    const { kind } = calculation.refund;
    if (request.action === 'return')
      await reserveRights(tx, terminationId, [{ instanceId, account, product, kind }]);
    await tx.query(
      `INSERT INTO refund_requests (id, instance_id, account, refund_id, preview_quote_id, termination_id, reason, requested_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, instanceId, account, refund, quote.id, terminationId, reason, by],
    );
    await tell(tx, 'ask', { id, instanceId, refundId: refund });
    return (await findRequest(tx, id))!;
  });
}

/** What an approval would pay, as of an instant of the instance's clock (M24). */
export interface Preview {
  asOf: string;
  item: QuoteItem;
}

/** What an approval would pay as of now, as a quote that nobody else can confirm. @throws RequestRefused */
async function assistedQuote(
  tx: Transaction,
  id: string,
  row: InstanceRow,
  { action, orderIds }: Pick<NewRequest, 'action' | 'orderIds'>,
  policyOf: NewRequest['policyOf'],
  terminationId: string,
  asOf?: string,
): Promise<{ quote: QuoteRow; calculation: Calculation }> {
  const quote = await createQuote(tx, {
    id,
    rows: [row],
    request: { action, orderIds, schedule: { mode: 'now' }, assisted: true },
    policyOf: () => policyOf(row),
    expiresInSeconds: 0,
    terminationId,
    asOf,
  });
  const item = quote.items[0]!;
  const refund = refundIn(item.refund);
  if (!refund) throw new RequestRefused(item.blockers[0]!, row.life.state);
  return { quote, calculation: { inputs: item.inputs!, refund } };
}

export interface RequestDecision {
  id: string;
  by: string;
  reason: string;
}

/** An approval names what it approves (M24). */
export interface Approval extends RequestDecision {
  /** Decimal string, after the fee. */
  amount: string;
  /** The instant of the instance's clock at which the amount was seen; missing: the amount is that of now. */
  asOf?: string | undefined;
  /** For how long an amount that was seen holds (M17). */
  holdsSeconds: number;
}

/**
 * Approves: computes the amount, holds it against the one that is approved, and agrees to the return in the
 * requester's name. The item still has to be sent.
 * @throws RequestRefused when it is decided already, by the requester, when the amount is another one by now,
 *   or when something stands against the return; it stays in review
 */
export async function approveRequest(
  pool: Pool,
  approval: Approval,
  policyOf: NewRequest['policyOf'],
): Promise<{ terminationId: string; items: AcceptedItem[] }> {
  return await transaction(pool, async (tx) => {
    const request = await recordDecision(tx, approval);
    const { terminationId, refundId: refund } = request;
    const row = (await findInstance(tx, request.instanceId))!;
    await lockAccountsOf(tx, [row.id]);
    await requireFresh(tx, row, approval);
    // Its own right is there for it; which kind it takes is decided again (a five-day return may have become
    // an ordinary one).
    await giveBackRights(tx, terminationId);
    const name = `q_${request.id}_approved`;
    const { quote, calculation } = await assistedQuote(
      tx,
      name,
      row,
      request,
      policyOf,
      terminationId,
      approval.asOf,
    );
    requireAmount(row, calculation.refund, approval.amount);
    const { kind } = calculation.refund;
    await reserveAgain(tx, terminationId, kind);
    await recordAgreement(tx, quote, [row], {
      terminationId,
      by: request.requestedBy,
      via: 'refund-request',
    });
    await approveRefund(tx, refund, { terminationId, quoteId: quote.id, calculation });
    await tell(tx, 'approve', request);
    return { terminationId, items: await itemsToSend(tx, terminationId) };
  });
}

/** By how much the clocks of two machines may differ. */
const SKEW_MS = 1000;

/**
 * An instant that was seen holds as long as a quote does, and only until something happens to the instance.
 * @throws RequestRefused
 */
async function requireFresh(
  tx: Transaction,
  row: InstanceRow,
  { asOf, holdsSeconds }: Approval,
): Promise<void> {
  if (asOf === undefined) return;
  const stepAt = await lastEffect(tx, row.id);
  const [seen, now, last] = [msOf(asOf), msOf(clockOf(row, Date.now())), msOf(stepAt)];
  if (seen > now + SKEW_MS || seen < now - holdsSeconds * 1000)
    throw new RequestRefused('QUOTE_EXPIRED', row.life.state);
  if (seen >= last) return;
  const change = { instanceId: row.id, field: 'step', old: asOf, new: stepAt, difference: null };
  throw new RequestRefused('QUOTE_STALE', row.life.state, [change]);
}

/** @throws RequestRefused with both amounts when they differ */
function requireAmount({ id, life }: InstanceRow, { amount, currency }: Refund, approved: string): void {
  const difference = exact(amount).sub(exact(approved));
  if (difference.equals(ZERO)) return;
  const change = {
    instanceId: id,
    field: 'refund.amount',
    old: approved,
    new: amount,
    difference: formatMoney(difference, currency),
  };
  throw new RequestRefused('QUOTE_STALE', life.state, [change]);
}

/** What an approval would pay now, as the item of a quote that nobody keeps; nobody waits for it either. */
export async function previewNow(
  db: Db,
  request: RefundRequestRow,
  policyOf: NewRequest['policyOf'],
): Promise<Preview> {
  const row = (await findInstance(db, request.instanceId))!;
  const asOf = clockOf(row, Date.now());
  const [subject] = await subjectsOf(db, [row], policyOf, () => asOf);
  const { action, orderIds } = request;
  const left = await countRightsOf(db, [subject!]);
  // The right that is held for it counts as there: whichever kind it takes in the end.
  const { account, product } = row.facts;
  const rights = left.get(rightsKey(account, product))!;
  const held = await heldRight(db, request.terminationId);
  if (held === 'five-day') rights.fiveDay += 1;
  if (held === 'ordinary') rights.ordinary += 1;
  const [item] = await inTurns(
    quoteInTurns([subject!], left, { action, orderIds, schedule: { mode: 'now' }, assisted: true }),
  );
  return { asOf, item: item! };
}

/**
 * Denies, and gives the right back. @throws RequestRefused when it is decided already, or by the requester
 */
export async function denyRequest(pool: Pool, decision: RequestDecision): Promise<RefundRequestRow> {
  return await transaction(pool, async (tx) => {
    const request = await recordDecision(tx, decision);
    const { id, refundId: refund, terminationId } = request;
    await moveRefund(tx, { id: refund, statuses: ['denied'] });
    await tell(tx, 'deny', request);
    await giveBackRights(tx, terminationId);
    return (await findRequest(tx, id))!;
  });
}

/** Who denies what nobody has decided when its instance ends; no caller can have this name. */
export const ENDED_BY = 'sunset';

export type WaitingReview = Pick<RefundRequestRow, 'id' | 'instanceId' | 'refundId' | 'terminationId'>;

const LOCK_REVIEWS = prepared(
  `SELECT id, instance_id AS "instanceId", refund_id AS "refundId", termination_id AS "terminationId" FROM refund_requests
   WHERE instance_id = $1 AND decided_by IS NULL FOR UPDATE`,
);

/** What nobody has decided yet of an instance, and nobody can until the transaction ends. */
export async function lockReviews(tx: Transaction, instanceId: string): Promise<WaitingReview[]> {
  return (await tx.query<WaitingReview>(LOCK_REVIEWS([instanceId]))).rows;
}

/**
 * Denies what is in review of an instance that ends, and gives its right back (M25). Part of the ending
 * step's transaction.
 * @param command what ended it: kept as the reason, and put into words where it is shown
 */
export async function closeReviews(
  tx: Transaction,
  reviews: WaitingReview[],
  command: string,
): Promise<void> {
  if (!reviews.length) return;
  await Promise.all([
    tx.query(
      'UPDATE refund_requests SET decided_by = $2, decision_reason = $3, decided_at = clock_timestamp() WHERE id = ANY($1)',
      [reviews.map(({ id }) => id), ENDED_BY, command],
    ),
    ...reviews.flatMap((one) => [
      moveRefund(tx, { id: one.refundId, statuses: ['denied'] }),
      giveBackRights(tx, one.terminationId),
      tell(tx, 'close', one),
    ]),
  ]);
}

/** To whoever listens. */
const tell = (
  tx: Transaction,
  command: 'ask' | 'approve' | 'deny' | 'close',
  { id: requestId, instanceId, refundId: refund }: Pick<RefundRequestRow, 'id' | 'instanceId' | 'refundId'>,
): Promise<void> =>
  post(tx, {
    topic: 'refund-request.changed',
    instanceId,
    payload: { command, requestId, refundId: refund },
  });

/** Writes who decided and why, once. */
async function recordDecision(
  tx: Transaction,
  { id, by, reason }: RequestDecision,
): Promise<RefundRequestRow> {
  await tx.query('SELECT FROM refund_requests WHERE id = $1 FOR UPDATE', [id]);
  const request = (await findRequest(tx, id))!;
  if (request.status !== 'in_review') throw new RequestRefused('NOT_IN_REVIEW');
  if (request.requestedBy === by) throw new RequestRefused('SELF_APPROVAL');
  await tx.query(
    'UPDATE refund_requests SET decided_by = $2, decision_reason = $3, decided_at = clock_timestamp() WHERE id = $1',
    [id, by, reason],
  );
  return request;
}

type SelectedRequest = Omit<RefundRequestRow, 'decision' | 'orderIds'> &
  ReviewDecisionColumns & { seq: number; orderIds: string[] | null };

const SELECT = `
  SELECT r.id, r.seq, r.instance_id AS "instanceId", r.account, r.refund_id AS "refundId", r.termination_id AS "terminationId", q.action,
    q.order_ids AS "orderIds", f.status, q.items->0 AS preview, r.reason, r.requested_by AS "requestedBy", r.requested_at AS "requestedAt",
    ${REVIEW_DECISION}
  FROM refund_requests r JOIN refunds f ON f.id = r.refund_id JOIN quotes q ON q.id = r.preview_quote_id`;

function toRequest({
  seq: _seq,
  decidedBy,
  decisionReason,
  decidedAt,
  orderIds,
  ...row
}: SelectedRequest): RefundRequestRow {
  return {
    ...row,
    preview: withOutcome(row.preview),
    orderIds: orderIds ?? undefined,
    decision: reviewDecisionOf({ decidedBy, decisionReason, decidedAt }),
  };
}

/** @param tenant the only account that exists for who asks; missing or null: all do */
export async function findRequest(
  db: Db,
  id: string,
  tenant?: string | null,
): Promise<RefundRequestRow | undefined> {
  const { rows } = await db.query<SelectedRequest>(
    `${SELECT} WHERE r.id = $1 AND ($2::text IS NULL OR r.account = $2)`,
    [id, tenant ?? null],
  );
  return rows[0] && toRequest(rows[0]);
}

export interface RequestFilter {
  tenant: string | undefined;
  account?: string | undefined;
  instanceId?: string | undefined;
  status?: string | undefined;
}

/** The latest first. */
export async function listRequests(
  db: Db,
  filter: RequestFilter,
  page: PageRequest,
): Promise<Page<RefundRequestRow>> {
  const conditions = new Conditions()
    .add('r.account = ?', filter.tenant)
    .add('r.account = ?', filter.account)
    .add('r.instance_id = ?', filter.instanceId)
    .add('f.status = ?', filter.status);
  return await listPage(
    db,
    { select: SELECT, conditions, by: bySeq<SelectedRequest>('r.seq'), latestFirst: true },
    page,
    toRequest,
  );
}
