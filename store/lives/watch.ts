/** What the watch over lives has seen last: one row, which `/metrics` and `sunset doctor` read (L14). */
import { isoOf } from '../../domain/instant';
import type { Db } from '../db';

/**
 * `lost`: it has no running workflow, so nothing will happen to it. `stuck`: it has one, which does not
 * answer. `overdue`: it answers, and a deadline that has passed is not taken.
 */
export type TroubleKind = 'lost' | 'stuck' | 'overdue';

export interface Trouble {
  instanceId: string;
  kind: TroubleKind;
  detail: string;
  /** When it was first seen so. ISO-8601, wall clock. */
  since: string;
}

export interface Watch {
  at: string;
  counts: Record<TroubleKind, number>;
  /** {@link KEPT} at most; the counts are of all that were seen. */
  troubles: Trouble[];
}

const KEPT = 1000;

/**
 * Takes the next round, once in so many milliseconds among all workers.
 * @returns whether it is this process's
 */
export async function claimWatch(db: Db, everyMs: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO watch (claimed_at) VALUES (clock_timestamp())
     ON CONFLICT (one) DO UPDATE SET claimed_at = clock_timestamp()
     WHERE watch.claimed_at < clock_timestamp() - make_interval(secs => $1)`,
    [everyMs / 1000],
  );
  return rowCount === 1;
}

export async function keepWatch(db: Db, seen: Omit<Trouble, 'since'>[]): Promise<void> {
  const before = new Map(
    (await lastWatch(db))?.troubles.map((one) => [`${one.kind} ${one.instanceId}`, one.since]),
  );
  const now = isoOf(Date.now());
  const troubles = seen.map((one) => ({ ...one, since: before.get(`${one.kind} ${one.instanceId}`) ?? now }));
  const count = (kind: TroubleKind): number => seen.filter((one) => one.kind === kind).length;
  await db.query('UPDATE watch SET at = clock_timestamp(), counts = $1, troubles = $2', [
    { lost: count('lost'), stuck: count('stuck'), overdue: count('overdue') },
    JSON.stringify(troubles.slice(0, KEPT)),
  ]);
}

/** undefined before the first round has ended. */
export async function lastWatch(db: Db): Promise<Watch | undefined> {
  return (await db.query<Watch>('SELECT at, counts, troubles FROM watch WHERE at IS NOT NULL')).rows[0];
}

/**
 * Lives whose next deadline has passed by more than `seconds` on their own clocks (decision 1).
 * `instances.due_at` is written by each step, so this reads an index and not every life.
 */
export async function overdueLives(
  db: Db,
  seconds: number,
  limit: number,
): Promise<{ id: string; due: string }[]> {
  const { rows } = await db.query<{ id: string; due: string }>(
    `SELECT id, due_at AS due FROM instances
     WHERE due_at < clock_timestamp() - make_interval(secs => $1)
       OR (clock_offset_ms > 0 AND due_at < clock_timestamp() + make_interval(secs => clock_offset_ms / 1000.0 - $1))
     ORDER BY due_at, id LIMIT $2`,
    [seconds, limit],
  );
  return rows;
}

export async function countLiving(db: Db): Promise<number> {
  return (await db.query<{ count: number }>("SELECT count(*) FROM instances WHERE state <> 'terminated'"))
    .rows[0]!.count;
}

/** By id; those that are not registered are missing. */
export async function statesOf(db: Db, ids: string[]): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: string; state: string }>(
    'SELECT id, state FROM instances WHERE id = ANY ($1)',
    [ids],
  );
  return new Map(rows.map(({ id, state }) => [id, state]));
}
