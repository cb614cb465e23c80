import type { z } from 'zod';
import { acceptedAnswer, pageAnswer, refundAnswer, refundDetailAnswer } from '../../contract/answers';
import { refundListQuery } from '../../contract/books';
import { byDerivedId, reasonSchema } from '../../contract/requests';
import { listRefunds } from '../../store/books/refunds';
import { inTurns } from '../../store/in-turns';
import { policyById } from '../../store/policies';
import type { ApiDeps } from '../deps';
import type { Call, Reply } from '../http/call';
import { wantsCsv } from '../http/csv';
import { listReply } from '../http/page';
import { type Route, route } from '../http/route';
import { commandReply } from '../present/commands';
import { presentRefund, presentRefundDetail, refundsAsCsv } from '../present/refunds';
import { existingRefund } from '../use-cases/existing';
import { undo } from '../use-cases/undo';
import { COMMAND_PROBLEMS } from './command';

const TAG = 'Refunds';

export const refundRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/refunds',
    tag: TAG,
    summary: 'List refunds',
    permission: 'read',
    description: 'As CSV a page is a header and its lines, and `Link` leads to the next one.',
    query: refundListQuery,
    answers: {
      200: { description: 'A page, the latest first.', schema: pageAnswer(refundAnswer), csv: true },
    },
    handle: async (call) => {
      const reply = await listReply(
        call,
        ({ format: _, ...filter }, page) => listRefunds(deps.pool, filter, page),
        (row) => presentRefund(row, call.lang),
      );
      return wantsCsv(call) ? refundsAsCsv(reply, call.query) : reply;
    },
  }),
  route({
    method: 'get',
    path: '/v1/refunds/{id}',
    tag: TAG,
    summary: 'Progress, calculation and journal entries of a refund',
    permission: 'read',
    params: byDerivedId,
    answers: { 200: { description: 'The refund.', schema: refundDetailAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async (call) => await refundReply(deps, call),
  }),
  route({
    method: 'post',
    path: '/v1/refunds/{id}/undo',
    tag: TAG,
    summary: 'Undo a return while its instance is in the bin',
    description:
      'Reversing entries take the money back, the orders hold again, later by the time in the bin (M20), the right is given back, and the instance is what it was before.',
    permission: 'refund:approve',
    params: byDerivedId,
    body: reasonSchema,
    answers: {
      200: { description: 'The refund, reversed.', schema: refundDetailAnswer },
      202: {
        description: 'Nobody answered in time; the instance and its timeline tell.',
        schema: acceptedAnswer,
        location: 'The instance.',
      },
    },
    problems: {
      ...COMMAND_PROBLEMS,
      404: ['NOT_FOUND'],
      409: ['NOT_RETURNED', 'MONEY_SPENT', 'WRONG_STATE', 'BUSY'],
    },
    handle: (call) => undoReply(deps, call),
  }),
];

type RefundCall<B = unknown> = Call<z.output<typeof byDerivedId>, unknown, B>;

async function refundReply(deps: ApiDeps, { params, caller, lang }: RefundCall): Promise<Reply> {
  const row = await existingRefund(deps, caller, params.id);
  const policy = await policyById(deps.pool, row.calculation.inputs.policyId);
  return { status: 200, body: await inTurns(presentRefundDetail(row, policy, lang)) };
}

/** A command to the instance; it is answered with the refund. */
async function undoReply(deps: ApiDeps, call: RefundCall<z.output<typeof reasonSchema>>): Promise<Reply> {
  const result = await undo(deps, call, { refundId: call.params.id, reason: call.body.reason });
  return result.is === 'done' ? await refundReply(deps, call) : commandReply(result, call.lang);
}
