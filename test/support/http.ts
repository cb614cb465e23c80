import { randomUUID } from 'node:crypto';
import { AnswerCheck } from './answers';

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

const checks = new Map<string, Promise<AnswerCheck>>();

/** One for each service: its document is read once. */
function checkOf(url: string): Promise<AnswerCheck> {
  const check = checks.get(url) ?? AnswerCheck.of(url);
  checks.set(url, check);
  return check;
}

/**
 * Talks to the API as a client would: JSON over HTTP with the operator's key and a fresh Idempotency-Key. Throws when an answer is not as
 * the service's own document says.
 */
export class Http {
  constructor(
    readonly url: string,
    readonly operatorKey: string,
  ) {}

  /** The same service, as the holder of another key. */
  as = (key: string): Http => new Http(this.url, key);

  get = (path: string, options?: CallOptions): Promise<Reply> => this.call('GET', path, undefined, options);
  put = (path: string, body: unknown, options?: CallOptions): Promise<Reply> => this.call('PUT', path, body, options);
  post = (path: string, body: unknown = {}, options?: CallOptions): Promise<Reply> => this.call('POST', path, body, options);

  async call(method: string, path: string, body: unknown, { key, headers = {} }: CallOptions = {}): Promise<WholeReply> {
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
    const reply = { status: response.status, headers: response.headers, body: text ? parse(text) : undefined, text };
    const contentType = response.headers.get('content-type');
    const fault = (await checkOf(this.url)).faultOf({ method, path, status: reply.status, contentType, body: reply.body });
    if (fault !== undefined) throw new Error(`not as /openapi.json says: ${fault}`);
    return reply;
  }
}

function parse(text: string): Body {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
