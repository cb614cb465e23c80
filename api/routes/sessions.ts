/** The console's sign-in: a key is exchanged for a cookie, with which any call can be made. */
import { CSRF_HEADER } from '../../contract/headers';
import { type SessionAnswer, sessionAnswer, sessionSchema } from '../../contract/sessions';
import { msOf } from '../../domain/instant';
import { PERMISSIONS } from '../../domain/permissions';
import type { Lang } from '../../domain/text';
import type { ApiDeps } from '../deps';
import type { Call } from '../http/call';
import { cookieFor, noCookie } from '../http/cookies';
import { type Route, route } from '../http/route';
import { Problem } from '../problem';
import { type Session, signIn, signOut } from '../use-cases/sessions';

const TAG = 'Sessions';

export const sessionRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/sessions',
    tag: TAG,
    summary: 'Sign in',
    description: `Sets a cookie (HttpOnly, SameSite=Strict) with which any call can be made as with the key; writes then also carry \`csrfToken\` in \`${CSRF_HEADER}\`. The session ends with its key, when it was not used for a while, and after a day’s work at the latest. Takes no Idempotency-Key: asked twice, there are two sessions.`,
    open: true,
    idempotency: 'none',
    body: sessionSchema,
    answers: { 201: { description: 'Who has signed in.', schema: sessionAnswer, setsCookie: true } },
    problems: {
      400: ['INVALID_REQUEST', 'MALFORMED_JSON'],
      401: ['WRONG_KEY', 'WRONG_CODE'],
      413: ['BODY_TOO_LARGE'],
      415: ['UNSUPPORTED_MEDIA_TYPE'],
      429: ['TOO_MANY_FAILURES'],
      500: ['INTERNAL'],
      503: ['UNAVAILABLE'],
    },
    handle: async (call) => {
      const { secret, session } = await signIn(deps, call.body);
      const cookie = cookieFor(secret, msOf(session.expiresAt), call.isSecure);
      const headers = { 'Set-Cookie': cookie, 'Cache-Control': 'no-store' };
      return { status: 201, body: presentSession(deps, session, call.lang), headers };
    },
  }),
  route({
    method: 'get',
    path: '/v1/sessions/current',
    tag: TAG,
    summary: 'Who is signed in',
    description: 'Of the request’s cookie. Like any other call it keeps the session from being unused.',
    permission: [],
    answers: { 200: { description: 'Who has signed in.', schema: sessionAnswer } },
    problems: { 401: ['NO_SESSION'] },
    handle: async (call) => ({
      status: 200,
      body: presentSession(deps, sessionOf(call), call.lang),
    }),
  }),
  route({
    method: 'delete',
    path: '/v1/sessions/current',
    tag: TAG,
    summary: 'Sign out',
    description: 'Holds at once, in every process of the API.',
    permission: [],
    answers: { 204: { description: 'The session is over.', setsCookie: true } },
    problems: { 401: ['NO_SESSION'] },
    handle: async (call) => {
      await signOut(deps, sessionOf(call));
      return { status: 204, body: '', headers: { 'Set-Cookie': noCookie(call.isSecure) } };
    },
  }),
];

/** Who comes with a key has none. */
function sessionOf({ session }: Pick<Call, 'session'>): Session {
  if (!session) throw new Problem('NO_SESSION');
  return session;
}

function presentSession(deps: ApiDeps, session: Session, language: Lang): SessionAnswer {
  const { caller, createdAt, expiresAt, idleAt, csrfToken } = session;
  const { sandbox } = deps;
  const webUi = caller.account === null ? workflowsAt(deps) : null;
  const permissions = PERMISSIONS.filter((one) => caller.may(one));
  const { account, name } = caller;
  return { account, name, permissions, language, sandbox, webUi, createdAt, expiresAt, idleAt, csrfToken };
}

/** The Web UI finds a workflow's latest run itself. */
const workflowsAt = ({ webUi, namespace }: ApiDeps): string | null =>
  webUi === undefined ? null : `${webUi}/namespaces/${encodeURIComponent(namespace)}/workflows/`;
