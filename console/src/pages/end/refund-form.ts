/** In which form money comes back, in words. */
import { plus } from '../../parts/amounts';
import { formatMoney } from '../../parts/format';
import type { Lang, Words } from '../../words';
import type { Item } from './search';

const SOURCES = ['cash', 'gift', 'income'] as const;

/** `cash 285.17 CNY · gift 102.63 CNY`. */
export function formOf({ refund: { parts, currency } }: Item, words: Words, lang: Lang): string {
  const given = SOURCES.filter((source) => parts && Number(parts[source]) !== 0);
  if (!parts || given.length === 0) return words.common.none;
  return given
    .map((source) => `${words.source[source]} ${formatMoney(parts[source], currency, lang)}`)
    .join(' · ');
}

/** By currency, exact to the minor unit. */
export function totalsOf(items: readonly Item[]): [currency: string, amount: string][] {
  const sums = new Map<string, string>();
  for (const { refund } of items) {
    const { currency, amount } = refund;
    if (currency !== null && amount !== undefined)
      sums.set(currency, plus(sums.get(currency) ?? '0', amount));
  }
  return [...sums];
}
