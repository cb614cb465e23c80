/** At most so many at a time, the others in a queue that has an end. */

interface Waiting {
  go: () => void;
  timer: NodeJS.Timeout;
}

export class Limit {
  private running = 0;
  private readonly waiting: Waiting[] = [];

  constructor(private readonly bounds: { atOnce: number; queued: number; waitMs: number }) {}

  get inFlight(): number {
    return this.running;
  }

  get queued(): number {
    return this.waiting.length;
  }

  /**
   * @returns what the work comes to; undefined: its turn has not come, and it was not begun
   */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (!(await this.turn())) return undefined;
    try {
      return await work();
    } finally {
      // The place goes on to the next one, so that nobody gets in between.
      const next = this.waiting.shift();
      if (next) next.go();
      else this.running--;
    }
  }

  private async turn(): Promise<boolean> {
    const { atOnce, queued, waitMs } = this.bounds;
    if (this.running < atOnce) {
      this.running++;
      return true;
    }
    if (this.waiting.length >= queued) return false;
    return await new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(one), 1);
        resolve(false);
      }, waitMs);
      const go = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const one: Waiting = { go, timer };
      this.waiting.push(one);
    });
  }
}
