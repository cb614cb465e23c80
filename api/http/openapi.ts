/**
 * The OpenAPI 3.1 document, made from the declarations of the routes and the zod schemas that validate them.
 */
import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type ResponseConfig,
  type RouteConfig,
} from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { problemAnswer } from '../../contract/answers';
import { CSRF_HEADER } from '../../contract/headers';
import { PRODUCTS } from '../../contract/registration';
import type { Route } from './route';

const VERSION = '1';
const DESCRIPTION = [
  'Ends the life of cloud instances properly: terminate, keep in a recycle bin, restore or release, refund to the cent and book it once.',
  'Times are ISO-8601 with offset, money is a decimal string beside a currency, errors are `application/problem+json` in English or Chinese',
  'by `Accept-Language`. Writes take `Idempotency-Key`: the same key with the same request has one effect and one answer.',
].join(' ');

const keyHeader = z
  .string()
  .regex(/^[!-~]{1,255}$/)
  .meta({
    description:
      '1 to 255 visible ASCII characters. A repeat is answered with the stored answer and `Idempotency-Hit: true`.',
  });
const lastEventHeader = z.string().optional().meta({
  description: 'Of a stream: goes on after this event. Browsers send it by themselves.',
});
const preferHeader = z
  .string()
  .optional()
  .meta({
    description: '`respond-async`: the workflow is signalled and 202 answered at once.',
    examples: ['respond-async'],
  });

const SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'sunset_session',
    description: 'Set by `POST /v1/sessions`; over HTTPS its name begins with `__Host-`.',
  },
  csrf: {
    type: 'apiKey',
    in: 'header',
    name: CSRF_HEADER,
    description: 'The session’s `csrfToken`: with the cookie, writes need it.',
  },
} as const;

/** @param products the names of those that this installation offers */
export function openApiDocument(routes: readonly Route[], products: string[]): object {
  const registry = new OpenAPIRegistry();
  const [bearer, session, csrf] = Object.entries(SCHEMES).map(
    ([name, scheme]) => registry.registerComponent('securitySchemes', name, scheme).name,
  ) as [string, string, string];
  // Any one of them; what stands together is needed together.
  const looking = [{ [bearer]: [] }, { [session]: [] }];
  const writing = [{ [bearer]: [] }, { [session]: [], [csrf]: [] }];
  const securityOf = ({ open, method }: Route) => {
    if (open) return [];
    return method === 'get' ? looking : writing;
  };
  for (const one of routes) registry.registerPath({ ...operation(one), security: securityOf(one) });
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Sunset',
      version: VERSION,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map((one) => one.tag))].map((name) => ({ name })),
  });
  return completed(document, products) as object;
}

/** The document with what its generator can't know or gets wrong, part by part. */
function completed(part: unknown, products: string[]): unknown {
  if (Array.isArray(part))
    return part[0] === PRODUCTS ? products : part.map((one) => completed(one, products));
  if (typeof part !== 'object' || part === null) return part;
  return nullable(
    Object.fromEntries(Object.entries(part).map(([name, value]) => [name, completed(value, products)])),
  );
}

/**
 * A named schema that may be null comes out as `allOf` the name and `object | null`, which no null passes:
 * the name lets none in. What is meant is any one of them.
 */
function nullable(schema: Record<string, unknown>): Record<string, unknown> {
  const [named, more] = Array.isArray(schema.allOf) ? (schema.allOf as Record<string, unknown>[]) : [];
  if (!named?.$ref || !Array.isArray(more?.type) || !more.type.includes('null')) return schema;
  const { type: _, ...described } = more;
  return { ...schema, allOf: undefined, anyOf: [{ $ref: named.$ref }, { type: 'null' }], ...described };
}

