/** Timed terminations that wait: moved or cancelled until they fire (L2). */

import { byId, rescheduleSchema } from '../../contract/requests';
import type { ApiDeps } from '../deps';
import { type Route, route } from '../http/route';
import { commandReply } from '../present/commands';
import { cancel } from '../use-cases/cancel';
import { reschedule } from '../use-cases/reschedule';
import { COMMAND_ANSWERS, COMMAND_PROBLEMS } from './command';

const TAG = 'Terminations';

export const timedRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/instances/{id}/cancel',
    tag: TAG,
    summary: 'Cancel a timed termination',
    permission: 'terminate',
    params: byId,
    async: true,
    answers: COMMAND_ANSWERS,
    problems: { ...COMMAND_PROBLEMS, 409: ['NOT_SCHEDULED', 'WRONG_STATE', 'BUSY'] },
    handle: async (call) =>
      commandReply(await cancel(deps, call, { id: call.params.id, async: call.respondAsync }), call.lang),
  }),
  route({
    method: 'post',
    path: '/v1/instances/{id}/reschedule',
    tag: TAG,
    summary: 'Move a timed termination',
    permission: 'terminate',
    params: byId,
    body: rescheduleSchema,
    answers: COMMAND_ANSWERS,
    problems: { ...COMMAND_PROBLEMS, 409: ['NOT_SCHEDULED', 'WRONG_STATE', 'BUSY', 'TIME_PASSED'] },
    handle: async (call) =>
      commandReply(await reschedule(deps, call, { id: call.params.id, ...call.body }), call.lang),
  }),
];
