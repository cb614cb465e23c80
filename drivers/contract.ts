/**
 * What any driver must do, as a list of checks that any runner can run: jest here, an operator's own there.
 *
 *     for (const { name, run } of checksFor(subject)) test(name, () => run(subject));
 *
 * A check throws when the driver is wrong, and says how. Each makes machines of its own.
 */
import { deepStrictEqual, fail, ok } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Plan } from '../domain/plan';
import {
  type Applied,
  type Driver,
  type Goal,
  inWords,
  isAsWanted,
  type Observation,
  type Observed,
  type Ref,
  type Wanted,
} from './port';

/** A machine that was made for a check. */
export interface Machine {
  ref: Ref;
  /** What its release destroys and keeps: best one disk of each kind. */
  plan: Plan;
}

/** What the checks are run over. */
export interface Subject {
  driver: Driver;
  /** A new machine that runs. Of a driver that doesn't act, whatever it takes for one. */
  makeMachine(): Promise<Machine>;
  /** Ids of the machine's disks and addresses that are still there; missing: nobody can look. */
  partsOf?(machine: Machine): Promise<string[]>;
  /** Cuts the driver off from its control plane, and resolves with what joins them again; missing: can't be. */
  cutOff?(): Promise<() => Promise<void>>;
  /** How long one answer may take; default 60 s. */
  answerMs?: number;
  /** How long a goal may take to be reached; default 10 min. */
  reachMs?: number;
}

export interface Check {
  name: string;
  /** @throws when the driver does it otherwise */
  run(subject: Subject): Promise<void>;
}

const ANSWER_MS = 60_000;
const REACH_MS = 600_000;
/** Between two looks when the driver gives no hint. */
const PAUSE_MS = 50;
const HOUR_MS = 3_600_000;

/** A step's key, as the saga makes one: never twice. */
const newStep = (plan: Plan | null = null): Wanted => ({
  stepKey: `contract/${randomUUID()}`,
  plan,
  deadline: new Date(Date.now() + HOUR_MS).toISOString(),
});

/** What the driver answers, within its time and without throwing. */
async function answered<T>(subject: Subject, what: string, ask: () => Promise<T>): Promise<T> {
  const limitMs = subject.answerMs ?? ANSWER_MS;
  const stop = new AbortController();
  const late = sleep(limitMs, undefined, { signal: stop.signal }).then(
    () => fail(`${what} has not answered within ${limitMs} ms`),
    () => fail('stopped'),
  );
  late.catch(() => {});
  const answer = Promise.resolve()
    .then(ask)
    .catch((error: unknown) => fail(`${what} has thrown ${String(error)}`));
  return await Promise.race([answer, late]).finally(() => stop.abort());
}

/** Copied: a list from outside of a test runner's sandbox is never strictly equal to one from inside. */
const partsOf = async (subject: Subject, machine: Machine): Promise<string[]> =>
  [...(await subject.partsOf!(machine))].sort();

const observe = async (subject: Subject, ref: Ref): Promise<Observation> =>
  await answered(subject, 'observe', () => subject.driver.observe(ref));

const apply = async (subject: Subject, ref: Ref, goal: Goal, wanted: Wanted): Promise<Applied> =>
  await answered(subject, `apply ${goal}`, () => subject.driver.apply(ref, goal, wanted));

/** Asks as the saga does: again while it is pending or not known, until it is done or refused for good. */
async function settled(subject: Subject, ref: Ref, goal: Goal, wanted: Wanted): Promise<Applied> {
  const end = Date.now() + (subject.reachMs ?? REACH_MS);
  for (;;) {
    const applied = await apply(subject, ref, goal, wanted);
    if (applied.state === 'done' || (applied.state === 'refused' && !applied.retryable)) return applied;
    if (Date.now() > end) fail(`${goal} is not reached in time: ${JSON.stringify(applied)}`);
    await sleep(pauseOf(applied));
  }
}

function pauseOf(applied: Applied): number {
  if (applied.state === 'pending') return Math.max(applied.pollAfter * 1000, PAUSE_MS);
  if (applied.state === 'done') return 0;
  return Math.max((applied.retryAfter ?? 0) * 1000, PAUSE_MS);
}

/** @throws unless it comes to it */
async function reach(subject: Subject, { ref }: Machine, goal: Goal, wanted: Wanted): Promise<void> {
  const applied = await settled(subject, ref, goal, wanted);
  deepStrictEqual(applied, { state: 'done' }, `apply ${goal}: ${JSON.stringify(applied)}`);
}

