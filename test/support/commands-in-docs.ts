/** The command blocks of a page in Markdown. A block that can't run says why in a comment before it: `<!-- not run: … -->`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

export interface Block {
  script: string;
  /** Why it does not run as written. */
  notRun: string | undefined;
}

/** The blocks of a page, `page` from the project's folder, in their order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const block = /(?:<!-- (?:not run: (.*?)|.*?) -->\n)?^```(?:sh|bash|console)\n([\s\S]*?)^```/gm;
  return [...text.matchAll(block)].map(([, notRun, script]) => ({ notRun, script: script! }));
}
