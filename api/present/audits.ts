import type { z } from 'zod';
import type { AuditRow } from '../../store/audit/runs';
import type { auditAnswer, auditSummaryAnswer } from '../schemas/books';

export function presentAuditSummary(row: AuditRow): z.infer<typeof auditSummaryAnswer> {
  const { id, trigger, startedAt, finishedAt, rows, head, findingCount, healedCount, skipped } = row;
  return { id, trigger, startedAt, finishedAt, rows, head, found: findingCount, healed: healedCount, skipped };
}

export function presentAudit(row: AuditRow): z.infer<typeof auditAnswer> {
  return { ...presentAuditSummary(row), findings: row.findings, healings: row.healed };
}
