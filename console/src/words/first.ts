/**
 * Asks for the dictionary of the reader's language while the page itself is still on its way: a script of its own,
 * and the first one (vite.config.mts). The page waits for the same dictionary.
 */
import { firstLanguage, loadDictionary } from './load';

void loadDictionary(firstLanguage());
