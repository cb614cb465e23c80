/** The disposition plan: which parts go with the instance and which stay (000-14, L4). */
import type { Address, Disk, Facts } from './instance';
import { exact, formatMoney } from './money';
import type { DisposalCase } from './policy';
import type { Text } from './text';

export interface Plan {
  terminate: { kind: 'instance' | 'disk' | 'address'; id: string }[];
  retain: {
    kind: 'disk' | 'address';
    id: string;
    reason: Text;
    monthly?: { currency: string; amount: string };
  }[];
}

type Attachment = { part: 'disk'; value: Disk } | { part: 'address'; value: Address };

/** First case that matches decides; a part that no case names stays: nothing is destroyed without a rule. */
export function planFor(id: string, facts: Facts, cases: DisposalCase[]): Plan {
  const plan: Plan = { terminate: [{ kind: 'instance', id }], retain: [] };
  for (const part of partsOf(facts)) {
    const found = cases.find((one) => matches(one, part));
    if (found && goes(found, part)) plan.terminate.push({ kind: part.part, id: part.value.id });
    else
      plan.retain.push({
        kind: part.part,
        id: part.value.id,
        reason: found?.reason ?? NO_RULE,
        ...monthly(part.value.month, facts),
      });
  }
  return plan;
}

/** What became of the parts, once it has been done. */
export function presentDisposal({ terminate, retain }: Plan) {
  return {
    destroyed: terminate.map(({ kind, id }) => ({ kind, id })),
    kept: retain.map(({ kind, id, monthly: costs }) => ({ kind, id, ...(costs ? { monthly: costs } : {}) })),
  };
}

/** Nothing is ended: the instance runs on with all that it has. */
export function keepAll(facts: Facts): Plan {
  const retain = partsOf(facts).map(({ part, value }) => ({
    kind: part,
    id: value.id,
    reason: RUNS_ON,
    ...monthly(value.month, facts),
  }));
  return { terminate: [], retain };
}

const partsOf = (facts: Facts): Attachment[] => [
  ...facts.disks.map((value) => ({ part: 'disk' as const, value })),
  ...facts.addresses.map((value) => ({ part: 'address' as const, value })),
];

const RUNS_ON: Text = { en: 'The instance runs on.', zh: '实例继续运行。' };
const NO_RULE: Text = { en: 'No rule of the product destroys it.', zh: '该产品没有规定销毁它。' };

function matches(one: DisposalCase, part: Attachment): boolean {
  if (one.part !== part.part) return false;
  if (one.storage && !(part.part === 'disk' && part.value.storage === one.storage)) return false;
  return !one.kind || (part.part === 'address' && part.value.kind === one.kind);
}

function goes(one: DisposalCase, part: Attachment): boolean {
  if (one.fate === 'attribute') return part.part === 'disk' && part.value.deleteWithInstance === true;
  return one.fate === 'terminate';
}

function monthly(
  month: string | undefined,
  facts: Facts,
): { monthly?: { currency: string; amount: string } } {
  const currency = facts.prices?.currency;
  return month !== undefined && currency
    ? { monthly: { currency, amount: formatMoney(exact(month), currency) } }
    : {};
}
