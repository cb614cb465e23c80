import { spawn } from 'node:child_process';
import { noteEnded, noteStarted } from './started';

/** The OS user that a program runs as; undefined: the one that runs Node. */
export interface OsAccount {
  name: string;
  uid: number;
  gid: number;
}

export interface ProgramResult {
  /** 0 when it did what it should; -1 when it could not be run or was ended by a signal. */
  code: number;
  /** Standard output and error, in order of arrival; the last 256 KiB. */
  output: string;
}

export interface RunOptions {
  env: NodeJS.ProcessEnv;
  account?: OsAccount | undefined;
  cwd?: string;
  /** Ends it when aborted. */
  signal?: AbortSignal;
  onOutput?: (text: string) => void;
}

/** Runs a program to its end. It stays in Node's process group: a Ctrl-C ends it too. Never rejects. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<ProgramResult> {
  const { env, account, cwd = '/', signal, onOutput } = options;
  const identity = account ? { uid: account.uid, gid: account.gid } : {};
  return new Promise((resolve) => {
    let output = '';
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-262_144);
      onOutput?.(chunk.toString());
    };
    const child = spawn(command, [...args], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...identity,
      ...(signal ? { signal } : {}),
    });
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => resolve({ code: -1, output: `${output}\n${error.message}` }));
    child.once('close', (code) => {
      if (child.pid !== undefined) noteEnded(child.pid);
      resolve({ code: code ?? -1, output });
    });
    if (child.pid !== undefined)
      noteStarted(child.pid, [
        ['SIGTERM', 5000],
        ['SIGKILL', 1000],
      ]);
  });
}
