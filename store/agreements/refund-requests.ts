/**
 * The operator's path (E5, M11): a return that self-service refuses is asked for, and somebody else decides. While it is in review the
 * instance runs on and the right is held; the amount is computed at the approval; a denial gives the right back.
 */
import { refundId } from '../../domain/ids';
import { exact, formatMoney, ZERO } from '../../domain/money';
import type { Policy } from '../../domain/policy';
import { type BlockerCode, isRefund, type QuoteItem, quoteItems, rightsKey } from '../../domain/quote';
import type { Refund, RefundKind } from '../../domain/refund';
import { approveRefund, decisionOf, moveRefund, openRefunds } from '../books/refunds';
import { Conditions, type Db, decodeCursor, type Pool, pageOf, type Transaction, transaction } from '../db';
import { findInstance } from '../lives/instances';
import type {
  Calculation,
  Change,
  InstanceRow,
  Page,
  PageRequest,
  QuotedItem,
  QuoteRow,
  RefundRequestRow,
  RefundStatus,
  RequestedAction,
} from '../types';
import { insertTermination, lockAccounts, reserveRights } from './acceptance';
import { clockOf, createQuote, instancesInReview, rightsOf, subjectsOf } from './quotes';
import { type AcceptedItem, itemsToSend } from './terminations';

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

