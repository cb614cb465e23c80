/** A signed call as the API sees one: asked by a caller, under an id that a repeat has too. */
import { randomUUID } from 'node:crypto';
import { type Asking, commandIdOf } from '../api/asking';
import type { Caller } from '../api/caller';
import type { ApiDeps } from '../api/deps';
import type { Reply } from '../api/http/call';
import { once } from '../api/http/idempotency';
import { hashOf } from '../store/hash';

export interface SignedCall {
  caller: Caller;
  /** The interface, as agreements name the way they were made: `tencent-cvm/2017-03-12`. */
  via: string;
  /** What the caller has signed with: with the same one again it is the same request (there is no other key). */
  signature: string;
  /** What was asked, for the hash that is kept beside the answer. */
  asked: unknown;
}

/** An action that only reads. */
export const look = ({ caller }: SignedCall, run: (asking: Asking) => Promise<Reply>): Promise<Reply> =>
  run({ caller, commandId: `request/${randomUUID()}` });

/**
 * An action that changes something: done once for its signature, and a repeat is given the stored answer.
 * @param run answers what is stored; an `interim` answer is not
 * @throws Problem when the first one still runs; LockLost; whatever `run` throws
 */
export async function perform(
  deps: ApiDeps,
  { caller, via, signature, asked }: SignedCall,
  run: (asking: Asking) => Promise<Reply>,
): Promise<Reply> {
  const key = `${via}/${signature}`;
  const keyed = { caller: caller.name, key, fingerprint: hashOf([via, asked ?? null]) };
  return await once(deps, keyed, () => run({ caller, commandId: commandIdOf(caller.name, key) }));
}
