/**
 * Events to all open streams of this process. One poller reads what has been published, once for all of them,
 * while there is a stream; a stream that begins in the past, or whose reader falls behind, reads from the
 * database by itself until it has caught up. So nothing is kept for a slow reader, and nothing is told twice
 * or left out.
 */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Logger } from 'pino';
import { issue } from '../../contract/issues';
import type { Pool } from '../../store/db';
import { livingKeys } from '../../store/keys';
import { type EventRow, eventsAfter, headOfEvents } from '../../store/outbox';
import { livingSessions } from '../../store/sessions';
import { eventText } from '../present/events';
import { invalid, Problem } from '../problem';
import { EventStream, type Listener, type Sink } from './stream';

export interface FeedSettings {
  /** How often it is looked for what is new, in milliseconds. */
  everyMs: number;
  /** How often a stream shows that it is there. */
  heartbeatMs: number;
  /** How long a reader that takes nothing is waited for. */
  patienceMs: number;
  /** How many streams one caller may have open here. */
  streamsEach: number;
}

const SETTINGS: FeedSettings = { everyMs: 250, heartbeatMs: 15_000, patienceMs: 20_000, streamsEach: 10 };
/** In one process, whoever has them. */
const MAX_STREAMS = 1000;
/** As many as are read at once. */
const BATCH = 200;
/** Keys and sessions are looked at before anything is told, and this often when there is nothing to tell. */
const LOOK_EVERY_MS = 1000;

const sessionEnded = ({ sessionHash }: Listener): string => {
  const code = sessionHash === undefined ? 'UNAUTHENTICATED' : 'NO_SESSION';
  return `event: session-ended\ndata: ${JSON.stringify({ code })}\n\n`;
};

export class EventFeed {
  private readonly settings: FeedSettings;
  private readonly streams = new Set<EventStream>();
  /** Open or about to be, by caller. */
  private readonly taken = new Map<string, number>();
  /** Everything up to here has been told to all that are live; undefined while nobody listens. */
  private position: number | undefined;
  private starting: Promise<void> | undefined;
  private isClosed = false;
  private isAway = false;
  private lookedAt = 0;
  private beatAt = 0;

  constructor(
    private readonly deps: { pool: Pool; logger: Logger },
    settings: Partial<FeedSettings> = {},
  ) {
    this.settings = { ...SETTINGS, ...settings };
  }

  /** How many streams are open. */
  get size(): number {
    return this.streams.size;
  }

