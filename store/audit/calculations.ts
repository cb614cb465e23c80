/**
 * What must be true of amounts: a refund follows from what it was computed from, and rules are still what
 * they were.
 */
import { type Calculation, recompute } from '../../domain/calculation';
import { type Facts, type Order, versionsOf } from '../../domain/instance';
import { isSameMoney } from '../../domain/money';
import type { Policy } from '../../domain/policy';
import type { Refund } from '../../domain/refund';
import { each } from '../../domain/turns';
import type { QuoteBasis } from '../agreements/quotes';
import { asNow } from '../books/refunds';
import type { Transaction } from '../db';
import { hashOf } from '../hash';
import { inTurns } from '../in-turns';
import type { Check, Finding } from './check';

/** As many as are in memory at once. */
const PAGE = 500;

interface SelectedCalculation {
  id: string;
  seq: number;
  kind: Refund['kind'];
  currency: string;
  amount: string;
  fee: string;
  calculation: Calculation;
  action: string;
  assisted: boolean;
  orderIds: string[] | null;
  quoted: { refund: Refund; basis: QuoteBasis } | null;
  prices: Facts['prices'] | null;
  orders: Order[] | null;
  policy: Policy | null;
}

const SELECT = `
  SELECT r.id, r.seq, r.kind, r.currency, r.amount, r.fee, r.calculation, q.action, q.assisted, q.order_ids AS "orderIds",
    i.facts->'prices' AS prices, p.document AS policy,
    (SELECT item FROM jsonb_array_elements(q.items) AS item WHERE item->>'instanceId' = r.instance_id) AS quoted,
    (SELECT jsonb_agg(o.document) FROM orders o WHERE o.instance_id = r.instance_id) AS orders
  FROM refunds r JOIN quotes q ON q.id = r.quote_id JOIN instances i ON i.id = r.instance_id
  LEFT JOIN policies p ON p.id = r.calculation->'inputs'->>'policyId'
  WHERE r.seq > $1 ORDER BY r.seq LIMIT ${PAGE}`;

/** Does every sum again with the engine. Read page by page: refunds are kept for ever. */
async function recomputeAll(db: Transaction): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (let after = 0; ; ) {
    const { rows } = await db.query<SelectedCalculation>(SELECT, [after]);
    // Of hundreds of orders each takes long, and the API may be in the same process.
    const said = await inTurns(
      each(rows, (row) =>
        differences(row).map((detail) => ({ check: calculations.name, id: row.id, detail })),
      ),
    );
    findings.push(...said.flat());
    if (rows.length < PAGE) return findings;
    after = rows.at(-1)!.seq;
  }
}

function differences(row: SelectedCalculation): string[] {
  try {
    const whole = { ...row, calculation: asNow(row.calculation) };
    return [...changedInputs(whole), ...otherAmounts(whole)];
  } catch (error) {
    return [`can't be computed again: ${(error as Error).message}`];
  }
}

/** The inputs against what they were copied from. */
function changedInputs({
  calculation: { inputs },
  quoted,
  prices,
  orders,
  kind,
  action,
  assisted,
  orderIds,
}: SelectedCalculation): string[] {
  // An undo gives orders other dates (M20): what was computed before it had the ones before.
  const known = new Map((orders ?? []).map((order) => [order.id, versionsOf(order).map(hashOf)]));
  const changed = inputs.orders.filter(
    ({ closedAt: _closed, endedAt: _ended, ...order }) => !known.get(order.id)?.includes(hashOf(order)),
  );
  return [
    ...changed.map(({ id }) => `its order ${id} is another than the instance’s`),
    ...(hashOf(inputs.facts.prices ?? null) === hashOf(prices ?? null)
      ? []
      : ['its prices are others than the instance’s']),
    ...(quoted && inputs.at === quoted.basis.asOf ? [] : [`its instant ${inputs.at} is not the quote’s`]),
    ...(quoted && inputs.policyId === quoted.basis.policyId
      ? []
      : [`its policy ${inputs.policyId} is not the quote’s`]),
    ...(inputs.action === action && inputs.assisted === assisted
      ? []
      : ['its action or its approval is not the quote’s']),
    ...(hashOf(inputs.orderIds ?? null) === hashOf(orderIds)
      ? []
      : ['its chosen renewals are not the quote’s']),
    ...(inputs.kind === kind ? [] : [`its kind ${inputs.kind} is not the refund’s ${kind}`]),
  ];
}

function otherAmounts({
  calculation: { inputs, refund },
  policy,
  quoted,
  ...row
}: SelectedCalculation): string[] {
  if (!policy) return [`its policy ${inputs.policyId} is missing`];
  const again = recompute(inputs, policy);
  const said: string[] = [];
  const compare = (what: string, stated: string | undefined, same: boolean, right: string) => {
    if (!same) said.push(`${what} ${stated ?? 'nothing'}, computed again ${right}`);
  };
  compare('amount', row.amount, isSameMoney(row.amount, again.amount), again.amount);
  compare('fee', row.fee, isSameMoney(row.fee, again.fee), again.fee);
  compare('currency', row.currency, row.currency === again.currency, again.currency);
  compare('quoted amount', quoted?.refund.amount, quoted?.refund.amount === again.amount, again.amount);
  const [kept, right] = [unworded(refund), unworded(again)];
  const fields = (Object.keys(right) as (keyof Refund)[]).filter(
    (field) => hashOf(right[field]) !== hashOf(kept[field] ?? null),
  );
  for (const field of fields) said.push(`calculation: ${field} differs from what its inputs give`);
  return said;
}

/** How a line is called may change with a version; what it adds up to may not. */
const unworded = (refund: Refund) => ({
  ...refund,
  lines: refund.lines?.map(({ formula, amount }) => ({ formula, amount })),
});

const calculations: Check = {
  name: 'calculations',
  title: 'a refund is what its kept inputs and policy give, computed again, and what was quoted',
  run: recomputeAll,
};

/** A policy's id ends with a hash of its content (`store/policies.ts`). */
const policies: Check = {
  name: 'policies',
  title: 'rules are as they were when they were used',
  run: async (db) => {
    const { rows } = await db.query<{ id: string; document: Policy }>(
      'SELECT id, document FROM policies ORDER BY id',
    );
    const changed = rows.filter(
      ({ id, document }) => id.slice(id.lastIndexOf('#') + 1) !== hashOf(document).slice(0, 12),
    );
    return changed.map(({ id }) => ({
      check: policies.name,
      id,
      detail: 'its content is not what its id is the hash of',
    }));
  },
};

export const CALCULATIONS: Check[] = [calculations, policies];
