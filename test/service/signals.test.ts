/**
 * Signals, as the Web UI, the Temporal CLI, batch operations and the API's `Prefer: respond-async` send them
 * (decision 11): accepted ones act, refused ones are rows of the timeline, and nothing that anybody can send
 * fails a workflow or wedges it.
 */
import { randomUUID } from 'node:crypto';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import type { Command, Envelope } from '../../domain/commands';
import { workflowId } from '../../workflows/messages';
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
  jdPostpaid,
  quote,
  redisPostpaid,
  redisPrepaid,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { useService } from '../support/service';

const all: string[] = [];
const { service, http } = useService();

async function born(body: Fields): Promise<string> {
  const id = await register(http, body);
  all.push(id);
  return id;
}

const handleOf = (id: string) => service.client.workflow.getHandle(workflowId(id));
const signal = async (id: string, name: string, ...payload: unknown[]): Promise<void> =>
  await handleOf(id).signal(name, ...payload);

/** The steps after the registration. */
const stepsOf = async (id: string) => (await timelineOf(http, id)).filter((step) => step.step! > 0);

/** Waits until so many steps have followed the registration, and answers them. */
async function steps(id: string, count: number) {
  return await until(async () => {
    const found = await stepsOf(id);
    return found.length >= count && found;
  }, `${count} steps of ${id}`);
}

const agreed = (more: Fields = {}): Fields => ({ id: randomUUID(), by: 'alice', agree: true, ...more });

/**
 * Sends a signal that must be refused, and answers its row. State, step of the rest of its life: as they
 * were.
 */
async function refused(id: string, name: string, code: string, ...payload: unknown[]) {
  const before = await instanceOf(http, id);
  const count = (await stepsOf(id)).length;
  await signal(id, name, ...payload);
  const row = (await steps(id, count + 1)).at(-1);
  expect({ sent: payload[0], ...row }).toMatchObject({
    command: name,
    outcome: 'refused',
    code,
    from: before.state,
    to: before.state,
    refundId: null,
  });
  const after = await instanceOf(http, id);
  expect({ ...after, clock: 0, step: 0 }).toEqual({ ...before, clock: 0, step: 0 });
  return row;
}

const { EventType } = temporal.api.enums.v1;

async function eventsOf(id: string): Promise<string[]> {
  const { events } = await handleOf(id).fetchHistory();
  return (events ?? []).map((event) => EventType[event.eventType!]!.replace('EVENT_TYPE_', ''));
}

