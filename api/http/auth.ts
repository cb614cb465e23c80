/** Who asks, and whether the call is theirs to make. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { findLiveKey } from '../../store/keys';
import { type Caller, callerOf, forbidden, forbiddenToTenants, OPERATOR } from '../caller';
import type { ApiDeps } from '../deps';
import { Problem } from '../problem';
import { hashOfKey, looksLikeKey } from '../secrets';
import type { Route } from './route';

declare module 'express-serve-static-core' {
  interface Locals {
    /** Set once the key has been checked. */
    caller?: Caller;
  }
}

const FAILURES_PER_MINUTE = 60;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const bearerOf = (header: string | undefined): string | undefined =>
  /^Bearer +([!-~]+) *$/i.exec(header ?? '')?.[1];

/**
 * Lets requests with the operator's key or a live key pass; others are 401, and 429 when one address keeps
 * failing. The limiter sees failures only, so a good key is never limited.
 */
export function authenticate(deps: ApiDeps): RequestHandler {
  const { pool, operatorKey } = deps;
  const expected = digest(operatorKey);
  const limit = limitFailures(deps);
  const identify = async (key: string): Promise<Caller | undefined> => {
    // Digests, in constant time: neither length nor content of the operator's key shows in the time that a
    // wrong one takes.
    if (timingSafeEqual(digest(key), expected)) return OPERATOR;
    const row = looksLikeKey(key) ? await findLiveKey(pool, hashOfKey(key)) : undefined;
    return row && callerOf(row);
  };
  return async (request, response, next) => {
    // A browser asks what it may ask without a key (CORS): what a call takes is in the open document, and no
    // failed login.
    if (request.method === 'OPTIONS') {
      next();
      return;
    }
    const key = bearerOf(request.get('authorization'));
    const caller = key === undefined ? undefined : await identify(key);
    if (caller) {
      response.locals.caller = caller;
      next();
      return;
    }
    const refuse = (error?: unknown) =>
      next(
        error ?? new Problem('UNAUTHENTICATED', { headers: { 'WWW-Authenticate': 'Bearer realm="sunset"' } }),
      );
    await limit(request, response, refuse);
  };
}

/**
 * Is passed by who has just failed to say who they are: `TOO_MANY_FAILURES` goes to `next` when it was too
 * often from one address, nothing otherwise.
 */
export const limitFailures = ({ authFailuresPerMinute }: ApiDeps): RequestHandler =>
  rateLimit({
    windowMs: 60_000,
    limit: authFailuresPerMinute ?? FAILURES_PER_MINUTE,
    standardHeaders: false,
    legacyHeaders: false,
    // Addresses are those of the connection: no proxy is trusted, so a forged header changes nothing.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler: (_request: Request, _response: Response, next: NextFunction) =>
      next(new Problem('TOO_MANY_FAILURES', { headers: { 'Retry-After': '60' } })),
  });

/**
 * The first thing of a route, before its key and its body are looked at: any one of its permissions lets the
 * caller in.
 */
export function permit({ open, permissions, staffOnly }: Route): RequestHandler {
  return (_request, response, next) => {
    const { caller } = response.locals;
    if (!open && !permissions.some((one) => caller?.may(one))) throw forbidden(permissions);
    if (staffOnly && caller?.account !== null) throw forbiddenToTenants();
    next();
  };
}
