/**
 * The table `termination_items`: what was agreed of each instance, and what has become of it. Written here
 * only.
 */

import type { QueryConfig } from 'pg';
import type { Command, Envelope } from '../../domain/commands';
import { refundId } from '../../domain/ids';
import type { Schedule } from '../../domain/instance';
import type { Plan } from '../../domain/plan';
import type { ItemStatus } from '../../domain/statuses';
import { moveRefund } from '../books/refunds';
import { type Db, type Pool, prepared, type Transaction, transaction } from '../db';
import { jsonOf } from '../json';
import { post } from '../outbox';
import { Conditions } from '../paging';
import type { ItemProblem } from './problem';
import { giveBackRights } from './rights';

export interface TerminationItemRow {
  instanceId: string;
  status: ItemStatus;
  refundId: string | null;
  releaseTime: string | null;
  /** As it now is: a timed one may have been moved since it was agreed to. */
  schedule: Schedule;
  /** What went wrong or stood against it. */
  problem: ItemProblem | null;
}

/** What is sent to an instance's workflow for its item. */
export type ItemCommand = Envelope & { command: Extract<Command, { name: 'terminate' }> };

export interface AcceptedItem {
  instanceId: string;
  message: ItemCommand;
}

export interface NewItem {
  instanceId: string;
  account: string;
  status: 'accepted' | 'refused';
  /** null: nothing is to be sent. */
  command: ItemCommand | null;
  releaseTime: string | null;
  problem: ItemProblem | null;
  /** What becomes of the instance's parts (L19). */
  plan: Plan | null;
}

const INSERT_ITEMS = prepared(
  `INSERT INTO termination_items (termination_id, instance_id, position, account, status, command, release_time, problem, plan)
   SELECT $1, item->>'instanceId', place - 1, item->>'account', item->>'status', nullif(item->'command', 'null'),
     (item->>'releaseTime')::timestamptz, nullif(item->'problem', 'null'), nullif(item->'plan', 'null')
   FROM jsonb_array_elements($2::json::jsonb) WITH ORDINALITY AS items (item, place)`,
);

/** The statement that keeps items, in the order of the quote. */
export const itemsStatement = async (terminationId: string, items: NewItem[]): Promise<QueryConfig> =>
  INSERT_ITEMS([terminationId, await jsonOf(items)]);

const LOCK_COMMAND = prepared(
  'SELECT status, command FROM termination_items WHERE termination_id = $1 AND instance_id = $2 FOR UPDATE',
);

/**
 * What was agreed to be sent, while it is still to be done. Nobody else moves the item until the transaction
 * ends.
 */
export async function lockCommand(
  tx: Transaction,
  terminationId: string,
  instanceId: string,
): Promise<ItemCommand | undefined> {
  const { rows } = await tx.query<{ status: ItemStatus; command: ItemCommand }>(
    LOCK_COMMAND([terminationId, instanceId]),
  );
  return rows[0]?.status === 'accepted' ? rows[0].command : undefined;
}

export interface ItemChange {
  terminationId: string;
  status: ItemStatus;
  releaseTime: string | null;
  /** The time that it now waits for; missing: a cancelled or fired one keeps the last. */
  scheduledAt?: string;
  /** Missing: it has none. */
  problem?: ItemProblem | null;
  /** Missing: as it was. */
  refundId?: string;
}

const CHANGE_ITEM = prepared(
  `UPDATE termination_items SET status = $3, release_time = $4, scheduled_at = coalesce($5, scheduled_at), problem = $6,
     refund_id = coalesce($7, refund_id)
   WHERE termination_id = $1 AND instance_id = $2`,
);

export async function changeItem(tx: Transaction, instanceId: string, change: ItemChange): Promise<void> {
  await tx.query(
    CHANGE_ITEM([
      change.terminationId,
      instanceId,
      change.status,
      change.releaseTime,
      change.scheduledAt ?? null,
      change.problem ?? null,
      change.refundId ?? null,
    ]),
  );
}

const LEAVE_BIN = prepared(
  `UPDATE termination_items SET release_time = CASE WHEN $4 THEN least(release_time, $3::timestamptz) END
   WHERE instance_id = $1 AND status = 'done' AND release_time = $2`,
);

/**
 * The item that led into the bin no longer says when it will be released: it was restored, or has gone before
 * its time.
 */
export async function clearReleaseTimes(
  tx: Transaction,
  instanceId: string,
  { purgeTime, at, isReleased }: { purgeTime: string; at: string; isReleased: boolean },
): Promise<void> {
  await tx.query(LEAVE_BIN([instanceId, purgeTime, at, isReleased]));
}

/**
 * SQL of the plan of the quote that an instance was ended by last (L19).
 * @param instance SQL of its id
 * @param underWay SQL of the termination that is being carried out just now
 */
