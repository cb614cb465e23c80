/** Usage as the control plane reports it, for as long as it may be charged (L9). */
import { type Pool, type Transaction, transaction } from './db';

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
  reportedBy: string;
  recordedAt: string;
}

/** Keeps a report, or answers since when billing had stopped. The same id again answers the report that exists. */
export async function reportUsage(pool: Pool, usage: NewUsage): Promise<{ row: UsageRow } | { stoppedAt: string }> {
  return await transaction(pool, async (tx) => {
    // Steps lock the row for update: a billing stop is either seen here, or comes after this report.
    await tx.query('SELECT FROM instances WHERE id = $1 FOR SHARE', [usage.instanceId]);
    const known = await findUsage(tx, usage.id);
    if (known) return { row: known };
    const stoppedAt = await billingStopWithin(tx, usage);
    if (stoppedAt !== undefined) return { stoppedAt };
    await tx.query(
      'INSERT INTO usage (id, instance_id, meter, quantity, starts_at, ends_at, reported_by) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [usage.id, usage.instanceId, usage.meter, usage.quantity, usage.startsAt, usage.endsAt, usage.by],
    );
    return { row: (await findUsage(tx, usage.id))! };
  });
}

/** The first billing stop that the span runs into. A restore starts billing again, so the whole timeline counts. */
async function billingStopWithin(tx: Transaction, { instanceId, startsAt, endsAt }: NewUsage): Promise<string | undefined> {
  const { rows } = await tx.query<{ stopped: string | null }>(
    `WITH spans AS (
       SELECT (life->>'billingStoppedAt')::timestamptz AS stopped, lead(effective_at, 1, 'infinity') OVER (ORDER BY step) AS until
       FROM steps WHERE instance_id = $1)
     SELECT min(stopped) AS stopped FROM spans WHERE stopped < $3::timestamptz AND until > $2::timestamptz`,
    [instanceId, startsAt, endsAt],
  );
  return rows[0]?.stopped ?? undefined;
}

async function findUsage(tx: Transaction, id: string): Promise<UsageRow | undefined> {
  const { rows } = await tx.query<UsageRow>(
    `SELECT id, instance_id AS "instanceId", meter, quantity::text, starts_at AS "startsAt", ends_at AS "endsAt", reported_by AS "reportedBy",
       recorded_at AS "recordedAt" FROM usage WHERE id = $1`,
    [id],
  );
  return rows[0];
}
