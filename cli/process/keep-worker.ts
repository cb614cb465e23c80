/** A worker that fails is started again: without one commands are accepted and nothing happens. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningWorker } from '../../worker';

/** Before each attempt; one that has then run for a while may fail as often again. */
const BACKOFF_MS = [500, 2000, 5000, 10_000];
const STEADY_MS = 10 * 60_000;

/** The worker could not be kept running. */
export class WorkerLost extends Error {
  readonly next =
    'start Sunset again; what was accepted is carried out then. If it fails again, see the reason above and sunset doctor';

  constructor(failures: number, why: string, cause: unknown) {
    super(`The worker has failed ${failures} times: ${why}`, { cause });
  }
}

export interface WorkerCare {
  say: (text: string) => void;
  /** It is meant to stop: then its end is none of ours. */
  isEnding: () => boolean;
  backoffMs?: readonly number[];
}

/**
 * Starts a worker (the first start's failure is the caller's). What it resolves to settles when there is no
 * worker any more: rejects when it could not be kept running, and stays pending while everything is being
 * stopped.
 */
export async function keepWorker(
  start: () => Promise<RunningWorker>,
  keeper: WorkerCare,
): Promise<{ lost: Promise<never> }> {
  const first = await start();
  return { lost: keep(first, start, keeper) };
}

async function keep(
  first: RunningWorker,
  start: () => Promise<RunningWorker>,
  keeper: WorkerCare,
): Promise<never> {
  const { say, isEnding, backoffMs = BACKOFF_MS } = keeper;
  let worker = first;
  let failures = 0;
  for (;;) {
    const begun = Date.now();
    const reason: unknown = await worker.finished.then(
      () => 'it stopped by itself',
      (error: unknown) => error,
    );
    if (isEnding()) return await new Promise(() => {});
    if (Date.now() - begun > STEADY_MS) failures = 0;
    const pause = backoffMs[failures];
    failures += 1;
    const why = reason instanceof Error ? reason.message : String(reason);
    if (pause === undefined) throw new WorkerLost(failures, why, reason);
    say(`the worker has failed (${why}): starting it again`);
    await sleep(pause);
    if (isEnding()) return await new Promise(() => {});
    worker = await start().then(
      (again) => {
        say('a worker polls again');
        return again;
      },
      (error: unknown) => ({ finished: Promise.reject(error), isPolling: () => false, stop: async () => {} }),
    );
  }
}
