/** A request as the vendor's clients send it: what is common to all actions, wherever it stands. */
import type { Request } from 'express';
import { readJson } from '../../api/http/body';
import { toProblem } from '../../api/http/problems';
import type { Lang } from '../../domain/text';
import { VendorError } from './vendor-error';

type Headers = Request['headers'];

/** What came, as it came. */
export interface Received {
  method: 'GET' | 'POST';
  /** As on the wire, without the query. */
  path: string;
  /** What stands after `?`, as on the wire. */
  query: string;
  headers: Headers;
  body: Buffer;
}

/** Common parameters: headers of the signature of today, parameters of the one before. */
export interface Common {
  action: string;
  version: string;
  /** Empty: none was named. */
  region: string;
  lang: Lang;
}

const FORM = 'application/x-www-form-urlencoded';

/** Empty where there is none. */
export const headerOf = (headers: Headers, name: string): string => {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
};

/** Without its parameters, in lower case. */
const contentTypeOf = (headers: Headers): string =>
  (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();

export function receivedOf(request: Request, body: Buffer): Received {
  const [path, ...query] = request.originalUrl.split('?');
  return {
    method: request.method === 'GET' ? 'GET' : 'POST',
    path: path!,
    query: query.join('?'),
    headers: request.headers,
    body,
  };
}

/** The vendor’s default is Chinese. */
const langOf = (language: string): Lang => (/^en\b/i.test(language) ? 'en' : 'zh');

export const commonOfHeaders = (headers: Headers): Common => ({
  action: headerOf(headers, 'x-tc-action'),
  version: headerOf(headers, 'x-tc-version'),
  region: headerOf(headers, 'x-tc-region'),
  lang: langOf(headerOf(headers, 'x-tc-language')),
});

export const commonOfParams = (params: URLSearchParams): Common => ({
  action: params.get('Action') ?? '',
  version: params.get('Version') ?? '',
  region: params.get('Region') ?? '',
  lang: langOf(params.get('Language') ?? ''),
});

/** `Name=value` pairs: of the query of a GET, of a form otherwise. */
export const pairsOf = ({ method, query, body }: Received): URLSearchParams =>
  new URLSearchParams(method === 'GET' ? query : body.toString('utf8'));

/** Whether the parameters are pairs, and not JSON. */
export const hasPairs = ({ method, headers }: { method: string; headers: Headers }): boolean =>
  method === 'GET' || contentTypeOf(headers) === FORM;

/** @throws VendorError when it is no JSON object in UTF-8 */
export async function jsonParamsOf({ headers, body }: Received): Promise<unknown> {
  if (!['', 'application/json'].includes(contentTypeOf(headers)))
    throw new VendorError('UnsupportedProtocol', {
      en: 'A body has to be application/json or application/x-www-form-urlencoded.',
      zh: '请求体必须是 application/json 或 application/x-www-form-urlencoded。',
    });
  if (body.length === 0) return {};
  const value = await readJson(body).catch((error: unknown) => {
    const { code } = toProblem(error);
    throw new VendorError(code === 'BODY_TOO_LARGE' ? 'RequestSizeLimitExceeded' : 'InvalidParameter', {
      en: 'The body can’t be read as one JSON object in UTF-8 without repeated names.',
      zh: '请求体无法解析为无重复字段的 UTF-8 编码 JSON 对象。',
    });
  });
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new VendorError('InvalidParameter', {
    en: 'The body has to be a JSON object.',
    zh: '请求体必须是 JSON 对象。',
  });
}
