/** The two languages: what is said, chosen once and kept, for the page and for what the API answers. */
import { createContext, type ReactNode, useContext, useLayoutEffect, useState } from 'react';
import { en } from './en';
import type { Words } from './words';
import { zh } from './zh';

export type { Words } from './words';
export type Lang = 'en' | 'zh';

const DICTIONARIES: Record<Lang, Words> = { en, zh };
const KEPT_AS = 'sunset-language';

/** As chosen before, else as the browser prefers. */
function firstLanguage(): Lang {
  const kept = localStorage.getItem(KEPT_AS);
  if (kept === 'en' || kept === 'zh') return kept;
  const preferred = navigator.languages.find((one) => /^(en|zh)\b/i.test(one));
  return preferred?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

interface Language {
  lang: Lang;
  words: Words;
  choose(lang: Lang): void;
}

const Language = createContext<Language | null>(null);

export function useLanguage(): Language {
  const language = useContext(Language);
  if (!language) throw new Error('outside of WordsProvider');
  return language;
}

export const useWords = (): Words => useLanguage().words;

/** @param onChange what the API said has to be asked for again, in the other language */
export function WordsProvider({ children, onChange }: { children: ReactNode; onChange(): void }) {
  const [lang, setLang] = useState(firstLanguage);
  const words = DICTIONARIES[lang];
  // Before anything is asked for: requests take their language from here.
  if (document.documentElement.lang !== words.lang) document.documentElement.lang = words.lang;
  useLayoutEffect(() => localStorage.setItem(KEPT_AS, lang), [lang]);
  const choose = (next: Lang) => {
    document.documentElement.lang = DICTIONARIES[next].lang;
    setLang(next);
    onChange();
  };
  return <Language.Provider value={{ lang, words, choose }}>{children}</Language.Provider>;
}
