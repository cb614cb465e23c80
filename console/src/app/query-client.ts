import { QueryClient } from '@tanstack/react-query';
import { Refused, Unreachable } from '../api/call';

const RETRY_MS = 3000;

/** Nobody answered: asked again until somebody does, and what was there stays on the page meanwhile. */
const isPassing = (error: Error): boolean =>
  error instanceof Unreachable || (error instanceof Refused && error.problem.status === 503);

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      gcTime: 5 * 60_000,
      retry: (_count, error) => isPassing(error),
      retryDelay: RETRY_MS,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always', retry: false },
  },
});
