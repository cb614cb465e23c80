/**
 * L13: nothing that is typed wedges a life. What can never succeed is refused and told; deadlines and other
 * commands go on. Guards are taken away or put up in the database by its owner, so that errors come that no
 * code of ours would make.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Command } from '../../domain/commands';
import type { Life } from '../../domain/lifecycle';
import { skipAhead as moveAhead } from '../../temporal/fast-forward';
import { type AnsweredCommand, lifeQuery, workflowId } from '../../workflows/messages';
import {
  cvmPostpaid,
  DAY,
  end,
  expectStatus,
  type Fields,
  fastForward,
  fromNow,
  instanceOf,
  quote,
  redisPostpaid,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { signed, useService } from '../support/service';

let admin: pg.Client;
const { service, http } = useService();
beforeAll(async () => {
  admin = new pg.Client({ connectionString: service.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
});

const handleOf = (id: string) => service.client.workflow.getHandle(workflowId(id));
const signal = async (id: string, name: string, payload: Fields): Promise<void> =>
  await handleOf(id).signal(name, payload);

/** An update as the API would send it. */
async function update(id: string, name: string, command: Fields, commandId: string = randomUUID()) {
  const message = signed(service, id, { id: commandId, by: 'operator', command: command as Command });
  return await handleOf(id).executeUpdate(name, { args: [message] as unknown as [], updateId: randomUUID() });
}

async function codeOf(sending: Promise<unknown>): Promise<string> {
  try {
    await sending;
    return 'done';
  } catch (error) {
    return (error as { cause?: { details?: { code: string }[] } }).cause?.details?.[0]?.code ?? String(error);
  }
}

/** The steps after the registration, once there are so many. */
async function steps(id: string, count: number) {
  return await until(async () => {
    const found = (await timelineOf(http, id)).slice(1);
    return found.length >= count && found;
  }, `${count} steps of ${id}`);
}

const isRunning = async (id: string): Promise<boolean> =>
  (await handleOf(id).describe()).status.name === 'RUNNING';

/**
 * What continue-as-new does, without the thousands of events before it. By default nothing is remembered of
 * the commands before.
 */
async function continueAsNew(
  id: string,
  more: { life?: Life; done?: AnsweredCommand[] } = {},
): Promise<void> {
  const life = await handleOf(id).query(lifeQuery);
  await handleOf(id).terminate('begun again by the test');
  await service.client.workflow.start('instance', {
    workflowId: workflowId(id),
    taskQueue: service.taskQueue,
    args: [{ life, done: [], ...more }],
  });
}

const timed = async (id: string): Promise<string> =>
  (await quote(http, [id], { schedule: { mode: 'timed', at: fromNow(DAY) } })).id;

/** From now on every step of this command breaks a rule of the database, until it is lifted. */
async function breakStep(id: string, command: string): Promise<() => Promise<void>> {
  const name = `broken_${command}`;
  await admin.query(`
    CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.instance_id = '${id}' AND NEW.command = '${command}' AND NEW.outcome = 'done' THEN
        RAISE EXCEPTION 'broken by the test' USING ERRCODE = 'check_violation'; END IF;
      RETURN NEW; END $$;
    CREATE TRIGGER ${name} BEFORE INSERT ON steps FOR EACH ROW EXECUTE FUNCTION ${name}()`);
  return async () => void (await admin.query(`DROP TRIGGER ${name} ON steps; DROP FUNCTION ${name}`));
}

