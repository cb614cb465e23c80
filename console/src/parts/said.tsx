import { Time } from './time';

const INSTANT = /(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))/;

/** A sentence of the API: its instants as the reader's times. */
export function Said({ children }: { children: string }) {
  return children
    .split(INSTANT)
    .map((part, index) => (index % 2 === 1 ? <Time key={part} at={part} /> : part));
}
