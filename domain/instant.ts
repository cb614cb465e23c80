/**
 * Instants: ISO-8601 texts, compared and moved as milliseconds since the epoch. Only calendars
 * (`calendar.ts`) know months and days.
 */

export const msOf = (instant: string): number => Date.parse(instant);

/** In UTC. */
export const isoOf = (ms: number): string => new Date(ms).toISOString();

export const inUtc = (instant: string): string => isoOf(msOf(instant));

export const plusMs = (instant: string, ms: number): string => isoOf(msOf(instant) + ms);

/** Whether an instant has come. */
export const isDue = (at: string, now: string): boolean => msOf(at) <= msOf(now);
