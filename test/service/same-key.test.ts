/**
 * L8: one Idempotency-Key, sent by fifty clients at once, has one effect, and every one of them ends up with
 * the same answer, to the byte. Whoever asks while the first is still at it is told so, and asks again.
 */
import { randomUUID } from 'node:crypto';
import { audit } from '../../store/audit';
import type { WholeReply } from '../support/http';
import {
  cvmPostpaid,
  cvmPrepaid,
  end,
  expectStatus,
  fromNow,
  newAccount,
  newId,
  quote,
  redisPostpaid,
  redisPrepaid,
  register,
  until,
} from '../support/lives';
import { inParallel, range } from '../support/parallel';
import { SCALE } from '../support/scale';
import { useService } from '../support/service';
import { withDatabase } from '../support/shared';

const { service, http } = useService();

const CLIENTS = 50;
const KEYS = SCALE > 1 ? 1000 : 50;
/** Keys at a time: a hundred sockets. */
const AT_ONCE = 2;

interface Request {
  instanceId: string;
  method: 'POST' | 'PUT';
  path: string;
  body: unknown;
}

/** Rows that name an instance: what one effect adds to, and two would add to twice. */
const EFFECTS = `SELECT
  (SELECT count(*) FROM instances WHERE id = $1) AS instances, (SELECT count(*) FROM orders WHERE instance_id = $1) AS orders,
  (SELECT count(*) FROM steps WHERE instance_id = $1) AS steps, (SELECT count(*) FROM termination_items WHERE instance_id = $1) AS items,
  (SELECT count(*) FROM refunds WHERE instance_id = $1) AS refunds, (SELECT count(*) FROM rights WHERE instance_id = $1) AS rights,
  (SELECT count(*) FROM transactions WHERE instance_id = $1) AS transactions,
  (SELECT count(*) FROM quotes WHERE items @> jsonb_build_array(jsonb_build_object('instanceId', $1::text))) AS quotes,
  (SELECT count(*) FROM account_changes c JOIN instances i USING (account) WHERE i.id = $1) AS standing,
  (SELECT count(*) FROM keys k JOIN instances i USING (account) WHERE i.id = $1) AS keys`;
type Effects = Record<
  | 'instances'
  | 'orders'
  | 'steps'
  | 'items'
  | 'refunds'
  | 'rights'
  | 'transactions'
  | 'quotes'
  | 'standing'
  | 'keys',
  number
>;

async function effectsOn(instanceId: string): Promise<Effects> {
  const { rows } = await service.pool.query<Effects>(EFFECTS, [instanceId]);
  return rows[0]!;
}

const post = (instanceId: string, path: string, body: unknown = {}): Request => ({
  instanceId,
  method: 'POST',
  path,
  body,
});
const toInstance = (id: string, call: string, body?: unknown): Request =>
  post(id, `/v1/instances/${id}/${call}`, body);
const binned = async (): Promise<string> => {
  const id = await register(http, redisPostpaid());
  await end(http, [id]);
  return id;
};

/** What is asked, the status of every answer, and what one effect adds. */
interface Call {
  name: string;
  request: () => Promise<Request>;
  status: number;
  adds: Partial<Effects>;
}