  /**
   * Opens a stream.
   * @param after the event after which it goes on; undefined: what comes from now on
   * @returns what begins it, once the headers of its answer are out
   * @throws Problem 429 when there are too many, 400 when there was no such event, 503 when it is closing
   */
  async open(listener: Listener, after: number | undefined): Promise<(sink: Sink) => void> {
    const giveBack = this.take(listener.name);
    try {
      const head = await headOfEvents(this.deps.pool);
      // Of a database that was put back from a copy: what it was told since is not known here.
      if (after !== undefined && after > head) throw invalid([issue(['lastEventId'], 'BAD_CURSOR')]);
      return (sink) => {
        const stream = new EventStream(listener, sink, after ?? head, this.settings.patienceMs);
        this.begin(stream, sink, giveBack);
      };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Takes a place for one more, and answers what gives it back. */
  private take(name: string): () => void {
    if (this.isClosed) throw new Problem('UNAVAILABLE', { headers: { 'Retry-After': '1' } });
    const own = this.taken.get(name) ?? 0;
    const all = [...this.taken.values()].reduce((sum, count) => sum + count, 0);
    if (own >= this.settings.streamsEach || all >= MAX_STREAMS)
      throw new Problem('TOO_MANY_STREAMS', { headers: { 'Retry-After': '5' } });
    this.taken.set(name, own + 1);
    return () => {
      const left = this.taken.get(name)! - 1;
      if (left > 0) this.taken.set(name, left);
      else this.taken.delete(name);
    };
  }

  private begin(stream: EventStream, sink: Sink, giveBack: () => void): void {
    if (sink.destroyed) {
      giveBack();
      return;
    }
    this.streams.add(stream);
    sink.on('close', () => {
      this.streams.delete(stream);
      giveBack();
    });
    // Those that were told to go come back one after the other, not all at once.
    stream.write(`retry: ${Math.round(1000 + Math.random() * 2000)}\n\n`);
    if (this.isClosed) stream.end();
    void this.catchUp(stream);
  }

  /** Ends all streams: their readers come back to another process, or to the next one here. */
  close(): void {
    this.isClosed = true;
    for (const stream of this.streams) stream.end();
  }

  /** Polls while somebody listens. */
  private async running(): Promise<void> {
    this.starting ??= this.start().catch((error: unknown) => {
      this.starting = undefined;
      throw error;
    });
    await this.starting;
  }

  private async start(): Promise<void> {
    this.position = await headOfEvents(this.deps.pool);
    void this.poll();
  }

  private async poll(): Promise<void> {
    while (this.size > 0) {
      const isMore = await this.round().catch((error: unknown) => this.away(error));
      await (isMore ? turn() : sleep(this.settings.everyMs));
    }
    this.position = undefined;
    this.starting = undefined;
  }

  /** What can't be read now is read later: streams stay. It is told once. */
  private away(error: unknown): false {
    if (!this.isAway && !this.isClosed) this.deps.logger.warn({ err: error }, 'events can’t be read');
    this.isAway = true;
    return false;
  }

  /** @returns whether there is more to read */
  private async round(): Promise<boolean> {
    this.beat();
    const rows = await eventsAfter(this.deps.pool, { after: this.position! }, BATCH);
    if (rows.length || Date.now() - this.lookedAt >= LOOK_EVERY_MS) {
      this.lookedAt = Date.now();
      await this.endThoseWithoutKey([...this.streams]);
    }
    this.isAway = false;
    if (rows.length) this.tell(rows);
    return rows.length === BATCH;
  }

  /** In one turn: a stream that becomes live has heard all of it, or hears all of it. */
  private tell(rows: EventRow[]): void {
    const texts = new Map<string, string>();
    const textFor = (stream: EventStream): string => {
      const known = texts.get(stream.ear);
      if (known !== undefined) return known;
      const text = rows.flatMap((row) => (stream.hears(row.account) ? eventText(row) : [])).join('');
      texts.set(stream.ear, text);
      return text;
    };
    this.position = rows.at(-1)!.position;
    for (const stream of this.streams) {
      if (!stream.isLive) continue;
      stream.write(textFor(stream));
      stream.position = this.position;
      if (!stream.isBehind) continue;
      stream.isLive = false;
      void this.catchUp(stream);
    }
  }

  /** A comment, so that proxies and readers know that the connection stands. */
  private beat(): void {
    if (Date.now() - this.beatAt < this.settings.heartbeatMs) return;
    this.beatAt = Date.now();
    for (const stream of this.streams) stream.write(':\n\n');
  }

  /** A sign-out and a revoked key hold at once: what is read after them is not told. */
  private async endThoseWithoutKey(streams: EventStream[]): Promise<void> {
    const listeners = streams.map(({ listener }) => listener);
    const [keys, sessions] = await Promise.all([
      livingKeys(
        this.deps.pool,
        listeners.flatMap(({ keyId, sessionHash }) => (sessionHash === undefined ? (keyId ?? []) : [])),
      ),
      livingSessions(
        this.deps.pool,
        listeners.flatMap(({ sessionHash }) => sessionHash ?? []),
      ),
    ]);
    const lives = ({ keyId, sessionHash }: Listener): boolean =>
      sessionHash === undefined ? keyId === null || keys.has(keyId) : sessions.has(sessionHash);
    for (const stream of streams) if (!lives(stream.listener)) stream.end(sessionEnded(stream.listener));
  }

  /** Reads what it has missed, as fast as its reader takes it; then it is live. */
  private async catchUp(stream: EventStream): Promise<void> {
    while (!stream.isOver && !stream.isLive) {
      try {
        await this.running();
        await stream.caughtUp();
        if (!(await this.readOn(stream))) await sleep(this.settings.everyMs);
      } catch (error) {
        this.away(error);
        await sleep(this.settings.everyMs);
      }
    }
  }

  /** @returns whether it came any further */
  private async readOn(stream: EventStream): Promise<boolean> {
    const { tenant, account } = stream.listener;
    const upTo = this.position;
    // It was opened at an event that the poller has not read yet.
    if (upTo === undefined || stream.position > upTo) return false;
    const rows = await eventsAfter(this.deps.pool, { tenant, account, after: stream.position, upTo }, BATCH);
    await this.endThoseWithoutKey([stream]);
    await stream.writeAll(rows.map(eventText));
    stream.position = rows.length < BATCH ? upTo : rows.at(-1)!.position;
    stream.isLive = stream.position === this.position && !stream.isBehind;
    return true;
  }
}
