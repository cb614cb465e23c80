/** What a life has cost so far, counted where it is recorded: for the tests of the cost model, and for the bench. */
import type { Client } from '@temporalio/client';
import type { Pool } from '../../store/db';
import { workflowId } from '../../workflows/messages';

export interface Cost {
  /** Without those of search attributes: they are for who looks at Temporal's list, and no part of the model. */
  events: number;
  tasks: number;
  upserts: number;
  transitions: number;
}

export async function costSoFar(client: Client, instanceId: string): Promise<Cost> {
  const handle = client.workflow.getHandle(workflowId(instanceId));
  const { events } = await handle.fetchHistory();
  const { raw } = await handle.describe();
  const upserts = events!.filter((event) => event.upsertWorkflowSearchAttributesEventAttributes).length;
  return {
    events: events!.length - upserts,
    tasks: events!.filter((event) => event.workflowTaskCompletedEventAttributes).length,
    upserts,
    transitions: Number(raw.workflowExecutionInfo!.stateTransitionCount),
  };
}

/** How many transactions wrote what the steps of a life leave: its timeline and what was booked. */
export async function commitsOf(pool: Pool, instanceId: string): Promise<number> {
  const { rows } = await pool.query<{ commits: number }>(
    `SELECT count(DISTINCT transaction) AS commits FROM (
       SELECT xmin::text AS transaction FROM steps WHERE instance_id = $1
       UNION ALL SELECT xmin::text FROM transactions WHERE instance_id = $1
       UNION ALL SELECT e.xmin::text FROM entries e JOIN transactions t ON t.id = e.transaction_id WHERE t.instance_id = $1) AS written`,
    [instanceId],
  );
  return Number(rows[0]!.commits);
}
