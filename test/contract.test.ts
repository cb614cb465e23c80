/**
 * The contract runs in a browser: whoever shows or sends what the API takes can have its schemas, and nothing
 * of a server with them.
 */
import { build } from 'esbuild';

const SCHEMAS = [
  'answers',
  'books',
  'commands',
  'events',
  'keys',
  'problems',
  'registration-rules',
  'requests',
  'sessions',
];

it('a browser bundle of the contract has rules of the domain with it, and nothing of a server', async () => {
  const { metafile, outputFiles, warnings } = await build({
    stdin: {
      contents: SCHEMAS.map((name) => `export * as ${name.replace('-', '')} from './contract/${name}';`).join(
        '\n',
      ),
      resolveDir: '.',
    },
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    metafile: true,
  });
  const rooms = new Set(
    Object.keys(metafile.inputs)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => file.split('/')[0]),
  );
  expect([...rooms].sort()).toEqual(['contract', 'domain']);
  expect(warnings).toEqual([]);
  // What it asks of its surroundings: nothing of Node.
  expect(outputFiles[0]!.text).not.toMatch(/\brequire\(|process\.env|node:/);
});

it('and it reads there what the API reads here', async () => {
  const { outputFiles } = await build({
    stdin: {
      contents:
        "export { quoteSchema } from './contract/requests'; export { PERMISSIONS } from './domain/permissions';",
      resolveDir: '.',
    },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'contract',
    write: false,
  });
  // A browser's globals, and no others.
  const run = new Function('globalThis', `${outputFiles[0]!.text}; return contract;`) as (scope: object) => {
    quoteSchema: { safeParse(input: unknown): { success: boolean } };
    PERMISSIONS: string[];
  };
  const { quoteSchema, PERMISSIONS } = run({});
  expect(quoteSchema.safeParse({ action: 'terminate', instanceIds: ['web-1'] }).success).toBe(true);
  expect(quoteSchema.safeParse({ action: 'terminate', instanceIds: [] }).success).toBe(false);
  expect(PERMISSIONS).toContain('refund:approve');
});
