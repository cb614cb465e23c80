/** Registration and what can be read of an instance. */

import {
  acceptedAnswer,
  facetsAnswer,
  instanceAnswer,
  pageAnswer,
  type TimelineAnswer,
  timelineAnswer,
} from '../../contract/answers';
import { registrationSchema } from '../../contract/registration';
import { readRegistration } from '../../contract/registration-rules';
import { byId, facetsQuery, instancesQuery, pageQuery } from '../../contract/requests';
import type { Lang } from '../../domain/text';
import { countFacets, listInstances } from '../../store/lives/lists';
import { listTimeline, type TimelineRow } from '../../store/lives/timeline';
import type { ApiDeps } from '../deps';
import type { Reply } from '../http/call';
import { listReply } from '../http/page';
import { type Route, route } from '../http/route';
import { commandReply, instanceReply } from '../present/commands';
import { presentInstance } from '../present/instances';
import { existingInstance } from '../use-cases/existing';
import { type Registered, register } from '../use-cases/register';

const TAG = 'Instances';
const MOST_FACETS = 200;

export const instanceRoutes = (deps: ApiDeps): Route[] => [
  registration(deps),
  route({
    method: 'get',
    path: '/v1/instances',
    tag: TAG,
    summary: 'List instances',
    description:
      'In order of registration unless sorted otherwise; terminated ones only with `state=terminated`.',
    permission: 'read',
    query: instancesQuery,
    answers: { 200: { description: 'A page.', schema: pageAnswer(instanceAnswer) } },
    handle: (call) =>
      listReply(
        call,
        ({ state, q, sort, ...filter }, page) =>
          listInstances(deps.pool, { ...filter, states: state, search: q }, sort, page),
        (row) => presentInstance(row),
      ),
  }),
  route({
    method: 'get',
    path: '/v1/instance-facets',
    tag: TAG,
    summary: 'What instances can be filtered by, and how many there are of each',
    description:
      'Products, regions and billing modes of the living ones, and all states; the most frequent first, at most 200 of each.',
    permission: 'read',
    query: facetsQuery,
    answers: { 200: { description: 'The values.', schema: facetsAnswer } },
    handle: async ({ query, caller }) => ({
      status: 200,
      body: await countFacets(deps.pool, { ...query, tenant: caller.account ?? undefined }, MOST_FACETS),
    }),
  }),
  route({
    method: 'get',
    path: '/v1/instances/{id}',
    tag: TAG,
    summary: 'Look at an instance',
    permission: 'read',
    params: byId,
    answers: { 200: { description: 'The instance.', schema: instanceAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async ({ params, caller }) => instanceReply(await existingInstance(deps, caller, params.id)),
  }),
  route({
    method: 'get',
    path: '/v1/instances/{id}/timeline',
    tag: TAG,
    summary: 'What happened to an instance',
    permission: 'read',
    params: byId,
    query: pageQuery,
    answers: { 200: { description: 'A page, the oldest step first.', schema: pageAnswer(timelineAnswer) } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async (call) => {
      const { id } = await existingInstance(deps, call.caller, call.params.id);
      const present = (row: TimelineRow): TimelineAnswer => row;
      return await listReply(call, (_, page) => listTimeline(deps.pool, id, page), present);
    },
  }),
];

const registration = (deps: ApiDeps): Route =>
  route({
    method: 'put',
    path: '/v1/instances/{id}',
    tag: TAG,
    summary: 'Register an instance',
    description: 'Starts its workflow. The same original facts again are answered 200, other facts 409.',
    permission: 'register',
    params: byId,
    body: registrationSchema,
    read: (input) => readRegistration(input, deps.policies),
    answers: {
      201: { description: 'Registered.', schema: instanceAnswer, location: 'The instance.' },
      200: { description: 'It was registered with the same facts before.', schema: instanceAnswer },
      202: {
        description: 'Nobody answered in time; it may still be registered.',
        schema: acceptedAnswer,
        location: 'Where it will be.',
      },
    },
    problems: { 404: ['NOT_FOUND'], 409: ['ALREADY_REGISTERED', 'TERMINATED_ID'] },
    handle: async (call) =>
      registrationReply(await register(deps, call, call.params.id, call.body), call.lang),
  });

function registrationReply(result: Registered, lang: Lang): Reply {
  if (result.is !== 'done') return commandReply(result, lang);
  if (!result.isNew) return instanceReply(result.row);
  return {
    ...instanceReply(result.row, 201),
    headers: { Location: `/v1/instances/${encodeURIComponent(result.row.id)}` },
  };
}
