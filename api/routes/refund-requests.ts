/**
 * The operator's path: returns that self-service refuses (promotion orders, holds, large amounts) are asked
 * for, and decided by another (E5, M11).
 */

import type { z } from 'zod';
import { pageAnswer, refundRequestAnswer } from '../../contract/answers';
import {
  approvalSchema,
  byId,
  reasonSchema,
  refundRequestSchema,
  refundRequestsQuery,
} from '../../contract/requests';
import { listRequests, type RefundRequestRow } from '../../store/agreements/refund-requests';
import type { Asking } from '../asking';
import type { ApiDeps } from '../deps';
import type { Call, Reply } from '../http/call';
import { listReply } from '../http/page';
import { type Route, route } from '../http/route';
import { presentRefundRequest } from '../present/refunds';
import { approve, deny } from '../use-cases/decide-request';
import { existingRequest } from '../use-cases/existing';
import { previewOf, requestRefund } from '../use-cases/request-refund';

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
    answers: {
      201: { description: 'The request, in review.', schema: refundRequestAnswer, location: 'The request.' },
    },
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
    answers: { 200: { description: 'A page, the latest first.', schema: pageAnswer(refundRequestAnswer) } },
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
    handle: async (call) =>
      requestReply(deps, call, await existingRequest(deps, call.caller, call.params.id)),
  }),
  decision(deps, 'approve', approvalSchema, approve, {
    summary: 'Approve a refund request: the instance is returned for the amount that is named',
    description:
      'By somebody else than who asked for it. It names the amount that it approves: if it is another one by now, it is refused with both (M24).',
    problems: [
      'WRONG_STATE',
      'BUSY',
      'PROTECTED',
      'NO_ORDER_IN_FORCE',
      'QUOTA_USED',
      'NOTHING_TO_RETURN',
      'QUOTE_STALE',
      'QUOTE_EXPIRED',
    ],
  }),
  decision(deps, 'deny', reasonSchema, deny, {
    summary: 'Deny a refund request: the right to return is given back',
    description: 'By somebody else than who asked for it.',
    problems: [],
  }),
];

function decision<B extends z.ZodType<{ reason: string }>>(
  deps: ApiDeps,
  name: 'approve' | 'deny',
  body: B,
  decide: (
    deps: ApiDeps,
    asking: Asking,
    decision: { id: string } & z.output<B>,
  ) => Promise<RefundRequestRow>,
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
    handle: async (call) =>
      requestReply(deps, call, await decide(deps, call, { id: call.params.id, ...call.body })),
  });
}

async function requestReply(
  deps: ApiDeps,
  { lang }: Pick<Call, 'lang'>,
  row: RefundRequestRow,
): Promise<Reply> {
  return { status: 200, body: presentRefundRequest(row, lang, await previewOf(deps, row)) };
}

async function open(
  deps: ApiDeps,
  call: Call<unknown, unknown, z.output<typeof refundRequestSchema>>,
): Promise<Reply> {
  const row = await requestRefund(deps, call, call.body);
  return {
    ...(await requestReply(deps, call, row)),
    status: 201,
    headers: { Location: `/v1/refund-requests/${row.id}` },
  };
}