describe('ids', () => {
  it('L13: a refused signal of the API does not meet the key of another command', async () => {
    const id = await register(http, cvmPostpaid());
    expectStatus(await http.post(`/v1/instances/${id}/stop`, {}, { key: 'abc/refused' }), 200);
    const headers = { prefer: 'respond-async' };
    expectStatus(await http.post(`/v1/instances/${id}/cancel`, {}, { key: 'abc', headers }), 202);
    expect((await steps(id, 2)).at(-1)).toMatchObject({
      command: 'cancel',
      outcome: 'refused',
      code: 'NOT_SCHEDULED',
    });
    expectStatus(await http.post(`/v1/instances/${id}/start`), 200);
    expect(await isRunning(id)).toBe(true);
  });

  it('L13: nor does one that is typed by hand, and the same one again is no other row', async () => {
    const id = await register(http, redisPostpaid());
    await end(http, [id]);
    await signal(id, 'restore', { id: 'op-1/refused', by: 'alice' });
    await steps(id, 2);
    for (const _ of [1, 2, 3]) await signal(id, 'purge', { id: 'op-1', by: 'bob', confirm: id });
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    const rows = (await steps(id, 4)).map(({ command, outcome, code }) => [command, outcome, code].join(' '));
    expect(rows).toEqual(['terminate done ', 'restore done ', 'purge refused WRONG_STATE', 'stop done ']);
  });

  it('L13: the ids that Sunset makes for itself are refused to callers', async () => {
    const id = await register(http, cvmPostpaid());
    for (const own of [`sunset/deadline/fire/1`, 'sunset/refused/x', 'sunset/', 'deadline/fire/1']) {
      expect(await codeOf(update(id, 'power', { name: 'stop' }, own))).toBe('BAD_PAYLOAD');
      await signal(id, 'cancel', { id: own, by: 'mallory' });
    }
    await steps(id, 4);
    const { rows } = await service.pool.query(
      'SELECT command_id FROM steps WHERE instance_id = $1 AND step > 0',
      [id],
    );
    for (const row of rows)
      expect(row.command_id).toMatch(
        /^sunset\/refused\/cancel\/NOT_SCHEDULED\/unsigned\/sunset\/signal\/cancel\/[\da-f-]{36}$/,
      );
  });

  it('L13: an id of a command that took effect does not answer for another command', async () => {
    const id = await register(http, cvmPostpaid());
    await update(id, 'power', { name: 'stop' }, 'twice');
    expect(await codeOf(update(id, 'power', { name: 'start' }, 'twice'))).toBe('COMMAND_ID_REUSED');
    expect(await codeOf(update(id, 'protect', { name: 'protect', reason: 'x' }, 'twice'))).toBe(
      'COMMAND_ID_REUSED',
    );
    expect(await update(id, 'power', { name: 'stop' }, 'twice')).toMatchObject({ step: 1 });
  });

  it('L13: a signal’s id that comes again with another quote, long after, is told as reused', async () => {
    const id = await register(http, cvmPostpaid());
    const agreed = async () => ({
      id: 'ann-1',
      by: 'ann',
      agree: true,
      quoteId: await timed(id),
    });
    await signal(id, 'terminate', await agreed());
    await steps(id, 1);
    expectStatus(await http.post(`/v1/instances/${id}/cancel`), 200);
    await continueAsNew(id);
    await signal(id, 'terminate', await agreed());
    expect((await steps(id, 3)).at(-1)).toMatchObject({
      command: 'terminate',
      outcome: 'refused',
      code: 'COMMAND_ID_REUSED',
    });
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    expect((await instanceOf(http, id)).termination).toBeNull();
  });

  it('L13: commands before continue-as-new that come again after it take effect once', async () => {
    const id = await register(http, redisPostpaid());
    await end(http, [id]);
    await signal(id, 'restore', { id: 'back', by: 'ann' });
    await steps(id, 2);
    await end(http, [id]);
    await continueAsNew(id);
    await signal(id, 'restore', { id: 'back', by: 'ann' });
    await signal(id, 'cancel', { id: 'marker', by: 'ann' });
    const found = (await steps(id, 4)).map(({ command, outcome }) => `${command} ${outcome}`);
    expect(found).toEqual(['terminate done', 'restore done', 'terminate done', 'cancel refused']);
    expect((await instanceOf(http, id)).state).toBe('isolated');
    expectStatus(await http.post(`/v1/instances/${id}/restore`), 200);
    await signal(id, 'terminate', { id: 'back', by: 'ann', agree: true });
    expect((await steps(id, 6)).at(-1)).toMatchObject({
      command: 'terminate',
      outcome: 'refused',
      code: 'COMMAND_ID_REUSED',
    });
  });
});

