/**
 * The table `instances`: what each one is and where its life stands. Written here only; its orders are in
 * `orders.ts`, its lists in `lists.ts`.
 */

import type { Facts, StoredOrder } from '../../domain/instance';
import { inUtc } from '../../domain/instant';
import { dueAt, expiresAt, type Life, nextDeadline } from '../../domain/lifecycle';
import type { Plan } from '../../domain/plan';
import type { Policy } from '../../domain/policy';
import { each } from '../../domain/turns';
import { agreedPlanOf } from '../agreements/items';
import { type Db, prepared, preparedForAny, type Transaction } from '../db';
import { inTurns } from '../in-turns';
import { policiesById } from '../policies';

export interface InstanceRow {
  id: string;
  facts: Facts;
  /** In order of their start. */
  orders: StoredOrder[];
  life: Life;
  /** The policy snapshot of the registration, or of the last amendment. */
  policy: Policy;
  /**
   * How far fast-forward has moved the instance's clock ahead of the wall clock, in milliseconds
   * (decision 1).
   */
  clockOffsetMs: number;
  hold: { reason: string; by: string; at: string } | null;
  /** What became of its parts, once it is terminated; null also where that was before it was kept. */
  disposal: Plan | null;
  /** Of one in the bin: the plan of the quote that it was ended by; null: there was none. */
  agreedPlan: Plan | null;
  /** Hash of the registration as first stated; the same facts again are answered 200, others 409. */
  registrationHash: string;
  /** The command that registered it. */
  registeredBy: string;
}

/** As it is selected. */
export type SelectedInstance = Omit<InstanceRow, 'orders' | 'policy'> & {
  seq: number;
  policyId: string;
  purgeTime: string | null;
  orders: StoredOrder[] | null;
  /** What its list is sorted by, where that is no column above. */
  sortKey?: string | null;
};

const AGREED_PLAN = `CASE WHEN i.state = 'isolated' THEN (${agreedPlanOf('i.id')}) END`;
/** Of `instances i`, as {@link toInstances} takes them. */
export const COLUMNS = `i.id, i.seq, i.facts, i.life, i.policy_id AS "policyId", i.clock_offset_ms AS "clockOffsetMs", i.hold, i.disposal,
    ${AGREED_PLAN} AS "agreedPlan",
    i.registration_hash AS "registrationHash", i.registered_by AS "registeredBy", i.purge_time AS "purgeTime",
    (SELECT json_agg(o.document || jsonb_build_object('closedAt', o.closed_at, 'endedAt', o.ended_at) ORDER BY o.position)
       FROM orders o WHERE o.instance_id = i.id) AS orders`;
const SELECT = `SELECT ${COLUMNS} FROM instances i`;

const utc = (instant: string | null): string | null => (instant === null ? null : inUtc(instant));

/** Hundreds have hundreds of orders, and all of them mostly one policy. */
export async function toInstances(db: Db, rows: SelectedInstance[]): Promise<InstanceRow[]> {
  const policyOf = await policiesById(
    db,
    rows.map((row) => row.policyId),
  );
  const toInstance = ({
    seq: _seq,
    policyId,
    purgeTime: _purgeTime,
    sortKey: _sortKey,
    orders,
    ...row
  }: SelectedInstance): InstanceRow => ({
    ...row,
    policy: policyOf(policyId),
    // Instants inside JSON are PostgreSQL's text of them. It was just read and is nobody else's: no copy.
    orders: (orders ?? []).map((order) =>
      Object.assign(order, { closedAt: utc(order.closedAt), endedAt: utc(order.endedAt) }),
    ),
  });
  return await inTurns(each(rows, toInstance));
}

/** @param tenant the only account that exists for who asks; missing or null: all do */
export async function findInstance(
  db: Db,
  id: string,
  tenant?: string | null,
): Promise<InstanceRow | undefined> {
  return (await findInstances(db, [id], tenant))[0];
}

const WITHIN_REACH = 'i.id = ANY($1) AND ($2::text IS NULL OR i.account = $2)';
const ORDERS_TOGETHER = `SELECT count(*) FROM orders o JOIN instances i ON i.id = o.instance_id WHERE ${WITHIN_REACH}`;
const FIND_INSTANCES = preparedForAny(
  `${SELECT} WHERE ${WITHIN_REACH} AND ($3::bigint IS NULL OR (${ORDERS_TOGETHER}) <= $3)`,
);
const COUNT_ORDERS = preparedForAny(ORDERS_TOGETHER);

