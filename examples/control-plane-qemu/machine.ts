/**
 * One machine: its disks, what was asked of it step by step, and its way to what a step wants. All of it is
 * in a file of its folder before anything is done: whatever ends this process, the next one goes on from there.
 */
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Asking, Outcome, Plan, Seen } from './protocol';
import { isOn, makeDisk, switchOff, switchOn } from './qemu';

/** One asking, and what came of it. */
interface Step extends Pick<Asking, 'stepKey' | 'instanceId' | 'goal' | 'plan'> {
  /** null: under way. */
  outcome: Outcome | null;
  /** Somebody was told that it is under way, and is to be told what came of it. */
  isOwed: boolean;
}

/** As it is in the file. */
interface State {
  id: string;
  memoryMb: number;
  guest: boolean;
  /** A disk outlives its machine unless a plan says otherwise. */
  disks: { id: string; role: 'system' | 'elastic' }[];
  isolated: boolean;
  gone: boolean;
  /** In the order in which they were begun. */
  steps: Step[];
}

export interface Settings {
  /** For a guest to switch itself off. */
  graceMs: number;
  /** Somebody waits for what came of this step. */
  onOwed(machine: Machine, stepKey: string): void;
}

/** What takes no longer is answered at once. */
const AT_ONCE_MS = 200;

const DONE: Outcome = { state: 'done' };
const refused = (code: string, message: string, retryable: boolean): Outcome => ({
  state: 'refused',
  code,
  message,
  retryable,
});

const fileOf = (folder: string): string => join(folder, 'machine.json');

export class Machine {
  private attempt: Promise<void> | undefined;
  private changed: Promise<void> = Promise.resolve();
  /** Steps whose refusal has been heard: when it may pass they are tried again. */
  private readonly heard = new Set<string>();

  private constructor(
    readonly folder: string,
    private state: State,
    private readonly settings: Settings,
  ) {}

  /** Its disks, and its file last: without that there is no machine, and it may be made again. */
  static async make(
    folder: string,
    { id, memoryMb, guest }: Pick<State, 'id' | 'memoryMb' | 'guest'>,
    settings: Settings,
  ): Promise<Machine> {
    await mkdir(folder, { recursive: true });
    const disks = (['system', 'elastic'] as const).map((role) => ({ id: `${id}-${role}`, role }));
    for (const disk of disks) await makeDisk(pathOf(folder, disk.id));
    const state = { id, memoryMb, guest, disks, isolated: false, gone: false, steps: [] };
    await writeWhole(fileOf(folder), state);
    return new Machine(folder, state, settings);
  }

  /** One that was made before; undefined: it wasn't made to the end. */
  static async find(folder: string, settings: Settings): Promise<Machine | undefined> {
    if (!existsSync(fileOf(folder))) return undefined;
    return new Machine(folder, JSON.parse(await readFile(fileOf(folder), 'utf8')) as State, settings);
  }

  /** Ids of those that are there. */
  get disks(): string[] {
    return this.state.disks.map(({ id }) => id).filter((id) => existsSync(pathOf(this.folder, id)));
  }

  step(stepKey: string): Step | undefined {
    return this.state.steps.find((step) => step.stepKey === stepKey);
  }

  /**
   * What is so, not what should be.
   * @throws when nobody can say
   */
  async look(): Promise<Seen> {
    if (this.state.gone) return { exists: false };
    const power = (await isOn(this.folder)) ? 'running' : 'stopped';
    return { exists: true, power, marker: this.state.isolated ? 'isolated' : null };
  }

  /** Goes on with what was under way when the last process ended, and with what somebody waits to hear. */
  resume(): void {
    for (const step of this.state.steps) {
      // What comes of it is in the step.
      if (step.outcome === null) this.begin({ ...step, isOwed: true }).catch(() => {});
      else if (step.isOwed) this.settings.onOwed(this, step.stepKey);
    }
  }

  /**
   * Once for each step: who asks again is told what came of it, and nothing is done twice.
   * @throws when it can't be written down; nothing was done then
   */
  async apply({ instanceId, goal, plan, stepKey }: Asking): Promise<Outcome | 'pending'> {
    const known = this.step(stepKey);
    if (known && known.goal !== goal) return refused('OTHER_GOAL', `This step wants ${known.goal}.`, false);
    if (known?.outcome && !this.isToTryAgain(stepKey, known.outcome))
      return await this.tell(stepKey, known.outcome);
    if (!known || known.outcome) {
      const no = this.whyNot(goal, plan);
      if (no) return no;
    }
    const attempt = this.begin({ stepKey, instanceId, goal, plan, outcome: null, isOwed: false });
    await Promise.race([attempt, sleep(AT_ONCE_MS)]);
    await this.change(stepKey, (step) => ({ ...step, isOwed: step.outcome === null }));
    const { outcome } = this.step(stepKey)!;
    return outcome ? await this.tell(stepKey, outcome) : 'pending';
  }

