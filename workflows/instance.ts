/**
 * One workflow per instance, from its registration to its release. One loop owns the state (decision 4):
 * handlers only queue what they are told; the loop takes one command or the next deadline at a time: decide →
 * step → adopt what was stored → answer.
 */

import type { SignalDefinition, UpdateDefinition } from '@temporalio/common';
import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  log,
  patched,
  setHandler,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { COMMANDS, type Command, type CommandName, type Envelope, type UpdateName } from '../domain/commands';
import { begin, isToCross } from '../domain/crossing';
import { deadlineCommandId, refusalCommandId, signalCommandId } from '../domain/ids';
import { msOf } from '../domain/instant';
import {
  type Crossing,
  type Deadline,
  decide,
  decideDeadline,
  dueAt,
  type Effect,
  type Life,
  newLife,
  nextDeadline,
  promisedAt,
  promisedFromHere,
} from '../domain/lifecycle';
import { asUnsigned, type Provenance } from '../domain/signed';
import type { StepAnswer } from '../domain/step';
import { AT_ONCE, crossingSummary, crossOnce } from './crossing';
import { stepSummary, timerSummary } from './details';
import {
  type AnsweredCommand,
  type CommandMessage,
  confirmedSignal,
  type Ended,
  type FirstRun,
  type LaterRun,
  lifeQuery,
  REFUSAL,
  REVISION,
  type RefusalDetail,
  registerUpdate,
  SIGNALS,
  type SignalName,
  type SignalPayload,
  UPDATES,
  type UpdateResult,
} from './messages';
import { payloadOfUpdate, type ReadMessage, readSignal, readUnsigned, tidy } from './signals';
import { isSigned, isSound } from './sound';
import {
  adopt,
  beginRun,
  brevity,
  local,
  nextStep,
  now,
  refusalIn,
  regular,
  show,
  shownName,
  type Way,
} from './steps';

/**
 * How many answered commands a new run remembers: many more than callers ever have in flight (10 by the
 * server's limit).
 */
const REMEMBERED = 50;

interface Waiting {
  answer: (answer: UpdateResult) => void;
  refuse: (failure: Error) => void;
}

/**
 * How often a command is decided again because another's step was found in its place. More would be no race
 * but a broken store.
 */
const MAX_ADOPTIONS = 5;

/** How long a deadline waits whose step could not be recorded: each time twice as long, up to an hour. */
const FIRST_DELAY_MS = 60_000;
const MAX_DELAY_MS = 3_600_000;

/** What is no later is on time: promises are to the second. */
const PUNCTUAL_MS = 1000;

/**
 * A deadline that is due and could not be carried out. Commands go on meanwhile: one of them may be what puts
 * it right.
 */
interface Delay {
  deadline: Deadline;
  ms: number;
  until: number;
}

type QueuedMessage =
  | ({ by: 'update'; message: CommandMessage } & Waiting)
  /** Nobody vouches for it, so it is read like the signal of its name. */
  | ({ by: 'unsigned update'; name: SignalName; payload: SignalPayload } & Waiting)
  /** `isUnsigned` is settled when it arrives: asking again later could answer differently in a replay. */
  | { by: 'signal'; name: SignalName; payload: SignalPayload; isUnsigned: boolean };

/** A name is not enough: messages can be typed by hand. */
const isCarriedBy = (update: UpdateName, command: CommandName): boolean =>
  COMMANDS[command].update === update;

const isSignalName = (name: string): name is SignalName => Object.hasOwn(SIGNALS, name);

/**
 * Runs that began before messages were signed have unsigned ones in their histories, and take them as they
 * did.
 */
const isUnsigned = (signed: boolean): boolean => !signed && patched('signed-messages');

const refused = (detail: RefusalDetail): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`refused: ${detail.code}`, REFUSAL, detail);

/**
 * A request to cancel (a button of the Web UI) is no command of ours: whoever gives it would leave an
 * instance that nobody ever ends.
 */
export async function instance(input: FirstRun | LaterRun): Promise<Ended> {
  return await CancellationScope.nonCancellable(() => live(input));
}