/**
 * In the order of the ids; missing ones are left out. What another account owns is passed over before
 * anything of it is read, so that it takes as long as what does not exist.
 * @param maxOrders none is read when they have more orders together ({@link countOrders}); missing: no bound
 */
export async function findInstances(
  db: Db,
  ids: string[],
  tenant?: string | null,
  maxOrders?: number,
): Promise<InstanceRow[]> {
  const { rows } = await db.query<SelectedInstance>(FIND_INSTANCES(ids, tenant ?? null, maxOrders ?? null));
  const byId = new Map((await toInstances(db, rows)).map((one) => [one.id, one]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/**
 * How many orders these instances have together, closed ones too.
 * @param tenant as in {@link findInstances}
 */
export async function countOrders(db: Db, ids: string[], tenant: string | null): Promise<number> {
  const { rows } = await db.query<{ count: number }>(COUNT_ORDERS(ids, tenant));
  return rows[0]!.count;
}

const ACCOUNTS_OF = preparedForAny('SELECT DISTINCT account FROM instances WHERE id = ANY($1)');

/** The accounts that own these instances. */
export async function accountsOf(db: Db, ids: string[]): Promise<string[]> {
  const { rows } = await db.query<{ account: string }>(ACCOUNTS_OF(ids));
  return rows.map(({ account }) => account);
}

export interface NewInstance {
  id: string;
  facts: Facts;
  life: Life;
  policyId: string;
  registrationHash: string;
  registeredBy: string;
}

const INSERT_INSTANCE = prepared(
  `INSERT INTO instances (id, account, product, billing, region, state, step, facts, life, policy_id, registration_hash, registered_by,
       due_at, paid_until, isolated_at, purge_time)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
);

export async function insertInstance(tx: Transaction, { facts, life, ...row }: NewInstance): Promise<void> {
  await tx.query(
    INSERT_INSTANCE([
      row.id,
      facts.account,
      facts.product,
      facts.billing,
      facts.region,
      life.state,
      life.step,
      facts,
      life,
      row.policyId,
      row.registrationHash,
      row.registeredBy,
      dueTimeOf(life),
      expiresAt(life),
      life.isolatedAt,
      life.purgeTime,
    ]),
  );
}

const MOVE_INSTANCE = prepared(
  'UPDATE instances SET state = $2, step = $3, life = $4, isolated_at = $5, purge_time = $6, due_at = $7, paid_until = $8, disposal = $9 WHERE id = $1',
);

/** Puts the life where its newest step has taken it. */
export async function moveInstance(
  tx: Transaction,
  id: string,
  life: Life,
  disposal: Plan | null,
): Promise<void> {
  await tx.query(
    MOVE_INSTANCE([
      id,
      life.state,
      life.step,
      life,
      life.isolatedAt,
      life.purgeTime,
      dueTimeOf(life),
      expiresAt(life),
      disposal,
    ]),
  );
}

function dueTimeOf(life: Life): string | null {
  const deadline = nextDeadline(life);
  return deadline ? dueAt(deadline) : null;
}

const SET_FACTS = prepared('UPDATE instances SET facts = $2 WHERE id = $1');

export async function setFacts(tx: Transaction, id: string, facts: Facts): Promise<void> {
  await tx.query(SET_FACTS([id, facts]));
}

/** Remembers how far fast-forward has moved an instance's clock (decision 1). Never backwards. */
export async function setClockOffset(db: Db, id: string, offsetMs: number): Promise<void> {
  await db.query('UPDATE instances SET clock_offset_ms = greatest(clock_offset_ms, $2) WHERE id = $1', [
    id,
    Math.round(offsetMs),
  ]);
}

/** @param hold null takes it off */
export async function setHold(tx: Transaction, id: string, hold: InstanceRow['hold']): Promise<void> {
  await tx.query('UPDATE instances SET hold = $2 WHERE id = $1', [id, hold]);
}

const LOCK_INSTANCE = prepared('SELECT state FROM instances WHERE id = $1 FOR NO KEY UPDATE');

/** Steps are recorded one after the other. @returns its state; undefined when it is not registered */
export async function lockInstance(tx: Transaction, id: string): Promise<string | undefined> {
  const { rows } = await tx.query<{ state: string }>(LOCK_INSTANCE([id]));
  return rows[0]?.state;
}

/** No step is recorded until the transaction ends. */
export async function holdSteps(tx: Transaction, id: string): Promise<void> {
  await tx.query('SELECT FROM instances WHERE id = $1 FOR SHARE', [id]);
}
