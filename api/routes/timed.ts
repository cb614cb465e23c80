/** Timed terminations that wait: moved or cancelled until they fire (L2). */
import type { z } from 'zod';
import { byId, rescheduleSchema } from '../../contract/requests';
import type { Reply } from '../call';
import { carryOut, signal } from '../commands';
import type { ApiDeps } from '../deps';
import { invalid } from '../errors';
import { existingInstance } from '../existing';
import { type Route, route } from '../route';
import { timeIssues } from '../schedule';
import { COMMAND_ANSWERS, COMMAND_PROBLEMS, type InstanceCall } from './command';

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
    handle: async (call) => {
      const row = await existingInstance(deps, call.caller, call.params.id);
      return call.respondAsync ? await signal(deps, row, call, 'cancel', {}) : await carryOut(deps, row, call, { name: 'cancel' });
    },
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
    handle: (call) => reschedule(deps, call),
  }),
];

async function reschedule(deps: ApiDeps, call: InstanceCall<z.output<typeof rescheduleSchema>>): Promise<Reply> {
  const row = await existingInstance(deps, call.caller, call.params.id);
  const { at } = call.body;
  // State before input: what isn't scheduled is answered 409 by the workflow, whatever the time.
  if (row.life.termination) {
    const issues = timeIssues(at, row, row.policy, ['at'], Date.now());
    if (issues.length) throw invalid(issues);
  }
  return await carryOut(deps, row, call, { name: 'reschedule', at });
}
