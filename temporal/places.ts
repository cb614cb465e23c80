/**
 * So many sends under way in this process, whoever sends: who has thousands to send keeps those behind a few others'
 * waiting for no longer than a turn, and the task queue short for everybody else.
 */
export class Places {
  /** Those that wait, by sender; the first sender is the next. */
  private readonly waiting = new Map<object, (() => void)[]>();

  /** @param free how many there are */
  constructor(private free: number) {}

  /** Does something in a place of its own, when the sender's turn has come: each has one after the other. */
  async use<T>(sender: object, work: () => Promise<T>): Promise<T> {
    await this.take(sender);
    try {
      return await work();
    } finally {
      this.give();
    }
  }

  private async take(sender: object): Promise<void> {
    if (this.free > 0) {
      this.free -= 1;
      return;
    }
    await new Promise<void>((go) => {
      const others = this.waiting.get(sender);
      if (others) others.push(go);
      else this.waiting.set(sender, [go]);
    });
  }

  /** The place goes on to the next one, so that nobody gets in between. */
  private give(): void {
    const [next] = this.waiting;
    if (!next) {
      this.free += 1;
      return;
    }
    const [sender, its] = next;
    const go = its.shift()!;
    this.waiting.delete(sender);
    if (its.length) this.waiting.set(sender, its);
    go();
  }
}
