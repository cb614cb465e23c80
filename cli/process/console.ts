/** Where the console is, and how `npm start` has it built. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { during, type Progress } from '../../embedded';
import type { Components } from './parts';

/** Of the sources, or of what was compiled from them into `dist/`. */
const HERE = join(__dirname, '..', '..');
const PLACES = [HERE, join(HERE, '..')].map((root) => join(root, 'console', 'dist'));

/** What was built, or where it would be. */
export const consoleFolder = (): string => PLACES.find((place) => existsSync(place)) ?? PLACES[0]!;

/** What the console is made of. */
const SOURCES = ['console', 'contract', 'domain', 'package-lock.json'];

/** When the newest of what is below was changed; what is built or installed is not looked at. */
function newestIn(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(
    0,
    ...readdirSync(path)
      .filter((name) => name !== 'dist' && name !== 'node_modules')
      .map((name) => newestIn(join(path, name))),
  );
}

/** @param root of a checkout; where there is no console in it, there is nothing to build */
export function isConsoleOld(root: string): boolean {
  if (!existsSync(join(root, 'console', 'index.html'))) return false;
  const built = statSync(join(root, 'console', 'dist', 'index.html'), { throwIfNoEntry: false });
  return !built || SOURCES.some((source) => newestIn(join(root, source)) > built.mtimeMs);
}

/**
 * Builds the console where it is missing or older than its sources. Without it all else works: what went wrong
 * is told, and the page says how to build it.
 */
export async function ensureConsole(report: Progress, parts: Components): Promise<void> {
  if (!isConsoleOld(HERE)) return;
  await during(report, 'building the console', async () => {
    const tool = join(HERE, 'tools', 'build-console.ts');
    const building = spawn(process.execPath, ['--require', 'tsx/cjs', tool], {
      cwd: HERE,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    parts.add('the build of the console', async () => void building.kill());
    let said = '';
    building.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    const [status] = await once(building, 'exit');
    if (status !== 0 && !parts.isStopping)
      report(`the console could not be built: ${said.trim() || `it ended with ${status}`}`);
  });
}
