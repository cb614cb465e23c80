/** Power, operations and protection of one instance. */
import type { z } from 'zod';
import { byId, operationEndSchema, operationSchema, protectSchema, reasonSchema } from '../../contract/requests';
import type { Reply } from '../call';
import { carryOut } from '../commands';
import type { ApiDeps } from '../deps';
import { existingInstance } from '../existing';
import { type Route, route } from '../route';
import { COMMAND_ANSWERS, COMMAND_PROBLEMS, type InstanceCall, send } from './command';

const TAG = 'Instances';

export const powerRoutes = (deps: ApiDeps): Route[] => [
  power(deps, 'start', 'Start a stopped instance'),
  power(deps, 'stop', 'Stop a running instance'),
  route({
    method: 'post',
    path: '/v1/instances/{id}/operations',
    tag: TAG,
    summary: 'Say that an operation on an instance begins',
    description: 'Until it ends the instance is `changing`: commands are refused as `BUSY`, and what comes due waits (L5, L11).',
    permission: 'power',
    params: byId,
    body: operationSchema,
    answers: COMMAND_ANSWERS,
    problems: { ...COMMAND_PROBLEMS, 409: ['WRONG_STATE', 'BUSY'] },
    handle: (call) => send(deps, call, { name: 'begin-operation', kind: call.body.kind }),
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
    handle: (call) => send(deps, call, { name: 'end-operation', power: call.body.power }),
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
    handle: (call) => protect(deps, call),
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
    handle: (call) => unprotect(deps, call),
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
    handle: (call) => send(deps, call, { name }),
  });
}

/** L7: with who, when and why. */
async function protect(deps: ApiDeps, call: InstanceCall<z.output<typeof protectSchema>>): Promise<Reply> {
  const { reason, holdRelease } = call.body;
  if (holdRelease) call.caller.require('hold', ['holdRelease']);
  return await send(deps, call, { name: 'protect', reason, ...(holdRelease ? { holdRelease } : {}) });
}

/** Whether a legal hold is there is for the workflow to say: one may come between this look and the command. */
async function unprotect(deps: ApiDeps, call: InstanceCall<z.output<typeof reasonSchema>>): Promise<Reply> {
  const { caller, params, body } = call;
  const row = await existingInstance(deps, caller, params.id);
  const mayLift = caller.may('hold');
  if (row.life.protection?.holdRelease) caller.require('hold');
  return await carryOut(deps, row, call, { name: 'unprotect', reason: body.reason, ...(mayLift ? { liftHold: true } : {}) });
}
