/**
 * Whose word counts. What comes through the API is signed; whoever else reaches Temporal's port may do what
 * the documented signals may, is shown as `unsigned: …`, and can state no money, lift no protection, approve
 * nothing, and take no caller's name or id.
 */

import { randomUUID } from 'node:crypto';
import { Client, WorkflowUpdateFailedError } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { commandIdOf, derivedId } from '../../api/asking';
import type { Command } from '../../domain/commands';
import { unsignedName } from '../../domain/signed';
import { POLICIES } from '../../policies';
import { audit } from '../../store/audit';
import { createSignatures, GOOD_FOR_MS } from '../../store/signatures';
import { workflowId } from '../../workflows/messages';
import {
  cvmPostpaid,
  cvmPrepaid,
  end,
  expectStatus,
  type Fields,
  fromNow,
  instanceOf,
  newId,
  quote,
  redisPostpaid,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { startService, useService } from '../support/service';
import { shared, temporalOf } from '../support/shared';

const { service, http } = useService();

const handleOf = (id: string) => service.client.workflow.getHandle(workflowId(id));
/** Waits no longer than a worker could need: a message that nobody answers is a failure of the test. */
const update = async (id: string, name: string, message: Fields) =>
  await service.client.withDeadline(Date.now() + 20_000, () =>
    handleOf(id).executeUpdate(name, { args: [message] as unknown as [] }),
  );
const signal = (id: string, name: string, payload: Fields): Promise<void> =>
  handleOf(id).signal(name, payload);
const lastStep = async (id: string) => (await timelineOf(http, id)).at(-1);

async function codeOf(sending: Promise<unknown>): Promise<string> {
  try {
    await sending;
    return 'done';
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    return (error.cause as unknown as { details: [{ code: string }] }).details[0].code;
  }
}

/** Waits for the step after `count`, and answers it. */
async function stepAfter(id: string, count: number) {
  return await until(async () => (await timelineOf(http, id))[count], `step ${count} of ${id}`);
}

const forged = (): Fields => ({ id: randomUUID(), by: 'operator:cfo' });
const rules = POLICIES[0]!.lifecycle;
const paid = { cash: '999999999999', gift: '0', income: '0', voucher: '0' };
const renewal = { kind: 'renewal', channel: 'standard', months: 1 };
/** What only callers of the API may ask. */
const BEYOND_SIGNALS: [string, string, Fields][] = [
  ['an order that is stated as paid', 'amend', { name: 'amend', order: { ...renewal, paid }, rules }],
  ['an order that Sunset would debit', 'amend', { name: 'amend', order: renewal, rules }],
  ['a network switch', 'amend', { name: 'switch-network' }],
  ['lifting a protection', 'protect', { name: 'unprotect', reason: 'it is mine' }],
  ['a protection', 'protect', { name: 'protect', reason: 'it is mine' }],
  ['a stop', 'power', { name: 'stop' }],
  ['an undo', 'undo', { name: 'undo', refundId: 'r_1', reason: 'mine' }],
  ['a reschedule', 'reschedule', { name: 'reschedule', at: fromNow(86_400_000) }],
];

describe('an update without a signature', () => {
  it.each(BEYOND_SIGNALS)('%s is refused as UNSIGNED, and costs no history', async (_, name, command) => {
    const id = await register(http, cvmPrepaid());
    expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'the shop’s database' }), 200);
    const { historyLength } = await handleOf(id).describe();
    const before = await instanceOf(http, id);
    expect(await codeOf(update(id, name, { ...forged(), command }))).toBe('UNSIGNED');
    expect((await handleOf(id).describe()).historyLength).toBe(historyLength);
    expect({ ...(await instanceOf(http, id)), clock: 0 }).toEqual({ ...before, clock: 0 });
  });

  it('of a signal’s name does what the signal does, as nobody’s word', async () => {
    const id = await register(http, redisPostpaid());
    expect(await codeOf(update(id, 'terminate', forged()))).toBe('AGREEMENT_REQUIRED');
    expect(await codeOf(update(id, 'cancel', forged()))).toBe('NOT_SCHEDULED');
    expect(await codeOf(update(id, 'terminate', { ...forged(), agree: true }))).toBe('done');
    expect(await lastStep(id)).toMatchObject({
      command: 'terminate',
      outcome: 'done',
      by: 'unsigned: operator:cfo',
    });
    expect(await codeOf(update(id, 'purge', { ...forged(), command: { name: 'purge' } }))).toBe(
      'CONFIRM_MISMATCH',
    );
    expect(await codeOf(update(id, 'restore', { ...forged(), command: { name: 'restore' } }))).toBe('done');
    expect(await lastStep(id)).toMatchObject({
      command: 'restore',
      outcome: 'done',
      by: 'unsigned: operator:cfo',
    });
  });

  it('can’t state what was paid for a restore', async () => {
    const id = await register(http, cvmPrepaid());
    await end(http, [id], { action: 'return' });
    const command = { name: 'restore', renewal: { months: 12, paid } };
    expect(await codeOf(update(id, 'restore', { ...forged(), command }))).toBe('UNSIGNED');
    expect(await instanceOf(http, id)).toMatchObject({ state: 'isolated', step: 1 });
  });
});