async function live(input: FirstRun | LaterRun): Promise<Ended> {
  const instanceId = 'life' in input ? input.life.id : input.instanceId;
  let life: Life | undefined = 'life' in input ? input.life : undefined;
  beginRun(input);
  let unborn: RefusalDetail | undefined;
  const done: AnsweredCommand[] = 'life' in input ? [...input.done] : [];
  const queue: QueuedMessage[] = [];
  let busy = true;

  // Handlers come before the first await: an update without a handler would be rejected.
  setHandler(registerUpdate, async () => {
    await condition(() => life !== undefined || unborn !== undefined);
    if (unborn) throw refused(unborn);
    return { state: life!.state, step: 0, refundId: null };
  });
  setHandler(lifeQuery, () => life ?? null);
  for (const [name, update] of Object.entries(UPDATES) as [
    UpdateName,
    UpdateDefinition<UpdateResult, [CommandMessage]>,
  ][]) {
    setHandler(update, (message) => receive(name, message), {
      validator: (message) => validate(name, message),
    });
  }
  for (const [name, signal] of Object.entries(SIGNALS) as [SignalName, SignalDefinition<[unknown]>][]) {
    setHandler(signal, (sent) => {
      const payload = tidy(sent);
      // A signature is over a command: whatever else was sent has none.
      const signed = isSigned(payload) && 'command' in readSignal(name, instanceId, payload);
      queue.push({ by: 'signal', name, payload, isUnsigned: isUnsigned(signed) });
    });
  }

  let isConfirmed = false;
  setHandler(confirmedSignal, () => {
    isConfirmed = true;
  });

  function receive(name: UpdateName, message: CommandMessage): Promise<UpdateResult> | UpdateResult {
    if (isUnsigned(isSigned(message))) {
      // The validator lets no other pass.
      if (!isSignalName(name)) throw refused({ code: 'UNSIGNED', state: life?.state ?? '' });
      const payload = payloadOfUpdate(message);
      return new Promise((answer, refuse) =>
        queue.push({ by: 'unsigned update', name, payload, answer, refuse }),
      );
    }
    const known = takenBefore(done, message.id, message.command.name);
    if (known && known !== 'reused') return answerOf(life!, known);
    return new Promise((answer, refuse) => queue.push({ by: 'update', message, answer, refuse }));
  }

  /**
   * A dry run: an impossible command is rejected before it costs anything. While a step is under way the
   * state that the command will meet is not known yet (the database may hold more than this run does, after a
   * crash), so it is queued and decided then.
   */
  function validate(name: UpdateName, message: CommandMessage): void {
    if (!isSigned(message)) validateUnsigned(name, payloadOfUpdate(message));
    else if (isSound(message) && isCarriedBy(name, message.command.name)) tryOut(message, message.command);
    else throw refused({ code: 'BAD_PAYLOAD', state: life?.state ?? '' });
  }

  function validateUnsigned(name: UpdateName, payload: SignalPayload): void {
    const reading: ReadMessage = isSignalName(name)
      ? readUnsigned(name, instanceId, payload)
      : { refused: 'UNSIGNED' };
    if ('refused' in reading) throw refused({ code: reading.refused, state: life?.state ?? '' });
    // Nothing random here: a replay runs no validators. An id that is missing is none that was answered
    // before.
    const { id = '', by = '' } = payload;
    if ('command' in reading) tryOut(asUnsigned({ id, by }), reading.command);
  }

  function tryOut({ id, by }: Envelope, command: Command): void {
    // Nobody waits for a control plane to be told that it is waited for.
    const isOnItsWay = life?.crossing !== undefined && !done.some((one) => one.id === id);
    if (isOnItsWay && command.name !== 'resolve') throw refused({ code: 'BUSY', state: life!.state });
    if (!life || busy || queue.length || done.some((one) => one.id === id)) return;
    const decision = decide(life, command, now(), by);
    if (!decision.ok) throw refused(decision.refusal);
  }

  try {
    life ??= await beBorn(input as FirstRun);
  } catch (error) {
    // Whoever asked is told why; the run fails, so that the id is free for a registration that is one.
    unborn = refusalIn(error, '');
    await condition(allHandlersFinished);
    throw refused(unborn);
  }
  show(life);
  let delay: Delay | undefined;
  let asking = AT_ONCE;
  for (;;) {
    const isToAsk: boolean = isConfirmed || asking.dueMs <= Date.now();
    if (life.crossing && isToAsk && !workflowInfo().continueAsNewSuggested) {
      isConfirmed = false;
      ({ life, asking } = await crossOnce(life, asking));
      continue;
    }
    const deadline = nextDeadline(life);
    const dueMs = deadline && (isOf(delay, deadline) ? delay.until : msOf(dueAt(deadline)));
    // A deadline that has come goes first: what was promised until then is not promised after.
    if (deadline && dueMs! <= Date.now()) {
      const outcome = await takeDeadline(life, deadline);
      life = outcome.life;
      delay = 'refusal' in outcome ? longer(delay, deadline) : undefined;
      continue;
    }
    const work = queue.shift();
    if (work) {
      const before: Life = life;
      life = await take(life, work, done);
      // A life that has set out, or of which somebody has said what is to become.
      if (life !== before) asking = AT_ONCE;
      continue;
    }
    if (life.state === 'terminated' || workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      // Work may have come while the last answers went out.
      if (queue.length) continue;
      if (life.state === 'terminated') return { state: life.state, step: life.step };
      await continueAsNew<typeof instance>({
        life,
        done: done.slice(-REMEMBERED),
        revision: REVISION,
      });
    }
    busy = false;
    await (life.crossing
      ? condition(() => queue.length > 0 || isConfirmed, asking.dueMs - Date.now(), {
          summary: crossingSummary(life.crossing),
        })
      : commandOrDeadline(queue, deadline, dueMs));
    busy = true;
  }
}