/** Opens a request, with a preview of what it would pay now. @throws RequestRefused by what no operator can approve either */
export async function openRequest(pool: Pool, request: NewRequest): Promise<RefundRequestRow> {
  return await transaction(pool, async (tx) => {
    const { id, instanceId, reason, by } = request;
    // A step that ends the instance closes its reviews (M25): it comes before this request, or waits for it and finds it.
    await tx.query('SELECT FROM instances WHERE id = $1 FOR SHARE', [instanceId]);
    const row = (await findInstance(tx, instanceId))!;
    await lockAccounts(tx, [row]);
    const known = await findRequest(tx, id);
    if (known) return known;
    if ((await instancesInReview(tx, [row])).has(instanceId)) throw new RequestRefused('IN_REVIEW', row.life.state);
    const terminationId = `t_${id}`;
    const { quote, calculation } = await assistedQuote(tx, `q_${id}`, row, request, request.policyOf, terminationId);
    const refund = refundId(terminationId, instanceId);
    const { account } = row.facts;
    await openRefunds(tx, [{ id: refund, instanceId, account, terminationId: null, quoteId: quote.id, calculation }]);
    if (request.action === 'return') await reserveRights(tx, terminationId, [{ row, kind: calculation.refund.kind }]);
    await tx.query(
      `INSERT INTO refund_requests (id, instance_id, account, refund_id, preview_quote_id, termination_id, reason, requested_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, instanceId, account, refund, quote.id, terminationId, reason, by],
    );
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
    instanceIds: [row.id],
    request: { action, orderIds, schedule: { mode: 'now' }, assisted: true },
    policyOf: () => policyOf(row),
    expiresInSeconds: 0,
    terminationId,
    asOf,
  });
  const item = quote.items[0]!;
  if (!isRefund(item.refund)) throw new RequestRefused(item.blockers[0]!, row.life.state);
  return { quote, calculation: { inputs: item.inputs!, refund: item.refund } };
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
 * Approves: computes the amount, holds it against the one that is approved, and agrees to the return in the requester's name. The item still
 * has to be sent.
 * @throws RequestRefused when it is decided already, by the requester, when the amount is another one by now, or when something stands
 *   against the return; it stays in review
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
    await lockAccounts(tx, [row]);
    await requireFresh(tx, row, approval);
    // Its own right is there for it; which kind it takes is decided again (a five-day return may have become an ordinary one).
    await tx.query("UPDATE rights SET status = 'returned' WHERE termination_id = $1", [terminationId]);
    const name = `q_${request.id}_approved`;
    const { quote, calculation } = await assistedQuote(tx, name, row, request, policyOf, terminationId, approval.asOf);
    requireAmount(row, calculation.refund, approval.amount);
    const { kind } = calculation.refund;
    await tx.query("UPDATE rights SET status = 'reserved', kind = $2 WHERE termination_id = $1", [terminationId, kind]);
    await insertTermination(tx, quote, [row], { quoteId: quote.id, terminationId, by: request.requestedBy, via: 'refund-request' });
    await approveRefund(tx, refund, { terminationId, quoteId: quote.id, calculation });
    return { terminationId, items: await itemsToSend(tx, terminationId) };
  });
}

/** By how much the clocks of two machines may differ. */
const SKEW_MS = 1000;

/** An instant that was seen holds as long as a quote does, and only until something happens to the instance. @throws RequestRefused */
async function requireFresh(tx: Transaction, row: InstanceRow, { asOf, holdsSeconds }: Approval): Promise<void> {
  if (asOf === undefined) return;
  const { rows } = await tx.query<{ at: string }>("SELECT max(effective_at) AS at FROM steps WHERE instance_id = $1 AND outcome = 'done'", [
    row.id,
  ]);
  const [seen, now, last] = [Date.parse(asOf), Date.parse(clockOf(row, Date.now())), Date.parse(rows[0]!.at)];
  if (seen > now + SKEW_MS || seen < now - holdsSeconds * 1000) throw new RequestRefused('QUOTE_EXPIRED', row.life.state);
  if (seen >= last) return;
  const change = { instanceId: row.id, field: 'step', old: asOf, new: rows[0]!.at, difference: null };
  throw new RequestRefused('QUOTE_STALE', row.life.state, [change]);
}

/** @throws RequestRefused with both amounts when they differ */
function requireAmount({ id, life }: InstanceRow, { amount, currency }: Refund, approved: string): void {
  const difference = exact(amount).sub(exact(approved));
  if (difference.equals(ZERO)) return;
  const change = { instanceId: id, field: 'refund.amount', old: approved, new: amount, difference: formatMoney(difference, currency) };
  throw new RequestRefused('QUOTE_STALE', life.state, [change]);
}

/** What an approval would pay now, as the item of a quote that nobody keeps; nobody waits for it either. */
export async function previewNow(db: Db, request: RefundRequestRow, policyOf: NewRequest['policyOf']): Promise<Preview> {
  const row = (await findInstance(db, request.instanceId))!;
  const asOf = clockOf(row, Date.now());
  const [subject] = await subjectsOf(db, [row], policyOf, () => asOf);
  const { action, orderIds } = request;
  const left = await rightsOf(db, [subject!]);
  // The right that is held for it counts as there: whichever kind it takes in the end.
  const { account, product } = row.facts;
  const rights = left.get(rightsKey(account, product))!;
  const held = await heldRight(db, request.terminationId);
  if (held === 'five-day') rights.fiveDay += 1;
  if (held === 'ordinary') rights.ordinary += 1;
  const [item] = quoteItems([subject!], left, { action, orderIds, schedule: { mode: 'now' }, assisted: true });
  return { asOf, item: item! };
}

async function heldRight(db: Db, terminationId: string): Promise<RefundKind | undefined> {
  const { rows } = await db.query<{ kind: RefundKind }>("SELECT kind FROM rights WHERE termination_id = $1 AND status = 'reserved'", [
    terminationId,
  ]);
  return rows[0]?.kind;
}

/** Denies, and gives the right back. @throws RequestRefused when it is decided already, or by the requester */
export async function denyRequest(pool: Pool, decision: RequestDecision): Promise<RefundRequestRow> {
  return await transaction(pool, async (tx) => {
    const { id, refundId: refund, terminationId } = await recordDecision(tx, decision);
    await moveRefund(tx, refund, ['denied']);
    await tx.query("UPDATE rights SET status = 'returned' WHERE termination_id = $1", [terminationId]);
    return (await findRequest(tx, id))!;
  });
}

/** Who denies what nobody has decided when its instance ends; no caller can have this name. */
export const ENDED_BY = 'sunset';

/**
 * Denies what is in review of an instance that ends, and gives its right back (M25). Part of the ending step's transaction.
 * @param command what ended it: kept as the reason, and put into words where it is shown
 */
export async function closeReviews(tx: Transaction, instanceId: string, command: string): Promise<void> {
  const { rows } = await tx.query<{ refund_id: string; termination_id: string }>(
    `UPDATE refund_requests r SET decided_by = $2, decision_reason = $3, decided_at = clock_timestamp()
     WHERE instance_id = $1 AND decided_by IS NULL RETURNING refund_id, termination_id`,
    [instanceId, ENDED_BY, command],
  );
  for (const { refund_id: refund, termination_id: termination } of rows) {
    await moveRefund(tx, refund, ['denied']);
    await tx.query("UPDATE rights SET status = 'returned' WHERE termination_id = $1", [termination]);
  }
}

/** Writes who decided and why, once. */
async function recordDecision(tx: Transaction, { id, by, reason }: RequestDecision): Promise<RefundRequestRow> {
  await tx.query('SELECT FROM refund_requests WHERE id = $1 FOR UPDATE', [id]);
  const request = (await findRequest(tx, id))!;
  if (request.status !== 'in_review') throw new RequestRefused('NOT_IN_REVIEW');
  if (request.requestedBy === by) throw new RequestRefused('SELF_APPROVAL');
  await tx.query('UPDATE refund_requests SET decided_by = $2, decision_reason = $3, decided_at = clock_timestamp() WHERE id = $1', [
    id,
    by,
    reason,
  ]);
  return request;
}

interface Row {
  id: string;
  seq: number;
  instance_id: string;
  account: string;
  refund_id: string;
  termination_id: string;
  action: RequestedAction;
  order_ids: string[] | null;
  status: RefundStatus;
  preview: QuotedItem;
  reason: string;
  requested_by: string;
  requested_at: string;
  decided_by: string | null;
  decision_reason: string | null;
  decided_at: string | null;
}

const SELECT = `
  SELECT r.*, f.status, q.action, q.order_ids, q.items->0 AS preview FROM refund_requests r
  JOIN refunds f ON f.id = r.refund_id JOIN quotes q ON q.id = r.preview_quote_id`;

const toRequest = (row: Row): RefundRequestRow => ({
  id: row.id,
  instanceId: row.instance_id,
  account: row.account,
  refundId: row.refund_id,
  terminationId: row.termination_id,
  action: row.action,
  orderIds: row.order_ids ?? undefined,
  status: row.status,
  preview: row.preview,
  reason: row.reason,
  requestedBy: row.requested_by,
  requestedAt: row.requested_at,
  decision: decisionOf(row),
});

/** @param tenant the only account that exists for who asks; missing or null: all do */
export async function findRequest(db: Db, id: string, tenant?: string | null): Promise<RefundRequestRow | undefined> {
  const { rows } = await db.query<Row>(`${SELECT} WHERE r.id = $1 AND ($2::text IS NULL OR r.account = $2)`, [id, tenant ?? null]);
  return rows[0] && toRequest(rows[0]);
}

export interface RequestFilter {
  tenant: string | undefined;
  account?: string | undefined;
  instanceId?: string | undefined;
  status?: string | undefined;
}

/** The latest first. */
export async function listRequests(db: Db, filter: RequestFilter, page: PageRequest): Promise<Page<RefundRequestRow>> {
  const conditions = new Conditions()
    .add('r.account = ?', filter.tenant)
    .add('r.account = ?', filter.account)
    .add('r.instance_id = ?', filter.instanceId)
    .add('f.status = ?', filter.status);
  if (page.cursor !== undefined) conditions.add('r.seq < ?', decodeCursor(page.cursor, ['number'])[0]);
  const limit = conditions.parameter(page.limit + 1);
  const { rows } = await db.query<Row>(`${SELECT} ${conditions.where} ORDER BY r.seq DESC LIMIT ${limit}`, conditions.values);
  return pageOf(rows, page.limit, toRequest, (row) => [row.seq]);
}
