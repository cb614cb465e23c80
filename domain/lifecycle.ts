/**
 * The lifecycle: which command is legal in which state, what it changes, and what the step must do to the
 * world. Pure: time is an argument. A workflow runs this code, so it imports nothing that reads a clock, a
 * locale or a time zone.
 */

import {
  type Command,
  type CommandName,
  type Envelope,
  isAllowedIn,
  type NewOrder,
  PASSING,
  type Power,
} from './commands';
import {
  type Action,
  type Billing,
  type OrderKind,
  offeredAs,
  type Prices,
  type Registration,
  renewalsToReturn,
  type State,
} from './instance';
import { inUtc, isDue, isoOf, msOf, plusMs } from './instant';
import { placeOf } from './jitter';
import type { Ending, LifecycleRules } from './policy';

/**
 * What a workflow remembers of an instance, as plain JSON (it travels through continue-as-new). Instants are
 * ISO-8601 in UTC.
 */
export interface Life {
  id: string;
  account: string;
  product: string;
  billing: Billing;
  /** Governs expiry; a termination brings its quote's own (decision 3). */
  rules: LifecycleRules;
  state: State;
  /** On or off, also while isolated: a restore returns to it (L11). */
  power: Power;
  /** The number of the last recorded step; registration is step 0. */
  step: number;
  /** Orders whose money is still deferred: each one's end is a deadline (J3). */
  orders: OpenOrder[];
  termination: null | { mode: 'timed'; at: string; terminationId: string; ending: Ending };
  /** `holdRelease`: a legal hold. Not even time releases the instance until it is lifted (L16). */
  protection: null | { reason: string; by: string; at: string; holdRelease?: true | undefined };
  /** What the control plane is doing while `changing`; missing where nobody said. */
  operation?: null | { kind: string; by: string; at: string } | undefined;
  cause: null | 'terminate' | 'return' | 'expiry';
  isolatedAt: string | null;
  billingStoppedAt: string | null;
  purgeTime: string | null;
  /** When the release is carried out at the earliest, where that is later than promised (`jitter.ts`). */
  releaseFrom?: string | undefined;
  /** The control plane that carries its steps out; missing: books only, and every step is one transaction. */
  driver?: string | undefined;
  /** What a life in passing waits for (`crossing.ts`). */
  crossing?: Crossing | undefined;
  /** When what held deadlines back last ended. What came due before counts from then. */
  heldUntil?: string | undefined;
}

/** What a machine is to come to. `isolated`: off, and kept as it is; `released`: gone, with what the plan names. */
export const GOALS = ['running', 'stopped', 'isolated', 'released'] as const;
export type Goal = (typeof GOALS)[number];

/** Why a life turns back, by a code of ours; the message has the control plane's own words, or the operator's. */
export interface TurnedBack {
  code: string;
  message: string;
}

/** What a life in passing waits for. */
export interface Crossing {
  goal: Goal;
  /** What is decided once the machine is there. */
  by: { command: Command } | { deadline: Deadline };
  envelope: Envelope;
  /** Where it began. */
  from: State;
  /** The instance's clock. */
  since: string;
  /** The step that began it. */
  step: number;
  /** The step by which somebody had it asked anew ({@link askedAs}). */
  anew?: number | undefined;
  /** The machine is on its way back to where it was: the books refused what they were to record. */
  back?: TurnedBack | undefined;
  /** It has not come to an end in time, or can't by itself: somebody has to say what is to become of it. */
  attention?: (TurnedBack & { since: string }) | undefined;
  /** What somebody has said. */
  resolved?: { action: 'skip' | 'give-up'; reason: string } | undefined;
}

/**
 * The step by whose number every asking is known. What is asked anew has another: a control plane says again what it has
 * said of a step, also when it has been put right since.
 */
export const askedAs = ({ step, anew }: Crossing): number => anew ?? step;

/** Why nobody can say that it is not to happen: it was promised for a time that has come (L12). */
export const isPromised = ({ by }: Crossing): boolean => 'deadline' in by && by.deadline.kind !== 'fire';

export interface OpenOrder {
  id: string;
  term: boolean;
  /** Lives that began under an earlier version don't know it; the step does (M18). */
  kind?: OrderKind;
  startsAt: string;
  endsAt: string;
}

