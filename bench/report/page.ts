/** Writes docs/performance.md and its pictures from the lines of the last runs. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_JITTER_SECONDS } from '../../domain/jitter';
import type { Bytes, Data, Drawn, Loss } from '../compare';
import { MINIMUM } from '../minimum';
import { barsSvg } from './bars';
import { CHOSEN, herdOf, type Measured, type Need, needOf } from './growth';
import type { Line } from './lines';

const DOCS = join(__dirname, '..', '..', 'docs');
/** What profiles have shown: not measured by the bench, so written by hand. */
const REASONS = join(__dirname, 'reasons.md');
const SHOWN = ['client', 'product’s processes', 'engine’s server', 'PostgreSQL'];

type Kind<K extends Data['kind']> = Extract<Data, { kind: K }>;

const dataOf = <K extends Data['kind']>(lines: Line[], kind: K): Kind<K>[] =>
  lines.flatMap(({ data }) => (data?.kind === kind ? [data as Kind<K>] : []));

export const isMet = (goal: string | undefined, value: number): boolean | undefined => {
  if (goal === undefined) return undefined;
  const bound = Number(goal.slice(2));
  return goal.startsWith('≥') ? value >= bound : value <= bound;
};

const two = (value: number): string => value.toFixed(2);
const whole = (value: number): string => Math.round(value).toLocaleString('en');
const cell = (words: string): string => words.replaceAll('|', '\\|');

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Both kinds of groups, those of M2 and M3 and those of M8, as they are drawn. */
const partsOf = ({ cpu }: Drawn): number[] => {
  const of = (...names: string[]): number => names.reduce((total, name) => total + (cpu[name] ?? 0), 0);
  return [of('client'), of('process', 'sunset', 'peers'), of('server', 'temporal'), of('postgres')];
};

function figuresSection(lines: Line[]): string {
  const rows = lines.map(({ metric, ratio, median, min, max, goal, ours, theirs }) => {
    const met = isMet(goal, median);
    const verdict = { true: 'met', false: '**not met**', undefined: '' }[String(met) as 'true'];
    return [metric, ratio, `${two(median)} (${two(min)}–${two(max)})`, goal ?? '–', verdict, ours, theirs];
  });
  const head = ['', 'what', 'median (range)', 'goal', '', 'ours', 'theirs'];
  return table(head, rows);
}

function picture(name: string, svg: string, words: string): string {
  mkdirSync(join(DOCS, 'images'), { recursive: true });
  writeFileSync(join(DOCS, 'images', `${name}.svg`), svg);
  return `![${words}](images/${name}.svg)`;
}

function cpuSection(lines: Line[]): string {
  const arms = lines
    .filter(({ metric }) => metric === 'M2' || metric === 'M3')
    .flatMap((line) => dataOf([line], 'arms').flatMap((one) => one.arms.map((arm) => [line, arm] as const)));
  const wanted: [metric: string, arm: string, name: string][] = [
    ['M2', 'bare', 'bare, three updates'],
    ['M2', 'workflow', 'Sunset’s workflow, the same'],
    ['M2', 'naive', 'naive, the same'],
    ['M3', 'bare', 'bare, a whole life'],
    ['M3', 'http', 'Sunset by HTTP, the same'],
  ];
  const bars = wanted.flatMap(([metric, arm, name]) => {
    const found = arms.find(([line, drawn]) => line.metric === metric && drawn.name === arm);
    return found ? [{ name, parts: partsOf(found[1]) }] : [];
  });
  if (!bars.length) return 'Not measured yet.';
  const title = 'Processor time of a life';
  const subtitle = 'milliseconds, by whose process it is, at 16 lives at a time';
  return picture(
    'bench-cpu',
    barsSvg({ title, subtitle, series: SHOWN, bars, digits: 0 }),
    'Processor milliseconds of a life, by process: Sunset beside the bare workflow',
  );
}

function peersSection(lines: Line[]): string {
  const peers = dataOf(lines, 'peer').flatMap(({ arms, stopped }) =>
    arms.map((arm) => ({ ...arm, stopped })),
  );
  if (!peers.length) return 'Not measured yet.';
  const rates = barsSvg({
    title: 'Lives a second',
    subtitle: 'registered, ended into the bin with a week’s timer, purged; 16 at a time',
    series: ['lives'],
    bars: peers.map(({ name, rate }) => ({ name, parts: [rate] })),
    digits: 1,
  });
  const cpu = barsSvg({
    title: 'Processor time of the same life',
    subtitle: 'milliseconds, by whose process it is',
    series: SHOWN,
    bars: peers.map((arm) => ({ name: arm.name, parts: partsOf(arm) })),
    digits: 0,
  });
  const numbers = table(
    ['', 'lives/s', ...SHOWN.map((name) => `CPU-ms: ${name}`), 'stopped by themselves'],
    peers.map((arm) => [arm.name, arm.rate.toFixed(1), ...partsOf(arm).map(two), String(arm.stopped)]),
  );
  return [
    picture('bench-engines-rate', rates, 'Lives a second on each engine'),
    picture('bench-engines-cpu', cpu, 'Processor milliseconds of a life on each engine, by process'),
    numbers,
  ].join('\n\n');
}

