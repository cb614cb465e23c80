/** The renewals that somebody has chosen to give back, held against the instance's orders. */

import { type Issue, issue } from '../../contract/issues';
import { clockOf } from '../../domain/clock';
import { choiceIssues } from '../../domain/instance';
import type { InstanceRow } from '../../store/lives/instances';
import { invalid } from '../problem';

/** Each id that can't come back, by its place in `orderIds`. */
function issuesOfChoice(row: InstanceRow, orderIds: string[]): Issue[] {
  return choiceIssues(row.orders, clockOf(row, Date.now()), orderIds).map(({ id, code, ...more }) =>
    issue(['orderIds', orderIds.indexOf(id)], code, more),
  );
}

/** @throws Problem 400 that names each id that can't come back */
export function requireChoice(row: InstanceRow, orderIds: string[] | undefined): void {
  const issues = orderIds ? issuesOfChoice(row, orderIds) : [];
  if (issues.length) throw invalid(issues);
}
