/** Confirmations: what was quoted and agreed to is carried out, item by item. */
import type { z } from 'zod';
import { type Acceptance, acceptQuote } from '../../store/acceptance';
import { failItem, findTermination, listTerminations } from '../../store/terminations';
import { sendItems } from '../../workflows/send';
import type { Call, Reply } from '../call';
import { optionsOf } from '../commands';
import type { ApiDeps } from '../deps';
import { notFound, Problem } from '../errors';
import { derivedId } from '../idempotency';
import { listReply } from '../page';
import { presentTermination } from '../present/terminations';
import { type Route, route } from '../route';
import { pageOf, terminationAnswer } from '../schemas/answers';
import { issue } from '../schemas/issues';
import { byId, terminationSchema, terminationsQuery } from '../schemas/requests';

const TAG = 'Terminations';
const WAIT_MS = 5000;
/** Temporal allows ten updates in flight per workflow; here it only keeps one confirmation of 500 items from crowding out others. */
const CONCURRENCY = 8;

export const terminationRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/terminations',
    tag: TAG,
    summary: 'Confirm a quote',
    description:
      'Consumes the quote and reserves its rights at once, then ends the instances. What goes wrong after that touches only its item.',
    body: terminationSchema,
    answers: { 202: { description: 'Accepted, as far as it has come.', schema: terminationAnswer, location: 'The termination.' } },
    problems: { 404: ['NOT_FOUND'], 409: ['QUOTE_STALE', 'QUOTE_EXPIRED', 'QUOTE_USED', 'NOTHING_PERMITTED'] },
    handle: (call) => confirm(deps, call),
  }),
  route({
    method: 'get',
    path: '/v1/terminations',
    tag: TAG,
    summary: 'List terminations',
    query: terminationsQuery,
    answers: { 200: { description: 'A page, the latest first.', schema: pageOf(terminationAnswer) } },
    handle: async ({ query: { limit, cursor, ...filter }, lang }) =>
      listReply(
        { limit, cursor },
        () => listTerminations(deps.pool, filter, { limit, cursor }),
        (row) => presentTermination(row, lang),
      ),
  }),
  route({
    method: 'get',
    path: '/v1/terminations/{id}',
    tag: TAG,
    summary: 'Progress and result of a termination',
    params: byId,
    answers: { 200: { description: 'The termination.', schema: terminationAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async ({ params, lang }) => ({ status: 200, body: await present(deps, params.id, lang) }),
  }),
];

async function present(deps: ApiDeps, id: string, lang: Call['lang']): Promise<z.infer<typeof terminationAnswer>> {
  const row = await findTermination(deps.pool, id);
  if (!row) throw notFound('termination', id);
  return presentTermination(row, lang);
}

const locationOf = (id: string): string => `/v1/terminations/${encodeURIComponent(id)}`;

/** With the same key again the acceptance answers what it did before, and what is still to be sent is sent again (L8). */
async function confirm(deps: ApiDeps, call: Call<unknown, unknown, z.output<typeof terminationSchema>>): Promise<Reply> {
  const { quoteId } = call.body;
  const terminationId = derivedId('t', call.commandId);
  const acceptance = await acceptQuote(deps.pool, { quoteId, terminationId, by: call.caller, via: 'api' });
  if (!acceptance.ok) throw refusal(acceptance, quoteId);
  await sendForAWhile(deps, terminationId, acceptance.items);
  return { status: 202, body: await present(deps, terminationId, call.lang), headers: { Location: locationOf(terminationId) } };
}

function refusal(acceptance: Extract<Acceptance, { ok: false }>, quoteId: string): Problem {
  const { code, changes, terminationId } = acceptance;
  if (code === 'UNKNOWN_QUOTE') return notFound('quote', quoteId, [issue(['quoteId'], 'NOT_FOUND')]);
  return new Problem(code, {
    changes,
    ...(terminationId === undefined ? {} : { headers: { Location: locationOf(terminationId) } }),
  });
}

/** Sends the items; what takes longer goes on behind the answer, and what this process doesn't finish the worker's sweep does (decision 2). */
async function sendForAWhile(deps: ApiDeps, terminationId: string, items: Extract<Acceptance, { ok: true }>['items']): Promise<void> {
  const sending = sendItems(deps.temporal, items, {
    ...optionsOf(deps),
    concurrency: CONCURRENCY,
    onRefused: ({ instanceId }, { code, state }) => failItem(deps.pool, terminationId, instanceId, { code, state }),
  }).catch((error: unknown) => deps.logger.warn({ err: error, terminationId }, 'items are left to the sweep'));
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deps.terminationWaitMs ?? WAIT_MS);
  });
  await Promise.race([sending, enough]);
  clearTimeout(timer);
}