describe('a forged signature', () => {
  /** As right as it can be without the key: its form, its instant, and a message that was really signed. */
  const forgeries = (id: string, command: Command): [string, Fields][] => {
    const message = { id: randomUUID(), by: 'operator:cfo', command };
    const { sign } = service.signatures;
    return [
      [
        'another key’s',
        { ...message, signature: createSignatures('another-operator-key').sign(id, message) },
      ],
      ['one of another instance', { ...message, signature: sign('web-other', message) }],
      ['one of another caller', { ...message, signature: sign(id, { ...message, by: 'alice@acme' }) }],
      [
        'one of another command',
        { ...message, signature: sign(id, { ...message, command: { name: 'start' } }) },
      ],
      ['one of another id', { ...message, signature: sign(id, { ...message, id: 'another' }) }],
      ['none, but of its form', { ...message, signature: `${Date.now().toString(36)}.${'A'.repeat(43)}` }],
    ];
  };

  it('of an update is refused as BAD_SIGNATURE, whatever it is a copy of, and nothing is done', async () => {
    const id = await register(http, cvmPrepaid());
    const amend = { name: 'amend', order: { ...renewal, paid }, rules } as unknown as Command;
    const answers: string[] = [];
    for (const [which, message] of forgeries(id, amend))
      answers.push(`${which}: ${await codeOf(update(id, 'amend', message))}`);
    expect(answers).toEqual(forgeries(id, amend).map(([which]) => `${which}: BAD_SIGNATURE`));
    expect(await instanceOf(http, id)).toMatchObject({ step: 0, orders: [{ kind: 'purchase' }] });
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
  });

  it('of a signal is a refused row in nobody’s name, also where the command was refused anyway', async () => {
    const id = await register(http, redisPostpaid());
    const signature = `${Date.now().toString(36)}.${'A'.repeat(43)}`;
    await signal(id, 'cancel', { ...forged(), signature });
    const row = { outcome: 'refused', code: 'BAD_SIGNATURE', by: 'unsigned: operator:cfo' };
    expect(await stepAfter(id, 1)).toMatchObject({ ...row, command: 'cancel' });
    await end(http, [id]);
    await signal(id, 'purge', { ...forged(), signature, confirm: id });
    expect(await stepAfter(id, 3)).toMatchObject({ ...row, command: 'purge' });
    expect(await instanceOf(http, id)).toMatchObject({ state: 'isolated' });
  });

  it('does not keep the caller’s own command from being done: its id is not taken', async () => {
    const id = await register(http, cvmPostpaid());
    const message = { id: 'key/operator/mine', by: 'operator', command: { name: 'stop' } };
    expect(await codeOf(update(id, 'power', { ...message, signature: `1.${'A'.repeat(43)}` }))).toBe(
      'BAD_SIGNATURE',
    );
    await signal(id, 'cancel', { id: 'key/operator/mine' });
    await stepAfter(id, 1);
    expectStatus(await http.post(`/v1/instances/${id}/stop`, {}, { key: 'mine' }), 200);
    expect(await lastStep(id)).toMatchObject({ command: 'stop', outcome: 'done', by: 'operator' });
  });

  it('a signed message that was refused can’t be sent again for ever', async () => {
    const id = await register(http, cvmPostpaid());
    const message = { id: randomUUID(), by: 'operator', command: { name: 'start' } as const };
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockReturnValue(now - GOOD_FOR_MS - 1000);
    const signature = service.signatures.sign(id, message);
    clock.mockRestore();
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    expect(await codeOf(update(id, 'power', { ...message, signature }))).toBe('BAD_SIGNATURE');
    expect(await instanceOf(http, id)).toMatchObject({ state: 'stopped' });
  });
});

/**
 * Temporal answers an update under an id that it knows with the outcome of the first one, whatever the second
 * one asks.
 */
