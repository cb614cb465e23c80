/**
 * The table `terminations`: who agreed to what, by which quote. Written here only; its items are in
 * `items.ts`.
 */

import type { Action, Schedule } from '../../domain/instance';
import { inUtc, msOf } from '../../domain/instant';
import { type Db, prepared, type Transaction } from '../db';
import { bySeq, Conditions, listPage, type Page, type PageRequest } from '../paging';
import type { TerminationItemRow } from './items';
import type { UnknownItem } from './quotes';

export interface TerminationRow {
  id: string;
  quoteId: string;
  action: Action;
  schedule: Schedule;
  status: 'running' | 'done';
  agreedAt: string;
  agreedVia: string;
  agreedBy: string;
  rulesVersion: string;
  items: TerminationItemRow[];
  /** The quote's. */
  unknown: UnknownItem[];
}

type SelectedTermination = Omit<TerminationRow, 'status' | 'items'> & {
  seq: number;
  items: (Omit<TerminationItemRow, 'schedule'> & { scheduledAt: string | null })[];
};

const SELECT = `
  SELECT t.id, t.seq, t.quote_id AS "quoteId", t.action, t.schedule, t.rules_version AS "rulesVersion", t.agreed_at AS "agreedAt",
    t.agreed_via AS "agreedVia", t.agreed_by AS "agreedBy", (SELECT unknown FROM quotes q WHERE q.id = t.quote_id) AS unknown,
    (SELECT json_agg(json_build_object('instanceId', i.instance_id, 'status', i.status, 'refundId', i.refund_id,
        'releaseTime', i.release_time, 'scheduledAt', i.scheduled_at, 'problem', i.problem) ORDER BY i.position)
       FROM termination_items i WHERE i.termination_id = t.id) AS items
  FROM terminations t`;

function toTermination({ seq: _seq, ...row }: SelectedTermination): TerminationRow {
  const items = row.items.map(({ scheduledAt, releaseTime, ...item }) => ({
    ...item,
    releaseTime: releaseTime === null ? null : inUtc(releaseTime),
    schedule: movedTo(row.schedule, scheduledAt),
  }));
  const status = items.some((item) => item.status === 'accepted') ? 'running' : 'done';
  return { ...row, schedule: commonSchedule(row.schedule, items), status, items };
}

/** In the words of the agreement where the instant is still that one. */
function movedTo(agreed: Schedule, at: string | null): Schedule {
  if (agreed.mode !== 'timed' || at === null || msOf(at) === msOf(agreed.at)) return agreed;
  return { mode: 'timed', at: inUtc(at) };
}

/** The time that all its timed items have; where they differ, the one that was agreed to. */
function commonSchedule(agreed: Schedule, items: TerminationItemRow[]): Schedule {
  const [first, ...others] = items
    .filter(({ status }) => status !== 'refused' && status !== 'failed')
    .map(({ schedule }) => schedule);
  return first && others.every((one) => JSON.stringify(one) === JSON.stringify(first)) ? first : agreed;
}

const FIND_TERMINATION = prepared(`${SELECT} WHERE t.id = $1`);

export async function findTermination(db: Db, id: string): Promise<TerminationRow | undefined> {
  const { rows } = await db.query<SelectedTermination>(FIND_TERMINATION([id]));
  return rows[0] && toTermination(rows[0]);
}

export type NewTermination = Pick<
  TerminationRow,
  'id' | 'quoteId' | 'action' | 'schedule' | 'rulesVersion' | 'agreedVia' | 'agreedBy'
>;

const INSERT_TERMINATION = prepared(
  `INSERT INTO terminations (id, quote_id, action, schedule, rules_version, agreed_via, agreed_by)
   VALUES ($1, $2, $3, $4, $5, $6, $7)`,
);

export async function insertTermination(tx: Transaction, one: NewTermination): Promise<void> {
  const { id, quoteId, action, schedule, rulesVersion, agreedVia, agreedBy } = one;
  await tx.query(INSERT_TERMINATION([id, quoteId, action, schedule, rulesVersion, agreedVia, agreedBy]));
}

const OF_ACCOUNT = 'EXISTS (SELECT FROM termination_items i WHERE i.termination_id = t.id AND i.account = ?)';
const OF_INSTANCE = 't.id IN (SELECT i.termination_id FROM termination_items i WHERE i.instance_id = ?)';
const RUNNING =
  "EXISTS (SELECT FROM termination_items i WHERE i.termination_id = t.id AND i.status = 'accepted')";

export interface TerminationFilter {
  /** The only account that exists for who asks, and every item has to be its own; undefined: all do. */
  tenant: string | undefined;
  account?: string | undefined;
  status?: 'running' | 'done' | undefined;
  /** One of its items is this one's. */
  instanceId?: string | undefined;
  action?: Action | undefined;
}

/** The latest first. */
export async function listTerminations(
  db: Db,
  filter: TerminationFilter,
  page: PageRequest,
): Promise<Page<TerminationRow>> {
  const conditions = new Conditions()
    .add(
      'NOT EXISTS (SELECT FROM termination_items i WHERE i.termination_id = t.id AND i.account <> ?)',
      filter.tenant,
    )
    // It follows from the line above, and has an index.
    .add(OF_ACCOUNT, filter.tenant)
    .add(OF_ACCOUNT, filter.account)
    .add(OF_INSTANCE, filter.instanceId)
    .add('t.action = ?', filter.action);
  if (filter.status !== undefined)
    conditions.always(filter.status === 'running' ? RUNNING : `NOT ${RUNNING}`);
  return await listPage(
    db,
    { select: SELECT, conditions, by: bySeq<SelectedTermination>('t.seq'), latestFirst: true },
    page,
    toTermination,
  );
}
