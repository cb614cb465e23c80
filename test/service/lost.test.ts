/**
 * L14: a life whose workflow is gone is told as that, never as an ended instance and never as something to
 * try again for ever; it is found within minutes, counted, named by the doctor, and started again from what
 * is stored.
 */

import { randomUUID } from 'node:crypto';
import { checkLives } from '../../cli/sunset/doctor/lives';
import { acceptQuote } from '../../store/agreements/acceptance';
import { heldUpItems, itemsToSend, takeItems } from '../../store/agreements/items';
import { makeAudit } from '../../store/audit/runs';
import type { Workflows } from '../../store/audit/workflows';
import { lastWatch } from '../../store/lives/watch';
import { sendItems } from '../../temporal/items';
import { Places } from '../../temporal/places';
import { sweepOnce } from '../../worker/sweep';
import { watchOnce } from '../../worker/watch';
import { workflowsOf } from '../../worker/workflows';
import { lifeQuery, workflowId } from '../../workflows/messages';
import type { Page } from '../support/answered';
import { bodyOf, type Reply } from '../support/http';
import { as } from '../support/keys';
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  type Fields,
  fastForward,
  fromNow,
  instanceOf,
  newAccount,
  newId,
  quote,
  redisPostpaid,
  register,
  settled,
  timelineOf,
  until,
} from '../support/lives';
import { useService } from '../support/service';

const NEVER = 2 ** 30;
let workflows: Workflows;
// Nothing is swept or watched here but by the tests.
const { service, http } = useService({ worker: { sweepEveryMs: NEVER, watchEveryMs: NEVER } });
beforeAll(async () => {
  workflows = workflowsOf(service.client, service.pool, service.taskQueue, service.signatures);
});

const handleOf = (id: string) => service.client.workflow.getHandle(workflowId(id));
const lose = (id: string): Promise<unknown> => handleOf(id).terminate('by hand');
/** Out of Temporal altogether, as after a restore of its database from an old copy. */
async function erase(id: string): Promise<void> {
  await lose(id);
  const { namespace } = service.client.options;
  await service.client.connection.workflowService.deleteWorkflowExecution({
    namespace,
    workflowExecution: { workflowId: workflowId(id) },
  });
  await until(async () => (await workflows.look(id)).is === 'missing', 'it to be deleted');
}
const repair = (id: string, body: Fields = {}): Promise<Reply> =>
  http.post(`/v1/instances/${id}/repair`, body);
const sweep = (olderThanMs = 0) =>
  sweepOnce(service.client, service.pool, {
    olderThanMs,
    taskQueue: service.taskQueue,
    signer: service.signatures,
  });
const watched = async (): Promise<string[]> => {
  await watchOnce(service.pool, workflows, true);
  return (await lastWatch(service.pool))!.troubles
    .map(({ kind, instanceId }) => `${kind} ${instanceId}`)
    .sort();
};
/** A workflow that is slow to answer is stuck until it does. */
const outOfSight = (...ids: string[]): Promise<unknown> =>
  until(
    async () => !(await watched()).some((one) => ids.some((id) => one.endsWith(id))),
    'nothing of it to be seen',
  );
const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${http.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
};

