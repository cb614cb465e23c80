/** Renewals and upgrades of a prepaid instance. */
import type { z } from 'zod';
import type { Reply } from '../call';
import { carryOut } from '../commands';
import { type ApiDeps, policyOf } from '../deps';
import { existingInstance } from '../existing';
import { type Route, route } from '../route';
import { ordersSchema } from '../schemas/registration';
import { byId } from '../schemas/requests';
import { COMMAND_ANSWERS, type InstanceCall, requireDigits } from './command';

export const orderRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/instances/{id}/orders',
    tag: 'Orders',
    summary: 'Renew or upgrade a prepaid instance',
    description:
      'The server assigns id and dates; a renewal starts where the last order ends. Without `paid` Sunset prices a renewal and debits the account; with it the permission `register` is needed.',
    permission: ['renew', 'register'],
    params: byId,
    body: ordersSchema,
    answers: COMMAND_ANSWERS,
    problems: { 409: ['WRONG_BILLING', 'WRONG_STATE', 'BUSY', 'NO_ORDER_IN_FORCE', 'INSUFFICIENT_BALANCE', 'PRICE_MISSING'] },
    handle: (call) => amend(deps, call),
  }),
];

/** An amendment brings the product's current rules with it (decision 1). */
async function amend(deps: ApiDeps, call: InstanceCall<z.output<typeof ordersSchema>>): Promise<Reply> {
  const order = call.body;
  if (order.paid) call.caller.require('register', ['paid']);
  const row = await existingInstance(deps, call.caller, call.params.id);
  requireDigits(row, order.paid, ['paid']);
  const rules = (policyOf(deps)(row.facts.product) ?? row.policy).lifecycle;
  return await carryOut(deps, row, call, 'amend', { name: 'amend', order, rules });
}
