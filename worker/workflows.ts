/** Temporal as the audit asks it: lists for the many, and the workflow itself for the few that seem to differ. */
import { type Client, isGrpcServiceError, ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { instanceIdOf, workflowId } from '../domain/ids';
import type { Life } from '../domain/lifecycle';
import type { Sign } from '../domain/signed';
import { type Seen, type Standing, TemporalAway, type Workflows } from '../store/audit/workflows';
import type { Pool } from '../store/db';
import { lifeQuery, WORKFLOW_TYPE } from '../workflows/messages';
import { releaseTimeOf, standingOf } from '../workflows/search-attributes';
import { sweepOnce } from './sweep';

/** A worker that is there answers at once. */
const ANSWER_MS = 5000;
const PAGE = 1000;

/**
 * @param taskQueue whose workflows are meant: a namespace may have several installations
 * @param sign vouches for items that are sent again; undefined: the operator's key is not known here, and none can be sent
 */
export function workflowsOf(client: Client, pool: Pool, taskQueue: string, sign: Sign | undefined): Workflows {
  return {
    running: () => running(client, taskQueue),
    look: (instanceId) => orAway(() => look(client, instanceId)),
    sendAgain: async (olderThanMs) => {
      if (!sign) throw new TemporalAway('the operator’s key, which signs commands, is not known here: set SUNSET_OPERATOR_KEY');
      await orAway(() => sweepOnce(client, pool, { olderThanMs, taskQueue, sign }));
    },
  };
}

async function* running(client: Client, taskQueue: string): AsyncGenerator<Partial<Standing> & { instanceId: string }> {
  const query = `WorkflowType = '${WORKFLOW_TYPE}' AND ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue}'`;
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
    if (isGrpcServiceError(error) || error instanceof ServiceError) throw new TemporalAway(error.message);
    throw error;
  }
}