function operation(one: Route): RouteConfig {
  const headers = headersOf(one);
  const { params, query, body } = one;
  return {
    method: one.method,
    path: one.path,
    operationId: operationId(one),
    summary: one.summary,
    ...(one.description ? { description: one.description } : {}),
    tags: [one.tag],
    ...(one.open ? {} : { 'x-permissions': [...one.permissions], 'x-staff-only': one.staffOnly }),
    request: {
      ...(Object.keys(params.shape).length ? { params } : {}),
      ...(Object.keys(query.shape).length ? { query } : {}),
      ...(headers ? { headers } : {}),
      ...(body
        ? { body: { required: !acceptsNothing(body), content: { 'application/json': { schema: body } } } }
        : {}),
    },
    responses: { ...problemsOf(one), ...answersOf(one) },
  };
}

const acceptsNothing = (body: z.ZodType): boolean => body.safeParse({}).success;

/** `GET /v1/instances/{id}/timeline` → `getInstancesIdTimeline`. */
function operationId({ method, path }: Route): string {
  const words = path
    .replace(/^\/v1/, '')
    .split(/[^A-Za-z]+/)
    .filter(Boolean);
  return method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}

function headersOf(one: Route): z.ZodObject | undefined {
  const shape: Record<string, z.ZodType> = {};
  if (one.idempotency !== 'none')
    shape['Idempotency-Key'] = one.idempotency === 'required' ? keyHeader : keyHeader.optional();
  if (one.async) shape.Prefer = preferHeader;
  if (Object.values(one.answers).some(({ events }) => events)) shape['Last-Event-ID'] = lastEventHeader;
  return Object.keys(shape).length ? z.object(shape) : undefined;
}

const problem = (description: string): ResponseConfig => ({
  description,
  content: { 'application/problem+json': { schema: problemAnswer } },
});

const CSV = { 'text/csv': { schema: z.string() } };
const EVENTS = { 'text/event-stream': { schema: z.string() } };

function answersOf(one: Route): Record<string, ResponseConfig> {
  const response = ({
    description,
    schema,
    location,
    contentType,
    csv,
    events,
    setsCookie,
  }: Route['answers'][number]): ResponseConfig => ({
    description,
    ...(location ? { headers: z.object({ Location: z.string().meta({ description: location }) }) } : {}),
    ...(setsCookie ? { headers: z.object({ 'Set-Cookie': z.string() }) } : {}),
    ...(schema
      ? {
          content: {
            [contentType ?? 'application/json']: { schema },
            ...(csv ? CSV : {}),
            ...(events ? EVENTS : {}),
          },
        }
      : {}),
  });
  return Object.fromEntries(
    Object.entries(one.answers).map(([status, answer]) => [status, response(answer)]),
  );
}

/** What any call may answer, and what this one may on top of it. */
function problemsOf(one: Route): Record<string, ResponseConfig> {
  const codes = one.open ? {} : commonProblems(one);
  for (const [status, more] of Object.entries(one.problems)) {
    codes[Number(status)] = [...new Set([...(codes[Number(status)] ?? []), ...more])];
  }
  return Object.fromEntries(
    Object.entries(codes).map(([status, names]) => [
      status,
      problem(names.map((name) => `\`${name}\``).join(', ')),
    ]),
  );
}

function commonProblems({ method, idempotency, params }: Route): Record<number, string[]> {
  const writes = method !== 'get';
  const keyed = idempotency !== 'none';
  return {
    400: [
      'INVALID_REQUEST',
      'MALFORMED_URL',
      ...(writes ? ['MALFORMED_JSON'] : []),
      ...(keyed ? ['IDEMPOTENCY_KEY_REQUIRED', 'IDEMPOTENCY_KEY_INVALID'] : []),
    ],
    401: ['UNAUTHENTICATED', 'NO_SESSION'],
    403: ['FORBIDDEN', ...(writes ? ['CSRF'] : [])],
    ...(Object.keys(params.shape).length ? { 404: ['NOT_FOUND'] } : {}),
    ...(writes ? { 413: ['BODY_TOO_LARGE'], 415: ['UNSUPPORTED_MEDIA_TYPE'] } : {}),
    ...(keyed ? { 409: ['IDEMPOTENCY_RUNNING'], 422: ['IDEMPOTENCY_KEY_REUSED'] } : {}),
    429: ['TOO_MANY_FAILURES'],
    500: ['INTERNAL'],
    503: ['UNAVAILABLE'],
  };
}
