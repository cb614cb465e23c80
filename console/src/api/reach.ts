/** Whether the API can be reached: what was last heard of it. */
import { useSyncExternalStore } from 'react';

/** When it was last heard of, while it can't be reached; null: it can. */
let lostSince: number | null = null;
let lastHeard = Date.now();
const listeners = new Set<() => void>();

function set(next: number | null): void {
  if (next === lostSince) return;
  lostSince = next;
  for (const listener of listeners) listener();
}

export function noteReached(): void {
  lastHeard = Date.now();
  set(null);
}

export const noteUnreachable = (): void => set(lostSince ?? lastHeard);

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

/** The instant as of which the page is, while the API is away; null: all is well. */
export const useLostSince = (): number | null => useSyncExternalStore(subscribe, () => lostSince);
