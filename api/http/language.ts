import type { Request, Response } from 'express';
import type { Lang } from '../../domain/text';

/** `Accept-Language`: any Chinese that is preferred to English gets Chinese, everybody else English. */
export function languageOf(request: Request): Lang {
  return request.acceptsLanguages('en', 'zh') === 'zh' ? 'zh' : 'en';
}

/** Says which language an answer is in, and that caches must not mix them up. */
export function markLanguage(response: Response, lang: Lang): void {
  response.setHeader('Content-Language', lang);
  response.vary('Accept-Language');
}
