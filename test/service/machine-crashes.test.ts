/**
 * `kill -9` of a worker, of an API and of the control plane, at each point of a machine's way: the return is booked once,
 * after its machine was isolated, and the books are sound.
 */
import { Liar } from '../support/liar';
import { cvmPrepaid, instanceOf, newId, quote, register, until } from '../support/lives';
import { hurried, planesOf } from '../support/machines';
import { type DoomedService, startDoomed } from '../support/process';
import { auditAtEnd, type ServiceUnderTest, startService } from '../support/service';

/** A worker that died is noticed by its silence of 30 s. */
jest.setTimeout(240_000);

const running: { stop(): Promise<unknown> }[] = [];
const doomed: DoomedService[] = [];
afterAll(async () => {
  await Promise.all(doomed.map((one) => one.kill()));
  await Promise.all(running.map((one) => one.stop()));
});

interface Scene {
  service: ServiceUnderTest;
  liar: Liar;
  id: string;
}

async function scene(worker: boolean): Promise<Scene> {
  const liar = await new Liar().start();
  const service = await startService({ worker, controlPlanes: planesOf(liar) });
  running.push(service, liar);
  const id = newId();
  liar.make(id, ['d1', 'd2', 'ip1']);
  return { service, liar, id };
}

async function doom(
  { service, liar }: Scene,
  how: Parameters<typeof startDoomed>[1],
): Promise<DoomedService> {
  const victim = await startDoomed(service, { ...how, plane: { url: liar.url, secret: liar.secret } });
  doomed.push(victim);
  return victim;
}

/** Agrees, and does not wait for the answer. */
async function agree(http: ServiceUnderTest['http'], id: string): Promise<void> {
  await register(http, cvmPrepaid(), id);
  const { id: quoteId } = await quote(http, [id], { action: 'return' });
  http.post('/v1/terminations', { quoteId, agree: true }).catch(() => {});
}

const isAsked = ({ liar, id }: Scene, goal = 'isolated') =>
  until(async () => liar.asked.some((one) => one.instanceId === id && one.goal === goal), 'the asking');

/** Isolated once, refunded once and after that; and it can still be destroyed, by its plan. */
async function expectOnce({ service, liar, id }: Scene): Promise<void> {
  const { http, pool } = service;
  const reaches = (state: string) =>
    hurried(service, id, async () => (await instanceOf(http, id)).state === state, state, 150_000);
  await reaches('isolated');
  const isolated = liar.deeds.filter(({ did }) => did === 'isolate');
  const { rows } = await pool.query(
    "SELECT recorded_at AS at FROM transactions WHERE instance_id = $1 AND event = 'refund'",
    [id],
  );
  expect([isolated.length, rows.length]).toEqual([1, 1]);
  expect(isolated[0]!.at).toBeLessThanOrEqual(Date.parse(rows[0].at));
  const { account } = await instanceOf(http, id);
  expect((await http.get(`/v1/refunds?account=${account}`)).body.items).toMatchObject([{ status: 'done' }]);
  // Its workflow may hear of the step later than its row.
  await until(
    async () => (await http.post(`/v1/instances/${id}/purge`, { confirm: id })).status === 200,
    'the purge to be taken',
  );
  await reaches('terminated');
  expect([...liar.machines.get(id)!.parts].sort()).toEqual(['d2', 'ip1']);
  await auditAtEnd(service);
}

/** By an activity: `machine` is the asking, `sunset/arrived` the step that records where it came to. */
describe('kill -9 of the worker', () => {
  it.concurrent.each([
    ['before apply', { hangAt: 'machine', when: 'before-commit' }],
    ['after apply, before anybody knows', { hangAt: 'machine', when: 'after-commit' }],
    ['before the record', { hangAt: 'sunset/arrived', when: 'before-commit' }],
    ['after the record, before its workflow knows', { hangAt: 'sunset/arrived', when: 'after-commit' }],
  ] as const)('%s', async (_, how) => {
    const at = await scene(false);
    const victim = await doom(at, how);
    await agree(victim.http, at.id);
    await victim.hangs;
    await victim.kill();
    await at.service.startWorker();
    await expectOnce(at);
  });
});

describe('kill -9 of the API', () => {
  it.concurrent('while the control plane is asked, before its callback is taken', async () => {
    const at = await scene(true);
    const { liar, id } = at;
    const victim = await doom(at, { worker: false });
    liar.tell({ how: 'slow', asks: 2, pollAfter: 3600 }, { instanceId: id, goal: 'isolated' });
    await agree(victim.http, id);
    await isAsked(at);
    await victim.kill();
    // What it tells nobody is told to another.
    const confirmTo = (url: string) =>
      liar.confirm(`${url}/v1/control-plane/confirmations`, `${id}/1`, id, { state: 'done' });
    await expect(confirmTo(victim.http.url)).rejects.toThrow();
    expect((await instanceOf(at.service.http, id)).state).toBe('isolating');
    expect(await (await confirmTo(at.service.http.url)).json()).toEqual({ awaited: true });
    await expectOnce(at);
  });
});

describe('kill -9 of the control plane', () => {
  it.concurrent('before apply', async () => {
    const at = await scene(true);
    await at.liar.stop();
    await agree(at.service.http, at.id);
    await until(async () => (await instanceOf(at.service.http, at.id)).state === 'isolating', 'its way');
    await at.liar.start();
    await expectOnce(at);
  });

  it.concurrent.each([
    ['in the midst of apply', { how: 'hang' }, 'apply'],
    ['after apply, before it says so', { how: 'hang', after: true }, 'apply'],
    ['after apply, before it is looked at', { how: 'hang' }, 'observe'],
    ['before its callback', { how: 'slow', asks: 2, pollAfter: 3600 }, 'apply'],
  ] as const)('%s', async (_, lie, call) => {
    const at = await scene(true);
    const { liar, id, service } = at;
    liar.tell(lie, { instanceId: id, call, skip: call === 'observe' ? 1 : 0 });
    await agree(service.http, id);
    await until(async () => liar.asked.some((one) => one.lie === lie.how), 'the asking');
    await liar.stop();
    await liar.start();
    await expectOnce(at);
  });
});
