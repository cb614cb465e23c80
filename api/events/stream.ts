/** One open stream of events, on the connection of whoever listens. */
import { setTimeout as sleep } from 'node:timers/promises';

/** As much of a response as a stream needs. */
export interface Sink {
  write(text: string): boolean;
  end(): void;
  destroy(): void;
  on(event: 'close', listener: () => void): unknown;
  /** Bytes that the other side has not taken yet. */
  readonly writableLength: number;
  readonly destroyed: boolean;
}

/** Whose stream it is: it ends with their key or session. */
export interface Listener {
  /** By which streams are counted. */
  name: string;
  /** The only account that it hears of; undefined: all. */
  tenant: string | undefined;
  /** What it has asked for; undefined: all that it may hear of. */
  account: string | undefined;
  /** null: the operator's own key. */
  keyId: string | null;
  sessionHash: string | undefined;
}

/** A reader that is so far behind gets nothing more until it has taken it. */
const MAX_WAITING_BYTES = 64 * 1024;
const LOOK_EVERY_MS = 20;

export class EventStream {
  /** Whether it is told what comes as it comes; otherwise it reads from the database. */
  isLive = false;
  /** The sink is gone, or was ended. */
  isOver = false;

  /** @param position of the event after which it goes on */
  constructor(
    readonly listener: Listener,
    private readonly sink: Sink,
    public position: number,
    private readonly patienceMs: number,
  ) {
    sink.on('close', () => {
      this.isOver = true;
    });
  }

  hears(account: string | null): boolean {
    const { tenant, account: asked } = this.listener;
    return (tenant === undefined || tenant === account) && (asked === undefined || asked === account);
  }

  /** The same for all that hear the same. */
  get ear(): string {
    const { tenant, account } = this.listener;
    return JSON.stringify([tenant ?? null, account ?? null]);
  }

  get isBehind(): boolean {
    return this.sink.writableLength > MAX_WAITING_BYTES;
  }

  write(text: string): void {
    if (!this.isOver && text) this.sink.write(text);
  }

  /** Writes many, no faster than they are taken: of what is written at once nobody sees how much of it is taken. */
  async writeAll(texts: string[]): Promise<void> {
    for (const text of texts) {
      await this.caughtUp();
      this.write(text);
    }
  }

  /** Waits for a reader that is behind; one that takes nothing is cut off. It comes back where it was. */
  async caughtUp(): Promise<void> {
    let left = this.sink.writableLength;
    let until = Date.now() + this.patienceMs;
    while (!this.isOver && this.isBehind) {
      await sleep(LOOK_EVERY_MS);
      if (this.sink.writableLength < left) until = Date.now() + this.patienceMs;
      else if (Date.now() >= until) this.cutOff();
      left = this.sink.writableLength;
    }
  }

  end(last = ''): void {
    if (this.isOver) return;
    if (last) this.sink.write(last);
    this.sink.end();
    this.isOver = true;
  }

  private cutOff(): void {
    this.isOver = true;
    this.sink.destroy();
  }
}
