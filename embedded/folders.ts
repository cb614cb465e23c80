import { constants, existsSync, mkdirSync } from 'node:fs';
import { access, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';

/**
 * Makes a folder and those above it. Node's own recursive way hides why it can't (read-only: ENOENT), and
 * never ends below /proc.
 * @param mode of the folder itself; those above it are ordinary ones
 */
export function makeFolder(folder: string, mode?: number): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, mode === undefined ? {} : { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another start was quicker
  }
}

/** For what nobody else is to see. */
export const PRIVATE = 0o700;

/**
 * Makes the data folder if it is missing: private, but that the OS user that runs root's PostgreSQL must pass
 * through it.
 */
export function makeDataFolder(folder: string): void {
  makeFolder(folder, process.getuid?.() === 0 ? 0o711 : PRIVATE);
}

/**
 * Makes the data folder if it is missing; returns its real, absolute path, which is part of command lines by
 * which orphans are known.
 */
export async function openDataFolder(dataFolder: string): Promise<string> {
  makeDataFolder(resolve(dataFolder));
  return realpath(dataFolder);
}

/**
 * Where programs that are downloaded or built once are kept: outside of the checkout, so that a fresh clone
 * needs no second build.
 */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  if (env.SUNSET_CACHE) return resolve(env.SUNSET_CACHE);
  // The XDG convention says that a relative path is to be ignored.
  const base =
    env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)
      ? env.XDG_CACHE_HOME
      : join(env.HOME || homedir(), '.cache');
  return join(base, 'sunset');
}

/** The program of this name that a shell with this environment would run; undefined when there is none. */
export async function findOnPath(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const file = join(folder, name);
    if (isAbsolute(folder) && (await isExecutable(file))) return file;
  }
  return undefined;
}

export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
