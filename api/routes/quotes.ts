/** Quotes: preflight, plan and refund of every item. They change nothing but the store of quotes. */

import type { z } from 'zod';
import { quoteAnswer } from '../../contract/answers';
import { byId, quoteSchema } from '../../contract/requests';
import type { ApiDeps } from '../deps';
import type { Call, Reply } from '../http/call';
import { type Route, route } from '../http/route';
import { presentQuote } from '../present/terminations';
import { existingQuote } from '../use-cases/existing';
import { quote } from '../use-cases/quote';

const TAG = 'Quotes';

export const quoteRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/quotes',
    tag: TAG,
    summary: 'Quote the end of instances',
    description:
      'For every item what would happen, what is against it, and what it would pay. The quote holds until `expiresAt`. Among several, an id that is not known is an item blocked by `UNKNOWN_INSTANCE`.',
    permission: 'read',
    body: quoteSchema,
    answers: { 201: { description: 'The quote.', schema: quoteAnswer, location: 'The quote.' } },
    problems: { 404: ['NOT_FOUND'] },
    handle: (call) => made(deps, call),
  }),
  route({
    method: 'get',
    path: '/v1/quotes/{id}',
    tag: TAG,
    summary: 'Look at a quote',
    permission: 'read',
    params: byId,
    answers: { 200: { description: 'The quote.', schema: quoteAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async ({ params, caller, lang }) => ({
      status: 200,
      body: presentQuote(await existingQuote(deps, caller, params.id), lang),
    }),
  }),
];

async function made(
  deps: ApiDeps,
  call: Call<unknown, unknown, z.output<typeof quoteSchema>>,
): Promise<Reply> {
  const row = await quote(deps, call, call.body);
  return { status: 201, body: presentQuote(row, call.lang), headers: { Location: `/v1/quotes/${row.id}` } };
}
