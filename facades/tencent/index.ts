/** Tencent Cloud API 3.0. */
import { type RequestHandler, Router } from 'express';
import type { FacadeTools } from '../tools';

export const tencentFacade = (_tools: FacadeTools): RequestHandler => Router();
