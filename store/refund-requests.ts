/**
 * The operator's path (E5, M11): a return that self-service refuses is asked for, and somebody else decides. While it is in review the
 * instance runs on and the right is held; the amount is computed at the approval; a denial gives the right back.
 */
import { refundId } from '../domain/ids';
import type { Policy } from '../domain/policy';
import { type BlockerCode, isRefund } from '../domain/quote';
import { insertTermination, lockAccounts, reserveRights } from './acceptance';
import { Conditions, type Db, decodeCursor, type Pool, pageOf, type Transaction, transaction } from './db';
import { findInstance } from './instances';
import { createQuote, instancesInReview } from './quotes';
import { approveRefund, decisionOf, moveRefund, openRefunds } from './refunds';
import { type AcceptedItem, itemsToSend } from './terminations';
import type {
  Calculation,
  InstanceRow,
  Page,
  PageRequest,
  QuotedItem,
  QuoteRow,
  RefundRequestRow,
  RefundStatus,
  RequestedAction,
} from './types';

/** Nothing was written: what stands against it. */
export class RequestRefused extends Error {
  constructor(
    readonly code: BlockerCode | 'NOT_IN_REVIEW' | 'SELF_APPROVAL',
    readonly state: string | null = null,
  ) {
    super(code);
  }
}

export interface NewRequest {
  /** The same again answers the request that exists. */
  id: string;
  instanceId: string;
  action: RequestedAction;
  reason: string;
  by: string;
  policyOf: (row: InstanceRow) => Policy;
}

/** Opens a request, with a preview of what it would pay now. @throws RequestRefused by what no operator can approve either */
export async function openRequest(pool: Pool, request: NewRequest): Promise<RefundRequestRow> {
  return await transaction(pool, async (tx) => {
    const { id, instanceId, action, reason, by } = request;
    const row = (await findInstance(tx, instanceId))!;
    await lockAccounts(tx, [row]);
    const known = await findRequest(tx, id);
    if (known) return known;
    if ((await instancesInReview(tx, [row])).has(instanceId)) throw new RequestRefused('IN_REVIEW', row.life.state);
    const terminationId = `t_${id}`;
    const { quote, calculation } = await assistedQuote(tx, `q_${id}`, row, action, request.policyOf, terminationId);
    const refund = refundId(terminationId, instanceId);
    const { account } = row.facts;
    await openRefunds(tx, [{ id: refund, instanceId, account, terminationId: null, quoteId: quote.id, calculation }]);
    if (action === 'return') await reserveRights(tx, terminationId, [{ row, kind: calculation.refund.kind }]);
    await tx.query(
      `INSERT INTO refund_requests (id, instance_id, account, refund_id, preview_quote_id, termination_id, reason, requested_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, instanceId, account, refund, quote.id, terminationId, reason, by],
    );
    return (await findRequest(tx, id))!;
  });
}

/** What an approval would pay as of now, as a quote that nobody else can confirm. @throws RequestRefused */
async function assistedQuote(
  tx: Transaction,
  id: string,
  row: InstanceRow,
  action: RequestedAction,
  policyOf: NewRequest['policyOf'],
  terminationId: string,
): Promise<{ quote: QuoteRow; calculation: Calculation }> {
  const quote = await createQuote(tx, {
    id,
    instanceIds: [row.id],
    request: { action, schedule: { mode: 'now' }, assisted: true },
    policyOf: () => policyOf(row),
    expiresInSeconds: 0,
    terminationId,
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

/**
 * Approves: computes the amount as of now, and agrees to the return in the requester's name. The item still has to be sent.
 * @throws RequestRefused when it is decided already, by the requester, or when something stands against the return now; it stays in review
 */
export async function approveRequest(
  pool: Pool,
  decision: RequestDecision,
  policyOf: NewRequest['policyOf'],
): Promise<{ terminationId: string; items: AcceptedItem[] }> {
  return await transaction(pool, async (tx) => {
    const request = await recordDecision(tx, decision);
    const { terminationId, refundId: refund } = request;
    const row = (await findInstance(tx, request.instanceId))!;
    await lockAccounts(tx, [row]);
    // Its own right is there for it; which kind it takes is decided again (a five-day return may have become an ordinary one).
    await tx.query("UPDATE rights SET status = 'returned' WHERE termination_id = $1", [terminationId]);
    const { quote, calculation } = await assistedQuote(tx, `q_${request.id}_approved`, row, request.action, policyOf, terminationId);
    const { kind } = calculation.refund;
    await tx.query("UPDATE rights SET status = 'reserved', kind = $2 WHERE termination_id = $1", [terminationId, kind]);
    await insertTermination(tx, quote, [row], { quoteId: quote.id, terminationId, by: request.requestedBy, via: 'refund-request' });
    await approveRefund(tx, refund, { terminationId, quoteId: quote.id, calculation });
    return { terminationId, items: await itemsToSend(tx, terminationId) };
  });
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

/** Writes who decided and why, once. */
async function recordDecision(tx: Transaction, { id, by, reason }: RequestDecision): Promise<RefundRequestRow & { terminationId: string }> {
  const { rows } = await tx.query<{ termination_id: string }>('SELECT termination_id FROM refund_requests WHERE id = $1 FOR UPDATE', [id]);
  const request = (await findRequest(tx, id))!;
  if (request.status !== 'in_review') throw new RequestRefused('NOT_IN_REVIEW');
  if (request.requestedBy === by) throw new RequestRefused('SELF_APPROVAL');
  await tx.query('UPDATE refund_requests SET decided_by = $2, decision_reason = $3, decided_at = clock_timestamp() WHERE id = $1', [
    id,
    by,
    reason,
  ]);
  return { ...request, terminationId: rows[0]!.termination_id };
}

interface Row {
  id: string;
  seq: number;
  instance_id: string;
  account: string;
  refund_id: string;
  action: RequestedAction;
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
  SELECT r.*, f.status, q.action, q.items->0 AS preview FROM refund_requests r
  JOIN refunds f ON f.id = r.refund_id JOIN quotes q ON q.id = r.preview_quote_id`;

const toRequest = (row: Row): RefundRequestRow => ({
  id: row.id,
  instanceId: row.instance_id,
  account: row.account,
  refundId: row.refund_id,
  action: row.action,
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
