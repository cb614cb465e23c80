/** The acceptance of a confirmation: one transaction that holds the quote to its word, before anything is sent out (decision 2). */
import type { RightsLeft } from '../domain/eligibility';
import { itemCommandId, refundId } from '../domain/ids';
import { openOrders, renewalsToReturn } from '../domain/instance';
import { exact, formatMoney } from '../domain/money';
import type { Policy } from '../domain/policy';
import { hasAmount, isRefund, type QuoteItem, type QuoteRequest, quoteItems, rightsKey, type Subject } from '../domain/quote';
import type { RefundKind } from '../domain/refund';
import { type Pool, type Transaction, transaction } from './db';
import { findInstances } from './instances';
import { policyById } from './policies';
import { basisOf, clockOf, findQuote, rightsOf, subjectsOf } from './quotes';
import { openRefund } from './refunds';
import { type AcceptedItem, findTermination, type ItemCommand, itemsToSend } from './terminations';
import type { Change, InstanceRow, QuotedItem, QuoteRow, TerminationRow } from './types';

export interface Confirmation {
  quoteId: string;
  terminationId: string;
  by: string;
  /** The way it was agreed to: `api`, `signal`, a façade's name. */
  via: string;
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
    const changes = await changesSince(tx, quote, rows);
    if (changes.length) return { ok: false, code: 'QUOTE_STALE', changes };
    await insertTermination(tx, quote, rows, confirmation);
    for (const [index, item] of quote.items.entries())
      if (item.permitted) await promiseRefund(tx, quote, item, rows[index]!, terminationId);
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

/** What has changed since the quote, for the items that it permitted. Amounts are asked again as of the quote's own instant (M17). */
async function changesSince(tx: Transaction, quote: QuoteRow, rows: InstanceRow[]): Promise<Change[]> {
  const policies = new Map<string, Policy>();
  for (const { basis } of quote.items)
    if (!policies.has(basis.policyId)) policies.set(basis.policyId, await policyById(tx, basis.policyId));
  const basis = new Map(quote.items.map((item) => [item.instanceId, item.basis]));
  const subjects = await subjectsOf(
    tx,
    rows,
    (row) => policies.get(basis.get(row.id)!.policyId)!,
    (row) => basis.get(row.id)!.asOf,
  );
  const request: QuoteRequest = { action: quote.action, schedule: quote.schedule, fiveDayFor: quote.fiveDayFor ?? undefined };
  const again = quoteItems(subjects, needed(quote, subjects, await rightsOf(tx, subjects)), request);
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
    compare('refund.orders', startingAfter(row, old.basis.asOf), startingAfter(row, clockOf(row, Date.now())));
  if (quote.schedule.mode === 'timed' && Date.parse(quote.schedule.at) <= Date.parse(clockOf(row, Date.now()))) {
    changes.push({ instanceId: old.instanceId, field: 'schedule.at', old: 'in the future', new: 'passed', difference: null });
  }
  return changes;
}

/** A renewal that has begun since the quote is in use, and can't come back alone any more. */
const startingAfter = (row: InstanceRow, at: string): string =>
  renewalsToReturn(openOrders(row.orders), at)
    .map(({ id }) => id)
    .join(', ');

const amountOf = ({ refund }: QuoteItem): string | null => (hasAmount(refund) ? refund.amount : null);

/** The agreement with its items, as accepted or as refused by the quote. Consumes the quote. */
export async function insertTermination(
  tx: Transaction,
  quote: QuoteRow,
  rows: InstanceRow[],
  { terminationId, by, via }: Confirmation,
): Promise<void> {
  await tx.query(
    'INSERT INTO terminations (id, quote_id, action, schedule, rules_version, agreed_via, agreed_by) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [terminationId, quote.id, quote.action, quote.schedule, quote.rulesVersion, via, by],
  );
  await tx.query('UPDATE quotes SET termination_id = $2 WHERE id = $1', [quote.id, terminationId]);
  for (const [position, item] of quote.items.entries()) {
    const row = rows[position]!;
    const problem = item.permitted ? null : { code: item.blockers[0]!, state: row.life.state };
    const command = item.permitted ? await itemCommand(tx, quote, item, terminationId, by) : null;
    await tx.query(
      `INSERT INTO termination_items (termination_id, instance_id, position, account, status, command, release_time, problem)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        terminationId,
        item.instanceId,
        position,
        row.facts.account,
        item.permitted ? 'accepted' : 'refused',
        command,
        item.releaseTime,
        problem,
      ],
    );
  }
}

/** Opens the refund of an accepted item, and reserves the right that it takes (E2). */
async function promiseRefund(tx: Transaction, quote: QuoteRow, item: QuotedItem, row: InstanceRow, terminationId: string): Promise<void> {
  const { refund, inputs, instanceId } = item;
  if (!isRefund(refund)) return;
  const id = refundId(terminationId, instanceId);
  const calculation = { inputs: inputs!, refund };
  await openRefund(tx, { id, instanceId, account: row.facts.account, terminationId, quoteId: quote.id, calculation });
  if (quote.action === 'return') await reserveRight(tx, terminationId, row, refund.kind);
}

/** E2: counted under the account's lock. */
export async function reserveRight(tx: Transaction, terminationId: string, row: InstanceRow, kind: RefundKind): Promise<void> {
  await tx.query(
    "INSERT INTO rights (termination_id, instance_id, account, product, kind, status) VALUES ($1, $2, $3, $4, $5, 'reserved')",
    [terminationId, row.id, row.facts.account, row.facts.product, kind],
  );
}

async function itemCommand(tx: Transaction, quote: QuoteRow, item: QuotedItem, terminationId: string, by: string): Promise<ItemCommand> {
  const { lifecycle } = await policyById(tx, item.basis.policyId);
  return {
    id: itemCommandId(terminationId, item.instanceId),
    by,
    command: { name: 'terminate', action: quote.action, schedule: quote.schedule, terminationId, rules: lifecycle },
  };
}
