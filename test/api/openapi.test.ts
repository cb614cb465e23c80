/** The document lists every call of the contract, and says of each what the router does. */

import { Registry } from 'prom-client';
import { openApiDocument } from '../../api/http/openapi';
import { allRoutes } from '../../api/routes';
import { parseRegistration } from '../../contract/registration-rules';
import { quoteSchema } from '../../contract/requests';
import { POLICIES } from '../../policies';
import { depsWithoutServers } from './app';

interface Operation {
  operationId: string;
  parameters?: { name: string; in: string; required: boolean }[];
  requestBody?: { content: Record<string, { schema: unknown }> };
  responses: Record<string, { description: string; content?: Record<string, unknown> }>;
  security: unknown[];
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
}

const deps = depsWithoutServers();
afterAll(async () => {
  await deps.pool.end();
  await deps.temporal.connection.close();
});
const routes = allRoutes(deps, new Registry());
const PRODUCTS = POLICIES.map(({ product }) => product);
const document = JSON.parse(JSON.stringify(openApiDocument(routes, PRODUCTS))) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method,
    path,
    operation,
  })),
);

/** Every call that there is to be. */
const CONTRACT = `
PUT /v1/instances/{id}
GET /v1/instances
GET /v1/instances/{id}
GET /v1/instance-facets
GET /v1/instances/{id}/timeline
GET /v1/instances/{id}/commands
GET /v1/instances/{id}/refund-curve
POST /v1/instances/{id}/start
POST /v1/instances/{id}/stop
POST /v1/instances/{id}/operations
POST /v1/instances/{id}/operations/end
POST /v1/instances/{id}/orders
PUT /v1/instances/{id}/prices
POST /v1/instances/{id}/repair
GET /v1/troubles
GET /v1/control-planes
POST /v1/instances/{id}/resolve
GET /v1/drift
POST /v1/drift/{id}
POST /v1/control-plane/confirmations
POST /v1/instances/{id}/protect
POST /v1/instances/{id}/unprotect
POST /v1/quotes
GET /v1/policies
GET /v1/policies/{product}
GET /v1/quotes/{id}
POST /v1/terminations
GET /v1/terminations
GET /v1/terminations/{id}
POST /v1/instances/{id}/cancel
POST /v1/instances/{id}/reschedule
POST /v1/instances/{id}/restore
POST /v1/instances/{id}/purge
GET /v1/recycle-bin
GET /v1/refunds
GET /v1/refunds/{id}
GET /v1/accounts/{account}
GET /v1/accounts/{account}/statement
PUT /v1/accounts/{account}
GET /v1/accounts/{account}/balances
POST /v1/accounts/{account}/adjustments
GET /v1/accounts/{account}/adjustments
GET /v1/trial-balance
GET /v1/audits
GET /v1/audits/{id}
POST /v1/refund-requests
GET /v1/refund-requests
GET /v1/refund-requests/{id}
POST /v1/refund-requests/{id}/approve
POST /v1/refund-requests/{id}/deny
POST /v1/refunds/{id}/undo
PUT /v1/instances/{id}/hold
POST /v1/instances/{id}/network
POST /v1/instances/{id}/usage
GET /v1/instances/{id}/usage
POST /v1/keys
GET /v1/keys
POST /v1/keys/{id}/revoke
GET /v1/events
GET /v1/accounts
GET /v1/instances/{id}/renewal-price
GET /v1/audit-checks
GET /v1/seal
POST /v1/sessions
GET /v1/sessions/current
DELETE /v1/sessions/current
POST /v1/instances/{id}/fast-forward
GET /healthz
GET /readyz
GET /metrics
`;

it('has exactly the calls of the contract', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(operations.map(({ name }) => name).sort()).toEqual(CONTRACT.trim().split('\n').sort());
  expect(routes).toHaveLength(operations.length);
});

it('refers only to what it defines', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
    (found) => found[1]!,
  );
  expect(references.length).toBeGreaterThan(50);
  for (const name of new Set(references)) expect(document.components.schemas).toHaveProperty([name]);
});

it('names every operation once', () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

/** By who sends it: a signature stands for key and repeat. */
const isSigned = (path: string): boolean => path === '/v1/control-plane/confirmations';

describe.each(operations)('$name', ({ method, path, operation }) => {
  const parameter = (name: string) => operation.parameters?.find((one) => one.name === name);

  it('declares the parameters of its path', () => {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map((found) => found[1]!);
    for (const name of names) expect(parameter(name)).toMatchObject({ in: 'path', required: true });
  });

  it('takes Idempotency-Key where the contract has it', () => {
    const required: Record<string, boolean> = { post: true, put: false };
    const expected = path.startsWith('/v1/sessions') || isSigned(path) ? undefined : required[method];
    expect(parameter('Idempotency-Key')?.required).toBe(expected);
  });

  it('answers problems, and asks for a key unless it is open', () => {
    const isOpen = !path.startsWith('/v1') || path === '/v1/sessions' || isSigned(path);
    const bySession = method === 'get' ? { session: [] } : { session: [], csrf: [] };
    expect(operation.security).toEqual(isOpen ? [] : [{ bearer: [] }, bySession]);
    if (isOpen) return;
    for (const status of ['400', '401', '503'])
      expect(operation.responses[status]?.content).toHaveProperty(['application/problem+json']);
    if (path.includes('{')) expect(operation.responses).toHaveProperty(['404']);
  });
});

it('lists take limit and cursor, and filter by account', () => {
  for (const path of ['/v1/instances', '/v1/recycle-bin', '/v1/terminations', '/v1/refunds']) {
    const names = document.paths[path]!.get!.parameters!.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['account', 'limit', 'cursor']));
  }
});

it('its examples are valid', () => {
  const example = (name: string) =>
    (document.components.schemas[name] as { examples: unknown[] }).examples[0];
  expect(parseRegistration(example('Registration'), POLICIES)).toMatchObject({ ok: true });
  expect(quoteSchema.safeParse(example('QuoteRequest')).success).toBe(true);
});
