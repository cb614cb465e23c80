/** What people read is in English and Chinese, side by side, until it is known who reads it. */
export type Lang = 'en' | 'zh';
export const LANGS: readonly Lang[] = ['en', 'zh'];

/** A sentence in both languages. */
export type Text = Record<Lang, string>;

/** One sentence in one language. */
export const render = (text: Text, lang: Lang): string => text[lang];
