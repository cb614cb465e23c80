/** The workflow bundle that is kept between starts: made again for any other source or package, and for nothing else. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keptBundle } from '../worker/bundle';

const ROOT = join(__dirname, '..');
let root: string;
let made: number;
const bundle = async (): Promise<string> => {
  const make = async () => ({ code: `bundle ${++made}` });
  return (await keptBundle(root, make)).code;
};
const kept = (): string[] => readdirSync(join(root, 'node_modules', '.cache', 'sunset'));

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sunset-bundle-'));
  made = 0;
  for (const source of ['workflows', 'domain', 'package-lock.json'])
    cpSync(join(ROOT, source), join(root, source), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('is made once of the same sources', async () => {
  expect([await bundle(), await bundle()]).toEqual(['bundle 1', 'bundle 1']);
});

it.each([['workflows/instance.ts'], ['domain/lifecycle.ts'], ['domain/new.ts'], ['package-lock.json']])(
  'is made anew when %s is another one, and the old one goes',
  async (file) => {
    await bundle();
    writeFileSync(join(root, file), '// another');
    expect([await bundle(), await bundle(), kept().length]).toEqual(['bundle 2', 'bundle 2', 1]);
  },
);

it('is made each time where nothing can be kept, or nothing says which packages there are', async () => {
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'node_modules', '.cache'), 'no folder');
  expect([await bundle(), await bundle()]).toEqual(['bundle 1', 'bundle 2']);
  rmSync(join(root, 'package-lock.json'));
  expect(await bundle()).toBe('bundle 3');
});