describe('an update under the id that a command of the API will have', () => {
  /** Sends it without waiting longer than a worker could need; what is refused is refused. */
  const squat = async (id: string, updateId: string, name: string, message?: Fields): Promise<void> => {
    const args = (message === undefined ? [] : [message]) as unknown as [];
    const sending = service.client.withDeadline(Date.now() + 20_000, () =>
      handleOf(id).executeUpdate(name, { args, updateId }),
    );
    await sending.catch((error: unknown) => {
      if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    });
  };
  const forgery = (commandId: string): Fields => {
    const message = { id: commandId, by: 'operator', command: { name: 'stop' } };
    return { ...message, signature: `${Date.now().toString(36)}.${'A'.repeat(43)}` };
  };

  it('is no answer to that command, whether it was refused or had success of its own', async () => {
    const id = await register(http, cvmPostpaid());
    await squat(id, 'key/operator/squat-1', 'power', forgery('key/operator/squat-1'));
    await squat(id, 'key/operator/squat-2', 'register');
    expectStatus(await http.post(`/v1/instances/${id}/stop`, {}, { key: 'squat-1' }), 200);
    expect(await instanceOf(http, id)).toMatchObject({ state: 'stopped', step: 1 });
    expectStatus(await http.post(`/v1/instances/${id}/start`, {}, { key: 'squat-2' }), 200);
    expect(await instanceOf(http, id)).toMatchObject({ state: 'running', step: 2 });
  });

  it('does not keep the item of a termination from being carried out', async () => {
    const id = await register(http, cvmPostpaid());
    const { id: quoteId } = await quote(http, [id]);
    const key = randomUUID();
    const item = `${derivedId('t', commandIdOf('operator', key))}/${id}`;
    await squat(id, item, 'register');
    expectStatus(await http.post('/v1/terminations', { quoteId, agree: true }, { key }), 202);
    await until(async () => (await instanceOf(http, id)).state === 'terminated', `${id} to be terminated`);
  });

  it('can’t be told beforehand; where one is known all the same, its success is not taken for the command’s', async () => {
    const id = await register(http, cvmPostpaid());
    const message = { id: 'key/operator/known', by: 'operator', command: { name: 'stop' } as const };
    const { updateId } = service.signatures;
    expect(updateId(id, message)).toBe(createSignatures(service.operatorKey).updateId(id, message));
    const others = [
      createSignatures('another-operator-key').updateId(id, message),
      updateId('web-other', message),
      updateId(id, { ...message, id: 'another' }),
      updateId(id, { ...message, command: { name: 'start' } }),
      service.signatures.sign(id, message).split('.')[1],
    ];
    expect(others).not.toContain(updateId(id, message));
    await squat(id, updateId(id, message), 'register');
    expectStatus(await http.post(`/v1/instances/${id}/stop`, {}, { key: 'known' }), 200);
    expect(await instanceOf(http, id)).toMatchObject({ state: 'stopped', step: 1 });
  });
});

it('a workflow of somebody’s own that says that it has done a command is not believed', async () => {
  const id = await register(http, cvmPostpaid());
  const taskQueue = `${service.taskQueue}-lies`;
  const { namespace } = service.client.options;
  const connection = await NativeConnection.connect(temporalOf(shared()));
  const workflowsPath = require.resolve('../support/lying-workflow');
  const liar = await Worker.create({ connection, namespace, taskQueue, workflowsPath });
  await handleOf(id).terminate('by the test');
  await service.client.workflow.start('instance', { workflowId: workflowId(id), taskQueue });
  const reply = await liar.runUntil(() => http.post(`/v1/instances/${id}/stop`));
  expect(reply).toMatchObject({ status: 202, body: { status: 'accepted' } });
  await connection.close();
});

describe('a registration that is typed by hand', () => {
  const birth = (id: string): Fields => {
    const policy = POLICIES.find(({ product }) => product === 'tencent-cvm')!;
    const registration = cvmPrepaid({ orders: [{ ...cvmPrepaid().orders![0], id: 'o1', paid }] });
    return { instanceId: id, registration, policy, envelope: forged() };
  };
  const start = (id: string, input: Fields): Promise<unknown> =>
    service.client.workflow
      .start('instance', { workflowId: workflowId(id), taskQueue: service.taskQueue, args: [input] })
      .then((handle) => handle.result());

  it('books nothing, and does not keep its id from a registration through the API', async () => {
    const id = newId();
    for (const more of [{}, { signature: `${Date.now().toString(36)}.${'A'.repeat(43)}` }])
      await expect(start(id, { ...birth(id), ...more })).rejects.toThrow();
    const { rows } = await service.pool.query('SELECT FROM steps WHERE instance_id = $1', [id]);
    expect(rows).toEqual([]);
    expectStatus(await http.put(`/v1/instances/${id}`, cvmPostpaid()), 201);
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
  });
});