/**
 * What the same command led to before (L8), or that its id is another's. Runs of earlier versions took every
 * command of one id for the same.
 */
function takenBefore(
  done: AnsweredCommand[],
  id: string,
  name: string,
): AnsweredCommand | 'reused' | undefined {
  const known = done.find((one) => one.id === id);
  const isOther = known?.name !== undefined && known.name !== name;
  return isOther && patched('same-id-other-command') ? 'reused' : known;
}

const answerOf = ({ state }: Life, { id, step, refundId }: AnsweredCommand): UpdateResult => ({
  state,
  step,
  refundId,
  commandId: id,
});

const reused = ({ state }: Life): RefusalDetail => ({ code: 'COMMAND_ID_REUSED', state });

const isOf = (delay: Delay | undefined, { kind, at }: Deadline): delay is Delay =>
  delay?.deadline.kind === kind && delay.deadline.at === at;

function longer(delay: Delay | undefined, deadline: Deadline): Delay {
  const ms = isOf(delay, deadline) ? Math.min(delay.ms * 2, MAX_DELAY_MS) : FIRST_DELAY_MS;
  return { deadline, ms, until: Date.now() + ms };
}

async function commandOrDeadline(
  queue: QueuedMessage[],
  deadline: Deadline | undefined,
  dueMs: number | undefined,
): Promise<void> {
  if (!deadline) return await condition(() => queue.length > 0);
  const wait = Math.max(1, dueMs! - Date.now());
  await condition(() => queue.length > 0, wait, { summary: timerSummary(deadline) });
}

/** Step 0: the instance's facts, orders and books (J1). */
async function beBorn({
  instanceId,
  registration,
  policy,
  driver,
  envelope,
  signature,
}: FirstRun): Promise<Life> {
  const at = now();
  const next = promisedFromHere(newLife(instanceId, registration, policy.lifecycle, driver), at);
  const step = {
    instanceId,
    step: 0,
    commandId: envelope.id,
    command: 'register',
    body: null,
    by: envelope.by,
    at,
    next,
    effects: [],
    ...brevity(),
    voucher: signature === undefined ? ('unsigned' as const) : { signature },
  };
  const birth = { registration, policy, driver };
  const { life = next } = await local(stepSummary(step)).record({ ...step, birth });
  return life;
}

/**
 * A deadline that can't be carried out must not keep commands waiting: it is refused like one of them, and
 * comes again later (L13).
 */
