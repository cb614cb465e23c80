/**
 * L13: a worker stops within its grace time whatever its activities do, and the next one takes up what it has
 * left.
 */
import { ApplicationFailure } from '@temporalio/common';
import { type Activities, createActivities } from '../../activities';
import { openControlPlanes } from '../../drivers/control-planes';
import { STOP_WITHIN_MS } from '../../worker';
import { type LoopOptions, startLoop } from '../../worker/loop';
import { cvmPostpaid, expectStatus, instanceOf, register, until } from '../support/lives';
import { useService } from '../support/service';

const { service } = useService({ worker: false, commandWaitMs: 8000 });

const never = new Promise<never>(() => {});
const BAD: [string, (called: () => void) => Activities['record']][] = [
  [
    'hangs',
    (called) => async () => {
      called();
      return await never;
    },
  ],
  [
    'fails each time in a way that another time may pass',
    (called) => async () => {
      called();
      throw ApplicationFailure.retryable('connection lost');
    },
  ],
];

it.each(BAD)('L13: with a step that %s', async (_, bad) => {
  const { http } = service;
  const good = await service.startWorker();
  const id = await register(http, cvmPostpaid());
  await good.stop();
  let isCalled = false;
  const record = bad(() => {
    isCalled = true;
  });
  const trust = { signatures: service.signatures };
  const worker = await service.startWorker({
    activities: { ...createActivities(service.pool, trust, openControlPlanes([]).driverNamed), record },
  });
  expectStatus(await http.post(`/v1/instances/${id}/stop`, {}, { key: `stop-${id}` }), 202);
  await until(async () => isCalled, 'the step to begin');
  const begun = Date.now();
  await worker.stop();
  expect(Date.now() - begun).toBeLessThan(STOP_WITHIN_MS);
  const next = await service.startWorker();
  await until(
    async () => (await instanceOf(http, id)).state === 'stopped',
    'the next worker to carry it out',
  );
  await next.stop();
});

it('a loop pauses when there is nothing more to do, and not before', async () => {
  const HOUR_MS = 3_600_000;
  let rounds = 0;
  const errors: unknown[] = [];
  const loop = startLoop(
    async () => {
      rounds += 1;
      if (rounds === 5) throw new Error('the fifth');
      return true;
    },
    { everyMs: HOUR_MS, onError: (error) => void errors.push(error) },
  );
  await until(async () => errors.length > 0, 'the fifth round');
  await loop.stop();
  expect(rounds).toBe(5);
});

it('L13: with a round of the sweep that never ends', async () => {
  const errors: unknown[] = [];
  const options: LoopOptions = { everyMs: 1, onError: (error) => errors.push(error) };
  const begun = Date.now();
  await startLoop(() => never, options).stop();
  expect(Date.now() - begun).toBeLessThan(STOP_WITHIN_MS);
  expect(errors).toEqual([]);
});
