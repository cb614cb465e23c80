/**
 * Holds of an instance (E5): who put it on hold or took it off, and why. The table `hold_changes` is written
 * here only.
 */
import { type Pool, transaction } from '../db';
import { post } from '../outbox';
import { setHold } from './instances';

export interface HoldChange {
  id: string;
  hold: boolean;
  reason: string;
  by: string;
}

/** Puts an instance on hold or takes it off. */
export async function putHold(pool: Pool, { id, hold, reason, by }: HoldChange): Promise<void> {
  await transaction(pool, async (tx) => {
    const { rows } = await tx.query<{ at: string }>(
      `INSERT INTO hold_changes (instance_id, hold, reason, changed_by, after_step, effective_at)
       SELECT $1, $2, $3, $4, step, clock_timestamp() + make_interval(secs => clock_offset_ms / 1000.0) FROM instances WHERE id = $1
       RETURNING recorded_at AS at`,
      [id, hold, reason, by],
    );
    await Promise.all([
      setHold(tx, id, hold ? { reason, by, at: rows[0]!.at } : null),
      post(tx, { topic: 'instance.changed', instanceId: id, payload: { command: hold ? 'hold' : 'unhold' } }),
    ]);
  });
}
