/** The recycle bin: what is in it, and the two ways out before its time. */
import type { z } from 'zod';
import { binAnswer, pageOf } from '../../contract/answers';
import { issue } from '../../contract/issues';
import { binQuery, byId, purgeSchema, restoreSchema } from '../../contract/requests';
import { listRecycleBin } from '../../store/lives/instances';
import type { Reply } from '../call';
import { carryOut, signal } from '../commands';
import type { ApiDeps } from '../deps';
import { invalid } from '../errors';
import { existingInstance } from '../existing';
import { listReply } from '../page';
import { presentBinEntry } from '../present/instances';
import { type Route, route } from '../route';
import { COMMAND_ANSWERS, COMMAND_PROBLEMS, type InstanceCall, requireDigits } from './command';

const TAG = 'Recycle bin';

export const recycleBinRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/recycle-bin',
    tag: TAG,
    summary: 'What is in the recycle bin',
    permission: 'read',
    query: binQuery,
    answers: { 200: { description: 'A page, the next to be released first.', schema: pageOf(binAnswer) } },
    handle: (call) => listReply(call, (filter, page) => listRecycleBin(deps.pool, filter, page), presentBinEntry),
  }),
  route({
    method: 'post',
    path: '/v1/instances/{id}/restore',
    tag: TAG,
    summary: 'Restore an instance from the bin',
    description: 'To state what was paid for the renewal, the permission `register` is needed.',
    permission: 'restore',
    params: byId,
    body: restoreSchema,
    async: true,
    answers: COMMAND_ANSWERS,
    problems: { ...COMMAND_PROBLEMS, 409: ['WRONG_STATE', 'BUSY', 'IN_ARREARS', 'INSUFFICIENT_BALANCE', 'PRICE_MISSING'] },
    handle: (call) => restore(deps, call),
  }),
  route({
    method: 'post',
    path: '/v1/instances/{id}/purge',
    tag: TAG,
    summary: 'Release an instance from the bin for good',
    permission: 'purge',
    params: byId,
    body: purgeSchema,
    async: true,
    answers: COMMAND_ANSWERS,
    problems: { ...COMMAND_PROBLEMS, 409: ['WRONG_STATE', 'BUSY', 'PROTECTED'] },
    handle: (call) => purge(deps, call),
  }),
];

async function restore(deps: ApiDeps, call: InstanceCall<z.output<typeof restoreSchema>>): Promise<Reply> {
  const { renewal } = call.body;
  if (renewal?.paid) call.caller.require('register', ['renewal', 'paid']);
  const row = await existingInstance(deps, call.caller, call.params.id);
  // State before input: what isn't in the bin is answered 409 by the workflow, whatever was sent.
  if (row.life.state === 'isolated') requireDigits(row, renewal?.paid, ['renewal', 'paid']);
  // A signal can't state what was paid (anybody may type one): such a restore is answered in the ordinary way, as `Prefer` allows.
  if (call.respondAsync && !renewal?.paid) {
    return await signal(deps, row, call, 'restore', renewal ? { renewal: { months: renewal.months } } : {});
  }
  return await carryOut(deps, row, call, { name: 'restore', renewal });
}

/** L6: irreversible, so the id has to be typed again. */
async function purge(deps: ApiDeps, call: InstanceCall<z.output<typeof purgeSchema>>): Promise<Reply> {
  const { id } = call.params;
  const row = await existingInstance(deps, call.caller, id);
  if (call.body.confirm !== id) throw invalid([issue(['confirm'], 'NOT_CONFIRMED', { id })]);
  if (call.respondAsync) return await signal(deps, row, call, 'purge', { confirm: id });
  return await carryOut(deps, row, call, { name: 'purge' });
}
