import type { Text } from '../../domain/text';
import type { PlayedLife } from './life';

/** One life to be played. */
export interface Scenario {
  name: string;
  title: Text;
  play(life: PlayedLife): Promise<void>;
}

/** Lives on one account, one after the other; chains run side by side. */
export interface Chain {
  account: string;
  parts: Scenario[];
}

/** One of the four documents. */
export interface Chapter {
  document: string;
  title: Text;
  chains: Chain[];
}

/** A life that shares its account with nobody. */
export const alone = (part: Scenario): Chain => ({ account: part.name, parts: [part] });
