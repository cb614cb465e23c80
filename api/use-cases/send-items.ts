/** The items of an agreement, sent to their instances: of a confirmation, and of an approval. */
import { type AcceptedItem, failItem, itemWithoutWorkflow } from '../../store/agreements/items';
import { OWN_MS, sendItems } from '../../temporal/items';
import type { ApiDeps } from '../deps';
import { optionsOf } from './command';

const WAIT_MS = 5000;

/**
 * Sends the items; what takes longer goes on behind the answer, and what this process has not sent by {@link OWN_MS} the worker's
 * sweep sends (decision 13): it takes what is as old.
 */
export async function sendForAWhile(
  deps: ApiDeps,
  terminationId: string,
  items: AcceptedItem[],
): Promise<void> {
  const sending = sendItems(deps.temporal, items, {
    ...optionsOf(deps),
    places: deps.places,
    until: AbortSignal.timeout(OWN_MS),
    onRefused: ({ instanceId }, { code, state }) =>
      failItem(deps.pool, terminationId, instanceId, { code, state }),
    onNotRunning: ({ instanceId }) => itemWithoutWorkflow(deps.pool, terminationId, instanceId),
  }).catch((error: unknown) =>
    deps.logger.warn({ err: error, terminationId }, 'items are left to the sweep'),
  );
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deps.terminationWaitMs ?? WAIT_MS);
  });
  await Promise.race([sending, enough]);
  clearTimeout(timer);
}