describe('terminate', () => {
  it('CVM postpaid now, without a quote', async () => {
    const id = await born(cvmPostpaid());
    await signal(id, 'terminate', agreed());
    expect(await steps(id, 1)).toMatchObject([
      { command: 'terminate', outcome: 'done', from: 'running', to: 'terminated', by: 'unsigned: alice' },
    ]);
    expect(await instanceOf(http, id)).toMatchObject({ state: 'terminated', purgeTime: null });
    const { account } = await instanceOf(http, id);
    expect((await http.get(`/v1/terminations?account=${account}`)).body.items).toMatchObject([
      {
        action: 'terminate',
        schedule: { mode: 'now' },
        status: 'done',
        agreedVia: 'signal',
        items: [{ instanceId: id, status: 'done' }],
      },
    ]);
  });

  it('CVM postpaid later, without a quote', async () => {
    const id = await born(cvmPostpaid());
    await signal(id, 'terminate', agreed({ schedule: { mode: 'later' } }));
    expect(await steps(id, 1)).toMatchObject([{ outcome: 'done', to: 'isolated' }]);
    const { purgeTime, isolatedAt } = await instanceOf(http, id);
    expect(Date.parse(purgeTime!) - Date.parse(isolatedAt!)).toBe(DAY / 12);
    expect((await fastForward(http, id, 'PT3H')).state).toBe('terminated');
  });

  it('a prepaid one with a quote pays the refund and consumes the quote', async () => {
    const id = await born(cvmPrepaid());
    const { id: quoteId } = await quote(http, [id], { action: 'return' });
    await signal(id, 'terminate', agreed({ quoteId }));
    const [row] = await steps(id, 1);
    expect(row).toMatchObject({ command: 'return', outcome: 'done', to: 'isolated', by: 'unsigned: alice' });
    const { account } = await instanceOf(http, id);
    expect((await http.get(`/v1/refunds/${row!.refundId}`)).body).toMatchObject({
      status: 'done',
      kind: 'five-day',
      amount: '407.96',
      quoteId,
    });
    expect((await http.get(`/v1/accounts/${account}`)).body.balances).toEqual([
      { currency: 'CNY', cash: '407.96', gift: '0.00', income: '0.00' },
    ]);
    const again = await http.post('/v1/terminations', { quoteId, agree: true });
    expect(again).toMatchObject({ status: 409, body: { code: 'QUOTE_USED' } });
    expect((await http.get(again.headers.get('location')!)).body).toMatchObject({
      agreedVia: 'signal',
      items: [{ refundId: row!.refundId }],
    });
  });

  it('a quote says how: timed, and the instance waits for it', async () => {
    const id = await born(cvmPostpaid());
    const at = fromNow(3 * DAY);
    const { id: quoteId } = await quote(http, [id], { schedule: { mode: 'timed', at } });
    await signal(id, 'terminate', agreed({ quoteId }));
    await steps(id, 1);
    expect(await instanceOf(http, id)).toMatchObject({
      state: 'running',
      termination: { mode: 'timed', at },
    });
    await signal(id, 'cancel', { id: randomUUID(), by: 'bob' });
    expect((await steps(id, 2)).at(-1)).toMatchObject({
      command: 'cancel',
      outcome: 'done',
      by: 'unsigned: bob',
    });
    expect((await instanceOf(http, id)).termination).toBeNull();
  });

  it('is refused without agreement, without a quote where money is at stake, and for modes that are not offered', async () => {
    const [postpaid, prepaid, redis, jd] = await Promise.all([
      born(cvmPostpaid()),
      born(cvmPrepaid()),
      born(redisPostpaid()),
      born(jdPostpaid({ state: 'running' })),
    ]);
    await refused(postpaid, 'terminate', 'AGREEMENT_REQUIRED', { id: randomUUID(), by: 'alice' });
    await refused(postpaid, 'terminate', 'AGREEMENT_REQUIRED', agreed({ agree: 'true' }));
    await refused(postpaid, 'terminate', 'AGREEMENT_REQUIRED', agreed({ agree: 1 }));
    await refused(
      postpaid,
      'terminate',
      'QUOTE_REQUIRED',
      agreed({ schedule: { mode: 'timed', at: fromNow(DAY) } }),
    );
    await refused(prepaid, 'terminate', 'QUOTE_REQUIRED', agreed());
    await refused(redis, 'terminate', 'MODE_NOT_OFFERED', agreed({ schedule: { mode: 'later' } }));
    // E8, L5: what stands against it is named by its own code.
    await refused(jd, 'terminate', 'NOT_STOPPED', agreed());
    expectStatus(await http.post(`/v1/instances/${postpaid}/protect`, { reason: 'careful' }), 200);
    await refused(postpaid, 'terminate', 'PROTECTED', agreed());
  });

  it('is refused with a quote that is unknown, another’s, expired, used or stale', async () => {
    const [id, other] = await Promise.all([born(cvmPrepaid()), born(redisPrepaid())]);
    await refused(id, 'terminate', 'UNKNOWN_QUOTE', agreed({ quoteId: 'q_nothing' }));
    await refused(
      id,
      'terminate',
      'QUOTE_OF_OTHERS',
      agreed({ quoteId: (await quote(http, [other], { action: 'return' })).id }),
    );
    await refused(
      id,
      'terminate',
      'QUOTE_OF_OTHERS',
      agreed({ quoteId: (await quote(http, [id, other], { action: 'return' })).id }),
    );
    const expired = await quote(http, [id], { action: 'return' });
    await service.pool.query(
      "UPDATE quotes SET expires_at = clock_timestamp() - interval '1 s' WHERE id = $1",
      [expired.id],
    );
    await refused(id, 'terminate', 'QUOTE_EXPIRED', agreed({ quoteId: expired.id }));
    const stale = await quote(http, [id], { action: 'return' });
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    await refused(id, 'terminate', 'QUOTE_STALE', agreed({ quoteId: stale.id }));
    const blocked = await quote(http, [id]);
    await refused(id, 'terminate', 'WRONG_ACTION', agreed({ quoteId: blocked.id }));
    const used = await quote(http, [id], { action: 'return' });
    await signal(id, 'terminate', agreed({ quoteId: used.id }));
    await until(async () => (await instanceOf(http, id)).state === 'isolated', 'the return');
    await refused(id, 'terminate', 'QUOTE_USED', agreed({ quoteId: used.id }));
    // Nothing was paid twice, nothing is held.
    const { account } = await instanceOf(http, id);
    expect((await http.get(`/v1/refunds?account=${account}`)).body.items).toHaveLength(1);
    const { rows } = await service.pool.query("SELECT count(*) FROM rights WHERE status = 'reserved'");
    expect(rows).toEqual([{ count: 0 }]);
  });
});

