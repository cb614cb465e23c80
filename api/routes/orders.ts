/** Renewals and upgrades of a prepaid instance. */

import { renewalPriceAnswer } from '../../contract/answers';
import { ordersSchema, pricesSchema } from '../../contract/registration';
import { byId, renewalPriceQuery } from '../../contract/requests';
import { inUtc } from '../../domain/instant';
import { formatMinorUnits } from '../../domain/money';
import type { ApiDeps } from '../deps';
import { type Route, route } from '../http/route';
import { commandReply } from '../present/commands';
import { existingInstance } from '../use-cases/existing';
import { order } from '../use-cases/order';
import { putPrices } from '../use-cases/put-prices';
import { renewalPriceOf } from '../use-cases/renewal-price';
import { COMMAND_ANSWERS, COMMAND_PROBLEMS } from './command';

export const orderRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/instances/{id}/renewal-price',
    tag: 'Orders',
    summary: 'What a renewal would cost now',
    description: 'By the newest price snapshot that holds when it would begin (M23); nothing is bought.',
    permission: 'read',
    params: byId,
    query: renewalPriceQuery,
    answers: { 200: { description: 'The price.', schema: renewalPriceAnswer } },
    problems: { 404: ['NOT_FOUND'], 409: ['WRONG_STATE', 'WRONG_BILLING', 'PRICE_MISSING'] },
    handle: async ({ params, query, caller }) => {
      const { months } = query;
      const row = await existingInstance(deps, caller, params.id);
      const { currency, price, startsAt } = renewalPriceOf(row, months);
      const amount = formatMinorUnits(price, currency);
      return {
        status: 200,
        body: { instanceId: row.id, months, currency, amount, startsAt: inUtc(startsAt) },
      };
    },
  }),
  route({
    method: 'post',
    path: '/v1/instances/{id}/orders',
    tag: 'Orders',
    summary: 'Renew or upgrade a prepaid instance',
    description:
      'The server assigns id and dates; a renewal starts where the last order ends. Without `paid` Sunset prices a renewal by the newest price snapshot and debits the account; with it the permission `register` is needed.',
    permission: ['renew', 'register'],
    params: byId,
    body: ordersSchema,
    answers: COMMAND_ANSWERS,
    problems: {
      ...COMMAND_PROBLEMS,
      409: [
        'WRONG_BILLING',
        'WRONG_STATE',
        'BUSY',
        'NO_ORDER_IN_FORCE',
        'INSUFFICIENT_BALANCE',
        'PRICE_MISSING',
      ],
    },
    handle: async (call) =>
      commandReply(await order(deps, call, { id: call.params.id, order: call.body }), call.lang),
  }),
  route({
    method: 'put',
    path: '/v1/instances/{id}/prices',
    tag: 'Orders',
    summary: 'Put a new price snapshot',
    description:
      'For the renewals that are bought from now on (M23); what was paid is refunded by the prices that it was bought at (M12).',
    permission: 'register',
    params: byId,
    body: pricesSchema,
    answers: COMMAND_ANSWERS,
    problems: {
      ...COMMAND_PROBLEMS,
      409: [
        'WRONG_BILLING',
        'WRONG_STATE',
        'BUSY',
        'PRICE_VERSION_USED',
        'PRICES_REFUSED',
        'TOO_MANY_PRICES',
      ],
    },
    handle: async (call) =>
      commandReply(await putPrices(deps, call, { id: call.params.id, prices: call.body }), call.lang),
  }),
];
