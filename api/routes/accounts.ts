import { findAccount, listStatement, putAccount, rightsLeft, rightsUsed } from '../../store/accounts';
import type { AccountRow } from '../../store/types';
import type { Reply } from '../call';
import type { ApiDeps } from '../deps';
import { notFound } from '../errors';
import { listReply } from '../page';
import { presentAccount, presentMovement } from '../present/accounts';
import { type Route, route } from '../route';
import { accountAnswer, pageOf, statementAnswer } from '../schemas/answers';
import { accountSchema, byAccount, pageQuery } from '../schemas/requests';

const TAG = 'Accounts';

export const accountRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/accounts/{account}',
    tag: TAG,
    summary: 'Balances by source, standing and rights left',
    params: byAccount,
    answers: { 200: { description: 'The account.', schema: accountAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async ({ params }) => accountReply(deps, await existingAccount(deps, params.account)),
  }),
  route({
    method: 'put',
    path: '/v1/accounts/{account}',
    tag: TAG,
    summary: 'Set arrears and hold, with the reason',
    description: 'What is left out stays as it is. Holds and arrears are judged when a termination is quoted and scheduled.',
    params: byAccount,
    body: accountSchema,
    answers: { 200: { description: 'The account.', schema: accountAnswer } },
    handle: async ({ params, body, caller }) => accountReply(deps, await putAccount(deps.pool, { ...params, ...body, by: caller })),
  }),
  route({
    method: 'get',
    path: '/v1/accounts/{account}/statement',
    tag: TAG,
    summary: 'Income and expenses of an account',
    params: byAccount,
    query: pageQuery,
    answers: { 200: { description: 'A page, the latest first.', schema: pageOf(statementAnswer) } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async ({ params, query }) => {
      const { account } = await existingAccount(deps, params.account);
      return await listReply(query, () => listStatement(deps.pool, account, query), presentMovement);
    },
  }),
];

async function existingAccount(deps: ApiDeps, account: string): Promise<AccountRow> {
  const row = await findAccount(deps.pool, account);
  if (!row) throw notFound('account', account);
  return row;
}

async function accountReply(deps: ApiDeps, row: AccountRow): Promise<Reply> {
  const { account } = row;
  const withReturns = deps.policies.filter((policy) => policy.returns !== null);
  const rights = withReturns.map(async (policy) => ({ policy, left: await rightsLeft(deps.pool, account, policy.product, policy.knobs) }));
  return { status: 200, body: presentAccount(row, await rightsUsed(deps.pool, account), await Promise.all(rights)) };
}
