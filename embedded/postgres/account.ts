import { spawnSync } from 'node:child_process';
import { EmbeddedError } from '../errors';
import type { OsAccount } from '../process/run';
import type { Progress } from '../progress';

const NAME = 'postgres';

/** Asks the system, not /etc/passwd: accounts may come from a directory service. */
function lookUp(): OsAccount | undefined {
  const ask = (flag: string) => spawnSync('id', [flag, NAME], { encoding: 'utf8' });
  const [uid, gid] = [ask('-u'), ask('-g')];
  return uid.status === 0 && gid.status === 0
    ? { name: NAME, uid: Number(uid.stdout), gid: Number(gid.stdout) }
    : undefined;
}

/**
 * The OS user for the server. PostgreSQL refuses to run as root, so root starts it as `postgres`, a system
 * user that is made when there is none; anybody else runs it as themselves (undefined).
 * @throws EmbeddedError when the user can't be made.
 */
export function serverAccount(report: Progress): OsAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const known = lookUp();
  if (known) return known;
  report(`making the system user ${NAME}: PostgreSQL does not run as root`);
  spawnSync('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    NAME,
  ]);
  if (!lookUp()) spawnSync('adduser', ['-S', '-D', '-H', '-s', '/sbin/nologin', NAME]); // BusyBox has no useradd
  const made = lookUp();
  if (made) return made;
  throw new EmbeddedError(
    `PostgreSQL does not run as root, and the system user ${NAME} could not be made`,
    'run Sunset as an ordinary user, make that user yourself, or set DATABASE_URL',
  );
}

/**
 * Whether the account can get into a folder, found out by going there: it depends on the modes of every
 * folder above, on groups and on access lists.
 */
export function canEnter(folder: string, account: OsAccount): boolean {
  return (
    spawnSync('/bin/sh', ['-c', 'cd "$0"', folder], { uid: account.uid, gid: account.gid, cwd: '/' })
      .status === 0
  );
}
