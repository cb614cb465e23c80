import { join } from 'node:path';
import { LOOPBACK } from '../process/ports';
import type { Setup } from '../process/supervisor';
import { type Certificates, SERVER_NAME } from './certificates';

export const SERVER_PORTS = [
  'frontend',
  'history',
  'matching',
  'worker',
  'frontendRing',
  'historyRing',
  'matchingRing',
  'workerRing',
] as const;
export const CLI_PORTS = ['frontend', 'ui'] as const;
/** `ui` is the door's, `inner` the server's behind it. */
export const UI_PORTS = ['ui', 'inner'] as const;

/** Server settings beyond the defaults, for both engines. */
const DYNAMIC: Record<string, boolean | number> = {
  // Fast-forward of single workflows: the sandbox and the tests.
  'frontend.WorkflowTimeSkippingEnabled': true,
  // A year ahead is many skips of one session; at the default of 200 the server would stop skipping in the
  // middle.
  'frontend.WorkflowTimeSkippingMaxSkipPerSession': 1_000_000,
  // A new search attribute can be used at once, not after a minute …
  'system.forceSearchAttributesCacheRefreshOnRead': true,
  // … at the price of more reads, which the limits must allow for (the CLI's own dev server does the same).
  'frontend.persistenceMaxQPS': 10_000,
  'history.persistenceMaxQPS': 45_000,
  'frontend.namespaceRPS.visibility': 100,
};

/** JSON is YAML, and needs no quoting rules of its own. */
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** In SQLite's file URI these three would end or change the path. */
const uriPath = (path: string) => path.replace(/[%?#]/g, encodeURIComponent);

/** Mutual TLS on every port: of the frontend, between the server's parts, and of its own system workers. */
function tlsConfig({ ca, serverCert, serverKey }: Certificates): unknown {
  const server = { certFile: serverCert, keyFile: serverKey, requireClientAuth: true, clientCaFiles: [ca] };
  const client = { serverName: SERVER_NAME, rootCaFiles: [ca] };
  const systemWorker = { certFile: serverCert, keyFile: serverKey, client };
  return { internode: { server, client }, frontend: { server, client }, systemWorker };
}

function serverConfig(
  folder: string,
  ports: Record<(typeof SERVER_PORTS)[number], number>,
  certificates: Certificates,
): unknown {
  const sql = {
    pluginName: 'sqlite',
    databaseName: uriPath(join(folder, 'server.db')),
    connectAddr: 'localhost',
    connectProtocol: 'tcp',
    maxConns: 1,
    maxIdleConns: 1,
    // synchronous 2 (FULL): what the server has acknowledged survives a power cut.
    connectAttributes: { cache: 'private', setup: 'true', journal_mode: 'wal', synchronous: '2' },
  };
  const rpc = (grpcPort: number, membershipPort: number) => ({
    rpc: { grpcPort, membershipPort, bindOnLocalHost: true },
  });
  const rpcAddress = `${LOOPBACK}:${ports.frontend}`;
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'main',
      visibilityStore: 'visibility',
      numHistoryShards: 4,
      datastores: { main: { sql }, visibility: { sql } },
    },
    global: {
      membership: { maxJoinDuration: '30s', broadcastAddress: LOOPBACK },
      tls: tlsConfig(certificates),
    },
    services: {
      frontend: rpc(ports.frontend, ports.frontendRing),
      history: rpc(ports.history, ports.historyRing),
      matching: rpc(ports.matching, ports.matchingRing),
      worker: rpc(ports.worker, ports.workerRing),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: join(folder, 'dynamic.yaml'), pollInterval: '10s' },
  };
}

/** The server that was built from Go modules. Metrics and pprof are off: they are on only when configured. */
export function serverSetup(
  path: string,
  folder: string,
  ports: Record<(typeof SERVER_PORTS)[number], number>,
  certificates: Certificates,
): Setup {
  const config = join(folder, 'server.yaml');
  const settings = { ...DYNAMIC, 'system.enableRingpopTLS': true };
  const dynamic = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, [{ value }]]));
  return {
    command: path,
    args: ['--config-file', config, '--allow-no-auth', 'start'],
    files: {
      [config]: json(serverConfig(folder, ports, certificates)),
      [join(folder, 'dynamic.yaml')]: json(dynamic),
    },
  };
}

/** The CLI's dev server, on a file, with its Web UI or without. */
export function cliSetup(
  path: string,
  folder: string,
  ports: Record<(typeof CLI_PORTS)[number], number>,
  webUi: boolean,
): Setup {
  const many = (flag: string, values: string[]) => values.flatMap((value) => [flag, value]);
  const ui = webUi ? ['--ui-port', String(ports.ui), '--ui-disable-news-fetch'] : ['--headless'];
  return {
    command: path,
    args: [
      ...['server', 'start-dev', '--ip', LOOPBACK, '--port', String(ports.frontend), ...ui],
      ...['--db-filename', join(folder, 'cli.db'), '--log-level', 'warn'],
      ...many('--sqlite-pragma', ['journal_mode=wal', 'synchronous=2']),
      ...many(
        '--dynamic-config-value',
        Object.entries(DYNAMIC).map(([key, value]) => `${key}=${value}`),
      ),
    ],
    files: {},
  };
}

/** The Web UI beside the server that was built. */
export function uiSetup(
  path: string,
  folder: string,
  port: number,
  address: string,
  certificates?: Certificates,
): Setup {
  const tls = certificates && {
    ...{ caFile: certificates.ca, certFile: certificates.clientCert, keyFile: certificates.clientKey },
    ...{ enableHostVerification: true, serverName: SERVER_NAME },
  };
  const config = {
    temporalGrpcAddress: address,
    ...(tls ? { tls } : {}),
    host: LOOPBACK,
    port,
    enableUi: true,
    disableNewsFetch: true,
    // Plain HTTP on loopback: browsers would drop a secure CSRF cookie, and with it every write of the UI.
    cors: { cookieInsecure: true },
    // Behind the door: no page elsewhere can be made to take this server for its own.
    ...(certificates
      ? { uiServerTLS: { certFile: certificates.serverCert, keyFile: certificates.serverKey } }
      : {}),
  };
  return {
    command: path,
    args: ['--root', folder, '--config', 'ui', '--env', 'sunset', 'start'],
    files: { [join(folder, 'ui', 'sunset.yaml')]: json(config) },
  };
}
