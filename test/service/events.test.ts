/**
 * What happens, told as it happens: in one order, each once, to whom it concerns, for as long as they may hear
 * it.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { acceptQuote } from '../../store/agreements/acceptance';
import { failItem } from '../../store/agreements/items';
import { transaction } from '../../store/db';
import { post, publishWaiting } from '../../store/outbox';
import { type Heard, type Listening, listen } from '../support/events';
import { Http } from '../support/http';
import { as, makeKey } from '../support/keys';
import {
  cvmPostpaid,
  cvmPrepaid,
  expectStatus,
  hoursAgo,
  newAccount,
  newId,
  purchase,
  quote,
  register,
  until,
} from '../support/lives';
import { range } from '../support/parallel';
import { approvalOf } from '../support/review';
import { countTrips } from '../support/round-trips';
import { startService, useService } from '../support/service';
import { signIn } from '../support/session';

const EVENTS = { heartbeatMs: 300, streamsEach: 100, patienceMs: 500 };
const { service, http } = useService({ events: EVENTS, authFailuresPerMinute: 10_000 });

const open: Listening[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});
async function listening(...ask: Parameters<typeof listen>): Promise<Listening> {
  const one = await listen(...ask);
  open.push(one);
  return one;
}

/** Posts as a step would, of no instance. */
const tell = (command: string, accounts: string[] = [newAccount()]): Promise<void> =>
  transaction(service.pool, (tx) => post(tx, { topic: 'account.changed', accounts, payload: { command } }));
const commandsOf = (events: Heard[]): string[] => events.map(({ data }) => data.command);
const idsOf = (events: Heard[]): number[] => events.map(({ id }) => Number(id));
const latest = async (): Promise<string> => (await http.get('/v1/events?after=latest')).body.nextCursor;

/** Everything after a position, page by page. */
async function pagesAfter(after: string, caller = http, limit = 500): Promise<Heard[]> {
  const found: Heard[] = [];
  for (let cursor = after; ; ) {
    const { items, nextCursor } = expectStatus(
      await caller.get(`/v1/events?after=${cursor}&limit=${limit}`),
      200,
    ).body;
    found.push(...items.map((data) => ({ id: data.id, type: data.type, data })));
    if (!items.length) return found;
    cursor = nextCursor;
  }
}

