import { Temporal } from 'temporal-polyfill';
import { msOf } from './instant';

/**
 * Calendar arithmetic in a contract's time zone. It reads the time zone database, which differs between
 * machines and years, so it runs in activities, the API and the command line, never in workflow code.
 */
export const SECONDS_PER_HOUR = 3600;
export const SECONDS_PER_DAY = 86_400;

const zonedAt = (instant: string, timeZone: string) =>
  Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone);

/**
 * Looking ahead asks for the same months of the same order again and again, and each asks the time zone
 * database several times.
 */
const knownEdges = new Map<string, string>();
const MOST_EDGES = 5000;

/**
 * `start + n months`, the day clamped to the month's end and always counted from `start` (M1): 31 Jan + 1 =
 * 28/29 Feb, + 2 = 31 Mar.
 */
export function addMonths(start: string, months: number, timeZone: string): string {
  const key = `${start} ${months} ${timeZone}`;
  const known = knownEdges.get(key);
  if (known !== undefined) return known;
  const edge = zonedAt(start, timeZone)
    .add({ months }, { overflow: 'constrain' })
    .toInstant()
    .toString({ fractionalSecondDigits: 3 });
  if (knownEdges.size >= MOST_EDGES) knownEdges.clear();
  knownEdges.set(key, edge);
  return edge;
}

/** The largest n with `start + n months ≤ now` (M1); 0 before the first month is full. */
export function monthsUsed(start: string, now: string, timeZone: string): number {
  // An estimate from the calendar of UTC, never too low: either end may be in the month beside it. Then the
  // definition itself decides.
  const [from, to] = [new Date(start), new Date(now)];
  const years = to.getUTCFullYear() - from.getUTCFullYear();
  let months = Math.max(0, years * 12 + to.getUTCMonth() - from.getUTCMonth() + 2);
  while (months > 0 && msOf(addMonths(start, months, timeZone)) > to.getTime()) months -= 1;
  return months;
}

/** Whole seconds from `from` to `to`, fractions dropped (003-31); negative when `to` is earlier. */
export function secondsBetween(from: string, to: string): number {
  return Math.floor((msOf(to) - msOf(from)) / 1000);
}

/**
 * Calendar days from `from` to `to` in the time zone, counting the first as day 1 (knob `fiveDayWindow:
 * "calendar-days"`).
 */
export function calendarDay(from: string, to: string, timeZone: string): number {
  return zonedAt(from, timeZone).toPlainDate().until(zonedAt(to, timeZone).toPlainDate()).days + 1;
}

/** The first instant of the day that is `days` after that of `start`, in the time zone. */
export function startOfDayAfter(start: string, days: number, timeZone: string): string {
  const midnight = zonedAt(start, timeZone).toPlainDate().add({ days }).toZonedDateTime(timeZone);
  return midnight.toInstant().toString({ fractionalSecondDigits: 3 });
}

/** Years are calendar years (L2: at most three years ahead). */
export function addYears(start: string, years: number, timeZone: string): string {
  return zonedAt(start, timeZone)
    .add({ years }, { overflow: 'constrain' })
    .toInstant()
    .toString({ fractionalSecondDigits: 3 });
}

/** `2027-01-01 00:00:00`, as the time zone's clocks show the instant. */
export const localTime = (instant: string, timeZone: string): string =>
  zonedAt(instant, timeZone).toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ');

/**
 * The instant of `2027-01-01 00:00:00` on the time zone's clocks; undefined when it is not written like that, or
 * no calendar has it. Of two that clocks show alike it is the earlier; one that they pass over is as much later.
 */
export function instantOfLocal(local: string, timeZone: string): string | undefined {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:[0-5]\d$/.test(local)) return undefined;
  try {
    const time = Temporal.PlainDateTime.from(local.replace(' ', 'T'), { overflow: 'reject' });
    return time.toZonedDateTime(timeZone).toInstant().toString({ fractionalSecondDigits: 3 });
  } catch {
    return undefined;
  }
}

export function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

/** A span of paid time; a chain is a list of them, each of which starts where the one before ends. */
export interface Span {
  startsAt: string;
  endsAt: string;
}

/**
 * The end of a renewal of so many months (M22): counted from the anchor of the chain that it prolongs, so
 * that an end that was clamped to a short month pulls none after it along: 31 Oct + 1 = 30 Nov, + 2 = 31 Dec.
 * A renewal that prolongs nothing is counted from its own start.
 * @param terms purchases and renewals, in any order; @param startsAt of the renewal
 */
export function renewalEnd(terms: Span[], startsAt: string, months: number, timeZone: string): string {
  const anchor = anchorOf(chainBefore(terms, startsAt), timeZone) ?? startsAt;
  return addMonths(anchor, monthsUsed(anchor, startsAt, timeZone) + months, timeZone);
}

/** What leads up to an instant without a gap, the first first. */
function chainBefore(terms: Span[], until: string): Span[] {
  const byEnd = new Map(terms.map((span) => [msOf(span.endsAt), span]));
  const chain: Span[] = [];
  let from = msOf(until);
  for (let before = byEnd.get(from); before && msOf(before.startsAt) < from; before = byEnd.get(from)) {
    chain.push(before);
    from = msOf(before.startsAt);
  }
  return chain.reverse();
}

/**
 * The first start from which every later end is whole months away. Days that were sold, ends that another
 * system had clamped and orders that an undo has moved (M20) begin again: what is counted from them goes on
 * from there, however often it is renewed.
 */
function anchorOf(chain: Span[], timeZone: string): string | undefined {
  const starts = chain.map(({ startsAt }) => calendarPlaceOf(startsAt, timeZone));
  const ends = chain.map(({ endsAt }) => calendarPlaceOf(endsAt, timeZone));
  const first = starts.findIndex((start, index) =>
    ends.every((end, other) => other < index || isMonthsAfter(start, end)),
  );
  return chain[first]?.startsAt;
}

/** Where an instant lies in the calendar, read once: chains are long, and a calendar is slow. */
interface CalendarPlace {
  zoned: ReturnType<typeof zonedAt>;
  day: number;
  daysInMonth: number;
  time: string;
}

function calendarPlaceOf(instant: string, timeZone: string): CalendarPlace {
  const zoned = zonedAt(instant, timeZone);
  return { zoned, day: zoned.day, daysInMonth: zoned.daysInMonth, time: zoned.toPlainTime().toString() };
}

/** By day and time of day; only where clocks were changed has the calendar itself to be asked. */
function isMonthsAfter(start: CalendarPlace, end: CalendarPlace): boolean {
  if (start.time === end.time) return end.day === Math.min(start.day, end.daysInMonth);
  const months = (end.zoned.year - start.zoned.year) * 12 + end.zoned.month - start.zoned.month;
  return (
    months > 0 &&
    start.zoned.add({ months }, { overflow: 'constrain' }).epochMilliseconds === end.zoned.epochMilliseconds
  );
}
