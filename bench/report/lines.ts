/**
 * What a run leaves: a JSON line a figure in bench/results, from which docs/performance.md is written. The lines that the page
 * was made from are kept beside it, so that one metric can be measured again on another day.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Figure, Ratio } from '../compare';

const RESULTS = join(__dirname, '..', 'results');
const KEPT = join(__dirname, '..', '..', 'docs', 'performance.jsonl');

export interface Line extends Omit<Figure, 'what' | 'ratio'>, Ratio {
  /** Its name: what is divided by what. */
  ratio: string;
  at: string;
  size: 'quick' | 'full';
  machine: string;
}

const machine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node.js ${process.version}`;

/** @returns the file */
export function writeLines(figures: Figure[], size: Line['size']): string {
  const at = new Date().toISOString();
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${at.slice(0, 19).replaceAll(':', '')}.jsonl`);
  const lines = figures.map(({ what, ratio, ...rest }): Line => {
    return { ...rest, ratio: what, ...ratio, at, size, machine: machine() };
  });
  writeFileSync(file, textOf(lines));
  return file;
}

const textOf = (lines: Line[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** @param lines those that the page was made from */
export const keepLines = (lines: Line[]): void => writeFileSync(KEPT, textOf(lines));

const linesOf = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)
    .filter(({ at }) => at !== undefined);

/** Of each metric the lines of its last full run, or of its last quick one where there is no other; they are written together. */
export function newestLines(): Line[] {
  const newest = new Map<string, Line[]>();
  const rank = ([line]: Line[]): string => (line ? `${line.size === 'full'} ${line.at}` : '');
  const runs = existsSync(RESULTS) ? readdirSync(RESULTS) : [];
  for (const file of [KEPT, ...runs.map((run) => join(RESULTS, run))]) {
    const found = linesOf(file);
    for (const metric of new Set(found.map((line) => line.metric))) {
      const lines = found.filter((line) => line.metric === metric);
      if (rank(lines) >= rank(newest.get(metric) ?? [])) newest.set(metric, lines);
    }
  }
  const number = (metric: string): number => Number(metric.slice(1));
  return [...newest].sort(([a], [b]) => number(a) - number(b)).flatMap(([, lines]) => lines);
}
