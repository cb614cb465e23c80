/** Wall times of a zone and the instants that they are. */

/** Of a zone at an instant: how far its clocks are ahead of UTC, in milliseconds. */
function offsetOf(ms: number, zone: string): number {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const wall = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return wall - Math.floor(ms / 1000) * 1000;
}

/** `2026-12-24T18:00:00`, as a field takes it. */
export function wallTimeOf(instant: string, zone: string): string {
  const ms = Date.parse(instant);
  return new Date(ms + offsetOf(ms, zone)).toISOString().slice(0, 19);
}

/** A wall time that is there twice is the first of the two; one that is skipped is an hour later. */
export function instantOf(wall: string, zone: string): string {
  const asUtc = Date.parse(`${wall}Z`);
  const guess = asUtc - offsetOf(asUtc, zone);
  return new Date(asUtc - offsetOf(guess, zone)).toISOString().replace('.000Z', 'Z');
}