describe('cancel, restore and purge', () => {
  it('act as the API’s do', async () => {
    const [restored, purged] = await Promise.all([born(redisPostpaid()), born(redisPostpaid())]);
    await end(http, [restored, purged]);
    await Promise.all([
      signal(restored, 'restore', { id: randomUUID(), by: 'alice' }),
      signal(purged, 'purge', { id: randomUUID(), by: 'bob', confirm: purged }),
    ]);
    expect((await steps(restored, 2)).at(-1)).toMatchObject({
      command: 'restore',
      outcome: 'done',
      from: 'isolated',
      to: 'running',
      by: 'unsigned: alice',
    });
    expect((await steps(purged, 2)).at(-1)).toMatchObject({
      command: 'purge',
      outcome: 'done',
      from: 'isolated',
      to: 'terminated',
      by: 'unsigned: bob',
    });
  });

  it('a prepaid restore is a renewal that Sunset prices and debits; what was paid can’t be stated', async () => {
    const id = await born(cvmPrepaid());
    await end(http, [id], { action: 'return' });
    const paid = { cash: '0', gift: '0', income: '0', voucher: '51' };
    await refused(id, 'restore', 'UNSIGNED', { id: randomUUID(), by: 'alice', renewal: { months: 1, paid } });
    await signal(id, 'restore', { id: randomUUID(), by: 'alice', renewal: { months: 1 } });
    expect((await steps(id, 3)).at(-1)).toMatchObject({ command: 'restore', outcome: 'done', to: 'running' });
    const { account, orders } = await instanceOf(http, id);
    expect(orders.at(-1)).toMatchObject({
      kind: 'renewal',
      months: 1,
      paid: { cash: '51.00', voucher: '0.00' },
    });
    expect((await http.get(`/v1/accounts/${account}`)).body.balances).toMatchObject([{ cash: '356.96' }]);
  });

  it('are refused in the wrong state, without confirmation, without money, in arrears', async () => {
    const [living, postpaid, prepaid] = await Promise.all([
      born(cvmPostpaid()),
      born(redisPostpaid()),
      born(cvmPrepaid()),
    ]);
    await refused(living, 'cancel', 'NOT_SCHEDULED', { id: randomUUID(), by: 'alice' });
    await refused(living, 'restore', 'WRONG_STATE', { id: randomUUID(), by: 'alice' });
    await refused(living, 'purge', 'WRONG_STATE', { id: randomUUID(), by: 'alice', confirm: living });
    await Promise.all([end(http, [postpaid]), end(http, [prepaid], { action: 'return' })]);
    await refused(postpaid, 'cancel', 'WRONG_STATE', { id: randomUUID() });
    await refused(postpaid, 'purge', 'CONFIRM_MISMATCH', { id: randomUUID() });
    await refused(postpaid, 'purge', 'CONFIRM_MISMATCH', { id: randomUUID(), confirm: living });
    await refused(postpaid, 'purge', 'CONFIRM_MISMATCH', { id: randomUUID(), confirm: true });
    await refused(postpaid, 'restore', 'RENEWAL_NOT_ALLOWED', { id: randomUUID(), renewal: { months: 1 } });
    await refused(prepaid, 'restore', 'RENEWAL_REQUIRED', { id: randomUUID() });
    for (const renewal of [
      null,
      5,
      'one',
      [],
      {},
      { months: '1' },
      { months: 0 },
      { months: 1.5 },
      { months: 121 },
      { months: null },
    ]) {
      await refused(prepaid, 'restore', 'BAD_PAYLOAD', { id: randomUUID(), renewal });
    }
    await refused(prepaid, 'restore', 'INSUFFICIENT_BALANCE', { id: randomUUID(), renewal: { months: 12 } });
    const { account } = await instanceOf(http, prepaid);
    expectStatus(await http.put(`/v1/accounts/${account}`, { arrears: true, reason: 'unpaid' }), 200);
    await refused(prepaid, 'restore', 'IN_ARREARS', { id: randomUUID(), renewal: { months: 1 } });
  });
});

