/** Confirmations: what was quoted and agreed to is carried out, item by item. */

import type { z } from 'zod';
import { pageAnswer, terminationAnswer } from '../../contract/answers';
import { byId, terminationSchema, terminationsQuery } from '../../contract/requests';
import { listTerminations } from '../../store/agreements/terminations';
import type { ApiDeps } from '../deps';
import type { Call, Reply } from '../http/call';
import { listReply } from '../http/page';
import { type Route, route } from '../http/route';
import { presentTermination } from '../present/terminations';
import { agree, terminationLocation } from '../use-cases/agree';
import { existingTermination } from '../use-cases/existing';

const TAG = 'Terminations';
export const terminationRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/terminations',
    tag: TAG,
    summary: 'Confirm a quote',
    description:
      'Consumes the quote and reserves its rights at once, then ends the instances. What goes wrong after that touches only its item.',
    permission: ['terminate', 'return'],
    body: terminationSchema,
    async: true,
    answers: {
      202: {
        description: 'Accepted, as far as it has come.',
        schema: terminationAnswer,
        location: 'The termination.',
      },
    },
    problems: {
      404: ['NOT_FOUND'],
      409: ['QUOTE_STALE', 'QUOTE_EXPIRED', 'QUOTE_USED', 'NOTHING_PERMITTED'],
    },
    handle: (call) => confirm(deps, call),
  }),
  route({
    method: 'get',
    path: '/v1/terminations',
    tag: TAG,
    summary: 'List terminations',
    permission: 'read',
    query: terminationsQuery,
    answers: { 200: { description: 'A page, the latest first.', schema: pageAnswer(terminationAnswer) } },
    handle: (call) =>
      listReply(
        call,
        (filter, page) => listTerminations(deps.pool, filter, page),
        (row) => presentTermination(row, call.lang),
      ),
  }),
  route({
    method: 'get',
    path: '/v1/terminations/{id}',
    tag: TAG,
    summary: 'Progress and result of a termination',
    permission: 'read',
    params: byId,
    answers: { 200: { description: 'The termination.', schema: terminationAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async ({ params, caller, lang }) => ({
      status: 200,
      body: presentTermination(await existingTermination(deps, caller, params.id), lang),
    }),
  }),
];

async function confirm(
  deps: ApiDeps,
  call: Call<unknown, unknown, z.output<typeof terminationSchema>>,
): Promise<Reply> {
  const { quoteId, skipStale } = call.body;
  const row = await agree(deps, call, { quoteId, skipStale, via: 'api', async: call.respondAsync });
  const headers = {
    Location: terminationLocation(row.id),
    ...(call.respondAsync ? { 'Preference-Applied': 'respond-async' } : {}),
  };
  return { status: 202, body: presentTermination(row, call.lang), headers };
}
