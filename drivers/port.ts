/**
 * The border to control planes: what stops, keeps and destroys machines. Two verbs; neither blocks, and
 * asking twice is harmless. Whoever drives a cloud implements {@link Driver} and runs the contract suite over
 * it (drivers/contract.ts).
 */
import type { Goal } from '../domain/lifecycle';
import type { Plan } from '../domain/plan';

export { GOALS, type Goal } from '../domain/lifecycle';

/** Whose machine it is. */
export interface Ref {
  instanceId: string;
  /** The control plane's own name of it, where the registration gave one. */
  externalId: string | null;
  product: string;
  region: string;
}

/** The machine of an instance, by its facts. */
export const refOf = (instanceId: string, { externalId = null, product, region }: RefFacts): Ref => ({
  instanceId,
  externalId,
  product,
  region,
});
type RefFacts = Pick<Ref, 'product' | 'region'> & { externalId?: string | null | undefined };

/** How one machine was found. */
export interface Observed {
  /** Gone machines don't exist; one that was never there doesn't either: `stopped` then, and not isolated. */
  exists: boolean;
  power: 'running' | 'stopped';
  /** Whether the control plane knows it as isolated: a stop alone is none, and its customer could start it again. */
  isolated: boolean;
  /** ISO-8601, by this process's clock. */
  observedAt: string;
}

/** When to ask again. */
interface Hint {
  /** Seconds before which it is of no use; missing: nobody said. */
  retryAfter?: number;
}

/**
 * `unknown`: nobody answered, or nothing that can be believed. Not a failure: look again until it is known.
 * The reason is in words for operators: no secret, and nothing that a stranger may have answered.
 */
export type Observation = Observed | ({ unknown: string } & Hint);

export interface Wanted {
  /** The same for every asking of one step: who has carried it out says so again, and does nothing twice. */
  stepKey: string;
  /** Of `released`: what is destroyed and what is kept, disk by disk, address by address; null for other goals. */
  plan: Plan | null;
  /** When somebody is told that it takes too long, ISO-8601; the control plane may use it to hurry, or not at all. */
  deadline: string;
}

/**
 * What has become of an asking. `done`: as wanted, and the driver has looked. `pending`: ask again after so
 * many seconds. `refused`: not now (`retryable`) or never. `unknown`: it may have been done or not.
 */
export type Applied =
  | { state: 'done' }
  | { state: 'pending'; pollAfter: number }
  | ({ state: 'refused'; code: string; message: string; retryable: boolean } & Hint)
  | ({ state: 'unknown'; reason: string } & Hint);

interface Capabilities {
  /** What it can bring a machine to; a goal that it can't is refused at the registration, not when it is needed. */
  goals: readonly Goal[];
  /** Whether it acts on machines: `false` books only, and every step is one transaction. */
  acts: boolean;
}

export interface Driver {
  /** As instances keep it: never changes for one that is registered. */
  name: string;
  capabilities: Capabilities;
  /** Never throws for what a control plane does or says: that is `unknown`. */
  observe(ref: Ref): Promise<Observation>;
  /** Idempotent; releasing what is gone is done. Never throws for what a control plane does or says. */
  apply(ref: Ref, goal: Goal, wanted: Wanted): Promise<Applied>;
}

/** Whether something was seen that can be believed. */
export const isSeen = (seen: Observation): seen is Observed => !('unknown' in seen);

/** Whether a machine was found as a goal wants it. A stop alone is no isolation, and an isolated one no stop. */
export function isAsWanted(goal: Goal, { exists, power, isolated }: Observed): boolean {
  if (goal === 'released') return !exists;
  if (!exists) return false;
  if (goal === 'running') return power === 'running' && !isolated;
  return power === 'stopped' && isolated === (goal === 'isolated');
}

/** How a machine was found, in words. */
export function inWords({ exists, power, isolated }: Observed): string {
  if (!exists) return 'gone';
  return isolated ? `${power}, isolated` : power;
}
