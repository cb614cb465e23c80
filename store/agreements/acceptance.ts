/**
 * The acceptance of a confirmation: one transaction that holds the quote to its word, before anything is sent
 * out (decision 13).
 */
import { itemCommandId, refundId } from '../../domain/ids';
import type { Policy } from '../../domain/policy';
import { refundIn } from '../../domain/quote';
import { lockAccountsOf } from '../books/accounts';
import { type NewRefund, refundsStatement } from '../books/refunds';
import { type Pool, type Transaction, transaction } from '../db';
import { findInstances, type InstanceRow } from '../lives/instances';
import { post } from '../outbox';
import { changesSince, policiesOf } from './changes';
import { type AcceptedItem, type ItemCommand, itemsStatement, itemsToSend, type NewItem } from './items';
import type { Change, ItemProblem } from './problem';
import { consumeQuote, findQuote, type QuotedItem, type QuoteRow } from './quotes';
import { type NewRight, reserveRights } from './rights';
import { findTermination, insertTermination } from './terminations';

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
  | { ok: true; items: AcceptedItem[] }
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
    const [quote, known] = await Promise.all([
      findQuote(tx, quoteId, true),
      findTermination(tx, terminationId),
    ]);
    if (!quote) return { ok: false, code: 'UNKNOWN_QUOTE' };
    if (quote.terminationId === terminationId) return await accepted(tx, terminationId);
    // Its id comes from the command's: the same command for another quote is a mistake.
    if (known) return { ok: false, code: 'COMMAND_ID_REUSED', terminationId };
    if (quote.terminationId !== null)
      return { ok: false, code: 'QUOTE_USED', terminationId: quote.terminationId };
    if (quote.isExpired) return { ok: false, code: 'QUOTE_EXPIRED' };
    const permitted = quote.items.filter((item) => item.permitted);
    if (!permitted.length) return { ok: false, code: 'NOTHING_PERMITTED' };
    const ids = quote.items.map((item) => item.instanceId);
    const [, rows] = await Promise.all([lockAccountsOf(tx, ids), findInstances(tx, ids)]);
    const changes = await changesSince(tx, quote, rows, confirmation.skipStale ?? false);
    const stale = byInstance(changes);
    const isStale = ({ instanceId }: QuotedItem): boolean => stale.has(instanceId);
    if (stale.size && (!confirmation.skipStale || permitted.every(isStale)))
      return { ok: false, code: 'QUOTE_STALE', changes };
    await recordAgreement(
      tx,
      quote,
      rows,
      confirmation,
      stale,
      refundsPromised(quote, rows, terminationId, stale),
    );
    return await accepted(tx, terminationId);
  });
}

async function accepted(tx: Transaction, terminationId: string): Promise<Acceptance> {
  return { ok: true, items: await itemsToSend(tx, terminationId) };
}

function byInstance(changes: Change[]): Map<string, Change[]> {
  const groups = new Map<string, Change[]>();
  for (const change of changes)
    groups.set(change.instanceId, [...(groups.get(change.instanceId) ?? []), change]);
  return groups;
}

/**
 * The agreement with its items, as accepted, as refused by the quote, or as stale by now. Consumes the quote,
 * opens the refunds that it promises and reserves the rights that they take (E2), all in one round trip.
 */
export async function recordAgreement(
  tx: Transaction,
  quote: QuoteRow,
  rows: InstanceRow[],
  { terminationId, by, via }: Pick<Confirmation, 'terminationId' | 'by' | 'via'>,
  stale: ReadonlyMap<string, Change[]> = new Map(),
  promised: PromisedRefund[] = [],
): Promise<void> {
  const { id: quoteId, action, schedule, rulesVersion } = quote;
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
  const written = await Promise.all([
    itemsStatement(terminationId, items),
    ...(promised.length ? [refundsStatement(promised)] : []),
  ]);
  await Promise.all([
    insertTermination(tx, {
      id: terminationId,
      quoteId,
      action,
      schedule,
      rulesVersion,
      agreedVia: via,
      agreedBy: by,
    }),
    consumeQuote(tx, quoteId, terminationId),
    post(tx, {
      topic: 'termination.changed',
      accounts: [...new Set(rows.map(({ facts }) => facts.account))],
      payload: { command: 'accept', terminationId },
    }),
    ...written.map((statement) => tx.query(statement)),
    promised.length > 0 && action === 'return' && reserveRights(tx, terminationId, promised),
  ]);
}

function problemOfItem(
  { permitted, blockers }: QuotedItem,
  { life }: InstanceRow,
  changes: Change[] | undefined,
): ItemProblem | null {
  if (!permitted) return { code: blockers[0]!, state: life.state };
  return changes ? { code: 'QUOTE_STALE', state: life.state, changes } : null;
}

type PromisedRefund = NewRefund & NewRight;

/** The refunds of the accepted items. */
function refundsPromised(
  quote: QuoteRow,
  rows: InstanceRow[],
  terminationId: string,
  stale: ReadonlyMap<string, Change[]>,
): PromisedRefund[] {
  return quote.items.flatMap(({ permitted, refund: quoted, inputs, instanceId }, index) => {
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
        terminationId,
        quoteId: quote.id,
      },
    ];
  });
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