describe('a stream', () => {
  it('tells a change elsewhere within a second, as a page does', async () => {
    const account = newAccount();
    const id = await register(http, cvmPostpaid({ account }));
    const stream = await listening(await as(http, { account, name: 'viewer', permissions: ['read'] }));
    expect(stream.status).toBe(200);
    expectStatus(await http.post(`/v1/instances/${id}/stop`), 200);
    const done = performance.now();
    const heard = await stream.hear(({ data }) => data.command === 'stop', 'the stop');
    expect(performance.now() - done).toBeLessThan(1000);
    const [step] = (await http.get(`/v1/instances/${id}/timeline`)).body.items.slice(-1);
    expect(heard).toEqual({
      id: heard.data.id,
      type: 'instance.changed',
      data: {
        id: expect.stringMatching(/^\d+$/),
        type: 'instance.changed',
        account,
        instanceId: id,
        step: 1,
        command: 'stop',
        from: 'running',
        to: 'stopped',
        refundId: null,
        terminationId: null,
        requestId: null,
        effectiveAt: step!.effectiveAt,
        recordedAt: expect.any(String),
      },
    });
    const [same] = (await http.get(`/v1/events?after=${Number(heard.id) - 1}&limit=1`)).body.items;
    expect(same).toEqual(heard.data);
  });

  it('is neither kept nor packed on its way, shows that it stands, and says when to come back', async () => {
    const stream = await listening(http);
    expect(Object.fromEntries(stream.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    await until(async () => stream.heartbeats() >= 2, 'two heartbeats');
    expect(stream.retry()).toBeGreaterThanOrEqual(1000);
    expect(stream.retry()).toBeLessThanOrEqual(3000);
    const head = await fetch(`${http.url}/v1/events`, {
      method: 'HEAD',
      headers: { ...http.own, accept: 'text/event-stream' },
    });
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([
      200,
      'text/event-stream',
      '',
    ]);
  });

  it('goes on after the event that was heard last, by header or by address: no gap, nothing twice', async () => {
    const account = newAccount();
    const from = await latest();
    const commands = range(12).map((index) => `c${index}`);
    const heard: Heard[] = [];
    let last = from;
    for (const command of commands) {
      const stream = await listening(
        http,
        heard.length % 2 ? `?account=${account}&lastEventId=${last}` : `?account=${account}`,
        heard.length % 2 ? {} : { 'last-event-id': last },
      );
      await tell(command, [account]);
      await stream.hear(({ data }) => data.command === command, command);
      stream.close();
      heard.push(...stream.events);
      last = heard.at(-1)!.id;
    }
    expect(commandsOf(heard)).toEqual(commands);
    // All of them at once, and the header counts before the address, which is as old as the page.
    const whole = await listening(http, `?account=${account}&lastEventId=0`, { 'last-event-id': from });
    await whole.hear(({ data }) => data.command === 'c11', 'the last one');
    expect(whole.events).toEqual(heard);
  });

  it('begins with what comes from now on', async () => {
    const account = newAccount();
    await tell('before', [account]);
    await until(async () => (await http.get(`/v1/events?account=${account}`)).body.items.length === 1, 'it');
    const stream = await listening(http, `?account=${account}`);
    await tell('after', [account]);
    await stream.hear(({ data }) => data.command === 'after', 'it');
    expect(commandsOf(stream.events)).toEqual(['after']);
  });

  it.each(['x', '-1', '1.5', '9'.repeat(15)])('an id that no event ever had (%s) is refused', async (id) => {
    const by = [
      await listening(http, '', { 'last-event-id': id }),
      await listening(http, `?lastEventId=${id}`),
    ];
    for (const { status, problem } of by)
      expect({ status, problem }).toMatchObject({ status: 400, problem: { code: 'INVALID_REQUEST' } });
  });
});

describe('the order', () => {
  it('skips nothing: what commits late is told late, also where it was written first', async () => {
    const stream = await listening(http);
    const from = await latest();
    const [early, late] = [await service.pool.connect(), await service.pool.connect()];
    try {
      for (const [tx, command] of [
        [late, 'written first'],
        [early, 'written second'],
      ] as const) {
        await tx.query('BEGIN');
        await post(tx, { topic: 'account.changed', accounts: ['a'], payload: { command } });
      }
      await early.query('COMMIT');
      await stream.hear(({ data }) => data.command === 'written second', 'the one that committed first');
      await late.query('COMMIT');
      await stream.hear(({ data }) => data.command === 'written first', 'the one that committed last');
    } finally {
      early.release();
      late.release();
    }
    const mine = stream.events.filter(({ data }) => data.account === 'a');
    expect(commandsOf(mine)).toEqual(['written second', 'written first']);
    const paged = (await pagesAfter(from)).filter(({ data }) => data.account === 'a');
    expect(paged).toEqual(mine);
  });

  it('is one and the same for all, whatever commits and publishes side by side, and whoever comes back when', async () => {
    const account = newAccount();
    const from = await latest();
    const live = await listening(http, `?account=${account}`);
    const committed: string[] = [];
    const writer = async (name: number): Promise<void> => {
      for (const index of range(25)) {
        const command = `${name}/${index}`;
        const tx = await service.pool.connect();
        await tx.query('BEGIN');
        await post(tx, { topic: 'account.changed', accounts: [account], payload: { command } });
        // Some take longer than others, and some come to nothing.
        await tx.query('SELECT pg_sleep($1)', [((name * 7 + index * 3) % 5) / 200]);
        const isKept = (name + index) % 6 > 0;
        await tx.query(isKept ? 'COMMIT' : 'ROLLBACK');
        if (isKept) committed.push(command);
        tx.release();
      }
    };
    let isWriting = true;
    const publisher = async (): Promise<void> => {
      while (isWriting) await publishWaiting(service.pool, 7);
    };
    /** Comes back again and again, each time after a few events. */
    const restless: Heard[] = [];
    const comesAndGoes = async (): Promise<void> => {
      for (let last = from; isWriting; last = restless.at(-1)?.id ?? from) {
        const stream = await listen(http, `?account=${account}`, { 'last-event-id': last });
        await until(async () => stream.events.length >= 3 || !isWriting, 'some events');
        stream.close();
        restless.push(...stream.events.slice(0, stream.events.length));
      }
    };
    const readers = [publisher(), publisher(), comesAndGoes()];
    await Promise.all(range(8).map(writer));
    isWriting = false;
    await Promise.all(readers);
    await until(async () => live.events.length >= committed.length, 'all of them');
    const rest = await listening(http, `?account=${account}`, {
      'last-event-id': restless.at(-1)?.id ?? from,
    });
    await until(async () => restless.length + rest.events.length >= committed.length, 'the rest');
    restless.push(...rest.events);

    expect(commandsOf(live.events).sort()).toEqual([...committed].sort());
    expect(restless).toEqual(live.events);
    expect(
      await pagesAfter(from, http, 10).then((all) => all.filter((one) => one.data.account === account)),
    ).toEqual(live.events);
    const ids = idsOf(live.events);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    // Each writer's own, in the order in which it has written them.
    for (const name of range(8)) {
      const own = commandsOf(live.events).filter((one) => one.startsWith(`${name}/`));
      expect(own).toEqual(committed.filter((one) => one.startsWith(`${name}/`)));
    }
  });

  it('of one instance is that of its timeline, without a gap', async () => {
    const account = newAccount();
    const stream = await listening(http, `?account=${account}`);
    const ids = await Promise.all(range(3).map(() => register(http, cvmPostpaid({ account }))));
    for (const power of ['stop', 'start', 'stop'])
      await Promise.all(ids.map((id) => http.post(`/v1/instances/${id}/${power}`)));
    await until(async () => stream.events.length >= 12, 'all steps');
    for (const id of ids) {
      const own = stream.events.filter(({ data }) => data.instanceId === id);
      expect(own.map(({ data }) => data.step)).toEqual([0, 1, 2, 3]);
    }
  });
});

describe('fifty streams', () => {
  it('hear all the same, by one poller', async () => {
    const many = await startService({ worker: false, events: { streamsEach: 100, heartbeatMs: 500 } });
    const streams: Listening[] = [];
    try {
      const mine = newAccount();
      streams.push(...(await Promise.all(range(50).map(() => listen(many.http)))));
      expect(streams.map(({ status }) => status)).toEqual(range(50).map(() => 200));
      expect(
        (await (await fetch(`${many.http.url}/metrics`)).text()).match(/^sunset_event_streams (\d+)/m)![1],
      ).toBe('50');
      // Each stream has settled; from here on the pool has the poller alone.
      const publish = async (command: string): Promise<void> => {
        await transaction(many.pool, (tx) =>
          post(tx, { topic: 'account.changed', accounts: [mine], payload: { command } }),
        );
        await publishWaiting(many.pool);
      };
      await publish('settled');
      const everybody = (command: string) =>
        until(async () => streams.every(({ events }) => commandsOf(events).includes(command)), command);
      await everybody('settled');
      const idle = await countTrips(many.pool).during(
        () => new Promise((resolve) => setTimeout(resolve, 2000)),
      );
      expect(idle.statements).toBeLessThan(20);
      const begun = performance.now();
      await publish('one');
      await everybody('one');
      expect(performance.now() - begun).toBeLessThan(1000);
      for (const index of range(60)) await publish(`more ${index}`);
      await everybody('more 59');
      for (const { events } of streams) expect(events).toEqual(streams[0]!.events);
      expect(streams[0]!.events).toHaveLength(62);
    } finally {
      for (const one of streams) one.close();
      await many.stop();
    }
  });
});

describe('whom it concerns', () => {
  it('an account hears of itself alone, whatever it asks for; the operator of all, or of one', async () => {
    const [mine, other] = [newAccount(), newAccount()];
    const caller = await as(http, { account: mine, name: 'viewer', permissions: ['read'] });
    const [own, foreign, all, one] = await Promise.all([
      listening(caller),
      listening(caller, `?account=${other}`),
      listening(http),
      listening(http, `?account=${other}`),
    ]);
    const from = await latest();
    await tell('both', [mine, other]);
    await tell('other', [other]);
    await tell('mine', [mine]);
    await all.hear(({ data }) => data.command === 'mine', 'the last one');
    await own.hear(({ data }) => data.command === 'mine', 'the last one');
    const told = ({ events }: Listening): string[] =>
      events.map(({ data }) => `${data.command}: ${data.account === mine ? 'mine' : 'other'}`);
    expect(told(own)).toEqual(['both: mine', 'mine: mine']);
    expect(told(all)).toEqual(['both: mine', 'both: other', 'other: other', 'mine: mine']);
    expect(told(one)).toEqual(['both: other', 'other: other']);
    expect(told(foreign)).toEqual([]);
    expect(await pagesAfter(from, caller)).toEqual(own.events);
    const past = await listening(caller, '', { 'last-event-id': from });
    await past.hear(({ data }) => data.command === 'mine', 'the last one');
    expect(past.events).toEqual(own.events);
    expect(await caller.get(`/v1/events?account=${other}`)).toMatchObject({
      status: 200,
      body: { items: [] },
    });
  });

  it('takes the permission to read', async () => {
    const caller = await as(http, { account: newAccount(), name: 'switch', permissions: ['power'] });
    expect((await listening(caller)).problem?.code).toBe('FORBIDDEN');
    expect((await listening(new Http(http.url, '', {}))).problem?.code).toBe('UNAUTHENTICATED');
  });
});

describe('a stream ends', () => {
  const lastOf = ({ events }: Listening) => events.at(-1);

  it('with the sign-out and with the key, after it has said so: nothing is told after that', async () => {
    const account = newAccount();
    const key = await makeKey(http, { account, name: 'alice', permissions: ['read'] });
    const by = { key: key.key };
    const [one, two] = [await signIn(http, by), await signIn(http, by)];
    const [first, second, bearer] = await Promise.all([
      listening(one.http),
      listening(two.http),
      listening(http.as(key.key)),
    ]);
    expectStatus(await one.http.call('DELETE', '/v1/sessions/current', undefined), 204);
    await tell('after the sign-out', [account]);
    await until(async () => first.isOver(), 'the end of the first');
    expect(first.events.map(({ type, data }) => [type, data])).toEqual([
      ['session-ended', { code: 'NO_SESSION' }],
    ]);
    await second.hear(({ data }) => data.command === 'after the sign-out', 'it');
    expectStatus(await http.post(`/v1/keys/${key.id}/revoke`), 200);
    await tell('after the revocation', [account]);
    await until(async () => second.isOver() && bearer.isOver(), 'the end of the others');
    for (const [stream, code] of [
      [second, 'NO_SESSION'],
      [bearer, 'UNAUTHENTICATED'],
    ] as const) {
      expect(stream.events.map(({ data }) => data.command ?? data)).toEqual(['after the sign-out', { code }]);
    }
  });

  it('with its session’s time, though nothing happens', async () => {
    const brief = await startService({ worker: false, sessions: { seconds: 3, idleSeconds: 3 } });
    try {
      const { http: alice } = await signIn(brief.http, { key: brief.operatorKey });
      const stream = await listen(alice);
      await until(async () => stream.isOver(), 'its end', 10_000);
      expect(lastOf(stream)).toMatchObject({ type: 'session-ended', data: { code: 'NO_SESSION' } });
    } finally {
      await brief.stop();
    }
  });

  it('with the process, at once; there is no reason to be told', async () => {
    const ending = await startService({ worker: false });
    const streams = await Promise.all(range(5).map(() => listen(ending.http)));
    const begun = performance.now();
    await ending.stop();
    expect(performance.now() - begun).toBeLessThan(3000);
    await until(async () => streams.every((one) => one.isOver()), 'their end');
    expect(streams.flatMap(({ events }) => events)).toEqual([]);
  });

  it('when its reader takes nothing; who comes back goes on where they were', async () => {
    const account = newAccount();
    const from = await latest();
    const { hostname, port } = new URL(http.url);
    const socket = connect(Number(port), hostname);
    const lines = [
      'GET /v1/events HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${service.operatorKey}`,
      'Accept: text/event-stream',
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    await once(socket, 'readable');
    socket.pause();
    // More than all buffers on the way hold.
    const posts = range(40).map((n) => tell(`${n} ${'x'.repeat(500_000)}`, [account]));
    await Promise.all(posts);
    const openNow = async (): Promise<number> =>
      Number((await (await fetch(`${http.url}/metrics`)).text()).match(/^sunset_event_streams (\d+)/m)![1]);
    await until(async () => (await openNow()) === 0, 'the slow reader to be cut off');
    socket.destroy();
    const again = await listening(http, `?account=${account}`, { 'last-event-id': from });
    await until(async () => again.events.length === 40, 'all of it, in its order');
    expect(idsOf(again.events)).toEqual(idsOf(await pagesAfter(from)));
  });
});

it('one caller has only so many streams, and a place that is given up can be taken again', async () => {
  const few = await startService({ worker: false, events: { streamsEach: 3 } });
  try {
    const caller = await as(few.http, { account: newAccount(), name: 'viewer', permissions: ['read'] });
    const streams = await Promise.all(range(10).map(() => listen(caller)));
    const refused = streams.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(7);
    expect(refused[0]!.headers.get('retry-after')).toBe('5');
    expect(refused[0]!.problem).toMatchObject({
      code: 'TOO_MANY_STREAMS',
      next: expect.stringContaining('after'),
    });
    // Others are not held back by it, and pages need no place.
    const other = await listen(few.http);
    expect(other.status).toBe(200);
    expectStatus(await caller.get('/v1/events'), 200);
    for (const one of [...streams, other]) one.close();
    const again = await until(async () => {
      const one = await listen(caller);
      return one.status === 200 && one;
    }, 'a place');
    again.close();
  } finally {
    await few.stop();
  }
});

describe('pages', () => {
  it('go on from where the one before ended, also where nothing is left', async () => {
    const account = newAccount();
    const from = await latest();
    for (const command of ['a', 'b', 'c']) await tell(command, [account]);
    await until(async () => (await pagesAfter(from)).length >= 3, 'three of them');
    const page = async (after: string) =>
      (await http.get(`/v1/events?account=${account}&limit=2&after=${after}`)).body;
    const first = await page(from);
    expect(first.items.map(({ command }) => command)).toEqual(['a', 'b']);
    expect(first.nextCursor).toBe(first.items[1]!.id);
    const second = await page(first.nextCursor);
    expect(second.items.map(({ command }) => command)).toEqual(['c']);
    const third = await page(second.nextCursor);
    expect(third).toEqual({ items: [], nextCursor: second.nextCursor });
  });

  it.each(['x', '-1', '', '9'.repeat(15)])('a cursor that is none (%s) is refused', async (after) => {
    expect(await http.get(`/v1/events?after=${after}`)).toMatchObject({
      status: 400,
      body: { code: 'INVALID_REQUEST', errors: [{ pointer: '/after', code: 'BAD_CURSOR' }] },
    });
  });

  it('are what is asked for with `after`, also by who would take a stream', async () => {
    const reply = await http.get('/v1/events?after=latest', { headers: { accept: 'text/event-stream' } });
    expect(reply).toMatchObject({ status: 200, body: { items: [], nextCursor: expect.any(String) } });
  });
});

it('tells of holds, of accounts, of agreements and of requests too', async () => {
  const account = newAccount();
  const from = await latest();
  const id = await register(
    http,
    cvmPrepaid({ account, orders: [purchase(hoursAgo(48), { channel: 'promotion' })] }),
  );
  const reason = 'test';
  for (const hold of [true, false])
    expectStatus(await http.put(`/v1/instances/${id}/hold`, { hold, reason }), 200);
  expectStatus(await http.put(`/v1/accounts/${account}`, { arrears: false, reason }), 200);
  const deposit = {
    kind: 'deposit',
    source: 'cash',
    currency: 'CNY',
    amount: '1',
    reason,
    reference: newId(),
  };
  expectStatus(await http.post(`/v1/accounts/${account}/adjustments`, deposit), 201);
  // The same again books nothing, so there is nothing to tell.
  expectStatus(await http.post(`/v1/accounts/${account}/adjustments`, deposit), 200);
  const asker = await as(http, { account, name: 'asker', permissions: ['read', 'return'] });
  const ask = async (): Promise<string> =>
    expectStatus(await asker.post('/v1/refund-requests', { instanceId: id, reason }), 201).body.id;
  const denied = await ask();
  expectStatus(await http.post(`/v1/refund-requests/${denied}/deny`, { reason }), 200);
  const approved = await ask();
  const approval = await approvalOf(http, approved, reason);
  expectStatus(await http.post(`/v1/refund-requests/${approved}/approve`, approval), 200);
  const told = await until(async () => {
    const events = (await pagesAfter(from)).filter(({ data }) => data.account === account);
    return commandsOf(events).includes('return') && events;
  }, 'the return');
  expect(told.map(({ type, data }) => `${type} ${data.command}`)).toEqual([
    'instance.changed register',
    'instance.changed hold',
    'instance.changed unhold',
    'account.changed standing',
    'account.changed deposit',
    'refund-request.changed ask',
    'refund-request.changed deny',
    'refund-request.changed ask',
    'termination.changed accept',
    'refund-request.changed approve',
    'instance.changed return',
  ]);
  expect(told.map(({ data }) => data.requestId).filter(Boolean)).toEqual([
    denied,
    denied,
    approved,
    approved,
  ]);
  expect(told.at(-1)!.data.refundId).toEqual(expect.any(String));
});

it('an item that its instance refuses is told', async () => {
  const account = newAccount();
  const id = await register(http, cvmPostpaid({ account }));
  const { id: quoteId } = await quote(http, [id]);
  const terminationId = newId('t');
  await acceptQuote(service.pool, { quoteId, terminationId, by: 'test', via: 'api' });
  await failItem(service.pool, terminationId, id, { code: 'PROTECTED', state: 'running' });
  const told = await until(async () => {
    const { items } = (await http.get(`/v1/events?account=${account}`)).body;
    return items.length >= 3 && items;
  }, 'its failure');
  expect(told.map(({ command, terminationId: of, account: whose }) => [command, of, whose])).toEqual([
    ['register', null, account],
    ['accept', terminationId, account],
    ['fail', terminationId, account],
  ]);
});
