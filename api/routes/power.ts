/** Power and protection of one instance. */
import type { ApiDeps } from '../deps';
import { type Route, route } from '../route';
import { byId, reasonSchema } from '../schemas/requests';
import { COMMAND_ANSWERS, send } from './command';

const TAG = 'Instances';

export const powerRoutes = (deps: ApiDeps): Route[] => [
  power(deps, 'start', 'Start a stopped instance'),
  power(deps, 'stop', 'Stop a running instance'),
  protection(deps, 'protect', 'Protect an instance from termination', 'SCHEDULED'),
  protection(deps, 'unprotect', 'Lift the protection of an instance', 'NOT_PROTECTED'),
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
    problems: { 409: ['WRONG_STATE', 'BUSY'] },
    handle: (call) => send(deps, call, 'power', { name }),
  });
}

/** L7: with who, when and why. */
function protection(deps: ApiDeps, name: 'protect' | 'unprotect', summary: string, code: string): Route {
  return route({
    method: 'post',
    path: `/v1/instances/{id}/${name}`,
    tag: TAG,
    summary,
    permission: name,
    params: byId,
    body: reasonSchema,
    answers: COMMAND_ANSWERS,
    problems: { 409: ['WRONG_STATE', 'BUSY', code] },
    handle: (call) => send(deps, call, 'protect', { name, reason: call.body.reason }),
  });
}
