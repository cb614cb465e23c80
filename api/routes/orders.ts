/** Renewals and upgrades of a prepaid instance. */

import { ordersSchema, pricesSchema } from '../../contract/registration';
import { byId } from '../../contract/requests';
import type { ApiDeps } from '../deps';
import { type Route, route } from '../http/route';
import { commandReply } from '../present/commands';
import { order } from '../use-cases/order';
import { putPrices } from '../use-cases/put-prices';
import { COMMAND_ANSWERS, COMMAND_PROBLEMS } from './command';

export const orderRoutes = (deps: ApiDeps): Route[] => [
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
