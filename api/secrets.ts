/**
 * What is secret of a key is derived from the operator's key and from the key's public ids, and stored
 * nowhere: a copy of the database opens nothing, a repeat of `POST /v1/keys` can be given the same answer
 * without one being kept, and a signature can be checked by its secret. Bearer keys are looked up by their
 * hash, so they outlive a change of the operator's key; the pairs that sign requests change with it.
 */
import { createHash, createHmac, scryptSync } from 'node:crypto';

export interface KeySecrets {
  /** 256 bits that nobody can guess, with the id in front: whoever finds one can say which it is. */
  bearerKey(keyId: string): string;
  /** The secret half of the pair that signs requests to the vendor façades. */
  secretKey(secretId: string): string;
  /**
   * As a session is stored, by the secret of its cookie. Another operator's key makes another hash, so that a
   * change of it signs everybody out.
   */
  sessionHash(secret: string): string;
  /** What a write carries that comes with a session's cookie. */
  csrfToken(secret: string): string;
}

export function keySecrets(operatorKey: string): KeySecrets {
  // Slow, once a process: the holder of a key could try out guesses of the operator's key, which people may
  // have chosen themselves.
  const root = scryptSync(operatorKey, 'sunset keys', 32);
  const derive = (use: string, id: string): string =>
    createHmac('sha256', root).update(`${use}/${id}`).digest('base64url');
  return {
    bearerKey: (keyId) => `sk_${keyId}_${derive('bearer', keyId)}`,
    secretKey: (secretId) => derive('sign', secretId),
    sessionHash: (secret) => derive('session', secret),
    csrfToken: (secret) => derive('csrf', secret),
  };
}

const BEARER_KEY = /^sk_k_[0-9a-f]{32}_[\w-]{43}$/;

/** Whether a text can be a bearer key at all. */
export const looksLikeKey = (text: string): boolean => BEARER_KEY.test(text);

/** As keys are stored: SHA-256 in hex. */
export const hashOfKey = (key: string): string => createHash('sha256').update(key).digest('hex');
