/** What signatures are made of. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** In hex. */
export const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

export const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

/** Digests of both, so that neither length nor content shows in the time that it takes. */
export const isSame = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
