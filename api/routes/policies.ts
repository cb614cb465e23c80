/** The rules of each product, as they are in force. */
import { type PolicyAnswer, policiesAnswer } from '../../contract/policies';
import type { Policy } from '../../domain/policy';
import { type Lang, render } from '../../domain/text';
import type { ApiDeps } from '../deps';
import { type Route, route } from '../http/route';

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
];

const presentPolicy = (policy: Policy, lang: Lang): PolicyAnswer => ({
  ...policy,
  name: render(policy.name, lang),
  disposal: policy.disposal.map(({ reason, ...one }) => ({ ...one, reason: render(reason, lang) })),
  notices: policy.notices.map(({ message, ...one }) => ({ ...one, message: render(message, lang) })),
});
