/**
 * What may be asked of an instance, in one table: each command with the states in which it makes sense, those
 * that it leads to, and the update that carries it. The lifecycle, the workflow, the API and the audit read
 * it; a command that is added to it is asked for by the compiler everywhere else.
 */
import type { Action, Channel, Paid, Prices, Schedule, State } from './instance';
import type { LifecycleRules } from './policy';

/** Whether the machine runs. */
export type Power = 'running' | 'stopped';

/** A new order as asked for; its dates are worked out where the calendar is (the step), never here. */
export interface NewOrder {
  kind: 'renewal' | 'upgrade';
  channel: Channel;
  months?: number | undefined;
  /** Stated by the operator; missing = Sunset prices it and debits the account. */
  paid?: Paid | undefined;
  /** Of an upgrade: what renewals cost from now on (M23). */
  prices?: Prices | undefined;
}

export type Command =
  | { name: 'terminate'; action: Action; schedule: Schedule; terminationId: string; rules: LifecycleRules }
  | { name: 'cancel' }
  | { name: 'reschedule'; at: string }
  | { name: 'restore'; renewal?: { months: number; paid?: Paid | undefined } | undefined }
  | { name: 'purge' }
  | { name: 'undo'; refundId: string; reason: string }
  | { name: 'switch-network' }
  | { name: 'amend'; order: NewOrder; rules: LifecycleRules }
  | { name: 'put-prices'; prices: Prices }
  | { name: 'start' }
  | { name: 'stop' }
  | { name: 'begin-operation'; kind: string }
  | { name: 'end-operation'; power: Power }
  | { name: 'protect'; reason: string; holdRelease?: boolean | undefined }
  /** `liftHold`: whoever asks may lift a legal hold too. */
  | { name: 'unprotect'; reason: string; liftHold?: boolean | undefined }
  /** What a control plane does not bring to an end: asked for again, taken as done, or given up. */
  | { name: 'resolve'; action: Resolution; reason: string }
  /** The machine was found otherwise than its life says: its life follows. */
  | { name: 'adopt'; found: Found; reason: string }
  /** The same: the machine is brought back to what its life says. */
  | { name: 'apply'; reason: string };

export const RESOLUTIONS = ['retry', 'skip', 'give-up'] as const;
type Resolution = (typeof RESOLUTIONS)[number];

/** What a life can follow of how its machine was found. */
export const FINDINGS = ['running', 'stopped', 'gone'] as const;
type Found = (typeof FINDINGS)[number];

export type CommandName = Command['name'];

/** Who asked, and the id that makes asking twice harmless (L8). */
export interface Envelope {
  id: string;
  by: string;
}

/** The state stays as it is. */
export const SAME = 'same';

export interface CommandRules {
  /** Anywhere else it is refused (L8, L11). */
  from: readonly State[];
  /** A timed termination changes nothing until it fires. */
  leadsTo: readonly (State | typeof SAME)[];
  /** Of the workflow `instance/<id>`. */
  update: string;
}

const ON_OR_OFF = ['running', 'stopped'] as const;
const LIVING = [...ON_OR_OFF, 'expired'] as const;
/** Something is under way. */
export const PASSING = ['changing', 'isolating', 'restoring', 'terminating'] as const;

export const COMMANDS = {
  terminate: { from: LIVING, leadsTo: [SAME, 'isolated', 'terminated'], update: 'terminate' },
  cancel: { from: ON_OR_OFF, leadsTo: [SAME], update: 'cancel' },
  reschedule: { from: ON_OR_OFF, leadsTo: [SAME], update: 'reschedule' },
  restore: { from: ['isolated'], leadsTo: ON_OR_OFF, update: 'restore' },
  purge: { from: ['isolated'], leadsTo: ['terminated'], update: 'purge' },
  undo: { from: ['isolated'], leadsTo: ON_OR_OFF, update: 'undo' },
  'switch-network': { from: ON_OR_OFF, leadsTo: [SAME], update: 'amend' },
  // A renewal makes an expired one stopped (L11).
  amend: { from: LIVING, leadsTo: [SAME, 'stopped'], update: 'amend' },
  // Also in the bin, which it leaves by a renewal.
  'put-prices': { from: [...LIVING, 'isolated'], leadsTo: [SAME], update: 'amend' },
  start: { from: ['stopped', 'changing'], leadsTo: ['running'], update: 'power' },
  stop: { from: ['running', 'changing'], leadsTo: ['stopped'], update: 'power' },
  'begin-operation': { from: ON_OR_OFF, leadsTo: ['changing'], update: 'power' },
  'end-operation': { from: ['changing'], leadsTo: ON_OR_OFF, update: 'power' },
  protect: { from: [...LIVING, 'isolated'], leadsTo: [SAME], update: 'protect' },
  unprotect: { from: [...LIVING, 'isolated'], leadsTo: [SAME], update: 'protect' },
  resolve: { from: PASSING, leadsTo: [SAME], update: 'resolve' },
  adopt: { from: [...LIVING, 'isolated'], leadsTo: [SAME, ...ON_OR_OFF, 'terminated'], update: 'resolve' },
  apply: { from: [...LIVING, 'isolated'], leadsTo: [SAME], update: 'resolve' },
} as const satisfies Record<CommandName, CommandRules>;

export type UpdateName = (typeof COMMANDS)[CommandName]['update'];
/** The commands that an update may carry. */
export type CommandOf<U extends UpdateName> = {
  [N in CommandName]: (typeof COMMANDS)[N]['update'] extends U ? N : never;
}[CommandName];

/** The table without its literals, for looking things up by a name that is only known then. */
const rulesOf = (name: CommandName): CommandRules => COMMANDS[name];

export const isAllowedIn = (name: CommandName, state: State): boolean => rulesOf(name).from.includes(state);
