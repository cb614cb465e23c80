/**
 * Runs the project's own commands as people do: a process of its own, whose output and exit code are looked
 * at.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const SUNSET = join(ROOT, 'bin/sunset.js');

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  input?: string;
}

/** An empty folder: a data folder of the developer's own must not lend its key or its ports. */
const emptyFolder = mkdtempSync(join(tmpdir(), 'sunset-command-'));

/** No setting of the developer's shell gets in. */
function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, TZ: 'UTC', SUNSET_DATA: emptyFolder, ...more };
}

async function run(command: string, args: string[], { env, input }: RunOptions): Promise<Ran> {
  const child = spawn(command, args, { cwd: ROOT, env: environment(env), stdio: ['pipe', 'pipe', 'pipe'] });
  const ran: Ran = { code: null, out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (ran.out += chunk));
  child.stderr.on('data', (chunk: Buffer) => (ran.err += chunk));
  // A command that reads no input may be gone before it is written.
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...ran, code }));
  });
}

export const sunset = async (args: string[], options: RunOptions = {}): Promise<Ran> =>
  await run(process.execPath, [SUNSET, ...args], options);

/** A command of `cli/` by its file, as its npm script runs it. */
export const command = async (file: string, args: string[], options: RunOptions = {}): Promise<Ran> =>
  await run(process.execPath, ['--require', 'tsx/cjs', join(ROOT, file), ...args], options);

export const demo = async (args: string[], options: RunOptions = {}): Promise<Ran> =>
  await command('cli/demo.ts', args, options);

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * At a terminal, which `script` (bsdutils) provides: `typed` is typed when the question is there. Output and
 * errors come as one.
 */
export async function sunsetAtTerminal(
  args: string[],
  question: string,
  typed: string,
  env: NodeJS.ProcessEnv,
): Promise<Ran> {
  const line = [process.execPath, SUNSET, ...args].map(quoted).join(' ');
  const child = spawn('script', ['-qfec', line, '/dev/null'], {
    cwd: ROOT,
    env: environment(env),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ran: Ran = { code: null, out: '', err: '' };
  let isTyped = false;
  child.stdout.on('data', (chunk: Buffer) => {
    ran.out += chunk;
    if (isTyped || !ran.out.includes(question)) return;
    isTyped = true;
    child.stdin.write(typed);
  });
  child.stdin.on('error', () => {});
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...ran, code }));
  });
}
