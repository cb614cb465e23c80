/**
 * What can be done with an instance now: each command is decided as its workflow would, and quoted as a quote
 * would, without being sent. It holds for now; what is then asked for is decided again.
 */
import type { OfferedCommand } from '../../contract/commands';
import { clockOf } from '../../domain/clock';
import type { Command } from '../../domain/commands';
import { plusMs } from '../../domain/instant';
import { decide } from '../../domain/lifecycle';
import { exact, SOURCES } from '../../domain/money';
import type { Permission } from '../../domain/permissions';
import { quoteInTurns } from '../../domain/quote';
import type { QuoteRequest, Subject } from '../../domain/subject';
import { countRightsOf } from '../../store/agreements/rights';
import { subjectsOf } from '../../store/agreements/subjects';
import { findAccount } from '../../store/books/accounts';
import { listRefunds } from '../../store/books/refunds';
import { inTurns } from '../../store/in-turns';
import type { InstanceRow } from '../../store/lives/instances';
import type { Caller } from '../caller';
import { type ApiDeps, policyOfRow } from '../deps';
import { Problem } from '../problem';
import { existingInstance } from './existing';
import { renewalPriceOf } from './renewal-price';

export interface Possible {
  command: OfferedCommand;
  /** Any one of them lets the caller ask. */
  permissions: readonly Permission[];
  isPermitted: boolean;
  /** Codes of what stands against it, a missing permission aside. */
  blockers: string[];
}

interface Asked {
  row: InstanceRow;
  caller: Caller;
  /** The instance's clock. */
  at: string;
  subject: Subject;
}

/** What stands against a command; undefined: it says nothing here (there is no hold to lift). */
type Blockers = (asked: Asked, deps: ApiDeps) => Promise<string[] | undefined>;

const PERMISSIONS: Record<OfferedCommand, readonly Permission[]> = {
  start: ['power'],
  stop: ['power'],
  'begin-operation': ['power'],
  'end-operation': ['power'],
  terminate: ['terminate'],
  return: ['return'],
  'return-renewals': ['return'],
  'request-refund': ['return'],
  cancel: ['terminate'],
  reschedule: ['terminate'],
  restore: ['restore'],
  purge: ['purge'],
  undo: ['refund:approve'],
  renew: ['renew', 'register'],
  'put-prices': ['register'],
  'switch-network': ['register'],
  protect: ['protect'],
  unprotect: ['unprotect'],
  hold: ['hold'],
  unhold: ['hold'],
  resolve: ['operate'],
  'fast-forward': ['sandbox'],
};

/** As its workflow would decide. */
const decided =
  (commandOf: (asked: Asked) => Command): Blockers =>
  async (asked) => {
    const decision = decide(asked.row.life, commandOf(asked), asked.at);
    return decision.ok ? [] : [decision.refusal.code];
  };

/** As a quote would say. */
const quoted =
  (request: Pick<QuoteRequest, 'action' | 'assisted'>): Blockers =>
  async ({ subject }, { pool }) => {
    const left = await countRightsOf(pool, [subject]);
    const asked = { ...request, schedule: { mode: 'now' } as const };
    const [item] = await inTurns(quoteInTurns([subject], left, asked));
    return item!.blockers;
  };

const both =
  (...all: Blockers[]): Blockers =>
  async (asked, deps) =>
    (await Promise.all(all.map((one) => one(asked, deps)))).flatMap((codes) => codes ?? []);

/** Sunset prices a renewal unless its price is stated, which takes a permission of its own. */
const priced: Blockers = async ({ row, caller }) => {
  if (row.life.billing === 'postpaid' || caller.may('register')) return [];
  try {
    renewalPriceOf(row, 1);
    return [];
  } catch (error) {
    if (error instanceof Problem) return error.code === 'PRICE_MISSING' ? [error.code] : [];
    throw error;
  }
};

/** The balances no longer hold what the return has paid. */
const moneyThere: Blockers = async ({ row }, { pool }) => {
  const filter = { tenant: undefined, instanceId: row.id, status: 'done' };
  const [refund] = (await listRefunds(pool, filter, { limit: 1 })).items;
  if (!refund || row.life.cause !== 'return') return [];
  const { currency, parts } = refund.calculation.refund;
  const { balances = [] } = (await findAccount(pool, row.facts.account)) ?? {};
  const held = balances.find((one) => one.currency === currency);
  const isSpent = SOURCES.some((source) => exact(held?.[source] ?? '0').compare(exact(parts[source])) < 0);
  return isSpent ? ['MONEY_SPENT'] : [];
};

