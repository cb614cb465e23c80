/** Clocks (decision 10): an instance's is the wall clock, moved ahead by what fast-forward has skipped. */

/** ISO-8601, in UTC. @param wallMs the wall clock, in milliseconds since the epoch */
export const clockOf = ({ clockOffsetMs }: { clockOffsetMs: number }, wallMs: number): string =>
  new Date(wallMs + clockOffsetMs).toISOString();
