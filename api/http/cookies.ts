/**
 * The cookie of a session. Over HTTPS it is `Secure` and has the prefix `__Host-`, so that no other host, no
 * path and no plain connection can set one in its place; over plain HTTP (loopback) browsers refuse both.
 */
import type { Request } from 'express';

const NAME = 'sunset_session';
const SECURE_NAME = `__Host-${NAME}`;

/**
 * Whether the caller's connection is HTTPS: as a trusted proxy says, or by the origin of the page that asks,
 * which browsers alone write.
 */
export const isSecure = (request: Request): boolean =>
  request.secure || request.get('origin')?.startsWith('https://') === true;

function cookieOf(request: Request, name: string): string | undefined {
  const pairs = (request.get('cookie') ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** The secret of the session that a request comes with; undefined: it comes without. */
export const sessionSecretOf = (request: Request): string | undefined =>
  cookieOf(request, SECURE_NAME) ?? (request.secure ? undefined : cookieOf(request, NAME));

const headerOf = (value: string, seconds: number, secure: boolean): string =>
  [
    `${secure ? SECURE_NAME : NAME}=${value}`,
    'Path=/',
    `Max-Age=${seconds}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(secure ? ['Secure'] : []),
  ].join('; ');

/** `Set-Cookie` that keeps the secret of a session until it expires. */
export const cookieFor = (secret: string, expiresAt: number, secure: boolean): string =>
  headerOf(secret, Math.max(0, Math.round((expiresAt - Date.now()) / 1000)), secure);

/** `Set-Cookie` that takes it away. */
export const noCookie = (secure: boolean): string => headerOf('', 0, secure);