export type DeadlineKind = 'fire' | 'release' | 'expire' | 'end-orders';
export interface Deadline {
  kind: DeadlineKind;
  /** The promised instant, for which it counts. */
  at: string;
  /** When it is carried out at the earliest, where that is later. */
  notBefore?: string | undefined;
}

/** When a deadline is to be carried out. */
export const dueAt = ({ at, notBefore }: Deadline): string => notBefore ?? at;

/**
 * What a step must do beside recording the new state; the activity carries them out in the step's one
 * transaction (decision 6).
 */
export type Effect =
  | { type: 'settle'; terminationId: string }
  /** Carried out, or scheduled when the life now waits for its time. */
  | { type: 'finish-item'; terminationId: string; releaseTime: string }
  /** A scheduled one that has come. */
  | { type: 'fire-item'; terminationId: string; releaseTime: string }
  /**
   * Another time for a scheduled one, or none: it is cancelled, by a person or (with the code) because the
   * instance ended otherwise.
   */
  | {
      type: 'move-item';
      terminationId: string;
      releaseTime: string | null;
      code?: 'ENDED_OTHERWISE' | undefined;
    }
  | { type: 'new-order'; order: NewOrder }
  | { type: 'end-orders'; orderIds: string[] }
  | { type: 'undo-refund'; refundId: string; reason: string }
  | { type: 'switch-network' }
  | { type: 'put-prices'; prices: Prices }
  | { type: 'check-arrears' }
  /** A control plane is about to carry it out: what was agreed has to hold still (`crossing.ts`). */
  | { type: 'begin-item'; terminationId: string }
  /** It never was carried out: its right comes back, its refund has failed. */
  | { type: 'fail-item'; terminationId: string; why: TurnedBack };

export type RefusalCode =
  | 'BUSY'
  | 'WRONG_STATE'
  | 'SCHEDULED'
  | 'NOT_SCHEDULED'
  | 'PROTECTED'
  | 'NOT_PROTECTED'
  | 'RELEASE_HELD'
  | 'WRONG_ACTION'
  | 'WRONG_BILLING'
  | 'NOT_STOPPED'
  | 'NOT_EXPIRED'
  | 'NO_ORDER_IN_FORCE'
  | 'TIME_PASSED'
  | 'MODE_NOT_OFFERED'
  | 'RENEWAL_REQUIRED'
  | 'RENEWAL_NOT_ALLOWED'
  | 'NOTHING_TO_RETURN'
  | 'NOT_RETURNED'
  | 'NOT_STUCK'
  | 'CANNOT_GIVE_UP'
  | 'NO_CONTROL_PLANE'
  | 'CANNOT_ADOPT';

export interface Refusal {
  code: RefusalCode;
  state: State;
}

export type Decision = { ok: true; next: Life; effects: Effect[] } | { ok: false; refusal: Refusal };

const isPassing = (state: State): boolean => (PASSING as readonly State[]).includes(state);

/**
 * A life at registration (step 0).
 * @param driver the control plane that carries its steps out; missing: books only
 */
export function newLife(
  id: string,
  registration: Registration,
  rules: LifecycleRules,
  driver?: string,
): Life {
  const { account, product, billing, state, orders } = registration;
  const life: Life = {
    id,
    account,
    product,
    billing,
    rules,
    state,
    power: state === 'stopped' || state === 'expired' ? 'stopped' : 'running',
    step: 0,
    orders: orders.map(openOrder),
    termination: null,
    protection: null,
    cause: null,
    isolatedAt: null,
    billingStoppedAt: null,
    purgeTime: null,
    ...(driver === undefined ? {} : { driver }),
  };
  return state === 'isolated' ? takenOver(life, registration) : life;
}

/** In another system's bin until now (L15): it keeps its times, and its orders were settled there. */
function takenOver(life: Life, { cause, isolatedAt, purgeTime, power }: Registration): Life {
  if (!cause || !isolatedAt || !purgeTime)
    throw new Error('an isolated registration says cause, isolatedAt and purgeTime');
  const [isolated, purge] = [inUtc(isolatedAt), inUtc(purgeTime)];
  return {
    ...life,
    orders: [],
    power: power ?? 'running',
    cause,
    isolatedAt: isolated,
    billingStoppedAt: isolated,
    purgeTime: purge,
  };
}