/** Looks until it is known. */
async function seen(subject: Subject, ref: Ref): Promise<Observed> {
  const end = Date.now() + (subject.reachMs ?? REACH_MS);
  for (;;) {
    const observation = await observe(subject, ref);
    if (!('unknown' in observation)) return observation;
    if (Date.now() > end) fail(`observe does not know: ${observation.unknown}`);
    await sleep(Math.max((observation.retryAfter ?? 0) * 1000, PAUSE_MS));
  }
}

async function mustBe(subject: Subject, { ref }: Machine, goal: Goal): Promise<void> {
  const found = await seen(subject, ref);
  ok(isAsWanted(goal, found), `it should be ${goal}, and observe says ${inWords(found)}`);
  ok(!Number.isNaN(Date.parse(found.observedAt)), `observedAt is no time: ${found.observedAt}`);
}

/** With its plan when that is a release. */
const stepTo = (goal: Goal, { plan }: Machine): Wanted => newStep(goal === 'released' ? plan : null);

const goalsOf = ({ driver }: Subject): readonly Goal[] => driver.capabilities.goals;

const idsOf = (parts: readonly { kind: string; id: string }[]): string[] =>
  parts.flatMap(({ kind, id }) => (kind === 'instance' ? [] : [id])).sort();

/** What is asked of every driver. */
const ALWAYS: Check[] = [
  {
    name: 'has a name and says what it can do',
    run: async ({ driver }) => {
      ok(driver.name !== '', 'the name is empty');
      ok(driver.capabilities.goals.length > 0, 'it can bring a machine to nothing');
    },
  },
  {
    name: 'every goal that it has comes to done, and so does the same asking again',
    run: async (subject) => {
      for (const goal of goalsOf(subject)) {
        const machine = await subject.makeMachine();
        const step = stepTo(goal, machine);
        await reach(subject, machine, goal, step);
        await reach(subject, machine, goal, step);
      }
    },
  },
  {
    name: 'never throws, and answers within its time, whatever it is asked',
    run: async (subject) => {
      const { ref, plan } = await subject.makeMachine();
      const odd = ["' OR 1=1 --", '..', '%2e%2e%2f', 'ünïcode-龙', 'x'.repeat(4096), 'a?b#c&d=e', ' '];
      for (const text of odd) {
        await observe(subject, { ...ref, instanceId: text, externalId: text });
        await observe(subject, { ...ref, instanceId: `contract-${randomUUID()}`, region: text });
        await apply(subject, { ...ref, instanceId: text, externalId: text }, 'isolated', {
          ...newStep(plan),
          stepKey: text,
        });
      }
    },
  },
];

/** What is asked of drivers that act on machines. */
const ACTING: Check[] = [
  {
    name: 'a new machine is there, and runs',
    run: async (subject) => await mustBe(subject, await subject.makeMachine(), 'running'),
  },
  {
    name: 'what is done is so: observe agrees after each goal, also when it was so before',
    run: async (subject) => {
      for (const goal of goalsOf(subject)) {
        const machine = await subject.makeMachine();
        for (const _ of ['first', 'again by another step']) {
          await reach(subject, machine, goal, stepTo(goal, machine));
          await mustBe(subject, machine, goal);
        }
      }
    },
  },
  {
    name: 'the same step asked twice at the same time comes to the same end',
    run: async (subject) => {
      for (const goal of goalsOf(subject)) {
        const machine = await subject.makeMachine();
        const step = stepTo(goal, machine);
        await Promise.all([reach(subject, machine, goal, step), reach(subject, machine, goal, step)]);
        await mustBe(subject, machine, goal);
      }
    },
  },
  {
    name: 'releasing what is gone is done',
    run: async (subject) => {
      const machine = await subject.makeMachine();
      await reach(subject, machine, 'released', stepTo('released', machine));
      await reach(subject, machine, 'released', stepTo('released', machine));
      await mustBe(subject, machine, 'released');
    },
  },
  {
    name: 'what was released does not come back: other goals are refused for good',
    run: async (subject) => {
      const machine = await subject.makeMachine();
      await reach(subject, machine, 'released', stepTo('released', machine));
      for (const goal of goalsOf(subject).filter((one) => one !== 'released')) {
        const applied = await settled(subject, machine.ref, goal, newStep());
        ok(applied.state === 'refused', `apply ${goal} to what is gone: ${JSON.stringify(applied)}`);
        await mustBe(subject, machine, 'released');
      }
    },
  },
  {
    name: 'what was never there does not exist; releasing it is done, all else is refused for good',
    run: async (subject) => {
      const { ref, plan } = await subject.makeMachine();
      const instanceId = `contract-${randomUUID()}`;
      const never = { ref: { ...ref, instanceId, externalId: null }, plan };
      await mustBe(subject, never, 'released');
      for (const goal of goalsOf(subject).filter((one) => one !== 'released')) {
        const applied = await settled(subject, never.ref, goal, newStep());
        ok(applied.state === 'refused', `apply ${goal} to nothing: ${JSON.stringify(applied)}`);
      }
      const nothing: Plan = { terminate: [{ kind: 'instance', id: instanceId }], retain: [] };
      await reach(subject, never, 'released', newStep(nothing));
    },
  },
];

