import { refundId } from '../../domain/ids';
import type { Action, Schedule } from '../../domain/instance';
import type { Command, Envelope } from '../../domain/lifecycle';
import { moveRefund } from '../books/refunds';
import { Conditions, type Db, decodeCursor, type Pool, pageOf, transaction } from '../db';
import type { ItemProblem, Page, PageRequest, TerminationItemRow, TerminationRow, UnknownItem } from '../types';

/** What is sent to an instance's workflow for its item. */
export type ItemCommand = Envelope & { command: Extract<Command, { name: 'terminate' }> };

export interface AcceptedItem {
  instanceId: string;
  message: ItemCommand;
}

interface Row {
  id: string;
  seq: number;
  quote_id: string;
  action: Action;
  schedule: Schedule;
  rules_version: string;
  agreed_at: string;
  agreed_via: string;
  agreed_by: string;
  account: string;
  unknown: UnknownItem[];
  items: (Pick<TerminationItemRow, 'status' | 'problem'> & {
    instance_id: string;
    refund_id: string | null;
    release_time: string | null;
    scheduled_at: string | null;
  })[];
}

const SELECT = `
  SELECT t.*, (SELECT unknown FROM quotes q WHERE q.id = t.quote_id) AS unknown,
    (SELECT min(i.account) FROM termination_items i WHERE i.termination_id = t.id) AS account,
    (SELECT json_agg(json_build_object('instance_id', i.instance_id, 'status', i.status, 'refund_id', i.refund_id,
        'release_time', i.release_time, 'scheduled_at', i.scheduled_at, 'problem', i.problem) ORDER BY i.position)
       FROM termination_items i WHERE i.termination_id = t.id) AS items
  FROM terminations t`;

function toTermination(row: Row): TerminationRow {
  const items = row.items.map((item) => ({
    instanceId: item.instance_id,
    status: item.status,
    refundId: item.refund_id,
    releaseTime: item.release_time === null ? null : new Date(item.release_time).toISOString(),
    schedule: movedTo(row.schedule, item.scheduled_at),
    problem: item.problem,
  }));
  return {
    id: row.id,
    quoteId: row.quote_id,
    account: row.account,
    action: row.action,
    schedule: commonSchedule(row.schedule, items),
    status: items.some((item) => item.status === 'accepted') ? 'running' : 'done',
    agreedAt: row.agreed_at,
    agreedVia: row.agreed_via,
    agreedBy: row.agreed_by,
    rulesVersion: row.rules_version,
    items,
    unknown: row.unknown,
  };
}

/** In the words of the agreement where the instant is still that one. */
function movedTo(agreed: Schedule, at: string | null): Schedule {
  if (agreed.mode !== 'timed' || at === null || Date.parse(at) === Date.parse(agreed.at)) return agreed;
  return { mode: 'timed', at: new Date(at).toISOString() };
}

/** The time that all its timed items have; where they differ, the one that was agreed to. */
function commonSchedule(agreed: Schedule, items: TerminationItemRow[]): Schedule {
  const [first, ...others] = items.filter(({ status }) => status !== 'refused' && status !== 'failed').map(({ schedule }) => schedule);
  return first && others.every((one) => JSON.stringify(one) === JSON.stringify(first)) ? first : agreed;
}

export async function findTermination(db: Db, id: string): Promise<TerminationRow | undefined> {
  const { rows } = await db.query<Row>(`${SELECT} WHERE t.id = $1`, [id]);
  return rows[0] && toTermination(rows[0]);
}

const OF_ACCOUNT = 'EXISTS (SELECT FROM termination_items i WHERE i.termination_id = t.id AND i.account = ?)';
const RUNNING = "EXISTS (SELECT FROM termination_items i WHERE i.termination_id = t.id AND i.status = 'accepted')";

export interface TerminationFilter {
  /** The only account that exists for who asks, and every item has to be its own; undefined: all do. */
  tenant: string | undefined;
  account?: string | undefined;
  status?: 'running' | 'done' | undefined;
}

/** The latest first. */
export async function listTerminations(db: Db, filter: TerminationFilter, page: PageRequest): Promise<Page<TerminationRow>> {
  const conditions = new Conditions()
    .add('NOT EXISTS (SELECT FROM termination_items i WHERE i.termination_id = t.id AND i.account <> ?)', filter.tenant)
    // It follows from the line above, and has an index.
    .add(OF_ACCOUNT, filter.tenant)
    .add(OF_ACCOUNT, filter.account);
  if (filter.status !== undefined) conditions.always(filter.status === 'running' ? RUNNING : `NOT ${RUNNING}`);
  if (page.cursor !== undefined) conditions.add('t.seq < ?', decodeCursor(page.cursor, ['number'])[0]);
  const limit = conditions.parameter(page.limit + 1);
  const { rows } = await db.query<Row>(`${SELECT} ${conditions.where} ORDER BY t.seq DESC LIMIT ${limit}`, conditions.values);
  return pageOf(rows, page.limit, toTermination, (row) => [row.seq]);
}

