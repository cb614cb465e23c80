/** What docs/ says of the code is what the code says. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '..');

it('the parts made from code are up to date (npm run docs)', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['node_modules/tsx/dist/cli.mjs', 'tools/docs.ts', '--check'],
    {
      cwd: ROOT,
    },
  );
  expect(stdout).toBe('');
});

describe('decisions', () => {
  const ROOMS = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^(\.|dist|docs|node_modules)/.test(entry.name))
    .map(({ name }) => name);
  const files = ROOMS.flatMap((room) =>
    (readdirSync(join(ROOT, room), { recursive: true }) as string[])
      .filter((file) => /\.(ts|sql)$/.test(file))
      .map((file) => join(room, file)),
  );
  const numbers = [...readFileSync(join(ROOT, 'docs/design.md'), 'utf8').matchAll(/^\*\*(\d+)\. /gm)].map(
    ([, number]) => Number(number),
  );

  it('each has its own number in docs/design.md', () =>
    expect(numbers).toEqual(numbers.map((_, index) => index + 1)));

  it('those that comments name are there', () => {
    // A comment may end its line within the name.
    const named = files.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\bdecision[\s*]+(\d+)/g)].map(
        ([, number]) => [file, Number(number)] as const,
      ),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(([, number]) => !numbers.includes(number))).toEqual([]);
  });
});
