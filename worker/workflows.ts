/** Temporal as the audit asks it: lists for the many, and the workflow itself for the few that seem to differ. */
import { type Client, isGrpcServiceError, ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { instanceIdOf, workflowId } from '../domain/ids';
import type { Life } from '../domain/lifecycle';
import type { Signer } from '../domain/signed';
import { type Seen, type Standing, TemporalAway, type Workflows } from '../store/audit/workflows';
import type { Pool } from '../store/db';
import { storedLife } from '../store/lives/repair';
import { lifeQuery, WORKFLOW_TYPE } from '../workflows/messages';
import { releaseTimeOf, standingOf } from '../workflows/search-attributes';
import { startAgain, Unavailable } from '../workflows/send';
import { sweepOnce } from './sweep';

/** A worker that is there answers at once. */
const ANSWER_MS = 5000;
const PAGE = 1000;
/** Ended from outside longer ago than this: they have been seen by then, and started again or not. */
const FALLEN_MS = 3_600_000;

/**
 * @param taskQueue whose workflows are meant: a namespace may have several installations
 * @param signer vouches for items that are sent again; undefined: the operator's key is not known here, and none can be sent
 */
export function workflowsOf(client: Client, pool: Pool, taskQueue: string, signer: Signer | undefined): Workflows {
  return {
    running: () => running(client, taskQueue),
    fallen: () => fallen(client, taskQueue),
    count: async () => (await orAway(() => client.workflow.count(runningOf(taskQueue)))).count,
    startAgain: (instanceId) => orAway(() => restart(client, pool, taskQueue, instanceId)),
    look: (instanceId) => orAway(() => look(client, instanceId)),
    sendAgain: async (olderThanMs) => {
      if (!signer) throw new TemporalAway('the operator’s key, which signs commands, is not known here: set SUNSET_OPERATOR_KEY');
      await orAway(() => sweepOnce(client, pool, { olderThanMs, taskQueue, signer }));
    },
  };
}

const runningOf = (taskQueue: string): string =>
  `WorkflowType = '${WORKFLOW_TYPE}' AND ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue}'`;

async function fallen(client: Client, taskQueue: string): Promise<string[]> {
  const statuses = "ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut', 'Canceled')";
  const since = new Date(Date.now() - FALLEN_MS).toISOString();
  const query = `WorkflowType = '${WORKFLOW_TYPE}' AND ${statuses} AND CloseTime > '${since}' AND TaskQueue = '${taskQueue}'`;
  const ids: string[] = [];
  await orAway(async () => {
    for await (const { workflowId: id } of client.workflow.list({ query, pageSize: PAGE })) {
      if (ids.push(instanceIdOf(id)) === PAGE) break;
    }
  });
  return ids;
}

/** Clocks that were moved ahead can't be set here: such a life is left to `sunset repair`, which moves it there again. */
async function restart(client: Client, pool: Pool, taskQueue: string, instanceId: string): Promise<boolean> {
  const stored = await storedLife(pool, instanceId);
  if (!stored || stored.life.state === 'terminated' || stored.clockOffsetMs > 0) return false;
  await startAgain(client, stored, { taskQueue, waitMs: ANSWER_MS });
  return true;
}

async function* running(client: Client, taskQueue: string): AsyncGenerator<Partial<Standing> & { instanceId: string }> {
  const query = runningOf(taskQueue);
  const all = client.workflow.list({ query, pageSize: PAGE })[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await orAway(() => all.next());
    if (done) return;
    yield { instanceId: instanceIdOf(value.workflowId), ...standingOf(value.typedSearchAttributes) };
  }
}

async function look(client: Client, instanceId: string): Promise<Seen> {
  const handle = client.workflow.getHandle(workflowId(instanceId));
  const within = <T>(ask: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + ANSWER_MS, ask);
  try {
    const { status } = await within(() => handle.describe());
    if (status.name !== 'RUNNING') return { is: 'closed', how: status.name };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { is: 'missing' };
    throw error;
  }
  try {
    return { is: 'running', life: standing(await within(() => handle.query(lifeQuery))) };
  } catch (error) {
    // The server has just answered: it is the worker, or the workflow's own code, that does not.
    return { is: 'silent', reason: (error as Error).message };
  }
}

const standing = (life: Life | null): (Standing & { step: number }) | null =>
  life && { step: life.step, state: life.state, releaseTime: releaseTimeOf(life) };

async function orAway<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (isGrpcServiceError(error) || error instanceof ServiceError || error instanceof Unavailable) throw new TemporalAway(error.message);
    throw error;
  }
}
