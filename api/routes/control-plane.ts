/** What the control plane tells of an instance: its hold, its network billing, its usage. */

import { instanceAnswer, pageAnswer, usageAnswer } from '../../contract/answers';
import { byId, holdSchema, networkSchema, pageQuery, usageSchema } from '../../contract/requests';
import { listUsage } from '../../store/lives/usage';
import type { ApiDeps } from '../deps';
import { listReply } from '../http/page';
import { type Route, route } from '../http/route';
import { commandReply, instanceReply } from '../present/commands';
import { command } from '../use-cases/command';
import { existingInstance } from '../use-cases/existing';
import { hold } from '../use-cases/hold';
import { reportUsage } from '../use-cases/report-usage';
import { COMMAND_ANSWERS, COMMAND_PROBLEMS } from './command';

const TAG = 'Instances';

export const controlPlaneRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'put',
    path: '/v1/instances/{id}/hold',
    tag: TAG,
    summary: 'Put an instance on hold, or lift the hold, with the reason',
    description:
      'Returns of an instance on hold need an operator’s approval (E5). A hold is judged when a return is quoted and confirmed.',
    permission: 'hold',
    params: byId,
    body: holdSchema,
    answers: { 200: { description: 'The instance.', schema: instanceAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async (call) => instanceReply(await hold(deps, call, { id: call.params.id, ...call.body })),
  }),
  route({
    method: 'post',
    path: '/v1/instances/{id}/network',
    tag: TAG,
    summary: 'Switch the network from by bandwidth to by traffic',
    description:
      'Used network is reckoned up to the switch; within the five days it makes the return an ordinary one (E4).',
    permission: 'register',
    params: byId,
    body: networkSchema,
    answers: COMMAND_ANSWERS,
    problems: { ...COMMAND_PROBLEMS, 409: ['BY_TRAFFIC', 'WRONG_STATE', 'BUSY'] },
    handle: async (call) =>
      commandReply(await command(deps, call, call.params.id, { name: 'switch-network' }), call.lang),
  }),
  route({
    method: 'post',
    path: '/v1/instances/{id}/usage',
    tag: TAG,
    summary: 'Report usage',
    description: 'Refused from the billing stop on, with its instant (L9).',
    permission: 'usage',
    params: byId,
    body: usageSchema,
    answers: { 201: { description: 'Kept.', schema: usageAnswer } },
    problems: { 404: ['NOT_FOUND'], 409: ['BILLING_STOPPED'] },
    handle: async (call) => ({
      status: 201,
      body: await reportUsage(deps, call, { instanceId: call.params.id, ...call.body }),
    }),
  }),
  route({
    method: 'get',
    path: '/v1/instances/{id}/usage',
    tag: TAG,
    summary: 'Usage as it was reported',
    permission: 'read',
    params: byId,
    query: pageQuery,
    answers: { 200: { description: 'A page, the first report first.', schema: pageAnswer(usageAnswer) } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async (call) => {
      const { id } = await existingInstance(deps, call.caller, call.params.id);
      return await listReply(
        call,
        (_, page) => listUsage(deps.pool, id, page),
        (row) => row,
      );
    },
  }),
];