describe('L14: a lost life', () => {
  it.each([
    ['terminated in Temporal', lose],
    ['deleted from it', erase],
  ])('%s is told as lost, by every command, and without Retry-After', async (_, goAway) => {
    const id = await register(http, redisPostpaid());
    await goAway(id);
    const key = randomUUID();
    const replies = [
      await http.post(`/v1/instances/${id}/stop`, {}, { key }),
      await http.post(`/v1/instances/${id}/cancel`, {}, { headers: { prefer: 'respond-async' } }),
      await http.post(`/v1/instances/${id}/fast-forward`, { duration: 'PT1H' }),
    ];
    for (const reply of replies) {
      expect(reply).toMatchObject({ status: 503, body: { code: 'WORKFLOW_LOST', state: 'running' } });
      expect(reply.headers.get('retry-after')).toBeNull();
      expect(reply.body.next).toContain('repair');
    }
    expect(expectStatus(await repair(id), 200).body).toMatchObject({ id, state: 'running', step: 0 });
    // What was refused for want of a workflow is carried out under the same key.
    expect(expectStatus(await http.post(`/v1/instances/${id}/stop`, {}, { key }), 200).body).toMatchObject({
      state: 'stopped',
      step: 1,
    });
  });

  it('goes on from what is stored: its schedule, its bin, its clock, and what it answered before', async () => {
    const [scheduled, binned, ahead] = await Promise.all([
      register(http, cvmPostpaid()),
      register(http, redisPostpaid()),
      register(http, cvmPrepaid()),
    ]);
    const at = fromNow(DAY);
    await end(http, [scheduled], { schedule: { mode: 'timed', at } });
    await end(http, [binned]);
    await fastForward(http, ahead, 'P30D');
    const { clock } = await instanceOf(http, ahead);
    await Promise.all([scheduled, binned, ahead].map(lose));
    for (const id of [scheduled, binned, ahead]) {
      const before = await instanceOf(http, id);
      const after = expectStatus(await repair(id), 200).body;
      expect({ ...after, clock: 0 }).toEqual({ ...before, clock: 0 });
      expect(await handleOf(id).query(lifeQuery)).toMatchObject({ step: before.step, state: before.state });
    }
    expect(Date.parse((await instanceOf(http, ahead)).clock)).toBeGreaterThanOrEqual(Date.parse(clock));
    expect((await fastForward(http, scheduled, 'P2D')).state).toBe('terminated');
    expectStatus(await http.post(`/v1/instances/${binned}/restore`), 200);
    expect((await fastForward(http, ahead, 'P400D')).state).toBe('terminated');
  });

  it('a command that it answered before it was lost is answered the same, and done once', async () => {
    const id = await register(http, cvmPostpaid());
    const message = { id: randomUUID(), by: 'operator', command: { name: 'stop' } as const };
    const signed = { ...message, signature: service.signatures.sign(id, message) };
    const send = () => handleOf(id).executeUpdate('power', { args: [signed] as unknown as [] });
    const first = await send();
    expectStatus(await http.post(`/v1/instances/${id}/start`), 200);
    await lose(id);
    expectStatus(await repair(id), 200);
    expect(await send()).toMatchObject({ step: (first as { step: number }).step });
    expect(await instanceOf(http, id)).toMatchObject({ state: 'running', step: 2 });
  });

  it('takes the deadlines that came due meanwhile', async () => {
    const id = await register(http, cvmPostpaid());
    await end(http, [id], {
      schedule: { mode: 'timed', at: new Date(Math.ceil(Date.now() / 1000) * 1000 + 2000).toISOString() },
    });
    const { at } = (await instanceOf(http, id)).termination!;
    await lose(id);
    await until(async () => Date.now() > Date.parse(at), 'the schedule to pass');
    expect(await instanceOf(http, id)).toMatchObject({ state: 'running' });
    expectStatus(await repair(id), 200);
    await until(async () => (await instanceOf(http, id)).state === 'terminated', 'the termination');
  });

  it('keeps what was agreed to: the item says why it waits, and is carried out after the repair', async () => {
    const id = await register(http, cvmPrepaid());
    const { id: quoteId } = await quote(http, [id], { action: 'return' });
    await lose(id);
    const { id: termination } = expectStatus(
      await http.post('/v1/terminations', { quoteId, agree: true }),
      202,
    ).body;
    const item = async () => (await http.get(`/v1/terminations/${termination}`)).body.items[0];
    expect(await item()).toMatchObject({
      status: 'accepted',
      problem: { code: 'WORKFLOW_LOST', state: 'running' },
    });
    await sweep();
    expect(await item()).toMatchObject({ status: 'accepted', problem: { code: 'WORKFLOW_LOST' } });
    expectStatus(await repair(id), 200);
    await sweep();
    await settled(http, termination);
    expect(await item()).toMatchObject({ status: 'done', problem: null });
  });
});

