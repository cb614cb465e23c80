/** What a run does for a life in passing: asks after its machine, and records what has come of it (decision 7). */
import type { Crossed, CrossInput } from '../activities/crossing';
import { arrive, callAttention, givenUp, goBack, tooLateFrom, turnBack } from '../domain/crossing';
import { attentionCommandId, type CrossingStep, crossingCommandId } from '../domain/ids';
import { msOf } from '../domain/instant';
import {
  askedAs,
  type Crossing,
  type Effect,
  isPromised,
  type Life,
  type TurnedBack,
} from '../domain/lifecycle';
import { stepSummary } from './details';
import type { RefusalDetail } from './messages';
import { adopt, atControlPlane, local, nextStep, now, refusalIn, shownName } from './steps';

/** What a run remembers of its asking. Nothing of it is kept: another run asks afresh. */
export interface Asking {
  /** When next, in milliseconds since the epoch. */
  dueMs: number;
  tries: number;
  /** At the last look the machine was not there. */
  wasGone: boolean;
}

/** A life, and when to ask after its machine. */
export interface Asked {
  life: Life;
  asking: Asking;
}

export const AT_ONCE: Asking = { dueMs: 0, tries: 0, wasGone: false };

const FIRST_MS = 2000;
const LONGEST_MS = 300_000;
/** Somebody knows of it, and may say at any time that it is to be asked again. */
const LONGEST_WITH_ATTENTION_MS = 900_000;
/** Between the two looks after which a machine is believed to be gone. */
const SECOND_LOOK_MS = 5000;

/**
 * When to ask again: as the control plane says, else each time twice as long, up to five minutes; and at once when it is too
 * late.
 */
function askAgain(
  life: Life,
  { tries }: Asking,
  crossed: Extract<Crossed, { is: 'gone' | 'waiting' }>,
  nowMs: number,
): Asking {
  const { attention } = life.crossing!;
  const longest = attention ? LONGEST_WITH_ATTENTION_MS : LONGEST_MS;
  if (crossed.is === 'gone') return { dueMs: nowMs + SECOND_LOOK_MS, tries, wasGone: true };
  const asked =
    crossed.againSeconds === undefined ? FIRST_MS * 2 ** Math.min(tries, 10) : crossed.againSeconds * 1000;
  const dueMs = nowMs + Math.max(Math.min(asked, longest), 1);
  const tooLateMs = msOf(tooLateFrom(life, life.crossing!));
  const isFirst = !attention && tooLateMs > nowMs && tooLateMs < dueMs;
  return { dueMs: isFirst ? tooLateMs : dueMs, tries: tries + 1, wasGone: false };
}

function inputOf(life: Life, { wasGone }: Asking): CrossInput {
  const crossing = life.crossing!;
  const { goal } = crossing;
  return {
    instanceId: life.id,
    goal,
    step: askedAs(crossing),
    deadline: tooLateFrom(life, crossing),
    wasGone,
  };
}

/** As the Web UI shows it. */
export const crossingSummary = ({ goal }: Crossing): string => `machine: ${goal}`;

/** Asks once after the machine of a life in passing, and records what has come of it. */
export async function crossOnce(life: Life, asking: Asking): Promise<Asked> {
  const { resolved } = life.crossing!;
  // Somebody has said what is to become of it: the control plane is not asked any more.
  if (resolved?.action === 'skip') return await arriveAt(life, asking);
  if (resolved) return await recordTurn(life, asking, givenUp(resolved));
  const crossed = await atControlPlane(crossingSummary(life.crossing!)).cross(inputOf(life, asking));
  switch (crossed.is) {
    case 'there':
      return await arriveAt(life, asking);
    case 'refused':
      return await recordTurn(life, asking, crossed.why);
    case 'gone':
      return { life, asking: askAgain(life, asking, crossed, Date.now()) };
    case 'waiting':
      return await waitOn(life, asking, crossed);
  }
}

/** What the books refuse then sends the machine back to where it was. */
async function arriveAt(life: Life, asking: Asking): Promise<Asked> {
  const at = now();
  const { by, back } = life.crossing!;
  if (back) return await recordTurn(life, asking, back);
  const decision = arrive(life, at);
  const [name, body] =
    'command' in by ? [shownName(by.command), by.command] : [by.deadline.kind, by.deadline];
  const outcome: { life: Life } | { refusal: Pick<RefusalDetail, 'code'> } = decision.ok
    ? await recordCrossing(life, decision, 'arrived', name, body)
    : decision;
  if (!('refusal' in outcome)) return { life: outcome.life, asking: AT_ONCE };
  const why = { code: outcome.refusal.code, message: '' };
  // A fault of ours, or what was promised for a time: no reason to bring a machine back.
  const isFault = outcome.refusal.code === 'NOT_POSSIBLE';
  if (isFault || isPromised(life.crossing!)) return await waitOn(life, asking, { why: why.code });
  return await recordWay(life, asking, goBack(life, why, at), 'sent-back', why);
}

/** What was promised for a time can't turn back: it waits for somebody, who is told at once. */
async function recordTurn(life: Life, asking: Asking, why: TurnedBack): Promise<Asked> {
  const back = turnBack(life, why, now());
  return back
    ? await recordWay(life, asking, back, 'turned-back', why)
    : await waitOn(life, asking, { why: why.message }, why);
}

async function recordWay(
  life: Life,
  asking: Asking,
  decided: { next: Life; effects: Effect[] },
  what: 'turned-back' | 'sent-back',
  why: TurnedBack,
): Promise<Asked> {
  const outcome = await recordCrossing(life, decided, what, what, why);
  return 'refusal' in outcome
    ? await waitOn(life, asking, { why: outcome.refusal.code })
    : { life: outcome.life, asking: AT_ONCE };
}

/** Asked again later; who looks after machines is told once, when it is too late or no use. */
async function waitOn(
  life: Life,
  asking: Asking,
  waiting: { why: string; againSeconds?: number },
  final?: TurnedBack,
): Promise<Asked> {
  const crossing = life.crossing!;
  const isTooLate = msOf(tooLateFrom(life, crossing)) <= Date.now();
  const why = final ?? { code: 'CONTROL_PLANE_SLOW', message: waiting.why };
  const told =
    crossing.attention || !(final || isTooLate)
      ? life
      : (
          await recordOwn(
            life,
            callAttention(life, why, now()),
            attentionCommandId(life.step + 1),
            'attention',
            why,
          )
        ).life;
  return { life: told, asking: askAgain(told, asking, { is: 'waiting', ...waiting }, Date.now()) };
}

const recordCrossing = (
  life: Life,
  decided: { next: Life; effects: Effect[] },
  what: CrossingStep,
  name: string,
  body: unknown,
): Promise<{ life: Life } | { life: Life; refusal: RefusalDetail }> =>
  recordOwn(life, decided, crossingCommandId(what, life.crossing!.step), name, body);

/** A step that nobody has asked for just now. */
async function recordOwn(
  life: Life,
  { next, effects }: { next: Life; effects: Effect[] },
  id: string,
  name: string,
  body: unknown,
): Promise<{ life: Life } | { life: Life; refusal: RefusalDetail }> {
  const step = nextStep(life, next, { id, by: 'sunset' }, name, body, now());
  try {
    return {
      life: adopt(
        life,
        step,
        await local(stepSummary(step, life)).record({ ...step, effects, voucher: 'sunset' }),
      ),
    };
  } catch (error) {
    return { life, refusal: refusalIn(error, life.state) };
  }
}
