/**
 * The table `rights`: how often an account has returned what (E2). A right is reserved with the agreement,
 * used by the step and given back when nothing came of it. Written here only; reservations are made under the
 * account's lock.
 */
import { type RightsLeft, rightsLeft } from '../../domain/eligibility';
import type { Knobs } from '../../domain/policy';
import type { RefundKind } from '../../domain/refund';
import { rightsKey } from '../../domain/returns';
import type { Subject } from '../../domain/subject';
import { type Db, prepared, type Transaction } from '../db';

export interface NewRight {
  instanceId: string;
  account: string;
  product: string;
  kind: RefundKind;
}

export async function reserveRights(
  tx: Transaction,
  terminationId: string,
  rights: NewRight[],
): Promise<void> {
  await tx.query(
    `INSERT INTO rights (termination_id, instance_id, account, product, kind, status)
     SELECT $1, instance_id, account, product, kind, 'reserved'
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS rights (instance_id, account, product, kind)`,
    [
      terminationId,
      rights.map(({ instanceId }) => instanceId),
      rights.map(({ account }) => account),
      rights.map(({ product }) => product),
      rights.map(({ kind }) => kind),
    ],
  );
}

/** Takes a right that was given back again, perhaps of the other kind. */
export async function reserveAgain(tx: Transaction, terminationId: string, kind: RefundKind): Promise<void> {
  await tx.query("UPDATE rights SET status = 'reserved', kind = $2 WHERE termination_id = $1", [
    terminationId,
    kind,
  ]);
}

const USE_RIGHT = prepared(
  "UPDATE rights SET status = 'used' WHERE termination_id = $1 AND instance_id = $2",
);

export async function useRight(tx: Transaction, terminationId: string, instanceId: string): Promise<void> {
  await tx.query(USE_RIGHT([terminationId, instanceId]));
}

const GIVE_BACK_RIGHTS = prepared(
  "UPDATE rights SET status = 'returned' WHERE termination_id = $1 AND ($2::text IS NULL OR instance_id = $2)",
);

/** @param instanceId missing: of all that the termination is for */
export async function giveBackRights(
  tx: Transaction,
  terminationId: string,
  instanceId?: string,
): Promise<void> {
  await tx.query(GIVE_BACK_RIGHTS([terminationId, instanceId ?? null]));
}

/** The kind that a request holds while it is in review; undefined: none. */
export async function heldRight(db: Db, terminationId: string): Promise<RefundKind | undefined> {
  const sql = "SELECT kind FROM rights WHERE termination_id = $1 AND status = 'reserved'";
  return (await db.query<{ kind: RefundKind }>(sql, [terminationId])).rows[0]?.kind;
}

export interface RightCounts {
  used: number;
  reserved: number;
}

export type RightsByProduct = Map<string, { fiveDay: RightCounts; ordinary: RightCounts }>;

/** Rights used and reserved, by product, over all time. */
export async function rightsUsed(db: Db, account: string): Promise<RightsByProduct> {
  const { rows } = await db.query<{
    product: string;
    kind: RefundKind;
    status: 'used' | 'reserved';
    count: number;
  }>(
    "SELECT product, kind, status, count(*) FROM rights WHERE account = $1 AND status <> 'returned' GROUP BY product, kind, status",
    [account],
  );
  const result: RightsByProduct = new Map();
  for (const { product, kind, status, count } of rows) {
    const counts = result.get(product) ?? {
      fiveDay: { used: 0, reserved: 0 },
      ordinary: { used: 0, reserved: 0 },
    };
    counts[kind === 'five-day' ? 'fiveDay' : 'ordinary'][status] = count;
    result.set(product, counts);
  }
  return result;
}

/**
 * E2: what is left of an account's rights for a product; what is reserved counts as used. Periods are
 * counted on the wall clock.
 */
export async function countRightsLeft(
  db: Db,
  account: string,
  product: string,
  knobs: Knobs,
): Promise<RightsLeft> {
  const { rows } = await db.query<{ kind: RefundKind; count: number }>(
    `SELECT kind, count(*) FROM rights
     WHERE account = $1 AND product = $2 AND status <> 'returned'
       AND recorded_at > clock_timestamp() - make_interval(days => CASE kind WHEN 'five-day' THEN $3::int ELSE $4::int END)
     GROUP BY kind`,
    [account, product, knobs.fiveDayPeriodDays ?? FOR_EVER_DAYS, knobs.ordinaryPeriodDays ?? FOR_EVER_DAYS],
  );
  const count = (kind: RefundKind): number => rows.find((row) => row.kind === kind)?.count ?? 0;
  return rightsLeft(knobs, { fiveDay: count('five-day'), ordinary: count('ordinary') });
}

const FOR_EVER_DAYS = 365_000;

/** Rights left of every account and product among the subjects. */
export async function countRightsOf(db: Db, subjects: Subject[]): Promise<Map<string, RightsLeft>> {
  const left = new Map<string, RightsLeft>();
  for (const { facts, policy } of subjects) {
    const key = rightsKey(facts.account, facts.product);
    if (!left.has(key)) left.set(key, await countRightsLeft(db, facts.account, facts.product, policy.knobs));
  }
  return left;
}
