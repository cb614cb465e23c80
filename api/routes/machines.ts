/** Machines behind instances: what is stuck, what is otherwise than it should be, and what control planes confirm. */
import { z } from 'zod';
import { acceptedAnswer, pageAnswer } from '../../contract/answers';
import { driftAnswer } from '../../contract/drift';
import {
  byDerivedId,
  byId,
  confirmationSchema,
  driftDecisionSchema,
  driftQuery,
  resolveSchema,
} from '../../contract/requests';
import { listDrift } from '../../store/lives/drift';
import type { ApiDeps } from '../deps';
import { listReply } from '../http/page';
import { type Route, route } from '../http/route';
import { commandReply } from '../present/commands';
import { command } from '../use-cases/command';
import { confirm } from '../use-cases/confirm';
import { decideOnDrift } from '../use-cases/decide-drift';
import { COMMAND_ANSWERS, COMMAND_PROBLEMS } from './command';

const TAG = 'Control planes';

export const machineRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/instances/{id}/resolve',
    tag: TAG,
    summary: 'Say what is to become of a step that its control plane does not bring to an end',
    description:
      'Of an instance with `attention`. What was promised for a time that has come (a release, an expiry) can’t be given up.',
    permission: 'operate',
    params: byId,
    body: resolveSchema,
    answers: COMMAND_ANSWERS,
    problems: { ...COMMAND_PROBLEMS, 409: ['NOT_STUCK', 'CANNOT_GIVE_UP', 'WRONG_STATE'] },
    handle: async (call) =>
      commandReply(await command(deps, call, call.params.id, { name: 'resolve', ...call.body }), call.lang),
  }),
  route({
    method: 'get',
    path: '/v1/drift',
    tag: TAG,
    summary: 'Machines that are otherwise than their instances’ states say',
    description: 'As they were found by the look at all of them, every night at 02:17 UTC.',
    permission: 'operate',
    query: driftQuery,
    answers: { 200: { description: 'A page, the first found first.', schema: pageAnswer(driftAnswer) } },
    handle: async (call) =>
      await listReply(
        call,
        ({ status = 'open', ...filter }, page) => listDrift(deps.pool, { ...filter, status }, page),
        (row) => row,
      ),
  }),
  route({
    method: 'post',
    path: '/v1/drift/{id}',
    tag: TAG,
    summary: 'Decide on a difference',
    description:
      'A machine that is gone was terminated by others: adopted, its instance is terminated without a refund, and what was paid for time to come becomes revenue.',
    permission: 'operate',
    params: byDerivedId,
    body: driftDecisionSchema,
    answers: {
      200: { description: 'Decided.', schema: driftAnswer },
      202: {
        description: 'Nobody answered in time; it may still be done.',
        schema: acceptedAnswer,
        location: 'The instance.',
      },
    },
    problems: {
      ...COMMAND_PROBLEMS,
      404: ['NOT_FOUND'],
      409: ['DRIFT_DECIDED', 'CANNOT_ADOPT', 'BUSY', 'WRONG_STATE'],
    },
    handle: async (call) => {
      const decided = await decideOnDrift(deps, call, { id: call.params.id, ...call.body });
      return 'is' in decided ? commandReply(decided, call.lang) : { status: 200, body: decided };
    },
  }),
  route({
    method: 'post',
    path: '/v1/control-plane/confirmations',
    tag: TAG,
    summary: 'A control plane says that a step has come to its end',
    description:
      'Signed as Standard Webhooks 1.0 says, with the control plane’s secret; no key. Sunset then looks at once: what it sees counts, and not what it is told.',
    open: true,
    idempotency: 'none',
    body: confirmationSchema,
    answers: {
      200: {
        description: 'Taken.',
        schema: z
          .object({ awaited: z.boolean().meta({ description: 'Whether the instance waits for this step.' }) })
          .meta({ id: 'Confirmed' }),
      },
    },
    problems: { 401: ['WRONG_SIGNATURE'] },
    handle: async (call) => ({
      status: 200,
      body: { awaited: await confirm(deps, call.received, call.body) },
    }),
  }),
];
