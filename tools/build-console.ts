/**
 * `npm run build:console`: `console/dist`, which the API serves, with each file packed beside it, so that nobody
 * packs it again for every reader. `npm start` does it by itself where it is missing or old.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const ROOT = join(__dirname, '..');
const DIST = join(ROOT, 'console', 'dist');
/** Where it is built: it is put in place when all of it is there. */
const NEXT = join(ROOT, 'node_modules', '.console-next');

/** What is text; pictures and fonts are packed already. */
const TEXTS = ['.js', '.css', '.svg', '.json', '.txt'];
/** Less than a packet gains nothing. */
const SMALL = 1024;

/** Vite in a process of its own: it changes its process's environment. */
async function runVite(): Promise<void> {
  const vite = join(dirname(require.resolve('vite/package.json')), 'bin', 'vite.js');
  const words = ['build', 'console', '--outDir', NEXT, '--emptyOutDir', '--logLevel', 'warn'];
  // Also where tests ask for it: another environment would make a page with React's own checks in it.
  const env = { ...process.env, NODE_ENV: 'production' };
  const building = spawn(process.execPath, [vite, ...words], { cwd: ROOT, stdio: 'inherit', env });
  // Whoever ends this ends that too.
  process.once('SIGTERM', () => building.kill());
  const [status] = await once(building, 'exit');
  if (status !== 0) throw new Error(`vite build ended with ${status}`);
}

/** Writes `.br` and `.gz` beside each file that they make smaller. */
function pack(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !TEXTS.includes(extname(file))) continue;
    const bytes = readFileSync(file);
    if (bytes.length < SMALL) continue;
    writeFileSync(`${file}.br`, brotliCompressSync(bytes));
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  }
}

/** Whether there is one in this checkout. */
export const hasConsole = (): boolean => existsSync(join(ROOT, 'console', 'index.html'));

/** @returns the folder that it was built to */
export async function buildConsole(): Promise<string> {
  if (!hasConsole()) throw new Error('there is no console/ here');
  await runVite();
  pack(NEXT);
  rmSync(DIST, { recursive: true, force: true });
  renameSync(NEXT, DIST);
  return DIST;
}

if (require.main === module)
  buildConsole().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
