/**
 * `npm start`: the whole service in one process, with real embedded parts where the environment names none.
 */
import { setImmediate as turn } from 'node:timers/promises';
import pino from 'pino';
import type { ApiServer } from '../api/http/server';
import { SignInCodes } from '../api/sign-in-codes';
import { openControlPlanes } from '../drivers/control-planes';
import { consoleProgress, EmbeddedError } from '../embedded';
import { ensureConsole } from './process/console';
import { end, endOnSignals } from './process/ending';
import { type Foundation, startFoundation } from './process/foundation';
import { keepWorker, WorkerLost } from './process/keep-worker';
import { type OperatorKey, operatorKey } from './process/operator-key';
import { Components } from './process/parts';
import { BadSettings, readSettings, type Settings } from './process/settings';

const HELP = `Usage: npm start

Starts Sunset: the API, a worker, and, unless DATABASE_URL and TEMPORAL_ADDRESS say otherwise, PostgreSQL and Temporal on loopback.

  HOST, PORT            where the API listens (127.0.0.1, 3000; PORT=0: any free port)
  SUNSET_DATA           folder of the embedded parts (.sunset)
  SUNSET_OPERATOR_KEY   the operator's bearer key (else made at the first start)
  SUNSET_OPERATOR_KEY_PREVIOUS
                        the one before it: what it has signed still counts, while it is on its way
  SUNSET_UNSIGNED       allow or refuse (allow): messages to instances that did not come through the API, such as the Web UI's
  SUNSET_KEEP_IDEMPOTENCY_DAYS, SUNSET_KEEP_QUOTES_DAYS, SUNSET_KEEP_REVOKED_DAYS
                        what is deleted after so many days (30, 30, 400; 0: never)
  SUNSET_CONSOLE        on or off (on): the web page at the API’s address
  SUNSET_SESSION_HOURS, SUNSET_SESSION_IDLE_MINUTES
                        how long who has signed in to the console stays so at most, and unused (12, 120)
  SUNSET_TRUSTED_PROXIES
                        addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto count (none)
  SUNSET_VENDOR_APIS    on, off or a port: Tencent Cloud’s and JD Cloud’s own APIs in front of Sunset, at the API’s port or one
                        of their own (on)
  SUNSET_BIN_JITTER     over how many seconds after the promised instant releases from the bin are spread (0; at most 900)
  SUNSET_CONTROL_PLANES a file that says which control plane has which instances (none: Sunset keeps books and no machines)
  SUNSET_CALL_STACKS    on or off: whether the Web UI can show where a workflow waits in its code; costs CPU (off)
  SUNSET_SANDBOX        true or false: allows fast-forward (true when Sunset started PostgreSQL and Temporal itself)
  DATABASE_URL          a PostgreSQL of your own; DATABASE_ADMIN_URL: the role that may migrate it
  SUNSET_WEB_UI         off: no Web UI of Temporal (it has no login: any user of this machine can act there)
  TEMPORAL_ADDRESS      a Temporal of your own; TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_… as the SDKs read them
`;

async function main(): Promise<void> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    process.stdout.write(HELP);
    return;
  }
  const begun = Date.now();
  const parts = new Components();
  const isEnding = endOnSignals(parts);
  try {
    const given = readSettings(process.env);
    const settings = { ...given, vendorApis: given.vendorApis ?? true };
    const report = consoleProgress();
    const [foundation, { runApi, runWorker }] = await Promise.all([
      startFoundation(settings, parts, report),
      loadService(),
    ]);
    // When the servers are up: on a small machine they would wait for it, and give up.
    const built = settings.console ? ensureConsole(report, parts) : undefined;
    const key = operatorKey(settings.operatorKey, settings.dataFolder);
    const logger = pino({ level: process.env.LOG_LEVEL ?? 'warn' });
    const signInCodes = settings.sandbox ? new SignInCodes() : undefined;
    // One for API and worker: so many requests at a time are of the process.
    const controlPlanes = openControlPlanes(settings.controlPlanes);
    const options = { foundation, settings, controlPlanes, operatorKey: key.key, logger, signInCodes };
    const [worker, { url, facadeUrl }] = await Promise.all([
      keepWorker(() => runWorker(options, parts), { say, isEnding }),
      runApi(options, parts),
      built,
    ]);
    const console = settings.console ? consoleLine(url, signInCodes) : 'off (SUNSET_CONSOLE)';
    process.stdout.write(banner({ url, facadeUrl, console }, settings, foundation, key, Date.now() - begun));
    await Promise.race([worker.lost, watchServers(foundation, parts)]);
  } catch (error) {
    if (isEnding()) return; // the signal's own stop ends the process
    process.stderr.write(`\n${explain(error)}\n`);
    await end(parts, 1);
  }
}