describe('a signal that comes again', () => {
  it('takes effect once, and says nothing more in the timeline (L8)', async () => {
    const id = await born(redisPostpaid());
    const first = agreed();
    await Promise.all([
      signal(id, 'terminate', first),
      signal(id, 'terminate', first),
      signal(id, 'terminate', first),
    ]);
    await until(async () => (await instanceOf(http, id)).state === 'isolated', 'the isolation');
    await signal(id, 'terminate', first);
    const restore = { id: randomUUID(), by: 'alice' };
    await signal(id, 'restore', restore);
    await signal(id, 'restore', restore);
    await until(async () => (await instanceOf(http, id)).state === 'running', 'the restore');
    await signal(id, 'terminate', first);
    await signal(id, 'restore', restore);
    // A marker behind them: when it is in the timeline, they have all been looked at.
    await signal(id, 'cancel', { id: 'marker' });
    const found = await until(async () => {
      const rows = await stepsOf(id);
      return rows.at(-1)!.code === 'NOT_SCHEDULED' && rows;
    }, 'the marker');
    expect(found.map((row) => `${row.command} ${row.outcome}`)).toEqual([
      'terminate done',
      'restore done',
      'cancel refused',
    ]);
    expect(await instanceOf(http, id)).toMatchObject({ state: 'running' });
  });

  it('refused twice under one id, with another payload or another name, is no more than refused', async () => {
    const id = await born(cvmPostpaid());
    const same = randomUUID();
    await refused(id, 'terminate', 'AGREEMENT_REQUIRED', { id: same, by: 'alice' });
    await signal(id, 'terminate', { id: same, by: 'mallory', agree: false });
    await signal(id, 'cancel', { id: same, by: 'alice' });
    await signal(id, 'purge', { id: same, confirm: 5 });
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    expect((await handleOf(id).describe()).status.name).toBe('RUNNING');
  });

  it('an id that a command of the API has used is another one in a signal: neither stands in the other’s way', async () => {
    const id = await born(redisPostpaid());
    const { rows } = await service.pool.query('SELECT command_id FROM steps WHERE instance_id = $1', [id]);
    await refused(id, 'cancel', 'NOT_SCHEDULED', { id: rows[0].command_id });
    expectStatus(await http.post(`/v1/instances/${id}/stop`, {}, { key: 'one' }), 200);
    await signal(id, 'terminate', agreed({ id: 'key/operator/one' }));
    await until(async () => (await instanceOf(http, id)).state === 'isolated', 'the end');
    await signal(id, 'restore', { id: 'key/operator/two' });
    await until(async () => (await instanceOf(http, id)).state === 'stopped', 'the restore');
    expectStatus(await http.post(`/v1/instances/${id}/start`, {}, { key: 'two' }), 200);
    expect(await instanceOf(http, id)).toMatchObject({ state: 'running' });
  });

  it('an id that a deadline will have does not keep the deadline from firing', async () => {
    const id = await born(cvmPostpaid());
    await end(http, [id], { schedule: { mode: 'timed', at: fromNow(DAY) } });
    for (const step of [2, 3, 4, 5]) await signal(id, 'purge', { id: `deadline/fire/${step}`, confirm: id });
    await steps(id, 5);
    await signal(id, 'cancel', { id: 'deadline/fire/6' });
    await steps(id, 6);
    await end(http, [id], { schedule: { mode: 'timed', at: fromNow(DAY) } });
    await signal(id, 'terminate', agreed({ id: 'deadline/fire/9/refused' }));
    await signal(id, 'terminate', agreed({ id: 'deadline/fire/9' }));
    await until(
      async () => (await stepsOf(id)).filter((row) => row.outcome === 'refused').length >= 6,
      'the refusals',
    );
    expect((await fastForward(http, id, 'P2D')).state).toBe('terminated');
  });
});

