import type { Quote } from './search';

/** What is said of all that can be ended, once each. */
export function noticesOf({ items }: Quote): { code: string; message: string }[] {
  const said = items.filter(({ permitted }) => permitted).flatMap(({ warnings }) => warnings);
  return [...new Map(said.map((warning) => [warning.message, warning])).values()];
}
