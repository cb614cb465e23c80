import { chmodSync, chownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OsAccount } from './process/run';

/**
 * What Sunset puts into a data folder. One that holds anything else is somebody's own, and its mode theirs to
 * choose.
 */
const OURS = /^(lock|postgres|temporal|operator|cluster|.+\.key)(\..*)?$/;

const isMine = (uid: number): boolean => uid === process.getuid?.();

/**
 * Takes from everybody else what they may do with a file or folder and all in it; links and other users'
 * things stay as they are.
 */
export function closeTree(path: string): void {
  const entry = lstatSync(path, { throwIfNoEntry: false }); // a lock of another start may be gone by now
  if (!entry || entry.isSymbolicLink() || !isMine(entry.uid)) return;
  if (entry.mode & 0o077) chmodSync(path, entry.mode & 0o700);
  if (entry.isDirectory()) for (const name of readdirSync(path)) closeTree(join(path, name));
}

/**
 * Closes a data folder to other users, also one that an older version left open. The OS user that runs root's
 * PostgreSQL may pass through it, by its group, if it could until now.
 */
export function closeDataFolder(folder: string, account: OsAccount | undefined): void {
  const names = readdirSync(folder).filter((name) => OURS.test(name));
  for (const name of names) if (name !== 'postgres') closeTree(join(folder, name));
  const { mode, uid } = lstatSync(folder);
  if (!isMine(uid) || !(mode & 0o077) || names.length < readdirSync(folder).length) return;
  const letsPass = account !== undefined && (mode & 0o011) > 0;
  if (letsPass) chownSync(folder, uid, account.gid);
  chmodSync(folder, letsPass ? 0o710 : 0o700);
}