export const agreedPlanOf = (instance: string, underWay = 'NULL'): string =>
  `SELECT item.plan FROM termination_items item JOIN terminations t ON t.id = item.termination_id
   WHERE item.instance_id = ${instance} AND (item.status = 'done' OR item.termination_id = ${underWay})
     AND t.action <> 'return-renewals'
   ORDER BY item.accepted_at DESC LIMIT 1`;
const PLAN_AGREED = prepared(agreedPlanOf('$1', '$2'));

/** @param terminationId the one that is being carried out just now */
export async function planAgreed(
  db: Db,
  instanceId: string,
  terminationId: string | undefined,
): Promise<Plan | undefined> {
  const { rows } = await db.query<{ plan: Plan | null }>(PLAN_AGREED([instanceId, terminationId ?? null]));
  return rows[0]?.plan ?? undefined;
}

const TO_SEND = 'termination_id AS "terminationId", instance_id AS "instanceId", command AS message';
export type ToSend = AcceptedItem & { terminationId: string };

/** Of an accepted item: a control plane has it in hand, so it is neither to be sent nor late. */
const IN_HAND = `EXISTS (SELECT FROM instances i WHERE i.id = instance_id
  AND i.life->'crossing'->'envelope'->>'id' = termination_id || '/' || instance_id)`;

/** By then a workflow that runs has answered what was sent to it. */
const ANSWERED_WITHIN = "interval '10 seconds'";
const JUST_SENT = `tried_at > clock_timestamp() - ${ANSWERED_WITHIN}`;
/**
 * Of items that are accepted: not one of thousands that wait for their turn to be sent. Either it was sent and not answered, or
 * nobody sends.
 */
const IS_HELD_UP = `CASE WHEN tried_at IS NULL
  THEN NOT EXISTS (SELECT FROM termination_items WHERE status = 'accepted' AND ${JUST_SENT}) ELSE NOT ${JUST_SENT} END`;

const acceptedBy = (more: string) => {
  const sql = `SELECT ${TO_SEND} FROM termination_items
    WHERE status = 'accepted' AND accepted_at < clock_timestamp() - make_interval(secs => $1) AND NOT ${IN_HAND} ${more}
    ORDER BY accepted_at LIMIT $2`;
  return async (db: Db, olderThanMs: number, limit: number): Promise<ToSend[]> =>
    (await db.query<ToSend>(sql, [olderThanMs / 1000, limit])).rows;
};

/** Items that were accepted at least so long ago and have neither been done nor failed, and nobody has in hand. */
export const acceptedItems = acceptedBy('');

/** {@link acceptedItems} without those that only wait for their turn: to look at each of thousands would take the time that they wait for. */
export const heldUpItems = acceptedBy(`AND ${IS_HELD_UP}`);

/**
 * Takes items to be sent again: those that were never tried first, then the one that has waited longest
 * since. One that keeps failing waits as long again as it has waited so far, up to five minutes, so that any
 * number of stuck ones starve nobody; two sweeps take none twice.
 */
export async function takeItems(db: Db, olderThanMs: number, limit: number): Promise<ToSend[]> {
  const { rows } = await db.query<ToSend>(
    `WITH next AS (
       SELECT termination_id AS t, instance_id AS i FROM termination_items
       WHERE status = 'accepted' AND accepted_at < clock_timestamp() - make_interval(secs => $1)
         AND NOT ${IN_HAND} AND (tried_at IS NULL OR tried_at + least(tried_at - accepted_at, interval '5 minutes') < clock_timestamp())
       ORDER BY coalesce(tried_at, '-infinity'), accepted_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)
     UPDATE termination_items SET tried_at = clock_timestamp() FROM next
     WHERE (termination_id, instance_id) = (next.t, next.i) RETURNING ${TO_SEND}`,
    [olderThanMs / 1000, limit],
  );
  return rows;
}

const ITEMS_TO_SEND = prepared(
  `SELECT instance_id AS "instanceId", command AS message FROM termination_items
   WHERE termination_id = $1 AND status = 'accepted' ORDER BY position`,
);

/** The items of one termination that are still to be sent. */
export async function itemsToSend(db: Db, terminationId: string): Promise<AcceptedItem[]> {
  const { rows } = await db.query<AcceptedItem>(ITEMS_TO_SEND([terminationId]));
  return rows;
}

/**
 * There was no running workflow to send an item to. When its instance has ended, the item has failed; when it
 * lives, its workflow is lost: the item says so, stays accepted, and is carried out after the repair (L14).
 */
export async function itemWithoutWorkflow(
  pool: Pool,
  terminationId: string,
  instanceId: string,
): Promise<void> {
  const { rows } = await pool.query<{ state: string }>('SELECT state FROM instances WHERE id = $1', [
    instanceId,
  ]);
  const { state } = rows[0]!;
  if (state === 'terminated')
    return await failItem(pool, terminationId, instanceId, { code: 'WRONG_STATE', state });
  await pool.query(
    "UPDATE termination_items SET problem = $3 WHERE termination_id = $1 AND instance_id = $2 AND status = 'accepted'",
    [terminationId, instanceId, { code: 'WORKFLOW_LOST', state }],
  );
}

