/**
 * Whole audits: what is only late is healed first, then one snapshot is checked, then the workflows are
 * asked; and all of it is kept.
 */

import type { Head } from '../books/seal';
import type { Db, Pool } from '../db';
import { bySeq, Conditions, listPage, type Page, type PageRequest } from '../paging';
import { type AuditReport, audit, CHECKS, type CheckResult, type Finding } from '.';
import { eachAtOnce } from './at-once';
import { type Healed, healLate, LATE_CHECK } from './late';
import {
  ASKED_AT_ONCE,
  compareWithWorkflows,
  PAUSE_MS,
  TemporalAway,
  WORKFLOWS_CHECK,
  type Workflows,
} from './workflows';

type AuditTrigger = 'schedule' | 'command';

export interface AuditOptions {
  id: string;
  trigger: AuditTrigger;
  workflows: Workflows;
  /** How long something due may wait before it counts as late, in seconds. */
  lateSeconds?: number;
  /** Between two looks at what differs or is late, which may pass by itself, in milliseconds. */
  pauseMs?: number;
  /** Told what it is at, often. What it throws ends the audit. */
  onProgress?: (doing: string) => void;
}

export interface FinishedAudit extends Omit<AuditReport, 'rows'> {
  id: string;
  trigger: AuditTrigger;
  /** Wall clock of the database. */
  startedAt: string;
  finishedAt: string;
  /** `workflows`: those that were compared; missing when Temporal could not be asked. */
  rows: AuditReport['rows'] & { workflows?: number };
  healed: Healed[];
}

/** How many checks a whole audit makes: those of one snapshot, and two that need more than that. */
const CHECK_COUNT = CHECKS.length + 2;

/** Makes a whole audit; {@link recordAudit} keeps it. Changes nothing but what is late. */
export async function makeAudit(pool: Pool, options: AuditOptions): Promise<FinishedAudit> {
  const {
    id,
    trigger,
    workflows,
    lateSeconds: seconds = 60,
    pauseMs = PAUSE_MS,
    onProgress = () => {},
  } = options;
  const startedAt = await now(pool);
  onProgress('looking for what is late');
  const { healed, findings } = await healLate(pool, workflows, { seconds, pauseMs });
  const late: CheckResult = { ...LATE_CHECK, findings };
  const report = await audit(pool, ({ title }, index) =>
    onProgress(`check ${index + 1} of ${CHECK_COUNT}: ${title}`),
  );
  const { compared, result, repaired } = await compare(pool, workflows, { onProgress, pauseMs });
  return {
    ...report,
    id,
    trigger,
    startedAt,
    finishedAt: await now(pool),
    rows: { ...report.rows, ...(compared === undefined ? {} : { workflows: compared }) },
    healed: [...healed, ...repaired],
    checks: [...report.checks, late, result],
  };
}

const now = async (db: Db): Promise<string> =>
  (await db.query<{ now: string }>('SELECT clock_timestamp() AS now')).rows[0]!.now;

async function compare(
  pool: Pool,
  workflows: Workflows,
  options: Parameters<typeof compareWithWorkflows>[2],
): Promise<{ compared?: number; result: CheckResult; repaired: Healed[] }> {
  try {
    const { compared, findings, lost } = await compareWithWorkflows(pool, workflows, options);
    const repaired = await startLostAgain(workflows, lost);
    const left = findings.filter(({ id }) => !repaired.some((one) => one.id === id));
    return { compared, result: { ...WORKFLOWS_CHECK, findings: left }, repaired };
  } catch (error) {
    if (!(error instanceof TemporalAway)) throw error;
    return { repaired: [], result: { ...WORKFLOWS_CHECK, findings: [], skipped: error.message } };
  }
}

/** L14: what was stored is all that a workflow needs to go on from. */
async function startLostAgain(workflows: Workflows, lost: string[]): Promise<Healed[]> {
  const repaired: Healed[] = [];
  await eachAtOnce(lost, ASKED_AT_ONCE, async (id) => {
    if (await workflows.startAgain(id)) repaired.push({ what: 'workflow', id });
  });
  return repaired;
}

export const findingsOf = ({ checks }: Pick<AuditReport, 'checks'>): Finding[] =>
  checks.flatMap(({ findings }) => findings);

/** A row of what was done. Lists have at most {@link KEPT} entries; the counts are whole. */
export interface AuditRow {
  id: string;
  trigger: AuditTrigger;
  startedAt: string;
  finishedAt: string;
  rows: Record<string, number>;
  head: Head | null;
  findingCount: number;
  findings: Finding[];
  healedCount: number;
  healed: Healed[];
  skipped: { check: string; reason: string }[];
}

const KEPT = 1000;

/** Keeps an audit, once: a repeat changes nothing. */
export async function recordAudit(db: Db, finished: FinishedAudit): Promise<void> {
  const { id, trigger, startedAt, finishedAt, rows, head, healed, checks } = finished;
  const findings = findingsOf(finished);
  const skipped = checks.flatMap(({ name, skipped: reason }) =>
    reason === undefined ? [] : [{ check: name, reason }],
  );
  await db.query(
    `INSERT INTO audits (id, trigger, started_at, finished_at, rows, head, finding_count, findings, healed_count, healed, skipped)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING`,
    [
      id,
      trigger,
      startedAt,
      finishedAt,
      rows,
      head,
      findings.length,
      JSON.stringify(findings.slice(0, KEPT)),
      healed.length,
      JSON.stringify(healed.slice(0, KEPT)),
      JSON.stringify(skipped),
    ],
  );
}

const SUMMARY = `id, seq, trigger, started_at AS "startedAt", finished_at AS "finishedAt", rows, head, finding_count AS "findingCount",
  healed_count AS "healedCount", skipped`;

export type AuditSummary = Omit<AuditRow, 'findings' | 'healed'>;

export async function findAudit(db: Db, id: string): Promise<AuditRow | undefined> {
  return (await db.query<AuditRow>(`SELECT ${SUMMARY}, findings, healed FROM audits WHERE id = $1`, [id]))
    .rows[0];
}

/** The latest first, without what they have found and healed. */
export async function listAudits(db: Db, page: PageRequest): Promise<Page<AuditSummary>> {
  const by = bySeq<AuditSummary & { seq: number }>();
  const listing = {
    select: `SELECT ${SUMMARY} FROM audits`,
    conditions: new Conditions(),
    by,
    latestFirst: true,
  };
  return await listPage(db, listing, page, ({ seq: _seq, ...row }) => row);
}

/** What the last audit found, and how long ago it ended; undefined before the first. */
export async function lastAudit(db: Db): Promise<{ findings: number; ageSeconds: number } | undefined> {
  const { rows } = await db.query<{ findings: number; ageSeconds: number }>(
    `SELECT finding_count AS findings, extract(epoch FROM clock_timestamp() - finished_at)::float8 AS "ageSeconds"
     FROM audits ORDER BY seq DESC LIMIT 1`,
  );
  return rows[0];
}
