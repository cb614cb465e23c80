import type { Facts, Order, StoredOrder } from '../../domain/instance';
import type { Life } from '../../domain/lifecycle';
import type { Policy } from '../../domain/policy';
import type { Details } from '../../domain/timeline';
import { Conditions, type Db, decodeCursor, pageOf, type Transaction } from '../db';
import type { InstanceRow, Page, PageRequest, TimelineRow } from '../types';

interface Row {
  id: string;
  seq: number;
  facts: Facts;
  life: Life;
  document: Policy;
  clock_offset_ms: number;
  hold: InstanceRow['hold'];
  disposal: InstanceRow['disposal'];
  registration_hash: string;
  registered_by: string;
  purge_time: string | null;
  orders: { document: Order; closed_at: string | null; ended_at: string | null }[] | null;
}

const utc = (instant: string | null): string | null => (instant === null ? null : new Date(instant).toISOString());

const toInstance = (row: Row): InstanceRow => ({
  id: row.id,
  facts: row.facts,
  orders: (row.orders ?? []).map(
    (order): StoredOrder => ({ ...order.document, closedAt: utc(order.closed_at), endedAt: utc(order.ended_at) }),
  ),
  life: row.life,
  policy: row.document,
  clockOffsetMs: row.clock_offset_ms,
  hold: row.hold,
  disposal: row.disposal,
  registrationHash: row.registration_hash,
  registeredBy: row.registered_by,
});

const SELECT = `
  SELECT i.id, i.seq, i.facts, i.life, p.document, i.clock_offset_ms, i.hold, i.disposal, i.registration_hash, i.registered_by, i.purge_time,
    (SELECT json_agg(json_build_object('document', o.document, 'closed_at', o.closed_at, 'ended_at', o.ended_at) ORDER BY o.position)
       FROM orders o WHERE o.instance_id = i.id) AS orders
  FROM instances i JOIN policies p ON p.id = i.policy_id`;

/** @param tenant the only account that exists for who asks; missing or null: all do */
export async function findInstance(db: Db, id: string, tenant?: string | null): Promise<InstanceRow | undefined> {
  return (await findInstances(db, [id], tenant))[0];
}

/**
 * In the order of the ids; missing ones are left out. What another account owns is passed over before anything of it is read, so that it takes
 * as long as what does not exist.
 */
