/** Refunds, the record behind their amounts, and requests for approval. */
import type { RefundAnswer, RefundDetailAnswer, RefundRequestAnswer } from '../../contract/answers';
import { endedInReview } from '../../contract/blockers';
import { presentQuoteItem, presentRefundLines } from '../../contract/present';
import { recomputeInTurns } from '../../domain/calculation';
import { workflowId } from '../../domain/ids';
import type { Policy } from '../../domain/policy';
import type { Lang } from '../../domain/text';
import type { Turns } from '../../domain/turns';
import { ENDED_BY, type Preview, type RefundRequestRow } from '../../store/agreements/refund-requests';
import type { RefundRow } from '../../store/books/refunds';
import { hashOf } from '../../store/hash';
import type { Reply } from '../http/call';
import { type Column, type ListQuery, listAsCsv } from '../http/csv';
import { Problem, presentProblem } from '../problem';
import { presentPaid } from './instances';

export function presentRefund(row: RefundRow, lang: Lang): RefundAnswer {
  const {
    id,
    instanceId,
    account,
    terminationId,
    quoteId,
    kind,
    currency,
    amount,
    fee,
    progress,
    status,
    entries,
    reversal,
  } = row;
  const { parts, lines } = row.calculation.refund;
  const problem = problemOfRefund(row);
  return {
    id,
    instanceId,
    account,
    terminationId,
    quoteId,
    workflowId: workflowId(instanceId),
    action: row.calculation.inputs.action,
    kind,
    currency,
    amount,
    parts,
    fee,
    lines: presentRefundLines(lines, lang),
    progress,
    status,
    problem: problem && presentProblem(problem, lang),
    review: row.request && {
      requestId: row.request.id,
      decision: presentDecision(row.request.decision, lang),
    },
    reversal,
    entries,
  };
}

/** What keeps its money back; null when it was paid, or is on its way. */
function problemOfRefund({ status, problem, request }: RefundRow): Problem | null {
  if (status === 'in_review') return new Problem('APPROVAL_REQUIRED');
  if (status === 'denied') return denied(request?.decision ?? null);
  return problem && new Problem(problem.code, { state: problem.state, message: problem.message });
}

function denied(decision: RefundRequestRow['decision']): Problem {
  const { by, reason } = decision ?? { by: '', reason: '' };
  if (by === ENDED_BY) return new Problem('REFUND_DENIED', { detail: endedInReview(reason) });
  return new Problem('REFUND_DENIED', {
    detail: { en: `An operator denied it: ${reason}`, zh: `运营人员已拒绝：${reason}` },
  });
}

/** People's reasons are shown as they gave them; Sunset's own in the reader's language. */
function presentDecision(decision: RefundRequestRow['decision'], lang: Lang): RefundRequestRow['decision'] {
  return decision?.by === ENDED_BY ? { ...decision, reason: endedInReview(decision.reason)[lang] } : decision;
}

const COLUMNS: Column<RefundAnswer>[] = [
  { name: 'id', value: (row) => row.id },
  { name: 'account', value: (row) => row.account },
  { name: 'instanceId', value: (row) => row.instanceId },
  { name: 'terminationId', value: (row) => row.terminationId },
  { name: 'action', value: (row) => row.action },
  { name: 'kind', value: (row) => row.kind },
  { name: 'status', value: (row) => row.status },
  { name: 'currency', value: (row) => row.currency },
  { name: 'amount', value: (row) => row.amount, isNumber: true },
  { name: 'cash', value: (row) => row.parts.cash, isNumber: true },
  { name: 'gift', value: (row) => row.parts.gift, isNumber: true },
  { name: 'income', value: (row) => row.parts.income, isNumber: true },
  { name: 'fee', value: (row) => row.fee, isNumber: true },
  { name: 'openedAt', value: (row) => row.progress[0]?.at },
  { name: 'doneAt', value: (row) => row.progress.find(({ status }) => status === 'done')?.at },
  { name: 'reversedAt', value: (row) => row.reversal?.at },
  { name: 'transactionId', value: (row) => row.entries[0]?.transactionId },
];

export const refundsAsCsv = (reply: Reply, query: ListQuery): Reply =>
  listAsCsv(COLUMNS, reply, '/v1/refunds', query);

/** With the calculation, done again from what was kept. `policy` is the one that it names. */
export function* presentRefundDetail(row: RefundRow, policy: Policy, lang: Lang): Turns<RefundDetailAnswer> {
  const { inputs, refund } = row.calculation;
  const { facts, orders, at: asOf, action, kind, assisted, policyId } = inputs;
  const again = yield* recomputeInTurns(inputs, policy);
  const matches =
    hashOf([again.amount, again.fee, again.cells]) === hashOf([row.amount, row.fee, refund.cells]);
  yield;
  return {
    ...presentRefund(row, lang),
    calculation: {
      asOf,
      action,
      kind,
      assisted,
      policyId,
      knobs: { ...policy.knobs },
      priceVersion: facts.prices?.version ?? null,
      prices: facts.prices,
      network: facts.network,
      orders: orders.map((order) => ({ ...order, paid: presentPaid(order.paid, row.currency) })),
      cells: refund.cells,
      rebuilt: {
        amount: again.amount,
        parts: again.parts,
        fee: again.fee,
        lines: presentRefundLines(again.lines, lang),
        matches,
      },
    },
  };
}

/** @param now what it would pay now; undefined: nobody asked (in lists) */
export function presentRefundRequest(
  row: RefundRequestRow,
  lang: Lang,
  now?: Preview | null,
): RefundRequestAnswer {
  const { id, instanceId, account, refundId, action, status, reason, requestedBy, requestedAt, decision } =
    row;
  const preview = presentQuoteItem(row.preview, lang);
  const current = now && { ...presentQuoteItem(now.item, lang), asOf: now.asOf };
  return {
    id,
    instanceId,
    account,
    refundId,
    action,
    ...(row.orderIds ? { orderIds: row.orderIds } : {}),
    status,
    reason,
    requestedBy,
    requestedAt,
    preview,
    ...(current === undefined ? {} : { now: current }),
    decision: presentDecision(decision, lang),
  };
}
