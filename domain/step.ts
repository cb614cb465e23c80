/**
 * One step of a life, as its workflow asks the store for it and as the store answers: a birth, something that
 * happens, or a refusal that the timeline is to show.
 */
import type { Registration } from './instance';
import type { Effect, Life } from './lifecycle';
import type { Policy, PolicyExcerpt } from './policy';
import type { Provenance } from './signed';

/** What every step says. */
export interface StepBase {
  instanceId: string;
  step: number;
  commandId: string;
  /** The command's or deadline's name, as the timeline shows it. */
  command: string;
  /** What was asked, for the fingerprint: the same command id with another body is a mistake. */
  body: unknown;
  by: string;
  /** The instance's clock; of a deadline, the instant for which it was promised (L12). */
  at: string;
  /** Of a deadline that is carried out late: when. */
  carriedOutAt?: string | undefined;
  next: Life;
  effects: Effect[];
  /** The answer leaves out a life that is `next`: the workflow has it already, and each answer stays in its history. */
  brief?: true | undefined;
  /**
   * The life before, where the workflow has not had it from the store: at the first step after a start from a
   * given life.
   */
  from?: Life | undefined;
  /** Who vouches for the message behind it; missing in runs that began before messages were signed. */
  voucher?: Provenance | undefined;
}

/** What an instance begins with. */
export interface Birth {
  registration: Registration;
  /** Whole in runs of earlier versions. */
  policy: PolicyExcerpt | Policy;
  /** The control plane that carries its steps out; missing: books only. */
  driver?: string | undefined;
}

/** Step 0: an instance becomes known. */
export type BirthStep = StepBase & { birth: Birth; refused?: undefined };
/** A command or a deadline that takes effect. */
export type EffectiveStep = StepBase & { birth?: undefined; refused?: undefined };
/** A message that was refused, by its code: it leaves the life as it is, with the step's number. */
export type RefusedStep = StepBase & { birth?: undefined; refused: string };

export type StepInput = BirthStep | EffectiveStep | RefusedStep;

export interface StepResult {
  /** The life as stored: the loop adopts it, whoever's command wrote it. */
  life: Life;
  /** The command that took this number; empty when the number does not follow what is stored. */
  commandId: string;
  step: number;
  refundId: string | null;
}

/** A result as it goes to the workflow: without a life that is what it asked for, where it asked to be answered briefly. */
export type StepAnswer = Omit<StepResult, 'life'> & { life?: Life | undefined };
