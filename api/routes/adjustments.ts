/** Deposits, withdrawals and credits of an account. */
import type { z } from 'zod';
import { pageOf } from '../../contract/answers';
import { adjustmentAnswer, adjustmentSchema, adjustmentsQuery } from '../../contract/books';
import { byAccount } from '../../contract/requests';
import { type Adjusted, adjust, listAdjustments } from '../../store/books/adjustments';
import type { Call, Reply } from '../call';
import type { ApiDeps } from '../deps';
import { Problem } from '../errors';
import { existingAccount, requireAccount } from '../existing';
import { derivedId } from '../idempotency';
import { listReply } from '../page';
import { type Route, route } from '../route';

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
    handle: (call) => make(deps, call),
  }),
  route({
    method: 'get',
    path: '/v1/accounts/{account}/adjustments',
    tag: TAG,
    summary: 'Deposits, withdrawals and credits of an account',
    permission: 'read',
    params: byAccount,
    query: adjustmentsQuery,
    answers: { 200: { description: 'A page, the latest first.', schema: pageOf(adjustmentAnswer) } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async (call) => {
      const { account } = await existingAccount(deps, call.caller, call.params.account);
      const list = ({ reference }: { reference?: string | undefined }, page: Parameters<typeof listAdjustments>[2]) =>
        listAdjustments(deps.pool, { account, reference }, page);
      return await listReply(call, list, (row) => row);
    },
  }),
];

type NewCall = Call<z.output<typeof byAccount>, unknown, z.output<typeof adjustmentSchema>>;

async function make(deps: ApiDeps, { params, body, caller, commandId }: NewCall): Promise<Reply> {
  const account = requireAccount(caller, params.account);
  const adjusted = await adjust(deps.pool, { id: derivedId('a', commandId), account, ...body, by: caller.name });
  if (!adjusted.ok) throw refusal(adjusted, body);
  return { status: adjusted.isNew ? 201 : 200, body: adjusted.row };
}

function refusal(refused: Extract<Adjusted, { ok: false }>, { source, currency }: NewCall['body']): Problem {
  if (refused.code === 'REFERENCE_USED') return new Problem('REFERENCE_USED');
  const { balance } = refused;
  const detail = { en: `The account has ${balance} ${currency} of ${source}.`, zh: `该账号的 ${source} 余额为 ${balance} ${currency}。` };
  return new Problem('BALANCE_TOO_LOW', { detail });
}
