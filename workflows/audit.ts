/**
 * The audit that a schedule starts every night. All the work is one activity: it touches the world, and its
 * result is a row.
 */
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { AuditActivities, AuditResult } from '../activities/audit';

const activities = proxyActivities<AuditActivities>({
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: '1 minute',
  // After that the next night is soon enough: nothing waits for an audit.
  retry: { initialInterval: '1 minute', maximumAttempts: 5 },
});

/** Answers how much was found; the row `audit_<run>` has it all. */
export async function audit(): Promise<AuditResult> {
  return await activities.audit({ id: `audit_${workflowInfo().runId}` });
}
