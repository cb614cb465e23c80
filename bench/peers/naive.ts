/**
 * What many write first: signals in place of updates, an upsert of search attributes at every change, a
 * regular activity for each, and a client that asks by query until it has happened.
 */

import { defineSearchAttributeKey } from '@temporalio/common';
import {
  condition,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type * as activities from './activities';

const { record } = proxyActivities<typeof activities>({ startToCloseTimeout: '10 seconds' });
const STATE = defineSearchAttributeKey('SunsetState', 'KEYWORD');

type Wanted = { to: string; note: string };
export const changeSignal = defineSignal<[Wanted]>('changeSignal');
export const stepQuery = defineQuery<number>('step');

export async function naive(id: string, body: string): Promise<void> {
  const queue: Wanted[] = [];
  let step = -1;
  setHandler(changeSignal, (wanted) => void queue.push(wanted));
  setHandler(stepQuery, () => step);
  const move = async (to: string, note: string): Promise<void> => {
    await record({ id, step: step + 1, to, body: note });
    upsertSearchAttributes([{ key: STATE, value: to }]);
    step += 1;
  };
  await move('running', body);
  for (;;) {
    await condition(() => queue.length > 0);
    const { to, note } = queue.shift()!;
    await move(to, note);
    if (to === 'close') return;
  }
}
