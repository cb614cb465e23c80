/** Times, spans and money as people read them. */
import type { Lang, Words } from '../words';

/** The zone of the contract: months and days of refunds are counted there (M1). */
export const CONTRACT_ZONE = 'Asia/Shanghai';
export const VIEWER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(lang: Lang, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = [lang, zone, JSON.stringify(options)].join();
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(lang === 'zh' ? 'zh-CN' : 'en-GB', { timeZone: zone, ...options });
  formats.set(key, made);
  return made;
}

const DAY: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const isThisYear = (at: number): boolean => new Date(at).getFullYear() === new Date().getFullYear();

/** `26 Nov 08:27`, with the year where it is another one. */
export function formatTime(at: number, lang: Lang, zone = VIEWER_ZONE): string {
  const year: Intl.DateTimeFormatOptions = isThisYear(at) ? {} : { year: 'numeric' };
  return formatOf(lang, zone, { ...DAY, ...year, ...CLOCK })
    .format(at)
    .replace(', ', ' ');
}

/** To the second, with the zone's name: for hovers and papers. */
export function formatExactly(at: number, lang: Lang, zone: string): string {
  const options: Intl.DateTimeFormatOptions = { ...DAY, year: 'numeric', ...CLOCK, second: '2-digit' };
  return `${formatOf(lang, zone, options).format(at).replace(', ', ' ')} (${zone})`;
}

/** `09:12`. */
export const formatClock = (at: number, lang: Lang): string => formatOf(lang, VIEWER_ZONE, CLOCK).format(at);

/** `26 Nov`, with the year where it is another one. */
export function formatDay(at: number, lang: Lang): string {
  const year: Intl.DateTimeFormatOptions = isThisYear(at) ? {} : { year: 'numeric' };
  return formatOf(lang, VIEWER_ZONE, { ...DAY, ...year }).format(at);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY_MS = 24 * HOUR;

/** Its two largest units: `6 d 4 h`, `14 min 20 s`. */
export function formatSpan(ms: number, { duration }: Words): string {
  if (ms < SECOND) return duration.now;
  const units = [
    [Math.floor(ms / DAY_MS), duration.days],
    [Math.floor((ms % DAY_MS) / HOUR), duration.hours],
    [Math.floor((ms % HOUR) / MINUTE), duration.minutes],
    [Math.floor((ms % MINUTE) / SECOND), duration.seconds],
  ] as const;
  const first = units.findIndex(([count]) => count > 0);
  const shown = units.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, say]) => say(count)).join(' ');
}

/** `1,204.50 CNY`. The digits are the API's own: nothing is computed with them here. */
export function formatMoney(amount: string, currency: string | null, lang: Lang): string {
  const digits = amount.split('.')[1]?.length ?? 0;
  const format = new Intl.NumberFormat(lang === 'zh' ? 'zh-CN' : 'en-GB', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  const text = format.format(amount as `${number}`).replace('-', '−');
  return currency === null ? text : `${text} ${currency}`;
}

export const formatCount = (count: number, lang: Lang): string =>
  new Intl.NumberFormat(lang === 'zh' ? 'zh-CN' : 'en-GB').format(count);
