/** L13: which of the database's errors are tried again, and which are the same each time. */
import { canPass } from '../store/db';

const withCode = (code: string) => Object.assign(new Error('x'), { code });

it.each([
  '08006',
  '25006',
  '28P01',
  '3D000',
  '40001',
  '40P01',
  '53300',
  '55P03',
  '57P01',
  '58030',
  'ECONNREFUSED',
  'EPIPE',
  'EAI_AGAIN',
])('L13: %s may pass', (code) => expect(canPass(withCode(code))).toBe(true));

it.each([
  '0A000',
  '22P02',
  '22007',
  '23505',
  '23514',
  '42P01',
  '42501',
  '54000',
  'P0001',
  'XX000',
  'ERR_INVALID_ARG_TYPE',
])('L13: %s is the same each time', (code) => expect(canPass(withCode(code))).toBe(false));

it.each([
  'Connection terminated unexpectedly',
  'timeout exceeded when trying to connect',
  'Client was closed and is not queryable',
  'Cannot use a pool after calling end on the pool',
])('L13: "%s", as the driver says it, may pass', (message) => expect(canPass(new Error(message))).toBe(true));

it.each([
  new TypeError('x is undefined'),
  new Error('policy p is not in the store'),
  'text',
  null,
  undefined,
  { code: 5 },
])('L13: %s is the same each time', (error) => expect(canPass(error)).toBe(false));
