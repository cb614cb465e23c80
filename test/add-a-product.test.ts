/**
 * docs/add-a-product.md, followed literally in a copy of the project: both files are written as the page
 * says, and the product is known.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '..');
const COPIED = [
  'api',
  'cli',
  'domain',
  'drivers',
  'facades',
  'contract',
  'policies',
  'temporal',
  'store',
  'workflows',
  'test/domain',
  'test/fixtures',
  'test/support',
  'package.json',
  'tsconfig.json',
];
const copy = realpathSync(mkdtempSync(join(tmpdir(), 'sunset-product-')));
const run = async (program: string, ...args: string[]): Promise<string> => {
  const { stdout, stderr } = await promisify(execFile)(program, args, { cwd: copy });
  return stdout + stderr;
};

beforeAll(() => {
  for (const path of [...COPIED, 'jest.config.js'])
    cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const page = readFileSync(join(ROOT, 'docs', 'add-a-product.md'), 'utf8');
  const [policy, naming] = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);
  writeFileSync(join(copy, 'policies', 'acme-queue.ts'), policy!);
  // The page shows two lines: one that is new, and one in place of the one that is there.
  const [added, list] = naming!.trim().split('\n\n');
  const index = readFileSync(join(copy, 'policies', 'index.ts'), 'utf8');
  expect(index).toContain(list!.replace(', acmeQueue', ''));
  writeFileSync(
    join(copy, 'policies', 'index.ts'),
    `${added}\n${index.replace(/^export const POLICIES.*$/m, list!)}`,
  );
});
afterAll(() => rmSync(copy, { recursive: true }));

it('its worked examples run as tests, and pass', async () => {
  const out = await run(
    'node_modules/.bin/jest',
    '--selectProjects=rules',
    '--testPathPatterns=test/domain/policies',
    '--verbose',
  );
  expect(out).toContain('acme-1');
  expect(out).toContain('acme-2');
  expect(out).not.toMatch(/✕/);
});

it('the quote command knows it', async () => {
  const order = {
    id: 'o1',
    kind: 'purchase',
    startsAt: '2026-11-01T00:00:00Z',
    endsAt: '2027-11-01T00:00:00Z',
    paid: { cash: '360' },
  };
  const instance = {
    account: '300001',
    product: 'acme-queue',
    billing: 'prepaid',
    region: 'eu-1',
    prices: { version: '2026-11', currency: 'EUR', month: '30', hour: '0.06' },
    orders: [order],
  };
  writeFileSync(
    join(copy, 'case.json'),
    JSON.stringify({ instance, action: 'return', at: '2026-11-03T00:00:00Z' }),
  );
  const item = JSON.parse(
    await run(process.execPath, 'node_modules/tsx/dist/cli.mjs', 'cli/quote.ts', 'case.json'),
  );
  expect(item).toMatchObject({
    permitted: true,
    refund: { kind: 'five-day', amount: '360.00', currency: 'EUR' },
  });
});
