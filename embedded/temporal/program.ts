import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedError, lastLines } from '../errors';
import { findOnPath, isExecutable, makeFolder } from '../folders';
import { run } from '../process/run';
import { during, type Progress } from '../progress';
import { buildOnce, builtProgram, ensureBuilt, type GoProgram } from './go-build';

/**
 * The CLI brings a server of its own in one process, Web UI included; the server built from Go modules has
 * neither.
 */
export type Engine = 'cli' | 'server';

export interface TemporalProgram {
  engine: Engine;
  source: 'PATH' | 'download' | 'go';
  path: string;
  version: string;
}

/**
 * 1.9 is the first whose server skips time. Pinned, so that every newcomer's download is the one that was
 * tried.
 */
const CLI_VERSION = '1.9.1';
const CLI_MINIMUM = '1.9';

export const SERVER: GoProgram = {
  name: 'temporal-server',
  title: 'the Temporal server',
  version: '1.32.0',
  module: 'go.temporal.io/server/cmd/server',
  takes: '3–4 minutes on two cores',
  goMinimum: '1.26',
};
export const WEB_UI: GoProgram = {
  name: 'temporal-ui',
  title: 'the Temporal Web UI',
  version: '2.54.1',
  module: 'github.com/temporalio/ui-server/v2/cmd/server',
  takes: 'half a minute',
  goMinimum: '1.26',
};
/** Makes and updates the schema of Temporal on PostgreSQL: `npm run cluster`. Its release is the server's. */
export const SQL_TOOL: GoProgram = {
  name: 'temporal-sql-tool',
  title: "Temporal's SQL tool",
  version: SERVER.version,
  module: 'go.temporal.io/server/cmd/tools/sql',
  takes: 'a minute on two cores when the server has been built here, else two',
  goMinimum: '1.26',
};

const DOWNLOAD_STALL_MS = 15_000;

const NEXT_GO = `install Go ≥ ${SERVER.goMinimum} from https://go.dev/dl`;
const NEXT_OTHER = `put the \`temporal\` CLI ≥ ${CLI_MINIMUM} on PATH (https://docs.temporal.io/cli), or set TEMPORAL_ADDRESS`;

export interface Search {
  env: NodeJS.ProcessEnv;
  cache: string;
  report: Progress;
}

function atLeast(version: string, minimum: string): boolean {
  const [have = [], want = []] = [version, minimum].map((text) => text.split('.').map(Number));
  const at = want.findIndex((part, i) => (have[i] ?? 0) !== part);
  return at < 0 || (have[at] ?? 0) > (want[at] ?? 0);
}

async function cliVersion(path: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { output } = await run(path, ['--version'], { env, signal: AbortSignal.timeout(10_000) });
  return /temporal version (\d+\.\d+(\.\d+)?)/.exec(output)?.[1];
}

async function cliOnPath({ env, report }: Search): Promise<TemporalProgram | undefined> {
  const path = await findOnPath('temporal', env);
  if (!path) return undefined;
  const version = await cliVersion(path, env);
  if (version && atLeast(version, CLI_MINIMUM)) return { engine: 'cli', source: 'PATH', path, version };
  report(
    `${path} is ${version ? `version ${version}` : 'of no known version'}: Sunset needs ${CLI_MINIMUM} or later, so it is not used`,
  );
  return undefined;
}

const downloadFolder = (cache: string) =>
  join(cache, `temporal-cli-${CLI_VERSION}-${process.platform}-${process.arch}`);

async function cliInCache({ env, cache }: Search): Promise<TemporalProgram | undefined> {
  const path = join(downloadFolder(cache), `temporal-v${CLI_VERSION}`); // the SDK names it so
  const version = (await isExecutable(path)) ? await cliVersion(path, env) : undefined;
  return version ? { engine: 'cli', source: 'download', path, version } : undefined;
}

