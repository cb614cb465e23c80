import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { EmbeddedError } from './errors';

/**
 * Reads what an earlier start remembered (ports, passwords); undefined on the first one.
 * @throws EmbeddedError when the file is there but damaged: going on without the passwords would shut the
 *   data away.
 */
export function readState<T>(file: string): T | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new EmbeddedError(
      `${file} is damaged`,
      'restore it from a backup, or choose another SUNSET_DATA to start over',
      {
        cause: error,
      },
    );
  }
}

/**
 * Writes a file that is there either as it was or as it should be, whatever happens meanwhile; readable by
 * its owner only.
 */
export function writeWhole(file: string, text: string): void {
  const fresh = `${file}.${process.pid}`;
  const fd = openSync(fresh, 'w', 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(fresh, file);
}

/** Remembers for the next start. */
export function writeState<T>(file: string, state: T): void {
  writeWhole(file, `${JSON.stringify(state, null, 2)}\n`);
}
