/**
 * What comes in is bounded, whichever way it comes: orders and years, and what a hostile body can make the
 * API do.
 */

import { randomUUID } from 'node:crypto';
import type { Client as Database, Pool } from 'pg';
import { parseRegistration } from '../../contract/registration-rules';
import { newLife } from '../../domain/lifecycle';
import { POLICIES, policyFor } from '../../policies';
import { acceptQuote } from '../../store/agreements/acceptance';
import { audit } from '../../store/audit';
import { findingsOf } from '../../store/audit/runs';
import { commitStep } from '../../store/lives/steps';
import { SIGNALS } from '../../workflows/messages';
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  type Fields,
  hoursAgo,
  instanceOf,
  newAccount,
  newId,
  purchase,
  quote,
  redisPrepaid,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { useService } from '../support/service';
import { withDatabase } from '../support/shared';

const { service, http } = useService();

const START = hoursAgo(48);
const FREE = { cash: '0', gift: '0', income: '0', voucher: '0' };

/** A purchase and renewals of a day each, `count` in all. */
const manyOrders = (count: number, paid = FREE): Fields[] =>
  Array.from({ length: count }, (_, index) =>
    purchase(START, {
      id: `o${index}`,
      kind: index ? 'renewal' : 'purchase',
      months: 1,
      startsAt: new Date(Date.parse(START) + index * 3 * DAY).toISOString(),
      endsAt: new Date(Date.parse(START) + (index + 1) * 3 * DAY).toISOString(),
      paid,
    }),
  );

const renew = (id: string, months = 1, lang = 'en') =>
  http.post(
    `/v1/instances/${id}/orders`,
    { kind: 'renewal', months, paid: FREE },
    { headers: { 'accept-language': lang } },
  );

describe('orders', () => {
  it('are as many after a renewal, an upgrade or a restore as a registration may have: 500', async () => {
    const id = await register(http, cvmPrepaid({ orders: manyOrders(499) }));
    expectStatus(await renew(id), 200);
    const refused = await renew(id);
    expect(refused).toMatchObject({ status: 409, body: { code: 'TOO_MANY_ORDERS', state: 'running' } });
    expect(refused.body.next).toMatch(/new instance/);
    expect((await renew(id, 1, 'zh')).body.detail).toMatch(/订单数量已达上限/);
    const upgrade = await http.post(`/v1/instances/${id}/orders`, { kind: 'upgrade', paid: FREE });
    expect(upgrade).toMatchObject({ status: 409, body: { code: 'TOO_MANY_ORDERS' } });
    expect((await instanceOf(http, id)).orders).toHaveLength(500);
    // In the bin, and by signal: a refused row, and a life that goes on.
    await end(http, [id], { action: 'return' });
    const restore = await http.post(`/v1/instances/${id}/restore`, { renewal: { months: 1, paid: FREE } });
    expect(restore).toMatchObject({ status: 409, body: { code: 'TOO_MANY_ORDERS', state: 'isolated' } });
    const handle = service.client.workflow.getHandle(`instance/${id}`);
    await handle.signal(SIGNALS.restore, { id: randomUUID(), by: 'ops', renewal: { months: 1 } });
    const row = await until(
      async () =>
        (await timelineOf(http, id)).find((one) => one.command === 'restore' && one.outcome === 'refused'),
      'a refused restore',
    );
    expect(row).toMatchObject({ code: 'TOO_MANY_ORDERS', to: 'isolated' });
    expectStatus(await http.post(`/v1/instances/${id}/purge`, { confirm: id }), 200);
  });

  it('end no later than a registration may state: in the year 2200', async () => {
    const id = await register(
      http,
      cvmPrepaid({ orders: [purchase(START, { endsAt: '2191-06-01T00:00:00.000Z' })] }),
    );
    expectStatus(await renew(id, 114), 200);
    expect((await instanceOf(http, id)).expiresAt).toMatch(/^2200-/);
    expect(await renew(id, 12)).toMatchObject({
      status: 409,
      body: { code: 'ENDS_TOO_LATE', state: 'running' },
    });
    expect((await renew(id, 12, 'zh')).body.detail).toMatch(/2200/);
  });
});

