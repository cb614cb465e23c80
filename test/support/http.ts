import { randomUUID } from 'node:crypto';
import type { Got, Posted, Put, Unforeseen } from './answered';
import { requireDeclared } from './answers';

export interface Reply<Body = Unforeseen> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface WholeReply<Body = Unforeseen> extends Reply<Body> {
  /** The body as it came. */
  text: string;
}

export interface CallOptions {
  key?: string | null;
  headers?: Record<string, string>;
}

/** The answer of a call whose path is made up as the test runs. */
export const bodyOf = <Answer>({ body }: Reply<unknown>): Answer => body as Answer;

/**
 * Talks to the API as a client would: JSON over HTTP with the operator's key and a fresh Idempotency-Key.
 * Throws when an answer is not as the service's own document says.
 */
export class Http {
  /** @param own what each request carries, in place of the key */
  constructor(
    readonly url: string,
    readonly operatorKey: string,
    readonly own: Record<string, string> = { authorization: `Bearer ${operatorKey}` },
  ) {}

  /** The same service, as the holder of another key. */
  as(key: string): Http {
    return new Http(this.url, key);
  }

  async get<Path extends string>(path: Path, options?: CallOptions): Promise<Reply<Got<Path>>> {
    return await this.call('GET', path, undefined, options);
  }

  async put<Path extends string>(
    path: Path,
    body: unknown,
    options?: CallOptions,
  ): Promise<Reply<Put<Path>>> {
    return await this.call('PUT', path, body, options);
  }

  async post<Path extends string>(
    path: Path,
    body: unknown = {},
    options?: CallOptions,
  ): Promise<Reply<Posted<Path>>> {
    return await this.call('POST', path, body, options);
  }

  async call<Body = Unforeseen>(
    method: string,
    path: string,
    body: unknown,
    { key, headers = {} }: CallOptions = {},
  ): Promise<WholeReply<Body>> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...this.own,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === null || method === 'GET' ? {} : { 'idempotency-key': key ?? randomUUID() }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const { status, headers: answered } = response;
    await requireDeclared(this.url, { method, path, status, headers: answered, text });
    return { status, headers: answered, body: parse(text) as Body, text };
  }
}

function parse(text: string): unknown {
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
