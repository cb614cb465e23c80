/**
 * The audit finds nothing in the books of many lives of every kind, and names the row of each kind of
 * tampering. A tampering is made as the database's owner with the guards taken away, audited inside its
 * transaction, and rolled back.
 */

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueryResultRow } from 'pg';
import { workflowId } from '../../domain/ids';
import { acceptQuote } from '../../store/agreements/acceptance';
import { type AuditReport, audit, CHECKS, type Finding, runChecks } from '../../store/audit';
import { createPool, type Pool, type Transaction } from '../../store/db';
import { hashOf } from '../../store/hash';
import type { Http } from '../support/http';
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
  hoursAgo,
  instanceOf,
  jdPostpaid,
  jdPrepaid,
  newAccount,
  plusMonths,
  purchase,
  quote,
  redisPostpaid,
  redisPrepaid,
  register,
  settled,
  timelineOf,
  until,
} from '../support/lives';
import { FAR, farPlanes, Machines } from '../support/machines';
import { inParallel } from '../support/parallel';
import { approvalOf } from '../support/review';
import { useService } from '../support/service';

let owner: Pool;
/** Lives that tamperings look for. */
let lives: Record<
  | 'fiveDay'
  | 'ordinary'
  | 'released'
  | 'fired'
  | 'failed'
  | 'running'
  | 'living'
  | 'undone'
  | 'shortened'
  | 'driven',
  string
>;
/** Refund requests that tamperings look for. */
let requests: Record<'inReview' | 'denied' | 'approved', Fields>;
let approver: Http;
/** An account with a deposit, a withdrawal and a credit. */
const adjusted = newAccount();

// Many lives at once: each answer is worth waiting for.
const { service, http } = useService({ commandWaitMs: 60_000, controlPlanes: farPlanes(new Machines()) });
beforeAll(async () => {
  owner = createPool(service.adminUrl, { max: 1 });
  approver = await as(http, { account: null, name: 'approver', permissions: ['refund:approve'] });
  const named = namedLives();
  const others = inParallel([...STORIES, ...STORIES], (story) => story().then(() => undefined), 8);
  const all = Promise.all([named, others]);
  await auditUntil(all);
  lives = await named;
  requests = await everyRequest();
  await adjustments(adjusted);
  await until(
    async () => (await service.pool.query('SELECT FROM unsealed')).rowCount === 0,
    'all of it to be sealed',
  );
}, 240_000);

const meanwhile = { audits: 0, findings: [] as Finding[] };

