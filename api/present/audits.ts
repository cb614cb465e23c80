import type { AuditAnswer, AuditSummaryAnswer } from '../../contract/books';
import type { AuditRow, AuditSummary } from '../../store/audit/runs';

export function presentAuditSummary(row: AuditSummary): AuditSummaryAnswer {
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

export function presentAudit(row: AuditRow): AuditAnswer {
  return { ...presentAuditSummary(row), findings: row.findings, healings: row.healed };
}
