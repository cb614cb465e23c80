import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bundleWorkflowCode,
  type Logger,
  type WorkflowBundleOption,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { hashOf } from '../store/hash';

const ROOT = join(__dirname, '..');

/**
 * What `npm run build` writes beside the compiled code. Running from the sources there is none, and a stale
 * one elsewhere is never taken.
 */
const PREBUILT = join(ROOT, 'workflow-bundle.js');

/** What workflow code is made of: the rooms that `workflows/` may import, and the packages. */
const SOURCES = ['workflows', 'domain'];
const LOCK = 'package-lock.json';

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

let forWorker: Promise<WorkflowBundleOption> | undefined;

/**
 * What a worker runs: the prebuilt bundle where there is one, else what the last start made of the same sources, else one made now. The same for as
 * long as the process lives, whatever becomes of its sources: its activities are those that it has loaded.
 */
export function bundleForWorker(): Promise<WorkflowBundleOption> {
  forWorker ??= existsSync(PREBUILT)
    ? Promise.resolve({ codePath: PREBUILT })
    : keptBundle(ROOT, workflowBundle);
  return forWorker;
}

/**
 * A bundle that is kept with the packages, by a name that tells what it was made of: another text in the sources or
 * another package, and it is made anew.
 * @param root of a checkout; where packages aren't locked or nothing can be written, nothing is kept
 * @param make makes it, when it is not there
 */
export async function keptBundle(
  root: string,
  make: () => Promise<{ code: string }>,
): Promise<{ code: string }> {
  if (!existsSync(join(root, LOCK))) return await make();
  const folder = join(root, 'node_modules', '.cache', 'sunset');
  const name = `workflows-${contentOf(root)}.js`;
  const kept = readIfThere(join(folder, name));
  if (kept !== undefined) return { code: kept };
  const made = await make();
  keep(folder, name, made.code);
  return made;
}

function contentOf(root: string): string {
  const sources = SOURCES.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(room, file)),
  );
  const texts = [LOCK, ...sources.sort()].map((file) => [file, readFileSync(join(root, file), 'utf8')]);
  return hashOf(texts).slice(0, 16);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** In place of those before it, and whole at once: two starts may be at it. */
function keep(folder: string, name: string, code: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    const next = join(folder, `${name}.${process.pid}`);
    writeFileSync(next, code);
    for (const old of readdirSync(folder).filter((one) => one.endsWith('.js'))) rmSync(join(folder, old));
    renameSync(next, join(folder, name));
  } catch {
    // A folder that only reads: the next start makes it again.
  }
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
