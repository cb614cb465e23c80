import type { Text } from '../sunset/text';
import type { Life } from './life';

/** One life to be played. */
export interface Part {
  name: string;
  title: Text;
  play(life: Life): Promise<void>;
}

/** Lives on one account, one after the other; chains run side by side. */
export interface Chain {
  account: string;
  parts: Part[];
}

/** One of the four documents. */
export interface Chapter {
  document: string;
  title: Text;
  chains: Chain[];
}

/** A life that shares its account with nobody. */
export const alone = (part: Part): Chain => ({ account: part.name, parts: [part] });
