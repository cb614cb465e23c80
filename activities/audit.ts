/**
 * The nightly audit as an activity: it may take long, says that it goes on, and ends early when it is told
 * to.
 */
import { Context } from '@temporalio/activity';
import { findAudit, makeAudit, recordAudit } from '../store/audit/runs';
import type { Workflows } from '../store/audit/workflows';
import type { Pool } from '../store/db';

export interface AuditResult {
  id: string;
  found: number;
  healed: number;
  skipped: string[];
}

export interface AuditActivities {
  /** Audits, and keeps what was found under the given id: once, however often it is tried. */
  audit(input: { id: string }): Promise<AuditResult>;
}

const HEARTBEAT_MS = 5000;

export function createAuditActivities(pool: Pool, workflows: Workflows): AuditActivities {
  return { audit: ({ id }) => auditOnce(pool, workflows, id) };
}

async function auditOnce(pool: Pool, workflows: Workflows, id: string): Promise<AuditResult> {
  if (!(await findAudit(pool, id))) await auditAlive(pool, workflows, id);
  const { findingCount, healedCount, skipped } = (await findAudit(pool, id))!;
  return { id, found: findingCount, healed: healedCount, skipped: skipped.map(({ check }) => check) };
}

/** One check of a big database takes longer than a heartbeat may: a timer says what it is at. */
async function auditAlive(pool: Pool, workflows: Workflows, id: string): Promise<void> {
  const { heartbeat, cancellationSignal } = Context.current();
  let at = '';
  const timer = setInterval(() => heartbeat(at), HEARTBEAT_MS);
  const onProgress = (doing: string): void => {
    cancellationSignal.throwIfAborted();
    at = doing;
  };
  try {
    await recordAudit(pool, await makeAudit(pool, { id, trigger: 'schedule', workflows, onProgress }));
  } finally {
    clearInterval(timer);
  }
}