function lossSection(lines: Line[]): string {
  const losses = dataOf(lines, 'loss');
  if (!losses.length) return 'Not measured yet.';
  const drained = ({ drainedSeconds }: Loss): string =>
    drainedSeconds === null ? 'not within 90 s' : `${drainedSeconds.toFixed(1)} s`;
  return table(
    [
      '',
      'kills',
      'lives begun',
      'complete',
      'commands answered',
      'steps lost',
      'steps doubled',
      'drained after',
    ],
    losses.map(({ name, kills, loss }) => {
      const { started, complete, answered, lost, doubled } = loss;
      return [name, ...[kills, started, complete, answered, lost, doubled].map(String), drained(loss)];
    }),
  );
}

function measuredOf(lines: Line[]): Measured | undefined {
  const bytes = dataOf(lines, 'bytes');
  const of = (what: 'sleeper' | 'life'): Bytes | undefined => bytes.find((one) => one.of === what)?.ours;
  const [sleeper, life] = [of('sleeper'), of('life')];
  const http = dataOf(lines, 'arms')
    .flatMap(({ arms }) => arms)
    .find(({ name }) => name === 'http');
  const [commit] = dataOf(lines, 'commit');
  const herd = dataOf(lines, 'herd').at(-1);
  if (!sleeper || !life || !http || !commit || !herd) return undefined;
  const [, sunset, temporal, postgres] = partsOf(http) as [number, number, number, number];
  const { transitions } = MINIMUM;
  return {
    sleeper,
    life,
    cpu: { sunset, temporal, postgres },
    transitions,
    commitMs: commit.ms,
    updates: herd.updates,
  };
}

const gigabytes = (value: number): string => (value < 10 ? value.toFixed(1) : whole(value));

function needsTable(needs: Need[]): string {
  const rows: [string, (need: Need) => string][] = [
    ['sleeping instances', ({ sleeping }) => whole(sleeping)],
    ['ends a second', ({ ends }) => (ends < 100 ? ends.toFixed(1) : whole(ends))],
    ['Temporal: shards', ({ shards }) => whole(shards)],
    [`Temporal: hosts of ${CHOSEN.hostCores} cores`, ({ temporalHosts }) => whole(temporalHosts)],
    ['Temporal: GB in PostgreSQL', ({ temporalGb }) => gigabytes(temporalGb)],
    ['Temporal’s visibility: GB', ({ visibilityGb }) => gigabytes(visibilityGb)],
    ['Sunset’s tables, of what sleeps: GB', ({ recordsGb }) => gigabytes(recordsGb)],
    ['Sunset’s tables grow a year by: GB', ({ recordsGbAYear }) => gigabytes(recordsGbAYear)],
    [
      `Sunset’s APIs and workers: hosts of ${CHOSEN.hostCores} cores`,
      ({ sunsetHosts }) => whole(sunsetHosts),
    ],
    [
      'PostgreSQL: cores',
      ({ postgresCores }) => (postgresCores < 10 ? postgresCores.toFixed(1) : whole(postgresCores)),
    ],
    ['cells', ({ cellsByCores, cellsByDisk }) => whole(Math.max(cellsByCores, cellsByDisk))],
  ];
  return table(
    ['', ...needs.map(({ name }) => name)],
    rows.map(([name, of]) => [name, ...needs.map(of)]),
  );
}

