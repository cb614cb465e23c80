/** The README's commands work as written. Only the address and the key's place are those of the service under test. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ServiceUnderTest, startService } from '../support/service';

const ROOT = join(__dirname, '..', '..');
let service: ServiceUnderTest;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** Runs in a shell of its own, without holding up the service in this process. */
async function shell(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: ROOT });
  return stdout;
}

it('the quickstart ends in a visible refund', async () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const block = /<!-- quickstart -->\n```sh\n([\s\S]*?)```/.exec(readme)![1]!;
  const keyFile = join(mkdtempSync(join(tmpdir(), 'sunset-readme-')), 'operator.key');
  writeFileSync(keyFile, service.http.operatorKey);
  const script = block.replace('SUNSET=http://127.0.0.1:3000', `SUNSET=${service.http.url}`).replace('.sunset/operator.key', keyFile);
  expect(script).toContain(keyFile);
  const out = await shell(script);
  expect(out).toMatch(/^running$/m);
  expect(out).toMatch(/^terminated$/m);
  expect(out).toContain("amount: '407.96'");
  expect(out).toContain("destination: 'customer:cash'");
});

it('the quote command computes the example', async () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const command = /^npm run --silent quote .*$/m.exec(readme)![0];
  expect(JSON.parse(await shell(command)).refund.amount).toBe('387.80');
});
