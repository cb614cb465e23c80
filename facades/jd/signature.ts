/**
 * The vendor's signatures, JDCLOUD2-HMAC-SHA256 and JDCLOUD3-HMAC-SHA256. Its SDKs write the same address in
 * different ways, so path and query are read and written anew before they are compared.
 */
import type { Request } from 'express';
import type { Text } from '../../domain/text';
import { hmac, isSame, sha256 } from '../digest';
import { JdError } from './jd-error';

/** What came, as it came. */
export interface Received {
  method: string;
  /** As on the wire, without the query. */
  path: string;
  /** What stands after `?`, as on the wire. */
  query: string;
  headers: Request['headers'];
  body: Buffer;
}

export interface Signature {
  accessKey: string;
  /** As it came. */
  value: string;
  /** Where it is signed: what makes this request another than those like it. */
  nonce: string | undefined;
  /** In constant time, whatever the secret. */
  isBy(secretKey: string): boolean;
  /**
   * To be asked of whoever has signed.
   * @throws JdError when it is not of this time, or not for this region's `vm`
   */
  requireScope(regionId: string, nowMs: number): void;
}

const unauthenticated = (en: string, zh: string): JdError =>
  new JdError('UNAUTHENTICATED', { en, zh } satisfies Text);

/** Whoever has signed with something else than the secret of a live key. */
export const notSigned = (): JdError =>
  unauthenticated(
    'The request is not signed by the secretKey of a live key. Compare key, secret and what is signed.',
    '请求未使用有效密钥的 secretKey 签名。请检查密钥与签名内容。',
  );

const malformed = (): JdError =>
  unauthenticated(
    'Authorization has to be JDCLOUD2-HMAC-SHA256 (x-jdcloud-nonce signed) or JDCLOUD3-HMAC-SHA256, with Credential, SignedHeaders and Signature, beside x-jdcloud-date (20261126T004313Z).',
    'Authorization 应为 JDCLOUD2-HMAC-SHA256（需对 x-jdcloud-nonce 签名）或 JDCLOUD3-HMAC-SHA256，包含 Credential、SignedHeaders 与 Signature，并携带 x-jdcloud-date（20261126T004313Z）。',
  );

const AUTHORIZATION =
  /^JDCLOUD([23])-HMAC-SHA256 +Credential=([^/\s,]{1,128})\/(\d{8})\/([^/\s,]{1,128})\/([^/\s,]{1,128})\/jdcloud([23])_request, *SignedHeaders=([\w;-]{1,1024}), *Signature=([0-9a-f]{64})$/;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** How far the client's clock may be from ours. The vendor names no number. */
const WINDOW_MS = 15 * 60_000;

const headerOf = (headers: Received['headers'], name: string): string => {
  const value = headers[name];
  return typeof value === 'string' ? value.trim().replaceAll(/\s+/g, ' ') : '';
};

/** RFC 3986: everything but letters, digits and `-._~`. */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** @throws URIError */
const canonicalPath = (path: string): string => path.split('/').map(decodeURIComponent).map(encode).join('/');

/**
 * Names with their values, in the order in which they came.
 * @throws URIError
 */
export function pairsOf(query: string): [string, string][] {
  const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name, ...value] = pair.split('=');
      return [decode(name!), decode(value.join('='))];
    });
}

const byText = ([a, x]: [string, string], [b, y]: [string, string]): number => {
  if (a !== b) return a < b ? -1 : 1;
  return x < y ? -1 : Number(x > y);
};

const canonicalQuery = (query: string): string =>
  pairsOf(query)
    .map(([name, value]): [string, string] => [encode(name), encode(value)])
    .sort(byText)
    .map((pair) => pair.join('='))
    .join('&');

/** @throws JdError when it can't be one; URIError when the address can't be read */
export function readSignature({ method, path, query, headers, body }: Received): Signature {
  if (headers['x-jdcloud-security-token'] !== undefined)
    throw unauthenticated(
      'Temporary credentials are not known here: sign with the pair of a key, without a security token.',
      '此处不支持临时密钥：请使用密钥对签名，且不要携带 security token。',
    );
  const [, version, accessKey, day, region, service, term, names, value] =
    AUTHORIZATION.exec(headers.authorization ?? '') ?? [];
  const date = headerOf(headers, 'x-jdcloud-date');
  const signedAt = msOfDate(date);
  if (
    version !== term ||
    !accessKey ||
    !day ||
    !region ||
    !service ||
    !names ||
    !value ||
    signedAt === undefined
  )
    throw malformed();
  const signed = names.split(';').map((name) => name.toLowerCase());
  const nonce = signed.includes('x-jdcloud-nonce') ? headerOf(headers, 'x-jdcloud-nonce') : undefined;
  // The vendor's guide to the older one asks for it. SDKs with the newer one don't sign theirs.
  if (version === '2' && !nonce) throw malformed();
  const lines = signed.map((name) => `${name}:${headerOf(headers, name)}\n`).join('');
  const address = [canonicalPath(path), canonicalQuery(query)];
  const canonical = [method, ...address, lines, names, sha256(body)].join('\n');
  const scope = `${day}/${region}/${service}/jdcloud${version}_request`;
  const toSign = [`JDCLOUD${version}-HMAC-SHA256`, date, scope, sha256(canonical)].join('\n');
  return {
    accessKey,
    value,
    nonce: nonce === '' ? undefined : nonce,
    isBy: (secretKey) => {
      const [first, ...rest] = [day, region, service, `jdcloud${version}_request`] as const;
      const key = rest.reduce(hmac, hmac(`JDCLOUD${version}${secretKey}`, first));
      return isSame(value, hmac(key, toSign).toString('hex'));
    },
    requireScope: (regionId, nowMs) => {
      if (Math.abs(nowMs - signedAt) > WINDOW_MS)
        throw unauthenticated(
          'x-jdcloud-date is more than 15 minutes from the server’s time. Look at the client’s clock and sign anew.',
          'x-jdcloud-date 与服务器时间相差超过 15 分钟。请校准客户端时间后重新签名。',
        );
      if (date.slice(0, 8) === day && region === regionId && service === 'vm') return;
      throw unauthenticated(
        `The request is signed for ${scope}, and has to be for ${date.slice(0, 8)}/${regionId}/vm.`,
        `请求的签名范围为 ${scope}，应为 ${date.slice(0, 8)}/${regionId}/vm。`,
      );
    },
  };
}

/** Milliseconds; undefined when there is no such time. */
function msOfDate(date: string): number | undefined {
  const found = DATE.exec(date);
  if (!found) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1);
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
