import { isoOf } from './instant';
/** Clocks (decision 1): an instance's is the wall clock, moved ahead by what fast-forward has skipped. */

/** ISO-8601, in UTC. @param wallMs the wall clock, in milliseconds since the epoch */
export const clockOf = ({ clockOffsetMs }: { clockOffsetMs: number }, wallMs: number): string =>
  isoOf(wallMs + clockOffsetMs);
