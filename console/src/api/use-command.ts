/** Writes: each intention has one Idempotency-Key, so that trying again is never doing it twice. */
import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { newKey, Refused } from './call';

/** Refused as it is: another try is another write. */
export const isDecided = (error: unknown): boolean =>
  error instanceof Refused && error.problem.status < 500 && error.problem.status !== 429;

/**
 * A write that can be tried again: after no answer it goes out under the same key; after an answer the next
 * one is new. What is on the page is read again after it.
 */
export function useCommand<Input, Answer>(
  send: (input: Input, idempotencyKey: string) => Promise<Answer>,
): UseMutationResult<Answer, Error, Input> {
  const key = useRef(newKey());
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (input: Input) => {
      try {
        const answer = await send(input, key.current);
        key.current = newKey();
        return answer;
      } catch (error) {
        if (isDecided(error)) key.current = newKey();
        throw error;
      }
    },
    onSettled: () => queries.invalidateQueries(),
  });
}
