/** Renewals and upgrades of a prepaid instance. */
import type { z } from 'zod';
import { ordersSchema, pricesSchema } from '../../contract/registration';
import { byId } from '../../contract/requests';
import { hashOf } from '../../store/hash';
import type { Reply } from '../call';
import { carryOut, instanceReply } from '../commands';
import { type ApiDeps, policyOf } from '../deps';
import { existingInstance } from '../existing';
import { type Route, route } from '../route';
import { COMMAND_ANSWERS, COMMAND_PROBLEMS, type InstanceCall, requireDigits, requireSoundPrices } from './command';

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
      409: ['WRONG_BILLING', 'WRONG_STATE', 'BUSY', 'NO_ORDER_IN_FORCE', 'INSUFFICIENT_BALANCE', 'PRICE_MISSING'],
    },
    handle: (call) => amend(deps, call),
  }),
  route({
    method: 'put',
    path: '/v1/instances/{id}/prices',
    tag: 'Orders',
    summary: 'Put a new price snapshot',
    description: 'For the renewals that are bought from now on (M23); what was paid is refunded by the prices that it was bought at (M12).',
    permission: 'register',
    params: byId,
    body: pricesSchema,
    answers: COMMAND_ANSWERS,
    problems: {
      ...COMMAND_PROBLEMS,
      409: ['WRONG_BILLING', 'WRONG_STATE', 'BUSY', 'PRICE_VERSION_USED', 'PRICES_REFUSED', 'TOO_MANY_PRICES'],
    },
    handle: (call) => putPrices(deps, call),
  }),
];

/** The newest snapshot once more changes nothing, and takes no step. */
async function putPrices(deps: ApiDeps, call: InstanceCall<z.output<typeof pricesSchema>>): Promise<Reply> {
  const row = await existingInstance(deps, call.caller, call.params.id);
  requireSoundPrices(row, call.body, []);
  const newest = row.facts.priceChanges?.at(-1);
  if (newest && hashOf(newest.prices) === hashOf(call.body)) return instanceReply(row);
  return await carryOut(deps, row, call, { name: 'put-prices', prices: call.body });
}

/** An amendment brings the product's current rules with it (decision 1). */
async function amend(deps: ApiDeps, call: InstanceCall<z.output<typeof ordersSchema>>): Promise<Reply> {
  const order = call.body;
  if (order.paid) call.caller.require('register', ['paid']);
  const row = await existingInstance(deps, call.caller, call.params.id);
  requireDigits(row, order.paid, ['paid']);
  if (order.kind === 'upgrade') requireSoundPrices(row, order.prices, ['prices']);
  const rules = (policyOf(deps)(row.facts.product) ?? row.policy).lifecycle;
  return await carryOut(deps, row, call, { name: 'amend', order, rules });
}
