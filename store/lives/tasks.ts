/**
 * The table `tasks`: commands under the numbers that a vendor's interface tells its callers. What has become of
 * one is read from its step, or from the item that it carries out. Written here only.
 */
import type { ItemStatus } from '../../domain/statuses';
import type { ItemProblem } from '../agreements/problem';
import type { Db } from '../db';

export interface NewTask {
  instanceId: string;
  commandId: string;
  /** Of the agreement that the command is an item of; missing: it was sent by itself. */
  terminationId?: string;
  /** In the vendor's words. */
  kind: string;
}

/** The number of a command, which a repeat is told again. */
export async function keepTask(
  db: Db,
  { instanceId, commandId, terminationId, kind }: NewTask,
): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    `WITH kept AS (
       INSERT INTO tasks (instance_id, command_id, termination_id, kind) VALUES ($1, $2, $3, $4)
       ON CONFLICT (instance_id, command_id) DO NOTHING RETURNING id)
     SELECT id FROM kept UNION ALL SELECT id FROM tasks WHERE instance_id = $1 AND command_id = $2`,
    [instanceId, commandId, terminationId ?? null, kind],
  );
  return rows[0]!.id;
}

export interface TaskRow {
  id: number;
  instanceId: string;
  kind: string;
  /** By the wall clock. */
  askedAt: string;
  /** `waiting`: for the repair of the instance's workflow. */
  status: 'waiting' | 'running' | 'done' | 'failed';
  /** What went wrong, or what it waits for. */
  problem: ItemProblem | null;
}

type Row = Omit<TaskRow, 'status'> & { outcome: 'done' | 'refused' | null; item: ItemStatus | null };

/** Of any account: whoever asks has to see its instance. */
export async function findTask(db: Db, id: number): Promise<TaskRow | undefined> {
  const { rows } = await db.query<Row>(
    `SELECT t.id, t.instance_id AS "instanceId", t.kind, t.asked_at AS "askedAt", s.outcome, item.status AS item,
       coalesce(item.problem, CASE WHEN s.outcome = 'refused' THEN jsonb_build_object('code', s.code, 'state', s.to_state) END)
         AS problem
     FROM tasks t LEFT JOIN steps s ON s.instance_id = t.instance_id AND s.command_id = t.command_id
       LEFT JOIN termination_items item ON item.instance_id = t.instance_id AND item.termination_id = t.termination_id
     WHERE t.id = $1`,
    [id],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { outcome, item, ...task } = row;
  const status = statusOf(outcome, item, task.problem);
  return { ...task, status, problem: status === 'done' ? null : task.problem };
}

function statusOf(outcome: Row['outcome'], item: Row['item'], problem: Row['problem']): TaskRow['status'] {
  if (outcome === 'done') return 'done';
  if (outcome === 'refused' || item === 'failed' || item === 'refused') return 'failed';
  return problem ? 'waiting' : 'running';
}