function growthSection(lines: Line[]): string {
  const measured = measuredOf(lines);
  if (!measured) return 'Not measured yet: it takes M3, M6, M7 or M10, and M11.';
  const { sleeper, life, cpu, transitions, commitMs, updates } = measured;
  const week = (count: number): Need => needOf(measured, `${count / 1e6} million sleep`, count);
  const weekly = CHOSEN.sleepDays * 86_400;
  const peak = needOf(measured, '10,000 ends a second', 10_000 * weekly, 10_000);
  const needs = [...[1e6, 1e7, 1e8].map(week), peak];
  const tenMillion = needs[1]!;
  const perShard = (1000 / commitMs) * CHOSEN.shardLoad;
  const herds = [1e4, 1e5, 1e6].map((deadlines) => herdOf(measured, deadlines, MAX_JITTER_SECONDS));
  const kb = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
  const kept = tenMillion.ends * CHOSEN.retentionDays * 86_400;
  return `Calculated by \`bench/report/growth.ts\` from this page's own figures. What is chosen, not measured: an instance sleeps
${CHOSEN.sleepDays} days in the bin, Temporal keeps what is over for ${CHOSEN.retentionDays} days, a processor is busy for ${CHOSEN.load * 100} % of the time and a shard for ${CHOSEN.shardLoad * 100} %.
The least is ${CHOSEN.shards} shards, three hosts for Temporal and two for Sunset, so that one may fail.

Measured, and used below:

${table(
  ['', 'Temporal', 'its visibility', 'Sunset’s tables'],
  [
    ['bytes of an instance that sleeps', ...[sleeper.temporal, sleeper.visibility, sleeper.records].map(kb)],
    ['bytes of a life that is over', ...[life.temporal, life.visibility, life.records].map(kb)],
  ],
)}

A life takes ${cpu.sunset.toFixed(0)} ms of processor in Sunset's processes, ${cpu.temporal.toFixed(0)} ms in Temporal's, ${cpu.postgres.toFixed(0)} ms in PostgreSQL's, and ${transitions} state transitions.
A small transaction takes ${commitMs.toFixed(1)} ms. The machine of the bench does ${updates.toFixed(1)} updates a second.

${needsTable(needs)}

The arithmetic, for 10 million that sleep:

- Ends a second: 10,000,000 ÷ (${CHOSEN.sleepDays} × 86,400 s) = ${tenMillion.ends.toFixed(1)}. If each sleeps a week, so many leave.
- Temporal: 10,000,000 × ${kb(sleeper.temporal)} + ${whole(kept)} that are over and kept × ${kb(life.temporal)} = ${gigabytes(tenMillion.temporalGb)} GB. Its visibility in the same way: ${gigabytes(tenMillion.visibilityGb)} GB.
- Sunset's tables: ${tenMillion.ends.toFixed(1)} × 86,400 × 365 × ${kb(life.records)} = ${gigabytes(tenMillion.recordsGbAYear)} GB a year. The books are never deleted; quotes that nobody confirmed and idempotency keys are, after 30 days, and are counted here as if they stayed.
- Shards: a shard writes one transition after the other, ${whole(1000 / commitMs)} a second at most, of which it is to use ${CHOSEN.shardLoad * 100} %: ${whole(perShard)}.
  ${tenMillion.ends.toFixed(1)} lives × ${transitions} transitions = ${whole(tenMillion.ends * transitions)} a second need ${Math.ceil((tenMillion.ends * transitions) / perShard)}. For 10,000 ends a second ${whole(10_000 * transitions)} transitions need ${whole((10_000 * transitions) / perShard)}, and the next power of two is taken.
- Cores of PostgreSQL: ${tenMillion.ends.toFixed(1)} × ${cpu.postgres.toFixed(0)} ms ÷ 1000 ÷ ${CHOSEN.load} = ${tenMillion.postgresCores.toFixed(1)}. For 10,000 ends a second ${whole(peak.postgresCores)}.

- Cells: an installation of its own, with a Temporal and a PostgreSQL of at most ${CHOSEN.postgresCores} cores and ${CHOSEN.postgresGb / 1000} TB, a year's growth in it. 100 million take ${needs[2]!.cellsByCores} by cores and
  ${needs[2]!.cellsByDisk} by disk, 10,000 ends a second ${whole(peak.cellsByCores)} and ${whole(peak.cellsByDisk)} (all day long, as no herd is).

**One PostgreSQL does not do 10,000 ends a second.** Cells do, with a router that sends an account to its cell by a hash of its name.
Money and rights are an account's own; what goes over accounts (the trial balance, the chain of seals, the audit, an operator's lists) is asked of
each cell. Shards can't be changed later: decide before the first start.

### What is partitioned, and when

| when | what | how |
| --- | --- | --- |
| up to a million that sleep | nothing | see the gigabytes above |
| \`steps\`, \`entries\` or \`transactions\` above 100 GB, or their indexes no longer in memory | these three, and \`seals\` beside them | by month of recording: they are only added to, so old months can be set read-only and moved to slower disks; they are never dropped |
| \`outbox\` and \`idempotency_keys\` above 10 GB | these two | by day; a day that has been passed on, or is too old, is dropped whole in place of deletes |
| 10 million that sleep | Temporal's visibility | into a database of its own, or into Elasticsearch: it has an index a search attribute, and is the largest part of a sleeping instance |
| 100 million that sleep | \`instances\` and \`orders\` | by hash of the account into 16 parts, so that vacuum and index builds go part by part |
| more cores than one machine has | everything | cells by account, as above |

None of it is built yet but what the tables already allow: keys that begin with the instance or the account, and tables that are only added to.

### A herd at midnight

Campaigns end at midnight, and so do the weeks in the bin that began then. With \`SUNSET_BIN_JITTER=${MAX_JITTER_SECONDS}\` each release comes 0 to ${MAX_JITTER_SECONDS / 60} minutes late and
never early, at a place of its own between 0 and 1 that is made from its id, so nothing is stored for it and a repeat comes at the same time.
What the instance says of its release stays the promised instant.

${table(
  [
    'deadlines at one instant',
    `at once, at ${updates.toFixed(1)} a second as here`,
    `spread over ${MAX_JITTER_SECONDS} s`,
  ],
  herds.map(({ deadlines, atOnceSeconds, spread }) => [
    whole(deadlines),
    `${whole(atOnceSeconds)} s late at the end`,
    `${whole(spread)} a second`,
  ]),
)}

What can't be done in that time is late and says so; it is effective when it was promised (decision 12).`;
}

