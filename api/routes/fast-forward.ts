/**
 * Sandbox: moves one instance's clock ahead, and answers when it is there with all that came due on the way.
 */

import { acceptedAnswer, instanceAnswer } from '../../contract/answers';
import { byId, fastForwardSchema, secondsOf } from '../../contract/requests';
import type { ApiDeps } from '../deps';
import { type Route, route } from '../http/route';
import { commandReply } from '../present/commands';
import { fastForward } from '../use-cases/fast-forward';

export const fastForwardRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/instances/{id}/fast-forward',
    tag: 'Sandbox',
    summary: 'Move an instance’s clock ahead',
    description:
      'Only in a sandbox. Answers when the clock is there and every deadline up to it has been taken.',
    permission: 'sandbox',
    params: byId,
    body: fastForwardSchema,
    answers: {
      200: { description: 'The instance at the later time.', schema: instanceAnswer },
      202: {
        description: 'It did not arrive in time, and still may.',
        schema: acceptedAnswer,
        location: 'The instance.',
      },
    },
    problems: {
      403: ['SANDBOX_ONLY'],
      404: ['NOT_FOUND'],
      409: ['WRONG_STATE', 'FAST_FORWARD_REPLACED'],
      501: ['TIME_SKIPPING_UNAVAILABLE'],
    },
    handle: async (call) =>
      commandReply(await fastForward(deps, call, call.params.id, secondsOf(call.body.duration)!), call.lang),
  }),
];
