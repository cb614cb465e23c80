/**
 * Tencent Cloud API 3.0, at `/`: a request that names its action by `X-TC-Action`, or that carries a signature of
 * the older kind among its parameters. Any other is not the façade's.
 */
import { type Request, type RequestHandler, Router } from 'express';
import { readSignedBody } from '../../api/http/body';
import type { FacadeTools } from '../tools';
import { cvm } from './cvm';
import { dispatcher, type V1 } from './dispatch';
import { hasPairs, pairsOf, receivedOf } from './received';
import { redis } from './redis';
import { hasV1 } from './signature';

/** The vendor's versions that there are here. */
export const TENCENT_SERVICES = [cvm, redis];

export function tencentFacade(tools: FacadeTools): RequestHandler {
  const dispatch = dispatcher(tools, TENCENT_SERVICES);
  const take: RequestHandler = async (request, response, next) => {
    // A route of GET takes HEAD too, which no client of the vendor's asks for.
    if (request.method === 'HEAD') {
      next();
      return;
    }
    if (request.headers['x-tc-action'] !== undefined) {
      await dispatch(request, response);
      return;
    }
    const v1 = hasPairs(request) ? v1Of(request, await readSignedBody(request, response)) : undefined;
    if (v1) await dispatch(request, response, v1);
    else next();
  };
  return Router({ caseSensitive: true, strict: true }).get('/', take).post('/', take);
}

function v1Of(request: Request, body: Buffer): V1 | undefined {
  const received = receivedOf(request, body);
  const params = pairsOf(received);
  return hasV1(params) ? { received, params } : undefined;
}
