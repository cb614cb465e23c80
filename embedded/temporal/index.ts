import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { EmbeddedError, inPlainWords, refuseWindows } from '../errors';
import { cacheFolder, makeFolder, openDataFolder, PRIVATE } from '../folders';
import { closeTree } from '../modes';
import { keepUp, type Watcher } from '../process/keep-up';
import { isPortOpen, LOOPBACK } from '../process/ports';
import { during, type Progress } from '../progress';
import { type Certificates, type ClientTls, clientTls, ensureCertificates } from './certificates';
import { canSkipTime, ensureNamespace, ensureSearchAttributes, type SearchAttributeKind, temporalAnswers, waitUntilUsable } from './check';
import { rememberClient } from './client';
import { CLI_PORTS, cliSetup, SERVER_PORTS, serverSetup, UI_PORTS, uiSetup } from './config';
import { answersBehind, type Door, openDoor } from './door';
import { useExisting } from './existing';
import { bringBack, bringUp, type RunningService, type Service, stopOrphan } from './process';
import { type Engine, findTemporal, findWebUi, type TemporalProgram } from './program';

export interface EmbeddedTemporal {
  /** host:port of the frontend. */
  address: string;
  namespace: string;
  /** How to connect to it: both kinds of the SDK's connections take it. */
  connection: Connecting;
  /** Of a server that was started: a file (TOML, for TEMPORAL_CONFIG_FILE) by which its owner's programs connect. */
  clientConfig: string | null;
  /** Null when there is none, or when it is not known (TEMPORAL_ADDRESS). */
  webUiUrl: string | null;
  /** Why there is no Web UI although one was wanted. */
  webUiProblem?: string;
  /** Whether the server fast-forwards single workflows; asked from the server itself. */
  timeSkipping: boolean;
  /** False when TEMPORAL_ADDRESS was given: then nothing was started, and `stop` stops nothing. */
  started: boolean;
  source: 'TEMPORAL_ADDRESS' | 'PATH' | 'download' | 'go';
  pids: number[];
  /**
   * Starts what ends by itself again, until `stop`, or until what is answered is called. That the Web UI can't be had any more is only said.
   */
  keepUp(watcher: Watcher): () => Promise<void>;
  /** Resolves when the processes are gone. May be called again. */
  stop(): Promise<void>;
}

/** Where a server is, and what to show and check there. */
export interface Connecting {
  address: string;
  /** Without it the server takes anybody. */
  tls?: ClientTls;
}

export interface TemporalOptions {
  /** `SUNSET_DATA`. Lock it first (`lockDataFolder`). */
  dataFolder: string;
  report: Progress;
  /** Default: the environment of this process. */
  env?: NodeJS.ProcessEnv;
  searchAttributes: Record<string, SearchAttributeKind>;
  /** Default true. */
  webUi?: boolean;
}

const NAMESPACE = 'default';

interface Start {
  folder: string;
  report: Progress;
  env: NodeJS.ProcessEnv;
  webUi: boolean;
}

/** One of its processes, as it runs now, and how it is started again. */
interface Part {
  title: string;
  /** Nothing works without it. */
  isVital: boolean;
  now: RunningService<string>;
  again: () => Promise<void>;
}

interface RunningTemporal {
  connection: Connecting;
  certificates?: Certificates;
  door?: Door;
  services: Part[];
  webUiUrl: string | null;
  webUiProblem?: string;
}

async function bringUpPart<Port extends string>(
  service: Service<Port>,
  report: Progress,
  isVital: boolean,
): Promise<{ part: Part; ports: Record<Port, number> }> {
  const running = await bringUp(service, report);
  const { ports } = running;
  const again = async (): Promise<void> => {
    part.now = await bringBack(service, ports);
  };
  const part: Part = { title: service.title, isVital, now: running, again };
  return { part, ports };
}

async function frontendAnswers({ frontend }: Record<'frontend', number>, tls?: ClientTls): Promise<boolean> {
  return (await isPortOpen(frontend)) && (await temporalAnswers({ address: `${LOOPBACK}:${frontend}`, ...(tls ? { tls } : {}) }));
}

async function pageAnswers({ ui }: Record<'ui', number>): Promise<boolean> {
  return fetch(`http://${LOOPBACK}:${ui}/`, { signal: AbortSignal.timeout(2000) }).then(
    (response) => response.ok,
    () => false,
  );
}

