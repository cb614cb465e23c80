/** Why an embedded part could not be brought up, in words for a newcomer; `next` says what to do about it. */
export class EmbeddedError extends Error {
  override readonly name = 'EmbeddedError';

  constructor(
    message: string,
    readonly next: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const SYSTEM_ERRORS: Record<string, string> = {
  ENOSPC: 'the disk is full: free some space (df -h shows where)',
  EDQUOT: 'your disk quota is used up: free some space',
  EACCES:
    'this user may not write there: change the owner, or point SUNSET_DATA or SUNSET_CACHE to a folder that it may write to',
  EPERM:
    'this user may not do that: change the owner, or point SUNSET_DATA or SUNSET_CACHE to a folder that it may write to',
  ENOENT: 'check the paths in SUNSET_DATA and SUNSET_CACHE',
  ENOTDIR: 'check the paths in SUNSET_DATA and SUNSET_CACHE',
  EROFS:
    'that file system is read-only: point SUNSET_DATA or SUNSET_CACHE to a folder that can be written to',
};

/**
 * @throws EmbeddedError on Windows, where nothing of this has been tried (signals, process groups and `ps`
 * differ).
 */
export function refuseWindows(): void {
  if (process.platform !== 'win32') return;
  throw new EmbeddedError(
    'Sunset starts servers of its own on Linux and macOS only',
    'run it in WSL, or give it servers: DATABASE_URL and TEMPORAL_ADDRESS',
  );
}

/**
 * An error of the operating system (disk full, not permitted) as an EmbeddedError; any other error as it is.
 */
export function inPlainWords(part: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const next = SYSTEM_ERRORS[code];
  if (error instanceof EmbeddedError || next === undefined) return error;
  return new EmbeddedError(`${part}: ${(error as Error).message}`, next, { cause: error });
}

/**
 * What the output of a program says about the machine rather than about the program; undefined when it says
 * nothing known.
 */
export function knownTrouble(output: string): string | undefined {
  if (/no space left on device|disk full|database or disk is full/i.test(output)) return SYSTEM_ERRORS.ENOSPC;
  if (/cannot allocate memory|out of memory|signal: killed/i.test(output))
    return 'the machine is out of memory: close something, or give it more';
  return undefined;
}

/** The last lines of a program's output, for an error message. */
export function lastLines(output: string, count = 8): string {
  return output.trimEnd().split('\n').slice(-count).join('\n');
}
