/**
 * M1 over ten years: every day as a purchase day, 1 to 36 months used, in zones with and without changes of
 * the clock, at the very edge of each month: a second before it, at it, a second after. `npm test` takes a
 * sample, the nightly run all of it.
 *
 * The oracle shares nothing with the code: years and months are counted by hand, and a zone is the list of
 * its changes of the clock, found by asking Intl.
 */
import { addMonths, monthsUsed } from '../../domain/calendar';
import { SCALE } from '../support/scale';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const MONTHS = 36;
const [FIRST_YEAR, LAST_YEAR] = [2023, 2032];
const iso = (ms: number): string => new Date(ms).toISOString();

/** A change of the clock: offsets from UTC before and from that instant on. */
interface Shift {
  at: number;
  before: number;
  after: number;
}

interface Zone {
  name: string;
  first: number;
  shifts: Shift[];
}

/** What Intl says of a zone's offset: `GMT`, `GMT+08:00`, `GMT-05:00`, `GMT+10:30`. */
function offsetByIntl(at: number, format: Intl.DateTimeFormat): number {
  const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')!.value;
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name)!;
  return sign ? (sign === '-' ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * 60 * SECOND) : 0;
}

function zoneOf(name: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  const from = Date.UTC(FIRST_YEAR - 1, 0);
  const shifts: Shift[] = [];
  for (let at = from; at < Date.UTC(LAST_YEAR + 4, 0); at += DAY) {
    const [before, after] = [offsetByIntl(at, format), offsetByIntl(at + DAY, format)];
    if (before === after) continue;
    let [low, high] = [at, at + DAY];
    while (high - low > SECOND) {
      const middle = low + Math.floor((high - low) / 2 / SECOND) * SECOND;
      if (offsetByIntl(middle, format) === before) low = middle;
      else high = middle;
    }
    shifts.push({ at: high, before, after });
  }
  return { name, first: offsetByIntl(from, format), shifts };
}

const offsetAt = (at: number, { first, shifts }: Zone): number =>
  shifts.findLast((shift) => shift.at <= at)?.after ?? first;

/**
 * The instant of a wall clock's time: of two the first; a time that is skipped is as far behind the change as
 * it was into the gap.
 */
function instantOf(wall: number, zone: Zone): number {
  const gap = zone.shifts.find(({ at, before, after }) => at + before <= wall && wall < at + after);
  if (gap) return wall - gap.before;
  const offsets = [...new Set([zone.first, ...zone.shifts.map(({ after }) => after)])];
  return Math.min(...offsets.map((offset) => wall - offset).filter((at) => offsetAt(at, zone) === wall - at));
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysOf = (year: number, month: number): number =>
  [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month]!;

/** `start + n months`: the same day and time of day, or the month's last day. */
function plusMonths(start: number, n: number, zone: Zone): number {
  const wall = start + offsetAt(start, zone);
  const date = new Date(wall);
  const counted = date.getUTCFullYear() * 12 + date.getUTCMonth() + n;
  const [year, month] = [Math.floor(counted / 12), counted % 12];
  const day = Math.min(date.getUTCDate(), daysOf(year, month));
  return instantOf(Date.UTC(year, month, day) + (wall % DAY), zone);
}

/** Times of day that purchases are made at, the skipped and repeated ones of the zones among them. */
const TIMES = [
  0,
  1.5 * HOUR,
  2.25 * HOUR,
  2.5 * HOUR,
  DAY - SECOND,
  12 * HOUR + 34 * 60 * SECOND + 56 * SECOND,
];

interface Purchase {
  start: number;
  /** Those that are looked at: all in the nightly run. */
  months: number[];
}

const ALL = Array.from({ length: MONTHS }, (_, index) => index + 1);
/** Every sixth month, so that all of 1–36 have their turn. */
const sampled = (start: number): number[] => ALL.filter((n) => SCALE > 1 || (n + start / DAY) % 6 < 1);

/**
 * Every day once; in the sample ends and beginnings of months, leap days with all their months, and each
 * seventeenth day.
 */
function days(zone: Zone): Purchase[] {
  const purchases: Purchase[] = [];
  for (let day = Date.UTC(FIRST_YEAR, 0); day < Date.UTC(LAST_YEAR + 1, 0); day += DAY) {
    const date = new Date(day);
    const index = day / DAY;
    const ofMonth = date.getUTCDate();
    const isLeapDay = date.getUTCMonth() === 1 && ofMonth === 29;
    if (SCALE === 1 && ofMonth > 1 && ofMonth < 28 && index % 17) continue;
    const start = instantOf(day + TIMES[index % TIMES.length]!, zone);
    purchases.push({ start, months: isLeapDay ? ALL : sampled(start) });
  }
  return purchases;
}

/** Purchases at each change of the clock, and so many months before it that a month ends there. */
function changes(zone: Zone): Purchase[] {
  const inYears = ({ at }: Shift): boolean =>
    at >= Date.UTC(FIRST_YEAR, 0) && at < Date.UTC(LAST_YEAR + 1, 0);
  return zone.shifts.filter(inYears).flatMap(({ at }) => {
    const around = [-HOUR, -SECOND, 0, SECOND, HOUR / 4].map((aside) => ({
      start: at + aside,
      months: sampled(at + aside),
    }));
    const before = ALL.map((n) => ({ start: plusMonths(at, -n, zone), months: [n] }));
    return [...around, ...before].filter(({ start }) => start >= Date.UTC(FIRST_YEAR, 0));
  });
}

describe('M1: months used, at every edge', () => {
  const ZONES = ['UTC', 'Asia/Shanghai', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe'];
  it.each(ZONES)(
    'M1: %s',
    (name) => {
      const zone = zoneOf(name);
      const purchases = [...days(zone), ...changes(zone)];
      const seen = {
        days: purchases.length,
        edges: 0,
        checks: 0,
        monthEnds: 0,
        leapDays: 0,
        changes: zone.shifts.length,
      };
      const agree = (got: number | string, expected: number | string, what: () => string) => {
        seen.checks += 1;
        if (got !== expected) expect(`${what()}: ${got}`).toBe(`${what()}: ${expected}`);
      };
      for (const purchase of purchases) {
        const start = iso(purchase.start);
        for (const n of purchase.months) {
          const edge = plusMonths(purchase.start, n, zone);
          const wall = new Date(edge + offsetAt(edge, zone));
          seen.edges += 1;
          if (wall.getUTCDate() === daysOf(wall.getUTCFullYear(), wall.getUTCMonth())) seen.monthEnds += 1;
          if (wall.getUTCMonth() === 1 && wall.getUTCDate() === 29) seen.leapDays += 1;
          agree(addMonths(start, n, name), iso(edge), () => `${start} + ${n} months`);
          for (const [aside, used] of [[-SECOND, n - 1] as const, [0, n] as const, [SECOND, n] as const]) {
            const now = iso(edge + aside);
            agree(monthsUsed(start, now, name), used, () => `${start} → ${now}`);
          }
        }
      }
      process.stderr.write(`  M1 ${name}: ${JSON.stringify(seen)}\n`);
      expect(seen.days).toBeGreaterThanOrEqual(SCALE > 1 ? 3653 : 500);
      expect(seen.edges).toBeGreaterThanOrEqual(SCALE > 1 ? 3653 * MONTHS : 3000);
      expect(seen.monthEnds).toBeGreaterThan(500);
      expect(seen.leapDays).toBeGreaterThan(20);
      expect(seen.changes > 0).toBe(!['UTC', 'Asia/Shanghai'].includes(name));
    },
    120_000 * SCALE,
  );
});
