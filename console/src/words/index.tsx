/** The two languages: what is said, chosen once and kept, for the page and for what the API answers. */
import { createContext, type ReactNode, useContext, useLayoutEffect, useState } from 'react';
import { type Dictionary, keepLanguage, type Lang, loadDictionary } from './load';
import type { Words } from './words';

export type { Lang } from './load';
export type { Words } from './words';

interface Language extends Dictionary {
  choose(lang: Lang): void;
}

const Language = createContext<Language | null>(null);

export function useLanguage(): Language {
  const language = useContext(Language);
  if (!language) throw new Error('outside of WordsProvider');
  return language;
}

export const useWords = (): Words => useLanguage().words;

interface WordsProviderProps {
  /** Its dictionary is there before the page is. */
  first: Dictionary;
  children: ReactNode;
  /** What the API said has to be asked for again, in the other language. */
  onChange(): void;
  /** The other dictionary can't be had: the page stays as it is. */
  onMissing(): void;
}

export function WordsProvider({ first, children, onChange, onMissing }: WordsProviderProps) {
  const [{ lang, words }, setDictionary] = useState(first);
  // Before anything is asked for: requests take their language from here.
  if (document.documentElement.lang !== words.lang) document.documentElement.lang = words.lang;
  useLayoutEffect(() => keepLanguage(lang), [lang]);
  const choose = (next: Lang): void => {
    loadDictionary(next).then((dictionary) => {
      document.documentElement.lang = dictionary.words.lang;
      setDictionary(dictionary);
      onChange();
    }, onMissing);
  };
  return <Language.Provider value={{ lang, words, choose }}>{children}</Language.Provider>;
}
