import type { Client } from '@temporalio/client';
import type { Signer } from '../domain/signed';
import { failItem, itemWithoutWorkflow, takeItems } from '../store/agreements/items';
import type { Pool } from '../store/db';
import { sendItems } from '../temporal/items';
import { Places } from '../temporal/places';
import { type LoopOptions, startLoop } from './loop';
import type { Pace } from './pace';

export interface SweepOptions extends LoopOptions {
  /** How long an item may stay accepted before it is sent again, in milliseconds. */
  olderThanMs: number;
  taskQueue: string;
  /** Vouches for what is sent. */
  signer: Signer;
  pace: Pace;
}

/** Who sweeps in this process: each has an item under way at a time. With two workers as many as keep two cores busy. */
const HANDS = 8;
/** So many of them while others' commands are carried out, which wait no longer than beside as many others. */
const HANDS_BESIDE_OTHERS = 3;
/** Of a hand: what can be stuck holds it up for less than a minute, eight times five seconds. */
const HANDFUL = 8;
const WAIT_MS = 5000;

/**
 * Sends what was accepted and is not carried out yet: the rest of a large agreement, and what a sender has left that crashed or
 * found no worker (decision 13). Sending twice is harmless: the update's id is the item's.
 */
export function startSweep(client: Client, pool: Pool, options: SweepOptions): { stop(): Promise<void> } {
  // The first one looks; the others lend a hand when it has found more than it can hold.
  let isMore = false;
  const rests = (hand: number): boolean =>
    hand > 0 && (!isMore || (hand >= HANDS_BESIDE_OTHERS && options.pace.isShared));
  const hands = Array.from({ length: HANDS }, (_, hand) =>
    startLoop(async () => {
      if (rests(hand)) return false;
      isMore = await sweepOnce(client, pool, options);
      return isMore;
    }, options),
  );
  return { stop: async () => void (await Promise.all(hands.map((hand) => hand.stop()))) };
}

/** One look of all hands, whatever else is carried out meanwhile. */
export async function sweepWithAllHands(...given: Parameters<typeof sweepOnce>): Promise<void> {
  await Promise.all(Array.from({ length: HANDS }, () => sweepOnce(...given)));
}

/**
 * One look of one hand.
 * @returns whether there may be more to send, and somebody who answers
 */
export async function sweepOnce(
  client: Client,
  pool: Pool,
  options: Pick<SweepOptions, 'olderThanMs' | 'taskQueue' | 'signer'>,
): Promise<boolean> {
  const items = await takeItems(pool, options.olderThanMs, HANDFUL);
  const terminationOf = new Map(items.map((item) => [item.message.id, item.terminationId]));
  const isAnswered = await sendItems(client, items, {
    taskQueue: options.taskQueue,
    signer: options.signer,
    places: new Places(1),
    waitMs: WAIT_MS,
    onRefused: ({ instanceId, message }, refusal) =>
      failItem(pool, terminationOf.get(message.id)!, instanceId, refusal),
    onNotRunning: ({ instanceId, message }) =>
      itemWithoutWorkflow(pool, terminationOf.get(message.id)!, instanceId),
  });
  return isAnswered && items.length === HANDFUL;
}
