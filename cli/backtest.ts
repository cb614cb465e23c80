/**
 * `npm run backtest`: refunds that were booked, run again under a changed policy. Reads one snapshot and
 * changes nothing.
 */
import { parseArgs } from 'node:util';
import { instant } from '../contract/fields';
import {
  Backtest,
  type BacktestReport,
  type CurrencyTotal,
  type Difference,
  type Payment,
} from '../domain/backtest';
import { type Policy, policyId } from '../domain/policy';
import { eachPastRefund, type PastRefundFilter } from '../store/books/past-refunds';
import { createPool } from '../store/db';
import { readSettings, type Settings } from './process/settings';
import { databaseOf, explain, progress, readOptions, runReport } from './sources/database';
import { NotMade } from './sources/not-made';
import { readPolicy } from './sources/policy-file';
import { print, printJson, table } from './sunset/output';

const HELP = `Usage: npm run backtest -- --policy <file> [--account <account>] [--since <instant>] [--until <instant>] [--json]

Runs the booked refunds of the policy's product again under that policy, each from the facts, orders and instant that are kept with it, and
lists those that would have been otherwise: another amount, another kind, or refused, with what would stand against it.

  --policy   a TypeScript, JavaScript or JSON file: a copy of one in policies/, changed
  --account  only this account's refunds
  --since    only refunds computed as of this instant or later, such as 2026-11-01T00:00:00+08:00
  --until    only refunds computed as of an instant before this one
  --json     the whole report as JSON, with every difference (use npm run --silent)

  DATABASE_URL   the database (DATABASE_URL_FILE: a file that holds it); else the one that npm start has brought up in
  SUNSET_DATA    its data folder (.sunset)

The right that a return used is taken to be there, and an ordinary one beside it; quotas, holds and arrears are not played through.

Exit 0 whether or not anything differs, 2 when the back-test could not be made.
`;

/** Differences that are listed; --json shows the rest. */
const SHOWN = 100;

interface BacktestArguments extends Omit<PastRefundFilter, 'product'> {
  help: boolean;
  json: boolean;
  policy: string | undefined;
}

function readArguments(): BacktestArguments {
  const { values } = readOptions('backtest', () =>
    parseArgs({
      options: {
        policy: { type: 'string' },
        account: { type: 'string' },
        since: { type: 'string' },
        until: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }),
  );
  return { policy: undefined, ...values };
}

function requireInstant(name: string, value: string | undefined): void {
  if (value === undefined || instant.safeParse(value).success) return;
  throw new NotMade(`--${name} must be an instant with its offset, such as 2026-11-01T00:00:00+08:00`);
}

interface BacktestDocument extends BacktestReport {
  policy: string;
  product: string;
  /** The database's clock at the snapshot. */
  at: string;
}

async function makeReport(
  settings: Settings,
  policy: Policy,
  filter: Omit<PastRefundFilter, 'product'>,
): Promise<BacktestDocument> {
  const { url, next } = databaseOf(settings);
  const pool = createPool(url, { max: 1 });
  const waiting = progress();
  const backtest = new Backtest(policy);
  let count = 0;
  try {
    waiting.at(`reading refunds of ${policy.product}`);
    const at = await eachPastRefund(pool, { product: policy.product, ...filter }, (past) => {
      backtest.add(past);
      count += 1;
      waiting.at(`${count} refunds of ${policy.product}, the last as of ${past.calculation.inputs.at}`);
    });
    return { policy: policyId(policy), product: policy.product, at, ...backtest.report };
  } catch (error) {
    throw explain(error, next);
  } finally {
    waiting.stop();
    await pool.end();
  }
}

function show(report: BacktestDocument): void {
  const { refunds, same, changed, refused, notComputable, product, policy, at, totals, differences } = report;
  print(`Ran ${refunds} refunds of ${product} again under ${policy}, as of ${at}.\n`);
  if (!refunds) return;
  const last = notComputable ? `, ${notComputable} can't be computed` : '';
  print(`${same} the same, ${changed} paid otherwise, ${refused} refused${last}.\n`);
  if (differences.length) print(`${differenceTable(differences)}\n`);
  if (differences.length > SHOWN) print(`… and ${differences.length - SHOWN} more (--json shows all)\n`);
  print(totalTable(totals));
}

const differenceTable = (differences: Difference[]): string =>
  table(
    ['refund', 'instance', 'account', 'as of', 'was', 'would be', 'difference'],
    differences
      .slice(0, SHOWN)
      .map((one) => [
        one.refundId,
        one.instanceId,
        one.account,
        one.at,
        paid(one.old, one.currency),
        outcome(one),
        one.difference === null ? '–' : `${one.difference} ${one.currency}`,
      ]),
  );

const paid = ({ kind, amount }: Payment, currency: string): string => `${kind} ${amount} ${currency}`;

function outcome({ new: now, currency }: Difference): string {
  if ('problem' in now) return `can't be computed: ${now.problem}`;
  return 'blockers' in now ? `refused: ${now.blockers.join(', ')}` : paid(now, currency);
}

const totalTable = (totals: CurrencyTotal[]): string =>
  table(
    ['currency', 'refunds', 'paid', 'would pay', 'difference'],
    totals.map((one) => [one.currency, one.refunds, one.old, one.new, one.difference]),
  );

async function main(): Promise<void> {
  const { help, json, policy: file, ...filter } = readArguments();
  if (help) return void process.stdout.write(HELP);
  if (file === undefined)
    throw new NotMade('--policy is missing: name the changed policy’s file (see npm run backtest -- --help)');
  requireInstant('since', filter.since);
  requireInstant('until', filter.until);
  const report = await makeReport(readSettings(process.env), readPolicy(file), filter);
  if (json) printJson(report);
  else show(report);
}

void runReport('backtest', main);
