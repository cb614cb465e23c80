/**
 * Signatures of messages (domain/signed.ts): an HMAC over the instance, the caller, the id and the command,
 * with a key derived from the operator's key. Stored nowhere, and nothing is asked of the database.
 */
import { createHmac, scryptSync, timingSafeEqual } from 'node:crypto';
import type { Envelope } from '../domain/commands';
import { isSignature, type Signable, type Signer } from '../domain/signed';
import type { Birth } from '../domain/step';
import { canonical } from './hash';

/** A registration as it is signed: its policy too, since that holds the rules of all refunds. */
interface SignableBirth extends Birth {
  instanceId: string;
  envelope: Envelope;
}

/**
 * What became of verifying: `late` is one of ours that has waited too long to be a message that is still on
 * its way.
 */
export type SignatureVerdict = 'good' | 'late' | 'bad';

export interface Signatures extends Signer {
  signBirth(birth: SignableBirth): string;
  verify(instanceId: string, message: Signable, signature: string): SignatureVerdict;
  verifyBirth(birth: SignableBirth, signature: string): SignatureVerdict;
}

/**
 * How long a message may be on its way. Workers may be down for days while signals wait; without any limit,
 * whoever reads Temporal's histories could send a message again that was refused long ago, and have it
 * carried out in its caller's name.
 */
export const GOOD_FOR_MS = 7 * 86_400_000;

/**
 * @param operatorKey signs, and verifies
 * @param previousKey verifies only: what was on its way when the operator's key was changed
 */
export function createSignatures(operatorKey: string, previousKey?: string): Signatures {
  // Slow, once a process: the operator's key may be one that people chose themselves.
  const rootOf = (key: string): Buffer => scryptSync(key, 'sunset messages', 32);
  const root = rootOf(operatorKey);
  const roots = previousKey === undefined ? [root] : [root, rootOf(previousKey)];
  const sign = (text: string, now = Date.now()): string => {
    const at = now.toString(36);
    return `${at}.${macOf(root, at, text).toString('base64url')}`;
  };
  const verify = (text: string, signature: string): SignatureVerdict => {
    if (!isSignature(signature)) return 'bad';
    const [at, mac] = signature.split('.') as [string, string];
    const given = Buffer.from(mac, 'base64url');
    if (!roots.some((one) => timingSafeEqual(macOf(one, at, text), given))) return 'bad';
    return Date.now() - Number.parseInt(at, 36) > GOOD_FOR_MS ? 'late' : 'good';
  };
  return {
    sign: (instanceId, message) => sign(textOf(instanceId, message)),
    updateId: (instanceId, message) =>
      `u/${macOf(root, 'update-id', textOf(instanceId, message)).toString('base64url')}`,
    signBirth: (birth) => sign(textOfBirth(birth)),
    verify: (instanceId, message, signature) => verify(textOf(instanceId, message), signature),
    verifyBirth: (birth, signature) => verify(textOfBirth(birth), signature),
  };
}

/** @param what when it was signed, in base 36; or a word that no signature can have there */
const macOf = (key: Buffer, what: string, text: string): Buffer =>
  createHmac('sha256', key).update(`${what} ${text}`).digest();

const textOf = (instanceId: string, { id, by, command }: Signable): string =>
  canonical(['message', instanceId, id, by, command]);

function textOfBirth({
  instanceId,
  registration,
  policy,
  driver,
  envelope: { id, by },
}: SignableBirth): string {
  const facts = ['birth', instanceId, id, by, registration, policy];
  return canonical(driver === undefined ? facts : [...facts, driver]);
}
