/** Speaks to the façade of JD Cloud: by its SDK, and by hand, where each part of a signature can be another. */
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { config } from 'jdcloud-sdk-js/src/lib/core';
import VM from 'jdcloud-sdk-js/src/services/vm';

/** What tests look at of an instance. */
interface JdInstance {
  instanceId: string;
  status: string;
  charge: Record<string, string>;
  autoReleaseTime?: string;
}

/** Either `result` or `error` is there, and of a result what the call is about. */
export interface JdAnswer {
  requestId: string;
  result: {
    instance: JdInstance;
    instances: JdInstance[];
    instanceStatuses: Pick<JdInstance, 'instanceId' | 'status'>[];
    totalCount: number;
  };
  error: { code: number; status: string; message: string };
}

export interface Pair {
  secretId: string;
  secretKey: string;
}

export const REGION = 'cn-north-1';

// It tells every request otherwise.
config.update({ logger: () => {} });

/** The vendor's SDK for Node.js, unmodified. */
export const nodeSdk = (url: string, { secretId, secretKey }: Pair, regionId = REGION): VM =>
  new VM({
    credentials: { accessKeyId: secretId, secretAccessKey: secretKey },
    regionId,
    endpoint: { protocol: 'http', host: new URL(url).host },
  });

/** A call that the SDK has no function for yet, made as its functions make theirs. */
export const releaseTime = (vm: VM, body: object, regionId = REGION): Promise<JdAnswer> =>
  vm.makeRequest(
    '/regions/{regionId}/instances:modifyInstanceReleaseTime',
    'POST',
    { regionId },
    {},
    {},
    {},
    body,
    ['application/json'],
    ['application/json'],
    null,
  );

export interface JdRequest {
  url: string;
  pair: Pair;
  method?: string;
  /** After `/v1`, as it goes on the wire, with its query. */
  path: string;
  /** Sent as JSON; text is sent as it is. */
  body?: unknown;
  version?: 2 | 3;
  /** As `x-jdcloud-date` has it. */
  date?: string;
  /** Of the scope; default: the date's. */
  day?: string;
  region?: string;
  service?: string;
  nonce?: string;
  /** Default: as the SDKs sign, by version. */
  signed?: string[];
  /** Beside the usual ones, or in their place. Empty: that one is left out. */
  headers?: Record<string, string>;
}

export interface SignedRequest {
  url: string;
  method: string;
  headers: Record<string, string>;
  body?: string;
}

export const dateOf = (ms: number): string => new Date(ms).toISOString().replaceAll(/[:-]|\.\d{3}/g, '');

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const rfc3986 = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const SIGNED = {
  2: ['content-type', 'host', 'x-jdcloud-date', 'x-jdcloud-nonce'],
  3: ['content-type', 'host'],
};

export function signJd(request: JdRequest): SignedRequest {
  const { url, pair, method = 'GET', path, version = 2, region = REGION, service = 'vm' } = request;
  const { date = dateOf(Date.now()), nonce = randomUUID(), body } = request;
  const day = request.day ?? date.slice(0, 8);
  const text = typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
  const given: Record<string, string> = {
    'content-type': 'application/json',
    'x-jdcloud-date': date,
    'x-jdcloud-nonce': nonce,
    ...request.headers,
  };
  const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const [address, query = ''] = `/v1${path}`.split('?');
  const canonicalPath = address!
    .split('/')
    .map((step) => rfc3986(decodeURIComponent(step)))
    .join('/');
  const canonicalQuery = [...new URLSearchParams(query)]
    .map((pair) => pair.map(rfc3986).join('='))
    .sort()
    .join('&');
  const signed = request.signed ?? SIGNED[version];
  const { host } = new URL(url);
  const lines = signed.map((name) => `${name}:${name === 'host' ? host : (headers[name] ?? '')}\n`).join('');
  const canonical = [method, canonicalPath, canonicalQuery, lines, signed.join(';'), sha256(text)].join('\n');
  const scope = `${day}/${region}/${service}/jdcloud${version}_request`;
  const toSign = [`JDCLOUD${version}-HMAC-SHA256`, date, scope, sha256(canonical)].join('\n');
  const key = [day, region, service, `jdcloud${version}_request`].reduce<string | Buffer>(
    hmac,
    `JDCLOUD${version}${pair.secretKey}`,
  );
  const signature = hmac(key, toSign).toString('hex');
  headers.authorization = `JDCLOUD${version}-HMAC-SHA256 Credential=${pair.secretId}/${scope}, SignedHeaders=${signed.join(';')}, Signature=${signature}`;
  return { url: `${url}/v1${path}`, method, headers, ...(text ? { body: text } : {}) };
}

export interface JdReply {
  status: number;
  headers: Headers;
  body: JdAnswer;
}

/** Sends a request as it is. @throws when the answer has not the vendor's shape */
export async function send({ url, ...request }: SignedRequest): Promise<JdReply> {
  const response = await fetch(url, request);
  const { status, headers } = response;
  const body = JSON.parse(await response.text()) as JdAnswer;
  expect(headers.get('content-type')).toBe('application/json');
  expect(headers.get('x-jdcloud-request-id')).toBe(body.requestId);
  expect(body).toEqual(
    status === 200
      ? { requestId: expect.any(String), result: expect.any(Object) }
      : {
          requestId: expect.any(String),
          error: { code: status, status: expect.stringMatching(/^[A-Z_]+$/), message: expect.any(String) },
        },
  );
  return { status, headers, body };
}
