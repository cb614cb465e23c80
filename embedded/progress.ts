/** Is told each named step of a start, and every two seconds that a longer one is still at work. */
export type Progress = (step: string) => void;

const TICK_MS = 2000;
const TICK_MARK = ': still working, ';

function seconds(since: number): string {
  return `${Math.round((Date.now() - since) / 1000)} s`;
}

/**
 * Reports a step and runs it. Nobody waits in silence for more than two seconds; `note` puts what it is at
 * into the ticks.
 */
export async function during<T>(
  report: Progress,
  step: string,
  work: (note: (text: string) => void) => Promise<T>,
): Promise<T> {
  const begun = Date.now();
  let noted = '';
  report(step);
  const timer = setInterval(
    () => report(`${step}${TICK_MARK}${seconds(begun)}${noted && `, ${noted}`}`),
    TICK_MS,
  );
  try {
    const result = await work((text) => {
      noted = text;
    });
    if (Date.now() - begun >= TICK_MS) report(`${step}: done in ${seconds(begun)}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Prints steps with the time since it was made. On a terminal a tick overwrites the tick before it; in a log
 * every line stays.
 */
export function consoleProgress(stream: NodeJS.WriteStream = process.stdout): Progress {
  const begun = Date.now();
  let lastWasTick = false;
  return (step) => {
    const isTick = step.includes(TICK_MARK);
    if (stream.isTTY && lastWasTick) stream.write('\x1b[1A\x1b[2K');
    lastWasTick = isTick;
    stream.write(`${((Date.now() - begun) / 1000).toFixed(1).padStart(7)} s  ${step}\n`);
  };
}
