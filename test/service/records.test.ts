/** What is told of instances and their terminations, and whether it is whole (L15–L19). */
import { randomUUID } from 'node:crypto';
import { acceptQuote } from '../../store/acceptance';
import { makeAudit } from '../../store/audits';
import { workflowsOf } from '../../worker/workflows';
import type { Body, Http } from '../support/http';
import { cvmPostpaid, DAY, end, expectStatus, fastForward, fromNow, quote, redisPostpaid, register, settled } from '../support/lives';
import { type ServiceUnderTest, startService } from '../support/service';

let service: ServiceUnderTest;
let http: Http;
beforeAll(async () => {
  service = await startService();
  http = service.http;
});
/** Whatever was done, the books and records say the same at the end, and so do the workflows. */
afterAll(async () => {
  const { pool, client, taskQueue } = service;
  const { checks } = await makeAudit(pool, { id: 'records', trigger: 'command', workflows: workflowsOf(client, pool, taskQueue) });
  await service.stop();
  expect(checks.flatMap(({ findings, skipped }) => [...findings, ...(skipped === undefined ? [] : [skipped])])).toEqual([]);
});

const terminationOf = async (id: string): Promise<Body> => expectStatus(await http.get(`/v1/terminations/${id}`), 200).body;
const itemOf = async (id: string): Promise<Body> => (await terminationOf(id)).items[0];

describe('timed terminations', () => {
  const timed = async (at: string): Promise<{ id: string; termination: Body }> => {
    const id = await register(http, cvmPostpaid());
    return { id, termination: await end(http, [id], { schedule: { mode: 'timed', at } }) };
  };

  it('L2: an item is scheduled until it fires, and done then', async () => {
    const at = fromNow(2 * DAY);
    const { id, termination } = await timed(at);
    expect(termination.items).toMatchObject([{ status: 'scheduled', releaseTime: at, schedule: { mode: 'timed', at } }]);
    await fastForward(http, id, 'P3D');
    expect(await itemOf(termination.id)).toMatchObject({ status: 'done', schedule: { mode: 'timed', at }, problem: null });
  });

  it('L2: a cancelled one is cancelled, and no longer says when it is released', async () => {
    const { id, termination } = await timed(fromNow(2 * DAY));
    expectStatus(await http.post(`/v1/instances/${id}/cancel`), 200);
    expect(await itemOf(termination.id)).toMatchObject({ status: 'cancelled', releaseTime: null, problem: null });
  });

  it('L2: a moved one says its new time', async () => {
    const { id, termination } = await timed(fromNow(2 * DAY));
    const at = fromNow(5 * DAY);
    expectStatus(await http.post(`/v1/instances/${id}/reschedule`, { at }), 200);
    const moved = await terminationOf(termination.id);
    expect(moved.schedule).toEqual({ mode: 'timed', at });
    expect(moved.items).toMatchObject([{ status: 'scheduled', releaseTime: at, schedule: { mode: 'timed', at } }]);
  });

  it('L2: of several, each says its own time', async () => {
    const ids = [await register(http, cvmPostpaid()), await register(http, cvmPostpaid())];
    const [agreed, moved] = [fromNow(2 * DAY), fromNow(5 * DAY)];
    const { id } = await end(http, ids, { schedule: { mode: 'timed', at: agreed } });
    expectStatus(await http.post(`/v1/instances/${ids[1]}/reschedule`, { at: moved }), 200);
    const { schedule, items } = await terminationOf(id);
    expect(schedule.at).toBe(agreed);
    expect(items.map((item: Body) => item.schedule.at)).toEqual([agreed, moved]);
  });

  it('GET /v1/instances?scheduled=true lists what waits, and only that', async () => {
    const body = cvmPostpaid();
    const waiting = await register(http, body);
    const other = await register(http, cvmPostpaid({ account: body.account }));
    await end(http, [waiting], { schedule: { mode: 'timed', at: fromNow(2 * DAY) } });
    const listed = async (scheduled: string): Promise<string[]> => {
      const { items } = expectStatus(await http.get(`/v1/instances?account=${body.account}&scheduled=${scheduled}`), 200).body;
      return items.map((item: Body) => item.id);
    };
    expect(await listed('true')).toEqual([waiting]);
    expect(await listed('false')).toEqual([other]);
    expect((await http.get('/v1/instances?scheduled=yes')).body).toMatchObject({ status: 400, errors: [{ pointer: '/scheduled' }] });
    expectStatus(await http.post(`/v1/instances/${waiting}/cancel`), 200);
    expect(await listed('true')).toEqual([]);
  });
});

describe('what an item says of its release', () => {
  it('L18: a failed one says no time', async () => {
    const id = await register(http, cvmPostpaid());
    const { id: quoteId } = await quote(http, [id]);
    // Accepted, and its sender gone: meanwhile somebody protects the instance; then the sweep comes.
    const terminationId = `t_${randomUUID()}`;
    expect(await acceptQuote(service.pool, { quoteId, terminationId, by: 'test', via: 'api' })).toMatchObject({ ok: true });
    expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'wait' }), 200);
    await settled(http, terminationId);
    expect(await itemOf(terminationId)).toMatchObject({ status: 'failed', releaseTime: null, problem: { code: 'PROTECTED' } });
  });

  it('L18: one that was restored says no time any more, one that was purged its own', async () => {
    const ids = [await register(http, redisPostpaid()), await register(http, redisPostpaid())] as const;
    const { id, items } = await end(http, [...ids]);
    const promised = items.map((item: Body) => item.releaseTime);
    expectStatus(await http.post(`/v1/instances/${ids[0]}/restore`), 200);
    expectStatus(await http.post(`/v1/instances/${ids[1]}/purge`, { confirm: ids[1] }), 200);
    const [restored, purged] = (await terminationOf(id)).items;
    expect(restored).toMatchObject({ status: 'done', releaseTime: null });
    expect(Date.parse(purged.releaseTime)).toBeLessThan(Date.parse(promised[1]));
  });
});
