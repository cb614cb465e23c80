import { controlPlanesAnswer } from '../../contract/control-planes';
import type { ApiDeps } from '../deps';
import { type Route, route } from '../http/route';
import { lookAtControlPlanes } from '../use-cases/look-at-control-planes';

export const controlPlanesRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/control-planes',
    tag: 'Service',
    summary: 'Control planes, and whether they answer',
    description:
      'Those of SUNSET_CONTROL_PLANES as the process that answers sees them. One living instance is looked at through each, for at most 3 seconds.',
    permission: 'operate',
    staffOnly: true,
    answers: { 200: { description: 'In the order of the file.', schema: controlPlanesAnswer } },
    handle: async () => ({ status: 200, body: await lookAtControlPlanes(deps) }),
  }),
];
