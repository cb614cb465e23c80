/**
 * Leaves a control plane alone that doesn't answer: after so many askings in a row that brought nothing it is
 * asked no more, until one asking at a time tries whether it is back. (The libraries that live want Node 22.)
 */

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface BreakerSettings {
  /** Askings in a row that brought nothing. */
  opensAfter: number;
  /** How long it stays open at first; each try that fails doubles it. */
  openMs: number;
  longestOpenMs: number;
}

/** One asking that was let through; `ended` is to be called once, whatever came of it. */
interface Passage {
  ended(answered: boolean): void;
}

export class Breaker {
  private failures = 0;
  private openMs: number;
  /** While closed it is undefined. */
  private openUntil: number | undefined;
  private isTrying = false;

  constructor(
    private readonly settings: BreakerSettings,
    private readonly now: () => number,
  ) {
    this.openMs = settings.openMs;
  }

  get state(): BreakerState {
    if (this.openUntil === undefined) return 'closed';
    return this.isTrying || this.now() >= this.openUntil ? 'half-open' : 'open';
  }

  /** Askings in a row that brought nothing. */
  get inARow(): number {
    return this.failures;
  }

  /** @returns milliseconds after which it may be tried, when it may not be asked now */
  enter(): Passage | number {
    if (this.openUntil === undefined) return { ended: (answered) => this.count(answered) };
    const leftMs = this.openUntil - this.now();
    if (leftMs > 0) return leftMs;
    if (this.isTrying) return this.openMs;
    this.isTrying = true;
    return { ended: (answered) => this.tried(answered) };
  }

  private count(answered: boolean): void {
    // What was asked before it opened says nothing new when it fails; an answer does.
    if (answered) {
      this.close();
      return;
    }
    this.failures++;
    if (this.openUntil === undefined && this.failures >= this.settings.opensAfter) this.open();
  }

  private tried(answered: boolean): void {
    this.isTrying = false;
    if (answered) {
      this.close();
      return;
    }
    this.failures++;
    this.openMs = Math.min(this.openMs * 2, this.settings.longestOpenMs);
    this.open();
  }

  private open(): void {
    this.openUntil = this.now() + this.openMs;
  }

  private close(): void {
    this.failures = 0;
    this.openMs = this.settings.openMs;
    this.openUntil = undefined;
  }
}
