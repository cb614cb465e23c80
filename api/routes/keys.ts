/** Keys of callers: made, listed, revoked. */
import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { pageOf } from '../../contract/answers';
import { issue } from '../../contract/issues';
import { keyAnswer, keySchema, keysQuery, newKeyAnswer } from '../../contract/keys';
import { byId } from '../../contract/requests';
import type { Permission } from '../../domain/permissions';
import type { KeyRow } from '../../store/keys';
import { createKey, findKey, listKeys, revokeKey } from '../../store/keys';
import type { Call, Reply } from '../call';
import { type Caller, forbiddenToTenants } from '../caller';
import type { ApiDeps } from '../deps';
import { Problem } from '../errors';
import { existingKey, requireAccount } from '../existing';
import { derivedId } from '../idempotency';
import { listReply } from '../page';
import { type Route, route } from '../route';
import { hashOfKey, type KeySecrets, keySecrets } from '../secrets';

const TAG = 'Keys';

export const keyRoutes = (deps: ApiDeps): Route[] => [
  creation(deps, keySecrets(deps.operatorKey)),
  route({
    method: 'get',
    path: '/v1/keys',
    tag: TAG,
    summary: 'List keys',
    description: 'In the order in which they were made, revoked ones too; nothing secret of them.',
    permission: 'keys',
    query: keysQuery,
    answers: { 200: { description: 'A page.', schema: pageOf(keyAnswer) } },
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
    handle: async ({ params, caller }) => {
      const { id, permissions } = await existingKey(deps, caller, params.id);
      requireOwn(caller, permissions, 'revoke');
      return { status: 200, body: presentKey(await revokeKey(deps.pool, id, caller.name)) };
    },
  }),
];

const creation = (deps: ApiDeps, secrets: KeySecrets): Route =>
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
    handle: (call) => create(deps, secrets, call),
    reveal: (reply, caller) => withSecrets(deps, secrets, reply, caller),
  });

async function create(deps: ApiDeps, secrets: KeySecrets, call: Call<unknown, unknown, z.output<typeof keySchema>>): Promise<Reply> {
  const { caller, body } = call;
  if (body.account !== null) requireAccount(caller, body.account, [issue(['account'], 'NOT_FOUND')]);
  else if (caller.account !== null) throw forbiddenToTenants(['account']);
  requireOwn(caller, body.permissions, 'give');
  const id = derivedId('k', call.commandId);
  const keyHash = hashOfKey(secrets.bearerKey(id));
  const secretId = `AK${randomBytes(16).toString('hex')}`;
  const row = await createKey(deps.pool, { id, ...body, keyHash, secretId, by: caller.name });
  if (!row) throw new Problem('TOO_MANY_KEYS');
  return { status: 201, body: presentShared(row) };
}

/**
 * What is stored for repeats is the answer without its secrets; here they are derived again, for the first asking and for repeats alike.
 * @throws Problem when the caller's own key may less than it did, and when the operator's key is another by now
 */
async function withSecrets(deps: ApiDeps, secrets: KeySecrets, reply: Reply, caller: Caller): Promise<Reply> {
  const row = (await findKey(deps.pool, (reply.body as { id: string }).id))!;
  requireOwn(caller, row.permissions, 'give');
  const key = secrets.bearerKey(row.id);
  if (hashOfKey(key) !== row.keyHash) throw new Problem('KEY_NOT_SHOWN_AGAIN');
  const body: z.infer<typeof newKeyAnswer> = { ...presentShared(row), key, secretKey: secrets.secretKey(row.secretId) };
  return { ...reply, body };
}

/** Nobody gives what they haven't got, and nobody takes from those who may do more. */
function requireOwn(caller: Caller, permissions: Permission[], purpose: 'give' | 'revoke'): void {
  const lacking = permissions.filter((one) => !caller.may(one));
  if (!lacking.length) return;
  const names = lacking.map((one) => `\`${one}\``).join(', ');
  if (purpose === 'revoke') {
    const en = `Your key can’t revoke one that may do what it lacks itself: ${names}.`;
    throw new Problem('FORBIDDEN', { detail: { en, zh: `您的密钥无法吊销权限超出自身的密钥：${names}。` } });
  }
  const issues = permissions.flatMap((one, index) =>
    caller.may(one) ? [] : [issue(['permissions', index], 'NOT_PERMITTED', { permissions: `\`${one}\`` })],
  );
  const detail = { en: `Your key can’t give what it lacks: ${names}.`, zh: `您的密钥无法授予其自身没有的权限：${names}。` };
  throw new Problem('FORBIDDEN', { detail, issues });
}

const presentShared = ({ id, account, name, permissions, secretId, createdAt }: KeyRow) => ({
  id,
  account,
  name,
  permissions,
  secretId,
  createdAt,
});

function presentKey(row: KeyRow): z.infer<typeof keyAnswer> {
  const { createdBy, revokedBy, revokedAt } = row;
  return { ...presentShared(row), createdBy, revokedBy, revokedAt };
}
