/** Who asks. One operator key for now; scopes come with the keys of `POST /v1/keys`. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { Problem } from './errors';

declare module 'express-serve-static-core' {
  interface Locals {
    /** Set once the key has been checked. */
    caller?: string;
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares digests in constant time: neither length nor content of the right key shows in the time that a wrong one takes. */
function isKey(header: string | undefined, expected: Buffer): boolean {
  const found = /^Bearer +([!-~]+) *$/i.exec(header ?? '');
  return timingSafeEqual(digest(found?.[1] ?? ''), expected) && found !== null;
}

/**
 * Lets requests with the operator's key pass; others are 401, and 429 when one address keeps failing. The limiter sees failures only, so a good
 * key is never limited.
 */
export function authenticate(operatorKey: string, failuresPerMinute: number): RequestHandler {
  const expected = digest(operatorKey);
  const limit = rateLimit({
    windowMs: 60_000,
    limit: failuresPerMinute,
    standardHeaders: false,
    legacyHeaders: false,
    // Addresses are those of the connection: no proxy is trusted, so a forged header changes nothing.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler: (_request: Request, _response: Response, next: NextFunction) =>
      next(new Problem('TOO_MANY_FAILURES', { headers: { 'Retry-After': '60' } })),
  });
  return (request, response, next) => {
    if (isKey(request.get('authorization'), expected)) {
      response.locals.caller = 'operator';
      next();
      return;
    }
    const refuse = (error?: unknown) =>
      next(error ?? new Problem('UNAUTHENTICATED', { headers: { 'WWW-Authenticate': 'Bearer realm="sunset"' } }));
    void limit(request, response, refuse);
  };
}