describe('statements', () => {
  /** How many statements something takes. */
  async function statementsOf(work: (pool: Pool) => Promise<unknown>): Promise<number> {
    let count = 0;
    const counting = new Proxy(service.pool, {
      get: (pool, name) =>
        name !== 'connect'
          ? Reflect.get(pool, name)
          : async () => {
              const client = await pool.connect();
              const query = (...given: Parameters<typeof client.query>) => {
                count += 1;
                return client.query(...given);
              };
              return { query, release: client.release.bind(client) };
            },
    });
    await work(counting);
    return count;
  }

  it('are as many for 500 orders as for one, and every order and entry is there', async () => {
    const policy = policyFor('tencent-cvm')!;
    const birth = async (count: number): Promise<number> => {
      const id = newId();
      const paid = { cash: '10.01', gift: '1', income: '2', voucher: '3' };
      const read = parseRegistration(cvmPrepaid({ orders: manyOrders(count, paid) }), POLICIES);
      if (!read.ok) throw new Error(JSON.stringify(read.issues));
      const registration = read.value;
      const next = newLife(id, registration, policy.lifecycle);
      const step = {
        instanceId: id,
        step: 0,
        commandId: id,
        command: 'register',
        body: {},
        by: 'test',
        at: START,
        next,
        effects: [],
      };
      const statements = await statementsOf((pool) =>
        commitStep(pool, { ...step, birth: { registration, policy }, authority: 'signed' }),
      );
      const { rows } = await service.pool.query(
        'SELECT id, document, position FROM orders WHERE instance_id = $1 ORDER BY position',
        [id],
      );
      expect(rows.map((row) => row.document)).toEqual(registration.orders);
      expect(rows.map((row) => row.id)).toEqual(registration.orders.map((order) => order.id));
      expect(rows.map((row) => row.position)).toEqual(registration.orders.map((_, index) => index));
      const entries = await service.pool.query('SELECT FROM entries WHERE transaction_id = $1', [
        `tx_${id}_0`,
      ]);
      expect(entries.rowCount).toBe(count * 6);
      return statements;
    };
    expect(await birth(500)).toBe(await birth(1));
  });

  it('are as many for an acceptance of 30 items as of one', async () => {
    const acceptance = async (count: number): Promise<number> => {
      const account = newAccount();
      const ids = await Promise.all(
        Array.from({ length: count }, () => register(http, redisPrepaid({ account }))),
      );
      const { id: quoteId } = await quote(http, ids, { action: 'return' });
      const confirmation = { quoteId, terminationId: `t_${newId()}`, by: 'test', via: 'api' };
      return await statementsOf((pool) => acceptQuote(pool, confirmation));
    };
    expect(await acceptance(30)).toBe(await acceptance(1));
  });
});

