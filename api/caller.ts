/** Who asks, what they may do, and whose things they see. */

import { issue } from '../contract/issues';
import { PERMISSIONS, type Permission } from '../domain/permissions';
import type { KeyRow } from '../store/keys';
import { Problem } from './problem';

export class Caller {
  private readonly permissions: ReadonlySet<Permission>;

  /**
   * @param name goes into `by` and into the scope of Idempotency-Keys: one name is one person
   * @param account the only account that exists for this caller; null: all of them
   */
  constructor(
    readonly name: string,
    readonly account: string | null,
    permissions: readonly Permission[],
  ) {
    this.permissions = new Set(permissions);
  }

  may(permission: Permission): boolean {
    return this.permissions.has(permission);
  }

  /**
   * For what depends on the body; what a whole call needs is in its declaration.
   * @param path the field that makes the permission necessary
   * @throws Problem 403
   */
  require(permission: Permission, path?: readonly PropertyKey[]): void {
    if (!this.may(permission)) throw forbidden([permission], path);
  }

  /**
   * Whether an account's things exist for this caller: another account's are answered exactly like missing
   * ones.
   */
  sees(account: string | null): boolean {
    return this.account === null || this.account === account;
  }
}

/**
 * Keys of one account and name are one caller, so that nothing changes when they are rotated. No two callers
 * share a name: names of keys have no `@`, so the first one is where the account begins.
 */
export const callerOf = ({
  account,
  name,
  permissions,
}: Pick<KeyRow, 'account' | 'name' | 'permissions'>): Caller =>
  new Caller(account === null ? `operator:${name}` : `${name}@${account}`, account, permissions);

/** Nobody in particular: calls that need no key. */
export const ANYBODY = new Caller('anybody', '', []);

/** Holder of the operator's key. */
export const OPERATOR = new Caller('operator', null, PERMISSIONS);

/** 403 that says which permission is missing; of several, any one would do. */
export function forbidden(permissions: readonly Permission[], path?: readonly PropertyKey[]): Problem {
  const names = permissions.map((one) => `\`${one}\``);
  const detail =
    names.length === 1
      ? { en: `Your key lacks the permission ${names[0]}.`, zh: `您的密钥缺少权限 ${names[0]}。` }
      : {
          en: `Your key lacks all of these permissions: ${names.join(', ')}. One would do.`,
          zh: `您的密钥需具备以下任一权限：${names.join('、')}。`,
        };
  return new Problem('FORBIDDEN', {
    detail,
    issues: path ? [issue(path, 'NOT_PERMITTED', { permissions: names.join(', ') })] : [],
  });
}

/** 403 for what only the operator and keys of all accounts may ask. */
export function forbiddenToTenants(path?: readonly PropertyKey[]): Problem {
  const detail = {
    en: 'This goes over all accounts, and your key is bound to one.',
    zh: '此操作涉及所有账号，而您的密钥仅限于一个账号。',
  };
  return new Problem('FORBIDDEN', { detail, issues: path ? [issue(path, 'ALL_ACCOUNTS')] : [] });
}