export function openOrder({
  id,
  kind,
  startsAt,
  endsAt,
}: {
  id: string;
  kind: OrderKind;
  startsAt: string;
  endsAt: string;
}): OpenOrder {
  return { id, term: kind !== 'upgrade', kind, startsAt, endsAt };
}

/** The instant at which the paid time ends; null for postpaid, and once nothing is deferred any more. */
export function expiresAt(life: Life): string | null {
  const ends = life.orders.filter((order) => order.term).map((order) => msOf(order.endsAt));
  return ends.length ? isoOf(Math.max(...ends)) : null;
}

/** L16: in the bin, and its time does not release it. */
export const isHeld = (life: Life): boolean =>
  life.state === 'isolated' && life.protection?.holdRelease === true;

/**
 * What the instance waits for, if anything. An operation in progress holds deadlines back until it ends
 * (L11).
 */
export function nextDeadline(life: Life): Deadline | undefined {
  if (life.state === 'isolated')
    return isHeld(life) ? undefined : { kind: 'release', at: life.purgeTime!, notBefore: life.releaseFrom };
  if (life.state === 'terminated' || isPassing(life.state)) return undefined;
  const candidates: Deadline[] = [];
  if (life.termination) candidates.push({ kind: 'fire', at: life.termination.at });
  if (life.orders.length) {
    const first = isoOf(Math.min(...life.orders.map((order) => msOf(order.endsAt))));
    candidates.push({ kind: first === expiresAt(life) ? 'expire' : 'end-orders', at: first });
  }
  return candidates.sort((a, b) => msOf(a.at) - msOf(b.at))[0];
}

/** Why a command makes no sense in this state at all, or undefined. */
function outOfPlace(life: Life, name: CommandName): Refusal | undefined {
  // Also in `changing`, whose end may otherwise be told.
  if (life.crossing && name !== 'resolve') return { code: 'BUSY', state: life.state };
  if (isAllowedIn(name, life.state)) return undefined;
  return { code: isPassing(life.state) ? 'BUSY' : 'WRONG_STATE', state: life.state };
}

/**
 * Every reason of the lifecycle against ending this instance by this action (E8: all at once, not only the
 * first).
 */
export function endBlockers(life: Life, action: Action, rules: LifecycleRules): Refusal[] {
  const { action: rightAction, requires } = rules.end[life.billing];
  const place = outOfPlace(life, 'terminate');
  const codes: (RefusalCode | false)[] = [
    life.termination !== null && 'SCHEDULED',
    life.protection !== null && 'PROTECTED',
    offeredAs(action) !== rightAction && 'WRONG_ACTION',
    requires.includes('stopped') && !place && life.power !== 'stopped' && 'NOT_STOPPED',
    requires.includes('expired') && !place && life.state !== 'expired' && 'NOT_EXPIRED',
  ];
  // Where only renewals come back the instance runs on: protection, and what a product asks for before an
  // end, say nothing.
  const counts = (code: RefusalCode): boolean => action !== 'return-renewals' || code === 'WRONG_ACTION';
  const others = codes
    .filter((code) => code !== false)
    .filter(counts)
    .map((code) => ({ code, state: life.state }));
  return place ? [place, ...others] : others;
}

/**
 * Decides one command at one instant. The database may still refuse the step (a quota raced away, arrears);
 * then nothing of this holds.
 * @param at the instance's clock, ISO-8601
 * @param by who asks; kept with a protection
 */
export function decide(life: Life, command: Command, at: string, by = ''): Decision {
  const decision = decideIn(life, command, at, by);
  if (!decision.ok || !isHeldBack(life) || isHeldBack(decision.next)) return decision;
  return { ...decision, next: { ...decision.next, heldUntil: at } };
}

/** Whether deadlines wait, however late it is. */
const isHeldBack = (life: Life): boolean => isPassing(life.state) || isHeld(life);

