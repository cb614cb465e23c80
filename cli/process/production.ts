/**
 * What the processes of a production installation share: settings that they can't do without, JSON logs, an
 * orderly end.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import { EmbeddedError, startTemporal } from '../../embedded';
import { createPool } from '../../store/db';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes';
import { type EndingReport, end, endOnSignals } from './ending';
import type { Foundation } from './foundation';
import { Components } from './parts';
import { BadSettings, REQUIRED, readSettings, type Settings } from './settings';

export interface Process {
  settings: Settings;
  /** Where PostgreSQL is: these processes have no embedded one. */
  databaseUrl: string;
  logger: Logger;
  /** Stopped in the reverse order when the process is told to end. */
  parts: Components;
}

/** Says what is wrong in one log line, in words where the error has some. */
function logFailure(logger: Logger, error: unknown): void {
  if (error instanceof BadSettings) logger.fatal(error.message);
  else if (error instanceof EmbeddedError) logger.fatal({ next: error.next }, error.message);
  else logger.fatal({ err: error }, 'failed');
}

/** Says in the log how the end goes: SIGTERM is compose's and Kubernetes' way, SIGINT a person's. */
const inLog = (logger: () => Logger): EndingReport => ({
  begin: (why) => logger().info({ signal: why }, 'stopping'),
  waiting: (text) => logger().info(text),
  late: (what) =>
    logger().error(
      { late: what },
      'did not stop in time: what was under way is taken up again by another process',
    ),
});

/**
 * Runs one process. `work` resolves when its work is done (migrate), or when it has failed for good; a
 * server's `work` never resolves otherwise. Nothing is left to the event loop: a process that has nothing to
 * do any more must say so by its exit code.
 */
export function runProcess(kind: keyof typeof REQUIRED, work: (process: Process) => Promise<void>): void {
  const name = `sunset-${kind}`;
  const parts = new Components();
  let logger = pino({ name });
  const tell = inLog(() => logger);
  const isEnding = endOnSignals(parts, tell);
  const run = async (): Promise<void> => {
    const settings = readSettings(process.env, REQUIRED[kind]);
    logger = pino({ name, level: settings.logLevel ?? 'info' });
    await work({ settings, databaseUrl: settings.databaseUrl!, logger, parts });
  };
  void run()
    .then(
      () => 0,
      (error: unknown) => {
        if (!isEnding()) logFailure(logger, error);
        return 1;
      },
    )
    .then(async (code) => {
      if (isEnding()) return; // the signal's own stop ends the process, when all parts have ended
      await end(parts, code, tell);
    });
}

/**
 * The operator's PostgreSQL and Temporal, both looked at: what is missing is said at the start and not by the
 * first request.
 */
export async function joinFoundation({ settings, databaseUrl, logger }: Process): Promise<Foundation> {
  await assertMigrated(databaseUrl);
  const report = (step: string): void => logger.info(step);
  const { dataFolder, env } = settings;
  const temporal = await startTemporal({ dataFolder, env, report, searchAttributes: SEARCH_ATTRIBUTES });
  const { connection, namespace } = temporal;
  return { databaseUrl, postgres: null, temporal, connection, namespace };
}

/** @throws EmbeddedError when the database has not been migrated: its tables are not this program's. */
async function assertMigrated(databaseUrl: string): Promise<void> {
  const pool = createPool(databaseUrl, { max: 1 });
  try {
    const { rows } = await pool.query<{ steps: string | null }>(
      `SELECT to_regclass('public.steps')::text AS steps`,
    );
    if (rows[0]?.steps) return;
  } catch (error) {
    const { host } = new URL(databaseUrl);
    throw new EmbeddedError(
      `PostgreSQL at ${host} can't be used: ${(error as Error).message}`,
      'start it, or correct DATABASE_URL',
      {
        cause: error,
      },
    );
  } finally {
    await pool.end();
  }
  throw new EmbeddedError(
    'The database has no tables of Sunset',
    'run the migrations first: node dist/cli/migrate.js',
  );
}

/** How many migrations this program brings; for the log. */
export const migrationCount = (): number =>
  readdirSync(join(__dirname, '..', '..', 'store', 'migrations')).length;
