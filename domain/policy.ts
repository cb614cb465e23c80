/**
 * The shape of a product's rules as data. One file per product in `policies/` fills it in; the engine has no
 * case for any product.
 */
import {
  type Action,
  type Billing,
  type Channel,
  type Discount,
  type Mode,
  offeredAs,
  type Registration,
  type Schedule,
} from './instance';
import type { Text } from './text';
import type { Notice } from './warnings';

/** Where a command or a deadline leads (L1, L3). */
export type Ending =
  | { into: 'terminated' }
  /** `jitterSeconds`: releases are spread over so long after the promised instant (`jitter.ts`). */
  | { into: 'bin'; retentionSeconds: number; jitterSeconds?: number }
  | { into: 'expired' };

/** How instances of one billing mode are ended by a person. */
interface EndRules {
  action: Action;
  /** States that the product asks for before it lets go (002-02, 002-05). */
  requires: ('stopped' | 'expired')[];
  modes: Partial<Record<Mode, Ending>>;
  /** 001-05: an account in arrears can't destroy it (E6). */
  refusedInArrears: boolean;
}

/**
 * The part of a policy that governs a running life. It is copied into the workflow's input and never looked
 * up again (decision 3).
 */
export interface LifecycleRules {
  version: string;
  end: Record<Billing, EndRules>;
  /** What happens to a prepaid instance when its paid time is over (L3). */
  expiry: Ending;
  /** L2: how far ahead a timed termination may lie, in calendar years. */
  timedMaxYears: number;
  /** How long a control plane may take for one step before somebody is told; default one hour. */
  attentionSeconds?: number | undefined;
}

/** Every *knob* of docs/requirements.md that the refund engine and the eligibility rules read. */
export interface Knobs {
  /** M1: calendar months are counted in this time zone. */
  timeZone: string;
  /** M4. */
  networkUsage: 'hourly' | 'months-then-hourly';
  /**
   * M27: whether host hours stop at an upgrade that is in force, or go on counting. Policies kept without it
   * read as `stop`.
   */
  hoursAfterUpgrade: 'stop' | 'count';
  /** M7: caps the host cost of a part month at one month's list price. */
  capPartMonth: boolean;
  /** E1. */
  fiveDayWindow: 'elapsed' | 'calendar-days';
  /** E2: how many, and per how many days (null: for ever). */
  fiveDayCount: number;
  fiveDayPeriodDays: number | null;
  ordinaryCount: number;
  ordinaryPeriodDays: number | null;
  /**
   * E5, M30: by currency, what an instance may be paid back without approval; a currency without one has
   * none, null: none has.
   */
  approvalThreshold: Record<string, string> | null;
}

/** One case that keeps an instance from an ordinary return; every field given must match (E3). */
export interface Exclusion {
  code: 'FAMILY_EXCLUDED' | 'ZONE_EXCLUDED' | 'ACTIVITY_RESOURCE';
  families?: string[];
  zones?: string[];
  channel?: Channel;
}

export interface ReturnRules {
  /** M2: used when an instance's price snapshot has none. */
  discounts: Discount[];
  exclusions: Exclusion[];
  /** M11: share of the order's actual cash payment. */
  promotionFeeRate: string;
}

/** Which parts go with the instance (L4). First match wins; an omitted field matches any. */
export interface DisposalCase {
  part: 'disk' | 'address';
  storage?: 'local' | 'cloud' | 'elastic';
  kind?: 'public' | 'elastic';
  /** `attribute`: as the disk's `deleteWithInstance` says (002-07). */
  fate: 'terminate' | 'retain' | 'attribute';
  /** Shown for what is retained. */
  reason: Text;
}

/**
 * A case of the documents that runs as a test: what the `quote` command would be given, and what it must
 * answer.
 */
export interface WorkedExample {
  /** Number in docs/requirements.md. */
  rule: string;
  title: string;
  instance: { id: string } & Registration;
  action: Action;
  schedule?: Schedule;
  at: string;
  returnsSoFar: { fiveDay: number; ordinary: number };
  assisted?: boolean;
  expected: {
    permitted: boolean;
    blockers?: string[];
    kind?: 'five-day' | 'ordinary' | 'none';
    amount?: string;
    fee?: string;
    /** Seconds after `at`; null when the product says nothing. */
    releaseAfterSeconds?: number;
  };
}

export interface Policy {
  product: string;
  version: string;
  name: Text;
  /** Files in the documents' own numbering, for readers. */
  sources: string[];
  lifecycle: LifecycleRules;
  knobs: Knobs;
  /** null: the product has no refund. */
  returns: ReturnRules | null;
  disposal: DisposalCase[];
  /** The impact notice that `agree` acknowledges (L10). */
  notices: (Notice & { action?: Action })[];
  examples: WorkedExample[];
}

/** What a life takes along of its policy (decision 3): the rules that govern it, and where the store has the rest. */
export interface PolicyExcerpt {
  /** Names the policy's content, not only its version. */
  id: string;
  lifecycle: LifecycleRules;
}

/** `tencent-cvm@2026-11`: names the rules that were agreed to (L10). */
export const policyId = (policy: { product: string; version: string }): string =>
  `${policy.product}@${policy.version}`;

/**
 * The modes that a product offers for an action, whichever the billing. Where it has no such action at all,
 * those of its others: the mode is then judged by itself, and the action is refused as `WRONG_ACTION`.
 */
export function modesFor(rules: LifecycleRules, action: Action): Mode[] {
  const all = Object.values(rules.end);
  const matching = all.filter((one) => one.action === offeredAs(action));
  return [...new Set((matching.length ? matching : all).flatMap((one) => Object.keys(one.modes) as Mode[]))];
}