function serverInCache({ cache }: Search): TemporalProgram | undefined {
  const path = builtProgram(SERVER, cache);
  return existsSync(path) ? { engine: 'server', source: 'go', path, version: SERVER.version } : undefined;
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Gives up when nothing arrives for a while: behind a firewall that drops packets the SDK itself would wait
 * for minutes.
 */
async function whileItGrows<T>(
  folder: string,
  note: (text: string) => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stalled = new AbortController();
  let bytes = 0;
  let grownAt = Date.now();
  const timer = setInterval(async () => {
    const now = await bytesIn(folder);
    if (now > bytes) grownAt = Date.now();
    bytes = now;
    if (bytes > 0) note(`${Math.round(bytes / 1e6)} MB`);
    if (Date.now() - grownAt > DOWNLOAD_STALL_MS) stalled.abort();
  }, 1000);
  try {
    return await work(stalled.signal);
  } finally {
    clearInterval(timer);
  }
}

/**
 * Lets the SDK download its CLI. The SDK does so only on the way to starting a server, so a process of its
 * own starts a temporary one in memory, which proves that the program runs here, and leaves this process
 * without the SDK's native runtime, which can be set up once only.
 */
async function downloadCli(search: Search): Promise<TemporalProgram | undefined> {
  const { env, cache, report } = search;
  const folder = downloadFolder(cache);
  makeFolder(folder); // a cache that can't be written to would fail the build as well: say it now
  const script = [require.resolve('tsx/cjs'), join(__dirname, 'download.ts'), folder, CLI_VERSION];
  const { output } = await during(report, `downloading the temporal CLI ${CLI_VERSION} (once)`, (note) =>
    whileItGrows(folder, note, (signal) => run(process.execPath, ['--require', ...script], { env, signal })),
  );
  const found = await cliInCache(search);
  if (!found)
    report(`it can't be downloaded here (${lastLines(output.trim(), 1).split(': ').slice(-2).join(': ')})`);
  return found;
}

async function buildServer({ env, cache, report }: Search): Promise<TemporalProgram> {
  if (!(await findOnPath('go', env))) {
    throw new EmbeddedError(
      'Temporal was neither found on PATH nor downloadable, and Go is not installed',
      `${NEXT_GO}, or ${NEXT_OTHER}`,
    );
  }
  try {
    return {
      engine: 'server',
      source: 'go',
      path: await buildOnce(SERVER, { env, cache, report }),
      version: SERVER.version,
    };
  } catch (error) {
    if (!(error instanceof EmbeddedError)) throw error;
    throw new EmbeddedError(
      `Temporal was neither found on PATH nor downloadable, and ${error.message}`,
      `${error.next}; or ${NEXT_OTHER}`,
      {
        cause: error,
      },
    );
  }
}

/**
 * Finds a Temporal to run: the CLI on PATH, what an earlier start downloaded or built, a download, a build.
 * Data of an earlier start decides between the engines, whose databases are not each other's: a CLI installed
 * later must not make workflows disappear.
 * @throws EmbeddedError when there is none, with the ways to get one.
 */
export async function findTemporal(search: Search, made: Engine | undefined): Promise<TemporalProgram> {
  const ways: [Engine, () => Promise<TemporalProgram | undefined>][] = [
    ['cli', () => cliOnPath(search)],
    ['cli', () => cliInCache(search)],
    ['server', async () => serverInCache(search)],
    ['cli', () => downloadCli(search)],
    ['server', () => buildServer(search)],
  ];
  for (const [engine, way] of ways) {
    const found = made === undefined || made === engine ? await way() : undefined;
    if (found) return found;
  }
  throw new EmbeddedError(
    `This data folder was made with the temporal CLI, which is not here any more`,
    `put the CLI ≥ ${CLI_MINIMUM} back on PATH, or choose another SUNSET_DATA to start over`,
  );
}

/** The Web UI for the server that was built; the CLI needs none. */
export async function findWebUi({ env, cache, report }: Search): Promise<string> {
  return ensureBuilt(WEB_UI, { env, cache, report });
}
