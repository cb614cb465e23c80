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

/** Whose rights are counted: of an account, for a product, by its rules. */
export interface RightsHolder {
  account: string;
  product: string;
  knobs: Knobs;
}

interface RightCounts {
  used: number;
  reserved: number;
}

/** Of an account, for a product. What was used and is reserved counts for ever, what is left follows the policy's periods. */
export interface CountedRights {
  fiveDay: RightCounts;
  ordinary: RightCounts;
  left: RightsLeft;
}

/** What is counted in the order of the index needs no sorting, and of no row more than that it is there; only a period is looked up by time. */
const COUNT_RIGHTS = prepared(
  `WITH holder AS MATERIALIZED (
     SELECT account, product, clock_timestamp() - make_interval(days => five_days) AS five_day,
       clock_timestamp() - make_interval(days => ordinary_days) AS ordinary
     FROM unnest($1::text[], $2::text[], $3::int[], $4::int[]) AS given (account, product, five_days, ordinary_days))
   SELECT account, product, kind, status, counted.many, coalesce(late.many, counted.many) AS lately
   FROM holder
   CROSS JOIN LATERAL (SELECT kind, status, count(*) AS many FROM rights r
     WHERE r.account = holder.account AND r.product = holder.product AND r.status <> 'returned' GROUP BY kind, status) AS counted
   CROSS JOIN LATERAL (SELECT CASE kind WHEN 'five-day' THEN five_day ELSE ordinary END AS since) AS period
   LEFT JOIN LATERAL (SELECT count(*) AS many FROM rights r
     WHERE r.account = holder.account AND r.product = holder.product AND r.kind = counted.kind AND r.status = counted.status
       AND r.status <> 'returned' AND r.recorded_at > since) AS late ON since IS NOT NULL`,
);

const NONE = { used: 0, reserved: 0, lately: 0 };

/**
 * E2: each account's rights for a product, by {@link rightsKey}; of those that are left, what is reserved counts as
 * used. Periods are counted on the wall clock.
 */
export async function countRights(db: Db, holders: RightsHolder[]): Promise<Map<string, CountedRights>> {
  const distinct = [...new Map(holders.map((one) => [rightsKey(one.account, one.product), one])).values()];
  const { rows } = await db.query<{
    account: string;
    product: string;
    kind: RefundKind;
    status: keyof RightCounts;
    many: number;
    lately: number;
  }>(
    COUNT_RIGHTS([
      distinct.map(({ account }) => account),
      distinct.map(({ product }) => product),
      distinct.map(({ knobs }) => knobs.fiveDayPeriodDays),
      distinct.map(({ knobs }) => knobs.ordinaryPeriodDays),
    ]),
  );
  const found = new Map<string, RightCounts & { lately: number }>();
  for (const { account, product, kind, status, many, lately } of rows) {
    const key = `${rightsKey(account, product)} ${kind}`;
    const counts = found.get(key) ?? NONE;
    found.set(key, { ...counts, [status]: many, lately: counts.lately + lately });
  }
  return new Map(
    distinct.map(({ account, product, knobs }) => {
      const key = rightsKey(account, product);
      const of = (kind: RefundKind) => found.get(`${key} ${kind}`) ?? NONE;
      const { lately: fiveDays, ...fiveDay } = of('five-day');
      const { lately: ordinaries, ...ordinary } = of('ordinary');
      return [
        key,
        { fiveDay, ordinary, left: rightsLeft(knobs, { fiveDay: fiveDays, ordinary: ordinaries }) },
      ];
    }),
  );
}

/** Rights left of every account and product among the subjects, by {@link rightsKey}. */
export async function countRightsOf(
  db: Db,
  subjects: Pick<Subject, 'facts' | 'policy'>[],
): Promise<Map<string, RightsLeft>> {
  const counted = await countRights(
    db,
    subjects.map(({ facts: { account, product }, policy: { knobs } }) => ({ account, product, knobs })),
  );
  return new Map([...counted].map(([key, { left }]) => [key, left]));
}
