import { issue } from '../../contract/issues';
import { MAX_ORDERS, MAX_QUOTED_ORDERS } from '../../domain/bounds';
import type { Action, Schedule } from '../../domain/instance';
import { createQuote, hasQuote, type QuoteRow, type UnknownItem } from '../../store/agreements/quotes';
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
  await requireNotTooMany(deps, instanceIds, caller.account);
  const rows = await findInstances(deps.pool, instanceIds, caller.account);
  const unknown = unknownAmong(instanceIds, rows);
  const policyFor = policyOfRow(deps);
  const id = derivedId('q', commandId);
  // A repeat after a crash answers the quote that it made, although its time may have passed meanwhile.
  const isRepeat = await hasQuote(deps.pool, id);
  const issues = isRepeat ? [] : scheduleIssues(schedule, action, rows, policyFor, Date.now());
  if (issues.length) throw invalid(issues);
  if (!isRepeat) requireChoice(rows[0]!, orderIds);
  const policies = new Map(rows.map((row) => [row.facts.product, policyFor(row)]));
  return await createQuote(deps.pool, {
    id,
    instanceIds: rows.map((row) => row.id),
    unknown,
    request: { action, schedule, fiveDayFor, orderIds },
    policyOf: (product) => policies.get(product)!,
    expiresInSeconds: quoteSecondsOf(deps),
  });
}

/** Counted before any is read. @throws Problem 400 when they have more orders than one quote goes over */
async function requireNotTooMany({ pool }: ApiDeps, ids: string[], tenant: string | null): Promise<void> {
  if (ids.length * MAX_ORDERS <= MAX_QUOTED_ORDERS) return;
  const orders = await countOrders(pool, ids, tenant);
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
