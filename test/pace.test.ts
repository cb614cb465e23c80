/** A sweep makes room for what somebody waits for: a worker that carries out other commands has fewer hands for the items of agreements. */
import type { Client } from '@temporalio/client';
import type { Activities } from '../activities';
import type { StepInput } from '../domain/step';
import type { Pool } from '../store/db';
import { Pace } from '../worker/pace';
import { startSweep } from '../worker/sweep';

const HOUR_MS = 3_600_000;
const stepWith = (...effects: object[]): StepInput => ({ effects }) as unknown as StepInput;
const record = jest.fn();

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

it('a step that is no item of an agreement is somebody else’s, for a second', () => {
  const pace = new Pace();
  const watched = pace.watching({ record } as unknown as Activities);
  expect(pace.isShared).toBe(false);
  const item = stepWith({ type: 'end-orders' }, { type: 'finish-item', terminationId: 't_1' });
  void watched.record(item);
  expect(record).toHaveBeenLastCalledWith(item);
  expect(pace.isShared).toBe(false);
  void watched.record(stepWith());
  expect(pace.isShared).toBe(true);
  jest.advanceTimersByTime(999);
  expect(pace.isShared).toBe(true);
  jest.advanceTimersByTime(1);
  expect(pace.isShared).toBe(false);
});

it.each([
  [8, 'nobody else'],
  [3, 'others'],
])('%i hands sweep beside %s', async (hands, others) => {
  const query = jest.fn(async () => ({ rows: [] }));
  const pace = new Pace();
  if (others === 'others') void pace.watching({ record } as unknown as Activities).record(stepWith());
  const sweep = startSweep({} as Client, { query } as unknown as Pool, {
    everyMs: HOUR_MS,
    olderThanMs: 0,
    taskQueue: 'none',
    signer: {} as never,
    pace,
    onError: (error) => {
      throw error;
    },
  });
  await jest.advanceTimersByTimeAsync(0);
  expect(query).toHaveBeenCalledTimes(hands);
  await sweep.stop();
});