const CALLS: Call[] = [
  {
    name: 'registration',
    request: async () => {
      const instanceId = newId();
      return { instanceId, method: 'PUT', path: `/v1/instances/${instanceId}`, body: cvmPrepaid() };
    },
    status: 201,
    adds: { instances: 1, orders: 1, steps: 1, transactions: 1 },
  },
  {
    name: 'quote',
    request: async () => {
      const id = await register(http, cvmPrepaid());
      return post(id, '/v1/quotes', { action: 'return', instanceIds: [id] });
    },
    status: 201,
    adds: { quotes: 1 },
  },
  {
    name: 'termination',
    request: async () => {
      const id = await register(http, cvmPostpaid());
      return post(id, '/v1/terminations', { quoteId: (await quote(http, [id])).id, agree: true });
    },
    status: 202,
    adds: { items: 1, steps: 1 },
  },
  {
    name: 'return',
    request: async () => {
      const id = await register(http, redisPrepaid());
      return post(id, '/v1/terminations', {
        quoteId: (await quote(http, [id], { action: 'return' })).id,
        agree: true,
      });
    },
    status: 202,
    adds: { items: 1, steps: 1, refunds: 1, rights: 1, transactions: 1 },
  },
  {
    name: 'protect',
    request: async () =>
      toInstance(await register(http, cvmPostpaid()), 'protect', { reason: 'in production' }),
    status: 200,
    adds: { steps: 1 },
  },
  {
    name: 'order with paid',
    request: async () => {
      const paid = { cash: '30', gift: '21' };
      return toInstance(await register(http, cvmPrepaid()), 'orders', { kind: 'renewal', months: 1, paid });
    },
    status: 200,
    adds: { orders: 1, steps: 1, transactions: 1 },
  },
  {
    name: 'order that the account can’t pay (refused)',
    request: async () =>
      toInstance(await register(http, cvmPrepaid()), 'orders', { kind: 'renewal', months: 1 }),
    status: 409,
    adds: {},
  },
  {
    name: 'restore',
    request: async () => toInstance(await binned(), 'restore'),
    status: 200,
    adds: { steps: 1 },
  },
  {
    name: 'purge',
    request: async () => {
      const id = await binned();
      return toInstance(id, 'purge', { confirm: id });
    },
    status: 200,
    adds: { steps: 1 },
  },
  {
    name: 'reschedule',
    request: async () => {
      const id = await register(http, cvmPostpaid());
      await end(http, [id], { schedule: { mode: 'timed', at: fromNow(3_600_000) } });
      return toInstance(id, 'reschedule', { at: fromNow(7_200_000) });
    },
    status: 200,
    adds: { steps: 1 },
  },
  {
    name: 'stop',
    request: async () => toInstance(await register(http, cvmPostpaid()), 'stop'),
    status: 200,
    adds: { steps: 1 },
  },
  {
    name: 'purge of a running instance (refused)',
    request: async () => {
      const id = await register(http, cvmPostpaid());
      return toInstance(id, 'purge', { confirm: id });
    },
    status: 409,
    adds: {},
  },
  {
    name: 'body with a mistake (refused)',
    request: async () => toInstance(await register(http, cvmPostpaid()), 'protect', { reason: '', why: 'x' }),
    status: 400,
    adds: {},
  },
  {
    name: 'undo of a return',
    request: async () => {
      const id = await register(http, redisPrepaid());
      const { items } = await end(http, [id], { action: 'return' });
      return post(id, `/v1/refunds/${items[0]!.refundId}/undo`, { reason: 'wrong instance' });
    },
    status: 200,
    adds: { steps: 1, transactions: 1 },
  },
  {
    // Its secrets are shown once, and again to the same key: they are not stored in clear.
    name: 'API key',
    request: async () => {
      const account = newAccount();
      const id = await register(http, cvmPostpaid({ account }));
      return post(id, '/v1/keys', { account, name: 'ci', permissions: ['read'] });
    },
    status: 201,
    adds: { keys: 1 },
  },
  {
    name: 'account on hold',
    request: async () => {
      const account = newAccount();
      const instanceId = await register(http, cvmPostpaid({ account }));
      return {
        instanceId,
        method: 'PUT',
        path: `/v1/accounts/${account}`,
        body: { hold: true, reason: 'suspected abuse' },
      };
    },
    status: 200,
    adds: { standing: 1 },
  },
];

let requests = 0;
let waits = 0;

/** Asks until the answer is the final one. */
async function finalAnswer({ method, path, body }: Request, key: string): Promise<WholeReply> {
  return await until(async () => {
    const reply = await http.call(method, path, body, { key });
    requests += 1;
    const isRunning = reply.status === 409 && reply.body.code === 'IDEMPOTENCY_RUNNING';
    if (isRunning) waits += 1;
    return !isRunning && reply;
  }, `the final answer of ${method} ${path}`);
}

const seenByCaller = ({ status, headers, text }: WholeReply): string =>
  JSON.stringify([
    status,
    ...['content-type', 'content-language', 'location'].map((name) => headers.get(name)),
    text,
  ]);

