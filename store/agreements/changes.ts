/** What is another by now than a quote says: asked again as of the quote's own instant (M17). */

import { clockOf } from '../../domain/clock';
import type { RightsLeft } from '../../domain/eligibility';
import { openOrders, renewalsToReturn } from '../../domain/instance';
import { msOf } from '../../domain/instant';
import { exact, formatMoney } from '../../domain/money';
import type { Policy } from '../../domain/policy';
import { type QuoteItem, quoteInTurns } from '../../domain/quote';
import { rightsKey } from '../../domain/returns';
import type { QuoteRequest, Subject } from '../../domain/subject';
import { each } from '../../domain/turns';
import type { Transaction } from '../db';
import { inTurns } from '../in-turns';
import type { InstanceRow } from '../lives/instances';
import { policiesById } from '../policies';
import type { Change } from './problem';
import { basisOf, type QuotedItem, type QuoteRow } from './quotes';
import { countRightsOf } from './rights';
import { subjectsOf } from './subjects';

/**
 * What has changed since the quote, for the items that it permitted. Where stale items are to be skipped,
 * what is left of the quote is asked again without them, until nothing in it has changed: what they no longer
 * take may be another item's, and that one is another offer then.
 */
export async function changesSince(
  tx: Transaction,
  quote: QuoteRow,
  rows: InstanceRow[],
  skipStale: boolean,
): Promise<Change[]> {
  const changes = await changesNow(tx, quote, rows);
  if (!skipStale || !changes.length) return changes;
  const stale = new Set(changes.map(({ instanceId }) => instanceId));
  const items = quote.items.filter(({ permitted, instanceId }) => permitted && !stale.has(instanceId));
  const left = new Set(items.map(({ instanceId }) => instanceId));
  const rowsLeft = rows.filter(({ id }) => left.has(id));
  return items.length
    ? [...changes, ...(await changesSince(tx, { ...quote, items }, rowsLeft, true))]
    : changes;
}

/** Amounts are asked again as of the quote's own instant (M17). */
async function changesNow(tx: Transaction, quote: QuoteRow, rows: InstanceRow[]): Promise<Change[]> {
  const policies = await policiesOf(tx, quote);
  const basis = new Map(quote.items.map((item) => [item.instanceId, item.basis]));
  const policyFor = (row: InstanceRow): Policy => policies.get(basis.get(row.id)!.policyId)!;
  const [subjects, left] = await Promise.all([
    subjectsOf(tx, rows, policyFor, (row) => basis.get(row.id)!.asOf),
    countRightsOf(
      tx,
      rows.map((row) => ({ facts: row.facts, policy: policyFor(row) })),
    ),
  ]);
  const request: QuoteRequest = {
    action: quote.action,
    schedule: quote.schedule,
    fiveDayFor: quote.fiveDayFor ?? undefined,
    orderIds: quote.orderIds,
  };
  const again = await inTurns(quoteInTurns(subjects, needed(quote, subjects, left), request));
  const changesOf = (item: QuotedItem, index: number): Change[] =>
    item.permitted ? itemChanges(item, again[index]!, rows[index]!, quote) : [];
  return (await inTurns(each(quote.items, changesOf))).flat();
}

/**
 * The rights that the quote placed, as far as they are still there: with those and nothing else changed, the
 * same places come out (E7).
 */
function needed(
  quote: QuoteRow,
  subjects: Subject[],
  left: Map<string, RightsLeft>,
): Map<string, RightsLeft> {
  const wanted = new Map<string, RightsLeft>();
  if (quote.action !== 'return') return left;
  quote.items.forEach(({ permitted, refund }, index) => {
    if (!permitted || refund.outcome !== 'refund') return;
    const { account, product } = subjects[index]!.facts;
    const key = rightsKey(account, product);
    const rights = wanted.get(key) ?? { fiveDay: 0, ordinary: 0 };
    rights[refund.kind === 'five-day' ? 'fiveDay' : 'ordinary'] += 1;
    wanted.set(key, rights);
  });
  const enough = [...wanted].every(
    ([key, rights]) => rights.fiveDay <= left.get(key)!.fiveDay && rights.ordinary <= left.get(key)!.ordinary,
  );
  return enough ? wanted : left;
}

function itemChanges(old: QuotedItem, now: QuoteItem, row: InstanceRow, quote: QuoteRow): Change[] {
  const current = basisOf(row, old.basis.asOf, old.basis.policyId);
  const changes: Change[] = [];
  const compare = (field: string, before: unknown, after: unknown, difference: string | null = null) => {
    if (before !== after)
      changes.push({ instanceId: old.instanceId, field, old: before, new: after, difference });
  };
  compare('state', old.basis.state, current.state);
  compare('orders', old.basis.orders, current.orders);
  compare('prices', old.basis.prices, current.prices);
  compare('network', old.basis.network, current.network);
  compare('clockOffset', old.basis.clockOffsetMs, current.clockOffsetMs);
  compare('blockers', old.blockers.join(', '), now.blockers.join(', '));
  compare('refund.kind', old.refund.kind, now.refund.kind);
  const [before, after] = [amountOf(old), amountOf(now)];
  const currency = old.refund.currency;
  const difference =
    before !== null && after !== null && currency
      ? formatMoney(exact(after).sub(exact(before)), currency)
      : null;
  compare('refund.amount', before, after, difference);
  if (quote.action === 'return-renewals')
    compare(
      'refund.orders',
      startingAfter(row, old.basis.asOf, quote),
      startingAfter(row, clockOf(row, Date.now()), quote),
    );
  if (quote.schedule.mode === 'timed' && msOf(quote.schedule.at) <= msOf(clockOf(row, Date.now()))) {
    changes.push({
      instanceId: old.instanceId,
      field: 'schedule.at',
      old: 'in the future',
      new: 'passed',
      difference: null,
    });
  }
  return changes;
}

/** A renewal that has begun since the quote is in use, and can't come back alone any more. */
const startingAfter = (row: InstanceRow, at: string, { orderIds }: QuoteRow): string =>
  renewalsToReturn(openOrders(row.orders), at, orderIds)
    .map(({ id }) => id)
    .join(', ');

const amountOf = ({ refund }: QuoteItem): string | null =>
  refund.outcome === 'blocked' ? null : refund.amount;

/** The policies that a quote rests on, by id. */
export async function policiesOf(tx: Transaction, quote: QuoteRow): Promise<Map<string, Policy>> {
  const ids = new Set(quote.items.map(({ basis }) => basis.policyId));
  const policyOf = await policiesById(tx, ids);
  return new Map([...ids].map((id) => [id, policyOf(id)]));
}
