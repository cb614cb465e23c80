/**
 * How a process that a person has started is told to end: by signals, and by the end of the npm that started
 * it.
 */
import { readFileSync } from 'node:fs';
import { type Components, STOP_LIMIT_MS } from './parts';

/**
 * npm passes on a Ctrl-C that the terminal has sent us already: what comes within this time is the same
 * keystroke.
 */
const SAME_KEYSTROKE_MS = 1500;
const PARENT_LOOK_MS = 300;

export interface EndingReport {
  /** Once, when it begins to end. */
  begin(why: string): void;
  /** On a second signal. */
  waiting(text: string): void;
  /** What did not stop as it should. */
  late(what: string[]): void;
}

const onStderr: EndingReport = {
  begin: (why) => void process.stderr.write(`\n${why}: stopping …\n`),
  waiting: (text) => void process.stderr.write(`${text}\n`),
  late: (what) => void process.stderr.write(what.map((one) => `${one}\n`).join('')),
};

/** Stops all parts and ends the process: 0 when everything stopped orderly, else `code`. */
export async function end(parts: Components, code: number, report: EndingReport = onStderr): Promise<never> {
  const late = await parts.stop();
  if (late.length) report.late(late);
  process.exit(code || (late.length ? 1 : 0));
}

/**
 * Ends the process in order on SIGINT, SIGTERM and SIGHUP, and when its npm has gone. A second signal is
 * answered with what it waits for. Answers whether it is ending: what fails meanwhile fails because of that.
 */
export function endOnSignals(parts: Components, report: EndingReport = onStderr): () => boolean {
  let begunAt: number | undefined;
  const stop = (why: string): void => {
    const now = Date.now();
    if (begunAt === undefined) {
      begunAt = now;
      report.begin(why);
      void end(parts, 0, report);
    } else if (now - begunAt > SAME_KEYSTROKE_MS) {
      const seconds = Math.round((now - begunAt) / 1000);
      report.waiting(
        `still stopping, ${seconds} s of at most ${STOP_LIMIT_MS / 1000}: waiting for ${parts.stopping ?? 'the end'}`,
      );
    }
  };
  const isDetached = startedByNohup();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (signal !== 'SIGHUP' || !isDetached) stop(signal);
    });
  }
  // A closed terminal and a reader that has gone (npm start | head) must not end a start, or its orderly end,
  // halfway.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  if (!isDetached) watchParent(() => begunAt ?? stop('npm has ended'));
  return () => begunAt !== undefined;
}

/**
 * npm passes SIGINT and SIGTERM on, but not SIGHUP, and nothing when it is killed: then only its absence
 * tells. The script in package.json gives its process id, because it may be gone before we look for the first
 * time.
 */
function watchParent(onGone: () => void): void {
  const parent = Number(process.env.SUNSET_PARENT);
  delete process.env.SUNSET_PARENT;
  if (!parent) return;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, PARENT_LOOK_MS);
  timer.unref();
}

/**
 * Whether `nohup` started us: it leaves a standard input that can only be written to. Node takes back that
 * SIGHUP is ignored, here and in npm, which a closing terminal therefore ends; who asked for nohup wants us
 * to stay.
 */
function startedByNohup(): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & 3) === 1;
  } catch {
    return false; // no /proc (macOS)
  }
}
