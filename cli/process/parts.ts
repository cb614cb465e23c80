/**
 * What a process has started, and how it ends: in order, each part within its own time and all of them within
 * one.
 */
import { killStarted, stopStarted } from '../../embedded';

/**
 * Below the grace of compose, Kubernetes and most service managers (30 s): better to end by ourselves than to
 * be killed.
 */
export const STOP_LIMIT_MS = 28_000;
const PART_LIMIT_MS = 5000;
/**
 * What the servers that we have started keep for themselves of that time: a database that is closed properly
 * needs no recovery.
 */
const SERVERS_LIMIT_MS = 7000;

interface Component {
  name: string;
  stop: () => Promise<void>;
  limitMs: number;
}

/**
 * Resolves with what is to be said about it: nothing when it has stopped in time. Never rejects; what comes
 * too late is no longer waited for.
 */
async function stopOne({ name, stop, limitMs }: Component, leftMs: number): Promise<string | undefined> {
  const waitMs = Math.max(0, Math.min(limitMs, leftMs));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(
      () => resolve(`${name}: not stopped within ${(waitMs / 1000).toFixed(0)} s, left as it is`),
      waitMs,
    );
  });
  const stopped = Promise.resolve()
    .then(stop)
    .then(
      () => undefined,
      (error: unknown) => `${name}: ${error instanceof Error ? error.message : String(error)}`,
    );
  return await Promise.race([stopped, late]).finally(() => clearTimeout(timer));
}

/**
 * The parts of a process. What takes requests stops first, then the others in the reverse order of their starts; then the servers
 * that were started (also by a start that is under way), killed when they take too long; then what must
 * outlive them all, such as the data folder's lock.
 */
export class Components {
  private readonly first: Component[] = [];
  private readonly parts: Component[] = [];
  private readonly last: (() => Promise<void>)[] = [];
  private ending: Promise<string[]> | undefined;
  private waitingFor = '';

  /**
   * @param limitMs how long it may take to stop; what takes longer is left, and the others are stopped all
   * the same
   */
  add(name: string, stop: () => Promise<void>, limitMs = PART_LIMIT_MS): void {
    this.parts.unshift({ name, stop, limitMs });
  }

  /** Stopped before everything else, whatever has started later: what is under way in it needs the others. */
  addFirst(name: string, stop: () => Promise<void>, limitMs = PART_LIMIT_MS): void {
    this.first.unshift({ name, stop, limitMs });
  }

  /** Done when everything else has stopped. */
  addLast(stop: () => Promise<void>): void {
    this.last.unshift(stop);
  }

  /** What is being stopped now; undefined when nothing is. */
  get stopping(): string | undefined {
    return this.waitingFor || undefined;
  }

  get isStopping(): boolean {
    return this.ending !== undefined;
  }

  /**
   * Stops everything, once: of many calls only the first does. Resolves within `limitMs` with what could not
   * be stopped orderly.
   */
  async stop(limitMs = STOP_LIMIT_MS): Promise<string[]> {
    this.ending ??= this.stopAll(limitMs);
    return await this.ending;
  }

  private async stopAll(limitMs: number): Promise<string[]> {
    const end = Date.now() + limitMs;
    const said: (string | undefined)[] = [];
    // A part may be added while others are being stopped: by a start that has not noticed yet.
    const next = (): Component | undefined => this.first.shift() ?? this.parts.shift();
    for (let part = next(); part; part = next()) {
      this.waitingFor = part.name;
      said.push(await stopOne(part, end - SERVERS_LIMIT_MS - Date.now()));
    }
    this.waitingFor = 'the servers, which are being closed properly';
    const servers = { name: 'the servers', stop: stopStarted, limitMs: SERVERS_LIMIT_MS };
    const late = await stopOne(servers, SERVERS_LIMIT_MS);
    if (late !== undefined) {
      said.push(
        `${late.replace(', left as it is', '')}: killed; their next start recovers what they were at`,
      );
      await killStarted();
    }
    for (const stop of this.last) said.push(await stopOne({ name: 'the end', stop, limitMs: 1000 }, 1000));
    this.waitingFor = '';
    return said.filter((one) => one !== undefined);
  }
}
