/** Usage as the control plane reports it, for as long as it may be charged (L9). */

import { clockOf } from '../../domain/clock';
import { msOf } from '../../domain/instant';
import { advance } from '../../domain/lifecycle';
import { type Db, type Pool, prepared, type Transaction, transaction } from '../db';
import { bySeq, Conditions, listPage, type Page, type PageRequest } from '../paging';
import { findInstance, holdSteps } from './instances';

export interface NewUsage {
  id: string;
  instanceId: string;
  meter: string;
  /** Decimal string, of whatever the meter counts. */
  quantity: string;
  startsAt: string;
  endsAt: string;
  by: string;
}

export interface UsageRow extends Omit<NewUsage, 'by'> {
  /** Before `endsAt` where a billing stop cut it. */
  chargedUntil: string;
  reportedBy: string;
  recordedAt: string;
}

/**
 * Keeps a report, or answers since when billing had stopped. The same id again answers the report that
 * exists.
 */
export async function recordUsage(
  pool: Pool,
  usage: NewUsage,
): Promise<{ row: UsageRow } | { stoppedAt: string }> {
  return await transaction(pool, async (tx) => {
    // Steps lock the row for update: a billing stop is either seen here, or its step comes after this report
    // and cuts it.
    await holdSteps(tx, usage.instanceId);
    const known = await findUsage(tx, usage.id);
    if (known) return { row: known };
    const stoppedAt = (await billingStopWithin(tx, usage)) ?? (await promisedStop(tx, usage));
    if (stoppedAt !== undefined) return { stoppedAt };
    await tx.query(
      'INSERT INTO usage (id, instance_id, meter, quantity, starts_at, ends_at, reported_by) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [usage.id, usage.instanceId, usage.meter, usage.quantity, usage.startsAt, usage.endsAt, usage.by],
    );
    return { row: (await findUsage(tx, usage.id))! };
  });
}

/**
 * The first billing stop that the span runs into. A restore starts billing again, so the whole timeline
 * counts.
 */
async function billingStopWithin(
  tx: Transaction,
  { instanceId, startsAt, endsAt }: NewUsage,
): Promise<string | undefined> {
  const { rows } = await tx.query<{ stopped: string | null }>(
    `WITH spans AS (
       SELECT (life->>'billingStoppedAt')::timestamptz AS stopped, lead(effective_at, 1, 'infinity') OVER (ORDER BY step) AS until
       FROM steps WHERE instance_id = $1)
     SELECT min(stopped) AS stopped FROM spans WHERE stopped < $3::timestamptz AND until > $2::timestamptz`,
    [instanceId, startsAt, endsAt],
  );
  return rows[0]?.stopped ?? undefined;
}

/**
 * A billing stop that has come and is still to be carried out counts from the instant for which it was
 * promised (L12).
 */
async function promisedStop(tx: Transaction, { instanceId, endsAt }: NewUsage): Promise<string | undefined> {
  const row = await findInstance(tx, instanceId);
  const stop = row && advance(row.life, clockOf(row, Date.now())).billingStoppedAt;
  return stop && msOf(endsAt) > msOf(stop) ? stop : undefined;
}

const CUT_USAGE = prepared(
  'UPDATE usage SET charged_until = greatest(starts_at, $2) WHERE instance_id = $1 AND ends_at > $2 AND charged_until IS NULL',
);

/**
 * L9: a stop's instant is decided before its step is recorded; what was reported in between and runs past it
 * is not charged past it.
 */
export async function cutUsage(tx: Transaction, instanceId: string, stoppedAt: string): Promise<void> {
  await tx.query(CUT_USAGE([instanceId, stoppedAt]));
}

const SELECT = `
  SELECT id, seq, instance_id AS "instanceId", meter, quantity::text, starts_at AS "startsAt", ends_at AS "endsAt",
    coalesce(charged_until, ends_at) AS "chargedUntil", reported_by AS "reportedBy", recorded_at AS "recordedAt" FROM usage`;

const toUsage = ({ seq: _, ...row }: UsageRow & { seq: number }): UsageRow => row;

async function findUsage(tx: Transaction, id: string): Promise<UsageRow | undefined> {
  const { rows } = await tx.query<UsageRow & { seq: number }>(`${SELECT} WHERE id = $1`, [id]);
  return rows[0] && toUsage(rows[0]);
}

/** In the order in which it was reported. */
export async function listUsage(db: Db, instanceId: string, page: PageRequest): Promise<Page<UsageRow>> {
  const conditions = new Conditions().add('instance_id = ?', instanceId);
  return await listPage(
    db,
    { select: SELECT, conditions, by: bySeq<UsageRow & { seq: number }>() },
    page,
    toUsage,
  );
}