/** A step is one transaction, so there is no moment at which an audit could catch half of one. */
async function auditUntil(finished: Promise<unknown>): Promise<void> {
  let isOver = false;
  const over = finished.finally(() => {
    isOver = true;
  });
  over.catch(() => {});
  while (!isOver) {
    const { checks } = await audit(service.pool);
    meanwhile.audits += 1;
    meanwhile.findings.push(...checks.flatMap(({ findings }) => findings));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await over;
}

afterAll(async () => {
  await owner.end();
});

const giveBack = (ids: string[]) => end(http, ids, { action: 'return' });
const done = async (path: string, body: unknown = {}) => expectStatus(await http.post(path, body), 200).body;
const of = (id: string, what: string): string => `/v1/instances/${id}/${what}`;
const mixed = { cash: '203.98', gift: '101.99', income: '101.99', voucher: '100' };

/** An item that was accepted, and whose instance was protected before it was sent. */
async function failedReturn(): Promise<string> {
  const id = await register(http, cvmPrepaid());
  const { id: quoteId } = await quote(http, [id], { action: 'return' });
  const terminationId = `t_${randomUUID()}`;
  expect(await acceptQuote(service.pool, { quoteId, terminationId, by: 'test', via: 'api' })).toMatchObject({
    ok: true,
  });
  await done(of(id, 'protect'), { reason: 'wait' });
  expect(await settled(http, terminationId)).toMatchObject({ items: [{ status: 'failed' }] });
  return id;
}

async function fiveDayAndOrdinary(): Promise<[string, string]> {
  const account = newAccount();
  const first = await register(
    http,
    cvmPrepaid({ account, orders: [purchase(hoursAgo(1), { paid: mixed })] }),
  );
  await giveBack([first]);
  const second = await register(
    http,
    cvmPrepaid({ account, orders: [purchase(hoursAgo(48), { paid: mixed })] }),
  );
  await giveBack([second]);
  return [first, second];
}

async function timed(): Promise<string> {
  const id = await register(http, cvmPostpaid());
  await end(http, [id], { schedule: { mode: 'timed', at: fromNow(DAY) } });
  return id;
}

async function released(): Promise<string> {
  const id = await register(http, cvmPostpaid());
  await end(http, [id], { schedule: { mode: 'later' } });
  await fastForward(http, id, 'PT3H');
  return id;
}

async function fired(): Promise<string> {
  const id = await timed();
  await done(of(id, 'reschedule'), { at: fromNow(2 * DAY) });
  await fastForward(http, id, 'P3D');
  return id;
}

/** A return that was undone: money and rights are where they were, and so are the orders. */
async function undone(): Promise<string> {
  const id = await register(http, cvmPrepaid({ orders: [purchase(hoursAgo(24 * 40), { paid: mixed })] }));
  const { items } = await giveBack([id]);
  expectStatus(await http.post(`/v1/refunds/${items[0]!.refundId}/undo`, { reason: 'the wrong one' }), 200);
  return id;
}

/** Paid for two years, of which the second came back. */
async function shortened(): Promise<string> {
  const between = fromNow(DAY);
  const renewal = { ...purchase(between), id: 'o2', kind: 'renewal', endsAt: plusMonths(between, 12) };
  const id = await register(
    http,
    cvmPrepaid({ orders: [purchase(fromNow(-40 * DAY), { endsAt: between }), renewal] }),
  );
  await end(http, [id], { action: 'return-renewals' });
  return id;
}

async function adjustments(account: string): Promise<void> {
  const make = (body: Fields) =>
    http.post(`/v1/accounts/${account}/adjustments`, {
      source: 'cash',
      currency: 'CNY',
      amount: '100',
      reason: 'test',
      ...body,
    });
  expectStatus(await make({ kind: 'deposit', reference: '1' }), 201);
  expectStatus(await make({ kind: 'withdrawal', reference: '2', amount: '33.33' }), 201);
  expectStatus(await make({ kind: 'credit', reference: '3', source: 'gift' }), 201);
}

const promotion = { channel: 'promotion', paid: mixed };

async function request() {
  const instanceId = await register(http, cvmPrepaid({ orders: [purchase(hoursAgo(24 * 40), promotion)] }));
  return expectStatus(await http.post('/v1/refund-requests', { instanceId, reason: 'not needed' }), 201).body;
}

async function everyRequest(): Promise<typeof requests> {
  const [inReview, denied, approved] = [await request(), await request(), await request()];
  expectStatus(await approver.post(`/v1/refund-requests/${denied.id}/deny`, { reason: 'no' }), 200);
  expectStatus(
    await approver.post(
      `/v1/refund-requests/${approved.id}/approve`,
      await approvalOf(http, approved.id, 'yes'),
    ),
    200,
  );
  return { inReview, denied, approved };
}

async function namedLives(): Promise<typeof lives> {
  const [[fiveDay, ordinary], out, fire, failed, running, living, undoneLife, short, drivenLife] =
    await Promise.all([
      fiveDayAndOrdinary(),
      released(),
      fired(),
      failedReturn(),
      register(http, cvmPostpaid()),
      register(http, cvmPrepaid()),
      undone(),
      shortened(),
      driven(),
    ]);
  await done(of(running, 'stop'));
  await done(of(running, 'start'));
  await done(of(running, 'protect'), { reason: 'keep' });
  return {
    fiveDay,
    ordinary,
    released: out,
    fired: fire,
    failed,
    running,
    living,
    undone: undoneLife,
    shortened: short,
    driven: drivenLife,
  };
}

/** Returned, and isolated by a control plane. */
async function driven(): Promise<string> {
  const id = await register(http, cvmPrepaid({ region: FAR }));
  const { id: quoteId } = await quote(http, [id], { action: 'return' });
  await http.post('/v1/terminations', { quoteId, agree: true });
  await until(async () => (await instanceOf(http, id)).state === 'isolated', 'its isolation');
  return id;
}

/** One life or more each, of every kind that the documents know. */
const STORIES: (() => Promise<unknown>)[] = [
  async () => giveBack([await register(http, redisPrepaid())]),
  released,
  failedReturn,
  async () => done(of(await timed(), 'cancel')),
  async () =>
    end(http, [
      await register(http, cvmPostpaid()),
      await register(http, jdPostpaid()),
      await register(http, redisPostpaid()),
    ]),
  async () => {
    const id = await register(http, redisPostpaid());
    await end(http, [id]);
    await done(of(id, 'restore'));
    await end(http, [id]);
    await done(of(id, 'purge'), { confirm: id });
  },
  async () => {
    // A batch that takes the five-day right and all three ordinary ones, then a restore that the refund pays
    // for, and its end.
    const account = newAccount();
    const ids = await Promise.all(
      [1, 2, 3, 4].map((cash) =>
        register(
          http,
          cvmPrepaid({ account, orders: [purchase(hoursAgo(1), { paid: { cash: `${cash}00` } })] }),
        ),
      ),
    );
    await giveBack(ids);
    await done(of(ids[0]!, 'restore'), { renewal: { months: 6 } });
    await fastForward(http, ids[0]!, 'P200D');
    await fastForward(http, ids[1]!, 'P8D');
  },
  async () => {
    const id = await register(
      http,
      cvmPrepaid({ orders: [purchase(fromNow(-40 * DAY), { endsAt: fromNow(2 * DAY) })] }),
    );
    await fastForward(http, id, 'P3D');
    await done(of(id, 'restore'), { renewal: { months: 1, paid: { cash: '51', voucher: '1' } } });
  },
  async () => {
    const between = fromNow(DAY);
    const renewal = { ...purchase(between), id: 'o2', kind: 'renewal', endsAt: plusMonths(between, 12) };
    const id = await register(
      http,
      cvmPrepaid({ orders: [purchase(fromNow(-40 * DAY), { endsAt: between }), renewal] }),
    );
    await fastForward(http, id, 'P2D');
    await done(of(id, 'orders'), { kind: 'upgrade', paid: { cash: '100' } });
    await giveBack([id]);
  },
  async () => {
    const id = await register(http, jdPrepaid());
    await fastForward(http, id, 'P40D');
    await end(http, [id]);
  },
  async () => {
    const id = await register(http, jdPrepaid());
    await fastForward(http, id, 'P40D');
    await done(of(id, 'orders'), { kind: 'renewal', months: 1, paid: { cash: '60' } });
  },
  async () => {
    // Nothing but a voucher was paid: nothing comes back, and nothing is booked.
    await giveBack([
      await register(
        http,
        cvmPrepaid({ orders: [purchase(hoursAgo(1), { paid: { cash: '0', voucher: '9' } })] }),
      ),
    ]);
    const prices = { version: 'v1', currency: 'JPY', month: '51', hour: '0.42' };
    await giveBack([
      await register(
        http,
        cvmPrepaid({ prices, orders: [purchase(hoursAgo(48), { paid: { cash: '100', gift: '99' } })] }),
      ),
    ]);
  },
  async () => {
    // Undone, returned again, restored, and then its renewal given back.
    const id = await undone();
    await giveBack([id]);
    await done(of(id, 'restore'), { renewal: { months: 6, paid: { cash: '200', income: '1' } } });
    await done(of(id, 'orders'), { kind: 'renewal', months: 1, paid: { cash: '51', gift: '1' } });
    await end(http, [id], { action: 'return-renewals' });
  },
  async () => {
    const network = { billing: 'bandwidth', hour: '0.063', month: '20' };
    const id = await register(http, cvmPrepaid({ network }));
    await done(of(id, 'network'), { billing: 'traffic' });
    await giveBack([id]);
  },
  async () => everyRequest(),
  async () => adjustments(newAccount()),
  async () => {
    // A month's end renewed, new prices, an upgrade with its own, a return undone after some days, and
    // everything returned.
    const startsAt = fromNow(-20 * DAY);
    const order = purchase(startsAt, { months: 1, endsAt: plusMonths(startsAt, 1) });
    const id = await register(http, cvmPrepaid({ orders: [order] }));
    const prices = { version: 'v2', currency: 'CNY', month: '60', hour: '0.5' };
    expectStatus(await http.put(of(id, 'prices'), prices), 200);
    await done(of(id, 'orders'), { kind: 'renewal', months: 1, paid: mixed });
    await done(of(id, 'orders'), {
      kind: 'upgrade',
      paid: { cash: '10' },
      prices: { ...prices, version: 'v3' },
    });
    const { items } = await giveBack([id]);
    await fastForward(http, id, 'P3D');
    await done(`/v1/refunds/${items[0]!.refundId}/undo`, { reason: 'the wrong one' });
    await giveBack([id]);
  },
  async () => {
    const id = await register(http, cvmPrepaid());
    await service.client.workflow.getHandle(workflowId(id)).signal('purge', { confirm: id });
    await until(
      async () => (await timelineOf(http, id)).some((step) => step.outcome === 'refused'),
      'the refusal',
    );
    await giveBack([id]);
    await done(of(id, 'purge'), { confirm: id });
  },
];

it('finds nothing after many lives of every kind', async () => {
  const { rows, checks } = await audit(service.pool);
  expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
  expect(checks.map(({ name }) => name)).toEqual(CHECKS.map(({ name }) => name));
  expect(new Set(CHECKS.map(({ name }) => name)).size).toBe(CHECKS.length);
  expect(rows.instances).toBeGreaterThanOrEqual(40);
  expect(rows.refunds).toBeGreaterThanOrEqual(15);
});

it('found nothing either while those lives were going on', () => {
  expect(meanwhile.audits).toBeGreaterThan(3);
  expect(meanwhile.findings).toEqual([]);
});

it('reads one snapshot, read only, and says what it is at', async () => {
  const pool = createPool(service.serviceUrl, { max: 1 });
  const client = await pool.connect();
  client.release();
  const seen: string[] = [];
  const settings: Promise<{ rows: Fields[] }>[] = [];
  await audit(pool, ({ name }, index) => {
    seen.push(`${index} ${name}`);
    const sql =
      "SELECT current_setting('transaction_read_only') AS only, current_setting('transaction_isolation') AS isolation";
    settings.push(client.query(sql));
  });
  expect(seen).toEqual(CHECKS.map(({ name }, index) => `${index} ${name}`));
  for (const { rows } of await Promise.all(settings))
    expect(rows).toEqual([{ only: 'on', isolation: 'repeatable read' }]);
  await pool.end();
});

type Tampering = (db: Transaction, refund: (id: string) => Promise<QueryResultRow>) => Promise<string[]>;

const GUARDED = ['entries', 'transactions', 'steps', 'refunds', 'adjustments'];

/**
 * Audits what a tampering left, on its own connection before it is rolled back: `check id` of all that was
 * found.
 */
async function foundAfter(tamper: Tampering): Promise<{ found: string[]; expected: string[] }> {
  const db = await owner.connect();
  try {
    await db.query('BEGIN');
    for (const table of GUARDED) await db.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    const refund = async (id: string) =>
      (await db.query('SELECT * FROM refunds WHERE instance_id = $1', [id])).rows[0];
    const expected = await tamper(db, refund);
    const findings = (await runChecks(db)).flatMap((check) => check.findings);
    for (const { detail } of findings) expect(detail).toMatch(/\S/);
    const found = [...new Set(findings.map(({ check, id }) => `${check} ${id}`))].sort();
    return {
      // What was sealed and is another now makes its day's sum another one, too.
      found: found.some((one) => one.startsWith('seals '))
        ? found.filter((one) => !one.startsWith('day-sums '))
        : found,
      expected: expected.sort(),
    };
  } finally {
    await db.query('ROLLBACK');
    db.release();
  }
}

/** One row exactly, or the tampering is not what it says. */
async function change(db: Transaction, sql: string, values: unknown[] = []) {
  const { rows, rowCount } = await db.query(sql, values);
  expect(rowCount).toBe(1);
  return rows[0];
}

const transactionOf = async (db: Transaction, refundId: string): Promise<string> =>
  (await change(db, 'SELECT id FROM transactions WHERE refund_id = $1', [refundId])).id;
const stepOf = async (db: Transaction, id: string, command: string): Promise<number> =>
  (await change(db, 'SELECT step FROM steps WHERE instance_id = $1 AND command = $2', [id, command])).step;

const TAMPERINGS: [string, Tampering][] = [
  [
    'a refund that was booked without a machine that had set out',
    async (db) => {
      await change(db, "UPDATE steps SET life = life - 'crossing' WHERE instance_id = $1 AND step = 1", [
        lives.driven,
      ]);
      const { rows } = await db.query('SELECT id FROM refunds WHERE instance_id = $1', [lives.driven]);
      return [`crossings ${lives.driven}/1`, `crossings ${lives.driven}/2`, `refunds-once ${rows[0].id}`];
    },
  ],
  [
    'an arrival of another setting out',
    async (db) => {
      await change(
        db,
        "UPDATE steps SET command_id = 'sunset/arrived/7' WHERE instance_id = $1 AND step = 2",
        [lives.driven],
      );
      const { rows } = await db.query('SELECT termination_id FROM termination_items WHERE instance_id = $1', [
        lives.driven,
      ]);
      return [`crossings ${lives.driven}/2`, `items ${rows[0].termination_id}/${lives.driven}`];
    },
  ],
  [
    'a machine that turned back to where it had not been',
    async (db) => {
      await change(
        db,
        "UPDATE steps SET life = jsonb_set(life, '{crossing,from}', '\"stopped\"') WHERE instance_id = $1 AND step = 1",
        [lives.driven],
      );
      return [`crossings ${lives.driven}/1`];
    },
  ],
  [
    'a payment that was stated by nobody’s word',
    async (db) => {
      await change(
        db,
        "UPDATE steps SET authority = 'unsigned', by = 'unsigned: cfo' WHERE instance_id = $1 AND step = 0",
        [lives.living],
      );
      return [`signed ${lives.living}/0`];
    },
  ],
  [
    'a protection by nobody’s word, under a caller’s name',
    async (db) => {
      const step = await stepOf(db, lives.running, 'protect');
      await change(db, "UPDATE steps SET authority = 'unsigned' WHERE instance_id = $1 AND step = $2", [
        lives.running,
        step,
      ]);
      return [`signed ${lives.running}/${step}`];
    },
  ],
  [
    'a step of today that is said to be of before steps were signed',
    async (db) => {
      const sql =
        "UPDATE steps SET authority = 'before', recorded_at = recorded_at + interval '2 days' WHERE instance_id = $1 AND step = 2";
      await change(db, sql, [lives.running]);
      return [`signed ${lives.running}/2`];
    },
  ],
  [
    'usage that is charged after the billing stop',
    async (db) => {
      const { isolatedAt } = await instanceOf(http, lives.fiveDay);
      const values = ['u_late', lives.fiveDay, new Date(Date.parse(isolatedAt!) + 1000).toISOString()];
      await change(
        db,
        `INSERT INTO usage (id, instance_id, meter, quantity, starts_at, ends_at, reported_by)
         VALUES ($1, $2, 'hours', 1, $3::timestamptz - interval '1 hour', $3, 'somebody')`,
        values,
      );
      return ['usage u_late'];
    },
  ],
  [
    'a missing leg',
    async (db) => {
      await change(db, "DELETE FROM entries WHERE transaction_id = $1 AND ledger_account = 'world:cash'", [
        `tx_${lives.living}_0`,
      ]);
      return [
        `sums tx_${lives.living}_0`,
        `legs tx_${lives.living}_0`,
        `orders-once ${lives.living}/o1`,
        `seals tx_${lives.living}_0`,
      ];
    },
  ],
  [
    'off by one minor unit, in balance',
    async (db) => {
      await db.query(
        'UPDATE entries SET amount = amount + sign(amount) * 0.01 WHERE transaction_id = $1 AND line = 0',
        [`tx_${lives.living}_0`],
      );
      return [`orders-once ${lives.living}/o1`, `deferred ${lives.living}/o1`, `seals tx_${lives.living}_0`];
    },
  ],
  [
    'two lines that are wrong in opposite ways',
    async (db, refund) => {
      const tx = await transactionOf(db, (await refund(lives.ordinary)).id);
      await change(
        db,
        "UPDATE entries SET amount = amount + 1 WHERE transaction_id = $1 AND ledger_account = 'customer:cash'",
        [tx],
      );
      await change(
        db,
        "UPDATE entries SET amount = amount - 1 WHERE transaction_id = $1 AND ledger_account = 'customer:gift'",
        [tx],
      );
      const { account, id } = await refund(lives.ordinary);
      return [
        `legs ${tx}`,
        `seals ${tx}`,
        `refund-amounts ${id}`,
        `balances ${account}/CNY/cash`,
        `balances ${account}/CNY/gift`,
      ];
    },
  ],
  [
    'a duplicate event',
    async (db, refund) => {
      const { id, account } = await refund(lives.fiveDay);
      const tx = await transactionOf(db, id);
      await change(
        db,
        `INSERT INTO transactions (id, account, instance_id, step, event, refund_id, effective_at)
         SELECT 'again', account, $2, 1, event, refund_id, effective_at FROM transactions WHERE id = $1`,
        [tx, lives.running],
      );
      await db.query(
        "INSERT INTO entries SELECT 'again', line, leg, ledger_account, currency, amount FROM entries WHERE transaction_id = $1",
        [tx],
      );
      const sources = ['cash', 'gift', 'income'];
      return [
        'transactions again',
        'ledger-accounts again',
        `deferred ${lives.running}/o1`,
        `refunds-once ${id}`,
        `refund-amounts ${id}`,
        `refund-limit ${lives.running}`,
        ...sources.map((source) => `balances ${account}/CNY/${source}`),
      ];
    },
  ],
  [
    'money booked to an account that does not exist',
    async (db) => {
      await change(
        db,
        "UPDATE entries SET ledger_account = 'pocket' WHERE transaction_id = $1 AND ledger_account = 'world:cash'",
        [`tx_${lives.living}_0`],
      );
      return [
        `ledger-accounts tx_${lives.living}_0`,
        `orders-once ${lives.living}/o1`,
        `seals tx_${lives.living}_0`,
      ];
    },
  ],
  [
    'an early release',
    async (db) => {
      const step = await stepOf(db, lives.released, 'release');
      await change(
        db,
        "UPDATE steps SET effective_at = effective_at - interval '2 hours' WHERE instance_id = $1 AND step = $2",
        [lives.released, step],
      );
      return [`in-time ${lives.released}/${step}`];
    },
  ],
  [
    'a timed termination that fired early',
    async (db) => {
      const step = await stepOf(db, lives.fired, 'fire');
      await change(
        db,
        "UPDATE steps SET effective_at = effective_at - interval '2 days' WHERE instance_id = $1 AND step = $2",
        [lives.fired, step],
      );
      return [`in-time ${lives.fired}/${step}`];
    },
  ],
  [
    'an over-refund, booked in balance everywhere',
    async (db, refund) => {
      const { id } = await refund(lives.fiveDay);
      const tx = await transactionOf(db, id);
      const more =
        'amount = amount + 1000 * sign(amount) WHERE transaction_id = $1 AND line = (SELECT line FROM entries WHERE transaction_id = $1 AND ledger_account = $2)';
      await db.query(`UPDATE entries SET ${more}`, [tx, 'customer:cash']);
      await db.query(
        `UPDATE entries SET amount = amount + 1000 * sign(amount) WHERE transaction_id = $1 AND line = 0`,
        [tx],
      );
      await change(
        db,
        `UPDATE refunds SET amount = amount + 1000, calculation = jsonb_set(jsonb_set(calculation, '{refund,parts,cash}', '"1203.98"'),
           '{refund,amount}', '"1407.96"') WHERE id = $1`,
        [id],
      );
      await change(
        db,
        "UPDATE balances SET amount = amount + 1000 WHERE source = 'cash' AND account = (SELECT account FROM refunds WHERE id = $1)",
        [id],
      );
      const found = [
        `refund-limit ${lives.fiveDay}`,
        `life-limit ${lives.fiveDay}`,
        `deferred ${lives.fiveDay}/o1`,
      ];
      return [...found, `calculations ${id}`, `seals ${tx}`];
    },
  ],
  [
    'a wrong balance',
    async (db, refund) => {
      const { account } = await refund(lives.fiveDay);
      await change(db, "UPDATE balances SET amount = amount + 0.01 WHERE account = $1 AND source = 'gift'", [
        account,
      ]);
      return [`balances ${account}/CNY/gift`];
    },
  ],
  [
    'a balance out of nothing',
    async (db) => {
      await change(db, "INSERT INTO balances SELECT account, 'USD', 'cash', 5 FROM instances WHERE id = $1", [
        lives.running,
      ]);
      const { account } = await change(db, 'SELECT account FROM instances WHERE id = $1', [lives.running]);
      return [`balances ${account}/USD/cash`];
    },
  ],
  [
    'a gap in the steps',
    async (db) => {
      await change(db, 'DELETE FROM steps WHERE instance_id = $1 AND step = 2', [lives.running]);
      return [`steps ${lives.running}/2`, `transitions ${lives.running}/3`];
    },
  ],
  [
    'an illegal transition',
    async (db) => {
      await change(db, "UPDATE steps SET command = 'restore' WHERE instance_id = $1 AND command = 'stop'", [
        lives.running,
      ]);
      return [`transitions ${lives.running}/1`];
    },
  ],
  [
    'a step whose life is another’s',
    async (db) => {
      await change(
        db,
        `UPDATE steps SET life = jsonb_set(life, '{state}', '"isolated"') WHERE instance_id = $1 AND step = 1`,
        [lives.running],
      );
      return [`step-lives ${lives.running}/1`];
    },
  ],
  [
    'a read model that differs',
    async (db) => {
      await change(db, "UPDATE instances SET purge_time = purge_time + interval '1 second' WHERE id = $1", [
        lives.fiveDay,
      ]);
      await change(db, "UPDATE instances SET state = 'running' WHERE id = $1", [lives.released]);
      return [`read-model ${lives.fiveDay}`, `read-model ${lives.released}`];
    },
  ],
  [
    'an order reopened',
    async (db) => {
      await change(db, 'UPDATE orders SET closed_at = NULL WHERE instance_id = $1', [lives.ordinary]);
      return [`deferred ${lives.ordinary}/o1`, `open-orders ${lives.ordinary}`];
    },
  ],
  [
    'deferred money left after a return',
    async (db, refund) => {
      const tx = await transactionOf(db, (await refund(lives.ordinary)).id);
      await db.query(
        `DELETE FROM entries WHERE transaction_id = $1 AND line = (SELECT line FROM entries WHERE transaction_id = $1 AND ledger_account = 'revenue')`,
        [tx],
      );
      return [`deferred ${lives.ordinary}/o1`, `seals ${tx}`];
    },
  ],
  [
    'a refund that stays on the way',
    async (db, refund) => {
      const { id, account } = await refund(lives.ordinary);
      const tx = await transactionOf(db, id);
      await db.query(
        `DELETE FROM entries WHERE transaction_id = $1 AND line = (SELECT line FROM entries WHERE transaction_id = $1 AND ledger_account = 'customer:cash')`,
        [tx],
      );
      return [`clearing ${tx}`, `refund-amounts ${id}`, `balances ${account}/CNY/cash`, `seals ${tx}`];
    },
  ],
  [
    'a right used without a refund',
    async (db) => {
      const { item } = await change(
        db,
        "UPDATE rights SET status = 'used' WHERE instance_id = $1 RETURNING termination_id || '/' || instance_id AS item",
        [lives.failed],
      );
      return [`rights ${item}`];
    },
  ],
  [
    'a right reserved for an item that is not accepted',
    async (db) => {
      const { item } = await change(
        db,
        "UPDATE rights SET status = 'reserved' WHERE instance_id = $1 RETURNING termination_id || '/' || instance_id AS item",
        [lives.fiveDay],
      );
      return [`rights ${item}`];
    },
  ],
  [
    'more rights than the policy gives',
    async (db) => {
      const { item } = await change(
        db,
        "UPDATE rights SET kind = 'five-day' WHERE instance_id = $1 RETURNING termination_id || '/' || instance_id AS item",
        [lives.ordinary],
      );
      return [`rights ${item}`, `rights-limit ${item}`];
    },
  ],
  [
    'an item that is done without its step, and a step without its item',
    async (db) => {
      const { item } = await change(
        db,
        "UPDATE termination_items SET status = 'done' WHERE instance_id = $1 RETURNING termination_id || '/' || instance_id AS item",
        [lives.failed],
      );
      const { step } = await change(
        db,
        "UPDATE steps SET command_id = 'x' WHERE instance_id = $1 AND command = 'return' RETURNING step",
        [lives.fiveDay],
      );
      const { other } = await change(
        db,
        "SELECT termination_id || '/' || instance_id AS other FROM termination_items WHERE instance_id = $1",
        [lives.fiveDay],
      );
      return [`rights ${item}`, `items ${item}`, `items ${lives.fiveDay}/${step}`, `items ${other}`];
    },
  ],
  [
    'L2: an item that says it waits for a time that has come',
    async (db) => {
      const { item } = await change(
        db,
        "UPDATE termination_items SET status = 'scheduled' WHERE instance_id = $1 RETURNING termination_id || '/' || instance_id AS item",
        [lives.fired],
      );
      return [`schedules ${item}`];
    },
  ],
  [
    'a reversal that is not the mirror image, in balance',
    async (db, refund) => {
      const { id: tx } = await change(
        db,
        "SELECT id FROM transactions WHERE instance_id = $1 AND event = 'reversal'",
        [lives.undone],
      );
      await db.query(
        `UPDATE entries SET amount = amount - sign(amount) WHERE transaction_id = $1
         AND line = (SELECT line FROM entries WHERE transaction_id = $1 AND ledger_account = 'customer:gift')`,
        [tx],
      );
      const { account } = await refund(lives.undone);
      return [`reversals ${tx}`, `seals ${tx}`, `clearing ${tx}`, `balances ${account}/CNY/gift`];
    },
  ],
  [
    'a reversal without a reason',
    async (db) => {
      await db.query('ALTER TABLE transactions DROP CONSTRAINT transactions_reversal');
      const sql =
        "UPDATE transactions SET reason = NULL WHERE instance_id = $1 AND event = 'reversal' RETURNING id";
      const { id } = await change(db, sql, [lives.undone]);
      return [`reversals ${id}`, `seals ${id}`];
    },
  ],
  [
    'a refund that is reversed, and does not say so',
    async (db, refund) => {
      const { id, termination_id: termination } = await refund(lives.undone);
      await change(db, "UPDATE refunds SET status = 'done', reversal = NULL WHERE id = $1", [id]);
      // It would count again: cells and all.
      return [`reversals ${id}`, `refunds-once ${id}`, `rights ${termination}/${lives.undone}`];
    },
  ],
  [
    'a refund that is said to be done, and was never booked',
    async (db, refund) => {
      const { id, termination_id: termination } = await refund(lives.failed);
      await change(db, "UPDATE refunds SET status = 'done' WHERE id = $1", [id]);
      return [`refunds-once ${id}`, `refund-amounts ${id}`, `rights ${termination}/${lives.failed}`];
    },
  ],
  [
    'a right taken for a return of renewals only',
    async (db, refund) => {
      const { termination_id: termination, account } = await refund(lives.shortened);
      await change(db, "INSERT INTO rights VALUES ($1, $2, $3, 'tencent-cvm', 'ordinary', 'used')", [
        termination,
        lives.shortened,
        account,
      ]);
      return [`rights ${termination}/${lives.shortened}`];
    },
  ],
  [
    'a right that nobody has asked for',
    async (db, refund) => {
      const { account } = await refund(lives.shortened);
      await change(db, "INSERT INTO rights VALUES ('t_x', $1, $2, 'tencent-cvm', 'ordinary', 'reserved')", [
        lives.shortened,
        account,
      ]);
      return [`rights t_x/${lives.shortened}`];
    },
  ],
  [
    'a refund in review that lost its right, and a denied one that kept it',
    async (db) => {
      const move =
        'UPDATE rights SET status = $2 WHERE termination_id = (SELECT termination_id FROM refund_requests WHERE id = $1)';
      await change(db, move, [requests.inReview.id, 'returned']);
      await change(db, move, [requests.denied.id, 'reserved']);
      return [`requests ${requests.inReview.id}`, `requests ${requests.denied.id}`];
    },
  ],
  [
    'a refund that its requester approved',
    async (db) => {
      await db.query('ALTER TABLE refund_requests DROP CONSTRAINT refund_requests_check1');
      await change(db, 'UPDATE refund_requests SET decided_by = requested_by WHERE id = $1', [
        requests.approved.id,
      ]);
      return [`requests ${requests.approved.id}`];
    },
  ],
  [
    'a living prepaid instance that nobody pays for',
    async (db) => {
      await db.query('UPDATE orders SET ended_at = now() WHERE instance_id = $1', [lives.living]);
      const found = [`open-term ${lives.living}`, `open-orders ${lives.living}`];
      return [...found, `deferred ${lives.living}/o1`];
    },
  ],
  [
    'a review whose instance has ended',
    async (db) => {
      await change(db, 'UPDATE refund_requests SET instance_id = $2 WHERE id = $1', [
        requests.inReview.id,
        lives.released,
      ]);
      await change(
        db,
        'UPDATE refunds SET instance_id = $2 WHERE id = (SELECT refund_id FROM refund_requests WHERE id = $1)',
        [requests.inReview.id, lives.released],
      );
      await change(
        db,
        'UPDATE rights SET instance_id = $2 WHERE termination_id = (SELECT termination_id FROM refund_requests WHERE id = $1)',
        [requests.inReview.id, lives.released],
      );
      // Of another instance, it is not what was computed either.
      return [`requests ${requests.inReview.id}`, `calculations ${requests.inReview.refundId}`];
    },
  ],
  [
    'refunds of a life that are together more than was paid for it, each of them plausible',
    async (db, refund) => {
      const { id, amount } = await refund(lives.shortened);
      await change(db, 'UPDATE refunds SET fee = fee + 10000 WHERE id = $1', [id]);
      expect(Number(amount)).toBeGreaterThan(0);
      return [`life-limit ${lives.shortened}`, `refund-amounts ${id}`, `calculations ${id}`];
    },
  ],
  [
    'an adjustment of another amount than is booked',
    async (db) => {
      const { id, transaction } = await change(
        db,
        "UPDATE adjustments SET amount = amount + 1 WHERE kind = 'credit' AND account = $1 RETURNING id, 'tx_' || id AS transaction",
        [adjusted],
      );
      return [`adjustments ${id}`, `seals ${transaction}`];
    },
  ],
  [
    'a deposit that nobody made',
    async (db) => {
      await db.query('ALTER TABLE transactions DROP CONSTRAINT transactions_origin');
      const insert = `INSERT INTO transactions (id, account, event, effective_at) VALUES ('tx_a_none', $1, 'deposit', now())`;
      await db.query(insert, [adjusted]);
      await db.query(
        "INSERT INTO entries SELECT 'tx_a_none', 0, leg, (ARRAY['world:cash', 'customer:cash'])[leg + 1], 'CNY', leg * 2 - 1 FROM generate_series(0, 1) AS leg",
      );
      return ['adjustments tx_a_none', 'transactions tx_a_none', `balances ${adjusted}/CNY/cash`];
    },
  ],
  [
    'an order that says it was moved from other dates than a refund was computed from',
    async (db, refund) => {
      const { id } = await refund(lives.undone);
      await change(
        db,
        `UPDATE orders SET document = jsonb_set(document, '{movedFrom,0,startsAt}', '"2020-01-01T00:00:00.000Z"') WHERE instance_id = $1`,
        [lives.undone],
      );
      return [`calculations ${id}`];
    },
  ],
  [
    'a transaction that was dated back and kept out of the seal',
    async (db) => {
      const insert = `INSERT INTO transactions (id, account, instance_id, step, event, effective_at, recorded_at)
        SELECT format('tx_%s_%s', instance_id, step), (SELECT account FROM instances WHERE id = instance_id), instance_id, step, 'end-orders',
          effective_at, now() - interval '2 minutes'
        FROM steps WHERE instance_id = $1 AND command = 'stop' RETURNING id`;
      const { id } = await change(db, insert, [lives.running]);
      await db.query(
        "INSERT INTO entries SELECT $1, 0, leg, 'revenue', 'CNY', leg * 2 - 1 FROM generate_series(0, 1) AS leg",
        [id],
      );
      return [`unsealed ${id}`];
    },
  ],
  [
    'a sum of a day that is not what its entries add up to',
    async (db) => {
      const sum = `UPDATE day_sums SET credit = credit + 1 WHERE (day, currency, class) =
        (SELECT day, currency, class FROM day_sums WHERE class = 'deferred' LIMIT 1) RETURNING day::text, currency, class`;
      const { day, currency, class: name } = await change(db, sum);
      const ofMonth = `month-sums ${day.slice(0, 8)}01/${currency}/${name}`;
      return [`day-sums ${day}/${currency}/${name}`, ofMonth];
    },
  ],
  [
    'a sum of a month that is not what its days add up to',
    async (db) => {
      const sum = `UPDATE month_sums SET debit = debit - 1 WHERE (month, currency, class) =
        (SELECT month, currency, class FROM month_sums WHERE class = 'deferred' LIMIT 1) RETURNING month::text, currency, class`;
      const { month, currency, class: name } = await change(db, sum);
      return [`month-sums ${month}/${currency}/${name}`];
    },
  ],
  [
    'a chain other than an earlier audit saw',
    async (db) => {
      await change(
        db,
        `INSERT INTO audits (id, trigger, started_at, finished_at, rows, head, finding_count, findings, healed_count, healed, skipped)
         VALUES ('before', 'schedule', now(), now(), '{}', $1, 0, '[]', 0, '[]', '[]')`,
        [{ position: 3, hash: 'other' }],
      );
      return ['seal-heads before'];
    },
  ],
  [
    'a calculation tampered with: its action',
    async (db, refund) => {
      const { id } = await refund(lives.shortened);
      await change(
        db,
        `UPDATE refunds SET calculation = jsonb_set(calculation, '{inputs,action}', '"return"') WHERE id = $1`,
        [id],
      );
      return [`calculations ${id}`];
    },
  ],
  [
    'a calculation tampered with: which renewals were chosen, though they pay the same',
    async (db, refund) => {
      const { id } = await refund(lives.shortened);
      const renewals = `(SELECT jsonb_agg(o->'id') FROM jsonb_array_elements(calculation->'inputs'->'orders') o WHERE o->>'kind' = 'renewal')`;
      await change(
        db,
        `UPDATE refunds SET calculation = jsonb_set(calculation, '{inputs,orderIds}', ${renewals}) WHERE id = $1`,
        [id],
      );
      return [`calculations ${id}`];
    },
  ],
  [
    'a calculation tampered with: its instant',
    async (db, refund) => {
      const { id } = await refund(lives.ordinary);
      await change(
        db,
        `UPDATE refunds SET calculation = jsonb_set(calculation, '{inputs,at}', to_jsonb($2::text)) WHERE id = $1`,
        [id, hoursAgo(1)],
      );
      return [`calculations ${id}`];
    },
  ],
  [
    'a calculation tampered with: its explanation',
    async (db, refund) => {
      const { id } = await refund(lives.ordinary);
      await change(
        db,
        `UPDATE refunds SET calculation = jsonb_set(calculation, '{refund,lines,0,formula}', '"1 + 1"') WHERE id = $1`,
        [id],
      );
      return [`calculations ${id}`];
    },
  ],
  [
    'a calculation that makes no sense any more',
    async (db, refund) => {
      const { id } = await refund(lives.ordinary);
      await change(
        db,
        `UPDATE refunds SET calculation = jsonb_set(calculation, '{inputs,orders}', '[]') WHERE id = $1`,
        [id],
      );
      return [`calculations ${id}`];
    },
  ],
  [
    'rules changed after they were used',
    async (db) => {
      const { id, document } = await change(
        db,
        "SELECT id, document FROM policies WHERE product = 'jd-vm' LIMIT 1",
      );
      const other = { ...document, version: 'other' };
      expect(hashOf(other)).not.toBe(hashOf(document));
      await change(db, 'UPDATE policies SET document = $2 WHERE id = $1', [id, other]);
      return [`policies ${id}`];
    },
  ],
];

describe('names the row, and no other, of', () => {
  it.each(TAMPERINGS)('%s', async (_, tamper) => {
    const { found, expected } = await foundAfter(tamper);
    expect(found).toEqual(expected);
  });

  it('nothing any more, when all of that is rolled back', async () => {
    expect((await audit(service.pool)).checks.flatMap(({ findings }) => findings)).toEqual([]);
  });

  it('every check has found something in one of them', async () => {
    const found = new Set<string>();
    for (const [, tamper] of TAMPERINGS)
      for (const one of (await foundAfter(tamper)).found) found.add(one.split(' ')[0]!);
    expect([...found].sort()).toEqual(CHECKS.map(({ name }) => name).sort());
  });
});

describe('npm run audit', () => {
  const ROOT = join(__dirname, '..', '..');
  const run = (args: string[], env: NodeJS.ProcessEnv): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const { PATH, HOME } = process.env;
      const words = ['--require', 'tsx/cjs', join(ROOT, 'cli/audit.ts'), ...args];
      execFile(
        process.execPath,
        words,
        { cwd: ROOT, env: { PATH, HOME, TZ: 'UTC', ...env } },
        (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
    });
  const empty = mkdtempSync(join(tmpdir(), 'sunset-audit-'));
  /** What takes over two seconds says what it is at. */
  const ONLY_PROGRESS = expect.stringMatching(/^(… .*\n)*$/) as string;

  it('exits 0 and tells every check when nothing is found, with DATABASE_URL or with what npm start remembers', async () => {
    const url = new URL(service.serviceUrl);
    const folder = mkdtempSync(join(tmpdir(), 'sunset-audit-'));
    writeFileSync(join(folder, 'postgres.json'), JSON.stringify({ port: 1, servicePassword: url.password }));
    const [given, gone, never, wrong] = await Promise.all([
      run([], { DATABASE_URL: service.serviceUrl, SUNSET_DATA: empty }),
      run([], { SUNSET_DATA: folder }),
      run([], { SUNSET_DATA: empty }),
      run(['--jsn'], { SUNSET_DATA: empty }),
    ]);
    expect(given).toMatchObject({ code: 0, err: ONLY_PROGRESS });
    for (const { name, title } of CHECKS)
      expect(given.out).toMatch(new RegExp(`^${name} +0 +${title.replace(/[()]/g, '\\$&')}$`, 'm'));
    expect(given.out).toContain('Nothing found.');
    expect(gone).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('it is on port 1 while npm start runs'),
    });
    expect(never).toMatchObject({ code: 2, out: '', err: expect.stringContaining('run npm start first') });
    expect(wrong).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--jsn') });
  });

  it('exits 1 and names the row when something is found', async () => {
    const { account } = (
      await service.pool.query('SELECT account FROM instances WHERE id = $1', [lives.fiveDay])
    ).rows[0];
    const move = (by: string) =>
      service.pool.query("UPDATE balances SET amount = amount + $2 WHERE account = $1 AND source = 'gift'", [
        account,
        by,
      ]);
    await move('0.01');
    const env = { DATABASE_URL: service.serviceUrl, SUNSET_DATA: empty };
    const [told, json] = await Promise.all([run([], env), run(['--json'], env)]);
    await move('-0.01');
    expect(told).toMatchObject({ code: 1, err: ONLY_PROGRESS });
    expect(told.out).toMatch(/^balances +1 +a balance is/m);
    expect(told.out).toContain(`  ${account}/CNY/gift  balance `);
    expect(json).toMatchObject({ code: 1, err: ONLY_PROGRESS });
    const report = JSON.parse(json.out) as AuditReport;
    expect(report).toMatchObject({ found: 1, rows: { instances: expect.any(Number) } });
    expect(report.checks.flatMap((check) => check.findings)).toMatchObject([
      { check: 'balances', id: `${account}/CNY/gift` },
    ]);
  });
});
