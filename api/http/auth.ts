/** Who asks, and whether the call is theirs to make. */
import { timingSafeEqual } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { CSRF_HEADER } from '../../contract/headers';
import { type Caller, forbidden, forbiddenToTenants } from '../caller';
import type { ApiDeps } from '../deps';
import { type Holder, holdersOf } from '../holders';
import { Problem } from '../problem';
import { findSession, type Session, touchSession } from '../use-cases/sessions';
import { sessionSecretOf } from './cookies';
import type { Route } from './route';

declare module 'express-serve-static-core' {
  interface Locals {
    /** Set once the key or the session has been checked. */
    caller?: Caller;
    /** By which key; null: the operator's own. */
    keyId?: string | null;
    /** By whose cookie the caller is known. */
    session?: Session;
  }
}

const FAILURES_PER_MINUTE = 60;

const bearerOf = (header: string): string | undefined => /^Bearer +([!-~]+) *$/i.exec(header)?.[1];

const unknown = (code: 'UNAUTHENTICATED' | 'NO_SESSION'): Problem =>
  new Problem(code, { headers: { 'WWW-Authenticate': 'Bearer realm="sunset"' } });

/**
 * Lets requests with the operator's key, a live key or a live session pass; others are 401, and 429 when one
 * address keeps failing. The limiter sees failures only, so a good key is never limited. A key that is given
 * counts alone, whatever cookie comes with it.
 */
export function authenticate(deps: ApiDeps, limit: LimitFailures): RequestHandler {
  const holderOf = holdersOf(deps);
  const byKey = async (header: string): Promise<Holder> => {
    const key = bearerOf(header);
    const holder = key === undefined ? undefined : await holderOf(key);
    if (!holder) throw unknown('UNAUTHENTICATED');
    return holder;
  };
  const byCookie = async (request: Request): Promise<Holder & { session: Session }> => {
    const secret = sessionSecretOf(request);
    if (secret === undefined) throw unknown('UNAUTHENTICATED');
    const session = await findSession(deps, secret);
    if (!session) throw unknown('NO_SESSION');
    return { caller: session.caller, keyId: session.keyId, session };
  };
  return async (request, response, next) => {
    // A browser asks what it may ask without a key (CORS): what a call takes is in the open document, and no
    // failed login.
    if (request.method === 'OPTIONS') {
      next();
      return;
    }
    const header = request.get('authorization');
    try {
      Object.assign(response.locals, header === undefined ? await byCookie(request) : await byKey(header));
    } catch (error) {
      if (error instanceof Problem) await limit(request, response);
      throw error;
    }
    const { session } = response.locals;
    if (session) {
      requireToken(request, session);
      await touchSession(deps, session);
    }
    next();
  };
}

const SAFE = ['GET', 'HEAD'];

/**
 * A page elsewhere can have a browser send the cookie (where its SameSite is not heeded), but neither read the
 * session's token nor send a header of its own.
 */
function requireToken(request: Request, { csrfToken }: Session): void {
  if (SAFE.includes(request.method)) return;
  const given = Buffer.from(request.get(CSRF_HEADER) ?? '');
  const expected = Buffer.from(csrfToken);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Problem('CSRF');
}

/**
 * Is called when somebody has just failed to say who they are.
 * @throws Problem `TOO_MANY_FAILURES` when it was too often from one address
 */
export type LimitFailures = (request: Request, response: Response) => Promise<void>;

export function limitFailures({ authFailuresPerMinute }: ApiDeps): LimitFailures {
  const limit = rateLimit({
    windowMs: 60_000,
    limit: authFailuresPerMinute ?? FAILURES_PER_MINUTE,
    standardHeaders: false,
    legacyHeaders: false,
    // Addresses are those of the connection, or what a trusted proxy says: a forged header changes nothing.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler: (_request: Request, _response: Response, next: NextFunction) =>
      next(new Problem('TOO_MANY_FAILURES', { headers: { 'Retry-After': '60' } })),
  });
  return async (request, response) =>
    await new Promise((resolve, reject) => {
      const next = (error?: unknown) => (error === undefined ? resolve() : reject(error as Error));
      void limit(request, response, next);
    });
}

/**
 * The first thing of a route, before its key and its body are looked at: any one of its permissions lets the
 * caller in.
 */
export function permit({ open, permissions, staffOnly }: Route): RequestHandler {
  return (_request, response, next) => {
    const { caller } = response.locals;
    const isIn = open || !permissions.length || permissions.some((one) => caller?.may(one));
    if (!isIn) throw forbidden(permissions);
    if (staffOnly && caller?.account !== null) throw forbiddenToTenants();
    next();
  };
}
