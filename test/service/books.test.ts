/**
 * The books (J1–J3): nobody can change them, no transaction is out of balance, and for whole lives what the
 * ledger, the balances, the refund, the account and the statement say is the same, to the cent, in currencies
 * of 0, 2 and 3 decimals.
 */

import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { acceptQuote } from '../../store/agreements/acceptance';
import type { Quote } from '../support/answered';
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
  newAccount,
  purchase,
  quote,
  redisPostpaid,
  redisPrepaid,
  register,
  settled,
  timelineOf,
} from '../support/lives';
import { useService } from '../support/service';
import { withDatabase } from '../support/shared';

const { service, http } = useService();
/** After every life, of all lives so far. */
afterEach(async () => {
  await expectSoundBooks();
});

const rowsOf = async (sql: string, values: unknown[] = []) => (await service.pool.query(sql, values)).rows;

async function expectSoundBooks(): Promise<void> {
  const unbalanced =
    'SELECT transaction_id FROM entries GROUP BY transaction_id, currency HAVING sum(amount) <> 0';
  expect(await rowsOf(unbalanced)).toEqual([]);
  const legs =
    'SELECT transaction_id FROM entries GROUP BY transaction_id, line HAVING count(*) <> 2 OR sum(amount) <> 0 OR count(DISTINCT currency) <> 1';
  expect(await rowsOf(legs)).toEqual([]);
  const balances = `
    WITH booked AS (
      SELECT t.account, e.currency, split_part(e.ledger_account, ':', 2) AS source, sum(e.amount) AS amount
      FROM entries e JOIN transactions t ON t.id = e.transaction_id WHERE e.ledger_account LIKE 'customer:%' GROUP BY 1, 2, 3)
    SELECT * FROM booked FULL JOIN balances b USING (account, currency, source) WHERE coalesce(booked.amount, 0) <> coalesce(b.amount, 0)`;
  expect(await rowsOf(balances)).toEqual([]);
  const refunds = `
    SELECT r.id FROM refunds r WHERE (CASE r.status WHEN 'done' THEN r.amount ELSE 0 END) <> coalesce((
      SELECT sum(e.amount) FROM entries e JOIN transactions t ON t.id = e.transaction_id
      WHERE t.refund_id = r.id AND e.ledger_account LIKE 'customer:%'), 0)`;
  expect(await rowsOf(refunds)).toEqual([]);
  // Nothing stays with the clearing account, and nothing of what was returned, expired or is gone stays
  // deferred (J2, J3).
  const left = `
    SELECT t.instance_id, e.ledger_account, sum(e.amount) FROM entries e JOIN transactions t ON t.id = e.transaction_id
    JOIN instances i ON i.id = t.instance_id
    WHERE e.ledger_account = 'refunds' OR (e.ledger_account LIKE 'deferred:%' AND i.state IN ('isolated', 'terminated', 'expired'))
    GROUP BY 1, 2 HAVING sum(e.amount) <> 0`;
  expect(await rowsOf(left)).toEqual([]);
  const negative =
    "SELECT t.instance_id, e.ledger_account FROM entries e JOIN transactions t ON t.id = e.transaction_id WHERE e.ledger_account LIKE 'deferred:%' GROUP BY 1, 2 HAVING sum(e.amount) < 0";
  expect(await rowsOf(negative)).toEqual([]);
}

/** The account's endpoint and its statement say the same. Answers the balances of its only currency. */
async function balancesOf(account: string) {
  const { balances } = expectStatus(await http.get(`/v1/accounts/${account}`), 200).body;
  const movements = expectStatus(await http.get(`/v1/accounts/${account}/statement?limit=500`), 200).body
    .items;
  for (const { currency, ...parts } of balances) {
    const rows = movements.filter((row) => row.currency === currency);
    for (const source of ['cash', 'gift', 'income'] as const) {
      expect(units(parts[source])).toBe(rows.reduce((total, row) => total + units(row.parts[source]), 0n));
    }
    for (const row of rows) {
      expect(units(row.amount)).toBe(units(row.parts.cash) + units(row.parts.gift) + units(row.parts.income));
      expect(row.refundId !== null).toBe(row.kind === 'refund');
    }
  }
  return balances[0];
}

/** Minor units; all amounts of one currency have the same number of digits. */
const units = (amount: string): bigint => BigInt(amount.replace('.', ''));

