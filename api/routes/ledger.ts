/** The books added up, as of any instant. */

import { atQuery, balancesAnswer, trialBalanceAnswer, trialBalanceQuery } from '../../contract/books';
import { byAccount } from '../../contract/requests';
import { balancesAt, trialBalance } from '../../store/books/trial-balance';
import type { ApiDeps } from '../deps';
import { wantsCsv } from '../http/csv';
import { type Route, route } from '../http/route';
import { trialBalanceAsCsv } from '../present/trial-balance';
import { existingAccount } from '../use-cases/existing';

const TAG = 'Books';

export const ledgerRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/accounts/{account}/balances',
    tag: TAG,
    summary: 'Balances of an account at an instant',
    permission: 'read',
    params: byAccount,
    query: atQuery,
    answers: { 200: { description: 'As its ledger entries add up to.', schema: balancesAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async ({ params, query, caller }) => {
      const { account } = await existingAccount(deps, caller, params.account);
      return { status: 200, body: { account, ...(await balancesAt(deps.pool, account, query.at)) } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/trial-balance',
    tag: TAG,
    summary: 'Debit and credit of every ledger account at an instant',
    permission: 'audit',
    staffOnly: true,
    description: 'As CSV it is its lines; their sums are the totals.',
    query: trialBalanceQuery,
    answers: {
      200: {
        description: 'For each currency, all debits are all credits.',
        schema: trialBalanceAnswer,
        csv: true,
      },
    },
    handle: async (call) => {
      const body = await trialBalance(deps.pool, call.query.at);
      return wantsCsv(call) ? trialBalanceAsCsv(body) : { status: 200, body };
    },
  }),
];
