/** Whether an instance has a workflow, and how to give it another one (L14). */
import type { Client } from '@temporalio/client';
import { workflowId } from '../domain/ids';
import { type LaterRun, lifeQuery, REVISION, TASK_QUEUE, WORKFLOW_TYPE } from '../workflows/messages';
import { attributesAtStart, releaseAttribute, releaseTimeOf } from '../workflows/search-attributes';
import { NotRunning, within } from './meaning';
import { type SendOptions, summaryOf, WAIT_MS } from './send';

const LOOK_MS = 5000;

/** Whether the instance has a running workflow; that one may all the same not answer. @throws Unavailable */
export async function hasWorkflow(client: Client, instanceId: string): Promise<boolean> {
  try {
    const handle = client.workflow.getHandle(workflowId(instanceId));
    return (await within(client, LOOK_MS, () => handle.describe())).status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof NotRunning) return false;
    throw error;
  }
}

export interface Restart extends LaterRun {
  region: string;
}

/**
 * Starts the workflow of a living instance again, from its stored life (L14): deadlines that came due
 * meanwhile are taken at once. One that runs, maybe because somebody else was faster, stays as it is.
 */
export async function startAgain(
  client: Client,
  { life, done, region }: Restart,
  options: Omit<SendOptions, 'signer'>,
): Promise<void> {
  try {
    await within(client, options.waitMs ?? WAIT_MS, () =>
      client.workflow.start(WORKFLOW_TYPE, {
        workflowId: workflowId(life.id),
        taskQueue: options.taskQueue ?? TASK_QUEUE,
        args: [{ life, done, revision: REVISION }],
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        typedSearchAttributes: [...attributesAtStart(life), ...releaseAttribute(releaseTimeOf(life))],
        staticSummary: summaryOf(life, region),
      }),
    );
  } catch (error) {
    if (!(error instanceof NotRunning)) throw error;
  }
}

/** Ends a workflow that runs and is of no use; what it was told and has not recorded is lost. */
export async function abandon(
  client: Client,
  instanceId: string,
  reason: string,
  options: Pick<SendOptions, 'waitMs'>,
): Promise<void> {
  const handle = client.workflow.getHandle(workflowId(instanceId));
  await within(client, options.waitMs ?? WAIT_MS, () => handle.terminate(reason));
}

/** Waits until the workflow has taken up its life. @throws Unavailable when it has not in time */
export async function hasBegun(
  client: Client,
  instanceId: string,
  options: Pick<SendOptions, 'waitMs'>,
): Promise<void> {
  const handle = client.workflow.getHandle(workflowId(instanceId));
  await within(client, options.waitMs ?? WAIT_MS, () => handle.query(lifeQuery));
}
