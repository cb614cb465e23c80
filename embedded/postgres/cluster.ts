import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EmbeddedError, knownTrouble, lastLines } from '../errors';
import { type OsAccount, run } from '../process/run';
import { during, type Progress } from '../progress';
import { type Binaries, SERVER_ENV } from './binaries';

/** What must be remembered to get at the data again. Kept with mode 0600. */
export interface ClusterState {
  port?: number;
  /** Where the data is when it is not in the data folder. */
  dataDirectory?: string;
  superuserPassword: string;
  adminPassword: string;
  servicePassword: string;
}

export const SUPERUSER = 'postgres';

/** Base64url: nothing in it needs escaping, in a URL or in SQL. */
export function newPasswords(): Pick<
  ClusterState,
  'superuserPassword' | 'adminPassword' | 'servicePassword'
> {
  const password = () => randomBytes(24).toString('base64url');
  return { superuserPassword: password(), adminPassword: password(), servicePassword: password() };
}

/** @throws EmbeddedError when what is there is another version's, or another user's. */
function checkCluster(directory: string, binaries: Binaries, account: OsAccount | undefined): void {
  const made = readFileSync(join(directory, 'PG_VERSION'), 'utf8').trim();
  if (made !== binaries.major) {
    throw new EmbeddedError(
      `The data in ${directory} was made by PostgreSQL ${made}, and this is PostgreSQL ${binaries.major}`,
      `dump it with the Sunset that made it and restore it into a new SUNSET_DATA, or move ${directory} away to start over`,
    );
  }
  const owner = statSync(directory).uid;
  const wanted = account?.uid ?? process.getuid?.();
  if (owner !== wanted) {
    throw new EmbeddedError(
      `The data in ${directory} belongs to the OS user ${owner}, and the server would run as ${wanted}`,
      'start Sunset as the user that made it, or choose another SUNSET_DATA',
    );
  }
}

/** Of starts that were killed. Their initdb may live on: that is why each has a folder of its own. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(dirname(directory))) {
    if (name.startsWith(`${basename(directory)}.new-`))
      await rm(join(dirname(directory), name), { recursive: true, force: true });
  }
}

async function initialise(
  directory: string,
  binaries: Binaries,
  account: OsAccount | undefined,
  password: string,
): Promise<void> {
  await removeLeftovers(directory);
  const fresh = `${directory}.new-${randomBytes(4).toString('hex')}`;
  const passwordFile = `${fresh}.password`;
  mkdirSync(fresh, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' });
  if (account) for (const path of [fresh, passwordFile]) chownSync(path, account.uid, account.gid);
  try {
    const words = [
      '-D',
      fresh,
      '-U',
      SUPERUSER,
      `--pwfile=${passwordFile}`,
      '--auth-host=scram-sha-256',
      '--auth-local=scram-sha-256',
    ];
    const { code, output } = await run(binaries.initdb, [...words, '--encoding=UTF8', '--locale=C'], {
      env: SERVER_ENV,
      account,
    });
    if (code !== 0) {
      await rm(fresh, { recursive: true, force: true });
      throw new EmbeddedError(
        `PostgreSQL's initdb failed:\n${lastLines(output)}`,
        knownTrouble(output) ??
          'see its words above; setting DATABASE_URL to a PostgreSQL of your own avoids it',
      );
    }
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(fresh, directory);
}

/**
 * Makes the database cluster on the first start. Only a whole one ever has the directory's name: a start that
 * is killed leaves none.
 */
export async function ensureCluster(
  directory: string,
  binaries: Binaries,
  account: OsAccount | undefined,
  state: ClusterState,
  report: Progress,
): Promise<void> {
  if (existsSync(join(directory, 'PG_VERSION'))) {
    checkCluster(directory, binaries, account);
    return;
  }
  if (state.port !== undefined) {
    throw new EmbeddedError(
      `The database in ${directory} is gone, but this data folder has been used with it`,
      'put it back, or choose another SUNSET_DATA to start over',
    );
  }
  if (existsSync(directory) && (await readdir(directory)).length > 0) {
    throw new EmbeddedError(
      `${basename(directory)} in ${dirname(directory)} is not empty and not a PostgreSQL data directory`,
      'move it away, or choose another SUNSET_DATA',
    );
  }
  await during(report, `making a PostgreSQL ${binaries.major} database in ${directory}`, () =>
    initialise(directory, binaries, account, state.superuserPassword),
  );
}
