/** The rules of each product, as they are in force. */
import {
  type PolicyAnswer,
  policiesAnswer,
  policyQuery,
  type WorkedPolicyAnswer,
  workedPolicyAnswer,
} from '../../contract/policies';
import { presentQuoteItem } from '../../contract/present';
import { presentRefundCurve } from '../../contract/present-curve';
import { byProduct } from '../../contract/requests';
import type { Policy } from '../../domain/policy';
import { type Lang, render } from '../../domain/text';
import type { ApiDeps } from '../deps';
import { type Route, route } from '../http/route';
import { type Worked, workPolicy } from '../use-cases/work-policy';

export const policyRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/policies',
    tag: 'Policies',
    summary: 'The rules of each product',
    description:
      'How instances end, what becomes of their parts, what comes back, and worked examples of the documents. A quote and a running life keep the rules that they began with.',
    permission: 'read',
    answers: { 200: { description: 'All products.', schema: policiesAnswer } },
    handle: async ({ lang }) => ({
      status: 200,
      body: { items: deps.policies.map((policy) => presentPolicy(policy, lang)) },
    }),
  }),
  route({
    method: 'get',
    path: '/v1/policies/{product}',
    tag: 'Policies',
    summary: 'The rules of a product, with their examples computed',
    description:
      'Every example of the documents is computed just now. With any of the parameters as if that rule were another one, to see what would change; nothing of it is kept.',
    permission: 'read',
    params: byProduct,
    query: policyQuery,
    answers: { 200: { description: 'The rules at work.', schema: workedPolicyAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async ({ params, query, lang }) => ({
      status: 200,
      body: presentWorked(await workPolicy(deps, params.product, query), lang),
    }),
  }),
];

function presentWorked({ policy, examples, curve }: Worked, lang: Lang): WorkedPolicyAnswer {
  return {
    ...presentPolicy(policy, lang),
    examples: examples.map(({ example, item, isAsExpected }) => ({
      ...example,
      computed: presentQuoteItem(item, lang),
      asExpected: isAsExpected,
    })),
    curve: curve && presentRefundCurve(curve, lang),
  };
}

const presentPolicy = (policy: Policy, lang: Lang): PolicyAnswer => ({
  ...policy,
  name: render(policy.name, lang),
  disposal: policy.disposal.map(({ reason, ...one }) => ({ ...one, reason: render(reason, lang) })),
  notices: policy.notices.map(({ message, ...one }) => ({ ...one, message: render(message, lang) })),
});
