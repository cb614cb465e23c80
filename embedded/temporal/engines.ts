/**
 * The two ways to run a Temporal of our own: the CLI's server in one process, or the one that was built, with
 * its Web UI beside it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedError, inPlainWords } from '../errors';
import { isPortOpen, LOOPBACK } from '../process/ports';
import { type Supervised, supervise } from '../process/supervisor';
import type { Progress } from '../progress';
import { type Certificates, type ClientTls, clientTls, ensureCertificates } from './certificates';
import { isTemporalUp } from './check';
import type { Connecting } from './client';
import { CLI_PORTS, cliSetup, SERVER_PORTS, serverSetup, UI_PORTS, uiSetup } from './config';
import { answersBehind, type Door, openDoor } from './door';
import { findWebUi, type TemporalProgram } from './program';
import { stopLeftover, temporalServer } from './server';

export interface EngineOptions {
  /** Absolute, and there. */
  folder: string;
  cache: string;
  report: Progress;
  env: NodeJS.ProcessEnv;
  webUi: boolean;
}

export interface RunningEngine {
  connection: Connecting;
  certificates?: Certificates;
  server: Supervised<string>;
  /** The Web UI when it is a process of its own. */
  page?: WebUi;
  webUiUrl: string | null;
  webUiProblem?: string;
}

interface WebUi {
  ui: Supervised<string>;
  door: Door;
}

/** The name of the Web UI's own files. */
const UI = 'ui';

type Frontend = Record<'frontend', number>;

const addressOf = ({ frontend }: Frontend): string => `${LOOPBACK}:${frontend}`;
const urlOf = ({ ui }: Record<'ui', number>): string => `http://${LOOPBACK}:${ui}`;

async function frontendAnswers(ports: Frontend, tls?: ClientTls): Promise<boolean> {
  const address = addressOf(ports);
  return (await isPortOpen(ports.frontend)) && (await isTemporalUp({ address, ...(tls ? { tls } : {}) }));
}

async function pageAnswers(ports: Record<'ui', number>): Promise<boolean> {
  return fetch(urlOf(ports), { signal: AbortSignal.timeout(2000) }).then(
    (response) => response.ok,
    () => false,
  );
}

/** @throws EmbeddedError when it does not come up, or can't keep its data there */
export async function startCli(program: TemporalProgram, options: EngineOptions): Promise<RunningEngine> {
  const { folder, report, env, webUi } = options;
  if (/[%?#]/.test(folder)) {
    const next = 'choose a SUNSET_DATA without %, ? and # in its path';
    throw new EmbeddedError(`The temporal CLI can't keep its data in ${folder}`, next);
  }
  const service = temporalServer<(typeof CLI_PORTS)[number]>({
    name: 'cli',
    title: `Temporal (CLI ${program.version})`,
    folder,
    ports: CLI_PORTS,
    setup: (ports) => cliSetup(program.path, folder, ports, webUi),
    answers: async (ports) => (await frontendAnswers(ports)) && (!webUi || (await pageAnswers(ports))),
    env,
  });
  const server = await supervise(service, report);
  const { ports } = server;
  return { connection: { address: addressOf(ports) }, server, webUiUrl: webUi ? urlOf(ports) : null };
}

/** @throws EmbeddedError when the server does not come up; that its Web UI does not is reported */
export async function startServer(program: TemporalProgram, options: EngineOptions): Promise<RunningEngine> {
  const { folder, report, env, webUi } = options;
  const certificates = await ensureCertificates(join(folder, 'tls'));
  const tls = clientTls(certificates);
  const service = temporalServer<(typeof SERVER_PORTS)[number]>({
    name: 'server',
    title: `Temporal server ${program.version}`,
    folder,
    ports: SERVER_PORTS,
    setup: (ports) => serverSetup(program.path, folder, ports, certificates),
    answers: (ports) => frontendAnswers(ports, tls),
    env,
  });
  const server = await supervise(service, report);
  const address = addressOf(server.ports);
  const running = { connection: { address, tls }, certificates, server };
  if (webUi) return { ...running, ...(await startWebUi(options, address, certificates)) };
  await stopLeftover(UI, folder);
  return { ...running, webUiUrl: null };
}

/** The Web UI is a convenience: that it can't be had is reported, and stops nothing. */
async function startWebUi(
  { folder, cache, report, env }: EngineOptions,
  address: string,
  certificates: Certificates,
): Promise<Pick<RunningEngine, 'page' | 'webUiUrl' | 'webUiProblem'>> {
  const ca = readFileSync(certificates.ca);
  try {
    const path = await findWebUi({ env, cache, report });
    const service = temporalServer<(typeof UI_PORTS)[number]>({
      name: UI,
      title: "Temporal's Web UI",
      folder,
      ports: UI_PORTS,
      listensOn: ['inner'],
      setup: ({ inner }) => uiSetup(path, folder, inner, address, certificates),
      answers: ({ inner }) => answersBehind({ port: inner, ca }),
      env,
    });
    const ui = await supervise(service, report);
    const door = await openDoor(ui.ports.ui, { port: ui.ports.inner, ca });
    return { page: { ui, door }, webUiUrl: urlOf(ui.ports) };
  } catch (caught) {
    const error = inPlainWords('The Web UI could not be started', caught);
    if (!(error instanceof EmbeddedError)) throw error;
    report(`there is no Web UI: ${error.message}`);
    return { webUiUrl: null, webUiProblem: `${error.message} (${error.next})` };
  }
}
