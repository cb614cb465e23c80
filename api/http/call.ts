/**
 * What a handler is given and what it gives back: no Express in sight, so that a route is validate → call →
 * present and nothing else.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Lang } from '../../domain/text';
import type { Asking } from '../asking';
import type { Sink } from '../events/stream';
import type { Session } from '../use-cases/sessions';

/** `commandId` is derived from caller and Idempotency-Key; without a key it is new. */
export interface Call<Params = unknown, Query = unknown, Body = unknown> extends Asking {
  params: Params;
  query: Query;
  body: Body;
  /** `Prefer: respond-async`. */
  respondAsync: boolean;
  /** What `Accept` prefers; JSON where nothing is said. */
  prefers: 'json' | 'csv' | 'events';
  /** The header of that name: the event that a reader of a stream has heard last. */
  lastEventId: string | undefined;
  lang: Lang;
  /** By whose cookie the caller is known; undefined: by a key. */
  session: Session | undefined;
  /** By which key the caller is known; null: the operator's own. */
  keyId: string | null;
  /** As it came: what a signature is over. */
  received: { headers: IncomingHttpHeaders; bytes: Buffer };
  /** Whether cookies can be kept to HTTPS. */
  isSecure: boolean;
}

export interface Reply {
  status: number;
  /** A string is sent as it is, with `headers['Content-Type']`; anything else as JSON. */
  body: unknown;
  headers?: Record<string, string>;
  /** Goes on writing, in place of a body. */
  stream?: (sink: Sink) => void;
  /** Not the last word: a repeat with the same key is to ask again, so this answer is not stored. */
  interim?: boolean;
}