function decideIn(life: Life, command: Command, at: string, by: string): Decision {
  const place = outOfPlace(life, command.name);
  if (place) return { ok: false, refusal: place };
  switch (command.name) {
    case 'terminate':
      return decideTerminate(life, command, at);
    case 'cancel':
    case 'reschedule':
      return decideSchedule(life, command, at);
    case 'restore':
      return decideRestore(life, command);
    case 'purge':
      return life.protection ? refuse(life, 'PROTECTED') : over(terminated(life, at));
    case 'undo':
      return decideUndo(life, command);
    case 'switch-network':
      return done(life, [{ type: 'switch-network' }]);
    case 'amend':
      return decideAmend(life, command, at);
    case 'put-prices':
      return life.billing === 'prepaid'
        ? done(life, [{ type: 'put-prices', prices: command.prices }])
        : refuse(life, 'WRONG_BILLING');
    case 'start':
      return done(settled(life, 'running'));
    case 'stop':
      return done(settled(life, 'stopped'));
    case 'begin-operation':
      return done({ ...life, state: 'changing', operation: { kind: command.kind, by, at } });
    case 'end-operation':
      return done(settled(life, command.power));
    case 'protect':
      return decideProtect(life, command, at, by);
    case 'unprotect':
      if (!life.protection) return refuse(life, 'NOT_PROTECTED');
      if (life.protection.holdRelease && !command.liftHold) return refuse(life, 'RELEASE_HELD');
      return done({ ...life, protection: null });
    case 'resolve':
      return decideResolve(life, command, at);
    case 'adopt':
      return decideAdopt(life, command, at);
    case 'apply':
      return life.driver === undefined ? refuse(life, 'NO_CONTROL_PLANE') : done(life);
  }
}

/** Only what is stuck: what is merely under way comes to its end by itself. */
function decideResolve(
  life: Life,
  { action, reason }: Extract<Command, { name: 'resolve' }>,
  at: string,
): Decision {
  if (!life.crossing?.attention) return refuse(life, 'NOT_STUCK');
  const { attention: _seen, ...crossing } = life.crossing;
  if (action === 'retry') return done({ ...life, crossing: { ...crossing, since: at, anew: life.step + 1 } });
  if (action === 'give-up' && isPromised(crossing)) return refuse(life, 'CANNOT_GIVE_UP');
  return done({ ...life, crossing: { ...crossing, resolved: { action, reason } } });
}

/**
 * Its life follows its machine. One that is gone was terminated by others: nobody has returned it, so nothing is paid
 * back, and what is still deferred becomes revenue (J3).
 */
function decideAdopt(life: Life, { found }: Extract<Command, { name: 'adopt' }>, at: string): Decision {
  if (life.driver === undefined) return refuse(life, 'NO_CONTROL_PLANE');
  if (found !== 'gone')
    return life.state === 'running' || life.state === 'stopped'
      ? done(settled(life, found))
      : refuse(life, 'CANNOT_ADOPT');
  const { termination } = life;
  return over(terminated(life, at), termination ? [endedOtherwise(termination.terminationId)] : []);
}

/** What was scheduled for later has nothing left to end. */
const endedOtherwise = (terminationId: string): Effect => ({
  type: 'move-item',
  terminationId,
  releaseTime: null,
  code: 'ENDED_OTHERWISE',
});

/** On or off, whatever was under way before (L11). */
const settled = (life: Life, power: Power): Life => {
  const { operation: _over, ...rest } = life;
  return { ...rest, state: power, power };
};

/**
 * A protection becomes a legal hold without a moment in which there is neither; otherwise there is one at a
 * time.
 */
function decideProtect(
  life: Life,
  { reason, holdRelease }: Extract<Command, { name: 'protect' }>,
  at: string,
  by: string,
): Decision {
  if (life.termination) return refuse(life, 'SCHEDULED');
  const isMore = holdRelease === true && !life.protection?.holdRelease;
  if (life.protection && !isMore) return refuse(life, 'PROTECTED');
  return done({ ...life, protection: { reason, by, at, ...(holdRelease ? { holdRelease } : {}) } });
}

const done = (next: Life, effects: Effect[] = []): Decision => ({ ok: true, next, effects });
const refuse = (life: Life, code: RefusalCode): Decision => ({
  ok: false,
  refusal: { code, state: life.state },
});

