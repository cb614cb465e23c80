/** Power, operations and protection of one instance. */

import {
  byId,
  operationEndSchema,
  operationSchema,
  protectSchema,
  reasonSchema,
} from '../../contract/requests';
import type { ApiDeps } from '../deps';
import { type Route, route } from '../http/route';
import { commandReply } from '../present/commands';
import { command } from '../use-cases/command';
import { protect, unprotect } from '../use-cases/protect';
import { COMMAND_ANSWERS, COMMAND_PROBLEMS } from './command';

const TAG = 'Instances';

export const powerRoutes = (deps: ApiDeps): Route[] => [
  power(deps, 'start', 'Start a stopped instance'),
  power(deps, 'stop', 'Stop a running instance'),
  route({
    method: 'post',
    path: '/v1/instances/{id}/operations',
    tag: TAG,
    summary: 'Say that an operation on an instance begins',
    description:
      'Until it ends the instance is `changing`: commands are refused as `BUSY`, and what comes due waits (L5, L11).',
    permission: 'power',
    params: byId,
    body: operationSchema,
    answers: COMMAND_ANSWERS,
    problems: { ...COMMAND_PROBLEMS, 409: ['WRONG_STATE', 'BUSY'] },
    handle: async (call) =>
      commandReply(
        await command(deps, call, call.params.id, { name: 'begin-operation', kind: call.body.kind }),
        call.lang,
      ),
  }),
  route({
    method: 'post',
    path: '/v1/instances/{id}/operations/end',
    tag: TAG,
    summary: 'Say that the operation has ended, and whether the instance runs',
    description: 'What came due meanwhile happens then.',
    permission: 'power',
    params: byId,
    body: operationEndSchema,
    answers: COMMAND_ANSWERS,
    problems: { ...COMMAND_PROBLEMS, 409: ['WRONG_STATE'] },
    handle: async (call) =>
      commandReply(
        await command(deps, call, call.params.id, { name: 'end-operation', power: call.body.power }),
        call.lang,
      ),
  }),
  route({
    method: 'post',
    path: '/v1/instances/{id}/protect',
    tag: TAG,
    summary: 'Protect an instance from being ended by people',
    description:
      'In the bin: from a purge. Time goes on (expiry, release), unless `holdRelease` makes it a legal hold, which takes the permission `hold` and keeps the instance in the bin until it is lifted (L16). A protection can be made a legal hold.',
    permission: 'protect',
    params: byId,
    body: protectSchema,
    answers: COMMAND_ANSWERS,
    problems: { ...COMMAND_PROBLEMS, 409: ['WRONG_STATE', 'BUSY', 'SCHEDULED', 'PROTECTED'] },
    handle: async (call) =>
      commandReply(await protect(deps, call, { id: call.params.id, ...call.body }), call.lang),
  }),
  route({
    method: 'post',
    path: '/v1/instances/{id}/unprotect',
    tag: TAG,
    summary: 'Lift the protection of an instance',
    description: 'A legal hold takes the permission `hold` too; what came due meanwhile happens then.',
    permission: 'unprotect',
    params: byId,
    body: reasonSchema,
    answers: COMMAND_ANSWERS,
    problems: { ...COMMAND_PROBLEMS, 409: ['WRONG_STATE', 'BUSY', 'NOT_PROTECTED', 'RELEASE_HELD'] },
    handle: async (call) =>
      commandReply(await unprotect(deps, call, { id: call.params.id, ...call.body }), call.lang),
  }),
];

function power(deps: ApiDeps, name: 'start' | 'stop', summary: string): Route {
  return route({
    method: 'post',
    path: `/v1/instances/{id}/${name}`,
    tag: TAG,
    summary,
    permission: 'power',
    params: byId,
    answers: COMMAND_ANSWERS,
    problems: { ...COMMAND_PROBLEMS, 409: ['WRONG_STATE', 'BUSY'] },
    handle: async (call) => commandReply(await command(deps, call, call.params.id, { name }), call.lang),
  });
}