/**
 * The rest of the program, loaded while the servers come up: it takes as long as they do. One part after the other, so
 * that what brings them up has its turns in between.
 */
async function loadService(): Promise<typeof import('./process/service')> {
  const parts = [
    () => require('@temporalio/worker'),
    () => require('../api/http/server'),
    () => require('../facades'),
  ];
  for (const load of parts) {
    await turn();
    load();
  }
  // Webpack, where no bundle is kept: also while the servers come up. What fails is told by the worker.
  const { bundleForWorker }: typeof import('../worker/bundle') = require('../worker/bundle');
  void bundleForWorker().catch(() => {});
  return require('./process/service');
}

/**
 * What nobody has asked for goes to standard error, with its time: the start's own output may be hours away.
 */
const say = (text: string): void => void process.stderr.write(`${new Date().toISOString()}  ${text}\n`);

/**
 * Brings the embedded servers up again when they end. Rejects when one can't be: then all of it ends, with
 * what to do.
 */
function watchServers({ postgres, temporal }: Foundation, parts: Components): Promise<never> {
  return new Promise((_, reject) => {
    const watcher = { say, onLost: reject };
    const leaves = [temporal.keepUp(watcher), ...(postgres ? [postgres.keepUp(watcher)] : [])];
    parts.add(
      'the watch over the servers',
      async () => void (await Promise.all(leaves.map((leave) => leave()))),
    );
  });
}

function explain(error: unknown): string {
  if (error instanceof BadSettings) return error.message;
  if (error instanceof EmbeddedError || error instanceof WorkerLost)
    return `${error.message}\nWhat to do: ${error.next}`;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `The API's port is taken (${message}).\nWhat to do: stop what listens there, or set PORT to another one.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function banner(
  { url, facadeUrl, console }: Pick<ApiServer, 'url' | 'facadeUrl'> & { console: string },
  settings: Settings,
  { temporal }: Foundation,
  key: OperatorKey,
  ms: number,
): string {
  const rows: [string, string][] = [
    ['Console', console],
    ['API', url],
    ['Docs', `${url}/docs`],
    ['Vendor APIs', facadeUrl ?? 'off (SUNSET_VENDOR_APIS)'],
    ['Web UI', temporal.webUiUrl ?? temporal.webUiProblem ?? noWebUi(temporal)],
    ['Operator key', keyLine(key)],
    ['Sandbox', sandboxLine(settings, temporal.timeSkipping)],
  ];
  const lines = rows.map(([name, value]) => `  ${name.padEnd(13)} ${value}`);
  return `\nSunset is up (${(ms / 1000).toFixed(1)} s)\n${lines.join('\n')}\n\nCtrl-C stops it; the data stays in ${settings.dataFolder}\n`;
}

/** In a sandbox a link that signs in once: nobody has to look for a key. */
const consoleLine = (url: string, codes: SignInCodes | undefined): string =>
  codes ? `${url}/?code=${codes.make()}   (signs you in once, within 10 minutes)` : url;

function keyLine({ key, file, fresh }: OperatorKey): string {
  if (file === null) return 'as set by SUNSET_OPERATOR_KEY';
  return fresh ? `${key}   (printed this once; kept in ${file})` : `in ${file}`;
}

const noWebUi = ({ started, address }: Foundation['temporal']): string =>
  started ? 'off (SUNSET_WEB_UI)' : `that of your Temporal at ${address}`;

function sandboxLine(settings: Settings, timeSkipping: boolean): string {
  if (!settings.sandbox) return 'off: clocks run at their own pace';
  return timeSkipping
    ? 'on: instances can be fast-forwarded'
    : 'on, but this Temporal server can’t skip time (1.32 or newer can): fast-forward answers 501';
}

void main();
