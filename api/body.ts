/** Reads JSON bodies: the only kind that is accepted. */
import { json, type RequestHandler } from 'express';
import { Problem } from './errors';

export const BODY_LIMIT = '256kb';
/** Far beyond any input of the contract, far below what a recursive reader can't stand. */
const MAX_DEPTH = 32;

const hasBody = (headers: Record<string, unknown>): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] !== undefined && headers['content-length'] !== '0');

const requireJson: RequestHandler = (request, _response, next) => {
  next(hasBody(request.headers) && !request.is('application/json') ? new Problem('UNSUPPORTED_MEDIA_TYPE') : undefined);
};

const requireSound: RequestHandler = (request, _response, next) => {
  next(isSound(request.body) ? undefined : new Problem('MALFORMED_JSON'));
};

/**
 * Whether a body is of reasonable depth, and its member names are text: names of unknown fields are answered and stored, and PostgreSQL can't
 * store U+0000 nor half of a surrogate pair. Values are judged by the schemas. Without recursion, because depth is what it asks about.
 */
function isSound(body: unknown): boolean {
  let level: unknown[] = [body];
  for (let depth = 0; level.length; depth += 1) {
    if (depth > MAX_DEPTH) return false;
    const objects = level.filter((value): value is object => typeof value === 'object' && value !== null);
    if (objects.some((value) => !Array.isArray(value) && Object.keys(value).some((name) => /[\p{Cs}\0]/u.test(name)))) return false;
    level = objects.flatMap((value) => Object.values(value) as unknown[]);
  }
  return true;
}

export const readBody: RequestHandler[] = [requireJson, json({ limit: BODY_LIMIT, type: 'application/json', strict: false }), requireSound];