async function takeDeadline(
  life: Life,
  deadline: Deadline,
): Promise<{ life: Life } | { life: Life; refusal: RefusalDetail }> {
  // L12: a promise counts from its instant; what is carried out late says both.
  const at = promisedAt(life, deadline);
  const carriedOutAt = Date.now() - msOf(at) > PUNCTUAL_MS ? now() : undefined;
  let refusal: RefusalDetail = { code: 'NOT_POSSIBLE', state: life.state };
  try {
    const envelope = { id: deadlineCommandId(deadline.kind, life.step + 1), by: 'sunset' };
    const decided = decideDeadline(life, deadline, at);
    const { next, effects } = asCarriedOut(life, decided, { deadline }, envelope, now());
    const step = nextStep(life, next, envelope, deadline.kind, deadline, at);
    const adopted = adopt(
      life,
      step,
      await local(stepSummary(step, life)).record({ ...step, effects, carriedOutAt, voucher: 'sunset' }),
    );
    if (adopted.step !== life.step) return { life: adopted };
  } catch (error) {
    refusal = refusalIn(error, life.state);
  }
  const said: Said = {
    name: deadline.kind,
    envelope: { id: deadline.at, by: 'sunset' },
    reading: { refused: refusal.code },
    voucher: 'sunset',
  };
  return { life: await recordRefusal(life, said, refusal.code), refusal };
}

/** With a control plane that acts, a step that moves a machine only sets out (decision 7). */
const asCarriedOut = (
  life: Life,
  decided: { next: Life; effects: Effect[] },
  by: Crossing['by'],
  envelope: Envelope,
  at: string,
): { next: Life; effects: Effect[] } =>
  isToCross(life, decided.next, by) ? begin(life, decided, by, envelope, at) : decided;

/** What a message comes to, whoever sent it. */
interface Said {
  /** Of the command, the signal or the deadline. */
  name: string;
  envelope: Envelope;
  reading: ReadMessage;
  /** Missing in runs that began before messages were signed. */
  voucher?: Provenance | undefined;
}

/**
 * Not async: one promise more between an answer and the loop would change the order of commands, which
 * replays hold us to.
 */
function take(life: Life, work: QueuedMessage, done: AnsweredCommand[]): Promise<Life> {
  if (work.by === 'signal') return takeSignal(life, work, done);
  const said = work.by === 'update' ? saidBy(work.message) : saidUnsigned(life.id, work.name, work.payload);
  return takeUpdate(life, said, work, done);
}

/** A signed update, or one of a run that began before messages were signed. */
const saidBy = ({ id, by, command, signature }: CommandMessage): Said => ({
  name: command.name,
  envelope: { id, by },
  reading: { command },
  voucher: signature === undefined ? undefined : { signature },
});

const saidUnsigned = (instanceId: string, name: SignalName, payload: SignalPayload): Said => ({
  name,
  envelope: asUnsigned(tidyEnvelope(payload, name)),
  reading: readUnsigned(name, instanceId, payload),
  voucher: 'unsigned',
});

function tidyEnvelope({ id, by }: SignalPayload, name: string): Envelope {
  return { id: id ?? signalCommandId(name, uuid4()), by: by ?? 'signal' };
}

async function takeUpdate(
  life: Life,
  said: Said,
  { answer, refuse }: Waiting,
  done: AnsweredCommand[],
): Promise<Life> {
  // The same message may have been queued twice, under two update ids.
  const { id } = said.envelope;
  const known = takenBefore(done, id, said.name);
  if (known === 'reused') {
    refuse(refused(reused(life)));
    return life;
  }
  if (known) {
    answer(answerOf(life, known));
    return life;
  }
  const outcome = await carryOutMessage(life, said, regular);
  if ('refusal' in outcome) {
    refuse(refused(outcome.refusal));
    return outcome.life;
  }
  const { step, refundId } = outcome.result;
  const taken = { id, name: said.name, step, refundId };
  done.push(taken);
  answer(answerOf(outcome.life, taken));
  return outcome.life;
}

/** Signals have nobody to answer: what is refused becomes a row of the timeline. */
async function takeSignal(
  life: Life,
  { name, payload, isUnsigned }: Extract<QueuedMessage, { by: 'signal' }>,
  done: AnsweredCommand[],
): Promise<Life> {
  const said = isUnsigned ? saidUnsigned(life.id, name, payload) : saidBySignal(life.id, name, payload);
  const { id } = said.envelope;
  const known = takenBefore(done, id, name);
  if (known === 'reused') return await recordRefusal(life, said, reused(life).code);
  // L8: what took effect before says nothing more.
  if (known) return life;
  const outcome = await carryOutMessage(life, said, local);
  if ('refusal' in outcome) return await recordRefusal(outcome.life, said, outcome.refusal.code);
  const { step, refundId } = outcome.result;
  done.push({ id, name, step, refundId });
  return outcome.life;
}

