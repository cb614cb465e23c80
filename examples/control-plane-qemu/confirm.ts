/** Tells Sunset what came of a step that was pending. It would find out by asking: this is sooner. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Machine } from './machine';
import { signed } from './protocol';

const ANSWER_MS = 10_000;
const PAUSE_MS = { first: 1000, longest: 60_000 } as const;
const TIMES = 12;

/**
 * Again until it was taken, with longer and longer pauses; then Sunset asks for itself.
 * @param to `…/v1/control-plane/confirmations`
 * @param secret the newest of those that both sides have
 */
export async function confirm(to: string, secret: string, machine: Machine, stepKey: string): Promise<void> {
  const { instanceId, outcome } = machine.step(stepKey)!;
  const body = JSON.stringify({ instanceId, stepKey, outcome });
  let pauseMs: number = PAUSE_MS.first;
  for (let time = 0; time < TIMES; time++) {
    if (await isTaken(to, secret, stepKey, body)) return await machine.paid(stepKey);
    await sleep(pauseMs, undefined, { ref: false });
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest);
    // They have asked meanwhile.
    if (!machine.step(stepKey)!.isOwed) return;
  }
}

async function isTaken(to: string, secret: string, stepKey: string, body: string): Promise<boolean> {
  try {
    const response = await fetch(to, {
      method: 'POST',
      // Its signature is for that address.
      redirect: 'manual',
      // Signed each time: a signature is good for five minutes.
      headers: { 'content-type': 'application/json', ...signed(secret, stepKey, body) },
      body,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