/** A refund as the API shows it, checked against itself, the quote and the ledger. */
async function refundOf(id: string, quoted?: Quote['items'][number]) {
  const { items } = expectStatus(await http.get(`/v1/refunds?instanceId=${id}&status=done`), 200).body;
  expect(items).toHaveLength(1);
  const refund = expectStatus(await http.get(`/v1/refunds/${items[0]!.id}`), 200).body;
  const { calculation, ...shown } = refund;
  expect(shown).toEqual(items[0]);
  expect(calculation.rebuilt).toEqual({
    amount: shown.amount,
    parts: shown.parts,
    fee: shown.fee,
    lines: shown.lines,
    matches: true,
  });
  const { amount, parts, lines, fee, progress, entries, currency } = refund;
  expect(units(amount)).toBe(units(parts.cash) + units(parts.gift) + units(parts.income));
  expect(lines.reduce((total: bigint, line) => total + units(line.amount), 0n)).toBe(units(amount));
  for (const line of lines) expect([line.label, line.formula].every((text) => /\S/.test(text))).toBe(true);
  expect(refund.status).toBe('done');
  expect(progress.map((one) => one.status)).toEqual(['requested', 'isolating', 'booked', 'done']);
  const times = progress.map((one) => Date.parse(one.at));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const paidTo = (account: string): bigint =>
    entries
      .filter((one) => one.destination === account)
      .reduce((total: bigint, one) => total + units(one.amount), 0n);
  for (const source of ['cash', 'gift', 'income'] as const)
    expect(paidTo(`customer:${source}`)).toBe(units(parts[source]));
  expect(paidTo('fees')).toBe(units(fee));
  expect(paidTo('refunds')).toBe(units(amount) + units(fee));
  for (const entry of entries)
    expect(entry).toMatchObject({ currency, amount: expect.stringMatching(/^\d+(\.\d+)?$/) });
  if (quoted) {
    const { kind, currency: quotedCurrency, ...rest } = quoted.refund;
    expect({ kind: refund.kind, currency, amount, parts, lines, fee }).toEqual({
      kind,
      currency: quotedCurrency,
      ...rest,
    });
  }
  const row = (await timelineOf(http, id)).find((step) => step.refundId === refund.id);
  expect(row).toMatchObject({ command: 'return', outcome: 'done', to: 'isolated' });
  // M13: booked at the isolation.
  expect(row!.effectiveAt).toBe((await instanceOf(http, id)).isolatedAt ?? row!.effectiveAt);
  return refund;
}

/** Quotes, confirms, and answers the refund. */
async function giveBack(id: string) {
  const { id: quoteId, items } = await quote(http, [id], { action: 'return' });
  const { body } = expectStatus(await http.post('/v1/terminations', { quoteId, agree: true }), 202);
  expect(body.items).toMatchObject([{ instanceId: id, status: 'done' }]);
  const refund = await refundOf(id, items[0]);
  expect(body.items[0]!.refundId).toBe(refund.id);
  return refund;
}

const ledgerOf = async (id: string): Promise<Record<string, string>> =>
  Object.fromEntries(
    (
      await rowsOf(
        `SELECT e.ledger_account, sum(e.amount)::text AS total FROM entries e JOIN transactions t ON t.id = e.transaction_id
         WHERE t.instance_id = $1 GROUP BY 1 ORDER BY 1`,
        [id],
      )
    ).map((row) => [row.ledger_account, row.total]),
  );

/** An account that has used its five-day right. */
async function seasoned(): Promise<string> {
  const account = newAccount();
  const first = await register(
    http,
    cvmPrepaid({ account, orders: [purchase(hoursAgo(1), { paid: { cash: '1' } })] }),
  );
  expect((await giveBack(first)).kind).toBe('five-day');
  return account;
}

