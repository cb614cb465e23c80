/** JD Cloud `vm` v1. */
import type { RequestHandler } from 'express';
import type { FacadeTools } from '../tools';
import { dispatcher } from './dispatch';

/** Whatever is asked below it is asked of this façade, whoever may have signed it, and in its form. */
const OURS = /^\/v1\/regions(?:\/|$)/;

export function jdFacade(tools: FacadeTools): RequestHandler {
  const answer = dispatcher(tools);
  return async (request, response, next) => {
    if (OURS.test(request.path)) await answer(request, response);
    else next();
  };
}
