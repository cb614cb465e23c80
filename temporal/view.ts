/**
 * Temporal as the audit asks it: lists for the many, and the workflow itself for the few that seem to differ.
 */

import type { Client } from '@temporalio/client';
import { instanceIdOf, workflowId } from '../domain/ids';
import { isoOf } from '../domain/instant';
import type { Life } from '../domain/lifecycle';
import type { Seen, Situation, Workflows } from '../store/audit/workflows';
import { lifeQuery, WORKFLOW_TYPE } from '../workflows/messages';
import { releaseTimeOf, situationIn } from '../workflows/search-attributes';
import { NotRunning, within } from './meaning';

/** A worker that is there answers at once. */
const ANSWER_MS = 5000;
/** A page of a list is read from an index, and can be many. */
const LIST_MS = 30_000;
const PAGE = 1000;
/** Ended from outside longer ago than this: they have been seen by then, and started again or not. */
const FALLEN_MS = 3_600_000;

/**
 * @param taskQueue whose workflows are meant: a namespace may have several installations
 * @throws Unavailable, each of what it answers
 */
export function viewOf(
  client: Client,
  taskQueue: string,
): Pick<Workflows, 'running' | 'fallen' | 'count' | 'look'> {
  return {
    running: () => running(client, taskQueue),
    fallen: () => fallen(client, taskQueue),
    count: async () =>
      (await within(client, LIST_MS, () => client.workflow.count(runningOf(taskQueue)))).count,
    look: (instanceId) => look(client, instanceId),
  };
}

const runningOf = (taskQueue: string): string =>
  `WorkflowType = '${WORKFLOW_TYPE}' AND ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue}'`;

/** A list as it comes, page after page. */
async function* listed(client: Client, query: string) {
  const all = client.workflow.list({ query, pageSize: PAGE })[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await within(client, LIST_MS, () => all.next());
    if (done) return;
    yield value;
  }
}

async function* running(
  client: Client,
  taskQueue: string,
): AsyncGenerator<Partial<Situation> & { instanceId: string }> {
  for await (const { workflowId: id, typedSearchAttributes } of listed(client, runningOf(taskQueue))) {
    yield { instanceId: instanceIdOf(id), ...situationIn(typedSearchAttributes) };
  }
}

/** At most {@link PAGE} of them. */
async function fallen(client: Client, taskQueue: string): Promise<string[]> {
  const statuses = "ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut', 'Canceled')";
  const since = isoOf(Date.now() - FALLEN_MS);
  const query = `WorkflowType = '${WORKFLOW_TYPE}' AND ${statuses} AND CloseTime > '${since}' AND TaskQueue = '${taskQueue}'`;
  const ids: string[] = [];
  for await (const { workflowId: id } of listed(client, query)) {
    if (ids.push(instanceIdOf(id)) === PAGE) break;
  }
  return ids;
}

async function look(client: Client, instanceId: string): Promise<Seen> {
  const handle = client.workflow.getHandle(workflowId(instanceId));
  try {
    const { status } = await within(client, ANSWER_MS, () => handle.describe());
    if (status.name !== 'RUNNING') return { is: 'closed', how: status.name };
  } catch (error) {
    if (error instanceof NotRunning) return { is: 'missing' };
    throw error;
  }
  try {
    return {
      is: 'running',
      life: situationOf(await client.withDeadline(Date.now() + ANSWER_MS, () => handle.query(lifeQuery))),
    };
  } catch (error) {
    // The server has just answered: it is the worker, or the workflow's own code, that does not.
    return { is: 'silent', reason: (error as Error).message };
  }
}

const situationOf = (life: Life | null): (Situation & { step: number }) | null =>
  life && { step: life.step, state: life.state, releaseTime: releaseTimeOf(life) };
