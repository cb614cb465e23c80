/** A control plane that answers nothing holds up its own machines, and nobody else's. */
import { type Driver, GOALS } from '../../drivers/port';
import { STOP_WITHIN_MS } from '../../worker';
import { cvmPostpaid, expectStatus, instanceOf, newId, register, until } from '../support/lives';
import { FAR, farPlanes } from '../support/machines';
import { inParallel, range } from '../support/parallel';
import { startService, useService } from '../support/service';

/** More than a worker carries out at a time unless it is told otherwise. */
const MANY = 110;

let asked = 0;
let answer = (): void => {};
const answered = new Promise<void>((resolve) => {
  answer = resolve;
});
const silent: Driver = {
  name: 'silent',
  capabilities: { goals: GOALS, acts: true },
  observe: async () => {
    asked++;
    await answered;
    return { exists: true, power: 'stopped', isolated: false, observedAt: new Date().toISOString() };
  },
  apply: async () => ({ state: 'unknown', reason: 'silent' }),
};
const { service, http } = useService({ controlPlanes: farPlanes(silent) }, async () => answer());

it(`${MANY} that wait for it keep no other instance waiting`, async () => {
  const near = await register(http, cvmPostpaid());
  const far = range(MANY).map(() => newId());
  await inParallel(far, async (id) => {
    await register(http, cvmPostpaid({ region: FAR }), id);
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
  });
  await until(async () => asked === MANY, 'all to be asked for');
  expectStatus(await http.post(`/v1/instances/${near}/stop`), 200);
  expect((await instanceOf(http, near)).state).toBe('stopped');
  answer();
  await until(async () => {
    const { rows } = await service.pool.query("SELECT count(*) FROM instances WHERE state = 'stopped'");
    return Number(rows[0].count) === MANY + 1;
  }, 'all to be stopped');
});

it('a worker that is told to stop does not wait for it; the next one asks again', async () => {
  const unheard = new Promise<never>(() => {});
  const asking: string[] = [];
  const mute: Driver = {
    ...silent,
    observe: async ({ instanceId }) => {
      asking.push(instanceId);
      return await unheard;
    },
  };
  const failures: unknown[] = [];
  const onError = (error: unknown) => void failures.push(error);
  const other = await startService({ controlPlanes: farPlanes(mute), worker: false });
  try {
    const first = await other.startWorker({ driverOf: () => mute, onError });
    const id = await register(other.http, cvmPostpaid({ region: FAR }));
    expectStatus(await other.http.post(`/v1/instances/${id}/stop`), 200);
    await until(async () => asking.length === 1, 'it to be asked for');
    const began = Date.now();
    await first.stop();
    expect(Date.now() - began).toBeLessThan(STOP_WITHIN_MS);
    expect(failures).toEqual([]);
    const there: Driver = {
      ...silent,
      observe: async () => ({
        exists: true,
        power: 'stopped',
        isolated: false,
        observedAt: new Date().toISOString(),
      }),
    };
    await other.startWorker({ driverOf: () => there });
    await until(async () => (await instanceOf(other.http, id)).state === 'stopped', 'the stop');
  } finally {
    await other.stop();
  }
});
