/**
 * What a handler is given and what it gives back: no Express in sight, so that a route is validate → call →
 * present and nothing else.
 */
import type { Lang } from '../../domain/text';
import type { Asking } from '../asking';
import type { Session } from '../use-cases/sessions';

/** `commandId` is derived from caller and Idempotency-Key; without a key it is new. */
export interface Call<Params = unknown, Query = unknown, Body = unknown> extends Asking {
  params: Params;
  query: Query;
  body: Body;
  /** `Prefer: respond-async`. */
  respondAsync: boolean;
  /** `Accept: text/csv`, and not rather JSON. */
  acceptsCsv: boolean;
  lang: Lang;
  /** By whose cookie the caller is known; undefined: by a key. */
  session: Session | undefined;
  /** Whether cookies can be kept to HTTPS. */
  isSecure: boolean;
}

export interface Reply {
  status: number;
  /** A string is sent as it is, with `headers['Content-Type']`; anything else as JSON. */
  body: unknown;
  headers?: Record<string, string>;
  /** Not the last word: a repeat with the same key is to ask again, so this answer is not stored. */
  interim?: boolean;
}