const inGoodStanding: Blockers = async ({ row, subject }) =>
  row.life.state === 'isolated' && subject.standing.arrears ? ['IN_ARREARS'] : [];
const notInReview: Blockers = async ({ subject }) => (subject.standing.inReview ? ['IN_REVIEW'] : []);
const living: Blockers = async ({ row }) => (row.life.state === 'terminated' ? ['WRONG_STATE'] : []);

/** One month is as good as any here, and so is any reason. */
const RENEWAL = { months: 1 };
const AN_HOUR_MS = 3_600_000;

const BLOCKERS: Record<OfferedCommand, Blockers> = {
  start: decided(() => ({ name: 'start' })),
  stop: decided(() => ({ name: 'stop' })),
  'begin-operation': decided(() => ({ name: 'begin-operation', kind: '' })),
  'end-operation': decided(() => ({ name: 'end-operation', power: 'running' })),
  terminate: quoted({ action: 'terminate' }),
  return: quoted({ action: 'return' }),
  'return-renewals': quoted({ action: 'return-renewals' }),
  'request-refund': both(quoted({ action: 'return', assisted: true }), notInReview),
  cancel: decided(() => ({ name: 'cancel' })),
  reschedule: decided(({ at }) => ({ name: 'reschedule', at: plusMs(at, AN_HOUR_MS) })),
  restore: both(
    decided(({ row }) => ({
      name: 'restore',
      ...(row.life.billing === 'prepaid' ? { renewal: RENEWAL } : {}),
    })),
    inGoodStanding,
    async (asked, deps) => (asked.row.life.state === 'isolated' ? await priced(asked, deps) : []),
  ),
  purge: decided(() => ({ name: 'purge' })),
  undo: both(
    decided(() => ({ name: 'undo', refundId: '', reason: '' })),
    moneyThere,
  ),
  renew: both(
    decided(({ row }) => ({
      name: 'amend',
      order: { kind: 'renewal', channel: 'standard', ...RENEWAL },
      rules: row.policy.lifecycle,
    })),
    priced,
  ),
  'put-prices': decided(({ row }) => ({ name: 'put-prices', prices: row.facts.prices! })),
  'switch-network': both(
    decided(() => ({ name: 'switch-network' })),
    async ({ row }) => (row.facts.network.billing === 'traffic' ? ['BY_TRAFFIC'] : []),
  ),
  protect: decided(() => ({ name: 'protect', reason: '' })),
  unprotect: decided(({ caller }) => ({ name: 'unprotect', reason: '', liftHold: caller.may('hold') })),
  // Of one that is gone it would say nothing either.
  hold: async ({ row }) => (row.hold === null && row.life.state !== 'terminated' ? [] : undefined),
  unhold: async ({ row }) => (row.hold === null ? undefined : []),
  // Of what is not on its way it would say nothing.
  resolve: async (asked, deps) =>
    asked.row.life.crossing
      ? await decided(() => ({ name: 'resolve', action: 'retry', reason: '' }))(asked, deps)
      : undefined,
  'fast-forward': async (asked, deps) => {
    if (!deps.sandbox) return undefined;
    return deps.timeSkipping ? await living(asked, deps) : ['TIME_SKIPPING_UNAVAILABLE'];
  },
};

/** Every command that there is for an instance, with what stands against it now. */
export async function possibleCommands(
  deps: ApiDeps,
  caller: Caller,
  id: string,
): Promise<{ row: InstanceRow; at: string; commands: Possible[] }> {
  const row = await existingInstance(deps, caller, id);
  const at = clockOf(row, Date.now());
  const [subject] = await subjectsOf(deps.pool, [row], policyOfRow(deps), () => at);
  const asked = { row, caller, at, subject: subject! };
  const commands: Possible[] = [];
  for (const command of Object.keys(BLOCKERS) as OfferedCommand[]) {
    const permissions = PERMISSIONS[command];
    const blockers = await BLOCKERS[command](asked, deps);
    if (!blockers) continue;
    const isPermitted = permissions.some((one) => caller.may(one));
    commands.push({ command, permissions, isPermitted, blockers: [...new Set(blockers)] });
  }
  return { row, at, commands };
}
