/**
 * `npm run cluster`: the processes of docker-compose.yml without containers, with the file's own environment:
 * Temporal on PostgreSQL, its Web UI, migrations, two APIs, two workers with the prebuilt bundle. `-- --demo`
 * runs the demo against it, kills a worker in the middle, and ends.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { end, endOnSignals } from '../cli/process/ending';
import { Components } from '../cli/process/parts';
import { consoleProgress, EmbeddedError, type Progress } from '../embedded';
import { runDemo } from './cluster/demo';
import { type Cluster, startCluster } from './cluster/start';

const HELP = `Usage: npm run cluster [-- --demo]

Starts what docker-compose.yml describes as processes of this machine, on free loopback ports.

  --demo     runs the demo against it, kills one worker in the middle, and ends with the demo's status

Data, logs and secrets are in SUNSET_DATA/cluster (.sunset/cluster) and stay there; remove that folder to start over.
`;

function banner(cluster: Cluster, ms: number): string {
  const { apis, workers, webUi, temporal, secrets, folder } = cluster;
  const rows: [string, string][] = [
    ...apis.map(({ process: { name, pid }, url }): [string, string] => [name, `${url}   (process ${pid})`]),
    ...workers.map(({ name, pid }): [string, string] => [name, `process ${pid}`]),
    ['Temporal', `${temporal}, on PostgreSQL`],
    ['Web UI', webUi],
    ['Operator key', `in ${join(secrets, 'operator_key')}`],
    ['Logs', folder],
  ];
  const lines = rows.map(([name, value]) => `  ${name.padEnd(13)} ${value}`);
  return `\nThe cluster is up (${(ms / 1000).toFixed(1)} s)\n${lines.join('\n')}\n\n`;
}

/** Says when a process ends that nobody has stopped; compose would start it again, here it stays away. */
function watch(cluster: Cluster, report: Progress, isEnding: () => boolean): void {
  const reported = new Set<string>();
  setInterval(() => {
    for (const { name, ended } of isEnding() ? [] : cluster.processes.running) {
      if (ended() === undefined || reported.has(name)) continue;
      reported.add(name);
      report(`${name} ${ended()}; the others go on (compose would start it again)`);
    }
  }, 500).unref();
}

function explain(error: unknown): string {
  if (error instanceof EmbeddedError) return `${error.message}\nWhat to do: ${error.next}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { demo: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const begun = Date.now();
  const parts = new Components();
  const isEnding = endOnSignals(parts);
  const report = consoleProgress();
  const dataFolder = resolve(process.env.SUNSET_DATA || '.sunset', 'cluster');
  let status = 0;
  try {
    const cluster = await startCluster(dataFolder, parts, report);
    watch(cluster, report, () => parts.isStopping);
    process.stdout.write(banner(cluster, Date.now() - begun));
    if (!values.demo) {
      process.stdout.write('Ctrl-C stops it\n');
      setInterval(() => {}, 60_000); // until a signal
      return;
    }
    status = await runDemo(cluster, report);
  } catch (error) {
    if (isEnding()) return;
    process.stderr.write(`\n${explain(error)}\n`);
    status = 1;
  }
  if (isEnding()) return;
  process.stdout.write(
    'stopping; npm run cluster brings it up again, at the same addresses and with the same data\n',
  );
  await end(parts, status);
}

void main();
