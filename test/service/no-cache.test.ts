/** A worker without a cache replays a life from its history at every task: slower, and the same. */
import { workflowId } from '../../workflows/messages';
import { cvmPrepaid, end, expectStatus, fastForward, register, timelineOf } from '../support/lives';
import { useService } from '../support/service';

const { service } = useService({ worker: { maxCachedWorkflows: 0 } });

it('a whole life on a worker without a cache, with no failed task', async () => {
  const { http, client } = service;
  const id = await register(http, cvmPrepaid());
  await end(http, [id], { action: 'return' });
  expectStatus(await http.post(`/v1/instances/${id}/restore`, { renewal: { months: 1 } }), 200);
  expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
  await end(http, [id], { action: 'return' });
  expect((await fastForward(http, id, 'P7DT5S')).state).toBe('terminated');
  expect((await timelineOf(http, id)).map((step) => step.command)).toEqual([
    'register',
    'return',
    'restore',
    'stop',
    'return',
    'release',
  ]);
  const { events } = await client.workflow.getHandle(workflowId(id)).fetchHistory();
  expect(events!.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
});
