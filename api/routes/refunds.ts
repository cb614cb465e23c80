import { findRefund, listRefunds } from '../../store/refunds';
import type { ApiDeps } from '../deps';
import { notFound } from '../errors';
import { listReply } from '../page';
import { presentRefund } from '../present/accounts';
import { type Route, route } from '../route';
import { pageOf, refundAnswer } from '../schemas/answers';
import { byDerivedId, refundsQuery } from '../schemas/requests';

const TAG = 'Refunds';

export const refundRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/refunds',
    tag: TAG,
    summary: 'List refunds',
    query: refundsQuery,
    answers: { 200: { description: 'A page, the latest first.', schema: pageOf(refundAnswer) } },
    handle: async ({ query: { limit, cursor, ...filter }, lang }) =>
      listReply(
        { limit, cursor },
        () => listRefunds(deps.pool, filter, { limit, cursor }),
        (row) => presentRefund(row, lang),
      ),
  }),
  route({
    method: 'get',
    path: '/v1/refunds/{id}',
    tag: TAG,
    summary: 'Progress, calculation and journal entries of a refund',
    params: byDerivedId,
    answers: { 200: { description: 'The refund.', schema: refundAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async ({ params, lang }) => {
      const row = await findRefund(deps.pool, params.id);
      if (!row) throw notFound('refund', params.id);
      return { status: 200, body: presentRefund(row, lang) };
    },
  }),
];