const has =
  (...goals: Goal[]) =>
  (subject: Subject): boolean =>
    goals.every((goal) => goalsOf(subject).includes(goal));

/** What is asked of those that can do it, or whose subject can show it. */
const WHERE_IT_CAN: (Check & { applies(subject: Subject): boolean })[] = [
  {
    name: 'isolated is not stopped: a stop leaves it the customer’s, an isolation doesn’t',
    applies: has('stopped', 'isolated'),
    run: async (subject) => {
      const [stopped, isolated] = [await subject.makeMachine(), await subject.makeMachine()];
      await reach(subject, stopped, 'stopped', newStep());
      await reach(subject, isolated, 'isolated', newStep());
      await mustBe(subject, stopped, 'stopped');
      await mustBe(subject, isolated, 'isolated');
    },
  },
  {
    name: 'a restored machine runs again, with all that it had',
    applies: has('running', 'isolated'),
    run: async (subject) => {
      const machine = await subject.makeMachine();
      const before = subject.partsOf && (await partsOf(subject, machine));
      await reach(subject, machine, 'isolated', newStep());
      await reach(subject, machine, 'running', newStep());
      await mustBe(subject, machine, 'running');
      const after = subject.partsOf && (await partsOf(subject, machine));
      deepStrictEqual(after, before, 'its disks and addresses are others');
    },
  },
  {
    name: 'isolation destroys nothing',
    applies: (subject) => has('isolated')(subject) && subject.partsOf !== undefined,
    run: async (subject) => {
      const machine = await subject.makeMachine();
      const before = await partsOf(subject, machine);
      await reach(subject, machine, 'isolated', newStep());
      deepStrictEqual(await partsOf(subject, machine), before, 'something is gone');
    },
  },
  {
    name: 'a release destroys what the plan names, and keeps what is to be kept',
    applies: (subject) => has('released')(subject) && subject.partsOf !== undefined,
    run: async (subject) => {
      for (const isolatedFirst of [false, true]) {
        const machine = await subject.makeMachine();
        const { terminate, retain } = machine.plan;
        const all = idsOf([...terminate, ...retain]);
        deepStrictEqual(await partsOf(subject, machine), all, 'the plan must name all parts');
        if (isolatedFirst && has('isolated')(subject)) await reach(subject, machine, 'isolated', newStep());
        await reach(subject, machine, 'released', stepTo('released', machine));
        await mustBe(subject, machine, 'released');
        deepStrictEqual(await partsOf(subject, machine), idsOf(retain), 'what is left is otherwise');
      }
    },
  },
  {
    name: 'a control plane that is away is unknown, never done and never gone',
    applies: (subject) => subject.cutOff !== undefined,
    run: async (subject) => {
      const machine = await subject.makeMachine();
      const join = await subject.cutOff!();
      try {
        const observation = await observe(subject, machine.ref);
        ok('unknown' in observation, `observe says ${JSON.stringify(observation)}`);
        for (const goal of goalsOf(subject)) {
          const applied = await apply(subject, machine.ref, goal, stepTo(goal, machine));
          ok(applied.state === 'unknown', `apply ${goal} says ${JSON.stringify(applied)}`);
        }
      } finally {
        await join();
      }
      await mustBe(subject, machine, 'running');
      await reach(subject, machine, 'released', stepTo('released', machine));
    },
  },
];

/** The checks that this subject is to pass, all of them. */
export function checksFor(subject: Subject): Check[] {
  if (!subject.driver.capabilities.acts) return ALWAYS;
  return [...ALWAYS, ...ACTING, ...WHERE_IT_CAN.filter((check) => check.applies(subject))];
}
