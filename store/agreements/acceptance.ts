/** The acceptance of a confirmation: one transaction that holds the quote to its word, before anything is sent out (decision 2). */
import type { RightsLeft } from '../../domain/eligibility';
import { itemCommandId, refundId } from '../../domain/ids';
import { openOrders, renewalsToReturn } from '../../domain/instance';
import { exact, formatMoney } from '../../domain/money';
import type { Policy } from '../../domain/policy';
import { hasAmount, isRefund, type QuoteItem, type QuoteRequest, quoteInTurns, rightsKey, type Subject } from '../../domain/quote';
import type { RefundKind } from '../../domain/refund';
import { openRefunds } from '../books/refunds';
import { type Pool, type Transaction, transaction } from '../db';
import { inTurns } from '../in-turns';
import { findInstances } from '../lives/instances';
import { policyById } from '../policies';
import type { Change, InstanceRow, ItemProblem, QuotedItem, QuoteRow, TerminationRow } from '../types';
import { basisOf, clockOf, findQuote, rightsOf, subjectsOf } from './quotes';
import { type AcceptedItem, findTermination, type ItemCommand, itemsToSend } from './terminations';

export interface Confirmation {
  quoteId: string;
  terminationId: string;
  by: string;
  /** The way it was agreed to: `api`, `signal`, a façade's name. */
  via: string;
  /** Items that have changed since the quote are refused, and the others go on; default: one that has refuses them all (L17). */
  skipStale?: boolean | undefined;
}

export type Acceptance =
  | { ok: true; termination: TerminationRow; items: AcceptedItem[] }
  | {
      ok: false;
      code: 'QUOTE_EXPIRED' | 'QUOTE_STALE' | 'QUOTE_USED' | 'NOTHING_PERMITTED' | 'UNKNOWN_QUOTE' | 'COMMAND_ID_REUSED';
      changes?: Change[];
      terminationId?: string;
    };

/** Accepts a quote, or says why not; with the same termination id again it answers what it did the first time. */
export async function acceptQuote(pool: Pool, confirmation: Confirmation): Promise<Acceptance> {
  return await transaction(pool, async (tx): Promise<Acceptance> => {
    const { quoteId, terminationId } = confirmation;
    const quote = await findQuote(tx, quoteId, true);
    if (!quote) return { ok: false, code: 'UNKNOWN_QUOTE' };
    if (quote.terminationId === terminationId) return await accepted(tx, terminationId);
    // Its id comes from the command's: the same command for another quote is a mistake.
    if (await findTermination(tx, terminationId)) return { ok: false, code: 'COMMAND_ID_REUSED', terminationId };
    if (quote.terminationId !== null) return { ok: false, code: 'QUOTE_USED', terminationId: quote.terminationId };
    if (Date.parse(quote.expiresAt) <= Date.now()) return { ok: false, code: 'QUOTE_EXPIRED' };
    const permitted = quote.items.filter((item) => item.permitted);
    if (!permitted.length) return { ok: false, code: 'NOTHING_PERMITTED' };
    const rows = await findInstances(
      tx,
      quote.items.map((item) => item.instanceId),
    );
    await lockAccounts(tx, rows);
    const changes = await changesSince(tx, quote, rows, confirmation.skipStale ?? false);
    const stale = new Map(changes.map(({ instanceId }) => [instanceId, changes.filter((one) => one.instanceId === instanceId)]));
    const isStale = ({ instanceId }: QuotedItem): boolean => stale.has(instanceId);
    if (stale.size && (!confirmation.skipStale || permitted.every(isStale))) return { ok: false, code: 'QUOTE_STALE', changes };
    await insertTermination(tx, quote, rows, confirmation, stale);
    await promiseRefunds(tx, quote, rows, terminationId, stale);
    return await accepted(tx, terminationId);
  });
}

async function accepted(tx: Transaction, terminationId: string): Promise<Acceptance> {
  return { ok: true, termination: (await findTermination(tx, terminationId))!, items: await itemsToSend(tx, terminationId) };
}