function decideTerminate(life: Life, command: Extract<Command, { name: 'terminate' }>, at: string): Decision {
  const { action, schedule, terminationId, rules } = command;
  const blocker = endBlockers(life, action, rules)[0];
  if (blocker) return { ok: false, refusal: blocker };
  const ending = rules.end[life.billing].modes[schedule.mode];
  if (!ending) return refuse(life, 'MODE_NOT_OFFERED');
  if (action === 'return-renewals') return decideRenewals(life, terminationId, at);
  if (schedule.mode === 'timed') {
    if (isDue(schedule.at, at)) return refuse(life, 'TIME_PASSED');
    const termination = { mode: 'timed' as const, at: inUtc(schedule.at), terminationId, ending };
    return done({ ...life, termination }, [
      { type: 'finish-item', terminationId, releaseTime: termination.at },
    ]);
  }
  const ended = end(life, ending, action, at);
  // M15: a return closes every order, also when it pays nothing.
  if (action === 'return') return done({ ...ended, orders: [] }, [{ type: 'settle', terminationId }]);
  return over(ended, [{ type: 'finish-item', terminationId, releaseTime: ended.purgeTime ?? at }]);
}

/**
 * J3: a terminated instance has no deadlines any more, so what is still deferred becomes revenue in the same
 * step.
 */
function over(next: Life, effects: Effect[] = []): { ok: true; next: Life; effects: Effect[] } {
  if (next.state !== 'terminated' || next.orders.length === 0) return { ok: true, next, effects };
  return {
    ok: true,
    next: { ...next, orders: [] },
    effects: [...effects, { type: 'end-orders', orderIds: next.orders.map(({ id }) => id) }],
  };
}

/**
 * M18: expiry moves to the end of what stays. The step decides it again by the orders in the books, and its
 * life is adopted.
 */
function decideRenewals(life: Life, terminationId: string, at: string): Decision {
  const kindOf = ({ kind, term }: OpenOrder): OrderKind => kind ?? (term ? 'renewal' : 'upgrade');
  const orders = life.orders.map((order) => ({ ...order, kind: kindOf(order) }));
  const back = new Set(renewalsToReturn(orders, at).map(({ id }) => id));
  if (!back.size) return refuse(life, 'NOTHING_TO_RETURN');
  return done({ ...life, orders: life.orders.filter(({ id }) => !back.has(id)) }, [
    { type: 'settle', terminationId },
  ]);
}

/**
 * Back to where it was before the return. Its orders are in the books, so the step puts them back into the
 * life.
 */
function decideUndo(life: Life, { refundId, reason }: Extract<Command, { name: 'undo' }>): Decision {
  return life.cause === 'return'
    ? done(leaveBin(life), [{ type: 'undo-refund', refundId, reason }])
    : refuse(life, 'NOT_RETURNED');
}

function decideSchedule(
  life: Life,
  command: Extract<Command, { name: 'cancel' | 'reschedule' }>,
  at: string,
): Decision {
  if (!life.termination) return refuse(life, 'NOT_SCHEDULED');
  const { terminationId } = life.termination;
  if (command.name === 'cancel')
    return done({ ...life, termination: null }, [{ type: 'move-item', terminationId, releaseTime: null }]);
  if (isDue(command.at, at)) return refuse(life, 'TIME_PASSED');
  const moved = inUtc(command.at);
  return done({ ...life, termination: { ...life.termination, at: moved } }, [
    { type: 'move-item', terminationId, releaseTime: moved },
  ]);
}

function decideRestore(life: Life, command: Extract<Command, { name: 'restore' }>): Decision {
  const { renewal } = command;
  if (life.billing === 'prepaid' && !renewal) return refuse(life, 'RENEWAL_REQUIRED');
  if (life.billing === 'postpaid' && renewal) return refuse(life, 'RENEWAL_NOT_ALLOWED');
  const order: Effect[] = renewal
    ? [{ type: 'new-order', order: { kind: 'renewal', channel: 'standard', ...renewal } }]
    : [];
  return done(leaveBin(life), [{ type: 'check-arrears' }, ...order]);
}

