/**
 * Looking things up by id, in one place for all calls: what belongs to an account that the caller doesn't see
 * is answered exactly like what is missing, and nothing of it is read, so that it takes no longer either.
 * Each throws Problem 404.
 */

import type { Issue } from '../../contract/issues';
import { findQuote, type QuoteRow } from '../../store/agreements/quotes';
import { findRequest, type RefundRequestRow } from '../../store/agreements/refund-requests';
import { findTermination, type TerminationRow } from '../../store/agreements/terminations';
import { type AccountRow, findAccount } from '../../store/books/accounts';
import { findRefund, type RefundRow } from '../../store/books/refunds';
import { findKey, type KeyRow } from '../../store/keys';
import { accountsOf, findInstance, type InstanceRow } from '../../store/lives/instances';
import type { Caller } from '../caller';
import type { ApiDeps } from '../deps';
import { notFound } from '../problem';

type Store = Pick<ApiDeps, 'pool'>;

export async function existingInstance({ pool }: Store, caller: Caller, id: string): Promise<InstanceRow> {
  const row = await findInstance(pool, id, caller.account);
  if (!row) throw notFound('instance', id);
  return row;
}

export async function existingQuote({ pool }: Store, caller: Caller, id: string): Promise<QuoteRow> {
  const row = await findQuote(pool, id);
  if (!row || !(await seesItems(pool, caller, row.items))) throw notFound('quote', id);
  return row;
}

export async function existingTermination(
  { pool }: Store,
  caller: Caller,
  id: string,
): Promise<TerminationRow> {
  const row = await findTermination(pool, id);
  if (!row || !(await seesItems(pool, caller, row.items))) throw notFound('termination', id);
  return row;
}

export async function existingRefund({ pool }: Store, caller: Caller, id: string): Promise<RefundRow> {
  const row = await findRefund(pool, id, caller.account);
  if (!row) throw notFound('refund', id);
  return row;
}

export async function existingRequest(
  { pool }: Store,
  caller: Caller,
  id: string,
): Promise<RefundRequestRow> {
  const row = await findRequest(pool, id, caller.account);
  if (!row) throw notFound('request', id);
  return row;
}

export async function existingAccount({ pool }: Store, caller: Caller, account: string): Promise<AccountRow> {
  const row = await findAccount(pool, requireAccount(caller, account));
  if (!row) throw notFound('account', account);
  return row;
}

export async function existingKey({ pool }: Store, caller: Caller, id: string): Promise<KeyRow> {
  const row = await findKey(pool, id);
  if (!row || !caller.sees(row.account)) throw notFound('key', id);
  return row;
}

/**
 * For accounts that needn't be known yet.
 * @param issues name the field, when the account came in a body
 */
export function requireAccount(caller: Caller, account: string, issues: Issue[] = []): string {
  if (!caller.sees(account)) throw notFound('account', account, issues);
  return account;
}

/** Quotes and terminations can go over instances of several accounts: they exist for who sees them all. */
async function seesItems(
  pool: Store['pool'],
  caller: Caller,
  items: { instanceId: string }[],
): Promise<boolean> {
  if (caller.account === null) return true;
  const ids = items.map((item) => item.instanceId);
  return (await accountsOf(pool, ids)).every((account) => caller.sees(account));
}
