/**
 * The audit: what must be true of the database, whoever wrote it. It reads rows, not the code that made them,
 * and trusts no constraint or trigger: a hand that takes those away is what it is for.
 */

import { findHead, type Head } from '../books/seal';
import { type Pool, snapshot, type Transaction } from '../db';
import { AUTHORITY } from './authority';
import { BOOKS } from './books';
import { CALCULATIONS } from './calculations';
import type { Check, Finding } from './check';
import { LIVES } from './lives';
import { RIGHTS } from './rights';
import { SEALS } from './seals';

export type { Check, Finding };

export const CHECKS: readonly Check[] = [
  ...BOOKS,
  ...SEALS,
  ...LIVES,
  ...RIGHTS,
  ...CALCULATIONS,
  ...AUTHORITY,
];

export interface CheckResult {
  name: string;
  title: string;
  findings: Finding[];
  /** Why it could not be made; then there are no findings. */
  skipped?: string;
}

export interface AuditReport {
  /** The database's clock when the snapshot was taken. */
  at: string;
  /** How much was looked at: an audit of nothing finds nothing. */
  rows: Record<(typeof COUNTED)[number], number>;
  /** The newest seal, to be kept and held against the chain later. */
  head: Head | null;
  checks: CheckResult[];
}

const COUNTED = ['instances', 'steps', 'transactions', 'entries', 'seals', 'refunds', 'rights'] as const;

/**
 * Runs every check on a connection; all of them see one state only inside a transaction that is at least
 * REPEATABLE READ.
 */
export async function runChecks(
  db: Transaction,
  onCheck: (check: Check, index: number) => void = () => {},
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const [index, check] of CHECKS.entries()) {
    onCheck(check, index);
    results.push({ name: check.name, title: check.title, findings: await check.run(db) });
  }
  return results;
}

/** Audits one snapshot, read only: it neither waits for the service nor holds it up. */
export async function audit(
  pool: Pool,
  onCheck?: (check: Check, index: number) => void,
): Promise<AuditReport> {
  return await snapshot(pool, async (db) => {
    const counts = COUNTED.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`).join(', ');
    const { rows } = await db.query<AuditReport['rows'] & { at: string }>(`SELECT now() AS at, ${counts}`);
    const { at, ...counted } = rows[0]!;
    return { at, rows: counted, head: (await findHead(db)) ?? null, checks: await runChecks(db, onCheck) };
  });
}