describe('repair', () => {
  it('is refused for what runs and what has ended, and takes over what runs when it is told to', async () => {
    const id = await register(http, cvmPostpaid());
    expect(await repair(id)).toMatchObject({ status: 409, body: { code: 'NOT_LOST', state: 'running' } });
    const { runId } = (await handleOf(id).describe()).raw.workflowExecutionInfo!.execution!;
    expectStatus(await repair(id, { restart: true }), 200);
    expect((await handleOf(id).describe()).runId).not.toBe(runId);
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    await end(http, [id]);
    expect(await repair(id)).toMatchObject({
      status: 409,
      body: { code: 'WRONG_STATE', state: 'terminated' },
    });
    expect(await repair('nobody')).toMatchObject({ status: 404 });
    expect(await repair(id, { restart: 'yes' })).toMatchObject({ status: 400 });
  });

  it('needs the permission `operate`, and sees no other account’s instances', async () => {
    const id = await register(http, cvmPostpaid());
    const account = newAccount();
    const reader = await as(http, { account: null, name: 'reader', permissions: ['read'] });
    const other = await as(http, { account, name: 'other', permissions: ['operate'] });
    expect(await reader.post(`/v1/instances/${id}/repair`, {})).toMatchObject({ status: 403 });
    expect(await other.post(`/v1/instances/${id}/repair`, {})).toMatchObject({ status: 404 });
    expect(await reader.get('/v1/troubles')).toMatchObject({ status: 403 });
    expect(await other.get('/v1/troubles')).toMatchObject({ status: 403 });
  });

  it('by many at once starts one', async () => {
    const id = await register(http, cvmPostpaid());
    await lose(id);
    const replies = await Promise.all([1, 2, 3, 4].map(() => repair(id)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(
      new Set(replies.some(({ status }) => status === 409) ? [200, 409] : [200]),
    );
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
  });
});

it('a workflow that somebody starts with a life of his own making goes on from the stored one', async () => {
  const id = await register(http, redisPostpaid());
  expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'the shop’s database' }), 200);
  const life = await handleOf(id).query(lifeQuery);
  await lose(id);
  const forged = { ...life, protection: null, account: 'mallory', power: 'stopped', state: 'stopped' };
  const { workflow } = service.client;
  await workflow.start('instance', {
    workflowId: workflowId(id),
    taskQueue: service.taskQueue,
    args: [{ life: forged, done: [] }],
  });
  await handleOf(id).signal('terminate', { id: randomUUID(), by: 'mallory', agree: true });
  const rows = await until(async () => {
    const found = await timelineOf(http, id);
    return found.length > 2 && found;
  }, 'the refusal');
  expect(rows.at(-1)).toMatchObject({ command: 'terminate', outcome: 'refused', code: 'PROTECTED' });
  expect(await instanceOf(http, id)).toMatchObject({
    state: 'running',
    protection: { reason: 'the shop’s database' },
  });
});

describe('the watch', () => {
  it('finds lives that are lost, with and without a deadline, and says so in /metrics, to operators and in the doctor', async () => {
    const [waiting, idle, fine] = await Promise.all([
      register(http, cvmPrepaid()),
      register(http, cvmPostpaid()),
      register(http, cvmPostpaid()),
    ]);
    await lose(waiting);
    await erase(idle);
    const seen = await until(async () => {
      const troubles = await watched();
      return troubles.includes(`lost ${waiting}`) && troubles.includes(`lost ${idle}`) && troubles;
    }, 'both to be seen');
    expect(seen).not.toContain(`lost ${fine}`);
    const lost = seen.filter((one) => one.startsWith('lost')).length;
    await until(async () => (await metric('sunset_lives_lost')) === lost, 'the metric');
    expect(await metric('sunset_lives_watch_age_seconds')).toBeLessThan(60);
    const troubles = bodyOf<Page<unknown>>(expectStatus(await http.get('/v1/troubles'), 200));
    expect(troubles.items).toContainEqual(expect.objectContaining({ instanceId: idle, kind: 'lost' }));
    const findings = await checkLives(http.url, { key: http.operatorKey, from: 'the test' });
    expect(findings).toContainEqual(
      expect.objectContaining({ status: 'fail', fix: `npx sunset repair ${waiting}` }),
    );
    await Promise.all([waiting, idle].map((id) => repair(id)));
    await outOfSight(waiting, idle);
  });

  it('finds what was registered and never begun', async () => {
    const id = newId();
    const { workflow } = service.client;
    const life = { ...(await handleOf(await register(http, cvmPostpaid())).query(lifeQuery)), id };
    await workflow.start('instance', {
      workflowId: workflowId(id),
      taskQueue: service.taskQueue,
      args: [{ life, done: [] }],
    });
    await until(async () => (await watched()).includes(`stuck ${id}`), 'it to be seen');
    expectStatus(await http.put(`/v1/instances/${id}`, cvmPostpaid()), 201);
    await outOfSight(id);
  });

  it('finds a deadline that is not taken, and one that is on a clock which was moved ahead', async () => {
    const [overdue, ahead] = await Promise.all([register(http, cvmPrepaid()), register(http, cvmPrepaid())]);
    await fastForward(http, ahead, 'P30D');
    await service.pool.query(
      "UPDATE instances SET due_at = clock_timestamp() - interval '2 minutes' WHERE id = $1",
      [overdue],
    );
    await service.pool.query(
      "UPDATE instances SET due_at = clock_timestamp() + interval '29 days' WHERE id = $1",
      [ahead],
    );
    await until(async () => {
      const troubles = await watched();
      return [overdue, ahead].every((id) => troubles.includes(`overdue ${id}`));
    }, 'both to be seen');
    await until(async () => (await metric('sunset_lives_overdue')) === 2, 'the metric');
    for (const id of [overdue, ahead]) expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    // A step writes the deadline anew.
    await outOfSight(overdue, ahead);
  });
});

