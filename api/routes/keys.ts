/** Keys of callers: made, listed, revoked. */

import { pageAnswer } from '../../contract/answers';
import {
  type KeyAnswer,
  keyAnswer,
  keySchema,
  keysQuery,
  type NewKeyAnswer,
  newKeyAnswer,
} from '../../contract/keys';
import { byId } from '../../contract/requests';
import { type KeyRow, listKeys } from '../../store/keys';
import type { Caller } from '../caller';
import type { ApiDeps } from '../deps';
import { listReply } from '../http/page';
import { type Route, route } from '../http/route';
import { makeKey, revokeKey, secretsOf } from '../use-cases/keys';

const TAG = 'Keys';

export const keyRoutes = (deps: ApiDeps): Route[] => [
  creation(deps),
  route({
    method: 'get',
    path: '/v1/keys',
    tag: TAG,
    summary: 'List keys',
    description: 'In the order in which they were made, revoked ones too; nothing secret of them.',
    permission: 'keys',
    query: keysQuery,
    answers: { 200: { description: 'A page.', schema: pageAnswer(keyAnswer) } },
    handle: (call) => listReply(call, (filter, page) => listKeys(deps.pool, filter, page), presentKey),
  }),
  route({
    method: 'post',
    path: '/v1/keys/{id}/revoke',
    tag: TAG,
    summary: 'Revoke a key',
    description:
      'Holds at once, for ever, in every process of the API. One that is revoked already stays as it is. A key can revoke what may do no more than itself.',
    permission: 'keys',
    params: byId,
    answers: { 200: { description: 'The key.', schema: keyAnswer } },
    handle: async (call) => ({ status: 200, body: presentKey(await revokeKey(deps, call, call.params.id)) }),
  }),
];

const creation = (deps: ApiDeps): Route =>
  route({
    method: 'post',
    path: '/v1/keys',
    tag: TAG,
    summary: 'Make a key',
    description:
      'The answer shows the bearer key and the signing pair, and nothing shows them again. To rotate, make a second key of the same account and name, bring it into use, and revoke the first.',
    permission: 'keys',
    body: keySchema,
    answers: { 201: { description: 'The key, with what is secret of it.', schema: newKeyAnswer } },
    problems: { 404: ['NOT_FOUND'], 409: ['TOO_MANY_KEYS', 'KEY_NOT_SHOWN_AGAIN'] },
    handle: async (call) => ({
      status: 201,
      body: presentShared(await makeKey(deps, call, call.body)),
    }),
    // What is stored for repeats is the answer without its secrets.
    reveal: async (reply, caller) => ({
      ...reply,
      body: await withSecrets(deps, (reply.body as { id: string }).id, caller),
    }),
  });

async function withSecrets(deps: ApiDeps, id: string, caller: Caller): Promise<NewKeyAnswer> {
  const { row, ...secret } = await secretsOf(deps, caller, id);
  return { ...presentShared(row), ...secret };
}

const presentShared = ({ id, account, name, permissions, secretId, createdAt }: KeyRow) => ({
  id,
  account,
  name,
  permissions,
  secretId,
  createdAt,
});

function presentKey(row: KeyRow): KeyAnswer {
  const { createdBy, revokedBy, revokedAt } = row;
  return { ...presentShared(row), createdBy, revokedBy, revokedAt };
}