describe('junk', () => {
  const deep = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
  const PAYLOADS: [string, unknown[]][] = [
    ['nothing', []],
    ['null', [null]],
    ['a string', ['terminate it']],
    ['a number', [42]],
    ['an array', [[1, 2, { agree: true }]]],
    ['true', [true]],
    ['two payloads', [{ by: 'alice' }, { agree: true }]],
    [
      'objects for id and by',
      [{ id: { a: 1 }, by: ['x'], agree: {}, confirm: {}, quoteId: {}, schedule: [], renewal: 'x' }],
    ],
    ['ids that can’t be made text', [{ id: { toString: 1, valueOf: 2 }, by: { toString: null } }]],
    [
      'null for everything',
      [{ id: null, by: null, agree: null, confirm: null, quoteId: null, schedule: null, renewal: null }],
    ],
    ['NUL in id and by', [{ id: 'a\0b', by: '\0' }]],
    ['half of a surrogate pair', [{ id: '\ud800', by: '\udfff' }]],
    ['an empty id', [{ id: '', by: '' }]],
    [
      'an id of 20,000 characters',
      [{ id: Array.from({ length: 600 }, () => randomUUID()).join(''), by: 'x'.repeat(20_000) }],
    ],
    ['nesting of 3,000', [deep(3000)]],
    [
      '10,000 members',
      [Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`f${index}`, index]))],
    ],
    ['__proto__', [JSON.parse('{"__proto__": {"agree": true, "confirm": "x"}, "constructor": 1}')]],
  ];

  it.each(PAYLOADS)('%s is a refused row for each signal, and the instance lives on', async (_, payload) => {
    const id = await born(cvmPostpaid());
    for (const name of ['terminate', 'cancel', 'restore', 'purge']) await signal(id, name, ...payload);
    // Whatever they were, the workflow still answers, and they have not ended anything.
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    const rows = await stepsOf(id);
    expect(rows.filter((row) => row.outcome === 'done')).toMatchObject([{ command: 'stop' }]);
    const sent = rows.filter((row) => row.outcome === 'refused');
    expect(sent.map((row) => row.command).sort()).toEqual(['cancel', 'purge', 'restore', 'terminate']);
    for (const row of sent) expect(row.code).toMatch(/^[A-Z_]+$/);
  });

  it.each([
    ['text that is no JSON', 'json/plain', '{"id": '],
    ['an encoding that nobody knows', 'binary/secret', 'x'],
    ['no encoding at all', '', 'x'],
    ['bytes', 'binary/plain', 'x'],
  ])('%s as a payload wedges nothing', async (_, encoding, data) => {
    const id = await born(cvmPostpaid());
    const metadata = encoding ? { encoding: Buffer.from(encoding) } : {};
    await service.client.connection.workflowService.signalWorkflowExecution({
      namespace: service.client.options.namespace,
      workflowExecution: { workflowId: workflowId(id) },
      signalName: 'cancel',
      input: { payloads: [{ metadata, data: Buffer.from(data) }] },
    });
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    expect((await stepsOf(id)).filter((row) => row.outcome === 'done')).toMatchObject([{ command: 'stop' }]);
  });

  it('quote ids that no database can look up are refused', async () => {
    const id = await born(cvmPrepaid());
    for (const quoteId of ['a\0b', '', 'x'.repeat(100_000), '\ud800', 5, {}, []]) {
      const count = (await stepsOf(id)).length;
      await signal(id, 'terminate', agreed({ quoteId }));
      expect((await steps(id, count + 1)).at(-1)).toMatchObject({ outcome: 'refused' });
    }
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
  });

  it('a request to cancel the workflow itself, a button of the Web UI, does not end an instance’s life', async () => {
    const id = await born(redisPostpaid());
    await handleOf(id).cancel();
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    await end(http, [id]);
    await handleOf(id).cancel();
    const restored = expectStatus(await http.post(`/v1/instances/${id}/restore`), 200).body;
    expect(restored).toMatchObject({ state: 'stopped', step: 3 });
    await end(http, [id]);
    expect((await fastForward(http, id, 'PT3H')).state).toBe('terminated');
  });

  it('a signal of an unknown name changes nothing', async () => {
    const id = await born(cvmPostpaid());
    await signal(id, 'destroy', agreed());
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    expect(await stepsOf(id)).toMatchObject([{ command: 'stop' }]);
  });
});

