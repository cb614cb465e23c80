/**
 * What `audit` and `backtest` share: which database they read, and how its failures and their own waits are
 * reported.
 */
import { EmbeddedError, rememberedPostgres } from '../../embedded';
import { BadSettings, type Settings } from '../process/settings';
import { mention } from '../sunset/output';
import { NotMade } from './not-made';

const EXIT_NOT_MADE = 2;

/**
 * Runs such a command. What it could not make is said in words, with exit code 2; a mistake of ours shows its
 * stack.
 */
export async function runReport(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.exitCode = EXIT_NOT_MADE;
    if (error instanceof EmbeddedError) mention(`${name}: ${error.message}\n${error.next}`);
    else if (error instanceof NotMade || error instanceof BadSettings) mention(`${name}: ${error.message}`);
    else throw error;
  }
}

/** @throws NotMade when the command line can't be read */
export function readOptions<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new NotMade(`${(error as Error).message.split('.')[0]} (see npm run ${name} -- --help)`);
  }
}

/**
 * The database of `DATABASE_URL`, else the one that `npm start` has brought up; `next`: what to do when it
 * does not answer.
 */
export function databaseOf({ databaseUrl, dataFolder }: Settings): { url: string; next: string } {
  if (databaseUrl !== undefined)
    return { url: databaseUrl, next: 'check DATABASE_URL, and that PostgreSQL runs' };
  const remembered = rememberedPostgres(dataFolder);
  if (!remembered)
    throw new NotMade(
      `no database: set DATABASE_URL, or run npm start first (nothing was ever started in ${dataFolder})`,
    );
  return {
    url: remembered.url,
    next: `it is on port ${remembered.port} while npm start runs: start it, or set DATABASE_URL`,
  };
}

/**
 * Classes of SQLSTATE that say that the connection could not be had, or was lost: 08, 28 (password), 3D (no
 * such database), 53, 57.
 */
const NO_CONNECTION = /^(08|28|3D|53|57)...$|^E[A-Z_]+$/;

/**
 * What the operator can do something about, in words; anything else is a mistake of ours and shows its stack.
 */
export function explain(error: unknown, next: string): Error {
  const { code, message } = error as { code?: string; message: string };
  if (code === '42P01')
    return new NotMade('the database has not this version’s tables: start this version of Sunset once');
  if (code === '42501')
    return new NotMade(
      `this role may not read everything (${message}): use the service’s role, or the owner’s`,
    );
  const isConnection = code === undefined ? /timeout|terminated/i.test(message) : NO_CONNECTION.test(code);
  return isConnection
    ? new NotMade(`the database can't be read (${message || code}): ${next}`)
    : (error as Error);
}

/** What takes longer says what it is doing, and goes on saying it. */
const PATIENCE_MS = 2000;

/**
 * Says on standard error what a long reading of a big database is at. Standard output is the report's alone.
 */
export function progress(): { at: (what: string) => void; stop: () => void } {
  let now = '';
  const timer = setInterval(() => mention(`… ${now}`), PATIENCE_MS);
  return {
    at: (what) => {
      now = what;
    },
    stop: () => clearInterval(timer),
  };
}
