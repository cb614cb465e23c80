import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedError, inPlainWords } from '../errors';
import { makeDataFolder } from '../folders';
import { processIdentity } from './table';

export interface Lock {
  release(): void;
}

const me = () => `${process.pid} ${processIdentity(process.pid)}`;

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** The id of the living process that holds the lock; undefined when nobody does, or its holder was killed. */
export function holderOf(file: string): number | undefined {
  const [pid = '', identity] = (read(file) ?? '').split(' ');
  return identity !== undefined && processIdentity(Number(pid)) === identity ? Number(pid) : undefined;
}

/**
 * Moves a dead process's lock out of the way, but not one that another process has put in its place
 * meanwhile.
 */
function clearStale(file: string, stale: string): void {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
    if (read(aside) !== stale) linkSync(aside, file);
  } catch {
    // Somebody else was quicker: the next try sees what they did.
  }
  rmSync(aside, { force: true });
}

/**
 * Takes a lock that outlives no process: it holds its owner's pid and start time, and one whose owner is gone
 * is taken over. Returns undefined when a living process has it.
 */
export function tryLock(file: string): Lock | undefined {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, me(), { mode: 0o600 });
  try {
    for (let tries = 0; tries < 5; tries += 1) {
      try {
        linkSync(mine, file); // atomic, and fails when it is there, unlike rename; the content is whole from the first moment
        return { release: () => read(file) === me() && rmSync(file, { force: true }) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const found = read(file);
      if (holderOf(file) !== undefined) return undefined;
      if (found !== undefined) clearStale(file, found);
    }
    return undefined;
  } finally {
    rmSync(mine, { force: true });
  }
}

/**
 * Keeps a second Sunset out of a data folder: two of them would adopt, and then stop, each other's servers.
 * Take it before `startPostgres` and `startTemporal`.
 * @throws EmbeddedError when a living process has the folder, or when it can't be written to.
 */
export function lockDataFolder(dataFolder: string): Lock {
  const file = join(dataFolder, 'lock');
  let lock: Lock | undefined;
  try {
    makeDataFolder(dataFolder);
    lock = tryLock(file);
  } catch (error) {
    throw inPlainWords('The data folder could not be used', error);
  }
  if (lock) return lock;
  const holder = holderOf(file);
  throw new EmbeddedError(
    `Sunset is running on ${dataFolder} already${holder === undefined ? '' : ` (process ${holder})`}`,
    'use that one, stop it (Ctrl-C, or kill its process), or give this one another folder in SUNSET_DATA',
  );
}
