/**
 * One step of a life = one database transaction (decision 2): read model, timeline, journal, rights, item, refund and outbox commit
 * together or not at all. Doing a step again answers what is stored; so does another command for a number that is taken, and the loop
 * then goes on from the stored life.
 */
import { factsOf, type StoredOrder } from '../../domain/instance';
import { registrationPostings } from '../../domain/journal';
import { type Life, nextDeadline } from '../../domain/lifecycle';
import { type Plan, planFor, presentDisposal } from '../../domain/plan';
import type { Authority } from '../../domain/signed';
import { type Details, detailsOf } from '../../domain/timeline';
import { closeReviews } from '../agreements/refund-requests';
import { touchAccount } from '../books/accounts';
import { book } from '../books/ledger';
import { type Pool, type Transaction, transaction } from '../db';
import { hashOf } from '../hash';
import { keepPolicy } from '../policies';
import type { InstanceRow, StepInput, StepResult } from '../types';
import { EFFECTS, StepRefused, type Work } from './effects';
import { findInstance, insertOrders } from './instances';
import { cutUsage } from './usage';

export type { StepInput, StepResult } from '../types';
export { StepRefused } from './effects';

/** A step as its activity asks for it, once it is known whose word it was; `refusal`: why that word counts for nothing. */
export type VouchedStep = StepInput & { authority: Authority; refusal?: 'UNSIGNED' | 'BAD_SIGNATURE' | undefined };

/** Records a step. @throws StepRefused when what it needs is not there (a signature, a right, a balance, good standing). */
export async function commitStep(pool: Pool, input: VouchedStep): Promise<StepResult> {
  return await transaction(pool, async (tx) => {
    const locked = 'SELECT state FROM instances WHERE id = $1 FOR NO KEY UPDATE';
    const { rows } = await tx.query<{ state: string }>(locked, [input.instanceId]);
    const stored = await storedStep(tx, input);
    // What is stored was vouched for when it was recorded, however long ago that is.
    if (stored) return stored;
    if (input.refusal !== undefined) throw new StepRefused(input.refusal, rows[0]?.state ?? '');
    return input.birth ? await recordBirth(tx, input, input.birth) : await recordStep(tx, input);
  });
}

const fingerprintOf = ({ commandId, body }: StepInput): string => hashOf([commandId, body]);

interface StoredStep {
  step: number;
  command_id: string;
  fingerprint: string;
  refund_id: string | null;
  life: Life;
}

/** What is stored of this step or this command, if anything, with the life as it is now. */
async function storedStep(tx: Transaction, input: StepInput): Promise<StepResult | undefined> {
  const { rows } = await tx.query<StoredStep>(
    `SELECT s.step, s.command_id, s.fingerprint, s.refund_id, i.life FROM steps s JOIN instances i ON i.id = s.instance_id
     WHERE s.instance_id = $1 AND (s.step = $2 OR s.command_id = $3) ORDER BY (s.command_id = $3) DESC LIMIT 1`,
    [input.instanceId, input.step, input.commandId],
  );
  const row = rows[0];
  if (!row) return undefined;
  if (input.birth && row.command_id !== input.commandId) throw new StepRefused('ALREADY_REGISTERED', row.life.state);
  if (row.command_id === input.commandId && row.fingerprint !== fingerprintOf(input))
    throw new StepRefused('COMMAND_ID_REUSED', row.life.state);
  return { life: row.life, commandId: row.command_id, step: row.step, refundId: row.refund_id };
}

