/**
 * The first risk: a process dies between COMMIT and the completion of a step, or between the acceptance and
 * the step, with the client gone. Whatever comes next, nothing is doubled, nothing is wedged, and database,
 * workflow and ledger say the same.
 */
import type { Policy } from '../../domain/policy';
import { POLICIES } from '../../policies';
import { acceptQuote } from '../../store/agreements/acceptance';
import { lifeQuery, workflowId } from '../../workflows/messages';
import {
  cvmPostpaid,
  cvmPrepaid,
  expectStatus,
  type Fields,
  instanceOf,
  newId,
  quote,
  register,
  settled,
  timelineOf,
  until,
} from '../support/lives';
import { type DoomedService, startDoomed } from '../support/process';
import { type ServiceUnderTest, startService } from '../support/service';

const services: ServiceUnderTest[] = [];
const doomed: DoomedService[] = [];
afterAll(async () => {
  await Promise.all(doomed.map((one) => one.kill()));
  await Promise.all(services.map((one) => one.stop()));
});

type Doom = Parameters<typeof startDoomed>[1];

/** A service whose worker and API live in a process that is about to be killed. */
async function scene(doom: Doom): Promise<{ service: ServiceUnderTest; victim: DoomedService }> {
  const service = await startService({
    worker: false,
    ...(doom.policies ? { policies: doom.policies } : {}),
  });
  services.push(service);
  const victim = await startDoomed(service, doom);
  doomed.push(victim);
  return { service, victim };
}

/**
 * Confirms through the process that will die, does not wait for the answer, and kills it once the step hangs.
 */
async function confirmAndKill(
  victim: DoomedService,
  id: string,
  action: 'terminate' | 'return',
  schedule?: Fields,
): Promise<void> {
  const { id: quoteId } = await quote(victim.http, [id], { action, ...(schedule ? { schedule } : {}) });
  victim.http.post('/v1/terminations', { quoteId, agree: true }).catch(() => {});
  await victim.hangs;
  await victim.kill();
}

const one = async (service: ServiceUnderTest, sql: string, values: unknown[]) =>
  (await service.pool.query(sql, values)).rows[0];

/**
 * Database = workflow = ledger: the life is the same in both, steps have no gaps, a refund is booked once,
 * every transaction sums to zero.
 */
async function expectConsistent(service: ServiceUnderTest, id: string): Promise<void> {
  const { life } = await one(service, 'SELECT life FROM instances WHERE id = $1', [id]);
  const handle = service.client.workflow.getHandle(workflowId(id));
  expect(
    await until(async () => {
      const held = await handle.query(lifeQuery);
      return held?.step === life.step && held;
    }, 'the workflow to hold the stored step'),
  ).toEqual(life);
  const steps = await service.pool.query('SELECT step FROM steps WHERE instance_id = $1 ORDER BY step', [id]);
  expect(steps.rows.map((row) => row.step)).toEqual(Array.from({ length: life.step + 1 }, (_, step) => step));
  const refunds = await service.pool.query('SELECT id, amount::text FROM refunds WHERE instance_id = $1', [
    id,
  ]);
  const credited = await service.pool.query(
    "SELECT sum(e.amount)::text AS total FROM entries e JOIN transactions t ON t.id = e.transaction_id WHERE t.refund_id = ANY($1) AND e.ledger_account LIKE 'customer:%'",
    [refunds.rows.map((row) => row.id)],
  );
  if (refunds.rows.length) expect(credited.rows[0].total).toBe(refunds.rows[0].amount);
  expect(refunds.rows.length).toBeLessThanOrEqual(1);
  const unbalanced = await service.pool.query(
    'SELECT transaction_id FROM entries GROUP BY transaction_id, currency HAVING sum(amount) <> 0',
  );
  expect(unbalanced.rows).toEqual([]);
}

const failedTasks = async (service: ServiceUnderTest, id: string): Promise<number> => {
  const { events } = await service.client.workflow.getHandle(workflowId(id)).fetchHistory();
  return (events ?? []).filter((event) => event.workflowTaskFailedEventAttributes).length;
};

describe.each(['after-commit', 'before-commit'] as const)('SIGKILL in the step of a return, %s', (when) => {
  it.concurrent('then a different command: the return stands once, and the restore follows it', async () => {
    const { service, victim } = await scene({ hangAt: 'return', when });
    const id = await register(victim.http, cvmPrepaid());
    await confirmAndKill(victim, id, 'return');
    await service.startWorker();
    // Sent while the workflow has not heard of its own step yet.
    const restored = await until(async () => {
      const reply = await service.http.post(`/v1/instances/${id}/restore`, { renewal: { months: 1 } });
      return reply.status === 200 && reply.body;
    }, 'the restore to be taken');
    expect(restored.state).toBe('running');
    expect((await timelineOf(service.http, id)).map((step) => [step.command, step.outcome])).toEqual([
      ['register', 'done'],
      ['return', 'done'],
      ['restore', 'done'],
    ]);
    const { account } = restored;
    expect((await service.http.get(`/v1/accounts/${account}`)).body.balances).toEqual([
      { currency: 'CNY', cash: '356.96', gift: '0.00', income: '0.00' },
    ]);
    const rights = (await service.http.get(`/v1/accounts/${account}`)).body.rights.find(
      (row) => row.product === 'tencent-cvm',
    );
    expect(rights!.fiveDay).toEqual({ limit: 1, used: 1, reserved: 0, left: 0 });
    await expectConsistent(service, id);
    expect(await failedTasks(service, id)).toBe(0);
  });

  it.concurrent('then the deadline: the bin’s end comes all the same, once', async () => {
    const policies = quickBin(4);
    const { service, victim } = await scene({ hangAt: 'return', when, policies });
    const id = await register(victim.http, cvmPrepaid());
    await confirmAndKill(victim, id, 'return');
    await service.startWorker();
    await until(async () => (await instanceOf(service.http, id)).state === 'terminated', 'the release');
    expect((await timelineOf(service.http, id)).map((step) => step.command)).toEqual([
      'register',
      'return',
      'release',
    ]);
    await expectConsistent(service, id);
  });
});

