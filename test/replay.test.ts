/**
 * Histories that earlier code wrote are replayed on today's: a change that would break living instances fails
 * here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { workflowBundle } from '../worker/bundle';

const FOLDER = join(__dirname, 'histories');
const quiet = new DefaultLogger('ERROR');
const histories = (readdirSync(FOLDER, { recursive: true }) as string[])
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({
    workflowId: file.slice(0, -'.json'.length),
    history: JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as unknown,
  }));

const bundleOf = (file: string): Promise<WorkflowBundleOption> =>
  bundleWorkflowCode({ workflowsPath: require.resolve(file), logger: quiet });
let today: WorkflowBundleOption;
beforeAll(async () => {
  Runtime.install({ logger: quiet, telemetryOptions: { logging: { filter: 'OFF' } } });
  today = await workflowBundle();
});

/** Names of the histories that fail, with what they say. */
async function failures(workflowBundle: WorkflowBundleOption, reuseV8Context: boolean): Promise<string[]> {
  const failed: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle, reuseV8Context },
    histories,
  )) {
    if (error) failed.push(`${workflowId}: ${error.message}`);
  }
  return failed;
}

it('there are histories of every kind of life', () => {
  expect(histories.length).toBeGreaterThanOrEqual(13);
});

it.each([true, false])('every saved history replays (shared context: %s)', async (reuseV8Context) => {
  expect(await failures(today, reuseV8Context)).toEqual([]);
});

it('a deliberately changed workflow fails on every one', async () => {
  expect(await failures(await bundleOf('./support/changed-workflow'), true)).toHaveLength(histories.length);
});
