/** From an Express request to a declared route and back. */
import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Lang } from '../../domain/text';
import { jsonOf } from '../../store/json';
import { commandIdOf } from '../asking';
import { ANYBODY } from '../caller';
import type { ApiDeps } from '../deps';
import { type Problem, presentProblem } from '../problem';
import type { LimitFailures } from './auth';
import type { Call, Reply } from './call';
import { isSecure } from './cookies';
import { once, readKey, requestFingerprint } from './idempotency';
import { languageOf, markLanguage } from './language';
import { toProblem } from './problems';
import type { Route } from './route';

/** `Prefer: respond-async`, alone or among other preferences (RFC 7240). */
const wantsAsync = (request: Request): boolean =>
  (request.get('prefer') ?? '')
    .split(',')
    .some((one) => one.split(';')[0]!.trim().toLowerCase() === 'respond-async');

const PREFERENCES = { json: 'json', csv: 'csv', 'text/event-stream': 'events' } as const;

const NO_BYTES = Buffer.alloc(0);

function preferenceOf(request: Request): Call['prefers'] {
  const type = request.accepts(Object.keys(PREFERENCES));
  return PREFERENCES[(type || 'json') as keyof typeof PREFERENCES];
}

/**
 * Answers a request by its route. Throws what becomes a problem of 500 and above, and what came before the
 * route's own work.
 */
export async function answerRequest(
  deps: ApiDeps,
  route: Route,
  request: Request,
  response: Response,
  limit: LimitFailures,
): Promise<void> {
  const lang = languageOf(request);
  response.locals.route = route.path;
  const caller = response.locals.caller ?? ANYBODY;
  const key = readKey(request.get('idempotency-key'), route.idempotency);
  const call: Call = {
    params: request.params,
    query: { ...request.query },
    body: request.body as unknown,
    caller,
    // Never the X-Request-Id: callers choose it, and a gateway may repeat it.
    commandId: key === undefined ? `request/${randomUUID()}` : commandIdOf(caller.name, key),
    respondAsync: route.async && wantsAsync(request),
    prefers: preferenceOf(request),
    lastEventId: request.get('last-event-id'),
    lang,
    session: response.locals.session,
    keyId: response.locals.keyId ?? null,
    received: { headers: request.headers, bytes: response.locals.bytes ?? NO_BYTES },
    isSecure: isSecure(request),
  };
  const run = () => attempt(route, call);
  const keyed = key !== undefined && {
    caller: caller.name,
    key,
    fingerprint: requestFingerprint(request.method, request.originalUrl, call.body),
  };
  const reply = keyed ? await once(deps, keyed, run) : await run();
  // Whoever tries to sign in with what is no key has failed to say who they are, like one who calls with it.
  if (route.open && reply.status === 401) await limit(request, response);
  await sendReply(response, lang, await route.reveal(reply, caller));
}

/** Problems below 500 are answers like any other: a repeat gets them again. */
async function attempt(route: Route, call: Call): Promise<Reply> {
  try {
    const reply = await route.run(call);
    return { ...reply, headers: { 'Content-Language': call.lang, ...reply.headers } };
  } catch (error) {
    const problem = toProblem(error);
    if (problem.status >= 500) throw error;
    // Too many at once says nothing of the command: its repeat is to ask again.
    return { ...problemReply(problem, call.lang), interim: problem.status === 429 };
  }
}

export function problemReply(problem: Problem, lang: Lang): Reply {
  const headers = {
    'Content-Type': 'application/problem+json',
    'Content-Language': lang,
    ...problem.extras.headers,
  };
  return { status: problem.status, body: presentProblem(problem, lang), headers };
}

export async function sendReply(
  response: Response,
  lang: Lang,
  { status, body, headers = {}, stream }: Reply,
): Promise<void> {
  markLanguage(response, lang);
  // A stored answer is in the language of its first asking, and says so itself.
  response.status(status);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (stream) {
    response.flushHeaders();
    stream(response);
    if (response.req.method === 'HEAD') response.end();
    return;
  }
  if (typeof body === 'string') {
    response.send(body);
    return;
  }
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', 'application/json');
  // Bytes, not text: JSON is always UTF-8, and its media types have no charset parameter.
  response.send(await jsonOf(body));
}
