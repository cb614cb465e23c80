/**
 * What a workflow is started again from when Temporal has lost it (L14): the life as it is stored, and what
 * was answered last.
 */
import type { Life } from '../../domain/lifecycle';
import type { Db } from '../db';
import { findInstance } from './instances';

export interface StoredLife {
  life: Life;
  region: string;
  /** How far fast-forward had moved the instance's clock ahead, in milliseconds. */
  clockOffsetMs: number;
  /**
   * The latest commands that took effect, oldest first: repeating one of them still answers its first result
   * (L8).
   */
  done: { id: string; step: number; refundId: string | null }[];
}

/** As many as a workflow remembers itself. */
const REMEMBERED = 50;

export async function storedLife(db: Db, instanceId: string): Promise<StoredLife | undefined> {
  const row = await findInstance(db, instanceId);
  if (!row) return undefined;
  const { rows: done } = await db.query<StoredLife['done'][number]>(
    `SELECT id, step, "refundId" FROM (
       SELECT command_id AS id, step, refund_id AS "refundId" FROM steps
       WHERE instance_id = $1 AND outcome = 'done' AND authority <> 'sunset' ORDER BY step DESC LIMIT ${REMEMBERED}) AS latest ORDER BY step`,
    [instanceId],
  );
  return { life: row.life, region: row.facts.region, clockOffsetMs: row.clockOffsetMs, done };
}
