/** Times, spans and money as people read them. */
import type { Lang, Words } from '../words';

/** The zone of the contract: months and days of refunds are counted there (M1). */
export const CONTRACT_ZONE = 'Asia/Shanghai';
export const VIEWER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const LOCALES: Record<Lang, string> = { en: 'en-GB', zh: 'zh-CN' };

/** Made once for each key: making a format takes longer than a row of a list. */
function kept<Format>(formats: Map<string, Format>, key: string, make: () => Format): Format {
  const known = formats.get(key);
  if (known) return known;
  const made = make();
  formats.set(key, made);
  return made;
}

const DAY: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const YEAR: Intl.DateTimeFormatOptions = { year: 'numeric' };
/** What is made of a time. */
const KINDS = {
  time: { ...DAY, ...CLOCK },
  timeAndYear: { ...DAY, ...YEAR, ...CLOCK },
  exactly: { ...DAY, ...YEAR, ...CLOCK, second: '2-digit' },
  clock: CLOCK,
  day: DAY,
  dayAndYear: { ...DAY, ...YEAR },
} satisfies Record<string, Intl.DateTimeFormatOptions>;

const dates = new Map<string, Intl.DateTimeFormat>();
const formatOf = (lang: Lang, zone: string, kind: keyof typeof KINDS): Intl.DateTimeFormat =>
  kept(
    dates,
    `${lang} ${zone} ${kind}`,
    () => new Intl.DateTimeFormat(LOCALES[lang], { timeZone: zone, ...KINDS[kind] }),
  );

const isThisYear = (at: number): boolean => new Date(at).getFullYear() === new Date().getFullYear();

/** `26 Nov 08:27`, with the year where it is another one. */
export const formatTime = (at: number, lang: Lang, zone = VIEWER_ZONE): string =>
  formatOf(lang, zone, isThisYear(at) ? 'time' : 'timeAndYear')
    .format(at)
    .replace(', ', ' ');

/** To the second, with the zone's name: for hovers and papers. */
export const formatExactly = (at: number, lang: Lang, zone: string): string =>
  `${formatOf(lang, zone, 'exactly').format(at).replace(', ', ' ')} (${zone})`;

/** `09:12`. */
export const formatClock = (at: number, lang: Lang): string =>
  formatOf(lang, VIEWER_ZONE, 'clock').format(at);

/** `26 Nov`, with the year where it is another one. */
export const formatDay = (at: number, lang: Lang): string =>
  formatOf(lang, VIEWER_ZONE, isThisYear(at) ? 'day' : 'dayAndYear').format(at);

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

const numbers = new Map<string, Intl.NumberFormat>();
const numberFormatOf = (lang: Lang, digits: number): Intl.NumberFormat =>
  kept(numbers, `${lang} ${digits}`, () => {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return new Intl.NumberFormat(LOCALES[lang], options);
  });

/** `1,204.50 CNY`. The digits are the API's own: nothing is computed with them here. */
export function formatMoney(amount: string, currency: string | null, lang: Lang): string {
  const digits = amount.split('.')[1]?.length ?? 0;
  const text = numberFormatOf(lang, digits)
    .format(amount as `${number}`)
    .replace('-', '−');
  return currency === null ? text : `${text} ${currency}`;
}

export const formatCount = (count: number, lang: Lang): string => numberFormatOf(lang, 0).format(count);
