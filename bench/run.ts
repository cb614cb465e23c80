/**
 * `npm run bench`: what a life costs, beside what the engine alone costs, in one run on the native cluster.
 * Figures go to the screen and, a JSON line each, to bench/results/.
 */
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { end, endOnSignals } from '../cli/process/ending';
import { Components } from '../cli/process/parts';
import { consoleProgress } from '../embedded';
import type { Figure } from './compare';
import { METRICS } from './metrics';
import { FULL, QUICK } from './metrics/size';
import { type Place, startPlace } from './place';
import { keepLines, newestLines, writeLines } from './report/lines';
import { isMet, writePage } from './report/page';

const HELP = `Usage: npm run bench [-- --quick] [-- --only M2,M3]

Measures Sunset beside the bare engine on the native cluster (PostgreSQL, Temporal on PostgreSQL, two APIs, two workers), arms in turns
(A B B A) in one run; ratios of a round are compared, and their median counts.

  --quick      two short rounds: whether it works, not how fast it is
  --only       some of: ${METRICS.map(({ name }) => name).join(', ')}
  --rounds N   as many rounds (5)
  --write      measures nothing: writes docs/performance.md from the last results of each metric, and keeps them in docs/performance.jsonl

The table and JSON lines {metric, ratio, median, min, max, goal, ours, theirs} go to bench/results/. Leave the machine alone meanwhile.
`;

function tableOf(figures: Figure[]): string {
  const table = new Table({
    head: ['', 'what', 'median', 'min … max', 'goal', 'ours', 'theirs'],
    style: { head: [], border: [] },
  });
  for (const one of figures) {
    const { metric, what, ratio, goal, ours, theirs } = one;
    const verdict = { true: 'met', false: 'NOT met', undefined: '' }[
      String(isMet(goal, ratio.median)) as 'true'
    ];
    const two = (value: number): string => value.toFixed(2);
    table.push([
      metric,
      what,
      two(ratio.median),
      `${two(ratio.min)} … ${two(ratio.max)}`,
      `${goal ?? '–'} ${verdict}`,
      ours,
      theirs,
    ]);
  }
  return table.toString();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean' },
      only: { type: 'string' },
      rounds: { type: 'string' },
      write: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (values.write) {
    const lines = newestLines();
    process.stdout.write(`written: ${writePage(lines)}\n`);
    keepLines(lines);
    return;
  }
  const only = values.only?.split(',');
  const unknown = only?.filter((name) => !METRICS.some((metric) => metric.name === name)) ?? [];
  if (unknown.length) {
    process.stderr.write(`There is no metric ${unknown.join(', ')}: see npm run bench -- --help\n`);
    process.exitCode = 2;
    return;
  }
  const size = values.quick ? QUICK : { ...FULL, rounds: Number(values.rounds ?? FULL.rounds) };
  const parts = new Components();
  const isEnding = endOnSignals(parts);
  const report = consoleProgress();
  let place: Place | undefined;
  try {
    place = await startPlace(parts, report);
    for (const { name, title, run } of METRICS.filter((metric) => !only || only.includes(metric.name))) {
      report(`${name}: ${title}`);
      const found = await run(place, size);
      // At once: what was measured is kept whatever becomes of the rest.
      const file = writeLines(found, values.quick ? 'quick' : 'full');
      process.stdout.write(`${tableOf(found)}\nwritten to ${file}\n`);
    }
  } catch (error) {
    if (isEnding()) return;
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    await end(parts, 1);
    return;
  }
  await end(parts, 0);
}

void main();
