/** The operator's path: returns that self-service refuses (promotion orders, holds, large amounts) are asked for, and decided by another (E5, M11). */
import type { z } from 'zod';
import { pageOf, refundRequestAnswer } from '../../contract/answers';
import { approvalSchema, byId, reasonSchema, refundRequestSchema, refundRequestsQuery } from '../../contract/requests';
import type { RefundRequestRow } from '../../store/agreements/refund-requests';
import { approveRequest, denyRequest, findRequest, listRequests, openRequest, previewNow } from '../../store/agreements/refund-requests';
import type { Call, Reply } from '../call';
import { requireChoice } from '../choice';
import { type ApiDeps, policyOfRow, quoteSecondsOf } from '../deps';
import { existingInstance, existingRequest } from '../existing';
import { derivedId } from '../idempotency';
import { sendForAWhile } from '../items';
import { listReply } from '../page';
import { presentRefundRequest } from '../present/refunds';
import { type Route, route } from '../route';

const TAG = 'Refund requests';

export const refundRequestRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/refund-requests',
    tag: TAG,
    summary: 'Ask for a refund that needs approval',
    description:
      'Answers with what it would pay now, fee included. While it is in review the instance runs on and the right to return is held.',
    permission: 'return',
    body: refundRequestSchema,
    answers: { 201: { description: 'The request, in review.', schema: refundRequestAnswer, location: 'The request.' } },
    problems: {
      404: ['NOT_FOUND'],
      409: [
        'IN_REVIEW',
        'WRONG_STATE',
        'BUSY',
        'PROTECTED',
        'WRONG_ACTION',
        'NO_ORDER_IN_FORCE',
        'MONTHLY_SETTLED',
        'QUOTA_USED',
        'NOTHING_TO_RETURN',
        'OVERUSED',
      ],
    },
    handle: (call) => open(deps, call),
  }),
  route({
    method: 'get',
    path: '/v1/refund-requests',
    tag: TAG,
    summary: 'List refund requests',
    permission: 'read',
    query: refundRequestsQuery,
    answers: { 200: { description: 'A page, the latest first.', schema: pageOf(refundRequestAnswer) } },
    handle: (call) =>
      listReply(
        call,
        (filter, page) => listRequests(deps.pool, filter, page),
        (row) => presentRefundRequest(row, call.lang),
      ),
  }),
  route({
    method: 'get',
    path: '/v1/refund-requests/{id}',
    tag: TAG,
    summary: 'Look at a refund request',
    permission: 'read',
    params: byId,
    answers: { 200: { description: 'The request.', schema: refundRequestAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: (call) => requestReply(deps, call),
  }),
  decision(deps, 'approve', approvalSchema, approve, {
    summary: 'Approve a refund request: the instance is returned for the amount that is named',
    description:
      'By somebody else than who asked for it. It names the amount that it approves: if it is another one by now, it is refused with both (M24).',
    problems: ['WRONG_STATE', 'BUSY', 'PROTECTED', 'NO_ORDER_IN_FORCE', 'QUOTA_USED', 'NOTHING_TO_RETURN', 'QUOTE_STALE', 'QUOTE_EXPIRED'],
  }),
  decision(deps, 'deny', reasonSchema, deny, {
    summary: 'Deny a refund request: the right to return is given back',
    description: 'By somebody else than who asked for it.',
    problems: [],
  }),
];

type DecisionCall<B = { reason: string }> = Call<z.output<typeof byId>, unknown, B>;

function decision<B extends z.ZodType<{ reason: string }>>(
  deps: ApiDeps,
  name: 'approve' | 'deny',
  body: B,
  decide: (deps: ApiDeps, call: DecisionCall<z.output<B>>) => Promise<void>,
  { summary, description, problems }: { summary: string; description: string; problems: string[] },
): Route {
  return route({
    method: 'post',
    path: `/v1/refund-requests/{id}/${name}`,
    tag: TAG,
    summary,
    description,
    permission: 'refund:approve',
    params: byId,
    body,
    answers: { 200: { description: 'The request as decided.', schema: refundRequestAnswer } },
    problems: { 403: ['SELF_APPROVAL'], 404: ['NOT_FOUND'], 409: ['NOT_IN_REVIEW', ...problems] },
    handle: async (call) => {
      const row = await existingRequest(deps, call.caller, call.params.id);
      // A repeat after a crash: what was decided by this caller in this way stands.
      if (!isDecidedBy(row, call, name)) await decide(deps, call);
      return await requestReply(deps, call);
    },
  });
}

const isDecidedBy = ({ status, decision: made }: RefundRequestRow, { caller, body }: DecisionCall, name: 'approve' | 'deny'): boolean =>
  made !== null && made.by === caller.name && made.reason === body.reason && (status === 'denied') === (name === 'deny');

async function requestReply(deps: ApiDeps, { params, caller, lang }: Call<z.output<typeof byId>>): Promise<Reply> {
  const row = await existingRequest(deps, caller, params.id);
  return { status: 200, body: presentRefundRequest(row, lang, await nowOf(deps, row)) };
}

const nowOf = async (deps: ApiDeps, row: RefundRequestRow) =>
  row.status === 'in_review' ? await previewNow(deps.pool, row, policyOfRow(deps)) : null;

async function open(deps: ApiDeps, call: Call<unknown, unknown, z.output<typeof refundRequestSchema>>): Promise<Reply> {
  const { instanceId } = call.body;
  const instance = await existingInstance(deps, call.caller, instanceId);
  const id = derivedId('rr', call.commandId);
  if (!(await findRequest(deps.pool, id))) requireChoice(instance, call.body.orderIds);
  const row = await openRequest(deps.pool, { id, ...call.body, by: call.caller.name, policyOf: policyOfRow(deps) });
  return {
    status: 201,
    body: presentRefundRequest(row, call.lang, await nowOf(deps, row)),
    headers: { Location: `/v1/refund-requests/${id}` },
  };
}

async function approve(deps: ApiDeps, { params, body, caller }: DecisionCall<z.output<typeof approvalSchema>>): Promise<void> {
  const approval = { id: params.id, by: caller.name, ...body, holdsSeconds: quoteSecondsOf(deps) };
  const { terminationId, items } = await approveRequest(deps.pool, approval, policyOfRow(deps));
  await sendForAWhile(deps, terminationId, items);
}

async function deny(deps: ApiDeps, { params, body, caller }: DecisionCall): Promise<void> {
  await denyRequest(deps.pool, { id: params.id, by: caller.name, reason: body.reason });
}
