/** A browser that has signed in: the cookie with each request, the token with each write. */

import type { Session } from './answered';
import { Http } from './http';
import { expectStatus } from './lives';

export interface SignedIn {
  facts: Session;
  /** As a browser sends it back: `name=secret`. */
  cookie: string;
  /** As it was set, with its attributes. */
  setCookie: string;
  http: Http;
}

/** @param headers of the request that signs in */
export async function signIn(
  http: Http,
  by: { key: string } | { code: string },
  headers: Record<string, string> = {},
): Promise<SignedIn> {
  const nobody = new Http(http.url, '', {});
  const reply = expectStatus(await nobody.post('/v1/sessions', by, { headers }), 201);
  const setCookie = reply.headers.get('set-cookie')!;
  const cookie = setCookie.split(';')[0]!;
  const own = { cookie, 'x-csrf-token': reply.body.csrfToken };
  return { facts: reply.body, cookie, setCookie, http: new Http(http.url, '', own) };
}
