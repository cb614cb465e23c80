import {
  addMonths,
  addYears,
  calendarDay,
  instantOfLocal,
  isTimeZone,
  localTime,
  monthsUsed,
  renewalEnd,
  secondsBetween,
} from '../../domain/calendar';
import { plusMonths } from '../fixtures/oracle';

const SHANGHAI = 'Asia/Shanghai';
const iso = (ms: number): string => new Date(ms).toISOString();
const same = (a: string, b: string): boolean => Date.parse(a) === Date.parse(b);

/** Wall clock of a zone at an instant, from the platform's own time zone data, as if it were UTC. */
function wallOf(ms: number, format: Intl.DateTimeFormat): number {
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second);
}
const formatOf = (zone: string) =>
  new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });

/**
 * M1 in any zone: same wall clock n months on; a time that is skipped moves on by the gap, one that comes
 * twice is the first.
 */
function oracleMonths(start: number, months: number, format: Intl.DateTimeFormat): number {
  const wall = new Date(wallOf(start, format));
  const last = new Date(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() + months + 1, 0));
  const day = Math.min(wall.getUTCDate(), last.getUTCDate());
  const target = Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), day) + (wall.getTime() % 86_400_000);
  const [before, behind] = [target - 86_400_000, target + 86_400_000].map(
    (near) => wallOf(near, format) - near,
  ) as [number, number];
  const fitting = [before, behind]
    .map((offset) => target - offset)
    .filter((at) => wallOf(at, format) === target);
  return fitting.length ? Math.min(...fitting) : target - before;
}

describe('M1 months', () => {
  it.each([
    ['2027-01-31T00:00:00+08:00', 1, '2027-02-28T00:00:00+08:00'],
    ['2028-01-31T00:00:00+08:00', 1, '2028-02-29T00:00:00+08:00'],
    ['2027-01-31T00:00:00+08:00', 2, '2027-03-31T00:00:00+08:00'],
    ['2027-01-31T00:00:00+08:00', 3, '2027-04-30T00:00:00+08:00'],
    ['2028-02-29T12:34:56+08:00', 12, '2029-02-28T12:34:56+08:00'],
    ['2028-02-29T12:34:56+08:00', 48, '2032-02-29T12:34:56+08:00'],
    // 31 August in Shanghai, though still 30 August in UTC: the contract's zone decides.
    ['2026-08-30T16:00:00Z', 1, '2026-09-30T00:00:00+08:00'],
  ])('M1 %s + %i months = %s', (start, months, expected) => {
    expect(same(addMonths(start, months, SHANGHAI), expected)).toBe(true);
  });

  it('M1 counts from the start each time: 31 January, returned on 28 February, 30 and 31 March', () => {
    const start = '2027-01-31T08:00:00+08:00';
    expect(monthsUsed(start, '2027-02-28T07:59:59+08:00', SHANGHAI)).toBe(0);
    expect(monthsUsed(start, '2027-02-28T08:00:00+08:00', SHANGHAI)).toBe(1);
    expect(monthsUsed(start, '2027-03-30T23:59:59+08:00', SHANGHAI)).toBe(1);
    expect(monthsUsed(start, '2027-03-31T08:00:00+08:00', SHANGHAI)).toBe(2);
  });

  it('M1 is 0 before the start and at it', () => {
    expect(monthsUsed('2027-01-31T00:00:00Z', '2026-01-31T00:00:00Z', SHANGHAI)).toBe(0);
    expect(monthsUsed('2027-01-31T00:00:00Z', '2027-01-31T00:00:00Z', SHANGHAI)).toBe(0);
  });

  it('M1 every day of 2023–2032 × 1–36 months agrees with plain arithmetic, and monthsUsed is its inverse', () => {
    let checked = 0;
    const agree = (got: number, expected: number, what: string) => {
      checked += 1;
      if (got !== expected) expect(`${what}: ${got}`).toBe(`${what}: ${expected}`);
    };
    for (let day = 0; Date.UTC(2023, 0, 1 + day) < Date.UTC(2033, 0, 1); day += 1) {
      const start = Date.UTC(2023, 0, 1 + day) + ((day * 7919) % 86_400) * 1000;
      // All months for days near a month's end; for the others those whose turn it is.
      const isEdge = new Date(start + 8 * 3_600_000).getUTCDate() >= 29;
      for (let months = isEdge ? 1 : 1 + (day % 6); months <= 36; months += isEdge ? 1 : 6) {
        const end = plusMonths(start, months);
        agree(Date.parse(addMonths(iso(start), months, SHANGHAI)), end, `${iso(start)} + ${months}`);
        if ((day + months) % 5) continue;
        agree(monthsUsed(iso(start), iso(end), SHANGHAI), months, `${iso(start)} → ${iso(end)}`);
        agree(monthsUsed(iso(start), iso(end - 1), SHANGHAI), months - 1, `${iso(start)} → ${iso(end - 1)}`);
      }
    }
    expect(checked).toBeGreaterThan(30_000);
  });

  it.each([
    'America/New_York',
    'Europe/London',
    'Australia/Lord_Howe',
    'America/St_Johns',
    'Pacific/Auckland',
    'Asia/Kathmandu',
  ])('M1 knob timeZone %s: months across changes of the clock', (zone) => {
    const format = formatOf(zone);
    for (let step = 0; step < 400; step += 1) {
      // 2:30 and 1:30 of the wall clock are the hours that the change skips and repeats.
      const wall = Date.UTC(2024, 0, 1 + step * 5, 1 + (step % 3), 30);
      const start = wall - (wallOf(wall, format) - wall);
      const months = 1 + (step % 13);
      expect([iso(start), months, iso(Date.parse(addMonths(iso(start), months, zone)))]).toEqual([
        iso(start),
        months,
        iso(oracleMonths(start, months, format)),
      ]);
    }
  });

  it('M1 knob timeZone: a month over the change in New York is an hour shorter, and still a month', () => {
    const start = '2026-02-15T00:00:00-05:00';
    expect(same(addMonths(start, 1, 'America/New_York'), '2026-03-15T00:00:00-04:00')).toBe(true);
    expect(monthsUsed(start, '2026-03-14T23:59:59-04:00', 'America/New_York')).toBe(0);
    expect(monthsUsed(start, '2026-03-15T00:00:00-04:00', 'America/New_York')).toBe(1);
    // Half past two does not exist on 8 March: the clock has moved on to half past three.
    expect(
      same(addMonths('2026-02-08T02:30:00-05:00', 1, 'America/New_York'), '2026-03-08T03:30:00-04:00'),
    ).toBe(true);
    // Half past one comes twice on 1 November: the first one.
    expect(
      same(addMonths('2026-10-01T01:30:00-04:00', 1, 'America/New_York'), '2026-11-01T01:30:00-04:00'),
    ).toBe(true);
  });

  it('M1 works far in the future', () => {
    expect(monthsUsed('2026-11-30T00:00:00+08:00', '2199-11-30T00:00:00+08:00', SHANGHAI)).toBe(173 * 12);
  });
});

