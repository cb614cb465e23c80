/** What the engine needs to know of instances that are quoted, put together from what is stored. */
import type { Policy } from '../../domain/policy';
import type { Subject } from '../../domain/subject';
import { standings } from '../books/accounts';
import { instancesInReview, paidBackOf } from '../books/refunds';
import type { Db } from '../db';
import type { InstanceRow } from '../lives/instances';

/** Puts together what the engine needs to know of each instance, in one round trip of one connection. */
export async function subjectsOf(
  db: Db,
  rows: InstanceRow[],
  policyOf: (row: InstanceRow) => Policy,
  at: (row: InstanceRow) => string,
): Promise<Subject[]> {
  const ids = rows.map((row) => row.id);
  const [standing, inReview, paidBack] = await Promise.all([
    standings(db, [...new Set(rows.map((row) => row.facts.account))]),
    instancesInReview(db, ids),
    paidBackOf(db, ids),
  ]);
  return rows.map((row) => {
    const account = standing.get(row.facts.account) ?? { arrears: false, hold: false };
    return {
      id: row.id,
      facts: row.facts,
      orders: row.orders,
      life: row.life,
      policy: policyOf(row),
      standing: {
        arrears: account.arrears,
        hold: account.hold || row.hold !== null,
        inReview: inReview.has(row.id),
      },
      ...(paidBack.has(row.id) ? { paidBack: paidBack.get(row.id)! } : {}),
      at: at(row),
    };
  });
}
