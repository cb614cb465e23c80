/**
 * Starts what docker-compose.yml describes as processes of this machine, in the order of its `depends_on`.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Components } from '../../cli/process/parts';
import { EmbeddedError, lockDataFolder, type Progress, startPostgres } from '../../embedded';
import {
  cacheFolder,
  choosePorts,
  during,
  ensureBuilt,
  isTemporalUp,
  LOOPBACK,
  lastLines,
  openDataFolder,
  readState,
  run,
  SERVER,
  SQL_TOOL,
  uiSetup,
  WEB_UI,
  writeFiles,
  writeState,
} from '../../embedded/tools';
import { type Compose, type ComposeService, readCompose } from './compose';
import { type ClusterPlace, commandOf, environmentOf, placeSecrets, ROOT, readSecret } from './place';
import { Processes, type RunningProcess } from './processes';
import { applyRoles } from './roles';

const PORTS = [
  ...[
    'frontend',
    'frontendHttp',
    'frontendRing',
    'history',
    'historyRing',
    'matching',
    'matchingRing',
    'worker',
    'workerRing',
  ],
  ...['ui', 'api-1', 'api-2', 'worker-1', 'worker-2'],
] as const;
type Ports = Record<string, number>;

export interface Cluster {
  folder: string;
  apis: { process: RunningProcess; url: string }[];
  workers: RunningProcess[];
  processes: Processes;
  operatorKey: string;
  databaseUrl: string;
  temporal: string;
  webUi: string;
  secrets: string;
  /** Where its secrets are, and the ports of its servers. */
  place: ClusterPlace;
}

/** What is under way of one start. */
interface Start {
  compose: Compose;
  folder: string;
  place: ClusterPlace;
  ports: Ports;
  /** With a folder at its head where the programs of Temporal's images are. */
  path: string;
  processes: Processes;
  parts: Components;
  report: Progress;
  settings: Record<string, unknown>;
}

const isOk = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2000) }).then(
    (response) => response.ok,
    () => false,
  );

function service({ compose }: Start, name: string): ComposeService {
  const found = compose.services[name];
  if (!found)
    throw new EmbeddedError(
      `docker-compose.yml has no service ${name}`,
      'npm run cluster starts what that file names: put it back',
    );
  return found;
}

/**
 * The environment of compose and nothing of the caller's: what is missing in the file must be missing here.
 */
function environment(
  start: Start,
  name: string,
  own: Record<string, string | number> = {},
): NodeJS.ProcessEnv {
  return { PATH: start.path, ...environmentOf(service(start, name), start.place, own) };
}

/** Runs one of the services that end by themselves. */
async function runOnce(start: Start, name: string, own: Record<string, string | number> = {}): Promise<void> {
  const [program = '', ...words] = commandOf(service(start, name), start.place);
  const env = environment(start, name, own);
  const { code, output } = await during(start.report, `running ${name}`, () => run(program, words, { env }));
  writeFileSync(join(start.folder, `${name}.log`), output, { mode: 0o600 });
  if (code === 0) return;
  throw new EmbeddedError(
    `${name} failed (exit code ${code}):\n${lastLines(output)}`,
    `see ${join(start.folder, `${name}.log`)}`,
  );
}

/** The programs of Temporal's images, built once, under the names that they have there. */
async function findPrograms(folder: string, report: Progress): Promise<{ path: string; webUi: string }> {
  const place = { env: process.env, cache: cacheFolder(process.env), report };
  const bin = join(folder, 'bin');
  rmSync(bin, { recursive: true, force: true });
  mkdirSync(bin, { mode: 0o700 });
  symlinkSync(await ensureBuilt(SERVER, place), join(bin, 'temporal-server'));
  symlinkSync(await ensureBuilt(SQL_TOOL, place), join(bin, 'temporal-sql-tool'));
  return {
    path: `${bin}:${process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'}`,
    webUi: await ensureBuilt(WEB_UI, place),
  };
}

/**
 * PostgreSQL from npm in place of the image; the roles, databases and passwords are those of the compose
 * file.
 */
async function startDatabase(compose: Compose, folder: string, report: Progress): Promise<ClusterPlace> {
  const made = join(folder, 'secrets');
  const { code, output } = await run('/bin/sh', [join(ROOT, 'deploy', 'make-secrets.sh'), made], {
    env: { PATH: process.env.PATH },
  });
  if (code !== 0) throw new EmbeddedError(`the secrets could not be made:\n${output}`, 'see the words above');
  const home = join(folder, 'postgres');
  const postgres = await startPostgres({ dataFolder: home, report });
  const place = { secrets: join(folder, 'run-secrets'), ports: { 'postgres:5432': postgres.port } };
  placeSecrets(compose, made, place);
  const names = ['temporal_password', 'sunset_admin_password', 'sunset_password'];
  await applyRoles(
    home,
    postgres.port,
    Object.fromEntries(names.map((name) => [name, readSecret(place, name)])),
  );
  return place;
}

/** The server's settings beyond the compose file's: the demo moves lives ahead, a bench wants no bounds. */
function dynamicConfig({ folder, settings: more }: Start): string {
  const given = parse(readFileSync(join(ROOT, 'deploy', 'temporal', 'dynamicconfig.yaml'), 'utf8')) as Record<
    string,
    unknown
  >;
  const file = join(folder, 'dynamicconfig.json.yaml');
  const added = {
    'frontend.WorkflowTimeSkippingEnabled': true,
    'frontend.WorkflowTimeSkippingMaxSkipPerSession': 1_000_000,
    ...more,
  };
  const settings = {
    ...given,
    ...Object.fromEntries(Object.entries(added).map(([key, value]) => [key, [{ value }]])),
  };
  writeFileSync(file, JSON.stringify(settings, null, 2), { mode: 0o600 });
  return file;
}

