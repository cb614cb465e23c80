import { processIdentity, until } from './table';

/**
 * Signals to send one after the other, each with the milliseconds that the process gets before the next one.
 */
export type StopPlan = readonly (readonly [signal: NodeJS.Signals, waitMs: number])[];

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone between the look and the kill.
  }
}

/**
 * Stops one process by its id, as orderly as it lets itself be stopped. Nothing happens when it is gone
 * already.
 */
export async function stopProcess(
  pid: number,
  plan: StopPlan,
  identity = processIdentity(pid),
): Promise<void> {
  if (identity === undefined) return;
  const gone = () => processIdentity(pid) !== identity;
  for (const [signal, waitMs] of plan) {
    if (gone()) return;
    signalQuietly(pid, signal);
    if (await until(gone, waitMs)) return;
  }
}

const KILL_WAIT_MS = 1000;

interface Started {
  identity: string | undefined;
  plan: StopPlan;
  stop: () => Promise<void>;
}

/** What this Node process has started (or adopted) and not stopped yet. */
const started = new Map<number, Started>();
let exitIsHooked = false;

/**
 * The last resort, for a Node that ends without `stop()`: exit handlers can't wait, but a signal is enough to
 * end them orderly.
 */
function signalAllAtExit(): void {
  for (const [pid, { identity, plan }] of started) {
    if (plan[0] && processIdentity(pid) === identity) signalQuietly(pid, plan[0][0]);
  }
}

/**
 * Makes this Node process responsible for ending another; returns how. Of many calls of it only the first
 * stops.
 */
export function noteStarted(pid: number, plan: StopPlan): () => Promise<void> {
  if (!exitIsHooked) process.on('exit', signalAllAtExit);
  exitIsHooked = true;
  const identity = processIdentity(pid);
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopProcess(pid, plan, identity).finally(() => started.delete(pid));
    return stopping;
  };
  started.set(pid, { identity, plan, stop });
  return stop;
}

/** It has ended by itself. */
export function noteEnded(pid: number): void {
  started.delete(pid);
}

/**
 * Stops everything that this Node process started and has not stopped yet: for a Ctrl-C in the middle of a
 * start.
 */
export async function stopStarted(): Promise<void> {
  await Promise.all([...started.values()].map(({ stop }) => stop()));
}

/**
 * Ends what `stopStarted` could not end in time, by the rest of each one's plan at once; resolves within
 * seconds.
 */
export async function killStarted(): Promise<void> {
  const kill = async ([pid, { identity, plan }]: [number, Started]): Promise<void> => {
    const harder = plan.slice(1).map(([signal]) => [signal, KILL_WAIT_MS] as const);
    await stopProcess(pid, harder.length ? harder : [['SIGKILL', KILL_WAIT_MS]], identity);
    started.delete(pid);
  };
  await Promise.all([...started].map(kill));
}