function decideAmend(life: Life, command: Extract<Command, { name: 'amend' }>, at: string): Decision {
  if (life.billing === 'postpaid') return refuse(life, 'WRONG_BILLING');
  const { order, rules } = command;
  const inForce = life.orders.some(
    (open) => open.term && isDue(open.startsAt, at) && !isDue(open.endsAt, at),
  );
  if (order.kind === 'upgrade' && !inForce) return refuse(life, 'NO_ORDER_IN_FORCE');
  // L11: renewing an expired instance makes it stopped; the renewal starts now.
  const state = life.state === 'expired' ? 'stopped' : life.state;
  return done({ ...life, rules, state }, [{ type: 'new-order', order }]);
}

/**
 * The instant at which a deadline has its effect, however late it is carried out (L12). What was held back by
 * an operation or a legal hold is promised for the moment when that ends (L11): until then the instance was
 * rightly in use, or rightly in the bin.
 */
export function promisedAt({ heldUntil }: Life, { at }: Deadline): string {
  return heldUntil !== undefined && msOf(heldUntil) > msOf(at) ? heldUntil : at;
}

/** A life as registered, whose deadlines can't have been promised for any time before that. */
export const promisedFromHere = (life: Life, at: string): Life => {
  const deadline = nextDeadline(life);
  return deadline && isDue(deadline.at, at) ? { ...life, heldUntil: at } : life;
};

/**
 * Decides a deadline that has come. `at` is the promised instant: billing stops and the bin counts from
 * there.
 */
export function decideDeadline(
  life: Life,
  deadline: Deadline,
  at: string,
): { next: Life; effects: Effect[] } {
  if (deadline.kind === 'release') return over(terminated(life, at));
  if (deadline.kind === 'fire') return fire(life, life.termination!, at);
  const ended = life.orders.filter((order) => isDue(order.endsAt, deadline.at));
  const effects: Effect[] = [{ type: 'end-orders', orderIds: ended.map((order) => order.id) }];
  const left = { ...life, orders: life.orders.filter((order) => !ended.includes(order)) };
  if (deadline.kind !== 'expire') return { next: left, effects };
  const next = end(left, life.rules.expiry, 'expiry', at);
  if (!life.termination || next.termination) return { next, effects };
  return { next, effects: [...effects, endedOtherwise(life.termination.terminationId)] };
}

function fire(
  life: Life,
  { ending, terminationId }: NonNullable<Life['termination']>,
  at: string,
): { next: Life; effects: Effect[] } {
  const ended = end({ ...life, termination: null }, ending, 'terminate', at);
  return over(ended, [{ type: 'fire-item', terminationId, releaseTime: ended.purgeTime ?? at }]);
}

/**
 * The life as it stands at an instant, with every deadline up to it taken; for computing offline (the `quote`
 * command).
 */
export function advance(life: Life, at: string): Life {
  const deadline = nextDeadline(life);
  if (!deadline || !isDue(deadline.at, at)) return life;
  return advance(decideDeadline(life, deadline, promisedAt(life, deadline)).next, at);
}

function end(life: Life, ending: Ending, cause: NonNullable<Life['cause']>, at: string): Life {
  switch (ending.into) {
    case 'terminated':
      return terminated(life, at);
    case 'expired':
      return { ...life, state: 'expired', power: 'stopped' };
    case 'bin': {
      const purgeTime = plusMs(at, ending.retentionSeconds * 1000);
      const jitterMs = Math.floor(placeOf(life.id) * (ending.jitterSeconds ?? 0) * 1000);
      return {
        ...life,
        state: 'isolated',
        cause,
        // What waits now is the release; a schedule must not come back to life with a restore.
        termination: null,
        isolatedAt: at,
        billingStoppedAt: at,
        purgeTime,
        ...(jitterMs ? { releaseFrom: plusMs(purgeTime, jitterMs) } : {}),
      };
    }
  }
}

/** L11: to the power state from before the isolation. */
const leaveBin = (life: Life): Life => ({
  ...life,
  state: life.power,
  cause: null,
  isolatedAt: null,
  billingStoppedAt: null,
  purgeTime: null,
  releaseFrom: undefined,
});

/** L9: what was isolated stopped billing then; what ends without a bin stops billing now. */
const terminated = (life: Life, at: string): Life => ({
  ...life,
  state: 'terminated',
  termination: null,
  purgeTime: null,
  releaseFrom: undefined,
  billingStoppedAt: life.billingStoppedAt ?? at,
});
