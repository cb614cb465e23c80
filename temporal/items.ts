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

export interface SendItemOptions extends SendOptions {
  /** Shared with others that send. */
  places: Places;
  /** What to do with an item that its instance refuses. */
  onRefused: (item: SentItem, refusal: { code: string; state: string | null }) => Promise<void>;
  /** What to do with an item whose instance has no running workflow. */
  onNotRunning: (item: SentItem) => Promise<void>;
}

/**
 * Sends the items of a termination, as places come free. Those that nobody answered stay accepted, and
 * the sweep sends them again.
 */
export async function sendItems(client: Client, items: SentItem[], options: SendItemOptions): Promise<void> {
  await Promise.all(items.map((item) => options.places.use(items, () => sendItem(client, item, options))));
}

async function sendItem(client: Client, item: SentItem, options: SendItemOptions): Promise<void> {
  try {
    await sendCommand(client, item.instanceId, item.message, options);
  } catch (error) {
    if (error instanceof CommandRefused) await options.onRefused(item, error);
    else if (error instanceof NotRunning) await options.onNotRunning(item);
    else if (!(error instanceof Unavailable)) throw error;
  }
}
