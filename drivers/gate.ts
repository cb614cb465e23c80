/** What stands before a control plane: so many askings at a time, the others in a queue, and a breaker. */
import { Breaker, type BreakerSettings, type BreakerState } from './breaker';
import { Limit } from './limit';

export const DEFAULTS = { maxInFlight: 10, timeoutSeconds: 30 } as const;
const BREAKER: BreakerSettings = { opensAfter: 5, openMs: 5000, longestOpenMs: 60_000 };

/** What waits for its turn: more of it is told to come again. */
const QUEUED = 1000;
const RETRY_WHEN_FULL_SECONDS = 5;

/** Nothing that can be believed. */
export interface Unknown {
  unknown: string;
  retryAfter?: number;
}

/** What can be seen of a control plane; counts are since this process began. */
export interface Status {
  name: string;
  /** Host and port of its address. */
  host: string;
  breaker: BreakerState;
  /** Requests in a row that brought nothing. */
  failuresInARow: number;
  inFlight: number;
  queued: number;
  /** Of what it was asked. */
  counts: { answered: number; unknown: number };
}

export interface GateSettings {
  /** Requests at a time, of this process; default {@link DEFAULTS}. */
  maxInFlight?: number | undefined;
  /** For one request, its answer read to the end; default {@link DEFAULTS}. */
  timeoutSeconds?: number | undefined;
  breaker?: BreakerSettings;
  now?: () => number;
}

export class Gate {
  readonly timeoutMs: number;
  readonly now: () => number;
  private readonly limit: Limit;
  private readonly breaker: Breaker;
  private readonly counts = { answered: 0, unknown: 0 };

  constructor({ maxInFlight, timeoutSeconds, breaker, now }: GateSettings) {
    this.now = now ?? Date.now;
    this.timeoutMs = (timeoutSeconds ?? DEFAULTS.timeoutSeconds) * 1000;
    const atOnce = maxInFlight ?? DEFAULTS.maxInFlight;
    this.limit = new Limit({ atOnce, queued: QUEUED, waitMs: this.timeoutMs });
    this.breaker = new Breaker(breaker ?? BREAKER, this.now);
  }

  statusOf(name: string, host: string): Status {
    return {
      name,
      host,
      breaker: this.breaker.state,
      failuresInARow: this.breaker.inARow,
      inFlight: this.limit.inFlight,
      queued: this.limit.queued,
      counts: { ...this.counts },
    };
  }

  /** When its turn comes, and not at all when that takes too long. */
  async inTurn<T extends object>(work: () => Promise<T | Unknown>): Promise<T | Unknown> {
    const came = await this.limit.run(work);
    return came ?? { unknown: 'too many wait for it', retryAfter: RETRY_WHEN_FULL_SECONDS };
  }

  /** Unless the control plane is left alone. */
  async ask<T extends object>(request: () => Promise<T | Unknown>): Promise<T | Unknown> {
    const passage = this.breaker.enter();
    if (typeof passage === 'number') return this.leftAlone(passage);
    const result = await request();
    const isKnown = !('unknown' in result);
    passage.ended(isKnown);
    this.counts[isKnown ? 'answered' : 'unknown']++;
    return result;
  }

  private leftAlone(ms: number): Unknown {
    const retryAfter = Math.ceil(ms / 1000);
    return {
      unknown: `it has not answered ${this.breaker.inARow} times in a row and is left alone`,
      retryAfter,
    };
  }
}

/** It goes to logs, into the books and onto the instance's page: one line, not a long one, and cut first: half a character can't be stored. */
export const oneLine = (text: string): string =>
  text.slice(0, 500).replace(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, ' ');