/** Items that were accepted at least so long ago and have neither been done nor failed. */
export async function acceptedItems(db: Db, olderThanMs: number, limit: number): Promise<(AcceptedItem & { terminationId: string })[]> {
  const { rows } = await db.query<{ termination_id: string; instance_id: string; command: ItemCommand }>(
    `SELECT termination_id, instance_id, command FROM termination_items
     WHERE status = 'accepted' AND accepted_at < clock_timestamp() - make_interval(secs => $1) ORDER BY accepted_at LIMIT $2`,
    [olderThanMs / 1000, limit],
  );
  return rows.map((row) => ({ terminationId: row.termination_id, instanceId: row.instance_id, message: row.command }));
}

/**
 * Takes items to be sent again: those that were never tried first, then the one that has waited longest since. One that keeps failing waits as
 * long again as it has waited so far, up to five minutes, so that any number of stuck ones starve nobody; two sweeps take none twice.
 */
export async function takeItems(db: Db, olderThanMs: number, limit: number): Promise<(AcceptedItem & { terminationId: string })[]> {
  const { rows } = await db.query<{ termination_id: string; instance_id: string; command: ItemCommand }>(
    `WITH next AS (
       SELECT termination_id, instance_id FROM termination_items
       WHERE status = 'accepted' AND accepted_at < clock_timestamp() - make_interval(secs => $1)
         AND (tried_at IS NULL OR tried_at + least(tried_at - accepted_at, interval '5 minutes') < clock_timestamp())
       ORDER BY coalesce(tried_at, '-infinity'), accepted_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)
     UPDATE termination_items i SET tried_at = clock_timestamp() FROM next
     WHERE (i.termination_id, i.instance_id) = (next.termination_id, next.instance_id)
     RETURNING i.termination_id, i.instance_id, i.command`,
    [olderThanMs / 1000, limit],
  );
  return rows.map((row) => ({ terminationId: row.termination_id, instanceId: row.instance_id, message: row.command }));
}

/**
 * There was no running workflow to send an item to. When its instance has ended, the item has failed; when it lives, its workflow is lost:
 * the item says so, stays accepted, and is carried out after the repair (L14).
 */
export async function itemWithoutWorkflow(pool: Pool, terminationId: string, instanceId: string): Promise<void> {
  const { rows } = await pool.query<{ state: string }>('SELECT state FROM instances WHERE id = $1', [instanceId]);
  const { state } = rows[0]!;
  if (state === 'terminated') return await failItem(pool, terminationId, instanceId, { code: 'WRONG_STATE', state });
  await pool.query("UPDATE termination_items SET problem = $3 WHERE termination_id = $1 AND instance_id = $2 AND status = 'accepted'", [
    terminationId,
    instanceId,
    { code: 'WORKFLOW_LOST', state },
  ]);
}

/** The items of one termination that are still to be sent. */
export async function itemsToSend(db: Db, terminationId: string): Promise<AcceptedItem[]> {
  const { rows } = await db.query<{ instance_id: string; command: ItemCommand }>(
    "SELECT instance_id, command FROM termination_items WHERE termination_id = $1 AND status = 'accepted' ORDER BY position",
    [terminationId],
  );
  return rows.map((row) => ({ instanceId: row.instance_id, message: row.command }));
}

/** An item that its instance refused: it fails alone, its refund with it, and its right is given back (E2). An item that is decided already stays as it is. */
export async function failItem(pool: Pool, terminationId: string, instanceId: string, problem: ItemProblem): Promise<void> {
  await transaction(pool, async (tx) => {
    const { rowCount } = await tx.query(
      "UPDATE termination_items SET status = 'failed', problem = $3, release_time = NULL WHERE termination_id = $1 AND instance_id = $2 AND status = 'accepted'",
      [terminationId, instanceId, problem],
    );
    if (!rowCount) return;
    await tx.query("UPDATE rights SET status = 'returned' WHERE termination_id = $1 AND instance_id = $2 AND status = 'reserved'", [
      terminationId,
      instanceId,
    ]);
    await moveRefund(tx, refundId(terminationId, instanceId), ['failed'], { problem });
  });
}
