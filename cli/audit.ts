/**
 * `npm run audit`: looks through the whole database and Temporal for what must not be, names it, and puts
 * right what is only late.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Signer } from '../domain/signed';
import { rememberedTemporal } from '../embedded';
import type { CheckResult } from '../store/audit';
import { type FinishedAudit, findingsOf, makeAudit, recordAudit } from '../store/audit/runs';
import { noWorkflows, type Workflows } from '../store/audit/workflows';
import { createPool, isReadOnly, type Pool } from '../store/db';
import { createSignatures } from '../store/signatures';
import { connectClient } from '../temporal/connect';
import { workflowsOf } from '../worker/workflows';
import { TASK_QUEUE } from '../workflows/messages';
import { keptOperatorKey } from './process/operator-key';
import { readSettings, type Settings } from './process/settings';
import { databaseOf, explain, progress, readOptions, runReport } from './sources/database';
import { print, printJson, table } from './sunset/output';

const HELP = `Usage: npm run audit [-- --json]

Checks that ledger, seals, balances, refunds, rights, timelines and read model agree, that every step was allowed and in time, and that
each workflow is where its instance's row is. The database is read as one snapshot, read only, beside a service that runs. What is only
late is put right first: seals are made, accepted items sent again, deadlines woken. Each finding names its row: web-1/3 is step 3 of
the instance web-1, web-1/o1 its order o1, t_1/web-1 the item for web-1 of the termination t_1. The result is kept: GET /v1/audits.

  --json         the whole report as JSON, with every finding (use npm run --silent)

  DATABASE_URL       the database (DATABASE_URL_FILE: a file that holds it), and
  TEMPORAL_ADDRESS   its Temporal; without either, those that npm start has brought up in
  SUNSET_DATA        its data folder (.sunset)
  SUNSET_OPERATOR_KEY signs items that are sent again; default: the one in the data folder of npm start

Exit 0 when nothing is found, 1 when something is, 2 when the audit could not be made.
`;

const EXIT_FOUND = 1;
/** Of one check; --json shows the rest. */
const SHOWN = 20;
const CONNECT_MS = 5000;

function readArguments(): { help: boolean; json: boolean } {
  const options = {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  return readOptions('audit', () => parseArgs({ options })).values;
}

type Stop = () => Promise<void>;

/**
 * Signs what is sent again, where the operator's key is known: given, or kept by `npm start` beside its own
 * database.
 */
function signerOf({ operatorKey, databaseUrl, dataFolder }: Settings): Signer | undefined {
  const key = operatorKey ?? (databaseUrl === undefined ? keptOperatorKey(dataFolder) : undefined);
  return key === undefined ? undefined : createSignatures(key);
}

/**
 * Temporal, or why it can't be asked. The embedded one belongs to the embedded database: no other is held
 * against it.
 */
async function connectTemporal(
  settings: Settings,
  pool: Pool,
): Promise<{ workflows: Workflows; stop: Stop }> {
  const { databaseUrl, dataFolder, env } = settings;
  const isOwn = env.TEMPORAL_ADDRESS !== undefined || databaseUrl !== undefined;
  const config = isOwn ? loadClientConnectConfig({ overrideEnvVars: env }) : rememberedTemporal(dataFolder);
  const address = isOwn ? env.TEMPORAL_ADDRESS : config?.connectionOptions.address;
  const without = (reason: string) => ({ workflows: noWorkflows(reason), stop: async () => {} });
  if (address === undefined || !config) return without('TEMPORAL_ADDRESS is not set');
  try {
    const connection = await connectClient({
      ...config.connectionOptions,
      address,
      connectTimeout: CONNECT_MS,
    });
    const client = new Client({ connection, namespace: config.namespace ?? 'default' });
    return {
      workflows: workflowsOf(client, pool, TASK_QUEUE, signerOf(settings)),
      stop: () => connection.close(),
    };
  } catch (error) {
    return without(`Temporal does not answer at ${address} (${(error as Error).message.split('\n')[0]})`);
  }
}

async function makeReport(settings: Settings): Promise<{ finished: FinishedAudit; isKept: boolean }> {
  const { url, next } = databaseOf(settings);
  const pool = createPool(url, { max: 4 });
  const waiting = progress();
  const temporal = await connectTemporal(settings, pool);
  try {
    const options = {
      id: `audit_${randomUUID()}`,
      trigger: 'command',
      workflows: temporal.workflows,
      onProgress: waiting.at,
    } as const;
    const finished = await makeAudit(pool, options);
    return { finished, isKept: await keep(pool, finished) };
  } catch (error) {
    throw explain(error, next);
  } finally {
    waiting.stop();
    await temporal.stop();
    await pool.end();
  }
}

/** Whoever may only read (a role, a replica) audits all the same. */
async function keep(pool: Pool, finished: FinishedAudit): Promise<boolean> {
  try {
    await recordAudit(pool, finished);
    return true;
  } catch (error) {
    if (isReadOnly(error)) return false;
    throw error;
  }
}

function show({ id, at, rows, checks, healed, head }: FinishedAudit, isKept: boolean): void {
  const looked = Object.entries(rows).map(([name, count]) => `${count} ${name}`);
  print(`Looked at ${looked.join(', ')} as of ${at}.\n`);
  print(
    table(
      ['check', 'found', 'what must be true'],
      checks.map(({ name, title, findings, skipped }) => [
        name,
        skipped === undefined ? findings.length : '–',
        title,
      ]),
    ),
  );
  for (const { name, skipped } of checks)
    if (skipped !== undefined) print(`\nNot checked: ${name}: ${skipped}`);
  for (const { what, id: late } of healed) print(`\nPut right: ${late}, a ${what} that was late`);
  for (const check of checks) if (check.findings.length) print(`\n${describe(check)}`);
  print(
    `\n${isKept ? `Kept as ${id}` : 'Not kept: this connection may only read'}.${head ? ` Newest seal: ${head.position} ${head.hash}` : ''}`,
  );
  const found = checks.reduce((total, { findings }) => total + findings.length, 0);
  print(found ? `${found} found: the rows above are not as they must be.` : 'Nothing found.');
}

function describe({ name, title, findings }: CheckResult): string {
  const more = findings.length - SHOWN;
  return [
    `${name}: it is not so that ${title}`,
    ...findings.slice(0, SHOWN).map(({ id, detail }) => `  ${id}  ${detail}`),
    ...(more > 0 ? [`  … and ${more} more (--json shows all)`] : []),
  ].join('\n');
}

async function main(): Promise<void> {
  const { help, json } = readArguments();
  if (help) return void process.stdout.write(HELP);
  const { finished, isKept } = await makeReport(readSettings(process.env));
  const found = findingsOf(finished).length;
  if (json) printJson({ found, kept: isKept, ...finished });
  else show(finished, isKept);
  if (found) process.exitCode = EXIT_FOUND;
}

void runReport('audit', main);
