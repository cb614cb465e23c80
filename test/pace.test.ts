/** A sweep makes room for what somebody waits for: a worker that carries out other commands has fewer hands for the items of agreements. */
import type { Client } from '@temporalio/client';
import type { Activities } from '../activities';
import type { StepInput } from '../domain/step';
import type { Pool } from '../store/db';
import { Pace } from '../worker/pace';
import { startSweep } from '../worker/sweep';
import { newId } from './support/lives';

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

/** A sweep over items without an end: the first handful is answered, and then each hand has one that is not. */
function endlessSweep(pace: Pace) {
  let sent = 0;
  const executeUpdate = async (_: unknown, { args: [{ id }] }: { args: [{ id: string }] }) => {
    sent += 1;
    return sent > 8 ? await new Promise<never>(() => {}) : { commandId: id };
  };
  const handful = () =>
    Array.from({ length: 8 }, () => {
      const instanceId = newId();
      const message = { id: `t_1/${instanceId}`, by: 'operator', command: { name: 'terminate' } };
      return { terminationId: 't_1', instanceId, message };
    });
  const client = {
    withDeadline: async (__: number, call: () => Promise<unknown>) => await call(),
    workflow: { getHandle: () => ({ executeUpdate }) },
  } as unknown as Client;
  const pool = { query: async () => ({ rows: handful() }) } as unknown as Pool;
  const sweep = startSweep(client, pool, { ...SETTINGS, pace });
  return { stop: () => sweep.stop(), underWay: () => sent - 8 };
}

const SETTINGS = {
  everyMs: 500,
  olderThanMs: 0,
  taskQueue: 'none',
  signer: { sign: () => '', updateId: (_: string, { id }: { id: string }) => id } as never,
  onError: (error: unknown) => {
    throw error;
  },
};

it.each([
  [8, 'nobody else'],
  [3, 'others'],
])('%i hands sweep beside %s', async (hands, others) => {
  const pace = new Pace();
  const watched = pace.watching({ record } as unknown as Activities);
  const sweep = endlessSweep(pace);
  for (let tick = 0; tick < 4; tick++) {
    if (others === 'others') void watched.record(stepWith());
    await jest.advanceTimersByTimeAsync(500);
  }
  expect(sweep.underWay()).toBe(hands);
  void sweep.stop();
});

it('one of them looks where there is nothing', async () => {
  const query = jest.fn(async () => ({ rows: [] }));
  const pool = { query } as unknown as Pool;
  const sweep = startSweep({} as Client, pool, { ...SETTINGS, pace: new Pace() });
  await jest.advanceTimersByTimeAsync(1400);
  expect(query).toHaveBeenCalledTimes(3);
  await sweep.stop();
});
