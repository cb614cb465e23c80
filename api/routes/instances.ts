/** Registration and what can be read of an instance. */

import { acceptedAnswer, instanceAnswer, pageOf, timelineAnswer } from '../../contract/answers';
import { issue } from '../../contract/issues';
import { registrationSchema } from '../../contract/registration';
import { readRegistration } from '../../contract/registration-rules';
import { byId, instancesQuery, pageQuery } from '../../contract/requests';
import type { Registration } from '../../domain/instance';
import { hashOf } from '../../store/hash';
import type { InstanceRow } from '../../store/lives/instances';
import { accountsOf, findInstance, listInstances } from '../../store/lives/instances';
import { listTimeline } from '../../store/lives/timeline';
import { withoutExamples } from '../../store/policies';
import { abandon } from '../../temporal/lives';
import { NotRunning, Refused, Unavailable } from '../../temporal/meaning';
import { registerInstance } from '../../temporal/send';
import type { Call, Reply } from '../call';
import { instanceReply, optionsOf, unansweredReply } from '../commands';
import { type ApiDeps, policyOf } from '../deps';
import { Problem } from '../errors';
import { existingInstance, requireAccount } from '../existing';
import { listReply } from '../page';
import { presentInstance, presentTimelineEntry } from '../present/instances';
import { type Route, route } from '../route';

const TAG = 'Instances';

export const instanceRoutes = (deps: ApiDeps): Route[] => [
  registration(deps),
  route({
    method: 'get',
    path: '/v1/instances',
    tag: TAG,
    summary: 'List instances',
    description: 'In order of registration; terminated ones only with `state=terminated`.',
    permission: 'read',
    query: instancesQuery,
    answers: { 200: { description: 'A page.', schema: pageOf(instanceAnswer) } },
    handle: (call) =>
      listReply(
        call,
        (filter, page) => listInstances(deps.pool, filter, page),
        (row) => presentInstance(row),
      ),
  }),
  route({
    method: 'get',
    path: '/v1/instances/{id}',
    tag: TAG,
    summary: 'Look at an instance',
    permission: 'read',
    params: byId,
    answers: { 200: { description: 'The instance.', schema: instanceAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async ({ params, caller }) => instanceReply(await existingInstance(deps, caller, params.id)),
  }),
  route({
    method: 'get',
    path: '/v1/instances/{id}/timeline',
    tag: TAG,
    summary: 'What happened to an instance',
    permission: 'read',
    params: byId,
    query: pageQuery,
    answers: { 200: { description: 'A page, the oldest step first.', schema: pageOf(timelineAnswer) } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async (call) => {
      const { id } = await existingInstance(deps, call.caller, call.params.id);
      return await listReply(call, (_, page) => listTimeline(deps.pool, id, page), presentTimelineEntry);
    },
  }),
];

const registration = (deps: ApiDeps): Route =>
  route({
    method: 'put',
    path: '/v1/instances/{id}',
    tag: TAG,
    summary: 'Register an instance',
    description: 'Starts its workflow. The same original facts again are answered 200, other facts 409.',
    permission: 'register',
    params: byId,
    body: registrationSchema,
    read: (input) => readRegistration(input, deps.policies),
    answers: {
      201: { description: 'Registered.', schema: instanceAnswer, location: 'The instance.' },
      200: { description: 'It was registered with the same facts before.', schema: instanceAnswer },
      202: { description: 'Nobody answered in time; it may still be registered.', schema: acceptedAnswer, location: 'Where it will be.' },
    },
    problems: { 404: ['NOT_FOUND'], 409: ['ALREADY_REGISTERED', 'TERMINATED_ID'] },
    handle: (call) => register(deps, call.params.id, call.body, call),
  });

async function register(deps: ApiDeps, id: string, registration: Registration, call: Call): Promise<Reply> {
  requireAccount(call.caller, registration.account, [issue(['account'], 'NOT_FOUND')]);
  const known = await findInstance(deps.pool, id, call.caller.account);
  if (known) return registered(known, registration, call.commandId);
  // Ids are everybody's, so one that another account has can't be had; whose it is and how it is doing is not told, nor read.
  const [owner] = await accountsOf(deps.pool, [id]);
  // One of the caller's own has been registered between the two looks: it goes the same way as the first one.
  if (owner !== undefined && !call.caller.sees(owner)) throw new Problem('ALREADY_REGISTERED');
  // The product is known: the schema has seen to it.
  // It goes into the workflow's input: rules only, or most of every history would be examples.
  const policy = withoutExamples(policyOf(deps)(registration.product)!);
  const envelope = { id: call.commandId, by: call.caller.name };
  try {
    const birth = { instanceId: id, registration, policy, envelope };
    const signed = { ...birth, signature: deps.signatures.signBirth(birth) };
    await registerInstance(deps.temporal, signed, optionsOf(deps));
    // A workflow under its id that runs without a row is none of ours: ours writes the row before it answers.
    if (!(await findInstance(deps.pool, id))) {
      await abandon(deps.temporal, id, 'no registration of it is stored', optionsOf(deps));
      await registerInstance(deps.temporal, signed, optionsOf(deps));
    }
  } catch (error) {
    if (error instanceof Unavailable) return await unansweredReply(deps, id, call.lang, error);
    // Another request registered it, and its workflow has ended since or refuses a second one: the read model answers for it.
    const answers = error instanceof NotRunning || error instanceof Refused;
    if (!answers || !(await findInstance(deps.pool, id))) throw error;
  }
  return registered(await existingInstance(deps, call.caller, id), registration, call.commandId);
}

/** 201 when this command registered it, 200 when another one did with the same facts and it still lives (L18). */
function registered(row: InstanceRow, registration: Registration, commandId: string): Reply {
  if (row.life.state === 'terminated' && row.registeredBy !== commandId) throw new Problem('TERMINATED_ID', { state: row.life.state });
  if (row.registrationHash !== hashOf(registration)) throw new Problem('ALREADY_REGISTERED', { state: row.life.state });
  if (row.registeredBy !== commandId) return instanceReply(row);
  return { ...instanceReply(row, 201), headers: { Location: `/v1/instances/${encodeURIComponent(row.id)}` } };
}
