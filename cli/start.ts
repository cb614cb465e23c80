/** `npm start`: the whole service in one process, with real embedded parts where the environment names none. */
import pino from 'pino';
import { EmbeddedError } from '../embedded';
import { type OperatorKey, operatorKey } from './operator-key';
import { type Foundation, Parts, runApi, runWorker, startFoundation } from './service';
import { BadSettings, readSettings, type Settings } from './settings';

const HELP = `Usage: npm start

Starts Sunset: the API, a worker, and, unless DATABASE_URL and TEMPORAL_ADDRESS say otherwise, PostgreSQL and Temporal on loopback.

  HOST, PORT            where the API listens (127.0.0.1, 3000; PORT=0: any free port)
  SUNSET_DATA           folder of the embedded parts (.sunset)
  SUNSET_OPERATOR_KEY   the operator's bearer key (else made at the first start)
  SUNSET_OPERATOR_KEY_PREVIOUS
                        the one before it: what it has signed still counts, while it is on its way
  SUNSET_UNSIGNED       allow or refuse (allow): messages to instances that did not come through the API, such as the Web UI's
  SUNSET_SANDBOX        true or false: allows fast-forward (true when Sunset started PostgreSQL and Temporal itself)
  DATABASE_URL          a PostgreSQL of your own; DATABASE_ADMIN_URL: the role that may migrate it
  TEMPORAL_ADDRESS      a Temporal of your own; TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_… as the SDKs read them
`;

async function main(): Promise<void> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    process.stdout.write(HELP);
    return;
  }
  const begun = Date.now();
  const parts = new Parts();
  stopOnSignals(parts);
  try {
    const settings = readSettings(process.env);
    const foundation = await startFoundation(settings, parts);
    const key = operatorKey(settings.operatorKey, settings.dataFolder);
    const logger = pino({ level: process.env.LOG_LEVEL ?? 'warn' });
    const options = { foundation, settings, operatorKey: key.key, logger };
    const worker = await runWorker(options, parts);
    const { url } = await runApi(options, parts);
    process.stdout.write(banner(url, settings, foundation, key, Date.now() - begun));
    await worker.finished;
  } catch (error) {
    if (stopping) return;
    process.stderr.write(`\n${explain(error)}\n`);
    await parts.stop();
    process.exitCode = 1;
  }
}

let stopping = false;

/** npm and tsx pass on a Ctrl-C that the terminal has sent us already: what comes within this time is the same keystroke. */
const SAME_KEYSTROKE_MS = 1500;

/** Ctrl-C stops every part in order and leaves nothing behind; a second one is told to wait. */
function stopOnSignals(parts: Parts): void {
  let askedAt = 0;
  const stop = (): void => {
    if (stopping) {
      if (Date.now() - askedAt > SAME_KEYSTROKE_MS) process.stderr.write('still stopping: the database is being closed properly\n');
      return;
    }
    stopping = true;
    askedAt = Date.now();
    process.stderr.write('\nstopping …\n');
    parts.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${explain(error)}\n`);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
}

function explain(error: unknown): string {
  if (error instanceof BadSettings) return error.message;
  if (error instanceof EmbeddedError) return `${error.message}\nWhat to do: ${error.next}`;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `The API's port is taken (${message}).\nWhat to do: stop what listens there, or set PORT to another one.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function banner(url: string, settings: Settings, { temporal }: Foundation, key: OperatorKey, ms: number): string {
  const keyLine = key.fresh
    ? `${key.key}   (printed this once; kept in ${key.file})`
    : key.file
      ? `in ${key.file}`
      : 'as set by SUNSET_OPERATOR_KEY';
  const rows: [string, string][] = [
    ['API', url],
    ['Docs', `${url}/docs`],
    ['Web UI', temporal.webUiUrl ?? temporal.webUiProblem ?? `that of your Temporal at ${temporal.address}`],
    ['Operator key', keyLine],
    ['Sandbox', sandboxLine(settings, temporal.timeSkipping)],
  ];
  const lines = rows.map(([name, value]) => `  ${name.padEnd(13)} ${value}`);
  return `\nSunset is up (${(ms / 1000).toFixed(1)} s)\n${lines.join('\n')}\n\nCtrl-C stops it; the data stays in ${settings.dataFolder}\n`;
}

function sandboxLine(settings: Settings, timeSkipping: boolean): string {
  if (!settings.sandbox) return 'off: clocks run at their own pace';
  return timeSkipping
    ? 'on: instances can be fast-forwarded'
    : 'on, but this Temporal server can’t skip time (1.32 or newer can): fast-forward answers 501';
}

void main();