export function writePage(lines: Line[]): string {
  const quick = [...new Set(lines.filter(({ size }) => size === 'quick').map(({ metric }) => metric))];
  const machines = [...new Set(lines.map(({ machine }) => machine))].join('; ');
  const days = [...new Set(lines.map(({ at }) => at.slice(0, 10)))].sort().join(', ');
  const note = quick.length
    ? `**Figures of ${quick.join(', ')} are of quick runs** on a machine that did other things too: they show that it works, not how fast it is.`
    : 'All figures are of full runs.';
  const page = `<!-- written by npm run bench -- --write -->
# What a life costs

\`npm run bench\` measures Sunset beside the bare engine, on the native cluster: Temporal on PostgreSQL, two APIs, two workers. All arms of a
comparison run in turns (A B B A) in one run, with the same concurrency, payload, server and fsync. A ratio is one of a round; its median
counts. Machines differ, ratios less so. \`npm run bench -- --help\` says more.

Measured ${days}, on ${machines}. ${note}

## Figures

*Bare* is the least that a workflow with the same updates is: each recorded in one SQL transaction of four inserts (\`bench/peers/bare.ts\`).
*Naive* is what many write first: signals, an upsert of search attributes at every change, queries until it has happened.

${figuresSection(lines)}

M5, the round trips of a step, a quote and a confirmation, is a test: \`test/service/round-trips.test.ts\`.

## Where the processor time goes

${cpuSection(lines)}

## Why some goals are not met

${readFileSync(REASONS, 'utf8').trim()}

## The same life on other engines

Registered, ended into the bin with a week's timer, purged: three commands, each answered when it is recorded in one transaction of four
inserts. Each engine is one process (\`bench/engines/\`) with an HTTP interface, written as its own users write it, on the same PostgreSQL server;
Restate has its own server and store. Sunset has two APIs and two workers, and does more: it quotes, signs, keeps books and a timeline.
*Bare workflow* and *Sunset without HTTP* are called through Temporal's client. What PostgreSQL does when nobody asks for anything, because
Temporal and Sunset are there, is taken off the others' share of it.

${peersSection(lines)}

- **DBOS**: a workflow a life that waits for messages; steps are transactions of its data source, which commit with their checkpoint.
- **Restate**: a virtual object a life; a step is \`ctx.run\`, the deadline a delayed call to itself.
- **OpenWorkflow**: a run a life that waits for signals. A signal that comes in the milliseconds between the wait's own row and the moment when the run is put to
  sleep is stored, and the run is not woken: such a life stops until its timeout, a week later. *Stopped by themselves* counts them.
- **graphile-worker**: a row a life with its state, moved in the transaction that records the step and adds or removes the deadline's job.
- **plain PostgreSQL**: the same row with its due time, polled once a second.

### What \`kill -9\` loses

In the middle of a load of 16 lives at a time the process that runs the product's code is killed and started again one second later. The
client repeats what was not answered, under the same key. The tables have no unique key here, so a step that was carried out twice shows as
*doubled*: with a key, as in Sunset and in any careful program, its second writing changes nothing. Sunset's own count is that of its \`steps\`.

${lossSection(lines)}

*Drained* is the time from the new process's start until the last life that had been begun was complete. On Temporal an activity that was
under way when its worker died is given to another one after its timeout, which is 10 s in Sunset and in the bare workflow.

## Growth on paper

${growthSection(lines)}
`;
  const file = join(DOCS, 'performance.md');
  writeFileSync(file, page);
  return file;
}
