import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedError, inPlainWords, refuseWindows } from '../errors';
import { openDataFolder } from '../folders';
import { closeDataFolder } from '../modes';
import type { OsAccount } from '../process/run';
import { type Supervised, supervise } from '../process/supervisor';
import type { Progress } from '../progress';
import { readState, writeState } from '../state';
import { canEnter, serverAccount } from './account';
import { makeSharedFolder, serverBinaries } from './binaries';
import { type ClusterState, ensureCluster, newPasswords } from './cluster';
import { ADMIN_ROLE, databaseUrl, ensureRoles, SERVICE_ROLE } from './roles';
import { postgresServer } from './server';

export interface EmbeddedPostgres extends Supervised<'port'> {
  /** Of the role that owns the database: migrations. */
  adminUrl: string;
  /** Of the role that the service uses; migrations grant it what it may do. */
  serviceUrl: string;
  port: number;
}

export interface PostgresOptions {
  /** `SUNSET_DATA`. Lock it first (`lockDataFolder`). */
  dataFolder: string;
  report: Progress;
}

interface Home {
  folder: string;
  stateFile: string;
  /** Where the database is when it is in the data folder. */
  inside: string;
  account: OsAccount | undefined;
}

/**
 * Where a new database goes: into the data folder, unless root's server account is shut out of that (a home
 * of root, a private temporary folder). No mode of a folder above is changed for it.
 */
function placeForNew({ folder, inside, account }: Home, report: Progress): string {
  if (!account || canEnter(folder, account)) return inside;
  let outside = join('/var/lib/sunset', createHash('sha256').update(folder).digest('hex').slice(0, 16));
  if (existsSync(outside)) {
    report(
      `${outside} has the database of an earlier use of this folder: left alone, remove it when you don't need it`,
    );
    outside += `-${randomBytes(4).toString('hex')}`;
  }
  report(`${folder} is closed to the user ${account.name}: the database goes to ${outside}`);
  makeSharedFolder(outside);
  return join(outside, 'postgres');
}

/**
 * The state of an earlier start, or of this first one; written before it is needed, so that a kill in between
 * loses no password.
 */
function openState(home: Home, report: Progress): ClusterState {
  const { folder, stateFile, inside, account } = home;
  const known = readState<ClusterState>(stateFile);
  if (known) {
    if (known.dataDirectory || !account || canEnter(folder, account)) return known;
    throw new EmbeddedError(
      `${folder} has a database, and the user ${account.name}, who is to run it, can't get there any more`,
      `let that user pass through ${folder} and the folders above it (chmod o+x), as when the database was made`,
    );
  }
  if (existsSync(join(inside, 'PG_VERSION'))) {
    throw new EmbeddedError(
      `${inside} has a database, but its passwords (${stateFile}) are gone`,
      `restore ${stateFile}, or move ${inside} away to start over`,
    );
  }
  const directory = placeForNew(home, report);
  const state: ClusterState = {
    ...newPasswords(),
    ...(directory === inside ? {} : { dataDirectory: directory }),
  };
  writeState(stateFile, state);
  return state;
}

/**
 * The service's URL of the PostgreSQL that a start of this data folder has brought up, for commands that work
 * beside it; undefined when there was none. Whether it still runs is for the caller to find out.
 */
export function rememberedPostgres(dataFolder: string): { url: string; port: number } | undefined {
  const state = readState<ClusterState>(join(dataFolder, 'postgres.json'));
  if (state?.port === undefined) return undefined;
  return { url: databaseUrl(state.port, SERVICE_ROLE, state.servicePassword), port: state.port };
}

/**
 * Brings up a real PostgreSQL from npm on a loopback port, its data kept below the data folder, its passwords
 * random.
 * @throws EmbeddedError with what to do when it can't.
 */
export async function startPostgres({ dataFolder, report }: PostgresOptions): Promise<EmbeddedPostgres> {
  try {
    refuseWindows();
    const folder = await openDataFolder(dataFolder);
    const account = serverAccount(report);
    closeDataFolder(folder, account);
    const binaries = await serverBinaries(account, report);
    const home: Home = {
      folder,
      stateFile: join(folder, 'postgres.json'),
      inside: join(folder, 'postgres'),
      account,
    };
    const state = openState(home, report);
    const directory = state.dataDirectory ?? home.inside;
    await ensureCluster(directory, binaries, account, state, report);
    const place = { directory, folder, stateFile: home.stateFile, binaries, account };
    const server = await supervise(postgresServer(place, state), report);
    const { port } = server.ports;
    await ensureRoles(port, state);
    const adminUrl = databaseUrl(port, ADMIN_ROLE, state.adminPassword);
    const serviceUrl = databaseUrl(port, SERVICE_ROLE, state.servicePassword);
    return Object.assign(server, { adminUrl, serviceUrl, port });
  } catch (error) {
    throw inPlainWords('PostgreSQL could not be started', error);
  }
}
