/**
 * L12: what is carried out late, because Sunset was down, counts from the instant for which it was promised,
 * and says both.
 */
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  fromNow,
  instanceOf,
  purchase,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { useService } from '../support/service';

const { service, http } = useService({ worker: false });

const HOUR = 3_600_000;
const report = (instanceId: string, startsAt: string, endsAt: string) =>
  http.post(`/v1/instances/${instanceId}/usage`, { meter: 'host-hours', quantity: '1', startsAt, endsAt });
const passed = (at: string, ms: number) =>
  until(async () => Date.now() > Date.parse(at) + ms, `${ms} ms after ${at}`);
const stepOf = async (id: string, command: string) =>
  (await timelineOf(http, id)).find((step) => step.command === command);

it('L12: a timed end, an expiry with its bin, and an end of an order, with the worker away when they come due', async () => {
  const worker = await service.startWorker();
  const soon = new Date(Math.ceil(Date.now() / 1000) * 1000 + 15_000).toISOString();
  const timed = await register(http, cvmPostpaid());
  const expiring = await register(
    http,
    cvmPrepaid({ orders: [purchase(fromNow(-20 * DAY), { months: 1, endsAt: soon })] }),
  );
  await end(http, [timed], { schedule: { mode: 'timed', at: soon } });
  await worker.stop();
  await passed(soon, 2500);

  // It has ended, though nobody has carried that out.
  const late = await report(
    timed,
    new Date(Date.parse(soon) - HOUR).toISOString(),
    new Date(Date.parse(soon) + 1000).toISOString(),
  );
  expect(late).toMatchObject({ status: 409, body: { code: 'BILLING_STOPPED' } });
  expectStatus(await report(timed, new Date(Date.parse(soon) - HOUR).toISOString(), soon), 201);

  await service.startWorker();
  await until(async () => (await instanceOf(http, timed)).state === 'terminated', 'the end');
  await until(async () => (await instanceOf(http, expiring)).state === 'isolated', 'the expiry');
  expect(await instanceOf(http, timed)).toMatchObject({ billingStoppedAt: soon });
  expect(await instanceOf(http, expiring)).toMatchObject({
    isolatedAt: soon,
    billingStoppedAt: soon,
    purgeTime: new Date(Date.parse(soon) + 7 * DAY).toISOString(),
  });
  for (const step of [await stepOf(timed, 'fire'), await stepOf(expiring, 'expire')]) {
    expect(step!.effectiveAt).toBe(soon);
    expect(Date.parse(step!.carriedOutAt!)).toBeGreaterThan(Date.parse(soon) + 2000);
  }
  const { rows } = await service.pool.query('SELECT ended_at FROM orders WHERE instance_id = $1', [expiring]);
  expect(rows).toEqual([{ ended_at: soon }]);
  const booked = await service.pool.query(
    "SELECT effective_at FROM transactions WHERE instance_id = $1 AND event = 'end-orders'",
    [expiring],
  );
  expect(booked.rows).toEqual([{ effective_at: soon }]);
});

it('L12: what is registered when its time is over counts from its registration', async () => {
  const id = await register(
    http,
    cvmPrepaid({ orders: [purchase(fromNow(-40 * DAY), { months: 1, endsAt: fromNow(-10 * DAY) })] }),
  );
  const { isolatedAt, state } = await until(async () => {
    const found = await instanceOf(http, id);
    return found.state === 'isolated' && found;
  }, 'the expiry');
  expect(state).toBe('isolated');
  expect(isolatedAt).toBe((await timelineOf(http, id))[0]!.effectiveAt);
});

it('L12: what is on time says nothing more', async () => {
  const id = await register(http, cvmPostpaid());
  await end(http, [id], { schedule: { mode: 'later' } });
  for (const step of await timelineOf(http, id)) expect(step.carriedOutAt).toBeNull();
});