export async function findInstances(db: Db, ids: string[], tenant?: string | null): Promise<InstanceRow[]> {
  const { rows } = await db.query<Row>(`${SELECT} WHERE i.id = ANY($1) AND ($2::text IS NULL OR i.account = $2)`, [ids, tenant ?? null]);
  const byId = new Map(rows.map((row) => [row.id, toInstance(row)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** The accounts that own these instances. */
export async function accountsOf(db: Db, ids: string[]): Promise<string[]> {
  const { rows } = await db.query<{ account: string }>('SELECT DISTINCT account FROM instances WHERE id = ANY($1)', [ids]);
  return rows.map(({ account }) => account);
}

export interface InstanceFilter {
  /** The only account that exists for who asks; undefined: all do. */
  tenant: string | undefined;
  account?: string | undefined;
  product?: string | undefined;
  state?: string | undefined;
  region?: string | undefined;
  externalId?: string | undefined;
  /** Whether a timed termination waits. */
  scheduled?: boolean | undefined;
}

/** In order of registration; terminated ones only when asked for by state. */
export async function listInstances(db: Db, filter: InstanceFilter, page: PageRequest): Promise<Page<InstanceRow>> {
  const conditions = filterBy(filter).add('i.state = ?', filter.state);
  if (filter.state === undefined) conditions.always("i.state <> 'terminated'");
  // A condition of its own for the index, which has only those that have one.
  if (filter.externalId !== undefined) conditions.always("i.facts ? 'externalId'").add("i.facts->>'externalId' = ?", filter.externalId);
  if (filter.scheduled !== undefined) conditions.always(`i.life->'termination' ${filter.scheduled ? '<>' : '='} 'null'`);
  if (page.cursor !== undefined) conditions.add('i.seq > ?', decodeCursor(page.cursor, ['number'])[0]);
  const limit = conditions.parameter(page.limit + 1);
  const { rows } = await db.query<Row>(`${SELECT} ${conditions.where} ORDER BY i.seq LIMIT ${limit}`, conditions.values);
  return pageOf(rows, page.limit, toInstance, (row) => [row.seq]);
}

/** What is in the bin, the next to be released first. */
export async function listRecycleBin(
  db: Db,
  filter: Omit<InstanceFilter, 'state' | 'scheduled' | 'externalId'>,
  page: PageRequest,
): Promise<Page<InstanceRow>> {
  const conditions = filterBy(filter).always("i.state = 'isolated'");
  if (page.cursor !== undefined) {
    const [purgeTime, seq] = decodeCursor(page.cursor, ['string', 'number']);
    conditions.always(`(i.purge_time, i.seq) > (${conditions.parameter(purgeTime)}::timestamptz, ${conditions.parameter(seq)}::bigint)`);
  }
  const limit = conditions.parameter(page.limit + 1);
  const { rows } = await db.query<Row>(`${SELECT} ${conditions.where} ORDER BY i.purge_time, i.seq LIMIT ${limit}`, conditions.values);
  return pageOf(rows, page.limit, toInstance, (row) => [row.purge_time, row.seq]);
}

function filterBy(filter: Omit<InstanceFilter, 'state' | 'scheduled'>): Conditions {
  return new Conditions()
    .add('i.account = ?', filter.tenant)
    .add('i.account = ?', filter.account)
    .add('i.product = ?', filter.product)
    .add('i.region = ?', filter.region);
}

interface StepRow {
  step: number | null;
  command: string;
  outcome: 'done' | 'refused';
  from_state: string | null;
  to_state: string;
  by: string;
  effective_at: string;
  recorded_at: string;
  refund_id: string | null;
  code: string | null;
  details: Details | null;
  carried_out_at: string | null;
}

const COLUMNS = 'step, command, outcome, from_state, to_state, by, effective_at, recorded_at, refund_id, code, details, carried_out_at';

/** Steps, and between them what was said of the instance without changing its life: each after the step that it came upon (L19). */
const TIMELINE = `
  SELECT step AS after, 0::bigint AS seq, ${COLUMNS} FROM steps WHERE instance_id = $1
  UNION ALL
  SELECT s.step, h.id, NULL, CASE WHEN h.hold THEN 'hold' ELSE 'unhold' END, 'done', s.to_state, s.to_state, h.changed_by,
    coalesce(h.effective_at, h.recorded_at), h.recorded_at, NULL, NULL, json_build_object('reason', h.reason), NULL::timestamptz
  FROM hold_changes h JOIN steps s ON s.instance_id = h.instance_id AND s.step = coalesce(h.after_step,
    (SELECT max(step) FROM steps before WHERE before.instance_id = h.instance_id AND before.recorded_at <= h.recorded_at), 0)
  WHERE h.instance_id = $1`;

const toTimeline = (row: StepRow): TimelineRow => ({
  step: row.step,
  command: row.command,
  outcome: row.outcome,
  from: row.from_state,
  to: row.to_state,
  by: row.by,
  effectiveAt: row.effective_at,
  carriedOutAt: row.carried_out_at,
  recordedAt: row.recorded_at,
  refundId: row.refund_id,
  code: row.code,
  details: row.details,
});

export async function listTimeline(db: Db, instanceId: string, page: PageRequest): Promise<Page<TimelineRow>> {
  // What is before all: steps are numbered from 0.
  const [after, seq] = page.cursor === undefined ? [-1, 0] : decodeCursor(page.cursor, ['number', 'number']);
  const { rows } = await db.query<StepRow & { after: number; seq: number }>(
    `SELECT * FROM (${TIMELINE}) AS told WHERE (after, seq) > ($2, $3) ORDER BY after, seq LIMIT $4`,
    [instanceId, after, seq, page.limit + 1],
  );
  return pageOf(rows, page.limit, toTimeline, (row) => [row.after, row.seq]);
}

/** The step that a command took, if it took one (L8). */
export async function findStep(db: Db, instanceId: string, commandId: string): Promise<TimelineRow | undefined> {
  const { rows } = await db.query<StepRow>(`SELECT ${COLUMNS} FROM steps WHERE instance_id = $1 AND command_id = $2`, [
    instanceId,
    commandId,
  ]);
  return rows[0] && toTimeline(rows[0]);
}

/** Remembers how far fast-forward has moved an instance's clock (decision 10). Never backwards. */
export async function setClockOffset(db: Db, id: string, offsetMs: number): Promise<void> {
  await db.query('UPDATE instances SET clock_offset_ms = greatest(clock_offset_ms, $2) WHERE id = $1', [id, Math.round(offsetMs)]);
}

export interface HoldChange {
  id: string;
  hold: boolean;
  reason: string;
  by: string;
}

/** Puts an instance on hold or takes it off, and keeps who did it and why (E5). */
export async function putHold(db: Db, { id, hold, reason, by }: HoldChange): Promise<void> {
  await db.query(
    `WITH change AS (
       INSERT INTO hold_changes (instance_id, hold, reason, changed_by, after_step, effective_at)
       SELECT $1, $2, $3, $4, step, clock_timestamp() + make_interval(secs => clock_offset_ms / 1000.0) FROM instances WHERE id = $1
       RETURNING recorded_at)
     UPDATE instances SET hold = CASE WHEN $2 THEN jsonb_build_object('reason', $3::text, 'by', $4::text, 'at', change.recorded_at) END
     FROM change WHERE id = $1`,
    [id, hold, reason, by],
  );
}

/** `position`: the place of the first one among the instance's orders. One statement, however many there are. */
export async function insertOrders(
  tx: Transaction,
  instanceId: string,
  position: number,
  orders: Order[],
  { closedAt, endedAt }: Pick<StoredOrder, 'closedAt' | 'endedAt'> = { closedAt: null, endedAt: null },
): Promise<void> {
  await tx.query(
    `INSERT INTO orders (instance_id, id, position, document, closed_at, ended_at)
     SELECT $1, document->>'id', $2::int + place - 1, document, $4, $5
     FROM json_array_elements($3::json) WITH ORDINALITY AS o (document, place)`,
    [instanceId, position, JSON.stringify(orders), closedAt, endedAt],
  );
}
