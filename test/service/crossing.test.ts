/** With a control plane that acts, money moves when the machine is there, and not before (decision 7). */
import { audit } from '../../store/audit';
import {
  cvmPrepaid,
  end,
  expectStatus,
  instanceOf,
  quote,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { Machines, onePlane } from '../support/machines';
import { useService } from '../support/service';

const plane = new Machines();
const { service, http } = useService({ controlPlanes: onePlane(plane) });

const stateOf = async (id: string): Promise<string> => (await instanceOf(http, id)).state;
const reaches = (id: string, state: string) =>
  until(async () => (await stateOf(id)) === state, state, 20_000);

async function soundBooks(): Promise<void> {
  const { checks } = await audit(service.pool);
  expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
}

it('a return: isolating, and the refund is booked once the machine is isolated', async () => {
  let isLet = false;
  plane.answer = (goal) => (goal === 'isolated' && !isLet ? { state: 'pending', pollAfter: 1 } : undefined);
  const id = await register(http, cvmPrepaid());
  const { account } = await instanceOf(http, id);
  const quoted = await quote(http, [id], { action: 'return' });
  expectStatus(await http.post('/v1/terminations', { quoteId: quoted.id, agree: true }), 202);
  await reaches(id, 'isolating');
  expect((await http.get(`/v1/accounts/${account}/statement`)).body.items).toEqual([]);
  expect((await http.get(`/v1/refunds?account=${account}`)).body.items[0]).toMatchObject({
    status: 'isolating',
  });
  expectStatus(await http.post(`/v1/instances/${id}/stop`), 409);
  isLet = true;
  await reaches(id, 'isolated');
  expect((await http.get(`/v1/refunds?account=${account}`)).body.items[0]).toMatchObject({ status: 'done' });
  expect((await http.get(`/v1/accounts/${account}/statement`)).body.items).toHaveLength(1);
  await soundBooks();
});

it('a refusal for good turns the life back: right, item and refund', async () => {
  plane.answer = (goal) =>
    goal === 'isolated'
      ? { state: 'refused', code: 'LOCKED', message: 'by its owner', retryable: false }
      : undefined;
  const id = await register(http, cvmPrepaid());
  const { account } = await instanceOf(http, id);
  const quoted = await quote(http, [id], { action: 'return' });
  await http.post('/v1/terminations', { quoteId: quoted.id, agree: true });
  await until(
    async () => (await timelineOf(http, id)).some(({ command }) => command === 'turned-back'),
    'back',
  );
  expect(await stateOf(id)).toBe('running');
  expect((await http.get(`/v1/refunds?account=${account}`)).body.items[0]).toMatchObject({
    status: 'failed',
  });
  expect((await http.get(`/v1/accounts/${account}/statement`)).body.items).toEqual([]);
  plane.answer = () => undefined;
  await end(http, [id], { action: 'return' }).catch(() => {});
  await reaches(id, 'isolated');
  await soundBooks();
});

it('stop, start, return, restore and release go to the machine', async () => {
  plane.answer = () => undefined;
  const id = await register(http, cvmPrepaid());
  for (const [path, state] of [
    ['stop', 'stopped'],
    ['start', 'running'],
  ] as const) {
    expectStatus(await http.post(`/v1/instances/${id}/${path}`), 200);
    await reaches(id, state);
  }
  await end(http, [id], { action: 'return' }).catch(() => {});
  await reaches(id, 'isolated');
  expectStatus(await http.post(`/v1/instances/${id}/restore`, { renewal: { months: 1 } }), 200);
  await reaches(id, 'running');
  await end(http, [id], { action: 'return' }).catch(() => {});
  await reaches(id, 'isolated');
  expectStatus(await http.post(`/v1/instances/${id}/purge`, { confirm: id }), 200);
  await reaches(id, 'terminated');
  expect(plane.machines.get(id)).toMatchObject({ exists: false });
  await soundBooks();
}, 60_000);