/**
 * An item that its instance refused: it fails alone, its refund with it, and its right is given back (E2). A
 * decided one stays as it is.
 */
export async function failItem(
  pool: Pool,
  terminationId: string,
  instanceId: string,
  problem: ItemProblem,
): Promise<void> {
  await transaction(pool, async (tx) => {
    const { rowCount } = await tx.query(
      `UPDATE termination_items SET status = 'failed', problem = $3, release_time = NULL
       WHERE termination_id = $1 AND instance_id = $2 AND status = 'accepted'`,
      [terminationId, instanceId, problem],
    );
    if (!rowCount) return;
    await giveBackRights(tx, terminationId, instanceId);
    await moveRefund(tx, { id: refundId(terminationId, instanceId), statuses: ['failed'], problem });
    const payload = { command: 'fail', terminationId };
    await post(tx, { topic: 'termination.changed', instanceId, payload });
  });
}

/** The latest end of an instance that was agreed to and not refused, and what its agreement was. */
export interface LatestEnding {
  instanceId: string;
  terminationId: string;
  status: 'accepted' | 'done';
  agreedVia: string;
  agreedBy: string;
  /** How long ago that was, by the database's clock. */
  ageSeconds: number;
  /** Whether the caller has been told since that the instance is in the bin (told.ts). */
  isTold: boolean;
}

/** Of those that have one. @param caller whose knowledge counts */
export async function latestEndings(
  db: Db,
  instanceIds: readonly string[],
  caller: string,
): Promise<LatestEnding[]> {
  const { rows } = await db.query<LatestEnding>(
    `SELECT DISTINCT ON (item.instance_id) item.instance_id AS "instanceId", t.id AS "terminationId", item.status,
       t.agreed_via AS "agreedVia", t.agreed_by AS "agreedBy",
       extract(epoch FROM clock_timestamp() - t.agreed_at)::float8 AS "ageSeconds",
       EXISTS (SELECT FROM told WHERE told.caller = $2 AND told.instance_id = item.instance_id
         AND told.told_at > t.agreed_at) AS "isTold"
     FROM termination_items item JOIN terminations t ON t.id = item.termination_id
     WHERE item.instance_id = ANY($1) AND item.status IN ('accepted', 'done') AND t.action <> 'return-renewals'
     ORDER BY item.instance_id, item.accepted_at DESC`,
    [instanceIds, caller],
  );
  return rows;
}

/** A timed item as a timer: `doing` when its time has come and it is not done. */
export interface Timer {
  terminationId: string;
  /** Its place among the items of its termination. */
  position: number;
  instanceId: string;
  at: string;
  status: 'waiting' | 'doing' | 'done';
}

export interface TimerFilter {
  /** The only account that exists for who asks; undefined: all do. */
  tenant: string | undefined;
  product: string;
  region?: string | undefined;
  instanceIds?: readonly string[] | undefined;
  /** `<termination>-<position>` */
  items?: readonly string[] | undefined;
  statuses?: readonly Timer['status'][] | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** Timed items that wait or have come, the latest agreed first; not those that were cancelled or refused. */
export async function listTimers(db: Db, filter: TimerFilter, limit: number): Promise<Timer[]> {
  const { tenant, product, region, instanceIds, items, statuses, from, to } = filter;
  const conditions = new Conditions()
    .add('account = ?', tenant)
    .add('product = ?', product)
    .add('region = ?', region)
    .add('"instanceId" = ANY(?)', instanceIds)
    // The first has an index.
    .add(
      '"terminationId" = ANY(?)',
      items?.map((item) => item.replace(/-\d+$/, '')),
    )
    .add(`"terminationId" || '-' || position = ANY(?)`, items)
    .add('status = ANY(?)', statuses)
    .add('at >= ?', from)
    .add('at <= ?', to);
  const { rows } = await db.query<Timer>(
    `SELECT "terminationId", position, "instanceId", at, status FROM (
       SELECT i.account, i.product, i.region, item.termination_id AS "terminationId", item.position, item.accepted_at,
         item.instance_id AS "instanceId", coalesce(item.scheduled_at, (t.schedule->>'at')::timestamptz) AS at,
         CASE WHEN item.status = 'done' THEN 'done'
           WHEN item.scheduled_at <= clock_timestamp() + i.clock_offset_ms * interval '1 millisecond' THEN 'doing'
           ELSE 'waiting' END AS status
       FROM termination_items item JOIN terminations t ON t.id = item.termination_id
         JOIN instances i ON i.id = item.instance_id
       WHERE t.schedule->>'mode' = 'timed' AND item.status IN ('accepted', 'scheduled', 'done')) AS timers
     ${conditions.where} ORDER BY accepted_at DESC, position LIMIT ${conditions.parameter(limit)}`,
    conditions.values,
  );
  return rows;
}
