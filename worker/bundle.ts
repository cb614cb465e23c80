import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  bundleWorkflowCode,
  type Logger,
  type WorkflowBundleOption,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';

/**
 * What `npm run build` writes beside the compiled code. Running from the sources there is none, and a stale
 * one elsewhere is never taken.
 */
const PREBUILT = join(__dirname, '..', 'workflow-bundle.js');

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** The workflow code for the sandbox, built once a process: webpack is the slowest part of a start. */
export function workflowBundle(): Promise<WorkflowBundleWithSourceMap> {
  bundle ??= bundleWorkflowCode({
    workflowsPath: require.resolve('../workflows'),
    payloadConverterPath: require.resolve('../workflows/payloads'),
    logger: QUIET,
  });
  return bundle;
}

/** What a worker runs: the prebuilt bundle where there is one, else one made now. */
export async function bundleForWorker(): Promise<WorkflowBundleOption> {
  return existsSync(PREBUILT) ? { codePath: PREBUILT } : workflowBundle();
}

const nothing = (): void => {};
const QUIET: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  log: nothing,
};
