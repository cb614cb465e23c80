/** Who signs requests to the façades: the pair `secretId` and `secretKey` of a live key. */
import { type Caller, callerOf } from '../api/caller';
import type { ApiDeps } from '../api/deps';
import { findLiveSigner } from '../store/keys';

interface Signer {
  caller: Caller;
  /** What the signature is to be checked with. Secret: never shown, never logged. */
  secretKey: string;
}

/** Finds a pair by its public half; undefined when there is none that lives. */
export type FindSigner = (secretId: string) => Promise<Signer | undefined>;

/** Can be a secret id at all: anything else is not looked up. */
const SECRET_ID = /^[\w-]{1,64}$/;

export function signersOf({ pool, secrets }: Pick<ApiDeps, 'pool' | 'secrets'>): FindSigner {
  return async (secretId) => {
    const key = SECRET_ID.test(secretId) ? await findLiveSigner(pool, secretId) : undefined;
    return key && { caller: callerOf(key), secretKey: secrets.secretKey(secretId) };
  };
}