async function fiftyClients({ name, request, status, adds }: Call): Promise<void> {
  const asked = await request();
  const before = await effectsOn(asked.instanceId);
  const key = randomUUID();
  const replies = await Promise.all(range(CLIENTS).map(() => finalAnswer(asked, key)));
  const [reply] = replies as [WholeReply, ...WholeReply[]];
  expect([name, reply.status, reply.text]).toEqual([name, status, reply.text]);
  expect([name, [...new Set(replies.map(seenByCaller))]]).toEqual([name, [seenByCaller(reply)]]);
  expect(replies.filter(({ headers }) => headers.get('idempotency-hit') === null)).toHaveLength(1);
  await allDone(asked.instanceId);
  const after = await effectsOn(asked.instanceId);
  const added = Object.fromEntries(
    Object.entries(after).map(([what, count]) => [what, count - before[what as keyof Effects]]),
  );
  expect([name, added]).toEqual([
    name,
    { ...Object.fromEntries(Object.keys(before).map((what) => [what, 0])), ...adds },
  ]);
}

/** What was accepted has been carried out: a second effect would have shown by then. */
async function allDone(instanceId: string): Promise<void> {
  await until(async () => {
    const { rows } = await service.pool.query(
      "SELECT FROM termination_items WHERE instance_id = $1 AND status = 'accepted'",
      [instanceId],
    );
    return rows.length === 0;
  }, `every item of ${instanceId} to be decided`);
}

it(
  `L8: ${KEYS} keys, each from ${CLIENTS} clients at once: one effect a key, and one answer for all`,
  async () => {
    await inParallel(range(KEYS), (index) => fiftyClients(CALLS[index % CALLS.length]!), AT_ONCE);
    expect(requests).toBeGreaterThanOrEqual(KEYS * CLIENTS);
    // Without requests that met a running one, nothing would have been shown.
    expect(waits).toBeGreaterThan(KEYS);
    process.stderr.write(
      `  same key: ${KEYS} keys, ${requests} requests, ${waits} of them while another was running\n`,
    );
  },
  240_000 * SCALE,
);

it('L8: a key belongs to its caller’s first request: the same request is answered, another one refused', async () => {
  const id = await register(http, cvmPostpaid());
  const key = randomUUID();
  expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'first' }, { key }), 200);
  expect((await http.post(`/v1/instances/${id}/protect`, { reason: 'second' }, { key })).body).toMatchObject({
    status: 422,
    code: 'IDEMPOTENCY_KEY_REUSED',
  });
});

it('L8: the books of all of them agree', async () => {
  const { checks } = await audit(service.pool);
  expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
});

describe('after PostgreSQL has dropped the connections', () => {
  /** Ends every connection to this database, or only those that hold a process's lock. */
  const drop = (which: 'all' | 'lock') =>
    withDatabase(service.serviceUrl, (db) =>
      db.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
           AND ($1 = 'all' OR pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1))`,
        [which],
      ),
    );

  /** Whoever meets a connection that has just been dropped is told 503, and asks again with the same key. */
  async function answered(id: string, key: string): Promise<WholeReply> {
    for (;;) {
      const reply = await http.call('POST', `/v1/instances/${id}/protect`, { reason: 'x' }, { key });
      if (reply.body.code !== 'UNAVAILABLE') return reply;
    }
  }

  it.each(['lock', 'all'] as const)('one key still has one effect: %s', async (which) => {
    for (const _ of range(5)) {
      const id = await register(http, cvmPostpaid());
      await drop(which);
      const key = randomUUID();
      const replies = await Promise.all(range(8).map(() => answered(id, key)));
      const first = replies.filter(
        ({ status, headers }) => status === 200 && headers.get('idempotency-hit') === null,
      );
      const others = replies.filter((reply) => !first.includes(reply));
      expect(first).toHaveLength(1);
      for (const { status, headers, body } of others)
        expect(status === 200 ? headers.get('idempotency-hit') : body.code).toBe(
          status === 200 ? 'true' : 'IDEMPOTENCY_RUNNING',
        );
      expect((await effectsOn(id)).steps).toBe(2);
    }
    const { rows } = await service.pool.query(
      "SELECT count(DISTINCT owner) AS owners FROM idempotency_keys WHERE recorded_at > now() - interval '1 minute'",
    );
    expect(rows[0].owners).toBe(1);
  });
});