async function recordBirth(
  tx: Transaction,
  input: VouchedStep,
  { registration, policy }: NonNullable<StepInput['birth']>,
): Promise<StepResult> {
  const { orders } = registration;
  const facts = factsOf(registration);
  const life = input.next;
  await touchAccount(tx, facts.account);
  await tx.query(
    `INSERT INTO instances (id, account, product, billing, region, state, step, facts, life, policy_id, registration_hash, registered_by,
       due_at, isolated_at, purge_time)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      input.instanceId,
      facts.account,
      facts.product,
      facts.billing,
      facts.region,
      life.state,
      input.step,
      facts,
      life,
      await keepPolicy(tx, policy),
      hashOf(registration),
      input.commandId,
      dueAt(life),
      life.isolatedAt,
      life.purgeTime,
    ],
  );
  await insertOrders(tx, input.instanceId, 0, orders, settledElsewhere(life));
  const { cause, isolatedAt, purgeTime } = life;
  await insertStep(tx, input, life, null, null, isolatedAt === null ? {} : { cause, isolatedAt, purgeTime });
  const currency = facts.prices?.currency;
  const postings = currency ? registrationPostings(orders, life.isolatedAt !== null, currency) : [];
  await book(tx, { ...bookedBy(input, facts.account), event: 'registration', refundId: null, reversal: null, postings });
  return { life, commandId: input.commandId, step: input.step, refundId: null };
}

/** L15: what has become of the orders of an instance that comes from another system's bin. */
function settledElsewhere({ isolatedAt, cause }: Life): Pick<StoredOrder, 'closedAt' | 'endedAt'> | undefined {
  if (isolatedAt === null) return undefined;
  return cause === 'expiry' ? { closedAt: null, endedAt: isolatedAt } : { closedAt: isolatedAt, endedAt: null };
}

async function recordStep(tx: Transaction, input: VouchedStep): Promise<StepResult> {
  const row = await findInstance(tx, input.instanceId);
  if (!row) throw new Error(`instance ${input.instanceId} has no row: its registration was never recorded`);
  // The workflow has lost the thread (a database put back from a copy), or was given a life that is not this one: it goes on from what is
  // stored, and decides again.
  const isElsewhere = input.from !== undefined && hashOf(input.from) !== hashOf(row.life);
  if (row.life.step !== input.step - 1 || isElsewhere) return { life: row.life, commandId: '', step: row.life.step, refundId: null };
  const work: Work = { tx, input, row, life: input.next, postings: [], event: 'end-orders', refundId: null, reversal: null, details: {} };
  for (const effect of input.effects) await EFFECTS[effect.type](work, effect as never);
  const { life } = work;
  const disposal = life.state === 'terminated' && row.life.state !== 'terminated' ? await disposalOf(tx, row) : row.disposal;
  await tx.query(
    'UPDATE instances SET state = $2, step = $3, life = $4, isolated_at = $5, purge_time = $6, due_at = $7, disposal = $8 WHERE id = $1',
    [input.instanceId, life.state, input.step, life, life.isolatedAt, life.purgeTime, dueAt(life), disposal],
  );
  if (row.life.purgeTime !== null && life.purgeTime === null) await leftBin(tx, row, life, input.at);
  if (life.billingStoppedAt !== null && row.life.billingStoppedAt === null) await cutUsage(tx, row.id, life.billingStoppedAt);
  if (hasEnded(life) && !hasEnded(row.life)) await closeReviews(tx, row.id, input.command);
  const details = { ...detailsOf(input.body, row.life, life), ...work.details, ...(disposal ? presentDisposal(disposal) : {}) };
  await insertStep(tx, input, life, row.life.state, work.refundId, details);
  const { event, refundId, reversal, postings } = work;
  await book(tx, { ...bookedBy(input, row.facts.account), event, refundId, reversal, postings });
  return { life, commandId: input.commandId, step: input.step, refundId: work.refundId };
}

const dueAt = (life: Life): string | null => nextDeadline(life)?.at ?? null;

/** Nothing can be returned of it any more. */
const hasEnded = ({ state }: Life): boolean => state === 'isolated' || state === 'terminated';

/** The item that led into the bin no longer says when it will be released: it was restored, or has gone before its time. */
async function leftBin(tx: Transaction, { id, life: before }: InstanceRow, life: Life, at: string): Promise<void> {
  await tx.query(
    `UPDATE termination_items SET release_time = CASE WHEN $4 THEN least(release_time, $3::timestamptz) END
     WHERE instance_id = $1 AND status = 'done' AND release_time = $2`,
    [id, before.purgeTime, at, life.state === 'terminated'],
  );
}

/** What becomes of each part: as the quote said that it was ended by (L19); where there was none, as the product's rules say. */
async function disposalOf(tx: Transaction, { id, facts, policy, life }: InstanceRow): Promise<Plan> {
  const { rows } = await tx.query<{ plan: Plan | null }>(
    `SELECT item.plan FROM termination_items item JOIN terminations t ON t.id = item.termination_id
     WHERE item.instance_id = $1 AND item.status = 'done' AND t.action <> 'return-renewals' ORDER BY item.accepted_at DESC LIMIT 1`,
    [id],
  );
  return (life.cause === 'expiry' ? undefined : rows[0]?.plan) ?? planFor(id, facts, policy.disposal);
}

async function insertStep(
  tx: Transaction,
  input: VouchedStep,
  life: Life,
  from: string | null,
  refund: string | null,
  details: Details,
): Promise<void> {
  await tx.query(
    `INSERT INTO steps (instance_id, step, command_id, fingerprint, command, outcome, from_state, to_state, by, effective_at, refund_id, code, life,
       authority, details, carried_out_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    [
      input.instanceId,
      input.step,
      input.commandId,
      fingerprintOf(input),
      input.command,
      input.refused === undefined ? 'done' : 'refused',
      from,
      life.state,
      input.by,
      input.at,
      refund,
      input.refused ?? null,
      life,
      input.authority,
      Object.keys(details).length ? details : null,
      input.carriedOutAt ?? null,
    ],
  );
  const payload = { command: input.command, from, to: life.state, refundId: refund, effectiveAt: input.at };
  await tx.query('INSERT INTO outbox (topic, instance_id, step, payload) VALUES ($1, $2, $3, $4)', [
    input.refused === undefined ? 'instance.changed' : 'instance.refused',
    input.instanceId,
    input.step,
    payload,
  ]);
}

/** What a ledger transaction takes from its step. */
const bookedBy = ({ instanceId, step, at }: StepInput, account: string) => ({ instanceId, step, account, effectiveAt: at });
