/**
 * Every command block of README and docs works as written, in the order of its page. Only the service's
 * address and the key's place are those of the service under test. A block that can't run says why in a
 * comment before it. docs/cli.md is run by cli.test.ts.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { blocksOf } from '../support/commands-in-docs';
import { useService } from '../support/service';

const ROOT = join(__dirname, '..', '..');
const PAGES = [
  'README.md',
  'README.zh.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`),
];
const ELSEWHERE = ['docs/cli.md'];

let keyFile: string;
const { service } = useService();
beforeAll(async () => {
  keyFile = join(mkdtempSync(join(tmpdir(), 'sunset-docs-')), 'operator.key');
  writeFileSync(keyFile, service.http.operatorKey);
});

/** Runs in a shell of its own, without holding up the service in this process. */
async function shell(script: string): Promise<string> {
  const { url, operatorKey } = service.http;
  const env = {
    ...process.env,
    SUNSET_URL: url,
    SUNSET_OPERATOR_KEY: operatorKey,
    DATABASE_URL: service.serviceUrl,
  };
  const here = script
    .replaceAll('http://127.0.0.1:3000', service.http.url)
    .replaceAll('.sunset/operator.key', keyFile);
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', here], {
    cwd: ROOT,
    env,
    maxBuffer: 1e8,
  });
  return stdout;
}

const pages = PAGES.filter(
  (page) => page.endsWith('.md') && !ELSEWHERE.includes(page) && blocksOf(page).some(({ notRun }) => !notRun),
);
const output: Record<string, string> = {};

it.each(pages)(
  'the commands of %s work as written',
  async (page) => {
    const scripts = blocksOf(page).filter(({ notRun }) => !notRun);
    output[page] = await shell(scripts.map(({ script }) => script).join('\n'));
  },
  120_000,
);

it('the quickstart ends in a visible refund, and the quote command computes its example', () => {
  const shown = output['README.md']!;
  expect(shown).toMatch(/^running$/m);
  expect(shown).toMatch(/^terminated$/m);
  expect(shown).toContain("amount: '407.96'");
  expect(shown).toContain("destination: 'customer:cash'");
  expect(shown).toContain('"amount": "387.80"');
});

it('the back-test of the documents’ own rules runs over the refunds of the pages', () => {
  expect(output['docs/refunds.md']).toMatch(/^Ran \d+ refunds of tencent-cvm again under tencent-cvm@/m);
});

it('what is not run says why', () => {
  const reasons = PAGES.filter((page) => page.endsWith('.md')).flatMap((page) =>
    blocksOf(page).flatMap(({ notRun }) => notRun ?? []),
  );
  expect(reasons.length).toBeGreaterThan(0);
  for (const reason of reasons) expect(reason.length).toBeGreaterThan(10);
});
