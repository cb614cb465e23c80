/** `npm run audit`: looks through the whole database for what must not be, and names it. Reads one snapshot and changes nothing. */
import { parseArgs } from 'node:util';
import { EmbeddedError, rememberedPostgres } from '../embedded';
import { type AuditReport, audit, CHECKS, type CheckResult } from '../store/audit';
import { createPool } from '../store/db';
import { BadSettings, readSettings, type Settings } from './settings';
import { mention, print, printJson, table } from './sunset/output';

const HELP = `Usage: npm run audit [-- --json]

Checks that ledger, balances, refunds, rights, timelines and read model agree, and that every step was allowed and in time. It reads one
snapshot of the database, read only, beside a service that runs. Each finding names its row: web-1/3 is step 3 of the instance web-1,
web-1/o1 its order o1, t_1/web-1 the item for web-1 of the termination t_1.

  --json         the whole report as JSON, with every finding (use npm run --silent)

  DATABASE_URL   the database (DATABASE_URL_FILE: a file that holds it); else the one that npm start has brought up in
  SUNSET_DATA    its data folder (.sunset)

Exit 0 when nothing is found, 1 when something is, 2 when the audit could not be made.
`;

const EXIT = { found: 1, notMade: 2 } as const;
/** Of one check; the rest is told by --json. */
const SHOWN = 20;
/** What takes longer says what it is doing, and goes on saying it. */
const PATIENCE_MS = 2000;

/** The audit could not be made, in words for who asked for it. */
class NotMade extends Error {}

function readArguments(): { help: boolean; json: boolean } {
  try {
    const { values } = parseArgs({
      options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    });
    return values;
  } catch (error) {
    throw new NotMade(`${(error as Error).message.split('.')[0]} (see npm run audit -- --help)`);
  }
}

function databaseOf({ databaseUrl, dataFolder }: Settings): { url: string; next: string } {
  if (databaseUrl !== undefined) return { url: databaseUrl, next: 'check DATABASE_URL, and that PostgreSQL runs' };
  const remembered = rememberedPostgres(dataFolder);
  if (!remembered) throw new NotMade(`no database: set DATABASE_URL, or run npm start first (nothing was ever started in ${dataFolder})`);
  return { url: remembered.url, next: `it is on port ${remembered.port} while npm start runs: start it, or set DATABASE_URL` };
}

/** Says on standard error what an audit of a big database is at. Standard output is the report's alone. */
function progress(): { at: (title: string, index: number) => void; stop: () => void } {
  let now = '';
  const timer = setInterval(() => mention(`… ${now}`), PATIENCE_MS);
  return {
    at: (title, index) => {
      now = `check ${index + 1} of ${CHECKS.length}: ${title}`;
    },
    stop: () => clearInterval(timer),
  };
}

/** Classes of SQLSTATE that say that the connection could not be had, or was lost: 08, 28 (password), 3D (no such database), 53, 57. */
const NO_CONNECTION = /^(08|28|3D|53|57)...$|^E[A-Z_]+$/;

/** What the operator can do something about, in words; anything else is a mistake of ours and shows its stack. */
function explain(error: unknown, next: string): Error {
  const { code, message } = error as { code?: string; message: string };
  if (code === '42P01') return new NotMade('the database has not this version’s tables: start this version of Sunset once');
  if (code === '42501') return new NotMade(`this role may not read everything (${message}): use the service’s role, or the owner’s`);
  const isConnection = code === undefined ? /timeout|terminated/i.test(message) : NO_CONNECTION.test(code);
  return isConnection ? new NotMade(`the database can't be read (${message || code}): ${next}`) : (error as Error);
}

async function makeReport(settings: Settings): Promise<AuditReport> {
  const { url, next } = databaseOf(settings);
  const pool = createPool(url, { max: 1 });
  const told = progress();
  try {
    return await audit(pool, ({ title }, index) => told.at(title, index));
  } catch (error) {
    throw explain(error, next);
  } finally {
    told.stop();
    await pool.end();
  }
}

function show({ at, rows, checks }: AuditReport): void {
  const looked = Object.entries(rows).map(([name, count]) => `${count} ${name}`);
  print(`Looked at ${looked.join(', ')} as of ${at}.\n`);
  print(
    table(
      ['check', 'found', 'what must be true'],
      checks.map(({ name, title, findings }) => [name, findings.length, title]),
    ),
  );
  for (const check of checks) if (check.findings.length) print(`\n${describe(check)}`);
  const found = foundIn(checks);
  print(found ? `\n${found} found: the rows above are not as they must be.` : '\nNothing found.');
}

function describe({ name, title, findings }: CheckResult): string {
  const more = findings.length - SHOWN;
  return [
    `${name}: it is not so that ${title}`,
    ...findings.slice(0, SHOWN).map(({ id, detail }) => `  ${id}  ${detail}`),
    ...(more > 0 ? [`  … and ${more} more (--json shows all)`] : []),
  ].join('\n');
}

const foundIn = (checks: CheckResult[]): number => checks.reduce((total, { findings }) => total + findings.length, 0);

async function main(): Promise<void> {
  try {
    const { help, json } = readArguments();
    if (help) return void process.stdout.write(HELP);
    const report = await makeReport(readSettings(process.env));
    if (json) printJson({ found: foundIn(report.checks), ...report });
    else show(report);
    if (foundIn(report.checks)) process.exitCode = EXIT.found;
  } catch (error) {
    process.exitCode = EXIT.notMade;
    if (error instanceof NotMade || error instanceof BadSettings) mention(`audit: ${error.message}`);
    else if (error instanceof EmbeddedError) mention(`audit: ${error.message}\n${error.next}`);
    else throw error;
  }
}

void main();
