import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError } from 'pg';
import { EmbeddedError, knownTrouble, lastLines } from '../errors';
import { type StopPlan, stopProcess, takeCharge } from '../process/charges';
import { type Launched, launch } from '../process/launch';
import { choosePorts, freed, LOOPBACK } from '../process/ports';
import type { Account } from '../process/run';
import { commandLine, processIdentity, until, worksIn } from '../process/table';
import { during, type Progress } from '../progress';
import { type Binaries, SERVER_ENV } from './binaries';
import type { ClusterState } from './cluster';
import { asSuperuser } from './roles';

/** SIGINT is a fast shutdown: sessions are ended, data is checkpointed. SIGQUIT leaves that to the recovery of the next start. */
const STOP_PLAN: StopPlan = [
  ['SIGINT', 30_000],
  ['SIGQUIT', 5000],
  ['SIGKILL', 2000],
];
/** Recovery after a crash may take its time. */
const READY_LIMIT_MS = 120_000;
const ORPHAN_ANSWER_LIMIT_MS = 5000;
const ATTEMPTS = 5;
const INVALID_PASSWORD = '28P01';

export interface RunningServer {
  pid: number;
  port: number;
  adopted: boolean;
  stop: () => Promise<void>;
}

export interface ServerPlace {
  directory: string;
  logFile: string;
  binaries: Binaries;
  account: Account | undefined;
}

function serverWords(directory: string, port: number): string[] {
  const settings = [`listen_addresses=${LOOPBACK}`, 'unix_socket_directories=', 'max_connections=200', 'timezone=UTC', 'log_timezone=UTC'];
  return ['-D', directory, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
}

/** Whether the server on this port takes our password and serves this very data directory. */
async function answers(port: number, directory: string, state: ClusterState): Promise<'yes' | 'not yet' | 'refuses us'> {
  try {
    return await asSuperuser(port, state, async (client) => {
      const { rows } = await client.query<{ directory: string }>(`SELECT current_setting('data_directory') AS directory`);
      return rows[0]?.directory === directory ? 'yes' : 'refuses us';
    });
  } catch (error) {
    return error instanceof DatabaseError && error.code === INVALID_PASSWORD ? 'refuses us' : 'not yet';
  }
}

/** What the server notes about itself in its data directory; undefined when it is stopped, or was killed and nothing of it lives. */
function noted(directory: string): { pid: number; port: number } | undefined {
  const file = join(directory, 'postmaster.pid');
  let lines: string[];
  try {
    lines = readFileSync(file, 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  const isOurs = processIdentity(pid) !== undefined && (commandLine(pid) ?? '').includes(`postgres -D ${directory} `);
  if (isOurs) return { pid, port: Number(lines[3]) };
  // The pid may be another program's by now, or a zombie's: PostgreSQL itself would refuse to start. But by this file it also sees whether
  // processes of a killed server still use the data, so it goes only when none does.
  const isUsed = worksIn(directory) ?? processIdentity(pid) === undefined;
  if (!isUsed) rmSync(file, { force: true });
  return undefined;
}

/** Takes over a server that outlived its Sunset (kill -9), if it runs as we would run it; stops it if it does not, or is sick. */
export async function adoptOrphan(place: ServerPlace, state: ClusterState, report: Progress): Promise<RunningServer | undefined> {
  const { directory, binaries } = place;
  const orphan = noted(directory);
  if (!orphan) return undefined;
  const { pid, port } = orphan;
  return during(report, `PostgreSQL of an earlier start still runs (process ${pid})`, async (note) => {
    const gone = () => processIdentity(pid) === undefined;
    const asWeWould = commandLine(pid) === [binaries.postgres, ...serverWords(directory, port)].join(' ');
    let answer = 'not yet';
    const settled = async () => {
      answer = await answers(port, directory, state);
      return gone() || answer !== 'not yet';
    };
    if (asWeWould) await until(settled, ORPHAN_ANSWER_LIMIT_MS, 100);
    if (answer === 'yes') {
      report('PostgreSQL answers: adopted, with all its data');
      return { pid, port, adopted: true, stop: takeCharge(pid, STOP_PLAN) };
    }
    note('stopping it');
    await stopProcess(pid, STOP_PLAN);
    rmSync(join(directory, 'postmaster.pid'), { force: true });
    return undefined;
  });
}

/** Whether it came up; when it ended instead, whether another try may help. */
async function comesUp(server: Launched, port: number, directory: string, state: ClusterState): Promise<'up' | 'again'> {
  let answer = 'not yet';
  const settled = async () => {
    answer = await answers(port, directory, state);
    return server.ended() !== undefined || answer !== 'not yet';
  };
  await until(settled, READY_LIMIT_MS);
  // A server that ended at once has left its port to another, and then that one's answer is worth nothing.
  if (answer === 'yes' && server.ended() === undefined) return 'up';
  const how = server.ended() ?? (answer === 'refuses us' ? 'its passwords are not those in postgres.json' : 'no answer');
  const output = server.output();
  await server.stop();
  // Backends of a killed server hold its shared memory until they notice; a port can be lost between look and bind.
  if (
    /lock file "postmaster.pid" already exists|address already in use|could not create any TCP\/IP sockets|shared memory block .* still in use|pre-existing shared memory/i.test(
      output,
    )
  )
    return 'again';
  throw new EmbeddedError(
    `PostgreSQL did not come up (${how}):\n${lastLines(output)}`,
    knownTrouble(output) ?? `see its words above; its data is in ${directory}`,
  );
}

/**
 * Starts the server on its remembered port, or on another one when that is taken.
 * @param only the port that alone will do: that of a server that ended, whose clients look for it there
 */
export async function startServer(place: ServerPlace, state: ClusterState, report: Progress, only?: number): Promise<RunningServer> {
  const { directory, logFile, binaries, account } = place;
  const options = { logFile, env: SERVER_ENV, stopPlan: STOP_PLAN, account };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const remembered = attempt === 1 && state.port !== undefined ? { port: state.port } : {};
    noted(directory); // clears what a killed one has left
    if (only !== undefined) await freed('PostgreSQL', [only]);
    const { port } = only === undefined ? await choosePorts(['port'], remembered) : { port: only };
    if (only === undefined && remembered.port !== undefined && port !== remembered.port)
      report(`port ${remembered.port} is taken by another program: PostgreSQL gets ${port}`);
    const server = await launch(binaries.postgres, serverWords(directory, port), options);
    const outcome = await during(report, `starting PostgreSQL ${binaries.major} on ${LOOPBACK}:${port}`, () =>
      comesUp(server, port, directory, state),
    );
    if (outcome === 'up') return { pid: server.pid, port, adopted: false, stop: server.stop };
    await sleep(500);
  }
  throw new EmbeddedError(
    `PostgreSQL did not come up in ${ATTEMPTS} tries: its ports were taken, or an earlier server's processes would not end`,
    `look for processes with ${directory} in their command line, and stop them`,
  );
}