it('the audit starts lost lives again, and says so', async () => {
  const [one, two] = await Promise.all([register(http, cvmPostpaid()), register(http, redisPostpaid())]);
  await lose(one);
  await erase(two);
  const { healed, checks } = await makeAudit(service.pool, {
    id: `audit_${randomUUID()}`,
    trigger: 'command',
    workflows,
    pauseMs: 250,
  });
  expect(healed).toEqual(expect.arrayContaining([one, two].map((id) => ({ what: 'workflow', id }))));
  expect(checks.flatMap(({ findings }) => findings).filter(({ id }) => id === one || id === two)).toEqual([]);
  for (const id of [one, two]) expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
});

describe('the sweep', () => {
  it('has what its API has not sent in its time, a handful after the other', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => register(http, cvmPostpaid())));
    const { id: quoteId } = await quote(http, ids);
    const terminationId = `t_${randomUUID()}`;
    const agreed = await acceptQuote(service.pool, { quoteId, terminationId, by: 'operator', via: 'api' });
    if (!agreed.ok) throw new Error(agreed.code);
    const fail = async (): Promise<void> => {
      throw new Error('it was sent');
    };
    const isAnswered = await sendItems(service.client, agreed.items, {
      signer: service.signatures,
      taskQueue: service.taskQueue,
      places: new Places(2),
      until: AbortSignal.abort(),
      onRefused: fail,
      onNotRunning: fail,
    });
    expect(isAnswered).toBe(false);
    expect(await itemsToSend(service.pool, terminationId)).toHaveLength(ids.length);
    let handfuls = 1;
    while (await sweep()) handfuls += 1;
    expect(handfuls).toBeGreaterThan(1);
    expect(await itemsToSend(service.pool, terminationId)).toEqual([]);
    await settled(http, terminationId);
  });

  it('is not behind with what waits for its turn: the watch looks at what was sent and not answered, or where nobody sends', async () => {
    const [first, next] = [await register(http, cvmPostpaid()), await register(http, cvmPostpaid())];
    const { id: quoteId } = await quote(http, [first, next]);
    const terminationId = `t_${randomUUID()}`;
    await acceptQuote(service.pool, { quoteId, terminationId, by: 'operator', via: 'api' });
    const suspects = async () =>
      (await heldUpItems(service.pool, 0, 1000))
        .map(({ instanceId }) => instanceId)
        .filter((id) => [first, next].includes(id));
    const tried = (ago: string) =>
      service.pool.query(
        'UPDATE termination_items SET tried_at = clock_timestamp() - $2::interval WHERE instance_id = $1',
        [first, ago],
      );
    expect((await suspects()).sort()).toEqual([first, next].sort());
    await tried('0 seconds');
    expect(await suspects()).toEqual([]);
    await tried('11 seconds');
    expect((await suspects()).sort()).toEqual([first, next].sort());
    await tried('1 day');
    await sweep();
    await settled(http, terminationId);
  });

  it('takes every item its turn: those that are stuck starve no other', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => register(http, cvmPostpaid())));
    const { id: quoteId } = await quote(http, ids);
    const terminationId = `t_${randomUUID()}`;
    expect(
      await acceptQuote(service.pool, { quoteId, terminationId, by: 'operator', via: 'api' }),
    ).toMatchObject({ ok: true });
    const taken: string[] = [];
    for (let round = 0; round < 3; round++) {
      const items = await takeItems(service.pool, 0, 2);
      taken.push(...items.map(({ instanceId }) => instanceId));
    }
    // Each before any a second time, though two at a time and none of them was carried out.
    expect(taken.slice(0, ids.length).sort()).toEqual([...ids].sort());
    await service.pool.query(
      'UPDATE termination_items SET tried_at = accepted_at WHERE termination_id = $1',
      [terminationId],
    );
    await sweep();
    await settled(http, terminationId);
  });
});
