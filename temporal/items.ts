/** The items of an agreement, sent to their instances. */
import type { Client } from '@temporalio/client';
import type { CommandMessage } from '../workflows/messages';
import { CommandRefused, NotRunning, Unavailable } from './meaning';
import type { Places } from './places';
import { type SendOptions, sendCommand } from './send';

export interface SentItem {
  instanceId: string;
  message: CommandMessage<'terminate'>;
}

/** For how long who has accepted items sends them, in milliseconds: what is left then is the sweep's (decision 13). */
export const OWN_MS = 10_000;
/**
 * Places of an API process. With two of them, and the hands of two workers' sweeps, as many updates as keep two cores busy, and not so many
 * that a single command has a queue before it.
 */
export const ITEMS_AT_ONCE = 4;

export interface SendItemOptions extends SendOptions {
  /** Shared with others that send. */
  places: Places;
  /** From when on what has not been sent is left. */
  until?: AbortSignal;
  /** What to do with an item that its instance refuses. */
  onRefused: (item: SentItem, refusal: { code: string; state: string | null }) => Promise<void>;
  /** What to do with an item whose instance has no running workflow. */
  onNotRunning: (item: SentItem) => Promise<void>;
}

/**
 * Sends the items of a termination, as places come free. Those that nobody answered stay accepted, and
 * the sweep sends them again.
 * @returns whether all were answered
 */
export async function sendItems(
  client: Client,
  items: SentItem[],
  options: SendItemOptions,
): Promise<boolean> {
  const send = (item: SentItem) => options.places.use(items, () => sendItem(client, item, options));
  return (await Promise.all(items.map(send))).every(Boolean);
}

/** @returns whether it was answered */
async function sendItem(client: Client, item: SentItem, options: SendItemOptions): Promise<boolean> {
  if (options.until?.aborted) return false;
  try {
    await sendCommand(client, item.instanceId, item.message, options);
  } catch (error) {
    if (error instanceof Unavailable) return false;
    if (error instanceof CommandRefused) await options.onRefused(item, error);
    else if (error instanceof NotRunning) await options.onNotRunning(item);
    else throw error;
  }
  return true;
}