describe('Prefer: respond-async', () => {
  const headers = { prefer: 'respond-async, wait=10' };

  it('cancel, restore and purge answer 202 at once and take effect', async () => {
    const [scheduled, restored, purged] = await Promise.all([
      born(cvmPostpaid()),
      born(redisPostpaid()),
      born(redisPostpaid()),
    ]);
    await end(http, [scheduled], { schedule: { mode: 'timed', at: fromNow(DAY) } });
    await end(http, [restored, purged]);
    const replies = await Promise.all([
      http.post(`/v1/instances/${scheduled}/cancel`, {}, { headers }),
      http.post(`/v1/instances/${restored}/restore`, {}, { headers }),
      http.post(`/v1/instances/${purged}/purge`, { confirm: purged }, { headers }),
    ]);
    for (const [index, id] of [scheduled, restored, purged].entries()) {
      const reply = expectStatus(replies[index]!, 202);
      expect(reply.headers.get('preference-applied')).toBe('respond-async');
      expect(reply.headers.get('location')).toBe(`/v1/instances/${id}`);
    }
    await until(async () => (await instanceOf(http, scheduled)).termination === null, 'the cancel');
    await until(async () => (await instanceOf(http, restored)).state === 'running', 'the restore');
    await until(async () => (await instanceOf(http, purged)).state === 'terminated', 'the purge');
    expect((await stepsOf(purged)).at(-1)).toMatchObject({
      command: 'purge',
      outcome: 'done',
      by: 'operator',
    });
  });

  it('what is refused is a row; what is not valid, not there or gone is told at once', async () => {
    const id = await born(cvmPostpaid());
    expectStatus(await http.post(`/v1/instances/${id}/cancel`, {}, { headers }), 202);
    expect(await steps(id, 1)).toMatchObject([
      { command: 'cancel', outcome: 'refused', code: 'NOT_SCHEDULED', by: 'operator' },
    ]);
    expectStatus(await http.post(`/v1/instances/${id}/purge`, { confirm: 'other' }, { headers }), 400);
    expectStatus(await http.post('/v1/instances/nobody/cancel', {}, { headers }), 404);
    await end(http, [id]);
    const gone = await http.post(`/v1/instances/${id}/purge`, { confirm: id }, { headers });
    expect(gone).toMatchObject({ status: 409, body: { code: 'WRONG_STATE', state: 'terminated' } });
  });

  it('a repeat with the same key is answered the same and acts once', async () => {
    const id = await born(redisPostpaid());
    await end(http, [id]);
    const key = randomUUID();
    expectStatus(await http.post(`/v1/instances/${id}/restore`, {}, { headers, key }), 202);
    const again = expectStatus(await http.post(`/v1/instances/${id}/restore`, {}, { headers, key }), 202);
    expect(again.headers.get('idempotency-hit')).toBe('true');
    expect(again.headers.get('preference-applied')).toBe('respond-async');
    await until(async () => (await instanceOf(http, id)).state === 'running', 'the restore');
    expect((await stepsOf(id)).filter((row) => row.command === 'restore')).toMatchObject([
      { outcome: 'done' },
    ]);
  });

  it('other commands answer in the ordinary way', async () => {
    const id = await born(cvmPostpaid());
    const reply = expectStatus(await http.post(`/v1/instances/${id}/stop`, {}, { headers }), 200);
    expect(reply.headers.get('preference-applied')).toBeNull();
  });
});