/** Rights are counted and reserved under their accounts' locks, taken in one order so that two confirmations can't deadlock. */
export async function lockAccounts(tx: Transaction, rows: InstanceRow[]): Promise<void> {
  const accounts = [...new Set(rows.map((row) => row.facts.account))].sort();
  await tx.query('SELECT FROM accounts WHERE account = ANY($1) ORDER BY account FOR NO KEY UPDATE', [accounts]);
}

/**
 * What has changed since the quote, for the items that it permitted. Where stale items are to be skipped, what is left of the quote is asked
 * again without them, until nothing in it has changed: what they no longer take may be another item's, and that one is another offer then.
 */
async function changesSince(tx: Transaction, quote: QuoteRow, rows: InstanceRow[], skipStale: boolean): Promise<Change[]> {
  const changes = await changesNow(tx, quote, rows);
  if (!skipStale || !changes.length) return changes;
  const stale = new Set(changes.map(({ instanceId }) => instanceId));
  const items = quote.items.filter(({ permitted, instanceId }) => permitted && !stale.has(instanceId));
  const left = new Set(items.map(({ instanceId }) => instanceId));
  const rowsLeft = rows.filter(({ id }) => left.has(id));
  return items.length ? [...changes, ...(await changesSince(tx, { ...quote, items }, rowsLeft, true))] : changes;
}

/** Amounts are asked again as of the quote's own instant (M17). */
async function changesNow(tx: Transaction, quote: QuoteRow, rows: InstanceRow[]): Promise<Change[]> {
  const policies = await policiesOf(tx, quote);
  const basis = new Map(quote.items.map((item) => [item.instanceId, item.basis]));
  const subjects = await subjectsOf(
    tx,
    rows,
    (row) => policies.get(basis.get(row.id)!.policyId)!,
    (row) => basis.get(row.id)!.asOf,
  );
  const request: QuoteRequest = {
    action: quote.action,
    schedule: quote.schedule,
    fiveDayFor: quote.fiveDayFor ?? undefined,
    orderIds: quote.orderIds,
  };
  const again = await inTurns(quoteInTurns(subjects, needed(quote, subjects, await rightsOf(tx, subjects)), request));
  return quote.items.flatMap((item, index) => (item.permitted ? itemChanges(item, again[index]!, rows[index]!, quote) : []));
}

