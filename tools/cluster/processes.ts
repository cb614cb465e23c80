/**
 * The cluster's own processes: started in groups of their own, noted with their identity, so that the next
 * start ends what a kill has left.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedError, type Progress } from '../../embedded';
import {
  during,
  type Launched,
  lastLines,
  launch,
  processIdentity,
  readState,
  type StopPlan,
  stopProcess,
  whyNotUp,
  writeState,
} from '../../embedded/tools';

/** As docker-compose.yml has it: SIGTERM, half a minute of grace, SIGKILL. */
const STOP_PLAN: StopPlan = [
  ['SIGTERM', 30_000],
  ['SIGKILL', 2000],
];

export interface RunningProcess extends Launched {
  name: string;
}

interface Note {
  name: string;
  pid: number;
  identity: string | undefined;
}

export class Processes {
  readonly running: RunningProcess[] = [];
  private readonly notes: string;

  constructor(
    private readonly folder: string,
    private readonly report: Progress,
  ) {
    this.notes = join(folder, 'processes.json');
  }

  /**
   * Ends the processes of an earlier cluster on this folder that was killed; a pid that is another program's
   * by now is left alone.
   */
  async endLeftovers(): Promise<void> {
    if (!existsSync(this.notes)) return;
    for (const { name, pid, identity } of (readState<Note[]>(this.notes) ?? []).reverse()) {
      if (identity === undefined || processIdentity(pid) !== identity) continue;
      this.report(`${name} of an earlier start still runs (process ${pid}): stopping it`);
      await stopProcess(pid, STOP_PLAN, identity);
    }
  }

  /** @throws EmbeddedError when it ends, or is not healthy in time */
  async start(
    name: string,
    command: readonly string[],
    env: NodeJS.ProcessEnv,
    isHealthy: () => Promise<boolean>,
  ): Promise<RunningProcess> {
    const [program = '', ...words] = command;
    const logFile = join(this.folder, `${name}.log`);
    const launched = await launch(program, words, { logFile, env, stopPlan: STOP_PLAN });
    const process = { ...launched, name };
    this.running.push(process);
    this.note();
    const why = await during(this.report, `starting ${name}`, () => whyNotUp(launched.ended, isHealthy));
    if (why === undefined) return process;
    throw new EmbeddedError(
      `${name} did not come up (${why}):\n${lastLines(launched.output())}`,
      `see ${logFile}`,
    );
  }

  /** Those of the names, all at once. */
  async stop(...names: string[]): Promise<void> {
    await Promise.all(this.running.filter(({ name }) => names.includes(name)).map(({ stop }) => stop()));
  }

  private note(): void {
    writeState(
      this.notes,
      this.running.map(({ name, pid }): Note => ({ name, pid, identity: processIdentity(pid) })),
    );
  }
}
