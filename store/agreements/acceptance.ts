/**
 * The acceptance of a confirmation: one transaction that holds the quote to its word, before anything is sent
 * out (decision 13).
 */
import { itemCommandId, refundId } from '../../domain/ids';
import type { Policy } from '../../domain/policy';
import { refundIn } from '../../domain/quote';
import { lockAccounts } from '../books/accounts';
import { openRefunds } from '../books/refunds';
import { type Pool, type Transaction, transaction } from '../db';
import { findInstances, type InstanceRow } from '../lives/instances';
import { changesSince, policiesOf } from './changes';
import { type AcceptedItem, type ItemCommand, insertItems, itemsToSend, type NewItem } from './items';
import type { Change, ItemProblem } from './problem';
import { consumeQuote, findQuote, type QuotedItem, type QuoteRow } from './quotes';
import { reserveRights } from './rights';
import { findTermination, insertTermination, type TerminationRow } from './terminations';

export interface Confirmation {
  quoteId: string;
  terminationId: string;
  by: string;
  /** The way it was agreed to: `api`, `signal`, a façade's name. */
  via: string;
  /**
   * Items that have changed since the quote are refused, and the others go on; default: one that has refuses
   * them all (L17).
   */
  skipStale?: boolean | undefined;
}

export type Acceptance =
  | { ok: true; termination: TerminationRow; items: AcceptedItem[] }
  | {
      ok: false;
      code:
        | 'QUOTE_EXPIRED'
        | 'QUOTE_STALE'
        | 'QUOTE_USED'
        | 'NOTHING_PERMITTED'
        | 'UNKNOWN_QUOTE'
        | 'COMMAND_ID_REUSED';
      changes?: Change[];
      terminationId?: string;
    };

/**
 * Accepts a quote, or says why not; with the same termination id again it answers what it did the first time.
 */
export async function acceptQuote(pool: Pool, confirmation: Confirmation): Promise<Acceptance> {
  return await transaction(pool, async (tx): Promise<Acceptance> => {
    const { quoteId, terminationId } = confirmation;
    const quote = await findQuote(tx, quoteId, true);
    if (!quote) return { ok: false, code: 'UNKNOWN_QUOTE' };
    if (quote.terminationId === terminationId) return await accepted(tx, terminationId);
    // Its id comes from the command's: the same command for another quote is a mistake.
    if (await findTermination(tx, terminationId))
      return { ok: false, code: 'COMMAND_ID_REUSED', terminationId };
    if (quote.terminationId !== null)
      return { ok: false, code: 'QUOTE_USED', terminationId: quote.terminationId };
    if (quote.isExpired) return { ok: false, code: 'QUOTE_EXPIRED' };
    const permitted = quote.items.filter((item) => item.permitted);
    if (!permitted.length) return { ok: false, code: 'NOTHING_PERMITTED' };
    const rows = await findInstances(
      tx,
      quote.items.map((item) => item.instanceId),
    );
    await lockAccounts(
      tx,
      rows.map((row) => row.facts.account),
    );
    const changes = await changesSince(tx, quote, rows, confirmation.skipStale ?? false);
    const stale = byInstance(changes);
    const isStale = ({ instanceId }: QuotedItem): boolean => stale.has(instanceId);
    if (stale.size && (!confirmation.skipStale || permitted.every(isStale)))
      return { ok: false, code: 'QUOTE_STALE', changes };
    await recordAgreement(tx, quote, rows, confirmation, stale);
    await promiseRefunds(tx, quote, rows, terminationId, stale);
    return await accepted(tx, terminationId);
  });
}

async function accepted(tx: Transaction, terminationId: string): Promise<Acceptance> {
  return {
    ok: true,
    termination: (await findTermination(tx, terminationId))!,
    items: await itemsToSend(tx, terminationId),
  };
}

function byInstance(changes: Change[]): Map<string, Change[]> {
  const groups = new Map<string, Change[]>();
  for (const change of changes)
    groups.set(change.instanceId, [...(groups.get(change.instanceId) ?? []), change]);
  return groups;
}

/**
 * The agreement with its items, as accepted, as refused by the quote, or as stale by now. Consumes the quote.
 */
export async function recordAgreement(
  tx: Transaction,
  quote: QuoteRow,
  rows: InstanceRow[],
  { terminationId, by, via }: Pick<Confirmation, 'terminationId' | 'by' | 'via'>,
  stale: ReadonlyMap<string, Change[]> = new Map(),
): Promise<void> {
  const { id: quoteId, action, schedule, rulesVersion } = quote;
  await insertTermination(tx, {
    id: terminationId,
    quoteId,
    action,
    schedule,
    rulesVersion,
    agreedVia: via,
    agreedBy: by,
  });
  await consumeQuote(tx, quoteId, terminationId);
  const policies = await policiesOf(tx, quote);
  const items = quote.items.map((item, position): NewItem => {
    const row = rows[position]!;
    const { instanceId, basis, releaseTime, plan } = item;
    const { account } = row.facts;
    const problem = problemOfItem(item, row, item.permitted ? stale.get(instanceId) : undefined);
    if (problem)
      return {
        instanceId,
        account,
        status: 'refused',
        command: null,
        releaseTime: null,
        problem,
        plan: null,
      };
    const command = itemCommand(quote, item, policies.get(basis.policyId)!, terminationId, by);
    return { instanceId, account, status: 'accepted', command, releaseTime, problem, plan };
  });
  await insertItems(tx, terminationId, items);
}

function problemOfItem(
  { permitted, blockers }: QuotedItem,
  { life }: InstanceRow,
  changes: Change[] | undefined,
): ItemProblem | null {
  if (!permitted) return { code: blockers[0]!, state: life.state };
  return changes ? { code: 'QUOTE_STALE', state: life.state, changes } : null;
}

/** Opens the refunds of the accepted items, and reserves the rights that they take (E2). */
async function promiseRefunds(
  tx: Transaction,
  quote: QuoteRow,
  rows: InstanceRow[],
  terminationId: string,
  stale: ReadonlyMap<string, Change[]>,
): Promise<void> {
  const promised = quote.items.flatMap(({ permitted, refund: quoted, inputs, instanceId }, index) => {
    const refund = refundIn(quoted);
    if (!permitted || stale.has(instanceId) || !refund) return [];
    const { account, product } = rows[index]!.facts;
    const calculation = { inputs: inputs!, refund };
    return [
      {
        id: refundId(terminationId, instanceId),
        instanceId,
        account,
        product,
        kind: refund.kind,
        calculation,
      },
    ];
  });
  await openRefunds(
    tx,
    promised.map((one) => ({ ...one, terminationId, quoteId: quote.id })),
  );
  if (quote.action === 'return') await reserveRights(tx, terminationId, promised);
}

function itemCommand(
  quote: QuoteRow,
  item: QuotedItem,
  policy: Policy,
  terminationId: string,
  by: string,
): ItemCommand {
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