function quickBin(retentionSeconds: number): Policy[] {
  return POLICIES.map((policy) => {
    const { end } = policy.lifecycle;
    const prepaid = { ...end.prepaid, modes: { now: { into: 'bin' as const, retentionSeconds } } };
    return { ...policy, lifecycle: { ...policy.lifecycle, end: { ...end, prepaid } } };
  });
}

it.concurrent('SIGKILL after the COMMIT of a registration: one instance, and the same registration again is the same one', async () => {
  const { service, victim } = await scene({ hangAt: 'register', when: 'after-commit' });
  const id = newId();
  const body = cvmPrepaid();
  victim.http.put(`/v1/instances/${id}`, body).catch(() => {});
  await victim.hangs;
  await victim.kill();
  await service.startWorker();
  expectStatus(await service.http.put(`/v1/instances/${id}`, body), 200);
  expectStatus(await service.http.post(`/v1/instances/${id}/stop`), 200);
  await expectConsistent(service, id);
});

it.concurrent('SIGKILL after the COMMIT of a release at its deadline: released once', async () => {
  const { service, victim } = await scene({ hangAt: 'release', when: 'after-commit' });
  const id = await register(victim.http, cvmPostpaid());
  const { id: quoteId } = await quote(victim.http, [id], { schedule: { mode: 'later' } });
  const termination = expectStatus(
    await victim.http.post('/v1/terminations', { quoteId, agree: true }),
    202,
  ).body;
  await settled(victim.http, termination.id);
  victim.http.post(`/v1/instances/${id}/fast-forward`, { duration: 'PT2H1S' }).catch(() => {});
  await victim.hangs;
  await victim.kill();
  await service.startWorker();
  const handle = service.client.workflow.getHandle(workflowId(id));
  await handle.result();
  expect((await timelineOf(service.http, id)).map((step) => step.command)).toEqual([
    'register',
    'terminate',
    'release',
  ]);
  await expectConsistent(service, id);
});

it.concurrent('a process that dies between the acceptance and the sending: the sweep sends it again, its right is used once', async () => {
  const service = await startService();
  services.push(service);
  const id = await register(service.http, cvmPrepaid());
  const { id: quoteId } = await quote(service.http, [id], { action: 'return' });
  const accepted = await acceptQuote(service.pool, {
    quoteId,
    terminationId: 't_crashed',
    by: 'operator',
    via: 'api',
  });
  expect(accepted.ok).toBe(true);
  const done = await settled(service.http, 't_crashed');
  expect(done.items).toMatchObject([{ instanceId: id, status: 'done' }]);
  await expectConsistent(service, id);
  expect(await one(service, 'SELECT status FROM rights WHERE instance_id = $1', [id])).toEqual({
    status: 'used',
  });
});

it.concurrent('an accepted item whose instance has changed meanwhile fails alone, and its right is given back', async () => {
  const service = await startService({ worker: false });
  services.push(service);
  const worker = await service.startWorker();
  const id = await register(service.http, cvmPrepaid());
  const { account } = await instanceOf(service.http, id);
  const { id: quoteId } = await quote(service.http, [id], { action: 'return' });
  await worker.stop();
  await acceptQuote(service.pool, { quoteId, terminationId: 't_failed', by: 'operator', via: 'api' });
  const rights = async () =>
    (await service.http.get(`/v1/accounts/${account}`)).body.rights.find(
      (row) => row.product === 'tencent-cvm',
    )!.fiveDay;
  expect(await rights()).toMatchObject({ used: 0, reserved: 1, left: 0 });
  // The protection is in the workflow's queue before the item is sent.
  const protecting = service.http.post(`/v1/instances/${id}/protect`, { reason: 'audit' });
  await until(
    async () => (await service.client.workflow.getHandle(workflowId(id)).describe()).raw.pendingWorkflowTask,
    'the update to be delivered',
  );
  await service.startWorker();
  expectStatus(await protecting, 200);
  const done = await settled(service.http, 't_failed');
  expect(done.items).toMatchObject([{ status: 'failed', refundId: null, problem: { code: 'PROTECTED' } }]);
  expect(await rights()).toMatchObject({ used: 0, reserved: 0, left: 1 });
  expect((await instanceOf(service.http, id)).state).toBe('running');
});