describe('the sum of a transaction', () => {
  let owner: { account: string; id: string };
  beforeAll(async () => {
    const id = await register(http, cvmPostpaid());
    owner = { id, account: (await instanceOf(http, id)).account };
  });

  const MAKE =
    "INSERT INTO transactions (id, account, instance_id, step, event, effective_at) VALUES ('odd', $1, $2, 0, 'refund', now())";
  const make = (db: Database) => db.query(MAKE, [owner.account, owner.id]);
  const add = (db: Database, line: number, first: string, second: string) =>
    db.query(
      "INSERT INTO entries VALUES ('odd', $1, 0, 'revenue', 'CNY', $2), ('odd', $1, 1, 'customer:cash', 'CNY', $3)",
      [line, first, second],
    );
  const UNBALANCED = { code: '23514', message: expect.stringContaining('does not sum to zero: CNY 0.01') };

  /** Each begins a transaction and leaves it to be committed. */
  const WAYS: [string, (db: Database) => Promise<unknown>][] = [
    ['in one statement', (db) => add(db, 0, '-1', '1.01')],
    [
      'after entries that are in balance',
      async (db) => {
        await add(db, 0, '-1', '1');
        await add(db, 1, '-1', '1.01');
      },
    ],
    [
      'once the check was asked to come early',
      async (db) => {
        await add(db, 0, '-1', '1');
        await db.query('SET CONSTRAINTS ALL IMMEDIATE');
        await add(db, 1, '-1', '1.01');
      },
    ],
    [
      'in a savepoint',
      async (db) => {
        await db.query('SAVEPOINT here');
        await add(db, 0, '-1', '1');
        await db.query('RELEASE here');
        await add(db, 1, '-1', '1.01');
      },
    ],
    [
      'with another one that makes up for it',
      async (db) => {
        await db.query(
          `INSERT INTO steps SELECT instance_id, 99, 'c99', fingerprint, command, outcome, from_state, to_state, by, effective_at,
             recorded_at, refund_id, code, life FROM steps WHERE instance_id = $1 LIMIT 1`,
          [owner.id],
        );
        await db.query(MAKE.replace("'odd'", "'even'").replace(', 0,', ', 99,'), [owner.account, owner.id]);
        await db.query(
          "INSERT INTO entries VALUES ('odd', 0, 1, 'revenue', 'CNY', '0.01'), ('even', 0, 0, 'revenue', 'CNY', '-0.01')",
        );
      },
    ],
  ];
  it.each(WAYS)('is zero, however it is added: %s', async (_, way) => {
    for (const url of [service.adminUrl, service.serviceUrl]) {
      await withDatabase(url, async (db) => {
        await db.query('BEGIN');
        await make(db);
        await expect(way(db).then(() => db.query('COMMIT'))).rejects.toMatchObject({
          code: '23514',
          message: expect.stringContaining('does not sum to zero'),
        });
        await db.query('ROLLBACK');
      });
    }
    expect((await service.pool.query("SELECT FROM transactions WHERE id IN ('odd', 'even')")).rowCount).toBe(
      0,
    );
  });

  it('stays as it was committed: nothing is added to a booked transaction, in balance or not', async () => {
    const prepaid = await register(http, cvmPrepaid());
    const id = `tx_${prepaid}_0`;
    for (const url of [service.adminUrl, service.serviceUrl]) {
      await withDatabase(url, async (db) => {
        const later = (second: string) =>
          db.query(
            "INSERT INTO entries VALUES ($1, 7, 0, 'revenue', 'CNY', -1), ($1, 7, 1, 'fees', 'CNY', $2)",
            [id, second],
          );
        await expect(later('1.01')).rejects.toMatchObject(UNBALANCED);
        await expect(later('1')).rejects.toMatchObject({
          code: '42501',
          message: expect.stringContaining(`${id} is booked`),
        });
      });
    }
    // What is made and filled within a savepoint is new.
    await withDatabase(service.adminUrl, async (db) => {
      await db.query('BEGIN');
      await db.query('SAVEPOINT here');
      await make(db);
      await add(db, 0, '-1', '1');
      await db.query('RELEASE here');
      await add(db, 1, '-1', '1');
      await db.query('ROLLBACK');
    });
  });

  it('is taken once for each statement: 20,000 entries in one transaction are no matter', async () => {
    await withDatabase(service.adminUrl, async (db) => {
      await db.query('BEGIN');
      await make(db);
      const from = performance.now();
      await db.query(
        `INSERT INTO entries SELECT 'odd', line, leg, 'revenue', 'CNY', leg * 2 - 1
         FROM generate_series(1, 10000) AS line CROSS JOIN generate_series(0, 1) AS leg`,
      );
      await db.query('SET CONSTRAINTS ALL IMMEDIATE');
      // The check for each entry takes minutes here.
      expect(performance.now() - from).toBeLessThan(10_000);
      await db.query('ROLLBACK');
    });
  });
});

it('the audit agrees', async () => {
  expect(findingsOf(await audit(service.pool))).toEqual([]);
});
