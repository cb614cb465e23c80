import { randomUUID } from 'node:crypto';
import { requireDeclared } from './answers';

// biome-ignore lint/suspicious/noExplicitAny: answers are read as a caller would, by their documented names
export type Body = any;

export interface Reply {
  status: number;
  headers: Headers;
  body: Body;
}

export interface WholeReply extends Reply {
  /** The body as it came. */
  text: string;
}

export interface CallOptions {
  key?: string | null;
  headers?: Record<string, string>;
}

/**
 * Talks to the API as a client would: JSON over HTTP with the operator's key and a fresh Idempotency-Key.
 * Throws when an answer is not as the service's own document says.
 */
export class Http {
  constructor(
    readonly url: string,
    readonly operatorKey: string,
  ) {}

  /** The same service, as the holder of another key. */
  as(key: string): Http {
    return new Http(this.url, key);
  }

  async get(path: string, options?: CallOptions): Promise<Reply> {
    return await this.call('GET', path, undefined, options);
  }

  async put(path: string, body: unknown, options?: CallOptions): Promise<Reply> {
    return await this.call('PUT', path, body, options);
  }

  async post(path: string, body: unknown = {}, options?: CallOptions): Promise<Reply> {
    return await this.call('POST', path, body, options);
  }

  async call(
    method: string,
    path: string,
    body: unknown,
    { key, headers = {} }: CallOptions = {},
  ): Promise<WholeReply> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.operatorKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === null || method === 'GET' ? {} : { 'idempotency-key': key ?? randomUUID() }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const { status, headers: answered } = response;
    await requireDeclared(this.url, { method, path, status, headers: answered, text });
    return { status, headers: answered, body: text ? parse(text) : undefined, text };
  }
}

function parse(text: string): Body {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
