/** The items of an agreement, sent to their instances. */
import type { Client } from '@temporalio/client';
import type { CommandMessage } from '../workflows/messages';
import { CommandRefused, NotRunning, Unavailable } from './meaning';
import { type SendOptions, sendCommand } from './send';

export interface SentItem {
  instanceId: string;
  message: CommandMessage<'terminate'>;
}

export interface SendItemOptions extends SendOptions {
  concurrency?: number;
  /** What to do with an item that its instance refuses. */
  onRefused: (item: SentItem, refusal: { code: string; state: string | null }) => Promise<void>;
  /** What to do with an item whose instance has no running workflow. */
  onNotRunning: (item: SentItem) => Promise<void>;
}

/**
 * Sends the items of a termination with bounded concurrency. Those that nobody answered stay accepted, and
 * the sweep sends them again.
 */
export async function sendItems(client: Client, items: SentItem[], options: SendItemOptions): Promise<void> {
  const waiting = [...items];
  const sendNext = async (): Promise<void> => {
    for (let item = waiting.shift(); item; item = waiting.shift()) await sendItem(client, item, options);
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency ?? 8, items.length) }, sendNext));
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
