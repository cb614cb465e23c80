/**
 * Runs the demo against the cluster and kills a worker in the middle of it: the lives must come out the same.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedError, type Progress } from '../../embedded';
import { createPool } from '../../store/db';
import { ROOT } from './place';
import type { Cluster } from './start';

const LOOK_EVERY_MS = 100;
const REFUNDS_BEFORE_THE_KILL = 3;

/**
 * The middle: some refunds are booked, and most lives are still to come. Resolves when a worker has been
 * killed.
 */
async function killInTheMiddle(
  cluster: Cluster,
  hasEnded: () => boolean,
  report: Progress,
): Promise<boolean> {
  const pool = createPool(cluster.databaseUrl, { max: 1 });
  const booked = async (): Promise<number> =>
    (await pool.query<{ n: number }>('SELECT count(*) AS n FROM refunds')).rows[0]?.n ?? 0;
  try {
    const before = await booked();
    while ((await booked()) < before + REFUNDS_BEFORE_THE_KILL) {
      if (hasEnded()) return false;
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    await pool.end();
  }
  const [victim] = cluster.workers;
  if (!victim || hasEnded()) return false;
  process.kill(victim.pid, 'SIGKILL');
  report(
    `killed ${victim.name} (process ${victim.pid}, SIGKILL) in the middle of the demo: the other one goes on`,
  );
  return true;
}

/**
 * Exit status: the demo's own; 1 when it went well but no worker was killed meanwhile, which shows nothing.
 */
export async function runDemo(cluster: Cluster, report: Progress): Promise<number> {
  const demo = join(ROOT, 'cli', 'demo.ts');
  if (!existsSync(demo))
    throw new EmbeddedError('there is no demo to run (cli/demo.ts)', 'start the cluster without --demo');
  const env = {
    ...process.env,
    SUNSET_URL: cluster.apis[0]!.url,
    SUNSET_WEB_UI: cluster.webUi,
    SUNSET_OPERATOR_KEY: cluster.operatorKey,
  };
  const begun = Date.now();
  const child = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), demo], {
    cwd: ROOT,
    env,
    stdio: 'inherit',
  });
  let status: number | undefined;
  const ended = new Promise<number>((resolve) => {
    const end = (code: number): void => {
      status = code;
      resolve(code);
    };
    child.once('error', () => end(1));
    child.once('exit', (code) => end(code ?? 1));
  });
  const [code, killed] = await Promise.all([
    ended,
    killInTheMiddle(cluster, () => status !== undefined, report),
  ]);
  report(`the demo ended with ${code} after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  if (code === 0 && !killed)
    report('but it was over before a worker could be killed: this has shown nothing');
  return code === 0 && !killed ? 1 : code;
}
