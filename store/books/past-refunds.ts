/**
 * Refunds that were booked, for the back-test: one snapshot, read page by page, because they are kept for
 * ever.
 */
import type { PastRefund } from '../../domain/backtest';
import { type Pool, snapshot, type Transaction } from '../db';
import { Conditions } from '../paging';
import { asNow } from './refunds';

export interface PastRefundFilter {
  product: string;
  account?: string | undefined;
  /** Instants of the instances' clocks: from `since` on, before `until`. */
  since?: string | undefined;
  until?: string | undefined;
}

/** As many as are in memory at once. */
const PAGE = 500;

interface SelectedPastRefund {
  id: string;
  seq: number;
  instanceId: string;
  account: string;
  calculation: PastRefund['calculation'];
}

/**
 * Shows every booked refund once, in the order of their requests; one that was undone is none.
 * @returns the database's clock at the snapshot
 */
export async function eachPastRefund(
  pool: Pool,
  filter: PastRefundFilter,
  show: (past: PastRefund) => void,
): Promise<string> {
  return await snapshot(pool, async (db) => {
    const { rows } = await db.query<{ at: string }>('SELECT now() AS at');
    for (let after = 0; ; ) {
      const page = await pageAfter(db, filter, after);
      for (const { id, instanceId, account, calculation } of page) {
        show({ id, instanceId, account, calculation: asNow(calculation) });
      }
      if (page.length < PAGE) return rows[0]!.at;
      after = page.at(-1)!.seq;
    }
  });
}

async function pageAfter(
  db: Transaction,
  { product, account, since, until }: PastRefundFilter,
  after: number,
): Promise<SelectedPastRefund[]> {
  const at = "(calculation->'inputs'->>'at')::timestamptz";
  const conditions = new Conditions()
    .always("status = 'done'")
    .add("calculation->'inputs'->'facts'->>'product' = ?", product)
    .add('account = ?', account)
    .add(`${at} >= ?`, since)
    .add(`${at} < ?`, until)
    .add('seq > ?', after);
  const { rows } = await db.query<SelectedPastRefund>(
    `SELECT id, seq, instance_id AS "instanceId", account, calculation FROM refunds ${conditions.where} ORDER BY seq LIMIT ${PAGE}`,
    conditions.values,
  );
  return rows;
}