const saidBySignal = (instanceId: string, name: SignalName, payload: SignalPayload): Said => ({
  name,
  envelope: tidyEnvelope(payload, name),
  reading: readSignal(name, instanceId, payload),
  voucher: isSigned(payload) ? { signature: payload.signature! } : undefined,
});

async function carryOutMessage(
  life: Life,
  { envelope, reading, voucher }: Said,
  proxy: Way,
): Promise<StepOutcome> {
  if ('refused' in reading) return { life, refusal: { code: reading.refused, state: life.state } };
  if ('command' in reading) return await carryOut(life, envelope, reading.command, proxy, voucher);
  try {
    const { accept } = proxy('agreement to terminate');
    const acceptance = await accept({ instanceId: life.id, envelope, ...reading.acceptance });
    if (!acceptance.ok) return { life, refusal: { code: acceptance.code, state: life.state } };
    const { signature, ...message } = acceptance.message;
    return await carryOut(
      life,
      message,
      message.command,
      proxy,
      signature === undefined ? undefined : { signature },
    );
  } catch (error) {
    return { life, refusal: refusalIn(error, life.state) };
  }
}

type StepOutcome = { life: Life; result: StepAnswer } | { life: Life; refusal: RefusalDetail };

/**
 * Decides a command and records its step. When another command's step is found in its place, that life is
 * adopted and it is decided again.
 */
async function carryOut(
  life: Life,
  envelope: Envelope,
  command: Command,
  proxy: Way,
  voucher: Provenance | undefined,
  adoptions = 0,
): Promise<StepOutcome> {
  const at = now();
  try {
    const decision = decide(life, command, at, envelope.by);
    if (!decision.ok) return { life, refusal: decision.refusal };
    const { next, effects } = asCarriedOut(life, decision, { command }, envelope, at);
    const step = {
      ...nextStep(life, next, envelope, shownName(command), command, at),
      effects,
      ...(voucher ? { voucher } : {}),
    };
    const activities = proxy(stepSummary(step, life));
    const result = await (effects.some(({ type }) => type === 'settle')
      ? activities.settle(step)
      : activities.record(step));
    const adopted = adopt(life, step, result);
    if (result.commandId === envelope.id) return { life: adopted, result };
    if (adoptions === MAX_ADOPTIONS)
      return { life: adopted, refusal: { code: 'NOT_POSSIBLE', state: adopted.state } };
    return await carryOut(adopted, envelope, command, proxy, voucher, adoptions + 1);
  } catch (error) {
    return { life, refusal: refusalIn(error, life.state) };
  }
}

/**
 * Nothing of what was sent goes along but a sound id: a row must be storable whatever the message was. The
 * row's own id is out of callers' reach; one that can't be stored all the same is in the worker's log, and
 * the life goes on (L13).
 */
async function recordRefusal(life: Life, said: Said, code: string, adoptions = 0): Promise<Life> {
  const { name, envelope } = said;
  const step = nextStep(
    life,
    life,
    { ...envelope, id: refusalCommandId(name, code, envelope.id) },
    name,
    null,
    now(),
  );
  try {
    const result = await local(`${name} refused: ${code}`).refuse({
      ...step,
      effects: [],
      refused: code,
      ...provenanceOfRefused(said),
    });
    const adopted = adopt(life, step, result);
    // As earlier versions named such a row, in the histories that they wrote.
    const names = [step.commandId, `${envelope.id}/refused`];
    if (names.includes(result.commandId) || adoptions === MAX_ADOPTIONS) return adopted;
    return await recordRefusal(adopted, said, code, adoptions + 1);
  } catch (error) {
    log.error('a refusal could not be recorded', { instanceId: life.id, name, code, error });
    return life;
  }
}

/** The row of a refusal has an id of its own, so what was signed goes along. */
function provenanceOfRefused({ envelope, reading, voucher }: Said): { voucher?: Provenance } {
  if (voucher === undefined || typeof voucher === 'string') return voucher === undefined ? {} : { voucher };
  return 'command' in reading
    ? { voucher: { ...voucher, message: { ...envelope, command: reading.command } } }
    : {};
}