it('a workflow that somebody starts under an id that is still free does not keep it from being registered', async () => {
  const id = newId();
  const someone = await handleOf(await register(http, cvmPostpaid())).query<Fields>('life');
  const life = { ...someone, id };
  const input = { life, done: [] };
  await service.client.workflow.start('instance', {
    workflowId: workflowId(id),
    taskQueue: service.taskQueue,
    args: [input],
  });
  expectStatus(await http.put(`/v1/instances/${id}`, cvmPostpaid()), 201);
  expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
});

it('what the timeline says of callers is theirs: commands, signals and terminations of the API keep their names', async () => {
  const id = await register(http, redisPostpaid());
  await end(http, [id]);
  const headers = { prefer: 'respond-async' };
  expectStatus(await http.post(`/v1/instances/${id}/restore`, {}, { headers }), 202);
  await stepAfter(id, 2);
  expectStatus(await http.post(`/v1/instances/${id}/cancel`, {}, { headers }), 202);
  await stepAfter(id, 3);
  const { rows } = await service.pool.query(
    'SELECT command, outcome, by, authority FROM steps WHERE instance_id = $1 ORDER BY step',
    [id],
  );
  expect(rows).toEqual([
    { command: 'register', outcome: 'done', by: 'operator', authority: 'signed' },
    { command: 'terminate', outcome: 'done', by: 'operator', authority: 'signed' },
    { command: 'restore', outcome: 'done', by: 'operator', authority: 'signed' },
    { command: 'cancel', outcome: 'refused', by: 'operator', authority: 'signed' },
  ]);
});

it('an agreement by an unsigned signal stays nobody’s word, though the service carries it out', async () => {
  const id = await register(http, cvmPrepaid());
  const { id: quoteId } = await quote(http, [id], { action: 'return' });
  await signal(id, 'terminate', { ...forged(), agree: true, quoteId });
  await stepAfter(id, 1);
  const { rows } = await service.pool.query(
    'SELECT command, by, authority FROM steps WHERE instance_id = $1 AND step = 1',
    [id],
  );
  expect(rows).toEqual([{ command: 'return', by: 'unsigned: operator:cfo', authority: 'unsigned' }]);
  expect(unsignedName('unsigned: operator:cfo')).toBe('unsigned: operator:cfo');
});

it('the audit finds nothing wrong with any of it', async () => {
  const { checks } = await audit(service.pool);
  expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
});

describe('SUNSET_UNSIGNED=refuse', () => {
  it('refuses every message that did not come through the API, and lets those of the API pass', async () => {
    const strict = await startService({ worker: false });
    try {
      await strict.startWorker({ trust: { signatures: strict.signatures, unsigned: 'refuse' } });
      const id = await register(strict.http, redisPostpaid());
      const handle = new Client({
        connection: strict.client.connection,
        namespace: strict.client.options.namespace,
      }).workflow.getHandle(workflowId(id));
      await handle.signal('terminate', { ...forged(), agree: true });
      const rows = () => timelineOf(strict.http, id);
      expect(await until(async () => (await rows())[1], 'the refusal')).toMatchObject({
        outcome: 'refused',
        code: 'UNSIGNED',
      });
      await end(strict.http, [id]);
      await handle.signal('restore', forged());
      expect(await until(async () => (await rows())[3], 'the refusal')).toMatchObject({
        outcome: 'refused',
        code: 'UNSIGNED',
      });
      expectStatus(
        await strict.http.post(`/v1/instances/${id}/restore`, {}, { headers: { prefer: 'respond-async' } }),
        202,
      );
      expect(await until(async () => (await rows())[4], 'the restore')).toMatchObject({
        outcome: 'done',
        by: 'operator',
      });
    } finally {
      await strict.stop();
    }
  });
});

it('the key of before still counts for what is on its way', async () => {
  const changed = await startService({ worker: false });
  try {
    // Messages of this API are signed by its key, which is the previous one of the worker.
    const newKey = 'sk_the_key_of_after';
    await changed.startWorker({ trust: { signatures: createSignatures(newKey, changed.operatorKey) } });
    const id = await register(changed.http, cvmPostpaid());
    expectStatus(await changed.http.post(`/v1/instances/${id}/stop`), 200);
  } finally {
    await changed.stop();
  }
});
