import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedError } from '../errors';
import { processIdentity } from './table';

/** A server that is to run until it is stopped. */
export interface Kept {
  title: string;
  /** Of the process that runs now. */
  pid: () => number;
  /** Brings it up again where it was: the same ports and data. Throws when it can't. */
  again: () => Promise<void>;
}

export interface Watcher {
  /** Is told at once that a server has ended, and what became of it. */
  say: (text: string) => void;
  /** It could not be brought up again; the error says what to do. */
  onLost: (error: EmbeddedError) => void;
}

const LOOK_EVERY_MS = 250;
/**
 * Before each attempt. A process that ends together with us (a service manager signals them all) is not
 * started again in between.
 */
const BACKOFF_MS = [300, 1000, 2000, 4000, 8000];
/**
 * A server that is brought up again and again is broken: as many ends as there are attempts, within this
 * time, are enough.
 */
const WINDOW_MS = 10 * 60_000;

function isAlive(pid: number): boolean {
  if (process.platform === 'linux') return processIdentity(pid) !== undefined;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Looks after a server; answers how to leave it alone, which resolves when no attempt is under way any more.
 */
export function keepUp({ title, pid, again }: Kept, { say, onLost }: Watcher): () => Promise<void> {
  let watching = true;
  const ends: number[] = [];

  async function bringBack(): Promise<boolean> {
    const begun = Date.now();
    let last: unknown = new Error('it ended again each time');
    for (const pause of BACKOFF_MS.slice(ends.length - 1)) {
      await sleep(pause);
      if (!watching) return false;
      try {
        await again();
        if (watching)
          say(`${title} is up again (process ${pid()}) after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
        return true;
      } catch (error) {
        last = error;
        if (watching) say(`${title} could not be started: ${(error as Error).message}`);
      }
    }
    const next = last instanceof EmbeddedError ? last.next : 'see its log';
    const message = `${title} ended, and could not be started again: ${(last as Error).message}`;
    if (watching) onLost(new EmbeddedError(message, next, { cause: last }));
    return false;
  }

  async function watch(): Promise<void> {
    while (watching) {
      await sleep(LOOK_EVERY_MS, undefined, { ref: false });
      if (!watching || isAlive(pid())) continue;
      const now = Date.now();
      while (ends[0] !== undefined && ends[0] < now - WINDOW_MS) ends.shift();
      ends.push(now);
      say(`${title} has ended (process ${pid()}), and nobody here has stopped it: starting it again`);
      if (!(await bringBack())) return;
    }
  }

  const running = watch();
  return async () => {
    watching = false;
    await running;
  };
}
