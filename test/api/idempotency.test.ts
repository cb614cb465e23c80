/**
 * Keys and what is derived from them. What the database does with them is tested on the database
 * (test/service).
 */
import { commandIdOf, derivedId } from '../../api/asking';
import { readKey, requestFingerprint } from '../../api/http/idempotency';

it.each(['a', '"quoted"', 'x'.repeat(255), '!~', '3f0e…'.replace('…', '-')])('%p is a key', (key) => {
  expect(readKey(key, 'required')).toBe(key);
  expect(readKey(key, 'optional')).toBe(key);
});

it.each(['', ' ', 'a b', 'x'.repeat(256), 'ключ', 'a\tb', 'a, b'])('%p is none', (key) => {
  expect(() => readKey(key, 'optional')).toThrow(
    expect.objectContaining({ code: 'IDEMPOTENCY_KEY_INVALID', status: 400 }),
  );
});

it('is required on POST only', () => {
  expect(() => readKey(undefined, 'required')).toThrow(
    expect.objectContaining({ code: 'IDEMPOTENCY_KEY_REQUIRED', status: 400 }),
  );
  expect(readKey(undefined, 'optional')).toBeUndefined();
  expect(readKey('a b', 'none')).toBeUndefined();
});

it('a repeat derives the same ids, another key or caller others', () => {
  const id = derivedId('t', commandIdOf('operator', 'k1'));
  expect(id).toMatch(/^t_[0-9a-f]{32}$/);
  expect(derivedId('t', commandIdOf('operator', 'k1'))).toBe(id);
  expect(derivedId('t', commandIdOf('operator', 'k2'))).not.toBe(id);
  expect(derivedId('t', commandIdOf('somebody', 'k1'))).not.toBe(id);
});

it('the order of members does not make another request; anything else does', () => {
  const of = (method: string, address: string, body: unknown) => requestFingerprint(method, address, body);
  const first = of('POST', '/v1/quotes', { a: 1, b: [{ c: 2, d: 3 }] });
  expect(of('POST', '/v1/quotes', { b: [{ d: 3, c: 2 }], a: 1 })).toBe(first);
  expect(of('PUT', '/v1/quotes', { a: 1, b: [{ c: 2, d: 3 }] })).not.toBe(first);
  expect(of('POST', '/v1/quotes?x', { a: 1, b: [{ c: 2, d: 3 }] })).not.toBe(first);
  expect(of('POST', '/v1/quotes', { a: '1', b: [{ c: 2, d: 3 }] })).not.toBe(first);
});
