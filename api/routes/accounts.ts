import { accountAnswer, listedAccountAnswer, movementAnswer, pageAnswer } from '../../contract/answers';
import { statementQuery } from '../../contract/books';
import { accountSchema, accountsQuery, byAccount } from '../../contract/requests';
import { rightsKey } from '../../domain/returns';
import { countRights } from '../../store/agreements/rights';
import { type AccountRow, lastStandingChange, listAccounts, putAccount } from '../../store/books/accounts';
import { listStatement } from '../../store/books/statement';
import type { ApiDeps } from '../deps';
import type { Reply } from '../http/call';
import { wantsCsv } from '../http/csv';
import { listReply } from '../http/page';
import { type Route, route } from '../http/route';
import { presentAccount, presentMovement } from '../present/accounts';
import { statementAsCsv } from '../present/statement';
import { existingAccount, requireAccount } from '../use-cases/existing';

const TAG = 'Accounts';

export const accountRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/accounts',
    tag: TAG,
    summary: 'List accounts',
    description: 'By name. Those that an instance, a key or an adjustment was ever made of.',
    permission: 'read',
    query: accountsQuery,
    answers: { 200: { description: 'A page.', schema: pageAnswer(listedAccountAnswer) } },
    handle: (call) =>
      listReply(
        call,
        ({ q, ...filter }, page) => listAccounts(deps.pool, { ...filter, search: q }, page),
        (row) => row,
      ),
  }),
  route({
    method: 'get',
    path: '/v1/accounts/{account}',
    tag: TAG,
    summary: 'Balances by source, standing and rights left',
    permission: 'read',
    params: byAccount,
    answers: { 200: { description: 'The account.', schema: accountAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async ({ params, caller }) =>
      accountReply(deps, await existingAccount(deps, caller, params.account)),
  }),
  route({
    method: 'put',
    path: '/v1/accounts/{account}',
    tag: TAG,
    summary: 'Set arrears and hold, with the reason',
    description:
      'What is left out stays as it is. Holds and arrears are judged when a termination is quoted and scheduled.',
    permission: 'hold',
    params: byAccount,
    body: accountSchema,
    answers: { 200: { description: 'The account.', schema: accountAnswer } },
    handle: async ({ params, body, caller }) => {
      const account = requireAccount(caller, params.account);
      return await accountReply(deps, await putAccount(deps.pool, { account, ...body, by: caller.name }));
    },
  }),
  route({
    method: 'get',
    path: '/v1/accounts/{account}/statement',
    tag: TAG,
    summary: 'Income and expenses of an account',
    permission: 'read',
    params: byAccount,
    description:
      '`balance` is what the account had after each line. `from` and `to` are instants of `recordedAt`, both included. As CSV a page is a header and its lines, and `Link` leads to the next one.',
    query: statementQuery,
    answers: {
      200: { description: 'A page, the latest first.', schema: pageAnswer(movementAnswer), csv: true },
    },
    problems: { 404: ['NOT_FOUND'] },
    handle: async (call) => {
      const { account } = await existingAccount(deps, call.caller, call.params.account);
      const { from, to } = call.query;
      const reply = await listReply(
        call,
        (_, page) => listStatement(deps.pool, { account, from, to }, page),
        presentMovement,
      );
      return wantsCsv(call)
        ? statementAsCsv(reply, `/v1/accounts/${encodeURIComponent(account)}/statement`, call.query)
        : reply;
    },
  }),
];

async function accountReply(deps: ApiDeps, row: AccountRow): Promise<Reply> {
  const { account } = row;
  const withReturns = deps.policies.filter((policy) => policy.returns !== null);
  const holders = withReturns.map(({ product, knobs }) => ({ account, product, knobs }));
  const [standing, counted] = await Promise.all([
    lastStandingChange(deps.pool, account),
    countRights(deps.pool, holders),
  ]);
  const rights = withReturns.map((policy) => ({
    policy,
    counted: counted.get(rightsKey(account, policy.product))!,
  }));
  return { status: 200, body: presentAccount(row, standing, rights) };
}
