/**
 * The cost model, counted on real histories: events (search upserts aside), workflow tasks and state transitions
 * of each part of a life; and the transactions that its steps are recorded in.
 */
import type { Policy } from '../../domain/policy';
import { POLICIES } from '../../policies';
import { workflowId } from '../../workflows/messages';
import { type Cost, commitsOf, costSoFar } from '../support/cost';
import { cvmPostpaid, cvmPrepaid, end, expectStatus, instanceOf, register, until } from '../support/lives';
import { useService } from '../support/service';

// Time skipping adds events of its own: a short bin by policy instead.
const { service } = useService({ policies: POLICIES.map(withShortBin) });

function withShortBin(policy: Policy): Policy {
  const { end: rules } = policy.lifecycle;
  const prepaid = { ...rules.prepaid, modes: { now: { into: 'bin' as const, retentionSeconds: 3 } } };
  return { ...policy, lifecycle: { ...policy.lifecycle, end: { ...rules, prepaid } } };
}

const count = (id: string): Promise<Cost> => costSoFar(service.client, id);

/** Runs one part of a life and counts what it added. */
async function costOf(id: string, part: () => Promise<unknown>): Promise<Cost> {
  const before = await count(id);
  await part();
  const after = await count(id);
  return {
    events: after.events - before.events,
    tasks: after.tasks - before.tasks,
    upserts: after.upserts - before.upserts,
    transitions: after.transitions - before.transitions,
  };
}

it('registration: 7 events postpaid, 8 prepaid with its expiry timer; 3 transitions', async () => {
  const postpaid = await register(service.http, cvmPostpaid());
  const prepaid = await register(service.http, cvmPrepaid());
  expect(await count(postpaid)).toEqual({ events: 7, tasks: 1, upserts: 0, transitions: 3 });
  expect(await count(prepaid)).toEqual({ events: 8, tasks: 1, upserts: 0, transitions: 3 });
});

it('terminate now and close: + 12 events, 4 transitions; the closing says what an upsert would', async () => {
  const id = await register(service.http, cvmPostpaid());
  expect(await costOf(id, () => end(service.http, [id]))).toEqual({
    events: 12,
    tasks: 2,
    upserts: 0,
    transitions: 4,
  });
});

it('return with refund + 13 and 4, restore + 13 and 4, return again and release when the bin ends + 6 and 3', async () => {
  const id = await register(service.http, cvmPrepaid());
  expect(await costOf(id, () => end(service.http, [id], { action: 'return' }))).toEqual({
    events: 13,
    tasks: 2,
    upserts: 1,
    transitions: 4,
  });
  const restore = async () =>
    expectStatus(await service.http.post(`/v1/instances/${id}/restore`, { renewal: { months: 1 } }), 200);
  expect(await costOf(id, restore)).toEqual({ events: 13, tasks: 2, upserts: 1, transitions: 4 });
  await end(service.http, [id], { action: 'return' });
  const released = () =>
    until(
      async () => (await instanceOf(service.http, id)).state === 'terminated' && (await closed(id)),
      'the release',
    );
  expect(await costOf(id, released)).toEqual({ events: 6, tasks: 1, upserts: 0, transitions: 3 });
  const { rowCount: steps } = await service.pool.query('SELECT FROM steps WHERE instance_id = $1', [id]);
  expect({ steps, commits: await commitsOf(service.pool, id) }).toEqual({ steps: 5, commits: 5 });
});

it('an impossible command costs nothing', async () => {
  const id = await register(service.http, cvmPostpaid());
  const refused = async () => expectStatus(await service.http.post(`/v1/instances/${id}/restore`), 409);
  expect(await costOf(id, refused)).toEqual({ events: 0, tasks: 0, upserts: 0, transitions: 0 });
});

async function closed(id: string): Promise<boolean> {
  return (await service.client.workflow.getHandle(workflowId(id)).describe()).status.name === 'COMPLETED';
}

it('each step is answered without the life that it asked for', async () => {
  const id = await register(service.http, cvmPostpaid());
  await end(service.http, [id], { schedule: { mode: 'later' } });
  expectStatus(await service.http.post(`/v1/instances/${id}/purge`, { confirm: id }), 200);
  await until(async () => await closed(id), 'the end');
  const handle = service.client.workflow.getHandle(workflowId(id));
  const { events } = await handle.fetchHistory();
  const answers = events!.flatMap(
    ({ activityTaskCompletedEventAttributes: regular, markerRecordedEventAttributes: local }) =>
      (regular?.result ?? local?.details?.result)?.payloads ?? [],
  );
  const steps = answers.map(({ data }) => JSON.parse(Buffer.from(data!).toString()) as object);
  expect(steps.map((one) => Object.keys(one).sort())).toEqual(
    Array(3).fill(['commandId', 'refundId', 'step']),
  );
  expect((await handle.describe()).historySize).toBeLessThan(11_000);
});
