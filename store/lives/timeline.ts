/** The table `steps`: what has happened in each life, which is never changed. Written here only. */
import type { Life } from '../../domain/lifecycle';
import type { Authority } from '../../domain/signed';
import type { StepInput } from '../../domain/step';
import type { Details } from '../../domain/timeline';
import { type Db, prepared, type Transaction } from '../db';
import { hashOf } from '../hash';
import { Conditions, listPage, type Page, type PageRequest, type SortColumn } from '../paging';

export interface TimelineRow {
  /** null: no step of the life, but something that was said of it (a hold). */
  step: number | null;
  command: string;
  outcome: 'done' | 'refused';
  from: string | null;
  to: string;
  by: string;
  effectiveAt: string;
  /** null: on time. */
  carriedOutAt: string | null;
  recordedAt: string;
  refundId: string | null;
  code: string | null;
  details: Details | null;
}

const COLUMNS = `step, command, outcome, from_state AS "from", to_state AS "to", by, effective_at AS "effectiveAt",
  carried_out_at AS "carriedOutAt", recorded_at AS "recordedAt", refund_id AS "refundId", code, details`;

/**
 * Steps, and between them what was said of the instance without changing its life: each after the step that
 * it came upon (L19).
 */
const TIMELINE = `
  SELECT step AS after, 0::bigint AS seq, ${COLUMNS} FROM steps WHERE instance_id = $1
  UNION ALL
  SELECT s.step, h.id, NULL, CASE WHEN h.hold THEN 'hold' ELSE 'unhold' END, 'done', s.to_state, s.to_state, h.changed_by,
    coalesce(h.effective_at, h.recorded_at), NULL::timestamptz, h.recorded_at, NULL, NULL, json_build_object('reason', h.reason)
  FROM hold_changes h JOIN steps s ON s.instance_id = h.instance_id AND s.step = coalesce(h.after_step,
    (SELECT max(step) FROM steps before WHERE before.instance_id = h.instance_id AND before.recorded_at <= h.recorded_at), 0)
  WHERE h.instance_id = $1`;

type SelectedStep = TimelineRow & { after: number; seq: number };

const inTime: SortColumn<SelectedStep>[] = [
  { sql: 'after', type: 'bigint', of: ({ after }) => after },
  { sql: 'seq', type: 'bigint', of: ({ seq }) => seq },
];

/** The oldest step first. */
export async function listTimeline(
  db: Db,
  instanceId: string,
  page: PageRequest,
): Promise<Page<TimelineRow>> {
  const conditions = new Conditions();
  conditions.parameter(instanceId); // $1
  const select = `SELECT * FROM (${TIMELINE}) AS told`;
  return await listPage(
    db,
    { select, conditions, by: inTime },
    page,
    ({ after: _after, seq: _seq, ...row }: SelectedStep) => row,
  );
}

const FIND_STEP = prepared(`SELECT ${COLUMNS} FROM steps WHERE instance_id = $1 AND command_id = $2`);

/** The step that a command took, if it took one (L8). */
export async function findStep(
  db: Db,
  instanceId: string,
  commandId: string,
): Promise<TimelineRow | undefined> {
  return (await db.query<TimelineRow>(FIND_STEP([instanceId, commandId]))).rows[0];
}

export interface StoredStep {
  step: number;
  commandId: string;
  fingerprint: string;
  refundId: string | null;
  /** As it is now, whatever has come after the step. */
  life: Life;
}

const FIND_STORED = prepared(
  `SELECT s.step, s.command_id AS "commandId", s.fingerprint, s.refund_id AS "refundId", i.life
   FROM steps s JOIN instances i ON i.id = s.instance_id
   WHERE s.instance_id = $1 AND (s.step = $2 OR s.command_id = $3) ORDER BY (s.command_id = $3) DESC LIMIT 1`,
);

/** What is stored of this step or of this command, if anything; of both the command. */
export async function findStored(
  tx: Transaction,
  { instanceId, step, commandId }: Pick<StepInput, 'instanceId' | 'step' | 'commandId'>,
): Promise<StoredStep | undefined> {
  const { rows } = await tx.query<StoredStep>(FIND_STORED([instanceId, step, commandId]));
  return rows[0];
}

/** By the command's id and body, never by instants or amounts. */
export const stepFingerprint = ({ commandId, body }: Pick<StepInput, 'commandId' | 'body'>): string =>
  hashOf([commandId, body]);

export interface NewStep {
  input: StepInput & { authority: Authority };
  life: Life;
  /** null: a birth. */
  from: string | null;
  refundId: string | null;
  details: Details;
}

const INSERT_STEP = prepared(
  `INSERT INTO steps (instance_id, step, command_id, fingerprint, command, outcome, from_state, to_state, by, effective_at, refund_id,
     code, life, authority, details, carried_out_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
);

export async function insertStep(
  tx: Transaction,
  { input, life, from, refundId, details }: NewStep,
): Promise<void> {
  await tx.query(
    INSERT_STEP([
      input.instanceId,
      input.step,
      input.commandId,
      stepFingerprint(input),
      input.command,
      input.refused === undefined ? 'done' : 'refused',
      from,
      life.state,
      input.by,
      input.at,
      refundId,
      input.refused ?? null,
      life,
      input.authority,
      Object.keys(details).length ? details : null,
      input.carriedOutAt ?? null,
    ]),
  );
}

/** The instance's clock at the last step that took effect. */
export async function lastEffect(db: Db, instanceId: string): Promise<string> {
  const sql = "SELECT max(effective_at) AS at FROM steps WHERE instance_id = $1 AND outcome = 'done'";
  return (await db.query<{ at: string }>(sql, [instanceId])).rows[0]!.at;
}

const LIFE_BEFORE_RETURN = prepared(
  `SELECT b.life FROM instances i JOIN steps s ON s.instance_id = i.id AND s.effective_at = i.isolated_at
     JOIN steps b ON b.instance_id = s.instance_id AND b.step = s.step - 1
   WHERE i.id = $1 AND s.refund_id = $2 AND s.command = 'return'`,
);

/** The life before the return by which the instance is in the bin, if this refund is that return's. */
export async function lifeBeforeReturn(
  tx: Transaction,
  instanceId: string,
  refundId: string,
): Promise<Life | undefined> {
  const { rows } = await tx.query<{ life: Life }>(LIFE_BEFORE_RETURN([instanceId, refundId]));
  return rows[0]?.life;
}