async function startCli(program: TemporalProgram, { folder, report, env, webUi }: Start): Promise<RunningTemporal> {
  if (/[%?#]/.test(folder)) {
    throw new EmbeddedError(`The temporal CLI can't keep its data in ${folder}`, 'choose a SUNSET_DATA without %, ? and # in its path');
  }
  const server: Service<(typeof CLI_PORTS)[number]> = {
    name: 'cli',
    title: `Temporal (CLI ${program.version})`,
    folder,
    ports: CLI_PORTS,
    setup: (ports) => cliSetup(program.path, folder, ports, webUi),
    answers: async (ports) => (await frontendAnswers(ports)) && (!webUi || (await pageAnswers(ports))),
    env,
  };
  const { part, ports } = await bringUpPart(server, report, true);
  const { frontend, ui } = ports;
  return { connection: { address: `${LOOPBACK}:${frontend}` }, services: [part], webUiUrl: webUi ? `http://${LOOPBACK}:${ui}` : null };
}

/** The Web UI is a convenience: that it can't be had is told, and stops nothing. */
async function startWebUi(
  start: Start,
  cache: string,
  address: string,
  certificates: Certificates,
): Promise<Pick<RunningTemporal, 'webUiUrl' | 'webUiProblem' | 'services' | 'door'>> {
  const { folder, report, env } = start;
  try {
    const path = await findWebUi({ env, cache, report });
    const ca = readFileSync(certificates.ca);
    const { part, ports } = await bringUpPart(
      {
        name: 'ui',
        title: "Temporal's Web UI",
        folder,
        ports: UI_PORTS,
        listensOn: ['inner'],
        setup: ({ inner }) => uiSetup(path, folder, inner, address, certificates),
        answers: ({ inner }) => answersBehind({ port: inner, ca }),
        env,
      },
      report,
      false,
    );
    const door = await openDoor(ports.ui, { port: ports.inner, ca });
    return { services: [part], door, webUiUrl: `http://${LOOPBACK}:${ports.ui}` };
  } catch (caught) {
    const error = inPlainWords('The Web UI could not be started', caught);
    if (!(error instanceof EmbeddedError)) throw error;
    report(`there is no Web UI: ${error.message}`);
    return { services: [], webUiUrl: null, webUiProblem: `${error.message} (${error.next})` };
  }
}

async function startServer(program: TemporalProgram, start: Start, cache: string): Promise<RunningTemporal> {
  const { folder, report, env, webUi } = start;
  const certificates = await ensureCertificates(join(folder, 'tls'));
  const tls = clientTls(certificates);
  const { part, ports } = await bringUpPart(
    {
      name: 'server',
      title: `Temporal server ${program.version}`,
      folder,
      ports: SERVER_PORTS,
      setup: (at) => serverSetup(program.path, folder, at, certificates),
      answers: (at) => frontendAnswers(at, tls),
      env,
    },
    report,
    true,
  );
  const address = `${LOOPBACK}:${ports.frontend}`;
  if (!webUi) await stopOrphan({ name: 'ui', folder });
  const { services, ...page } = webUi ? await startWebUi(start, cache, address, certificates) : { services: [], webUiUrl: null };
  return { connection: { address, tls }, certificates, services: [part, ...services], ...page };
}

/** Which engine made the data that is there. */
function engineOfData(folder: string): Engine | undefined {
  if (existsSync(join(folder, 'server.db'))) return 'server';
  return existsSync(join(folder, 'cli.db')) ? 'cli' : undefined;
}

async function makeUsable(connecting: Connecting, attributes: Record<string, SearchAttributeKind>, report: Progress): Promise<boolean> {
  return during(report, 'preparing the namespace and its search attributes', async () => {
    const connection = await Connection.connect(connecting);
    try {
      await ensureNamespace(connection, NAMESPACE);
      await ensureSearchAttributes(connection, NAMESPACE, attributes);
      await waitUntilUsable(connection, NAMESPACE, Object.keys(attributes));
      return await canSkipTime(connection, NAMESPACE);
    } finally {
      await connection.close();
    }
  });
}

async function startOwn(options: Required<TemporalOptions>): Promise<EmbeddedTemporal> {
  const { dataFolder, report, env, searchAttributes, webUi } = options;
  refuseWindows();
  const folder = join(await openDataFolder(dataFolder), 'temporal');
  makeFolder(folder, PRIVATE);
  closeTree(folder);
  const cache = cacheFolder(env);
  const program = await findTemporal({ env, cache, report }, engineOfData(folder));
  const start = { folder, report, env, webUi };
  const { services, certificates, door, ...running } =
    program.engine === 'cli' ? await startCli(program, start) : await startServer(program, start, cache);
  let leave = async (): Promise<void> => {};
  const stop = async () => {
    const left = Promise.all([leave(), door?.close()]);
    const stopAll = () => Promise.all(services.map(({ now }) => now.stop()));
    await stopAll();
    await left;
    await stopAll(); // what was being started
  };
  const keepAllUp = (watcher: Watcher): (() => Promise<void>) => {
    const leaves = services.map((part) => {
      const { title, isVital, again } = part;
      const onLost = isVital ? watcher.onLost : ({ message, next }: EmbeddedError) => watcher.say(`${message} (${next}). All else goes on`);
      return keepUp({ title, pid: () => part.now.pid, again }, { ...watcher, onLost });
    });
    leave = async () => void (await Promise.all(leaves.map((one) => one())));
    return leave;
  };
  try {
    const timeSkipping = await makeUsable(running.connection, searchAttributes, report);
    const pids = services.map(({ now }) => now.pid);
    const { address } = running.connection;
    const clientConfig = rememberClient(dataFolder, address, NAMESPACE, certificates);
    if (!certificates) report('this Temporal (the CLI) has no TLS: every user of this machine can reach it');
    const own = { address, clientConfig, namespace: NAMESPACE, timeSkipping, started: true, source: program.source, pids };
    return { ...running, ...own, keepUp: keepAllUp, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Connects to the Temporal of TEMPORAL_ADDRESS, or brings up a real server on loopback ports: of the `temporal` CLI on PATH, of the CLI
 * that the SDK downloads, or built once from Go modules. It is usable (namespace, search attributes) when this resolves.
 * @throws EmbeddedError with what to do when none of these is possible.
 */
export async function startTemporal(options: TemporalOptions): Promise<EmbeddedTemporal> {
  const { dataFolder, report, env = process.env, searchAttributes, webUi = true } = options;
  try {
    if (env.TEMPORAL_ADDRESS) return await useExisting(env, searchAttributes, report);
    return await startOwn({ dataFolder, report, env, searchAttributes, webUi });
  } catch (error) {
    throw inPlainWords('Temporal could not be started', error);
  }
}
