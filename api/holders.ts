/** Whose a key is. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { findLiveKey } from '../store/keys';
import { type Caller, callerOf, OPERATOR } from './caller';
import type { ApiDeps } from './deps';
import { hashOfKey, looksLikeKey } from './secrets';

export interface Holder {
  caller: Caller;
  /** null: the operator's own key. */
  keyId: string | null;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Finds whose key it is; undefined when it is none that lives. */
export function holdersOf({
  pool,
  operatorKey,
}: Pick<ApiDeps, 'pool' | 'operatorKey'>): (key: string) => Promise<Holder | undefined> {
  const expected = digest(operatorKey);
  return async (key) => {
    // Digests, in constant time: neither length nor content of the operator's key shows in the time that a
    // wrong one takes.
    if (timingSafeEqual(digest(key), expected)) return { caller: OPERATOR, keyId: null };
    const row = looksLikeKey(key) ? await findLiveKey(pool, hashOfKey(key)) : undefined;
    return row && { caller: callerOf(row), keyId: row.id };
  };
}