describe('errors that do not go away', () => {
  it('L13: a command that breaks a rule of the database is refused, and the next one is carried out', async () => {
    const id = await register(http, cvmPostpaid());
    const mend = await breakStep(id, 'stop');
    const refused = await http.post(`/v1/instances/${id}/stop`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'NOT_POSSIBLE', state: 'running' } });
    expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'meanwhile' }), 200);
    await mend();
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
  });

  it('L13: a signal too: it is a refused row', async () => {
    const id = await register(http, redisPostpaid());
    await end(http, [id]);
    const mend = await breakStep(id, 'restore');
    await signal(id, 'restore', { id: randomUUID(), by: 'ann' });
    expect((await steps(id, 2)).at(-1)).toMatchObject({
      command: 'restore',
      outcome: 'refused',
      code: 'NOT_POSSIBLE',
    });
    await mend();
    expectStatus(await http.post(`/v1/instances/${id}/restore`), 200);
  });

  it('L13: a deadline is told, keeps nobody waiting, and comes again', async () => {
    const id = await register(http, cvmPostpaid());
    await end(http, [id], { schedule: { mode: 'timed', at: fromNow(DAY) } });
    const mend = await breakStep(id, 'fire');
    void fastForward(http, id, 'P1DT1S').catch(() => {});
    expect((await steps(id, 2)).at(-1)).toMatchObject({
      command: 'fire',
      outcome: 'refused',
      code: 'NOT_POSSIBLE',
      by: 'sunset',
    });
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    await mend();
    // The API waits for deadlines on the way; this one comes again a minute after it has failed.
    const { client } = service;
    const move = {
      client,
      namespace: client.options.namespace,
      instanceId: id,
      id: randomUUID(),
      waitMs: 30_000,
    };
    await moveAhead({ ...move, toMs: Date.now() + DAY + 600_000 });
    const found = (await steps(id, 4)).map(({ command, outcome }) => `${command} ${outcome}`);
    expect(found).toEqual(['terminate done', 'fire refused', 'stop done', 'fire done']);
  });

  it('L13: a workflow that is ahead of the database or behind it adopts what is stored', async () => {
    const id = await register(http, cvmPostpaid());
    const before = (await handleOf(id).query(lifeQuery))!;
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    await continueAsNew(id, { life: before });
    const late = await http.post(`/v1/instances/${id}/stop`);
    expect(late).toMatchObject({ status: 409, body: { code: 'WRONG_STATE', state: 'stopped' } });
    expectStatus(await http.post(`/v1/instances/${id}/start`), 200);
    const { step } = await instanceOf(http, id);
    await continueAsNew(id, { life: { ...before, step: step + 7 } });
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    expect(await instanceOf(http, id)).toMatchObject({ state: 'stopped', step: step + 1 });
    expect(await handleOf(id).query(lifeQuery)).toMatchObject({ state: 'stopped', step: step + 1 });
  });

  it('L13: what is too large to be carried along, or too late to be waited for, is refused', async () => {
    const id = await register(http, cvmPostpaid());
    expect(await codeOf(update(id, 'power', { name: 'stop', junk: 'x'.repeat(1_900_000) }))).toBe(
      'BAD_PAYLOAD',
    );
    await end(http, [id], { schedule: { mode: 'timed', at: fromNow(DAY) } });
    for (const at of ['9999-12-31T23:59:59-23:59', '0000-01-01T00:00:00Z', '2201-01-01T00:00:00Z']) {
      expect(await codeOf(update(id, 'reschedule', { name: 'reschedule', at }))).toMatch(
        /BAD_PAYLOAD|TIME_PASSED/,
      );
    }
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    expect(await isRunning(id)).toBe(true);
  });
});