  /** They have heard what came of it. */
  async paid(stepKey: string): Promise<void> {
    await this.change(stepKey, (step) => ({ ...step, isOwed: false }));
  }

  private async tell(stepKey: string, outcome: Outcome): Promise<Outcome> {
    this.heard.add(stepKey);
    await this.paid(stepKey);
    return outcome;
  }

  /** Only the last step: what was asked after one counts more. */
  private isToTryAgain(stepKey: string, outcome: Outcome): boolean {
    const isLast = this.state.steps.at(-1)?.stepKey === stepKey;
    return isLast && outcome.state === 'refused' && outcome.retryable && this.heard.has(stepKey);
  }

  /** What is told before anything was done. */
  private whyNot(goal: Step['goal'], plan: Plan | null): Outcome | undefined {
    const own = this.state.disks.map(({ id }) => id);
    const isBusy = this.attempt || this.state.steps.some(({ outcome }) => outcome === null);
    if (isBusy) return refused('BUSY', 'Another step is under way.', true);
    if (goal === 'released') {
      if (!plan) return refused('NO_PLAN', 'A release needs a plan.', false);
      // Taken for destroyed it would go on, and go on costing.
      const foreign = plan.terminate.find(({ kind, id }) => kind === 'disk' && !own.includes(id));
      return foreign && refused('NOT_ITS_DISK', `It has no disk ${foreign.id}.`, false);
    }
    if (this.state.gone) return refused('GONE', 'It was released.', false);
    const canRun = goal !== 'running' || this.disks.length === own.length;
    return canRun ? undefined : refused('DISK_GONE', 'Not all of its disks are there.', false);
  }

  /** One step at a time; who asks for it again waits for the same end. */
  private begin(step: Step): Promise<void> {
    this.attempt ??= this.carryOut(step).finally(() => {
      this.attempt = undefined;
    });
    return this.attempt;
  }

  private async carryOut(step: Step): Promise<void> {
    const { stepKey } = step;
    // Its marker is there before its power goes, and gone before that comes: nobody starts it in between.
    const isolated = step.goal === 'released' ? this.state.isolated : step.goal === 'isolated';
    await this.change(stepKey, () => step, { isolated });
    this.heard.delete(stepKey);
    const outcome = await this.bring(step).catch((error: Error) =>
      refused('FAILED', error.message.trim().slice(-500), true),
    );
    const gone = this.state.gone || (step.goal === 'released' && outcome.state === 'done');
    await this.change(stepKey, (before) => ({ ...before, outcome }), { gone });
    if (this.step(stepKey)!.isOwed) this.settings.onOwed(this, stepKey);
  }

  /** From wherever it is: a process that has ended may have done half of it. Done is what was seen. */
  private async bring({ goal, plan }: Step): Promise<Outcome> {
    const wanted = goal === 'running';
    const { folder, state } = this;
    if (wanted && !(await isOn(folder))) {
      const disks = state.disks.map(({ id, role }) => ({ role, path: pathOf(folder, id) }));
      await switchOn(folder, { ...state, disks });
    }
    if (!wanted) await switchOff(folder, this.settings.graceMs);
    if ((await isOn(folder)) !== wanted) throw new Error(`it is ${wanted ? 'off' : 'on'} again`);
    if (goal === 'released') {
      const destroyed = plan!.terminate.filter(({ kind }) => kind === 'disk');
      for (const { id } of destroyed) await rm(pathOf(folder, id), { force: true });
    }
    return DONE;
  }

  /** One change after the other; each is in the file, and then here. */
  private async change(stepKey: string, to: (step: Step) => Step, more: Partial<State> = {}): Promise<void> {
    const turn = this.changed.then(async () => {
      const before = this.step(stepKey);
      const step = to(before!);
      if (before && step.isOwed === before.isOwed && step.outcome === before.outcome) return;
      const { steps: all } = this.state;
      const steps = before ? all.map((one) => (one === before ? step : one)) : [...all, step];
      const state = { ...this.state, ...more, steps };
      await writeWhole(fileOf(this.folder), state);
      this.state = state;
    });
    this.changed = turn.catch(() => {});
    await turn;
  }
}

const pathOf = (folder: string, disk: string): string => join(folder, `${disk}.qcow2`);

/** The file is the old one or the new one, whatever ends this process or this computer. */
async function writeWhole(path: string, content: object): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(content, null, 2));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  // Which of the two has the name is in the folder.
  const folder = await open(dirname(path));
  await folder.sync().finally(() => folder.close());
}
