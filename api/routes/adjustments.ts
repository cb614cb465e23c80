import { pageAnswer } from '../../contract/answers';
import { adjustmentAnswer, adjustmentSchema, adjustmentsQuery } from '../../contract/books';
import { byAccount } from '../../contract/requests';
import { listAdjustments } from '../../store/books/adjustments';
import type { ApiDeps } from '../deps';
import { listReply } from '../http/page';
import { type Route, route } from '../http/route';
import { adjust } from '../use-cases/adjust';
import { existingAccount } from '../use-cases/existing';

const TAG = 'Accounts';

export const adjustmentRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/accounts/{account}/adjustments',
    tag: TAG,
    summary: 'Deposit, withdraw or credit an account’s balance',
    description:
      'Booked in double entry, once a reference: the same facts under it again are answered 200 with what is there. A withdrawal takes no more than there is.',
    permission: 'adjust',
    params: byAccount,
    body: adjustmentSchema,
    answers: {
      201: { description: 'Booked.', schema: adjustmentAnswer },
      200: { description: 'It was booked before, under this reference.', schema: adjustmentAnswer },
    },
    problems: { 404: ['NOT_FOUND'], 409: ['BALANCE_TOO_LOW', 'REFERENCE_USED'] },
    handle: async (call) => {
      const { row, isNew } = await adjust(deps, call, { account: call.params.account, ...call.body });
      return { status: isNew ? 201 : 200, body: row };
    },
  }),
  route({
    method: 'get',
    path: '/v1/accounts/{account}/adjustments',
    tag: TAG,
    summary: 'Deposits, withdrawals and credits of an account',
    permission: 'read',
    params: byAccount,
    query: adjustmentsQuery,
    answers: { 200: { description: 'A page, the latest first.', schema: pageAnswer(adjustmentAnswer) } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async (call) => {
      const { account } = await existingAccount(deps, call.caller, call.params.account);
      const list = (
        { reference }: { reference?: string | undefined },
        page: Parameters<typeof listAdjustments>[2],
      ) => listAdjustments(deps.pool, { account, reference }, page);
      return await listReply(call, list, (row) => row);
    },
  }),
];
