/** What people read: times in the reader's own zone. */

const two = (n: number): string => String(n).padStart(2, '0');

/**
 * `2026-11-01 08:00:00 +08:00`, in the time zone of this process: the API's own times are in whatever zone
 * they were given.
 */
export function when(instant: string | null | undefined): string {
  if (!instant) return '–';
  const at = new Date(instant);
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const ahead = -at.getTimezoneOffset();
  const zone = `${ahead < 0 ? '-' : '+'}${two(Math.floor(Math.abs(ahead) / 60))}:${two(Math.abs(ahead) % 60)}`;
  return `${date} ${time} ${zone}`;
}

/** A span of time, in its two largest units unless told otherwise: `6 d 23 h`. */
export function span(ms: number, parts = 2): string {
  const total = Math.round(Math.abs(ms) / 1000);
  const units: [number, string][] = [
    [Math.floor(total / 86_400), 'd'],
    [Math.floor((total % 86_400) / 3600), 'h'],
    [Math.floor((total % 3600) / 60), 'min'],
    [total % 60, 's'],
  ];
  const first = units.findIndex(([n]) => n > 0);
  if (first < 0) return '0 s';
  return units
    .slice(first, first + parts)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(' ');
}

/** Fills up to a number of columns and at least by one; wide characters take two. */
export function padded(text: string, columns: number): string {
  const width = [...text].reduce((sum, char) => sum + (char > '\u2e7f' ? 2 : 1), 0);
  return text + ' '.repeat(Math.max(1, columns - width));
}
