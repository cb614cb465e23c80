import type { SessionAnswer } from '../../../contract/sessions';
import { call } from './call';

/** With a key, or with the code of a link that signs in once. */
export const signIn = (by: { key: string } | { code: string }): Promise<SessionAnswer> =>
  call<SessionAnswer>('POST', '/v1/sessions', { body: by });
