/** A control plane that answers nothing holds up its own machines, and nobody else's. */
import { type Driver, GOALS } from '../../drivers/port';
import { cvmPostpaid, expectStatus, instanceOf, newId, register, until } from '../support/lives';
import { FAR, farPlanes } from '../support/machines';
import { inParallel, range } from '../support/parallel';
import { useService } from '../support/service';

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
