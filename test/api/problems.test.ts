/** Errors as callers see them: status, code, sentences in both languages, and nothing of our insides. */

import { toProblem } from '../../api/http/problems';
import { invalid, notFound, Problem, presentProblem } from '../../api/problem';
import { SENTENCES } from '../../contract/blockers';
import { issue } from '../../contract/issues';
import { BadCursor } from '../../store/paging';
import { CommandRefused, NotRunning, Unavailable } from '../../temporal/meaning';

const CHINESE = /\p{Script=Han}/u;

it('names every bad field with its pointer, in the language asked for', () => {
  const problem = invalid([issue(['orders', 0, 'paid', 'a/b'], 'NOT_MONEY'), issue([], 'NOTHING_TO_CHANGE')]);
  expect(presentProblem(problem, 'en')).toEqual({
    type: 'urn:sunset:problem:invalid-request',
    title: 'The request is not valid',
    status: 400,
    detail: 'Some fields can’t be accepted; each is named in `errors`.',
    code: 'INVALID_REQUEST',
    next: expect.any(String),
    errors: [
      {
        pointer: '/orders/0/paid/a~1b',
        code: 'NOT_MONEY',
        detail: expect.stringContaining('decimal string'),
      },
      { pointer: '', code: 'NOTHING_TO_CHANGE', detail: expect.any(String) },
    ],
  });
  const chinese = presentProblem(problem, 'zh');
  for (const text of [
    chinese.title,
    chinese.detail,
    chinese.next,
    ...chinese.errors.map((one) => one.detail),
  ])
    expect(text).toMatch(CHINESE);
});

it.each(Object.keys(SENTENCES))(
  '%s of the lifecycle is 409 with its sentence, next step and state',
  (code) => {
    const body = presentProblem(new Problem(code, { state: 'running' }), 'en');
    expect(body).toMatchObject({ status: 409, code, state: 'running', errors: [] });
    expect(body.detail).toBe(`${SENTENCES[code as keyof typeof SENTENCES].message.en} Its state is running.`);
    expect(body.next).toBe(SENTENCES[code as keyof typeof SENTENCES].next.en);
  },
);

it('a code of another version is still an answer', () => {
  expect(presentProblem(new Problem('MOON_PHASE'), 'zh')).toMatchObject({ status: 409, code: 'MOON_PHASE' });
});

it('says what kind of thing is missing', () => {
  expect(presentProblem(notFound('instance', 'i-1'), 'en')).toMatchObject({
    status: 404,
    code: 'NOT_FOUND',
    detail: 'There is no instance i-1.',
  });
});

it('answers the first 200 bad fields of a body that has thousands', () => {
  const many = Array.from({ length: 5000 }, (_, index) => issue([index], 'UNKNOWN_FIELD'));
  expect(presentProblem(invalid(many), 'en').errors).toHaveLength(200);
});

it.each<[string, unknown, number, string]>([
  ['a cursor that is none', new BadCursor(), 400, 'INVALID_REQUEST'],
  ['a refusal', new CommandRefused({ code: 'BUSY', state: 'changing' }), 409, 'BUSY'],
  [
    'a renewal that is missing',
    new CommandRefused({ code: 'RENEWAL_REQUIRED', state: 'isolated' }),
    400,
    'INVALID_REQUEST',
  ],
  [
    'a renewal too many',
    new CommandRefused({ code: 'RENEWAL_NOT_ALLOWED', state: 'isolated' }),
    400,
    'INVALID_REQUEST',
  ],
  ['nobody answers', new Unavailable('late', true), 503, 'UNAVAILABLE'],
  ['no workflow', new NotRunning('gone'), 503, 'UNAVAILABLE'],
  ['PostgreSQL is away', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 503, 'UNAVAILABLE'],
  ['PostgreSQL is shutting down', Object.assign(new Error('x'), { code: '57P01' }), 503, 'UNAVAILABLE'],
  ['a lost connection', new Error('Connection terminated unexpectedly'), 503, 'UNAVAILABLE'],
  ['a large body', { status: 413, type: 'entity.too.large' }, 413, 'BODY_TOO_LARGE'],
  ['no JSON', { status: 400, type: 'entity.parse.failed' }, 400, 'MALFORMED_JSON'],
  ['another charset', { status: 415, type: 'charset.unsupported' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['a bad percent sign', new URIError('malformed'), 400, 'MALFORMED_URL'],
  ['a bug', new TypeError('secret is undefined'), 500, 'INTERNAL'],
  ['something thrown that is no error', 'secret', 500, 'INTERNAL'],
  ['nothing thrown', undefined, 500, 'INTERNAL'],
])('%s', (_, error, status, code) => {
  const problem = toProblem(error);
  expect(problem).toMatchObject({ status, code });
  expect(JSON.stringify(presentProblem(problem, 'en'))).not.toContain('secret');
});