/** The rights that the quote placed, as far as they are still there: with those and nothing else changed, the same places come out (E7). */
function needed(quote: QuoteRow, subjects: Subject[], left: Map<string, RightsLeft>): Map<string, RightsLeft> {
  const wanted = new Map<string, RightsLeft>();
  if (quote.action !== 'return') return left;
  quote.items.forEach(({ permitted, refund }, index) => {
    if (!permitted || !isRefund(refund)) return;
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
    if (before !== after) changes.push({ instanceId: old.instanceId, field, old: before, new: after, difference });
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
  const difference = before !== null && after !== null && currency ? formatMoney(exact(after).sub(exact(before)), currency) : null;
  compare('refund.amount', before, after, difference);
  if (quote.action === 'return-renewals')
    compare('refund.orders', startingAfter(row, old.basis.asOf, quote), startingAfter(row, clockOf(row, Date.now()), quote));
  if (quote.schedule.mode === 'timed' && Date.parse(quote.schedule.at) <= Date.parse(clockOf(row, Date.now()))) {
    changes.push({ instanceId: old.instanceId, field: 'schedule.at', old: 'in the future', new: 'passed', difference: null });
  }
  return changes;
}

/** A renewal that has begun since the quote is in use, and can't come back alone any more. */
const startingAfter = (row: InstanceRow, at: string, { orderIds }: QuoteRow): string =>
  renewalsToReturn(openOrders(row.orders), at, orderIds)
    .map(({ id }) => id)
    .join(', ');

const amountOf = ({ refund }: QuoteItem): string | null => (hasAmount(refund) ? refund.amount : null);

/** The agreement with its items, as accepted, as refused by the quote, or as stale by now. Consumes the quote. */
export async function insertTermination(
  tx: Transaction,
  quote: QuoteRow,
  rows: InstanceRow[],
  { terminationId, by, via }: Confirmation,
  stale: ReadonlyMap<string, Change[]> = new Map(),
): Promise<void> {
  await tx.query(
    'INSERT INTO terminations (id, quote_id, action, schedule, rules_version, agreed_via, agreed_by) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [terminationId, quote.id, quote.action, quote.schedule, quote.rulesVersion, via, by],
  );
  await tx.query('UPDATE quotes SET termination_id = $2 WHERE id = $1', [quote.id, terminationId]);
  const policies = await policiesOf(tx, quote);
  const items = quote.items.map((item, position) => {
    const row = rows[position]!;
    const problem = problemOf(item, row, item.permitted ? stale.get(item.instanceId) : undefined);
    const { basis, releaseTime, plan } = item;
    return {
      instanceId: item.instanceId,
      account: row.facts.account,
      status: problem ? 'refused' : 'accepted',
      command: problem ? null : itemCommand(quote, item, policies.get(basis.policyId)!, terminationId, by),
      releaseTime: problem ? null : releaseTime,
      problem,
      plan: problem ? null : plan,
    };
  });
  await tx.query(
    `INSERT INTO termination_items (termination_id, instance_id, position, account, status, command, release_time, problem, plan)
     SELECT $1, item->>'instanceId', place - 1, item->>'account', item->>'status', nullif(item->'command', 'null'),
       (item->>'releaseTime')::timestamptz, nullif(item->'problem', 'null'), nullif(item->'plan', 'null')
     FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS items (item, place)`,
    [terminationId, JSON.stringify(items)],
  );
}

function problemOf({ permitted, blockers }: QuotedItem, { life }: InstanceRow, changes: Change[] | undefined): ItemProblem | null {
  if (!permitted) return { code: blockers[0]!, state: life.state };
  return changes ? { code: 'QUOTE_STALE', state: life.state, changes } : null;
}

/** The policies that a quote rests on, by id. */
async function policiesOf(tx: Transaction, quote: QuoteRow): Promise<Map<string, Policy>> {
  const policies = new Map<string, Policy>();
  for (const { basis } of quote.items)
    if (!policies.has(basis.policyId)) policies.set(basis.policyId, await policyById(tx, basis.policyId));
  return policies;
}

/** Opens the refunds of the accepted items, and reserves the rights that they take (E2). */
async function promiseRefunds(
  tx: Transaction,
  quote: QuoteRow,
  rows: InstanceRow[],
  terminationId: string,
  stale: ReadonlyMap<string, Change[]>,
): Promise<void> {
  const promised = quote.items.flatMap(({ permitted, refund, inputs, instanceId }, index) => {
    if (!permitted || stale.has(instanceId) || !isRefund(refund)) return [];
    const row = rows[index]!;
    const id = refundId(terminationId, instanceId);
    const calculation = { inputs: inputs!, refund };
    return [{ row, kind: refund.kind, id, instanceId, account: row.facts.account, terminationId, quoteId: quote.id, calculation }];
  });
  await openRefunds(tx, promised);
  if (quote.action === 'return') await reserveRights(tx, terminationId, promised);
}

/** E2: counted under the accounts' locks. */
export async function reserveRights(
  tx: Transaction,
  terminationId: string,
  rights: { row: InstanceRow; kind: RefundKind }[],
): Promise<void> {
  await tx.query(
    `INSERT INTO rights (termination_id, instance_id, account, product, kind, status)
     SELECT $1, instance_id, account, product, kind, 'reserved'
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS rights (instance_id, account, product, kind)`,
    [
      terminationId,
      rights.map(({ row }) => row.id),
      rights.map(({ row }) => row.facts.account),
      rights.map(({ row }) => row.facts.product),
      rights.map(({ kind }) => kind),
    ],
  );
}

function itemCommand(quote: QuoteRow, item: QuotedItem, policy: Policy, terminationId: string, by: string): ItemCommand {
  return {
    id: itemCommandId(terminationId, item.instanceId),
    by,
    command: {
      name: 'terminate',
      action: quote.action,
      schedule: quote.schedule,
      terminationId,
      rules: policy.lifecycle,
    },
  };
}
