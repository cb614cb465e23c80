/**
 * The yardstick: what the engine costs. A workflow that takes the same updates as a life of Sunset's and does
 * nothing but record each in one SQL transaction of four inserts, as plainly as the SDK lets one write it.
 */

import {
  allHandlersFinished,
  condition,
  defineUpdate,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type * as activities from './activities';

const options = { startToCloseTimeout: '10 seconds' } as const;
const { record } = proxyActivities<typeof activities>(options);
const { record: recordLocally } = proxyLocalActivities<typeof activities>(options);

export const register = defineUpdate<string>('register');
/** Answers when it is recorded. `bin`: a week's timer starts. `close`: the life is over. */
export const change = defineUpdate<string, [{ to: 'stopped' | 'running' | 'bin' | 'close'; note: string }]>(
  'change',
);

const WEEK = '7 days';

/** @param begins in the bin: it sleeps from the first step on */
export async function bare(id: string, body: string, begins: 'running' | 'bin' = 'running'): Promise<void> {
  let state: string | undefined;
  let step = 0;
  setHandler(register, async () => {
    await condition(() => state !== undefined);
    return state!;
  });
  setHandler(change, async ({ to, note }) => {
    step += 1;
    await record({ id, step, to, body: note });
    state = to;
    return to;
  });
  await recordLocally({ id, step: 0, to: begins, body });
  state = begins;
  await condition(() => state === 'bin' || state === 'close');
  if (state === 'bin') await condition(() => state === 'close', WEEK);
  await condition(allHandlersFinished);
}
