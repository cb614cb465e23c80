/** Processor time of groups of processes, from /proc: nobody else's, and nothing of what is idle elsewhere. */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

interface Entry {
  pid: number;
  parent: number;
  ms: number;
}

function entryOf(pid: number): Entry | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may have anything in it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [parent, user, system, childUser, childSystem] = [1, 11, 12, 13, 14].map((at) =>
      Number(fields[at]),
    );
    // Of those that have ended and were waited for, too; but what this process has started is none of its own.
    const ended = pid === process.pid ? 0 : childUser! + childSystem!;
    const ticks = user! + system! + ended;
    return { pid, parent: parent!, ms: (ticks * 1000) / TICKS_PER_SECOND };
  } catch {
    return undefined; // it has just ended; its parent has its time, once it has waited for it
  }
}

/** The process that has started this one; undefined when it is gone. */
export const parentOf = (pid: number): number | undefined => entryOf(pid)?.parent;

/**
 * Milliseconds of processor time that each group has used so far: its processes and all below them, this process
 * apart, which has started the others.
 */
export function cpuOf<G extends string>(groups: Record<G, number[]>): Record<G, number> {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => entryOf(Number(name)) ?? []);
  const below = (roots: number[]): Entry[] => {
    const found = new Map(all.filter(({ pid }) => roots.includes(pid)).map((one) => [one.pid, one]));
    for (let size = -1; size !== found.size; ) {
      size = found.size;
      for (const one of all) if (found.has(one.parent) && one.parent !== process.pid) found.set(one.pid, one);
    }
    return [...found.values()];
  };
  const sum = (roots: number[]): number => below(roots).reduce((total, { ms }) => total + ms, 0);
  return Object.fromEntries(
    Object.entries<number[]>(groups).map(([name, roots]) => [name, sum(roots)]),
  ) as Record<G, number>;
}
