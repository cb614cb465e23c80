/** The two dictionaries: each is a file of its own, and only the one that is read is fetched. */
import type { Words } from './words';

export type Lang = 'en' | 'zh';

const LOADERS: Record<Lang, () => Promise<Words>> = {
  en: async () => (await import('./en')).en,
  zh: async () => (await import('./zh')).zh,
};
const KEPT_AS = 'sunset-language';

export interface Dictionary {
  lang: Lang;
  words: Words;
}

/** @throws TypeError when the server can't be reached */
export const loadDictionary = async (lang: Lang): Promise<Dictionary> => ({
  lang,
  words: await LOADERS[lang](),
});

/** As chosen before, else as the browser prefers. */
export function firstLanguage(): Lang {
  const kept = localStorage.getItem(KEPT_AS);
  if (kept === 'en' || kept === 'zh') return kept;
  const preferred = navigator.languages.find((one) => /^(en|zh)\b/i.test(one));
  return preferred?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export const keepLanguage = (lang: Lang): void => localStorage.setItem(KEPT_AS, lang);
