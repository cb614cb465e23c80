/**
 * One PostgreSQL and one Temporal server for the whole run; each test file has its own database and task
 * queue on them.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isConsoleOld } from '../../cli/process/console';
import { startPostgres, startTemporal } from '../../embedded';
import { migrate } from '../../store/migrate';
import { buildConsole } from '../../tools/build-console';
import { workflowBundle } from '../../worker/bundle';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes';
import { type Shared, TEMPLATE, withDatabase } from './shared';

const ROOT = join(__dirname, '..', '..');

declare global {
  var sunsetShared: { stop(): Promise<void> } | undefined;
}

export default async function setUp(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sunset-test-'));
  // Open to the OS user that runs PostgreSQL when we are root: the data then stays in here, and goes with it.
  chmodSync(folder, 0o755);
  const report = (step: string): void => void process.stderr.write(`  ${step}\n`);
  const [postgres, temporal, bundle] = await Promise.all([
    startPostgres({ dataFolder: folder, report }),
    startTemporal({ dataFolder: folder, report, searchAttributes: SEARCH_ATTRIBUTES }),
    workflowBundle(),
    isConsoleOld(ROOT) ? buildConsole() : undefined,
  ]);
  const bundlePath = join(folder, 'workflow-bundle.js');
  writeFileSync(bundlePath, bundle.code);
  await createTemplate(postgres.adminUrl, postgres.serviceUrl);
  const shared: Shared = {
    adminUrl: postgres.adminUrl,
    serviceUrl: postgres.serviceUrl,
    address: temporal.address,
    clientConfig: temporal.clientConfig!,
    namespace: temporal.namespace,
    bundlePath,
    webUiUrl: temporal.webUiUrl,
  };
  process.env.SUNSET_TEST = JSON.stringify(shared);
  const stop = async (): Promise<void> => {
    await Promise.all([temporal.stop(), postgres.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
  globalThis.sunsetShared = { stop };
}

/** Migrated once; a test file's database is a copy of it, which takes a tenth of a second. */
async function createTemplate(adminUrl: string, serviceUrl: string): Promise<void> {
  await withDatabase(adminUrl, (admin) => admin.query(`CREATE DATABASE ${TEMPLATE}`));
  const url = new URL(adminUrl);
  url.pathname = `/${TEMPLATE}`;
  await migrate(url.toString(), serviceUrl);
}
