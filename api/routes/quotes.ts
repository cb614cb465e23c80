/** Quotes: preflight, plan and refund of every item. They change nothing but the store of quotes. */
import type { z } from 'zod';
import { quoteAnswer } from '../../contract/answers';
import { issue } from '../../contract/issues';
import { byId, quoteSchema } from '../../contract/requests';
import { MAX_ORDERS, MAX_QUOTED_ORDERS } from '../../domain/bounds';
import type { UnknownItem } from '../../store/agreements/quotes';
import { createQuote, hasQuote } from '../../store/agreements/quotes';
import type { InstanceRow } from '../../store/lives/instances';
import { countOrders, findInstances } from '../../store/lives/instances';
import type { Call, Reply } from '../call';
import { requireChoice } from '../choice';
import { type ApiDeps, policyOfRow, quoteSecondsOf } from '../deps';
import { invalid, notFound } from '../errors';
import { existingQuote } from '../existing';
import { derivedId } from '../idempotency';
import { presentQuote } from '../present/terminations';
import { type Route, route } from '../route';
import { scheduleIssues } from '../schedule';

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
    handle: (call) => quote(deps, call),
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

async function quote(deps: ApiDeps, call: Call<unknown, unknown, z.output<typeof quoteSchema>>): Promise<Reply> {
  const { action, instanceIds, schedule, fiveDayFor, orderIds } = call.body;
  await requireNotTooMany(deps, instanceIds, call.caller.account);
  const rows = await findInstances(deps.pool, instanceIds, call.caller.account);
  const unknown = unknownAmong(instanceIds, rows);
  const policyFor = policyOfRow(deps);
  const id = derivedId('q', call.commandId);
  // A repeat after a crash answers the quote that it made, although its time may have passed meanwhile.
  const isRepeat = await hasQuote(deps.pool, id);
  const issues = isRepeat ? [] : scheduleIssues(schedule, action, rows, policyFor, Date.now());
  if (issues.length) throw invalid(issues);
  if (!isRepeat) requireChoice(rows[0]!, orderIds);
  const policies = new Map(rows.map((row) => [row.facts.product, policyFor(row)]));
  const row = await createQuote(deps.pool, {
    id,
    instanceIds: rows.map((row) => row.id),
    unknown,
    request: { action, schedule, fiveDayFor, orderIds },
    policyOf: (product) => policies.get(product)!,
    expiresInSeconds: quoteSecondsOf(deps),
  });
  return { status: 201, body: presentQuote(row, call.lang), headers: { Location: `/v1/quotes/${id}` } };
}

/** Counted before any is read. @throws Problem 400 when they have more orders than one quote goes over */
async function requireNotTooMany({ pool }: ApiDeps, ids: string[], tenant: string | null): Promise<void> {
  if (ids.length * MAX_ORDERS <= MAX_QUOTED_ORDERS) return;
  const orders = await countOrders(pool, ids, tenant);
  if (orders <= MAX_QUOTED_ORDERS) return;
  throw invalid([issue(['instanceIds'], 'TOO_MANY_ORDERS', { orders, maximum: MAX_QUOTED_ORDERS })]);
}

/**
 * One bad id spoils nothing (L17): those that are not there, or not for this caller, are items of their own.
 * @throws Problem 404 that names every one, when there are no others
 */
function unknownAmong(ids: string[], rows: InstanceRow[]): UnknownItem[] {
  const found = new Set(rows.map((row) => row.id));
  const unknown = ids.flatMap((instanceId, position) => (found.has(instanceId) ? [] : [{ instanceId, position }]));
  if (rows.length) return unknown;
  const issues = ids.map((_, index) => issue(['instanceIds', index], 'NOT_FOUND'));
  throw notFound('instance', ids.join(', '), issues);
}
