/**
 * What the audit needs of workflows (`store/audit/workflows.ts`): Temporal's view of them, and what puts
 * right what is only late or lost.
 */
import type { Client } from '@temporalio/client';
import type { Signer } from '../domain/signed';
import { TemporalAway, type Workflows } from '../store/audit/workflows';
import type { Pool } from '../store/db';
import { storedLife } from '../store/lives/repair';
import { startAgain } from '../temporal/lives';
import { Unavailable } from '../temporal/meaning';
import { viewOf } from '../temporal/view';
import { sweepWithAllHands } from './sweep';

/** A server that is there starts a workflow at once. */
const START_MS = 5000;

/**
 * @param taskQueue whose workflows are meant: a namespace may have several installations
 * @param signer vouches for items that are sent again; undefined: the operator's key is not known here, and
 *   none can be sent
 */
export function workflowsOf(
  client: Client,
  pool: Pool,
  taskQueue: string,
  signer: Signer | undefined,
): Workflows {
  const view = viewOf(client, taskQueue);
  return {
    running: () => eachOrAway(view.running()),
    fallen: () => orAway(view.fallen),
    count: () => orAway(view.count),
    look: (instanceId) => orAway(() => view.look(instanceId)),
    startAgain: (instanceId) => orAway(() => restart(client, pool, taskQueue, instanceId)),
    sendAgain: async (olderThanMs) => {
      if (!signer)
        throw new TemporalAway(
          'the operator’s key, which signs commands, is not known here: set SUNSET_OPERATOR_KEY',
        );
      await orAway(() => sweepWithAllHands(client, pool, { olderThanMs, taskQueue, signer }));
    },
  };
}

/**
 * Clocks that were moved ahead can't be set here: such a life is left to `sunset repair`, which moves it
 * there again.
 */
async function restart(client: Client, pool: Pool, taskQueue: string, instanceId: string): Promise<boolean> {
  const stored = await storedLife(pool, instanceId);
  if (!stored || stored.life.state === 'terminated' || stored.clockOffsetMs > 0) return false;
  await startAgain(client, stored, { taskQueue, waitMs: START_MS });
  return true;
}

async function* eachOrAway<T>(all: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* all;
  } catch (error) {
    throw asAway(error);
  }
}

async function orAway<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw asAway(error);
  }
}

const asAway = (error: unknown): unknown =>
  error instanceof Unavailable ? new TemporalAway(error.message) : error;
