/**
 * Arms side by side in one run: A B B A, as many rounds as asked, each round as long for all. A machine is
 * never the same twice, so only ratios within a round are compared, and their median is what counts.
 */
import { performance } from 'node:perf_hooks';

export interface Arm<G extends string> {
  name: string;
  /** One unit of work (a life, a command). `false`: it came to nothing, and does not count. */
  once(): Promise<unknown>;
  groups: Record<G, number[]>;
}

export interface Measured {
  arm: string;
  /** Units a second. */
  rate: number;
  /** Milliseconds of each unit, sorted. */
  durations: number[];
  /** Processor milliseconds a unit, by group. */
  cpu: Record<string, number>;
  units: number;
}

export interface Ratio {
  median: number;
  min: number;
  max: number;
}

/** A line of the table. */
export interface Figure {
  metric: string;
  what: string;
  ratio: Ratio;
  /** As the issue has it: `≥ 1.00`; undefined: reported only. */
  goal?: string | undefined;
  ours: string;
  theirs: string;
  /** Numbers for pictures, and for what is calculated from them. */
  data?: Data;
}

/** An arm as it is drawn: units a second, and processor milliseconds a unit by group. */
export interface Drawn {
  name: string;
  rate: number;
  cpu: Record<string, number>;
}

/** What a kill in the middle of a load leaves. */
export interface Loss {
  /** Lives that were begun before the kill. */
  started: number;
  /** Their commands that were answered, before the kill or after. */
  answered: number;
  /** Lives with all of their steps. */
  complete: number;
  /** Steps that are recorded more than once. */
  doubled: number;
  /** Steps whose command was answered, and of which nothing is recorded. */
  lost: number;
  /** From the start of the new process until the last of these lives was complete; null: never. */
  drainedSeconds: number | null;
}

/** Bytes in PostgreSQL, with indexes. */
export interface Bytes {
  temporal: number;
  visibility: number;
  /** Sunset's tables, or the yardstick's. */
  records: number;
}

export type Data =
  | { kind: 'arms'; arms: Drawn[] }
  /** `stopped`: lives that came to a stop without any kill. */
  | { kind: 'peer'; arms: Drawn[]; stopped: number }
  | { kind: 'loss'; name: string; kills: number; loss: Loss }
  | { kind: 'bytes'; of: 'sleeper' | 'life'; ours: Bytes; theirs: Bytes }
  /** `updates`: a second, of the workflow alone. */
  | { kind: 'herd'; count: number; seconds: number; updates: number }
  /** Of a transaction with one insert, one after the other. */
  | { kind: 'commit'; ms: number };

export const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** One arm for so long, with so many units under way at any time. */
async function measure<G extends string>(
  arm: Arm<G>,
  seconds: number,
  concurrency: number,
  cpuOf: (groups: Record<G, number[]>) => Record<G, number>,
): Promise<Measured> {
  const before = cpuOf(arm.groups);
  const begun = performance.now();
  const until = begun + seconds * 1000;
  const durations: number[] = [];
  const one = async (): Promise<void> => {
    while (performance.now() < until) {
      const start = performance.now();
      if ((await arm.once()) !== false) durations.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  const took = (performance.now() - begun) / 1000;
  const after = cpuOf(arm.groups);
  const units = durations.length;
  const cpu = Object.fromEntries(
    Object.entries<number>(after).map(([name, ms]) => [name, (ms - before[name as G]) / units]),
  );
  return { arm: arm.name, rate: units / took, durations: durations.sort((a, b) => a - b), cpu, units };
}

export interface Rounds {
  rounds: number;
  seconds: number;
  concurrency: number;
}

/** @returns the rounds, each with every arm once, after a warm-up that is not counted */
export async function compare<G extends string>(
  arms: Arm<G>[],
  { rounds, seconds, concurrency }: Rounds,
  cpuOf: (groups: Record<G, number[]>) => Record<G, number>,
): Promise<Measured[][]> {
  for (const arm of arms) await measure(arm, Math.min(seconds, 5), concurrency, cpuOf);
  const results: Measured[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 ? [...arms].reverse() : arms;
    const measured: Measured[] = [];
    for (const arm of order) measured.push(await measure(arm, seconds, concurrency, cpuOf));
    results.push(arms.map(({ name }) => measured.find((one) => one.arm === name)!));
  }
  return results;
}

/** A ratio that was measured once. */
export const only = (value: number): Ratio => ({ median: value, min: value, max: value });

/** What one has of the other, pair by pair, and the medians of each. */
export function ratiosOf(
  pairs: (readonly [ours: number, theirs: number])[],
): Ratio & { ours: number; theirs: number } {
  const ratios = pairs.map(([a, b]) => a / b);
  return {
    median: median(ratios),
    min: Math.min(...ratios),
    max: Math.max(...ratios),
    ours: median(pairs.map(([a]) => a)),
    theirs: median(pairs.map(([, b]) => b)),
  };
}

/** What one arm has of the other's, round by round. */
export const ratioOf = (
  rounds: Measured[][],
  ours: string,
  theirs: string,
  value: (one: Measured) => number,
): Ratio & { ours: number; theirs: number } =>
  ratiosOf(
    rounds.map((round) => {
      const of = (name: string): number => value(round.find(({ arm }) => arm === name)!);
      return [of(ours), of(theirs)] as const;
    }),
  );

export const medianOf = (rounds: Measured[][], arm: string, value: (one: Measured) => number): number =>
  median(rounds.map((round) => value(round.find((one) => one.arm === arm)!)));