describe('the books can only be added to', () => {
  const TABLES = ['entries', 'transactions', 'steps'];
  let client: string;
  beforeAll(async () => {
    client = await register(http, cvmPrepaid());
    await giveBack(client);
  });

  const CHANGES: Record<string, string> = { entries: 'amount = amount', steps: "by = 'x'" };
  const attempts = (table: string): string[] => [
    `UPDATE ${table} SET ${CHANGES[table] ?? "event = 'x'"}`,
    `DELETE FROM ${table}`,
    `TRUNCATE ${table} CASCADE`,
    `TRUNCATE ${table} RESTART IDENTITY CASCADE`,
    `WITH gone AS (DELETE FROM ${table} RETURNING 1) SELECT count(*) FROM gone`,
    `DELETE FROM ONLY ${table} WHERE true`,
  ];

  it.each([
    ['the service’s role', () => service.serviceUrl],
    ['the owner', () => service.adminUrl],
  ])('not changed, deleted or emptied by %s', async (_, url) => {
    const counts = `SELECT ${TABLES.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`).join(', ')}`;
    const before = await rowsOf(counts);
    await withDatabase(url(), async (connection) => {
      // Triggers don't fire for a replica: neither role can make itself one.
      await expect(connection.query('SET session_replication_role = replica')).rejects.toMatchObject({
        code: '42501',
      });
      for (const sql of TABLES.flatMap(attempts)) {
        await expect(connection.query(sql).then(() => `accepted: ${sql}`)).rejects.toMatchObject({
          code: '42501',
        });
      }
    });
    expect(await rowsOf(counts)).toEqual(before);
  });

  it('nor can the service’s role take the guards away', async () => {
    await withDatabase(service.serviceUrl, async (connection) => {
      for (const sql of [
        'ALTER TABLE entries DISABLE TRIGGER ALL',
        'DROP TRIGGER entries_append_only ON entries',
        'DROP TABLE entries CASCADE',
        'ALTER TABLE entries RENAME TO old_entries',
        'CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
        'SET session_replication_role = replica',
        'GRANT DELETE ON entries TO PUBLIC',
        'DELETE FROM refunds',
        'DELETE FROM balances',
        'DELETE FROM instances',
        'TRUNCATE quotes CASCADE',
      ]) {
        const outcome = await connection.query(sql).then(
          ({ rowCount, command }) => `${command} ${rowCount}`,
          (error: { code: string }) => error.code,
        );
        // GRANT without the right to grant is a warning and no effect.
        expect(`${sql}: ${outcome}`).toBe(sql.startsWith('GRANT') ? `${sql}: GRANT null` : `${sql}: 42501`);
      }
      await expect(connection.query('DELETE FROM entries')).rejects.toMatchObject({ code: '42501' });
    });
  });

  it('an unbalanced transaction is refused when it commits, whoever writes it', async () => {
    expectStatus(await http.post(`/v1/instances/${client}/unprotect`, { reason: 'x' }), 409);
    const postpaid = await register(http, cvmPostpaid());
    const { account } = await instanceOf(http, postpaid);
    const book = async (
      connection: pg.Client,
      legs: [number, number, string, string, string][],
    ): Promise<void> => {
      await connection.query('BEGIN');
      await connection.query(
        "INSERT INTO transactions (id, account, instance_id, step, event, effective_at) VALUES ('odd', $1, $2, 0, 'refund', now())",
        [account, postpaid],
      );
      for (const leg of legs)
        await connection.query("INSERT INTO entries VALUES ('odd', $1, $2, $3, $4, $5)", leg);
      await connection.query('COMMIT');
    };
    const ODD: [number, number, string, string, string][][] = [
      [[0, 1, 'customer:cash', 'CNY', '100']],
      [
        [0, 0, 'revenue', 'CNY', '-99.99'],
        [0, 1, 'customer:cash', 'CNY', '100'],
      ],
      // In balance only when currencies are mixed up.
      [
        [0, 0, 'revenue', 'CNY', '-100'],
        [0, 1, 'customer:cash', 'USD', '100'],
      ],
    ];
    for (const url of [service.adminUrl, service.serviceUrl]) {
      for (const legs of ODD) {
        await withDatabase(url, async (connection) => {
          await expect(book(connection, legs)).rejects.toMatchObject({
            code: '23514',
            message: expect.stringContaining('sum to zero'),
          });
          await connection.query('ROLLBACK');
        });
      }
    }
    expect(await rowsOf("SELECT FROM transactions WHERE id = 'odd'")).toEqual([]);
    // Legs of the wrong sign, of nothing, and a second transaction of the same step are refused at once.
    await withDatabase(service.adminUrl, async (connection) => {
      await expect(
        book(connection, [
          [0, 0, 'revenue', 'CNY', '100'],
          [0, 1, 'customer:cash', 'CNY', '-100'],
        ]),
      ).rejects.toMatchObject({ code: '23514' });
      await connection.query('ROLLBACK');
      await expect(book(connection, [[0, 0, 'revenue', 'CNY', '0']])).rejects.toMatchObject({
        code: '23514',
      });
      await connection.query('ROLLBACK');
      const twice =
        "INSERT INTO transactions (id, account, instance_id, step, event, effective_at) SELECT 'odd', account, instance_id, step, event, now() FROM transactions LIMIT 1";
      await expect(connection.query(twice)).rejects.toMatchObject({ code: '23505' });
    });
  });
});

describe('returns', () => {
  it('003-37, M10: five-day, each source to itself', async () => {
    const paid = { cash: '300', gift: '60.01', income: '47.95', voucher: '100' };
    const id = await register(http, cvmPrepaid({ orders: [purchase(hoursAgo(48), { paid })] }));
    expect(await giveBack(id)).toMatchObject({
      kind: 'five-day',
      amount: '407.96',
      parts: { cash: '300.00', gift: '60.01', income: '47.95' },
      fee: '0.00',
    });
    const { account } = await instanceOf(http, id);
    expect(await balancesOf(account)).toEqual({
      currency: 'CNY',
      cash: '300.00',
      gift: '60.01',
      income: '47.95',
    });
    expect(await ledgerOf(id)).toEqual({
      'customer:cash': '300.00',
      'customer:gift': '60.01',
      'customer:income': '47.95',
      'deferred:o1': '0.00',
      refunds: '0.00',
      'world:cash': '-300.00',
      'world:gift': '-60.01',
      'world:income': '-47.95',
    });
  });

  it('003-39, M9: ordinary, in the mix of cash, gift and income; the used part is revenue', async () => {
    const account = await seasoned();
    const paid = { cash: '203.98', gift: '101.99', income: '101.99', voucher: '100' };
    const id = await register(http, cvmPrepaid({ account, orders: [purchase(hoursAgo(48), { paid })] }));
    expect(await giveBack(id)).toMatchObject({
      kind: 'ordinary',
      amount: '387.80',
      parts: { cash: '193.90', gift: '96.95', income: '96.95' },
    });
    expect(await ledgerOf(id)).toMatchObject({ 'deferred:o1': '0.00', revenue: '20.16', refunds: '0.00' });
    expect(await balancesOf(account)).toMatchObject({ cash: '194.90', gift: '96.95', income: '96.95' });
    expect((await http.get(`/v1/accounts/${account}`)).body.rights).toMatchObject([
      {
        product: 'tencent-cvm',
        fiveDay: { limit: 1, used: 1, reserved: 0, left: 0 },
        ordinary: { limit: 3, used: 1, reserved: 0, left: 2 },
      },
      { product: 'tencent-redis', fiveDay: { limit: 1, used: 0, left: 1 }, ordinary: { limit: 3, left: 3 } },
    ]);
  });

  it('003-40: a renewal that has not started comes back whole', async () => {
    const account = await seasoned();
    const startsAt = hoursAgo(48);
    const first = purchase(startsAt);
    const renewal = { ...purchase(first.endsAt), id: 'o2', kind: 'renewal', paid: { cash: '507.96' } };
    const id = await register(http, cvmPrepaid({ account, orders: [first, renewal] }));
    expect(await giveBack(id)).toMatchObject({ kind: 'ordinary', amount: '895.76' });
    expect(await ledgerOf(id)).toMatchObject({
      'deferred:o1': '0.00',
      'deferred:o2': '0.00',
      revenue: '20.16',
      'customer:cash': '895.76',
    });
    expect((await instanceOf(http, id)).orders.map((order) => order.status)).toEqual(['closed', 'closed']);
  });

  it('003-41: an upgrade comes back by days', async () => {
    const account = await seasoned();
    const startsAt = hoursAgo(72);
    const endsAt = new Date(Date.parse(startsAt) + 365 * DAY).toISOString();
    const upgrade = {
      id: 'u1',
      kind: 'upgrade',
      channel: 'standard',
      startsAt: hoursAgo(60),
      endsAt,
      paid: { cash: '100' },
    };
    const id = await register(
      http,
      cvmPrepaid({ account, orders: [purchase(startsAt, { endsAt }), upgrade] }),
    );
    expect(await giveBack(id)).toMatchObject({ kind: 'ordinary', amount: '502.10' });
    expect(await ledgerOf(id)).toMatchObject({
      'deferred:o1': '0.00',
      'deferred:u1': '0.00',
      revenue: '5.86',
    });
  });

  it('M6, M16: an upgrade bought on the way ends with its order, and comes back by days', async () => {
    const account = await seasoned();
    const endsAt = fromNow(200 * DAY);
    const id = await register(http, cvmPrepaid({ account, orders: [purchase(hoursAgo(48), { endsAt })] }));
    const { orders } = expectStatus(
      await http.post(`/v1/instances/${id}/orders`, { kind: 'upgrade', paid: { cash: '100', gift: '100' } }),
      200,
    ).body;
    expect(orders[1]).toMatchObject({
      kind: 'upgrade',
      status: 'in-force',
      paid: { cash: '100.00', gift: '100.00' },
    });
    expect(Date.parse(orders[1]!.endsAt)).toBe(Date.parse(endsAt));
    expect(await ledgerOf(id)).toMatchObject({
      [`deferred:${orders[1]!.id}`]: '200.00',
      'world:gift': '-100.00',
    });
    await fastForward(http, id, 'PT1H');
    // 407.96 − 48 × 0.42 + 200 / 200 × (200 − 1): hours stop counting at the upgrade.
    expect(await giveBack(id)).toMatchObject({
      kind: 'ordinary',
      amount: '586.80',
      parts: { cash: '487.30', gift: '99.50' },
    });
    expect(await ledgerOf(id)).toMatchObject({ revenue: '21.16', [`deferred:${orders[1]!.id}`]: '0.00' });
  });

  it('003-32, M15: a refund of nothing is a refund all the same: orders close, the right is used, revenue is booked', async () => {
    const account = await seasoned();
    const id = await register(http, cvmPrepaid({ account, orders: [purchase(hoursAgo(24 * 320))] }));
    const refund = await giveBack(id);
    expect(refund).toMatchObject({
      kind: 'ordinary',
      amount: '0.00',
      parts: { cash: '0.00', gift: '0.00', income: '0.00' },
    });
    expect(await ledgerOf(id)).toEqual({ 'deferred:o1': '0.00', revenue: '407.96', 'world:cash': '-407.96' });
    expect((await instanceOf(http, id)).state).toBe('isolated');
    expect((await http.get(`/v1/accounts/${account}`)).body.rights[0]!.ordinary).toMatchObject({
      used: 1,
      left: 2,
    });
  });

  it('001-16: a promotion order is blocked, and nothing moves', async () => {
    const id = await register(
      http,
      redisPrepaid({ orders: [purchase(hoursAgo(48), { channel: 'promotion' })] }),
    );
    const { id: quoteId, items } = await quote(http, [id], { action: 'return' });
    expect(items[0]).toMatchObject({ permitted: false, refund: { currency: 'CNY' } });
    expect(items[0]!.blockers.map((one) => one.code)).toEqual(['PROMOTION_CHANNEL']);
    expect(Object.keys(items[0]!.refund).sort()).toEqual(['currency', 'kind']);
    expect(await http.post('/v1/terminations', { quoteId, agree: true })).toMatchObject({
      status: 409,
      body: { code: 'NOTHING_PERMITTED' },
    });
    expect(await ledgerOf(id)).toEqual({ 'deferred:o1': '407.96', 'world:cash': '-407.96' });
    expect((await instanceOf(http, id)).state).toBe('running');
  });

  it('E5: a hold on the account needs approval, for returns; lifting it lets them through', async () => {
    const id = await register(http, cvmPrepaid());
    const { account } = await instanceOf(http, id);
    expect(
      expectStatus(await http.put(`/v1/accounts/${account}`, { hold: true, reason: 'abuse?' }), 200).body,
    ).toMatchObject({
      hold: true,
      arrears: false,
    });
    const codes = async () =>
      (await quote(http, [id], { action: 'return' })).items[0]!.blockers.map((one) => one.code);
    expect(await codes()).toEqual(['APPROVAL_REQUIRED']);
    expectStatus(await http.put(`/v1/accounts/${account}`, { hold: false, reason: 'no abuse' }), 200);
    expect(await codes()).toEqual([]);
    // A hold that comes between quote and confirmation makes the quote stale (E5 is judged at the
    // confirmation).
    const { id: quoteId } = await quote(http, [id], { action: 'return' });
    expectStatus(await http.put(`/v1/accounts/${account}`, { hold: true, reason: 'abuse!' }), 200);
    expect(await http.post('/v1/terminations', { quoteId, agree: true })).toMatchObject({
      status: 409,
      body: {
        code: 'QUOTE_STALE',
        changes: expect.arrayContaining([
          expect.objectContaining({ field: 'blockers', old: '', new: 'APPROVAL_REQUIRED' }),
        ]),
      },
    });
    expect(await ledgerOf(id)).toEqual({ 'deferred:o1': '407.96', 'world:cash': '-407.96' });
    expect(
      await rowsOf('SELECT changed_by, reason, hold FROM account_changes WHERE account = $1 ORDER BY id', [
        account,
      ]),
    ).toEqual([
      { changed_by: 'operator', reason: 'abuse?', hold: true },
      { changed_by: 'operator', reason: 'no abuse', hold: false },
      { changed_by: 'operator', reason: 'abuse!', hold: true },
    ]);
  });
});

it('E2: a right is reserved at the acceptance, and given back when the item fails', async () => {
  const id = await register(http, cvmPrepaid());
  const { account } = await instanceOf(http, id);
  const rights = async () => (await http.get(`/v1/accounts/${account}`)).body.rights[0];
  const { id: quoteId } = await quote(http, [id], { action: 'return' });
  // Accepted, and its sender gone: meanwhile somebody protects the instance; then the sweep comes.
  const terminationId = `t_${randomUUID()}`;
  expect(await acceptQuote(service.pool, { quoteId, terminationId, by: 'test', via: 'api' })).toMatchObject({
    ok: true,
  });
  expect(await rights()).toMatchObject({ fiveDay: { limit: 1, used: 0, reserved: 1, left: 0 } });
  expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'wait' }), 200);
  expect(await settled(http, terminationId)).toMatchObject({
    items: [{ status: 'failed', refundId: null, problem: { code: 'PROTECTED', state: 'running' } }],
  });
  expect(await rights()).toMatchObject({ fiveDay: { used: 0, reserved: 0, left: 1 } });
  expect(await ledgerOf(id)).toEqual({ 'deferred:o1': '407.96', 'world:cash': '-407.96' });
  expectStatus(await http.post(`/v1/instances/${id}/unprotect`, { reason: 'go' }), 200);
  expect(await giveBack(id)).toMatchObject({ kind: 'five-day', amount: '407.96' });
  expect(await rights()).toMatchObject({ fiveDay: { used: 1, reserved: 0, left: 0 } });
});

describe('restores', () => {
  it('003-22, M14: debits gift, income, then cash; the refund stays', async () => {
    const paid = { cash: '357.96', gift: '20', income: '30', voucher: '100' };
    const id = await register(http, cvmPrepaid({ orders: [purchase(hoursAgo(48), { paid })] }));
    await giveBack(id);
    const restored = expectStatus(
      await http.post(`/v1/instances/${id}/restore`, { renewal: { months: 2 } }),
      200,
    ).body;
    expect(restored.orders.at(-1)).toMatchObject({
      kind: 'renewal',
      status: 'in-force',
      paid: { cash: '52.00', gift: '20.00', income: '30.00', voucher: '0.00' },
    });
    expect(restored).toMatchObject({ billingStoppedAt: null, expiresAt: restored.orders.at(-1)!.endsAt });
    expect(await balancesOf(restored.account)).toEqual({
      currency: 'CNY',
      cash: '305.96',
      gift: '0.00',
      income: '0.00',
    });
    const renewal = restored.orders.at(-1)!.id;
    expect(await ledgerOf(id)).toMatchObject({
      'deferred:o1': '0.00',
      [`deferred:${renewal}`]: '102.00',
      'customer:cash': '305.96',
    });
    // M15: returned again, only the renewal counts, and the five-day clock is where it was; the right is used
    // up.
    const { id: quoteId, items } = await quote(http, [id], { action: 'return' });
    expect(items[0]!.refund).toMatchObject({ kind: 'ordinary' });
    expectStatus(await http.post('/v1/terminations', { quoteId, agree: true }), 202);
    expect(await ledgerOf(id)).toMatchObject({ [`deferred:${renewal}`]: '0.00' });
    const kinds = (await http.get(`/v1/accounts/${restored.account}/statement`)).body.items.map(
      (row) => row.kind,
    );
    expect(kinds).toEqual(['refund', 'renewal', 'refund']);
  });

  it('409 INSUFFICIENT_BALANCE leaves state, step and books as they were', async () => {
    const id = await register(http, cvmPrepaid());
    await giveBack(id);
    const [before, books] = [await instanceOf(http, id), await ledgerOf(id)];
    const reply = await http.post(`/v1/instances/${id}/restore`, { renewal: { months: 12 } });
    expect(reply).toMatchObject({ status: 409, body: { code: 'INSUFFICIENT_BALANCE', state: 'isolated' } });
    expect({ ...(await instanceOf(http, id)), clock: 0 }).toEqual({ ...before, clock: 0 });
    expect(await ledgerOf(id)).toEqual(books);
    expect(await balancesOf(before.account)).toMatchObject({ cash: '407.96' });
    // Eight months at 0.88 are 359.04: enough.
    expectStatus(await http.post(`/v1/instances/${id}/restore`, { renewal: { months: 8 } }), 200);
    expect(await balancesOf(before.account)).toMatchObject({ cash: '48.92' });
  });

  it('E6: in arrears nothing leaves the bin but by time', async () => {
    const [prepaid, postpaid] = await Promise.all([
      register(http, cvmPrepaid()),
      register(http, redisPostpaid()),
    ]);
    await giveBack(prepaid);
    await end(http, [postpaid]);
    const renewal = { renewal: { months: 1, paid: { cash: '51' } } };
    for (const [id, body] of [
      [prepaid, renewal],
      [postpaid, {}],
    ] as const) {
      const { account, step } = await instanceOf(http, id);
      const books = await ledgerOf(id);
      expectStatus(await http.put(`/v1/accounts/${account}`, { arrears: true, reason: 'unpaid' }), 200);
      expect(await http.post(`/v1/instances/${id}/restore`, body)).toMatchObject({
        status: 409,
        body: { code: 'IN_ARREARS', state: 'isolated' },
      });
      expect(await instanceOf(http, id)).toMatchObject({ state: 'isolated', step });
      expect(await ledgerOf(id)).toEqual(books);
      expectStatus(await http.put(`/v1/accounts/${account}`, { arrears: false, reason: 'paid' }), 200);
      expectStatus(await http.post(`/v1/instances/${id}/restore`, body), 200);
    }
  });

  it('001-05, E6: in arrears a postpaid Redis can’t be destroyed; a CVM can', async () => {
    const account = newAccount();
    const [redis, cvm] = await Promise.all([
      register(http, redisPostpaid({ account })),
      register(http, cvmPostpaid({ account })),
    ]);
    expectStatus(await http.put(`/v1/accounts/${account}`, { arrears: true, reason: 'unpaid' }), 200);
    const { id: quoteId, items } = await quote(http, [redis, cvm]);
    expect(items).toMatchObject([
      { permitted: false, blockers: [{ code: 'IN_ARREARS' }] },
      { permitted: true },
    ]);
    const { body } = expectStatus(await http.post('/v1/terminations', { quoteId, agree: true }), 202);
    expect(body.items).toMatchObject([
      { status: 'refused', problem: { code: 'IN_ARREARS', status: 409 } },
      { status: 'done', problem: null },
    ]);
    expect([(await instanceOf(http, redis)).state, (await instanceOf(http, cvm)).state]).toEqual([
      'running',
      'terminated',
    ]);
  });
});

describe('time and renewals', () => {
  it('L3, J3: what expires becomes revenue, upgrade and all, without a refund', async () => {
    const endsAt = fromNow(2 * DAY);
    const upgrade = {
      id: 'u1',
      kind: 'upgrade',
      channel: 'standard',
      startsAt: hoursAgo(24),
      endsAt,
      paid: { gift: '12.34' },
    };
    const id = await register(
      http,
      redisPrepaid({ orders: [purchase(hoursAgo(24 * 30), { endsAt }), upgrade] }),
    );
    await fastForward(http, id, 'P3D');
    expect(await ledgerOf(id)).toEqual({
      'deferred:o1': '0.00',
      'deferred:u1': '0.00',
      revenue: '420.30',
      'world:cash': '-407.96',
      'world:gift': '-12.34',
    });
    const { account, state } = await instanceOf(http, id);
    expect(state).toBe('isolated');
    expect((await http.get(`/v1/refunds?instanceId=${id}`)).body.items).toEqual([]);
    expect((await http.get(`/v1/accounts/${account}`)).body.balances).toEqual([]);
  });

  it('M10, J2: a five-day return takes an order that has ended back out of revenue', async () => {
    const between = fromNow(DAY);
    const renewal = { ...purchase(between), id: 'o2', kind: 'renewal', paid: { cash: '10', gift: '1' } };
    const id = await register(
      http,
      cvmPrepaid({ orders: [purchase(hoursAgo(48), { endsAt: between }), renewal] }),
    );
    await fastForward(http, id, 'P2D');
    expect(await ledgerOf(id)).toMatchObject({
      'deferred:o1': '0.00',
      revenue: '407.96',
      'deferred:o2': '11.00',
    });
    expect(await giveBack(id)).toMatchObject({
      kind: 'five-day',
      amount: '418.96',
      parts: { cash: '417.96', gift: '1.00' },
    });
    expect(await ledgerOf(id)).toMatchObject({
      revenue: '0.00',
      'deferred:o2': '0.00',
      'customer:cash': '417.96',
    });
  });

  it('a renewal that Sunset prices takes tier and bandwidth, and is refused when it can’t be paid', async () => {
    const account = newAccount();
    const rich = await register(http, cvmPrepaid({ account }));
    await giveBack(rich);
    const id = await register(
      http,
      cvmPrepaid({ account, network: { billing: 'bandwidth', hour: '0.063', month: '9' } }),
    );
    const { step } = await instanceOf(http, id);
    expect(await http.post(`/v1/instances/${id}/orders`, { kind: 'renewal', months: 12 })).toMatchObject({
      status: 409,
      body: { code: 'INSUFFICIENT_BALANCE', state: 'running' },
    });
    expect((await instanceOf(http, id)).step).toBe(step);
    // 6 × (51 + 9) × 0.88.
    const { orders } = expectStatus(
      await http.post(`/v1/instances/${id}/orders`, { kind: 'renewal', months: 6 }),
      200,
    ).body;
    expect(orders[1]).toMatchObject({ status: 'future', paid: { cash: '316.80' } });
    expect(await balancesOf(account)).toMatchObject({ cash: '91.16' });
    const statement = (await http.get(`/v1/accounts/${account}/statement`)).body.items;
    expect(statement).toMatchObject([
      { kind: 'renewal', amount: '-316.80', instanceId: id, refundId: null },
      { kind: 'refund', amount: '407.96', instanceId: rich },
    ]);
  });

  it('E2: ten renewals at once spend a balance once', async () => {
    const id = await register(http, cvmPrepaid());
    const { account } = await instanceOf(http, id);
    await giveBack(id);
    const others = await Promise.all(
      Array.from({ length: 10 }, () => register(http, cvmPrepaid({ account }))),
    );
    const replies = await Promise.all(
      others.map((one) => http.post(`/v1/instances/${one}/orders`, { kind: 'renewal', months: 2 })),
    );
    // 407.96 pays for three renewals of 102.
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 200, 200, ...Array(7).fill(409)]);
    for (const { status, body } of replies)
      if (status === 409) expect(body.code).toBe('INSUFFICIENT_BALANCE');
    expect(await balancesOf(account)).toMatchObject({ cash: '101.96' });
  });
});

describe('other currencies', () => {
  const prices = (currency: string, month: string, hour: string): Fields => ({
    version: 'v1',
    currency,
    month,
    hour,
  });

  it('JPY has no decimals: whole yen are paid, split and shown', async () => {
    const account = newAccount();
    const order = (paid: Fields) => [purchase(hoursAgo(48), { paid })];
    const five = await register(
      http,
      cvmPrepaid({ account, prices: prices('JPY', '51', '0.42'), orders: order({ cash: '1' }) }),
    );
    expect(await giveBack(five)).toMatchObject({ kind: 'five-day', currency: 'JPY', amount: '1', fee: '0' });
    const id = await register(
      http,
      cvmPrepaid({
        account,
        prices: prices('JPY', '51', '0.42'),
        orders: order({ cash: '100', gift: '99' }),
      }),
    );
    // 199 − 48 × 0.42 = 178.84: half up to 179, in the ratio 100 : 99 that is 89.95 and 89.05.
    expect(await giveBack(id)).toMatchObject({
      kind: 'ordinary',
      currency: 'JPY',
      amount: '179',
      parts: { cash: '90', gift: '89', income: '0' },
    });
    expect(await ledgerOf(id)).toEqual({
      'customer:cash': '90',
      'customer:gift': '89',
      'deferred:o1': '0',
      refunds: '0',
      revenue: '20',
      'world:cash': '-100',
      'world:gift': '-99',
    });
    expect(await balancesOf(account)).toEqual({ currency: 'JPY', cash: '91', gift: '89', income: '0' });
    const { orders } = await instanceOf(http, id);
    expect(orders[0]!.paid).toEqual({ cash: '100', gift: '99', income: '0', voucher: '0' });
  });

  it('KWD has three', async () => {
    const account = newAccount();
    const five = await register(
      http,
      cvmPrepaid({
        account,
        prices: prices('KWD', '51', '0.42'),
        orders: [purchase(hoursAgo(48), { paid: { cash: '0.001' } })],
      }),
    );
    expect(await giveBack(five)).toMatchObject({
      kind: 'five-day',
      currency: 'KWD',
      amount: '0.001',
      fee: '0.000',
    });
    const id = await register(
      http,
      cvmPrepaid({
        account,
        prices: prices('KWD', '51', '0.03335'),
        orders: [purchase(hoursAgo(48), { paid: { cash: '407.961', voucher: '1.5' } })],
      }),
    );
    // 407.961 − 48 × 0.03335 = 406.3602, and a few seconds more of use are far below half a fils.
    expect(await giveBack(id)).toMatchObject({
      kind: 'ordinary',
      currency: 'KWD',
      amount: '406.360',
      parts: { cash: '406.360', gift: '0.000' },
    });
    expect(await balancesOf(account)).toEqual({
      currency: 'KWD',
      cash: '406.361',
      gift: '0.000',
      income: '0.000',
    });
    const restored = expectStatus(
      await http.post(`/v1/instances/${id}/restore`, { renewal: { months: 1 } }),
      200,
    ).body;
    expect(restored.orders.at(-1)!.paid).toEqual({
      cash: '51.000',
      gift: '0.000',
      income: '0.000',
      voucher: '0.000',
    });
  });

  it('balances of two currencies are kept apart', async () => {
    const account = newAccount();
    const cny = await register(http, cvmPrepaid({ account }));
    const usd = await register(
      http,
      redisPrepaid({
        account,
        prices: prices('USD', '5', '0.01'),
        orders: [purchase(hoursAgo(48), { paid: { cash: '60' } })],
      }),
    );
    await giveBack(cny);
    await giveBack(usd);
    expect((await http.get(`/v1/accounts/${account}`)).body.balances).toEqual([
      { currency: 'CNY', cash: '407.96', gift: '0.00', income: '0.00' },
      { currency: 'USD', cash: '60.00', gift: '0.00', income: '0.00' },
    ]);
    // 12 months of 5 USD at 0.83 are 49.80; yuan can't pay for them.
    expectStatus(await http.post(`/v1/instances/${usd}/restore`, { renewal: { months: 12 } }), 200);
    await balancesOf(account);
    expect((await http.post(`/v1/instances/${usd}/orders`, { kind: 'renewal', months: 12 })).body.code).toBe(
      'INSUFFICIENT_BALANCE',
    );
  });

  it('the largest amounts that may be stated are booked to the last cent', async () => {
    const nines = '999999999999999.99';
    const paid = { cash: nines, gift: nines, income: nines, voucher: nines };
    const id = await register(
      http,
      cvmPrepaid({
        prices: { version: 'v', currency: 'CNY', month: nines, hour: '999999999999999.9999999999' },
        orders: [purchase(hoursAgo(48), { paid })],
      }),
    );
    expect(await giveBack(id)).toMatchObject({ amount: '2999999999999999.97' });
    expect(await balancesOf((await instanceOf(http, id)).account)).toMatchObject({
      cash: nines,
      gift: nines,
      income: nines,
    });
    expect((await http.post(`/v1/instances/${id}/restore`, { renewal: { months: 120 } })).body.code).toBe(
      'INSUFFICIENT_BALANCE',
    );
  });
});
