/**
 * The table `told`: who was told when that an instance is in the bin. A vendor's interface destroys what is ended
 * a second time, and must not take a repeat of the first time for that. Written here only.
 */
import type { Db } from '../db';

/** Longer than anybody asks for. What is older goes when its caller is told of something again. */
const KEPT = "interval '1 hour'";

/** Remembers that the caller has been told now. */
export async function tell(db: Db, caller: string, instanceIds: readonly string[]): Promise<void> {
  await db.query(
    `WITH old AS (
       DELETE FROM told WHERE caller = $1 AND instance_id <> ALL($2) AND told_at < clock_timestamp() - ${KEPT})
     INSERT INTO told (caller, instance_id, told_at)
     SELECT $1, id, clock_timestamp() FROM unnest($2::text[]) AS one (id) ORDER BY id
     ON CONFLICT (caller, instance_id) DO UPDATE SET told_at = excluded.told_at`,
    [caller, instanceIds],
  );
}
