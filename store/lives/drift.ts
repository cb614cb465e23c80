/** The table `drift`: how control planes have machines otherwise than their instances' lives say. */
import { randomUUID } from 'node:crypto';
import type { Facts } from '../../domain/instance';
import type { Life } from '../../domain/lifecycle';
import type { DriftStatus } from '../../domain/statuses';
import type { Db } from '../db';
import { bySeq, Conditions, listPage, type Page, type PageRequest } from '../paging';

/** A machine as it was found. */
export interface FoundMachine {
  exists: boolean;
  power: 'running' | 'stopped';
  isolated: boolean;
}

export interface DriftRow {
  id: string;
  instanceId: string;
  account: string;
  /** Of the instance, when it was found. */
  state: Life['state'];
  found: FoundMachine;
  status: DriftStatus;
  /** ISO-8601, wall clock. */
  foundAt: string;
  seenAt: string;
  decision: { by: string; at: string; reason: string } | null;
}

/** An instance that is at rest, and whose machine can be looked at. */
export interface Driven {
  id: string;
  seq: number;
  facts: Facts;
  life: Life;
}

/** Living instances that a control plane carries out and that are not on their way just now, page by page. */
export async function drivenInstances(db: Db, after: number, limit: number): Promise<Driven[]> {
  const { rows } = await db.query<Driven>(
    `SELECT id, seq, facts, life FROM instances
     WHERE life ? 'driver' AND state <> 'terminated' AND seq > $1 ORDER BY seq LIMIT $2`,
    [after, limit],
  );
  return rows;
}

/**
 * Keeps what was found of one that has taken no step since it was read: once as long as it is the same, also when somebody
 * has said that it is to be ignored.
 */
export async function keepDrift(db: Db, { id, life }: Driven, found: FoundMachine): Promise<void> {
  const { exists, power, isolated } = found;
  await db.query(
    `WITH i AS (SELECT id, account, state FROM instances WHERE id = $2 AND step = $3),
     known AS (
       UPDATE drift d SET seen_at = clock_timestamp(), exists = $4::boolean, power = $5::text, isolated = $6::boolean, state = i.state FROM i
       WHERE d.instance_id = i.id AND (d.status = 'open' OR (d.status = 'ignored'
         AND (d.state, d.exists, d.power, d.isolated) = (i.state, $4::boolean, $5::text, $6::boolean)
         AND d.seq = (SELECT max(seq) FROM drift WHERE instance_id = i.id)))
       RETURNING 1)
     INSERT INTO drift (id, instance_id, account, state, exists, power, isolated, status, found_at, seen_at)
     SELECT $1, id, account, state, $4::boolean, $5::text, $6::boolean, 'open', clock_timestamp(), clock_timestamp() FROM i
     WHERE NOT EXISTS (SELECT FROM known) ON CONFLICT DO NOTHING`,
    [`d_${randomUUID()}`, id, life.step, exists, power, isolated],
  );
}

/** It is as it should be. */
export async function endDrift(db: Db, instanceId: string): Promise<void> {
  await db.query(
    "UPDATE drift SET status = 'gone', seen_at = clock_timestamp() WHERE instance_id = $1 AND status = 'open'",
    [instanceId],
  );
}

/** Decides one that is open. @returns whether it was */
export async function decideDrift(
  db: Db,
  id: string,
  { status, by, reason }: { status: DriftStatus; by: string; reason: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE drift SET status = $2, decided_by = $3, decided_at = clock_timestamp(), reason = $4 WHERE id = $1 AND status = 'open'`,
    [id, status, by, reason],
  );
  return rowCount === 1;
}

const SELECT = `SELECT id, seq, instance_id AS "instanceId", account, state, status, found_at AS "foundAt", seen_at AS "seenAt",
  json_build_object('exists', exists, 'power', power, 'isolated', isolated) AS found,
  CASE WHEN decided_by IS NOT NULL THEN json_build_object('by', decided_by, 'at', decided_at, 'reason', reason) END AS decision
  FROM drift`;

type Selected = DriftRow & { seq: number };

const toRow = ({ seq: _seq, ...row }: Selected): DriftRow => row;

/** @param tenant the only account that exists for who asks; undefined: all do */
export async function findDrift(
  db: Db,
  id: string,
  tenant: string | undefined,
): Promise<DriftRow | undefined> {
  const { rows } = await db.query<Selected>(
    `${SELECT} WHERE id = $1 AND ($2::text IS NULL OR account = $2)`,
    [id, tenant ?? null],
  );
  return rows[0] && toRow(rows[0]);
}

export interface DriftFilter {
  tenant: string | undefined;
  account?: string | undefined;
  instanceId?: string | undefined;
  status: DriftStatus;
}

/** The first that was found first. */
export async function listDrift(
  db: Db,
  { tenant, account, instanceId, status }: DriftFilter,
  page: PageRequest,
): Promise<Page<DriftRow>> {
  const conditions = new Conditions()
    .add('account = ?', tenant)
    .add('account = ?', account)
    .add('instance_id = ?', instanceId)
    .add('status = ?', status);
  return await listPage(db, { select: SELECT, conditions, by: bySeq<Selected>() }, page, toRow);
}

/** How many wait for somebody: what drifted, and what a control plane does not bring to an end. */
export async function countWaiting(db: Db): Promise<{ drift: number; attention: number }> {
  const { rows } = await db.query<{ drift: number; attention: number }>(
    `SELECT (SELECT count(*) FROM drift WHERE status = 'open') AS drift,
       (SELECT count(*) FROM instances WHERE life->'crossing' ? 'attention') AS attention`,
  );
  return rows[0]!;
}
