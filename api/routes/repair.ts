/**
 * Lives that Temporal has lost (L14): what the watch has seen, and starting one again from what is stored.
 */

import { z } from 'zod';
import { acceptedAnswer, instanceAnswer } from '../../contract/answers';
import { byId } from '../../contract/requests';
import { watchAnswer } from '../../contract/watch';
import { lastWatch } from '../../store/lives/watch';
import type { ApiDeps } from '../deps';
import { type Route, route } from '../http/route';
import { commandReply } from '../present/commands';
import { repair } from '../use-cases/repair';

const TAG = 'Service';

const repairSchema = z
  .strictObject({
    restart: z
      .boolean()
      .optional()
      .meta({ description: 'Also when a workflow runs: it is ended first, with what it has not recorded.' }),
  })
  .meta({ id: 'Repair' });

export const repairRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/troubles',
    tag: TAG,
    summary: 'Lives that are lost, stuck or overdue',
    description: 'As a worker saw them last; it looks every half minute, at a thousand of each at most.',
    permission: 'operate',
    staffOnly: true,
    answers: { 200: { description: 'What was seen.', schema: watchAnswer } },
    handle: async () => {
      const watch = await lastWatch(deps.pool);
      const counts = watch?.counts ?? { lost: 0, stuck: 0, overdue: 0 };
      return { status: 200, body: { at: watch?.at ?? null, ...counts, items: watch?.troubles ?? [] } };
    },
  }),
  route({
    method: 'post',
    path: '/v1/instances/{id}/repair',
    tag: TAG,
    summary: 'Start the lost workflow of an instance again',
    description: 'From the life as it is stored; deadlines that came due meanwhile are taken at once.',
    permission: 'operate',
    params: byId,
    body: repairSchema,
    answers: {
      200: { description: 'The instance; its workflow runs again.', schema: instanceAnswer },
      202: {
        description: 'Started, and no worker has taken it up yet.',
        schema: acceptedAnswer,
        location: 'The instance.',
      },
    },
    problems: { 404: ['NOT_FOUND'], 409: ['NOT_LOST', 'WRONG_STATE'] },
    handle: async (call) =>
      commandReply(
        await repair(deps, call, { id: call.params.id, restart: call.body.restart ?? false }),
        call.lang,
      ),
  }),
];
