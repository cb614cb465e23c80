/** Callers with keys of their own. */
import type { Permission } from '../../domain/permissions';
import { Http } from './http';
import { expectStatus } from './lives';

export interface KeyRequest {
  account: string | null;
  name: string;
  permissions: readonly Permission[];
}

export const makeKey = async (http: Http, request: KeyRequest) =>
  expectStatus(await http.post('/v1/keys', request), 201).body;

/** Speaks with a key that was just made. */
export async function as(http: Http, request: KeyRequest): Promise<Http> {
  const { key } = await makeKey(http, request);
  return new Http(http.url, key);
}
