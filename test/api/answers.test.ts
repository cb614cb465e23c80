/**
 * Every answer that a test gets is held against the OpenAPI document: what does not agree with it fails that
 * test.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { openApiDocument } from '../../api/http/openapi';
import { allRoutes } from '../../api/routes';
import { POLICIES } from '../../policies';
import { type Answer, AnswerCheck, type ApiDocument } from '../support/answers';
import { Http } from '../support/http';
import { depsWithoutServers } from './app';

const deps = depsWithoutServers();
afterAll(async () => {
  await deps.pool.end();
  await deps.temporal.connection.close();
});
const PRODUCTS = POLICIES.map(({ product }) => product);
const document = JSON.parse(
  JSON.stringify(openApiDocument(allRoutes(deps, new Registry()), PRODUCTS)),
) as ApiDocument;
const check = new AnswerCheck(document);

const AT = '2026-11-01T00:00:00.000Z';
const ITEM = {
  instanceId: 'i-1',
  status: 'accepted',
  schedule: { mode: 'now' },
  refundId: null,
  releaseTime: null,
  problem: null,
};
const TERMINATION = {
  id: 't_1',
  quoteId: 'q_1',
  action: 'terminate',
  schedule: { mode: 'now' },
  status: 'running',
  agreedAt: AT,
  agreedVia: 'api',
  rulesVersion: 'tencent-cvm@1',
  items: [ITEM],
};
const PROBLEM = { type: 't', title: 't', status: 404, detail: 'd', code: 'NOT_FOUND', next: 'n', errors: [] };

const JSON_TYPE = { 'content-type': 'application/json' };
const answer = (body: unknown, more: Partial<Answer> = {}): Answer => ({
  method: 'GET',
  path: '/v1/terminations/t_1?x=1',
  status: 200,
  headers: new Headers(JSON_TYPE),
  text: JSON.stringify(body),
  ...more,
});
const problem = (more: Partial<Answer> = {}): Answer =>
  answer(PROBLEM, {
    status: 404,
    headers: new Headers({ 'content-type': 'application/problem+json' }),
    ...more,
  });

it('an item without a problem says `problem: null`, alone and in the list', () => {
  expect(check.faultOf(answer(TERMINATION))).toBeUndefined();
  const list = answer({ items: [TERMINATION], nextCursor: null }, { path: '/v1/terminations' });
  expect(check.faultOf(list)).toBeUndefined();
  expect(check.faultOf(problem())).toBeUndefined();
});

it('before a named schema could be null, the document let no such item pass', () => {
  const text = JSON.stringify(document).replaceAll(
    '{"anyOf":[{"$ref":"#/components/schemas/Problem"},{"type":"null"}]}',
    '{"allOf":[{"$ref":"#/components/schemas/Problem"},{"type":["object","null"]}]}',
  );
  expect(new AnswerCheck(JSON.parse(text)).faultOf(answer(TERMINATION))).toMatch(/problem must be object/);
});

it.each<[string, Answer, RegExp]>([
  [
    'a member is missing',
    answer({ ...TERMINATION, items: undefined }),
    /must have required property 'items'/,
  ],
  [
    'a member is of another type',
    answer({ ...TERMINATION, items: [{ ...ITEM, problem: 'x' }] }),
    /items\/0\/problem must be/,
  ],
  ['a member is not in the document', answer({ ...TERMINATION, secret: 1 }), /additional properties/],
  [
    'a value is none of those that are named',
    answer({ ...TERMINATION, status: 'gone' }),
    /status must be equal to one of/,
  ],
  ['an instant is none', answer({ ...TERMINATION, agreedAt: '2026-11-01' }), /agreedAt must match format/],
  ['the status is another', answer(TERMINATION, { status: 206 }), /206: the status is not declared/],
  ['so is that of a problem', problem({ status: 418 }), /418: the status is not declared/],
  [
    'the media type is another',
    problem({ headers: new Headers(JSON_TYPE) }),
    /media type application\/json is not declared/,
  ],
  [
    'a header is missing',
    answer(TERMINATION, { method: 'POST', path: '/v1/terminations', status: 202 }),
    /the declared header Location is missing/,
  ],
])('a fault is named: %s', (_, wrong, fault) => {
  expect(check.faultOf(wrong)).toMatch(fault);
});

it('what the document has no call for is passed over', () => {
  expect(check.faultOf(answer({}, { path: '/v1/nothing' }))).toBeUndefined();
  expect(check.faultOf(answer({}, { method: 'OPTIONS' }))).toBeUndefined();
});

it('the tests’ client throws where a service answers what its own document does not say', async () => {
  const wrong = { ...TERMINATION, items: [{ ...ITEM, problem: 'none' }] };
  const server = createServer((request, response) => {
    const body = { '/openapi.json': document, '/v1/terminations/t_1': TERMINATION }[request.url!] ?? wrong;
    response.writeHead(200, JSON_TYPE).end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const http = new Http(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'a key');
  try {
    expect((await http.get('/v1/terminations/t_1')).body).toEqual(TERMINATION);
    await expect(http.get('/v1/terminations/t_2')).rejects.toThrow(
      /^not as \/openapi\.json says: GET \/v1\/terminations\/t_2 → 200: .*items\/0\/problem must be object/,
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
