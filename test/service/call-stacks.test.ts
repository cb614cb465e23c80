/** Where a workflow waits in its code: shown when a worker is set so, else paid for by nobody. */
import { workflowId } from '../../workflows/messages';
import { cvmPostpaid, end, register } from '../support/lives';
import { useService } from '../support/service';

const { service } = useService({ worker: false });

async function stackOf(id: string): Promise<string> {
  return await service.client.workflow.getHandle(workflowId(id)).query<string>('__stack_trace');
}

it.each([true, false])('call stacks %s: a life goes on, and the Web UI is told so', async (callStacks) => {
  const worker = await service.startWorker({ callStacks });
  // A timer is pending: its scope is one of those that rest on Node's own hooks.
  const id = await register(service.http, cvmPostpaid());
  await end(service.http, [id], { schedule: { mode: 'later' } });
  if (callStacks) expect(await stackOf(id)).toContain('commandOrDeadline');
  else await expect(stackOf(id)).rejects.toThrow('stack traces are not enabled on this worker');
  expect((await service.http.post(`/v1/instances/${id}/restore`)).status).toBe(200);
  await end(service.http, [id]);
  await worker.stop();
});
