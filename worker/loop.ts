import { setTimeout as sleep } from 'node:timers/promises';

export interface LoopOptions {
  /** The pause between two rounds, in milliseconds. */
  everyMs: number;
  /** A round that fails is told, and the next one comes all the same. */
  onError: (error: unknown) => void;
}

/**
 * How long stopping waits for the round that is under way. What a round leaves, the next start's rounds find.
 */
const STOP_MS = 3000;

/**
 * Does the same thing again and again until it is stopped; stopping waits a while for the round that is under
 * way, and no longer.
 * @param round that there is more to do, when it answers `true`: the next one comes without a pause
 */
export function startLoop(
  round: () => Promise<unknown>,
  { everyMs, onError }: LoopOptions,
): { stop(): Promise<void> } {
  let stopped = false;
  let isLeft = false;
  let timer: NodeJS.Timeout | undefined;
  let wake = (): void => {};
  const pause = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
      timer = setTimeout(resolve, everyMs);
    });
  const tell = (error: unknown): void => {
    // What it works with is closed by now, so it fails: that is no news.
    if (!isLeft) onError(error);
  };
  const run = async (): Promise<void> => {
    while (!stopped) {
      const isMore = (await round().catch(tell)) === true;
      if (!stopped && !isMore) await pause();
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      wake();
      await Promise.race([running, sleep(STOP_MS, undefined, { ref: false })]);
      isLeft = true;
    },
  };
}