describe('updates that are typed by hand', () => {
  const send = async (id: string, name: string, args: unknown[]) =>
    await handleOf(id).executeUpdate<{ step: number }, []>(name, { args: args as [] });
  const envelope = (): Omit<Envelope, 'command'> => ({ id: randomUUID(), by: 'mallory' });
  /** As the API would sign it. */
  const signed = (id: string, command: Fields): Fields => {
    const message = { ...envelope(), command: command as Command };
    return { ...message, signature: service.signatures.sign(id, message) };
  };
  const rules = { version: 'x', end: {}, expiry: { into: 'terminated' }, timedMaxYears: 3 };
  const JUNK: [string, string, () => unknown[]][] = [
    ['nothing', 'cancel', () => []],
    ['null', 'power', () => [null]],
    ['a string', 'power', () => ['stop']],
    ['no command', 'power', () => [envelope()]],
    ['a command that is no object', 'power', () => [{ ...envelope(), command: 'stop' }]],
    ['a command of another update', 'power', () => [{ ...envelope(), command: { name: 'purge' } }]],
    ['purge as cancel', 'cancel', () => [{ ...envelope(), command: { name: 'purge' } }]],
    ['an unknown command', 'power', () => [{ ...envelope(), command: { name: 'explode' } }]],
    ['toString', 'power', () => [{ ...envelope(), command: { name: 'toString' } }]],
    ['an illegal command', 'cancel', () => [{ ...envelope(), command: { name: 'cancel' } }]],
    ['no id', 'power', () => [{ by: 'mallory', command: { name: 'stop' } }]],
    ['an id that is none', 'power', () => [{ id: { a: 1 }, by: 'mallory', command: { name: 'stop' } }]],
    ['an id with NUL', 'power', () => [{ id: 'a\0b', by: 'mallory', command: { name: 'stop' } }]],
    [
      'an id without end',
      'power',
      () => [
        {
          ...envelope(),
          id: Array.from({ length: 600 }, () => randomUUID()).join(''),
          command: { name: 'stop' },
        },
      ],
    ],
    ['nobody', 'power', () => [{ id: randomUUID(), command: { name: 'stop' } }]],
    ['somebody with NUL', 'power', () => [{ id: randomUUID(), by: '\0', command: { name: 'stop' } }]],
    ['protection for no reason', 'protect', () => [{ ...envelope(), command: { name: 'protect' } }]],
    ['protection for NUL', 'protect', () => [{ ...envelope(), command: { name: 'protect', reason: '\0' } }]],
    ['a new order of nothing', 'amend', () => [{ ...envelope(), command: { name: 'amend' } }]],
    [
      'a renewal of x months',
      'amend',
      () => [{ ...envelope(), command: { name: 'amend', order: { kind: 'renewal', months: 'x' }, rules } }],
    ],
    [
      'a renewal without rules',
      'amend',
      () => [
        {
          ...envelope(),
          command: { name: 'amend', order: { kind: 'renewal', channel: 'standard', months: 1 } },
        },
      ],
    ],
    [
      'a termination without schedule',
      'terminate',
      () => [{ ...envelope(), command: { name: 'terminate', action: 'return', rules, terminationId: 't' } }],
    ],
    [
      'an unknown termination',
      'terminate',
      () => [
        {
          ...envelope(),
          command: {
            name: 'terminate',
            action: 'return',
            schedule: { mode: 'now' },
            rules,
            terminationId: 't',
          },
        },
      ],
    ],
  ];

  it.each(JUNK)('%s is rejected and leaves no trace', async (_, name, args) => {
    const id = await born(cvmPrepaid());
    const events = (await handleOf(id).describe()).historyLength;
    const before = await instanceOf(http, id);
    const sending = service.client.withDeadline(Date.now() + 8000, () => send(id, name, args()));
    await expect(sending).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
    expect((await handleOf(id).describe()).historyLength).toBe(events);
    expect({ ...(await instanceOf(http, id)), clock: 0 }).toEqual({ ...before, clock: 0 });
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
  });

  it('of an unknown name are rejected', async () => {
    const id = await born(cvmPostpaid());
    const events = (await handleOf(id).describe()).historyLength;
    await expect(send(id, 'destroy', [envelope()])).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
    expect((await handleOf(id).describe()).historyLength).toBe(events);
  });

  it('an unknown termination is refused by the database, and nothing but the asking remains', async () => {
    // Not among those that are looked through at the end: this activity fails by intent.
    const id = await register(http, cvmPrepaid());
    const before = await instanceOf(http, id);
    const end = {
      action: 'return',
      requires: [],
      modes: { now: { into: 'terminated' } },
      refusedInArrears: false,
    };
    const forged = {
      version: 'x',
      end: { prepaid: end, postpaid: end },
      expiry: { into: 'terminated' },
      timedMaxYears: 3,
    };
    const command = {
      name: 'terminate',
      action: 'return',
      schedule: { mode: 'now' },
      rules: forged,
      terminationId: 't',
    };
    await expect(send(id, 'terminate', [signed(id, command)])).rejects.toMatchObject({
      cause: { details: [{ code: 'NOT_ACCEPTED' }] },
    });
    expect({ ...(await instanceOf(http, id)), clock: 0 }).toEqual({ ...before, clock: 0 });
  });

  it('the same message twice has one effect and one answer', async () => {
    const id = await born(cvmPostpaid());
    const message = signed(id, { name: 'stop' });
    const [first, second] = await Promise.all([send(id, 'power', [message]), send(id, 'power', [message])]);
    expect([first.step, second.step]).toEqual([1, 1]);
    expect(await stepsOf(id)).toHaveLength(1);
  });
});

it('after all of that every workflow is running or has come to its end, and no task of any has failed', async () => {
  const bad: string[] = [];
  for (const id of all) {
    const { status } = await handleOf(id).describe();
    const { state } = await instanceOf(http, id);
    if (status.name !== (state === 'terminated' ? 'COMPLETED' : 'RUNNING'))
      bad.push(`${id} ${state} is ${status.name}`);
    const failed = (await eventsOf(id)).filter((type) =>
      /TASK_FAILED|TASK_TIMED_OUT|EXECUTION_FAILED/.test(type),
    );
    if (failed.length) bad.push(`${id} ${state}: ${failed.join(', ')}`);
  }
  expect(bad).toEqual([]);
});
