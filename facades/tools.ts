/** What each façade is made of. */
import type { Request, Response } from 'express';
import type { ApiDeps } from '../api/deps';
import type { FindSigner } from './signer';

/** Counts an answered call by interface and action; `code` is the vendor's own, `OK` for a good answer. */
export type CountCall = (facade: string, action: string, code: string) => void;

export interface FacadeTools {
  deps: ApiDeps;
  findSigner: FindSigner;
  /**
   * Is passed by whoever could not be authenticated.
   * @throws Problem `TOO_MANY_FAILURES` when it was too often
   */
  limitFailures(request: Request, response: Response): Promise<void>;
  count: CountCall;
}
