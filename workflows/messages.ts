/**
 * The messages of `instance/<id>`, in one place for the workflow, the API and the
 * worker's sweep.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Command, CommandName, CommandOf, Envelope, UpdateName } from '../domain/commands';
import type { Paid, Registration, State } from '../domain/instance';
import type { Life } from '../domain/lifecycle';
import type { Policy, PolicyExcerpt } from '../domain/policy';

export const WORKFLOW_TYPE = 'instance';
export const TASK_QUEUE = 'sunset';

export { REFUSAL, workflowId } from '../domain/ids';

/** The input of a first run; a later run (continue-as-new) gets a {@link LaterRun}. */
export interface FirstRun {
  instanceId: string;
  registration: Registration;
  /** A snapshot (decision 3); whole in runs of earlier versions. */
  policy: PolicyExcerpt | Policy;
  /** The control plane that carries its steps out; missing: books only. */
  driver?: string | undefined;
  envelope: Envelope;
  /** Nobody registers by hand: a registration states money and brings the rules of its refunds. */
  signature?: string | undefined;
  /** {@link REVISION} of whoever started it; missing in runs of earlier versions. */
  revision?: number;
}

export interface LaterRun {
  life: Life;
  /**
   * The latest commands that took effect, newest last, so that repeating one after continue-as-new still
   * answers its first result.
   */
  done: AnsweredCommand[];
  /** {@link REVISION} of whoever started it; missing in runs of earlier versions. */
  revision?: number;
}

/**
 * Of the commands that a run gives to Temporal: a run that was started with an earlier one gives them as its history
 * has them. `patched()` would say the same by a marker, which is an event and a write of its own in every life.
 *
 * 1: what ends a life is its last word; no search attributes are set beside it.
 * 2: steps are answered without the life that they asked for.
 */
export const REVISION = 2;

export interface AnsweredCommand {
  id: string;
  /**
   * Of the command or signal: another one under the same id is no repeat. Missing in what earlier versions
   * carried over.
   */
  name?: string;
  step: number;
  refundId: string | null;
}

export type CommandMessage<N extends CommandName = CommandName> = Envelope & {
  command: Extract<Command, { name: N }>;
  /**
   * Of the API or of the sweep (domain/signed.ts). Without one an update may do what the signal of its name
   * may, and nothing else.
   */
  signature?: string | undefined;
};

/** What a command answers once its step is recorded; all else is in the read model. */
export interface UpdateResult {
  state: State;
  /** The step that the command took. */
  step: number;
  refundId: string | null;
  /**
   * The command that took it; missing in answers of earlier versions, and where a registration is answered.
   */
  commandId?: string;
}

/** What a life's workflow ends with. */
export type Ended = Pick<UpdateResult, 'state' | 'step'>;

/** The first detail of a failure of type {@link REFUSAL}. */
export interface RefusalDetail {
  code: string;
  state: string;
}

export const registerUpdate = defineUpdate<UpdateResult>('register');
const commandUpdate = <U extends UpdateName>(name: U) =>
  defineUpdate<UpdateResult, [CommandMessage<CommandOf<U>>]>(name);
export const UPDATES = {
  terminate: commandUpdate('terminate'),
  cancel: commandUpdate('cancel'),
  reschedule: commandUpdate('reschedule'),
  restore: commandUpdate('restore'),
  purge: commandUpdate('purge'),
  undo: commandUpdate('undo'),
  amend: commandUpdate('amend'),
  power: commandUpdate('power'),
  protect: commandUpdate('protect'),
  resolve: commandUpdate('resolve'),
} satisfies Record<UpdateName, unknown>;

/** What the workflow holds, for diagnosis; reads are served by the store. */
export const lifeQuery = defineQuery<Life | null>('life');

/**
 * What people, the Web UI, the Temporal CLI and batch operations may signal. Anything missing or wrong is a
 * refused row in the timeline.
 */
export interface SignalPayload {
  id?: string;
  by?: string;
  /** Of the API, over the command that the signal asks for. */
  signature?: string | undefined;
  agree?: boolean;
  quoteId?: string;
  schedule?: { mode: 'now' | 'later' };
  renewal?: { months: number; paid?: Paid };
  confirm?: string;
}
export const SIGNALS = {
  terminate: defineSignal<[SignalPayload]>('terminate'),
  cancel: defineSignal<[SignalPayload]>('cancel'),
  restore: defineSignal<[SignalPayload]>('restore'),
  purge: defineSignal<[SignalPayload]>('purge'),
} as const;
/**
 * A control plane says that something has come to its end: it is looked at now and not only when it would have been asked
 * again. Nothing of it is believed, so anybody may say it.
 */
export const confirmedSignal = defineSignal<[unknown]>('confirmed');
export type SignalName = keyof typeof SIGNALS;
