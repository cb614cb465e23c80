/** The recycle bin: what is in it, and the two ways out before its time. */

import { binEntryAnswer, pageAnswer } from '../../contract/answers';
import { binQuery, byId, purgeSchema, restoreSchema } from '../../contract/requests';
import { listRecycleBin } from '../../store/lives/lists';
import type { ApiDeps } from '../deps';
import { listReply } from '../http/page';
import { type Route, route } from '../http/route';
import { commandReply } from '../present/commands';
import { presentBinEntry } from '../present/instances';
import { purge } from '../use-cases/purge';
import { restore } from '../use-cases/restore';
import { COMMAND_ANSWERS, COMMAND_PROBLEMS } from './command';

const TAG = 'Recycle bin';

export const recycleBinRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/recycle-bin',
    tag: TAG,
    summary: 'What is in the recycle bin',
    permission: 'read',
    query: binQuery,
    answers: {
      200: { description: 'A page, the next to be released first.', schema: pageAnswer(binEntryAnswer) },
    },
    handle: (call) =>
      listReply(
        call,
        ({ q, ...filter }, page) => listRecycleBin(deps.pool, { ...filter, search: q }, page),
        (row) => presentBinEntry(row),
      ),
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
    problems: {
      ...COMMAND_PROBLEMS,
      409: ['WRONG_STATE', 'BUSY', 'IN_ARREARS', 'INSUFFICIENT_BALANCE', 'PRICE_MISSING'],
    },
    handle: async (call) =>
      commandReply(
        await restore(deps, call, { id: call.params.id, ...call.body, async: call.respondAsync }),
        call.lang,
      ),
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
    handle: async (call) =>
      commandReply(
        await purge(deps, call, { id: call.params.id, ...call.body, async: call.respondAsync }),
        call.lang,
      ),
  }),
];
