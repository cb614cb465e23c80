import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { EmbeddedError } from '../errors';
import type { OsAccount } from './run';
import { noteStarted, type StopPlan } from './started';

const LOG_LIMIT_BYTES = 8 * 1024 * 1024;

export interface LaunchOptions {
  /** Gets the output; moved aside when it has grown beyond 8 MiB. */
  logFile: string;
  env: NodeJS.ProcessEnv;
  stopPlan: StopPlan;
  account?: OsAccount | undefined;
  /**
   * Written by the process itself before it becomes the program: no SIGKILL of ours falls between start and
   * note.
   */
  pidFile?: string;
}

export interface Launched {
  pid: number;
  stop: () => Promise<void>;
  /** How it ended; undefined while it runs. */
  ended: () => string | undefined;
  /** What it has written to its log so far. */
  output: () => string;
}

function openLog(file: string): { fd: number; begin: number } {
  try {
    if (statSync(file).size > LOG_LIMIT_BYTES) renameSync(file, `${file}.1`);
  } catch {
    // The first start has no log.
  }
  const fd = openSync(file, 'a', 0o600);
  return { fd, begin: statSync(file).size };
}

function spawned(child: ChildProcess, command: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid!));
    child.once('error', (error) =>
      reject(
        new EmbeddedError(
          `${command} can't be run: ${error.message}`,
          'check that it is there and executable',
        ),
      ),
    );
  });
}

/**
 * Starts a server in a process group of its own, so that a Ctrl-C in the terminal reaches only Node, which
 * then stops it orderly. Its working folder is `/`: the folder that Node was started in may be closed to its
 * account.
 */
export async function launch(
  command: string,
  args: readonly string[],
  options: LaunchOptions,
): Promise<Launched> {
  const { logFile, env, stopPlan, account, pidFile } = options;
  const log = openLog(logFile);
  if (pidFile) rmSync(pidFile, { force: true });
  // What it writes is for its own user only.
  const words = [
    '-c',
    `umask 077; ${pidFile ? 'echo $$ > "$0" && ' : ''}exec "$@"`,
    pidFile ?? 'sh',
    command,
    ...args,
  ];
  const identity = account ? { uid: account.uid, gid: account.gid } : {};
  let ended: string | undefined;
  try {
    const child = spawn('/bin/sh', words, {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env,
      ...identity,
    });
    child.once('exit', (code, signal) => {
      ended = signal ? `ended by ${signal}` : `ended with exit code ${code}`;
    });
    const pid = await spawned(child, command);
    child.unref();
    return {
      pid,
      stop: noteStarted(pid, stopPlan),
      ended: () => ended,
      output: () => readFileSync(logFile).subarray(log.begin).toString(),
    };
  } finally {
    closeSync(log.fd);
  }
}
