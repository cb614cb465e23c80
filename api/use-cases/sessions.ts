/** Sessions: begun with a key or a code, looked up by their secret, ended. */
import { randomBytes } from 'node:crypto';
import {
  endSession,
  findLiveSession,
  insertSession,
  renewSession,
  type SessionRow,
} from '../../store/sessions';
import { type Caller, callerOf, OPERATOR } from '../caller';
import type { ApiDeps } from '../deps';
import { type Holder, holdersOf } from '../holders';
import { Problem } from '../problem';

const HOUR = 3600;

/** How long a session lasts at most, and how long unused; in seconds. */
const secondsOf = ({ sessions }: ApiDeps): { seconds: number; idleSeconds: number } =>
  sessions ?? { seconds: 12 * HOUR, idleSeconds: 2 * HOUR };

/** What a cookie stands for. */
export interface Session extends Pick<SessionRow, 'createdAt' | 'expiresAt' | 'idleAt'> {
  caller: Caller;
  /** null: the operator's own key. */
  keyId: string | null;
  /** Of its secret. */
  hash: string;
  csrfToken: string;
}

/** 256 bits that nobody can guess, in the letters of a cookie. */
const newSecret = (): string => randomBytes(32).toString('base64url');
const looksLikeSecret = (text: string): boolean => /^[\w-]{43}$/.test(text);

/**
 * Signs in. The secret is told once, to be kept in a cookie.
 * @throws Problem 401 when neither a key that lives nor a code that can be used was given
 */
export async function signIn(
  deps: ApiDeps,
  { key, code }: { key?: string | undefined; code?: string | undefined },
): Promise<{ secret: string; session: Session }> {
  const { keyId } = key === undefined ? byCode(deps, code ?? '') : await byKey(deps, key);
  const secret = newSecret();
  await insertSession(deps.pool, { hash: deps.secrets.sessionHash(secret), keyId, ...secondsOf(deps) });
  const session = await findSession(deps, secret);
  // Its key was revoked just now.
  if (!session) throw new Problem('WRONG_KEY');
  return { secret, session };
}

async function byKey(deps: ApiDeps, key: string): Promise<Holder> {
  const holder = await holdersOf(deps)(key);
  if (!holder) throw new Problem('WRONG_KEY');
  return holder;
}

function byCode({ signInCodes }: ApiDeps, code: string): Holder {
  if (!signInCodes?.take(code)) throw new Problem('WRONG_CODE');
  return { caller: OPERATOR, keyId: null };
}

/** The session of a secret, unless it is over or its key was revoked. */
export async function findSession(deps: ApiDeps, secret: string): Promise<Session | undefined> {
  if (!looksLikeSecret(secret)) return undefined;
  const hash = deps.secrets.sessionHash(secret);
  const row = await findLiveSession(deps.pool, hash);
  if (!row) return undefined;
  const { key, ...times } = row;
  const caller = key === null ? OPERATOR : callerOf(key);
  return { ...times, hash, caller, keyId: key?.id ?? null, csrfToken: deps.secrets.csrfToken(secret) };
}

/** A request was made with it. */
export async function touchSession(deps: ApiDeps, { hash }: Session): Promise<void> {
  await renewSession(deps.pool, hash, secondsOf(deps).idleSeconds);
}

/** Holds at once, in every process of the API. */
export const signOut = async ({ pool }: ApiDeps, { hash }: Session): Promise<void> =>
  await endSession(pool, hash);
