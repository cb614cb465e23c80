/** A product's rules at work: its examples computed, also under rules that are tried. */
import type { PolicyTrial } from '../../contract/policies';
import type { RefundCurve } from '../../domain/curve';
import { exact } from '../../domain/money';
import { curveOfflineInTurns, quoteOffline } from '../../domain/offline';
import type { Policy, WorkedExample } from '../../domain/policy';
import type { QuoteItem } from '../../domain/quote';
import { each } from '../../domain/turns';
import { inTurns } from '../../store/in-turns';
import { type ApiDeps, policyOf } from '../deps';
import { notFound } from '../problem';

export interface Worked {
  policy: Policy;
  examples: { example: WorkedExample; item: QuoteItem; isAsExpected: boolean }[];
  /** null: no example can be returned. */
  curve: RefundCurve | null;
}

const POINTS = 60;

/**
 * @param trial what is otherwise than in the rules; nothing of it is kept
 * @throws Problem 404 when there is no such product
 */
export async function workPolicy(deps: ApiDeps, product: string, trial: PolicyTrial): Promise<Worked> {
  const inForce = policyOf(deps)(product);
  if (!inForce) throw notFound('product', product);
  const policy = tried(inForce, trial);
  const examples = await inTurns(each(policy.examples, (example) => work(policy, example)));
  const paying = examples.find(({ item }) => item.permitted && item.refund.outcome === 'refund');
  const curve = paying
    ? await inTurns(curveOfflineInTurns({ ...paying.example, policy }, { points: POINTS }))
    : null;
  return { policy, examples, curve };
}

function tried(policy: Policy, { promotionFeeRate, ...knobs }: PolicyTrial): Policy {
  const given = Object.fromEntries(Object.entries(knobs).filter(([, value]) => value !== undefined));
  const { returns } = policy;
  return {
    ...policy,
    knobs: { ...policy.knobs, ...given },
    returns: returns && promotionFeeRate !== undefined ? { ...returns, promotionFeeRate } : returns,
  };
}

function work(policy: Policy, example: WorkedExample): Worked['examples'][number] {
  const { schedule = { mode: 'now' } } = example;
  const item = quoteOffline({ ...example, schedule, policy });
  return { example, item, isAsExpected: isAsExpected(example, item) };
}

const isSame = (one: string | undefined, other: string): boolean =>
  one !== undefined && exact(one).equals(exact(other));

function isAsExpected({ expected }: WorkedExample, { permitted, blockers, refund }: QuoteItem): boolean {
  const { kind, amount, fee } = expected;
  const paid = refund.outcome === 'blocked' ? undefined : refund.amount;
  return (
    permitted === expected.permitted &&
    (expected.blockers ?? []).every((code) => blockers.some((one) => one === code)) &&
    (kind === undefined || kind === refund.kind) &&
    (amount === undefined || isSame(paid, amount)) &&
    (fee === undefined || isSame(refund.outcome === 'refund' ? refund.fee : undefined, fee))
  );
}
