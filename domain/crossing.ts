/**
 * Steps that a control plane carries out (decision 7). With a driver that acts, what a command or a deadline leads to is
 * not true by being decided: the machine has to come there first. So the step that begins says only where to, the life is
 * in passing meanwhile, and what the command means for orders, money and rights is decided and recorded once the machine
 * is there. What the control plane refuses for good turns the life back to where it was. Pure, like `lifecycle.ts`.
 */
import type { Envelope } from './commands';
import type { State } from './instance';
import { plusMs } from './instant';
import {
  type Crossing,
  type Decision,
  decide,
  decideDeadline,
  type Effect,
  type Goal,
  isPromised,
  type Life,
  promisedAt,
  type TurnedBack,
} from './lifecycle';

/** What the machine of a life in each state has come to; undefined: nobody knows. */
const REACHED: Record<State, Goal | undefined> = {
  running: 'running',
  stopped: 'stopped',
  expired: 'stopped',
  isolated: 'isolated',
  terminated: 'released',
  changing: undefined,
  isolating: undefined,
  restoring: undefined,
  terminating: undefined,
};

/** What the machine of a life in this state is; undefined: nobody knows while it is under way. */
export const restingGoal = (state: State): Goal | undefined => REACHED[state];

/** The state while a machine is on its way. */
export function passing(from: State, goal: Goal): State {
  if (goal === 'isolated') return 'isolating';
  if (goal === 'released') return 'terminating';
  return from === 'isolated' ? 'restoring' : 'changing';
}

/** Where a machine has to come to before a life is in another state; undefined: it is there, or nobody has to bring it. */
export function goalOf(from: State, to: State): Goal | undefined {
  const goal = REACHED[to];
  return goal === REACHED[from] ? undefined : goal;
}

/**
 * Whether what was decided is true only once a control plane has carried it out. What somebody has seen is true by that.
 */
export function isToCross(life: Life, next: Life, by: Crossing['by']): boolean {
  if (life.driver === undefined) return false;
  const name = 'command' in by ? by.command.name : undefined;
  return name === 'apply' || (!isTold(name) && goalOf(life.state, next.state) !== undefined);
}

/** Commands whose senders have seen what they say. */
export const isTold = (name: string | undefined): boolean => name === 'end-operation' || name === 'adopt';

const HOUR_SECONDS = 3600;

/** When somebody is told that it takes too long. */
export const tooLateFrom = ({ rules }: Life, { since }: Crossing): string =>
  plusMs(since, (rules.attentionSeconds ?? HOUR_SECONDS) * 1000);

/** It does not come to an end by itself: somebody has to say what is to become of it ({@link decide}, `resolve`). */
export function callAttention(life: Life, why: TurnedBack, at: string): Decided {
  const crossing = { ...life.crossing!, attention: { since: at, ...why } };
  return { next: { ...life, crossing }, effects: [] };
}

/** An operator has said that it is not to be waited for. */
export const givenUp = ({ reason }: { reason: string }): TurnedBack => ({
  code: 'GIVEN_UP',
  message: reason,
});

type Decided = { next: Life; effects: Effect[] };

/**
 * The step that begins: nothing of what was decided but what it needs is looked at or held (the agreement, the account's
 * standing), so that a refusal comes before a machine is touched.
 */
export function begin(
  life: Life,
  decided: Decided,
  by: Crossing['by'],
  envelope: Envelope,
  at: string,
): Decided {
  const goal = REACHED[decided.next.state]!;
  const { state: from } = life;
  const crossing = { goal, by, envelope, from, since: at, step: life.step + 1 };
  return {
    next: { ...life, state: passing(from, goal), crossing },
    effects: decided.effects.flatMap(beforehand),
  };
}

function beforehand(effect: Effect): Effect[] {
  if (effect.type === 'settle' || effect.type === 'finish-item')
    return [{ type: 'begin-item', terminationId: effect.terminationId }];
  return effect.type === 'check-arrears' ? [effect] : [];
}

/** As it was before it set out. Deadlines that came due on the way count from here (L11). */
function asBefore(life: Life, at: string): Life {
  const { crossing, ...rest } = life;
  return { ...rest, state: crossing!.from, heldUntil: at };
}

/**
 * The machine is there: what the command or the deadline means is decided now. A deadline counts from its promised
 * instant, however long the control plane took (L12).
 */
export function arrive(life: Life, at: string): Decision {
  const { by, envelope } = life.crossing!;
  const before = asBefore(life, at);
  if ('command' in by) return decide(before, by.command, at, envelope.by);
  const held = promisedAt({ ...before, heldUntil: life.heldUntil }, by.deadline);
  return { ok: true, ...decideDeadline(before, by.deadline, held) };
}

/**
 * The control plane won't: as it was before, and what was agreed to has failed. undefined: what was promised for a time
 * (a release, an expiry) can't be given up, and waits for somebody to resolve it.
 */
export function turnBack(life: Life, why: TurnedBack, at: string): Decided | undefined {
  const { by } = life.crossing!;
  if (isPromised(life.crossing!)) return undefined;
  const next = asBefore(life, at);
  if ('command' in by) {
    const { command } = by;
    if (command.name !== 'terminate') return { next, effects: [] };
    return { next, effects: [{ type: 'fail-item', terminationId: command.terminationId, why }] };
  }
  const { terminationId } = next.termination!;
  return { next: { ...next, termination: null }, effects: [{ type: 'fail-item', terminationId, why }] };
}

/**
 * The machine is there, and the books refuse what it means (what was to pay for it is spent): the machine goes back to
 * where it was, and then the life does.
 */
export function goBack(life: Life, back: TurnedBack, at: string): Decided {
  const { attention: _seen, resolved: _said, anew: _asked, ...crossing } = life.crossing!;
  const goal = REACHED[crossing.from]!;
  const onTheWay = { ...crossing, goal, back, since: at, step: life.step + 1 };
  return { next: { ...life, state: passing(life.state, goal), crossing: onTheWay }, effects: [] };
}
