/**
 * `npm run build`: dist/ for production: the processes as JavaScript, the migrations, the workflow bundle that
 * workers load, and the console that the API serves.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workflowBundle } from '../worker/bundle';
import { buildConsole, hasConsole } from './build-console';

const ROOT = join(__dirname, '..');
const DIST = join(ROOT, 'dist');

async function build(): Promise<void> {
  const begun = Date.now();
  const bundling = workflowBundle(); // beside tsc
  bundling.catch(() => {}); // awaited below
  rmSync(DIST, { recursive: true, force: true });
  const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
  const compiling = spawn(compiler, ['-p', 'tsconfig.build.json'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  const [status] = await once(compiling, 'exit');
  if (status !== 0) process.exit(1);
  cpSync(join(ROOT, 'store', 'migrations'), join(DIST, 'store', 'migrations'), { recursive: true });
  // Whoever uses the driver installs its SDK beside it: npm ci --prefix dist/drivers/ec2.
  for (const file of ['package.json', 'package-lock.json'])
    cpSync(join(ROOT, 'drivers', 'ec2', file), join(DIST, 'drivers', 'ec2', file));
  // Beside what serves it: `dist/` is all that a production machine needs of this.
  if (hasConsole()) cpSync(await buildConsole(), join(DIST, 'console', 'dist'), { recursive: true });
  const { code } = await bundling;
  writeFileSync(join(DIST, 'workflow-bundle.js'), code);
  const megabytes = (Buffer.byteLength(code) / 1e6).toFixed(1);
  process.stdout.write(
    `dist/ is built, workflow-bundle.js has ${megabytes} MB (${((Date.now() - begun) / 1000).toFixed(1)} s)\n`,
  );
}

void build();
