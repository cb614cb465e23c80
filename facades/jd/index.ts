/** JD Cloud `vm` v1. */
import { type RequestHandler, Router } from 'express';
import type { FacadeTools } from '../tools';

export const jdFacade = (_tools: FacadeTools): RequestHandler => Router();
