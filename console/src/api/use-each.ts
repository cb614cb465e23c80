/** The same write to each of several, a few at a time: what becomes of one does not stop the others. */
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { newKey } from './call';
import { isDecided } from './use-command';

/** How far one of them is; an error is why it was refused. */
export type Outcome = 'under-way' | 'done' | Error;

const AT_A_TIME = 4;

/** @param send one write under its Idempotency-Key, which an unanswered one keeps when it is tried again */
export function useEach(send: (id: string, idempotencyKey: string) => Promise<unknown>) {
  const queries = useQueryClient();
  const keys = useRef(new Map<string, string>());
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map());
  const tell = (id: string, outcome: Outcome): void =>
    setOutcomes((before) => new Map(before).set(id, outcome));
  const sendTo = async (id: string): Promise<void> => {
    const key = keys.current.get(id) ?? newKey();
    keys.current.set(id, key);
    try {
      await send(id, key);
      tell(id, 'done');
    } catch (error) {
      if (isDecided(error)) keys.current.delete(id);
      tell(id, error as Error);
    }
  };
  const run = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) tell(id, 'under-way');
    const waiting = [...ids];
    const next = async (): Promise<void> => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) await sendTo(id);
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, next));
    await queries.invalidateQueries();
  };
  return { outcomes, run };
}
