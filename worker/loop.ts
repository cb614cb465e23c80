export interface LoopOptions {
  /** The pause between two rounds, in milliseconds. */
  everyMs: number;
  /** A round that fails is told, and the next one comes all the same. */
  onError: (error: unknown) => void;
}

/** Does the same thing again and again until it is stopped; stopping waits for the round that is under way. */
export function startLoop(round: () => Promise<unknown>, { everyMs, onError }: LoopOptions): { stop(): Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let wake = (): void => {};
  const pause = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
      timer = setTimeout(resolve, everyMs);
    });
  const run = async (): Promise<void> => {
    while (!stopped) {
      await round().catch(onError);
      if (!stopped) await pause();
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      wake();
      await running;
    },
  };
}
