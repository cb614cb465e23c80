/** Go programs in tests: built by the Go toolchain, from modules that it keeps and checks by their go.sum. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Long enough to download the modules and to compile the standard library. For `beforeAll`. */
export const GO_READY_MS = 600_000;

export interface GoProgram {
  /** Runs it, however it ends. */
  run(args: readonly string[]): Promise<{ code: number; out: string; err: string }>;
  remove(): Promise<void>;
}

const execute = promisify(execFile);

/**
 * Builds the program of a folder.
 * @throws when there is no Go, when its modules are not as go.sum has them, or when it does not compile
 */
export async function goProgram(folder: string): Promise<GoProgram> {
  const place = await mkdtemp(join(tmpdir(), 'sunset-go-'));
  const program = join(place, 'program');
  // Neither a C compiler nor git is needed.
  const env = { ...process.env, CGO_ENABLED: '0' };
  const words = ['build', '-mod=readonly', '-buildvcs=false', '-o', program, '.'];
  await execute('go', words, { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 });
  return {
    run: async (args) => {
      try {
        const { stdout, stderr } = await execute(program, [...args]);
        return { code: 0, out: stdout, err: stderr };
      } catch (error) {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
        return { code, out: stdout, err: stderr };
      }
    },
    remove: () => rm(place, { recursive: true, force: true }),
  };
}
