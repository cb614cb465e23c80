/**
 * Python programs in tests, with packages from PyPI: each set of packages has a virtual environment in the
 * user's cache folder, made by whoever needs it first.
 */
import { execFile, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../embedded/folders';
import type { Ran } from './command';

/** Long enough to download and to unpack hundreds of MB on a slow machine. For `beforeAll`. */
export const PYTHON_READY_MS = 900_000;

export interface Python {
  /** Its interpreter, for what runs longer than a program. */
  path: string;
  /**
   * Runs a program, and says how it went.
   * @param program its text
   * @param args come as `sys.argv[1:]`
   * @param env beside the test's own
   */
  run(program: string, args?: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ran>;
}

const execute = promisify(execFile);

/**
 * A Python 3 that has these packages and no others.
 * @param packages all of them, also those that others need: `name==version` (`pip freeze` lists them)
 * @throws when `python3` can't make environments, when PyPI can't be reached, when one is missing
 */
export async function venvWith(packages: readonly string[]): Promise<Python> {
  const inexact = packages.filter((one) => !/^[\w.-]+==[\w.]+$/.test(one));
  if (inexact.length) throw new Error(`not an exact version: ${inexact.join(', ')}`);
  const { stdout: version } = await execute('python3', ['--version']).catch((error: Error) => {
    throw new Error(`this test needs python3 with venv (Debian: apt install python3-venv): ${error.message}`);
  });
  const name = createHash('sha256')
    .update(JSON.stringify([version, [...packages].sort()]))
    .digest('hex');
  const folder = join(cacheFolder(process.env), 'python', name.slice(0, 32));
  if (!existsSync(folder)) await make(folder, packages);
  const path = pythonOf(folder);
  return { path, run: (program, args = [], env = {}) => run(path, program, args, env) };
}

const pythonOf = (folder: string): string => join(folder, 'bin', 'python');

/** Beside its place, then moved there whole: what is there is complete, however many want it at a time. */
async function make(folder: string, packages: readonly string[]): Promise<void> {
  const draft = `${folder}.${randomUUID()}`;
  await mkdir(dirname(folder), { recursive: true });
  try {
    await execute('python3', ['-m', 'venv', draft]);
    const pip = (...args: string[]) => pipOf(draft, args);
    // Compiled when they are imported: SDKs of all of a vendor's products are mostly never.
    await pip('install', '--quiet', '--no-deps', '--no-compile', ...packages);
    // Whatever another one needs was named too.
    await pip('check');
    await rename(draft, folder).catch((error: unknown) => {
      // Another test was quicker.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** @throws with what pip has said */
async function pipOf(folder: string, args: string[]): Promise<void> {
  const options = { maxBuffer: 64 * 1024 * 1024 };
  await execute(pythonOf(folder), ['-m', 'pip', '--disable-pip-version-check', ...args], options).catch(
    ({ message, stdout }: Error & { stdout?: string }) => {
      throw new Error(`${message}\n${stdout ?? ''}`);
    },
  );
}

async function run(
  python: string,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Ran> {
  const child = spawn(python, ['-', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const ran: Ran = { code: null, out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (ran.out += chunk));
  child.stderr.on('data', (chunk: Buffer) => (ran.err += chunk));
  // One that ends at once reads no program.
  child.stdin.on('error', () => {});
  child.stdin.end(program);
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...ran, code }));
  });
}
