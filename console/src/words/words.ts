/** What a dictionary has to say: a text that is missing does not compile. */
import type { en } from './en';

/** Any text may be another one; what is said of something may differ, what it is said of may not. */
type Widened<Told> = Told extends string
  ? string
  : Told extends (...given: infer Given) => infer Said
    ? (...given: Given) => Said extends string ? string : Said
    : Told extends readonly string[]
      ? readonly string[]
      : { readonly [Name in keyof Told]: Widened<Told[Name]> };

export type Words = Widened<typeof en>;
