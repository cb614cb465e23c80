/** What docs/ says of the code is what the code says. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

it('the parts made from code are up to date (npm run docs)', async () => {
  const root = join(__dirname, '..');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['node_modules/tsx/dist/cli.mjs', 'tools/docs.ts', '--check'],
    {
      cwd: root,
    },
  );
  expect(stdout).toBe('');
});