describe('seconds, days and years', () => {
  it('003-31 counts whole seconds, fractions dropped', () => {
    expect(secondsBetween('2026-11-01T00:00:00.900Z', '2026-11-01T00:00:02.899Z')).toBe(1);
    expect(secondsBetween('2026-11-01T00:00:00+08:00', '2026-10-31T16:00:01Z')).toBe(1);
    expect(secondsBetween('2026-11-01T00:00:01Z', '2026-11-01T00:00:00Z')).toBe(-1);
  });

  it('E1 knob: calendar days count the first one, in the time zone', () => {
    const start = '2026-11-01T23:59:59+08:00';
    expect(calendarDay(start, '2026-11-01T23:59:59+08:00', SHANGHAI)).toBe(1);
    expect(calendarDay(start, '2026-11-02T00:00:00+08:00', SHANGHAI)).toBe(2);
    expect(calendarDay(start, '2026-12-01T00:00:00+08:00', SHANGHAI)).toBe(31);
  });

  it('L2 years are calendar years', () => {
    expect(same(addYears('2028-02-29T10:00:00+08:00', 3, SHANGHAI), '2031-02-28T10:00:00+08:00')).toBe(true);
  });

  it('knows which time zones there are', () => {
    expect(['Asia/Shanghai', 'UTC', 'America/New_York'].every(isTimeZone)).toBe(true);
    expect(['Mars/Olympus', '', 'Asia/Shanghai '].some(isTimeZone)).toBe(false);
  });
});

