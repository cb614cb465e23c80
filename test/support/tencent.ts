/** Speaks to the façade of Tencent Cloud by hand: signs as its guide has it, and lets each part be another. */
import { createHash, createHmac } from 'node:crypto';
import { until } from './lives';

export interface Pair {
  secretId: string;
  secretKey: string;
}

export interface Tc3 {
  url: string;
  pair: Pair;
  action: string;
  version: string;
  /** What is sent as JSON; text is sent as it is. */
  body?: unknown;
  /** Beside the common ones, or in their place. */
  headers?: Record<string, string>;
  /** What is signed; default: `content-type;host`. */
  signed?: string[];
  /** Seconds. */
  timestamp?: number;
  /** Of the scope; default: the timestamp's. */
  date?: string;
  service?: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

export interface SignedRequest {
  url: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
}

/** A POST with TC3-HMAC-SHA256. */
export function signTc3({ url, pair, action, version, body = {}, ...more }: Tc3): SignedRequest {
  const timestamp = more.timestamp ?? Math.floor(Date.now() / 1000);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-tc-action': action,
    'x-tc-version': version,
    'x-tc-timestamp': String(timestamp),
    'x-tc-language': 'en-US',
    ...more.headers,
  };
  const date = more.date ?? new Date(timestamp * 1000).toISOString().slice(0, 10);
  const scope = `${date}/${more.service ?? 'cvm'}/tc3_request`;
  const signed = more.signed ?? ['content-type', 'host'];
  const { host } = new URL(url);
  const lines = signed.map((name) => {
    const value = name === 'host' ? host : (headers[name] ?? '').trim();
    return `${name}:${name.startsWith('x-tc-') ? value.toLowerCase() : value}\n`;
  });
  const canonical = ['POST', '/', '', lines.join(''), signed.join(';'), sha256(text)].join('\n');
  const key = hmac(hmac(hmac(`TC3${pair.secretKey}`, date), scope.split('/')[1]!), 'tc3_request');
  const toSign = ['TC3-HMAC-SHA256', timestamp, scope, sha256(canonical)].join('\n');
  const signature = hmac(key, toSign).toString('hex');
  headers.authorization = `TC3-HMAC-SHA256 Credential=${pair.secretId}/${scope}, SignedHeaders=${signed.join(';')}, Signature=${signature}`;
  return { url: `${url}/`, method: 'POST', headers, body: text };
}

/** `Response`, of what is good and of what isn't. */
interface Answered {
  RequestId: string;
  Error?: { Code: string; Message: string };
}

export interface VendorReply {
  status: number;
  type: string | null;
  headers: Headers;
  /** `Response` of the answer, or all of it where there is none. */
  body: Answered;
}

/** Sends a request as it is. */
export async function send({ url, ...request }: SignedRequest): Promise<VendorReply> {
  const response = await fetch(url, request);
  const whole = JSON.parse(await response.text()) as Answered & { Response?: Answered };
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    headers: response.headers,
    body: whole.Response ?? whole,
  };
}

interface Refusal {
  code: string;
  message: string;
  requestId: string;
}

/** What a call of the vendor's SDK was refused with. Throws when it wasn't. */
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  const answer = await call.catch((error: Refusal) => error);
  if (answer instanceof Error) return answer as unknown as Refusal;
  throw new Error(`not refused: ${JSON.stringify(answer)}`);
}

const second = (): number => Math.floor(Date.now() / 1000);

/** Clients sign the second and no nonce: what is asked for again in the same one is a repeat by its signature. */
export async function nextSecond(): Promise<void> {
  const now = second();
  await until(async () => second() > now, 'the next second');
}

export interface V1Call {
  url: string;
  pair: Pair;
  action: string;
  params?: Record<string, string>;
  method?: 'GET' | 'POST';
}

/** A request with the older signature, among its parameters. */
export function signV1({ url, pair, action, params = {}, method = 'POST' }: V1Call): SignedRequest {
  const all: Record<string, string> = {
    Version: '2017-03-12',
    Timestamp: String(Math.floor(Date.now() / 1000)),
    Nonce: '1',
    SecretId: pair.secretId,
    Language: 'en-US',
    ...params,
    Action: action,
  };
  const text = Object.keys(all)
    .sort()
    .map((name) => `${name}=${all[name]}`)
    .join('&');
  const digest = all.SignatureMethod === 'HmacSHA256' ? 'sha256' : 'sha1';
  const toSign = `${method}${new URL(url).host}/?${text}`;
  const signature = createHmac(digest, pair.secretKey).update(toSign).digest('base64');
  const query = new URLSearchParams({ ...all, Signature: signature }).toString();
  if (method === 'GET') return { url: `${url}/?${query}`, method, headers: {} };
  return {
    url: `${url}/`,
    method,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: query,
  };
}
