/** Confirmations: what was quoted and agreed to is carried out, item by item. */
import type { z } from 'zod';
import { pageOf, terminationAnswer } from '../../contract/answers';
import { issue } from '../../contract/issues';
import { byId, terminationSchema, terminationsQuery } from '../../contract/requests';
import type { Action } from '../../domain/instance';
import type { Permission } from '../../domain/permissions';
import { type Acceptance, acceptQuote } from '../../store/agreements/acceptance';
import { listTerminations } from '../../store/agreements/terminations';
import type { Call, Reply } from '../call';
import type { ApiDeps } from '../deps';
import { notFound, Problem } from '../errors';
import { existingQuote, existingTermination } from '../existing';
import { derivedId } from '../idempotency';
import { sendForAWhile } from '../items';
import { listReply } from '../page';
import { presentTermination } from '../present/terminations';
import { type Route, route } from '../route';

const TAG = 'Terminations';
/** What confirming a quote of each action takes. */
const PERMISSIONS: Record<Action, Permission> = { terminate: 'terminate', return: 'return', 'return-renewals': 'return' };

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
    answers: { 202: { description: 'Accepted, as far as it has come.', schema: terminationAnswer, location: 'The termination.' } },
    problems: { 404: ['NOT_FOUND'], 409: ['QUOTE_STALE', 'QUOTE_EXPIRED', 'QUOTE_USED', 'NOTHING_PERMITTED'] },
    handle: (call) => confirm(deps, call),
  }),
  route({
    method: 'get',
    path: '/v1/terminations',
    tag: TAG,
    summary: 'List terminations',
    permission: 'read',
    query: terminationsQuery,
    answers: { 200: { description: 'A page, the latest first.', schema: pageOf(terminationAnswer) } },
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
    handle: async (call) => ({ status: 200, body: await present(deps, call.params.id, call) }),
  }),
];

async function present(deps: ApiDeps, id: string, { caller, lang }: Call): Promise<z.infer<typeof terminationAnswer>> {
  return presentTermination(await existingTermination(deps, caller, id), lang);
}

const locationOf = (id: string): string => `/v1/terminations/${encodeURIComponent(id)}`;

/** With the same key again the acceptance answers what it did before, and what is still to be sent is sent again (L8). */
async function confirm(deps: ApiDeps, call: Call<unknown, unknown, z.output<typeof terminationSchema>>): Promise<Reply> {
  const { quoteId, skipStale } = call.body;
  const { action } = await existingQuote(deps, call.caller, quoteId, [issue(['quoteId'], 'NOT_FOUND')]);
  call.caller.require(PERMISSIONS[action], ['quoteId']);
  const terminationId = derivedId('t', call.commandId);
  const acceptance = await acceptQuote(deps.pool, { quoteId, terminationId, by: call.caller.name, via: 'api', skipStale });
  if (!acceptance.ok) throw refusal(acceptance, quoteId);
  const sending = sendForAWhile(deps, terminationId, acceptance.items);
  if (!call.respondAsync) await sending;
  const headers = { Location: locationOf(terminationId), ...(call.respondAsync ? { 'Preference-Applied': 'respond-async' } : {}) };
  return { status: 202, body: await present(deps, terminationId, call), headers };
}

function refusal(acceptance: Extract<Acceptance, { ok: false }>, quoteId: string): Problem {
  const { code, changes, terminationId } = acceptance;
  if (code === 'UNKNOWN_QUOTE') return notFound('quote', quoteId, [issue(['quoteId'], 'NOT_FOUND')]);
  return new Problem(code, {
    changes,
    ...(terminationId === undefined ? {} : { headers: { Location: locationOf(terminationId) } }),
  });
}