async function startTemporalServers(start: Start, webUi: string): Promise<string> {
  const { ports, place, processes, parts, folder } = start;
  const database = { SQL_HOST: LOOPBACK, SQL_PORT: place.ports['postgres:5432']! };
  await runOnce(start, 'temporal-schema', database);
  const own = {
    ...{
      POSTGRES_SEEDS: LOOPBACK,
      DB_PORT: place.ports['postgres:5432']!,
      DYNAMIC_CONFIG_FILE_PATH: dynamicConfig(start),
    },
    ...{ BIND_ON_IP: LOOPBACK, TEMPORAL_BROADCAST_ADDRESS: LOOPBACK },
    ...{
      FRONTEND_GRPC_PORT: ports.frontend!,
      FRONTEND_HTTP_PORT: ports.frontendHttp!,
      FRONTEND_MEMBERSHIP_PORT: ports.frontendRing!,
    },
    ...{ HISTORY_GRPC_PORT: ports.history!, HISTORY_MEMBERSHIP_PORT: ports.historyRing! },
    ...{ MATCHING_GRPC_PORT: ports.matching!, MATCHING_MEMBERSHIP_PORT: ports.matchingRing! },
    ...{ WORKER_GRPC_PORT: ports.worker!, WORKER_MEMBERSHIP_PORT: ports.workerRing! },
  };
  const address = `${LOOPBACK}:${ports.frontend}`;
  parts.add('Temporal', () => processes.stop('temporal', 'temporal-ui'));
  const command = commandOf(service(start, 'temporal'), place);
  await processes.start('temporal', command, environment(start, 'temporal', own), () =>
    isTemporalUp({ address }),
  );
  place.ports['temporal:7233'] = ports.frontend!;
  // The image's start script reads its settings from the environment into a file; here the file is written.
  const ui = uiSetup(webUi, folder, ports.ui!, address);
  writeFiles(ui);
  await processes.start('temporal-ui', [ui.command, ...ui.args], { PATH: start.path }, () =>
    isOk(`http://${LOOPBACK}:${ports.ui}/healthz`),
  );
  return address;
}

/** Two APIs and two workers, as `docker compose up --scale api=2 --scale worker=2` would. */
async function startSunset(start: Start): Promise<Pick<Cluster, 'apis' | 'workers'>> {
  const { ports, place, processes, parts } = start;
  await runOnce(start, 'migrate');
  parts.add('the APIs and workers', () => processes.stop('api-1', 'api-2', 'worker-1', 'worker-2'), 14_000);
  const api = async (name: string) => {
    const url = `http://${LOOPBACK}:${ports[name]}`;
    // Fast-forward is for servers that Sunset has started itself: it has, and says so.
    const own = { HOST: LOOPBACK, PORT: ports[name]!, SUNSET_SANDBOX: 'true', SUNSET_STARTED_BY: 'cluster' };
    const env = environment(start, 'api', own);
    return {
      url,
      process: await processes.start(name, commandOf(service(start, 'api'), place), env, () =>
        isOk(`${url}/readyz`),
      ),
    };
  };
  const worker = async (name: string) => {
    const env = environment(start, 'worker', { WORKER_HEALTH_PORT: ports[name]! });
    const isHealthy = () => isOk(`http://${LOOPBACK}:${ports[name]}/healthz`);
    return processes.start(name, commandOf(service(start, 'worker'), place), env, isHealthy);
  };
  const [api1, api2, worker1, worker2] = await Promise.all([
    api('api-1'),
    api('api-2'),
    worker('worker-1'),
    worker('worker-2'),
  ]);
  return { apis: [api1, api2], workers: [worker1, worker2] };
}

/**
 * Starts the whole cluster; all of it is stopped with the parts, in the reverse order.
 * @param settings of Temporal's dynamic configuration, beside the compose file's
 * @throws EmbeddedError when something does not come up
 */
export async function startCluster(
  dataFolder: string,
  parts: Components,
  report: Progress,
  settings: Record<string, unknown> = {},
): Promise<Cluster> {
  if (!existsSync(join(ROOT, 'dist', 'workflow-bundle.js')))
    throw new EmbeddedError('dist/ has not been built', 'run npm run build');
  const folder = await openDataFolder(dataFolder);
  const lock = lockDataFolder(folder);
  parts.addLast(async () => lock.release());
  const compose = readCompose(join(ROOT, 'docker-compose.yml'));
  const processes = new Processes(folder, report);
  await processes.endLeftovers();
  const { path, webUi } = await findPrograms(folder, report);
  const place = await startDatabase(compose, folder, report);
  const ports = await choosePorts(PORTS, readState<Ports>(join(folder, 'ports.json')));
  writeState(join(folder, 'ports.json'), ports);
  const start: Start = { compose, folder, place, ports, path, processes, parts, report, settings };
  const temporal = await startTemporalServers(start, webUi);
  const sunset = await startSunset(start);
  return {
    ...sunset,
    ...{
      folder,
      processes,
      temporal,
      webUi: `http://${LOOPBACK}:${ports.ui}`,
      secrets: place.secrets,
      place,
    },
    ...{ operatorKey: readSecret(place, 'operator_key'), databaseUrl: readSecret(place, 'database_url') },
  };
}
