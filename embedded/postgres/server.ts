import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseError } from 'pg';
import { LOOPBACK } from '../process/ports';
import type { OsAccount } from '../process/run';
import type { StopPlan } from '../process/started';
import type { Orphan, Server } from '../process/supervisor';
import { commandLine, processIdentity, worksIn } from '../process/table';
import { writeState } from '../state';
import { type Binaries, SERVER_ENV } from './binaries';
import type { ClusterState } from './cluster';
import { asSuperuser } from './roles';

/**
 * SIGINT is a fast shutdown: sessions are ended, data is checkpointed. SIGQUIT leaves that to the recovery of
 * the next start.
 */
const STOP_PLAN: StopPlan = [
  ['SIGINT', 30_000],
  ['SIGQUIT', 5000],
  ['SIGKILL', 2000],
];
const INVALID_PASSWORD = '28P01';
/**
 * Backends of a killed server hold its shared memory until they notice; a port can be lost between look and
 * bind.
 */
const RETRY_ON =
  /lock file "postmaster.pid" already exists|address already in use|could not create any TCP\/IP sockets|shared memory block .* still in use|pre-existing shared memory/i;

export interface ServerPlace {
  directory: string;
  /** Absolute; the data folder, with its log and `postgres.json`. */
  folder: string;
  stateFile: string;
  binaries: Binaries;
  account: OsAccount | undefined;
}

function serverWords(directory: string, port: number): string[] {
  const settings = [
    ...[`listen_addresses=${LOOPBACK}`, 'unix_socket_directories=', 'max_connections=200'],
    ...['timezone=UTC', 'log_timezone=UTC'],
  ];
  return ['-D', directory, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
}

/** @throws when what answers there takes another password, or serves other data */
async function answers(port: number, directory: string, state: ClusterState): Promise<boolean> {
  let served: string | undefined;
  try {
    served = await asSuperuser(port, state, async (client) => {
      const sql = `SELECT current_setting('data_directory') AS directory`;
      return (await client.query<{ directory: string }>(sql)).rows[0]?.directory;
    });
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== INVALID_PASSWORD) return false;
    throw new Error('its passwords are not those in postgres.json');
  }
  if (served !== directory) throw new Error(`another one answers on its port, with its data in ${served}`);
  return true;
}

const noteFile = (directory: string): string => join(directory, 'postmaster.pid');

/** What the server notes about itself in its data directory; undefined when it was stopped. */
function noted(directory: string): { pid: number; port: number } | undefined {
  try {
    const lines = readFileSync(noteFile(directory), 'utf8').split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]) };
  } catch {
    return undefined;
  }
}

/** Undefined also when the server was killed and nothing of it lives: pids come again. */
function orphanOf(directory: string): Orphan<'port'> | undefined {
  const { pid, port } = noted(directory) ?? {};
  if (pid === undefined || port === undefined || processIdentity(pid) === undefined) return undefined;
  return commandLine(pid)?.includes(`postgres -D ${directory} `) ? { pid, ports: { port } } : undefined;
}

/**
 * Removes the note of a killed server. Its pid may be another program's by now, or a zombie's: PostgreSQL
 * itself would refuse to start. But by this file it also sees whether processes of a killed server still use
 * the data, so it goes only when none does.
 */
function clear(directory: string): void {
  const note = noted(directory);
  if (!note || orphanOf(directory)) return;
  const isUsed = worksIn(directory) ?? processIdentity(note.pid) === undefined;
  if (!isUsed) rmSync(noteFile(directory), { force: true });
}

/** PostgreSQL as the supervisor runs it. The port in `state` follows where it is. */
export function postgresServer(place: ServerPlace, state: ClusterState): Server<'port'> {
  const { directory, folder, stateFile, binaries, account } = place;
  return {
    title: 'PostgreSQL',
    data: directory,
    ports: ['port'],
    remembered: () => (state.port === undefined ? undefined : { port: state.port }),
    remember: ({ port }) => {
      if (state.port === port) return;
      state.port = port;
      writeState(stateFile, state);
    },
    setup: ({ port }) => ({ command: binaries.postgres, args: serverWords(directory, port), files: {} }),
    answers: ({ port }) => answers(port, directory, state),
    orphan: () => orphanOf(directory),
    clear: () => clear(directory),
    retryOn: RETRY_ON,
    launch: { logFile: join(folder, 'postgres.log'), env: SERVER_ENV, stopPlan: STOP_PLAN, account },
  };
}
