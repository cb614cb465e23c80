/**
 * The vendor's signatures: TC3-HMAC-SHA256, and the one before it (HmacSHA1, HmacSHA256). What is signed is read
 * as it came, because clients differ: some sign the host without its port.
 */
import { createHmac } from 'node:crypto';
import type { Text } from '../../domain/text';
import { hmac, isSame, sha256 } from '../digest';
import { headerOf, type Received } from './received';
import { VendorError } from './vendor-error';

export interface Signature {
  secretId: string;
  /** As it came: the same one again is the same request. */
  value: string;
  /** The first word of the endpoint, as the client knows it; undefined where nothing says it. */
  service: string | undefined;
  /** In constant time, whatever the secret. */
  isBy(secretKey: string): boolean;
}

const failure = (code: string, en: string, zh: string): VendorError =>
  new VendorError(`AuthFailure.${code}`, { en, zh } satisfies Text);

const malformed = (): VendorError =>
  failure(
    'InvalidAuthorization',
    'The header Authorization is not as TC3-HMAC-SHA256 asks: Credential, SignedHeaders with content-type and host, Signature.',
    'Authorization 请求头不符合 TC3-HMAC-SHA256 的规定：需包含 Credential、SignedHeaders（含 content-type 与 host）和 Signature。',
  );

/** How far the client's clock may be from ours. */
const WINDOW_SECONDS = 300;

/** @throws VendorError when a request of that time is not taken any more, or not yet */
function requireInTime(text: string, nowMs: number): number {
  const seconds = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (Math.abs(nowMs / 1000 - seconds) <= WINDOW_SECONDS) return seconds;
  throw failure(
    'SignatureExpire',
    'The timestamp is missing, or more than five minutes from the server’s time. Look at the client’s clock and sign anew.',
    '时间戳缺失，或与服务器时间相差超过五分钟。请校准客户端时间后重新签名。',
  );
}

/** With its port and without: clients sign either. */
function hostsOf({ headers }: Received): string[] {
  const host = headers.host ?? '';
  return [...new Set([host, host.replace(/:\d*$/, '')])];
}

/** All of them are computed, whichever fits. */
const isOneOf = (given: string, expected: string[]): boolean =>
  expected.map((one) => isSame(given, one)).includes(true);

const TC3 =
  /^TC3-HMAC-SHA256 +Credential=([^/\s,]{1,128})\/(\d{4}-\d\d-\d\d)\/([^/\s,]{1,255})\/tc3_request, *SignedHeaders=([\w;-]{1,1024}), *Signature=([0-9a-f]{64})$/;

/** @throws VendorError when it can't be one, or is not of this time */
export function readTc3(received: Received, nowMs: number): Signature {
  const { headers, method, path, query, body } = received;
  requireNoToken(headerOf(headers, 'x-tc-token'));
  if (headerOf(headers, 'x-tc-content-sha256').toUpperCase() === 'UNSIGNED-PAYLOAD')
    throw failure(
      'SignatureFailure',
      'A body that is not signed is not taken: switch unsigned payloads off.',
      '不接受未签名的请求体：请关闭 UNSIGNED-PAYLOAD。',
    );
  const [, secretId, date, service, names, value] = TC3.exec(headers.authorization ?? '') ?? [];
  if (!secretId || !date || !service || !names || !value) throw malformed();
  const signed = names.split(';').map((name) => name.toLowerCase());
  if (!signed.includes('host') || !signed.includes('content-type')) throw malformed();
  const timestamp = requireInTime(headerOf(headers, 'x-tc-timestamp'), nowMs);
  if (new Date(timestamp * 1000).toISOString().slice(0, 10) !== date)
    throw failure(
      'SignatureFailure',
      'The date in Credential is not the UTC date of X-TC-Timestamp.',
      'Credential 中的日期不是 X-TC-Timestamp 对应的 UTC 日期。',
    );
  const payload = sha256(body);
  const scope = `${date}/${service}/tc3_request`;
  const toSign = hostsOf(received).map((host) => {
    const lines = signed.map((name) => `${name}:${signedValue(headers, name, host)}\n`).join('');
    const canonical = [method, path, query, lines, names, payload].join('\n');
    return ['TC3-HMAC-SHA256', timestamp, scope, sha256(canonical)].join('\n');
  });
  return {
    secretId,
    value,
    service,
    isBy: (secretKey) => {
      const key = hmac(hmac(hmac(`TC3${secretKey}`, date), service), 'tc3_request');
      return isOneOf(
        value,
        toSign.map((text) => hmac(key, text).toString('hex')),
      );
    },
  };
}

/** Clients that sign the action sign it in lower case, as the vendor's guide has it. */
function signedValue(headers: Received['headers'], name: string, host: string): string {
  if (name === 'host') return host;
  const value = headerOf(headers, name).trim();
  return name.startsWith('x-tc-') ? value.toLowerCase() : value;
}

const DIGESTS: Record<string, string> = { HmacSHA1: 'sha1', HmacSHA256: 'sha256' };

/** Whether these parameters are of a request that carries its signature among them. */
export const hasV1 = (params: URLSearchParams): boolean => params.has('Action') && params.has('Signature');

/** @throws VendorError when it can't be one, or is not of this time */
export function readV1(received: Received, params: URLSearchParams, nowMs: number): Signature {
  requireNoToken(params.get('Token') ?? '');
  const secretId = params.get('SecretId');
  const value = params.get('Signature');
  const method = params.get('SignatureMethod') ?? 'HmacSHA1';
  if (!secretId || !value || !Object.hasOwn(DIGESTS, method))
    throw failure(
      'InvalidAuthorization',
      'SecretId, Signature and SignatureMethod (HmacSHA1 or HmacSHA256) are needed.',
      '需要 SecretId、Signature 与 SignatureMethod（HmacSHA1 或 HmacSHA256）。',
    );
  requireInTime(params.get('Timestamp') ?? '', nowMs);
  const pairs = [...params]
    .filter(([name]) => name !== 'Signature')
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([name, text]) => `${name}=${text}`)
    .join('&');
  return {
    secretId,
    value,
    service: undefined,
    isBy: (secretKey) =>
      isOneOf(
        value,
        hostsOf(received).map((host) =>
          createHmac(DIGESTS[method]!, secretKey)
            .update(`${received.method}${host}${received.path}?${pairs}`)
            .digest('base64'),
        ),
      ),
  };
}

function requireNoToken(token: string): void {
  if (token === '') return;
  throw failure(
    'TokenFailure',
    'Temporary credentials are not known here: sign with the pair of a key, without a token.',
    '此处不支持临时密钥：请使用密钥对签名，且不要携带 Token。',
  );
}