describe('the end of a renewal', () => {
  const day = (text: string): string => `${text}T00:00:00+08:00`;
  /** Renewed again and again by so many months: the days on which each ends. */
  const renewed = (chain: [string, string][], months: number[]): string[] => {
    const terms = chain.map(([startsAt, endsAt]) => ({ startsAt: day(startsAt), endsAt: day(endsAt) }));
    const ends = months.map((count) => {
      const startsAt = terms.at(-1)!.endsAt;
      terms.push({ startsAt, endsAt: renewalEnd([...terms].reverse(), startsAt, count, SHANGHAI) });
      return new Date(Date.parse(terms.at(-1)!.endsAt) + 8 * 3_600_000).toISOString().slice(0, 10);
    });
    return ends;
  };
  const twelve = Array.from({ length: 12 }, () => 1);

  it('M22: twelve of one month end where one of twelve ends, from every end of a month', () => {
    expect(renewed([['2026-10-31', '2026-11-30']], twelve.slice(0, 4))).toEqual([
      '2026-12-31',
      '2027-01-31',
      '2027-02-28',
      '2027-03-31',
    ]);
    for (let date = Date.parse('2027-01-01'); date < Date.parse('2028-03-05'); date += 86_400_000) {
      const start = new Date(date).toISOString().slice(0, 10);
      if (Number(start.slice(8)) < 27) continue;
      const end = new Date(Date.parse(addMonths(day(start), 1, SHANGHAI)) + 8 * 3_600_000)
        .toISOString()
        .slice(0, 10);
      expect(renewed([[start, end]], twelve).at(-1)).toBe(renewed([[start, end]], [12])[0]);
    }
  });

  it('M22: what is no whole month begins anew, and keeps that', () => {
    // Ten days sold, then months from the 31st; days of another system that had drifted already; an order
    // that an undo has moved.
    expect(renewed([['2026-10-21', '2026-10-31']], [1, 1, 1])).toEqual([
      '2026-11-30',
      '2026-12-31',
      '2027-01-31',
    ]);
    const drifted: [string, string][] = [
      ['2026-10-31', '2026-11-30'],
      ['2026-11-30', '2026-12-30'],
    ];
    expect(renewed(drifted, [1, 1, 1])).toEqual(['2027-01-30', '2027-02-28', '2027-03-30']);
    expect(renewed([['2026-11-04', '2026-12-05']], [1, 1])).toEqual(['2027-01-05', '2027-02-05']);
    // A later end that happens to fit the first start again does not bring the old anchor back.
    expect(renewed([['2026-08-31', '2026-10-30']], [1, 1])).toEqual(['2026-11-30', '2026-12-30']);
    expect(renewed([['2026-08-31', '2026-10-30']], [2])).toEqual(['2026-12-30']);
  });

  it('M22: after a gap a new chain begins, and a renewal of nothing is counted from its own start', () => {
    const terms = [{ startsAt: day('2026-10-31'), endsAt: day('2026-11-30') }];
    expect(same(renewalEnd(terms, day('2026-12-30'), 2, SHANGHAI), day('2027-02-28'))).toBe(true);
    expect(same(renewalEnd([], day('2026-12-31'), 2, SHANGHAI), day('2027-02-28'))).toBe(true);
  });

  it('M22 knob timeZone: a clock that is changed moves no anchor', () => {
    const start = '2026-02-08T02:30:00-05:00';
    const [first, second] = ['2026-03-08T03:30:00-04:00', '2026-04-08T02:30:00-04:00'];
    expect(same(renewalEnd([{ startsAt: start, endsAt: first }], first, 1, 'America/New_York'), second)).toBe(
      true,
    );
  });

  it('M22: five hundred orders are looked through once, also where the last one fits none of them', () => {
    const terms = Array.from({ length: 499 }, (_, index) => ({
      startsAt: addMonths(day('2000-01-31'), index, SHANGHAI),
      endsAt: addMonths(day('2000-01-31'), index + 1, SHANGHAI),
    }));
    const last = { startsAt: terms.at(-1)!.endsAt, endsAt: day('2041-09-15') };
    const before = performance.now();
    expect(same(renewalEnd([...terms, last], last.endsAt, 1, SHANGHAI), day('2041-10-15'))).toBe(true);
    expect(performance.now() - before).toBeLessThan(4000);
  });
});

describe('times as clocks show them', () => {
  const BERLIN = 'Europe/Berlin';

  it.each([
    ['2027-01-01 00:00:00', SHANGHAI, '2026-12-31T16:00:00.000Z'],
    ['2028-02-29 23:59:59', SHANGHAI, '2028-02-29T15:59:59.000Z'],
    ['2027-07-01 00:00:00', BERLIN, '2027-06-30T22:00:00.000Z'],
  ])('%s in %s is %s, and back', (local, zone, instant) => {
    expect(instantOfLocal(local, zone)).toBe(instant);
    expect(localTime(instant, zone)).toBe(local);
  });

  it('a fraction of a second is not shown', () => {
    expect(localTime('2026-12-31T16:00:00.999Z', SHANGHAI)).toBe('2027-01-01 00:00:00');
  });

  it('of two that clocks show alike it is the earlier; one that they pass over is as much later', () => {
    expect(instantOfLocal('2027-10-31 02:30:00', BERLIN)).toBe('2027-10-31T00:30:00.000Z');
    expect(instantOfLocal('2027-03-28 02:30:00', BERLIN)).toBe('2027-03-28T01:30:00.000Z');
  });

  it.each([
    '2027-02-29 00:00:00',
    '2027-13-01 00:00:00',
    '2027-01-01 24:00:00',
    '2027-01-01 00:00:60',
    '2027-01-01T00:00:00',
    '2027-01-01 00:00:00Z',
    '2027-1-1 00:00:00',
    '',
  ])('%j is none', (text) => {
    expect(instantOfLocal(text, SHANGHAI)).toBeUndefined();
  });
});
