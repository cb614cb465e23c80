import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * When the process with this id began, as an opaque text; undefined when it is gone. A pid alone is no
 * identity: ids come again. A zombie counts as gone: below a pid 1 that reaps nobody (common in containers)
 * killed orphans stay zombies for ever.
 */
export function processIdentity(pid: number): string | undefined {
  if (process.platform !== 'linux') {
    const begun = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return begun.stdout?.trim() || undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/**
 * The command line of a running process, its words joined by spaces; undefined when it is gone or not ours to
 * look at.
 */
export function commandLine(pid: number): string | undefined {
  if (process.platform !== 'linux') {
    return (
      spawnSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ||
      undefined
    );
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a process works in this folder (its current one); undefined where that can't be found out (no
 * /proc).
 */
export function worksIn(folder: string): boolean | undefined {
  if (process.platform !== 'linux') return undefined;
  const isThere = (pid: string): boolean => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === folder;
    } catch {
      return false; // gone, or another user's
    }
  };
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && isThere(name));
}

/** Waits until `check` says yes, or until the limit; says which. */
export async function until(
  check: () => boolean | Promise<boolean>,
  limitMs: number,
  everyMs = 25,
): Promise<boolean> {
  const end = Date.now() + limitMs;
  while (!(await check())) {
    if (Date.now() >= end) return false;
    await sleep(everyMs);
  }
  return true;
}
