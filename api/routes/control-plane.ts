/** What the control plane tells of an instance: its hold, its network billing, its usage. */
import type { z } from 'zod';
import { instanceAnswer, pageOf, usageAnswer } from '../../contract/answers';
import { issue } from '../../contract/issues';
import { byId, holdSchema, networkSchema, pageQuery, usageSchema } from '../../contract/requests';
import { clockOf } from '../../store/agreements/quotes';
import { putHold } from '../../store/lives/holds';
import { listUsage, reportUsage } from '../../store/lives/usage';
import type { Reply } from '../call';
import { instanceReply } from '../commands';
import type { ApiDeps } from '../deps';
import { invalid, Problem } from '../errors';
import { existingInstance } from '../existing';
import { derivedId } from '../idempotency';
import { listReply } from '../page';
import { type Route, route } from '../route';
import { COMMAND_ANSWERS, COMMAND_PROBLEMS, type InstanceCall, send } from './command';

const TAG = 'Instances';

export const controlPlaneRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'put',
    path: '/v1/instances/{id}/hold',
    tag: TAG,
    summary: 'Put an instance on hold, or lift the hold, with the reason',
    description: 'Returns of an instance on hold need an operator’s approval (E5). A hold is judged when a return is quoted and confirmed.',
    permission: 'hold',
    params: byId,
    body: holdSchema,
    answers: { 200: { description: 'The instance.', schema: instanceAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: (call) => hold(deps, call),
  }),
  route({
    method: 'post',
    path: '/v1/instances/{id}/network',
    tag: TAG,
    summary: 'Switch the network from by bandwidth to by traffic',
    description: 'Used network is reckoned up to the switch; within the five days it makes the return an ordinary one (E4).',
    permission: 'register',
    params: byId,
    body: networkSchema,
    answers: COMMAND_ANSWERS,
    problems: { ...COMMAND_PROBLEMS, 409: ['BY_TRAFFIC', 'WRONG_STATE', 'BUSY'] },
    handle: (call) => send(deps, call, { name: 'switch-network' }),
  }),
  route({
    method: 'post',
    path: '/v1/instances/{id}/usage',
    tag: TAG,
    summary: 'Report usage',
    description: 'Refused from the billing stop on, with its instant (L9).',
    permission: 'usage',
    params: byId,
    body: usageSchema,
    answers: { 201: { description: 'Kept.', schema: usageAnswer } },
    problems: { 404: ['NOT_FOUND'], 409: ['BILLING_STOPPED'] },
    handle: (call) => report(deps, call),
  }),
  route({
    method: 'get',
    path: '/v1/instances/{id}/usage',
    tag: TAG,
    summary: 'Usage as it was reported',
    permission: 'read',
    params: byId,
    query: pageQuery,
    answers: { 200: { description: 'A page, the first report first.', schema: pageOf(usageAnswer) } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async (call) => {
      const { id } = await existingInstance(deps, call.caller, call.params.id);
      return await listReply(
        call,
        (_, page) => listUsage(deps.pool, id, page),
        (row) => row,
      );
    },
  }),
];

async function hold(deps: ApiDeps, { params, caller, body }: InstanceCall<z.output<typeof holdSchema>>): Promise<Reply> {
  const { id } = await existingInstance(deps, caller, params.id);
  await putHold(deps.pool, { id, ...body, by: caller.name });
  return instanceReply(await existingInstance(deps, caller, id));
}

async function report(deps: ApiDeps, call: InstanceCall<z.output<typeof usageSchema>>): Promise<Reply> {
  const row = await existingInstance(deps, call.caller, call.params.id);
  const { endsAt } = call.body;
  if (Date.parse(endsAt) > Date.parse(clockOf(row, Date.now()))) throw invalid([issue(['endsAt'], 'IN_THE_FUTURE')]);
  const id = derivedId('u', call.commandId);
  const reported = await reportUsage(deps.pool, { id, instanceId: row.id, ...call.body, by: call.caller.name });
  if ('stoppedAt' in reported) throw billingStopped(reported.stoppedAt, row.life.state);
  return { status: 201, body: reported.row };
}

function billingStopped(at: string, state: string): Problem {
  const detail = { en: `Billing stopped at ${at}; usage after it is not charged.`, zh: `已于 ${at} 停止计费，此后的用量不予计费。` };
  return new Problem('BILLING_STOPPED', { detail, state, issues: [issue(['endsAt'], 'AFTER_BILLING_STOP', { at })] });
}
