/** Random choices that a seed repeats (mulberry32): a failing run can be had again. */
export class Random {
  constructor(private state: number) {}

  /** From 0 up to, not including, 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `from` to `to`, both included. */
  int = (from: number, to: number): number => from + Math.floor(this.next() * (to - from + 1));
  chance = (of: number): boolean => this.next() < of;
  pick = <T>(list: readonly T[]): T => list[this.int(0, list.length - 1)]!;

  /** One of a list, each as likely as its weight. */
  weighted<T extends { weight: number }>(list: readonly T[]): T {
    let left = this.next() * list.reduce((all, { weight }) => all + weight, 0);
    const found = list.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    return found ?? list.at(-1)!;
  }
}
