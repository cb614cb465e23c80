import type { z } from 'zod';
import type { auditAnswer, auditSummaryAnswer } from '../../contract/books';
import type { AuditRow, AuditSummary } from '../../store/audit/runs';

export function presentAuditSummary(row: AuditSummary): z.infer<typeof auditSummaryAnswer> {
  const { id, trigger, startedAt, finishedAt, rows, head, findingCount, healedCount, skipped } = row;
  return {
    id,
    trigger,
    startedAt,
    finishedAt,
    rows,
    head,
    found: findingCount,
    healed: healedCount,
    skipped,
  };
}

export function presentAudit(row: AuditRow): z.infer<typeof auditAnswer> {
  return { ...presentAuditSummary(row), findings: row.findings, healings: row.healed };
}
