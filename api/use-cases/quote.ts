import { issue } from '../../contract/issues';
import { MAX_QUOTED_ORDERS } from '../../domain/bounds';
import type { Action, Schedule } from '../../domain/instance';
import { createQuote, hasQuote, type QuoteRow, type UnknownItem } from '../../store/agreements/quotes';
import { onOneConnection } from '../../store/db';
import { countOrders, findInstances, type InstanceRow } from '../../store/lives/instances';
import { type Asking, derivedId } from '../asking';
import { type ApiDeps, policyOfRow, quoteSecondsOf } from '../deps';
import { invalid, notFound } from '../problem';
import { requireChoice } from './choice';
import { scheduleIssues } from './schedule';

export interface QuoteInput {
  action: Action;
  instanceIds: string[];
  schedule: Schedule;
  /** E7: the item that is to use the five-day right. */
  fiveDayFor?: string | undefined;
  /** Of a return of renewals of one instance: those that are to come back. */
  orderIds?: string[] | undefined;
}

/** Quotes the end of instances: for each what would happen, what is against it, and what it would pay. */
export async function quote(
  deps: ApiDeps,
  { caller, commandId }: Asking,
  asked: QuoteInput,
): Promise<QuoteRow> {
  const { action, instanceIds, schedule, fiveDayFor, orderIds } = asked;
  const policyFor = policyOfRow(deps);
  const id = derivedId('q', commandId);
  return await onOneConnection(deps.pool, async (db) => {
    const [orders, rows, isRepeat] = await Promise.all([
      countOrders(db, instanceIds, caller.account),
      findInstances(db, instanceIds, caller.account, MAX_QUOTED_ORDERS),
      hasQuote(db, id),
    ]);
    requireNotTooMany(orders);
    const unknown = unknownAmong(instanceIds, rows);
    // A repeat after a crash answers the quote that it made, although its time may have passed meanwhile.
    const issues = isRepeat ? [] : scheduleIssues(schedule, action, rows, policyFor, Date.now());
    if (issues.length) throw invalid(issues);
    if (!isRepeat) requireChoice(rows[0]!, orderIds);
    const policies = new Map(rows.map((row) => [row.facts.product, policyFor(row)]));
    return await createQuote(db, {
      id,
      rows,
      unknown,
      request: { action, schedule, fiveDayFor, orderIds },
      policyOf: (product) => policies.get(product)!,
      expiresInSeconds: quoteSecondsOf(deps),
    });
  });
}

/** @throws Problem 400 when instances have more orders together than one quote goes over */
function requireNotTooMany(orders: number): void {
  if (orders <= MAX_QUOTED_ORDERS) return;
  throw invalid([issue(['instanceIds'], 'TOO_MANY_ORDERS', { orders, maximum: MAX_QUOTED_ORDERS })]);
}

/**
 * One bad id spoils nothing (L17): those that are not there, or not for this caller, are items of their own.
 * @throws Problem 404 that names every one, when there are no others
 */
function unknownAmong(ids: string[], rows: InstanceRow[]): UnknownItem[] {
  const found = new Set(rows.map((row) => row.id));
  const unknown = ids.flatMap((instanceId, position) =>
    found.has(instanceId) ? [] : [{ instanceId, position }],
  );
  if (rows.length) return unknown;
  const issues = ids.map((_, index) => issue(['instanceIds', index], 'NOT_FOUND'));
  throw notFound('instance', ids.join(', '), issues);
}
