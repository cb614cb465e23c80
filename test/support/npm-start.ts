/** `npm start` as people run it, in a session of its own, and what of it is left on this machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Http } from './http';
import { until } from './lives';

const ROOT = join(__dirname, '..', '..');
const UP_LIMIT_MS = 120_000;

export interface Started {
  /** The process that a person would see: npm, or what was put before it. */
  child: ChildProcess;
  dataFolder: string;
  http: Http;
  output: () => string;
  /** What still runs of it, as process ids with their command lines. */
  left: () => string[];
  remove: () => void;
}

/**
 * Processes that name the folder in their command line, or were given it as SUNSET_DATA. PostgreSQL's own
 * children are named by their parent.
 */
function processesOf(folder: string): string[] {
  const text = (pid: string, file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll('\0', ' ').trim();
    } catch {
      return '';
    }
  };
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return ids
    .filter(
      (pid) =>
        text(pid, 'cmdline').includes(folder) || text(pid, 'environ').includes(`SUNSET_DATA=${folder}`),
    )
    .map((pid) => `${pid} ${text(pid, 'cmdline').slice(0, 100)}`);
}

/**
 * @param command what a person types; `npm start` in it is run by the npm of this machine
 * @param isUp also waits until it serves
 */
export async function startNpm(
  command: string[],
  more: NodeJS.ProcessEnv = {},
  isUp = true,
): Promise<Started> {
  const dataFolder = realpathSync(mkdtempSync(join(tmpdir(), 'sunset-npm-start-')));
  chmodSync(dataFolder, 0o755); // as an older version's, and open to the OS user that runs PostgreSQL when we are root
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, TZ: 'UTC', SUNSET_DATA: dataFolder, PORT: '0', ...more };
  const [program = '', ...words] = command;
  const child = spawn(program, words, { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk));
  const key = () => readFileSync(join(dataFolder, 'operator.key'), 'utf8').trim();
  const started: Started = {
    child,
    dataFolder,
    http: undefined as never,
    output: () => said,
    left: () => processesOf(dataFolder),
    remove: () => {
      for (const one of processesOf(dataFolder)) process.kill(Number(one.split(' ')[0]), 'SIGKILL');
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
  const api = () => /API +(http:\S+)/.exec(said)?.[1];
  if (!isUp) return started;
  await until(async () => api() !== undefined || child.exitCode !== null, 'npm start', UP_LIMIT_MS);
  if (api() === undefined) throw new Error(`npm start did not come up:\n${said}`);
  return { ...started, http: new Http(api()!, key()) };
}
