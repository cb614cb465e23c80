/** The console's sign-in, as it comes in and as it is answered. */
import { z } from 'zod';
import { PERMISSIONS } from '../domain/permissions';
import { instantText } from './answers';
import { CSRF_HEADER } from './headers';
import { evenBeside } from './issues';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const sessionSchema = z
  .strictObject({
    key: z.string().max(1000).optional().meta({ description: 'A bearer key, or the operator’s own.' }),
    code: z.string().max(1000).optional().meta({
      description: 'Of the link that `npm start` prints: it signs in once, within 10 minutes.',
    }),
  })
  .refine(({ key, code }) => (key === undefined) !== (code === undefined), {
    error: 'KEY_OR_CODE',
    ...evenBeside(isObject),
  })
  .meta({ id: 'SignIn', description: 'One of the two.' });

export const sessionAnswer = z
  .object({
    account: z
      .string()
      .nullable()
      .meta({ description: 'The only account that exists for the session; null: all accounts.' }),
    name: z.string().meta({ description: 'Who it is, as it stands in `by` of what they do.' }),
    permissions: z.array(z.enum(PERMISSIONS)),
    language: z.enum(['en', 'zh']).meta({ description: 'Of the request, by `Accept-Language`.' }),
    sandbox: z.boolean().meta({ description: 'Whether instances can be fast-forwarded here.' }),
    webUi: z
      .string()
      .nullable()
      .meta({
        description:
          'For callers of all accounts: where Temporal’s Web UI shows a workflow, by its name after this (`instance%2Fweb-1`); null where it is not known.',
        examples: ['http://127.0.0.1:8233/namespaces/default/workflows/'],
      }),
    createdAt: instantText,
    expiresAt: instantText.meta({ description: 'It ends then at the latest.' }),
    idleAt: instantText.meta({ description: 'It ends then unless a request is made with it before.' }),
    csrfToken: z.string().meta({ description: `What writes carry in \`${CSRF_HEADER}\`.` }),
  })
  .meta({ id: 'Session' });

export type SessionAnswer = z.infer<typeof sessionAnswer>;
