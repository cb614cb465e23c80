import { Temporal } from 'temporal-polyfill';

/**
 * Calendar arithmetic in a contract's time zone. It reads the time zone database, which differs between machines and years, so it runs in
 * activities, the API and the command line, never in workflow code (DESIGN.md, decision 6).
 */
export const SECONDS_PER_HOUR = 3600;
export const SECONDS_PER_DAY = 86_400;

const at = (instant: string, timeZone: string) => Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone);

/** `start + n months`, the day clamped to the month's end and always counted from `start` (M1): 31 Jan + 1 = 28/29 Feb, + 2 = 31 Mar. */
export function addMonths(start: string, months: number, timeZone: string): string {
  return at(start, timeZone).add({ months }, { overflow: 'constrain' }).toInstant().toString({ fractionalSecondDigits: 3 });
}

/** The largest n with `start + n months ≤ now` (M1); 0 before the first month is full. */
export function monthsUsed(start: string, now: string, timeZone: string): number {
  const from = at(start, timeZone);
  const to = at(now, timeZone);
  // An estimate from the calendar fields, at most one off on either side; then the definition itself decides.
  let months = Math.max(0, (to.year - from.year) * 12 + to.month - from.month + 1);
  while (months > 0 && Date.parse(addMonths(start, months, timeZone)) > Date.parse(now)) months -= 1;
  return months;
}

/** Whole seconds from `from` to `to`, fractions dropped (003-31); negative when `to` is earlier. */
export function secondsBetween(from: string, to: string): number {
  return Math.floor((Date.parse(to) - Date.parse(from)) / 1000);
}

/** Calendar days from `from` to `to` in the time zone, counting the first as day 1 (knob `fiveDayWindow: "calendar-days"`). */
export function calendarDay(from: string, to: string, timeZone: string): number {
  return at(from, timeZone).toPlainDate().until(at(to, timeZone).toPlainDate()).days + 1;
}

/** The first instant of the day that is `days` after that of `start`, in the time zone. */
export function startOfDayAfter(start: string, days: number, timeZone: string): string {
  const midnight = at(start, timeZone).toPlainDate().add({ days }).toZonedDateTime(timeZone);
  return midnight.toInstant().toString({ fractionalSecondDigits: 3 });
}

/** Years are calendar years (L2: at most three years ahead). */
export function addYears(start: string, years: number, timeZone: string): string {
  return at(start, timeZone).add({ years }, { overflow: 'constrain' }).toInstant().toString({ fractionalSecondDigits: 3 });
}

export function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}
