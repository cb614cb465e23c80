// Run as a process of its own by program.ts: folder and version as arguments; exit 0 when the CLI is in the
// folder and runs.
import { TestWorkflowEnvironment } from '@temporalio/testing';

async function download(folder: string, version: string): Promise<void> {
  const executable = { type: 'cached-download', downloadDir: folder, version: `v${version}` } as const;
  const temporary = await TestWorkflowEnvironment.createLocal({ server: { executable } });
  await temporary.teardown();
}

const [folder = '', version = ''] = process.argv.slice(2);
download(folder, version).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
