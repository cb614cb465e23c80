/** Keys of callers: made, shown once, revoked. */
import { randomBytes } from 'node:crypto';
import { issue } from '../../contract/issues';
import type { Permission } from '../../domain/permissions';
import { createKey, findKey, type KeyRow, markRevoked } from '../../store/keys';
import { type Asking, derivedId } from '../asking';
import { type Caller, forbiddenToTenants } from '../caller';
import type { ApiDeps } from '../deps';
import { Problem } from '../problem';
import { hashOfKey } from '../secrets';
import { existingKey, requireAccount } from './existing';

interface KeyInput {
  /** null: all accounts. */
  account: string | null;
  name: string;
  permissions: Permission[];
}

export async function makeKey(deps: ApiDeps, { caller, commandId }: Asking, key: KeyInput): Promise<KeyRow> {
  if (key.account !== null) requireAccount(caller, key.account, [issue(['account'], 'NOT_FOUND')]);
  else if (caller.account !== null) throw forbiddenToTenants(['account']);
  requireOwn(caller, key.permissions, 'give');
  const id = derivedId('k', commandId);
  const keyHash = hashOfKey(deps.secrets.bearerKey(id));
  const secretId = `AK${randomBytes(16).toString('hex')}`;
  const row = await createKey(deps.pool, { id, ...key, keyHash, secretId, by: caller.name });
  if (!row) throw new Problem('TOO_MANY_KEYS');
  return row;
}

/**
 * What is secret of a key that was made: derived, for the first asking and for repeats alike, because it is
 * stored nowhere.
 * @throws Problem when the caller's own key may less than it did, and when the operator's key is another by
 *   now
 */
export async function secretsOf(
  deps: ApiDeps,
  caller: Caller,
  id: string,
): Promise<{ row: KeyRow; key: string; secretKey: string }> {
  const row = (await findKey(deps.pool, id))!;
  requireOwn(caller, row.permissions, 'give');
  const key = deps.secrets.bearerKey(row.id);
  if (hashOfKey(key) !== row.keyHash) throw new Problem('KEY_NOT_SHOWN_AGAIN');
  return { row, key, secretKey: deps.secrets.secretKey(row.secretId) };
}

/** Holds at once, for ever, in every process of the API. */
export async function revokeKey(deps: ApiDeps, { caller }: Asking, id: string): Promise<KeyRow> {
  const { permissions } = await existingKey(deps, caller, id);
  requireOwn(caller, permissions, 'revoke');
  return await markRevoked(deps.pool, id, caller.name);
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
  const detail = {
    en: `Your key can’t give what it lacks: ${names}.`,
    zh: `您的密钥无法授予其自身没有的权限：${names}。`,
  };
  throw new Problem('FORBIDDEN', { detail, issues });
}
