/** The books to look at: the statement as CSV, balances at an instant, the trial balance. */

import { toCsv } from '../../api/http/csv';
import { audit } from '../../store/audit';
import type { Balances, Movement } from '../support/answered';
import { bodyOf, type WholeReply } from '../support/http';
import {
  cvmPrepaid,
  end,
  expectStatus,
  type Fields,
  hoursAgo,
  newAccount,
  newId,
  purchase,
  redisPrepaid,
  register,
} from '../support/lives';
import { useService } from '../support/service';

const { service, http } = useService();

/** RFC 4180, read back by other means than it was written. */
function parseCsv(text: string): string[][] {
  const lines: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n"]*))(,|\r\n)/g)) {
    lines.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === '\r\n') lines.push([]);
  }
  return lines.slice(0, -1);
}

const paid = { cash: '203.98', gift: '101.99', income: '101.99', voucher: '100' };
const WORDS = '=HYPERLINK("http://x", "wrong, and wrong")';

/** A refund, its undoing, another refund, and a renewal that the account paid. */
async function movements(): Promise<string> {
  const account = newAccount();
  const id = await register(http, cvmPrepaid({ account, orders: [purchase(hoursAgo(24 * 40), { paid })] }));
  const { items } = await end(http, [id], { action: 'return' });
  expectStatus(await http.post(`/v1/refunds/${items[0]!.refundId}/undo`, { reason: WORDS }), 200);
  await end(http, [id], { action: 'return' });
  expectStatus(await http.post(`/v1/instances/${id}/restore`, { renewal: { months: 1 } }), 200);
  return account;
}

describe('the statement as CSV', () => {
  const statement = (account: string, more = '') => `/v1/accounts/${account}/statement?${more}` as const;
  const csv = (path: string) => http.call('GET', path, undefined, { headers: { accept: 'text/csv' } });
  let account: string;
  let rows: Movement[];
  beforeAll(async () => {
    account = await movements();
    rows = expectStatus(await http.get(statement(account)), 200).body.items;
  });

  it('says what the JSON says, the reversal with what it reverses and why', async () => {
    expect(rows.map(({ kind }) => kind)).toEqual(['renewal', 'refund', 'reversal', 'refund']);
    expect(rows[2]).toMatchObject({
      reverses: rows[3]!.id,
      reason: WORDS,
      refundId: rows[3]!.refundId,
      amount: `-${rows[3]!.amount}`,
    });
    for (const index of [0, 1, 3]) expect(Object.keys(rows[index]!)).not.toContain('reverses');
    const { status, headers, text } = await csv(statement(account));
    expect([status, headers.get('content-type'), headers.get('link')]).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
      null,
    ]);
    const [header, ...lines] = parseCsv(text);
    expect(header!.join()).toBe(
      'id,kind,currency,amount,cash,gift,income,instanceId,refundId,reverses,reason,effectiveAt,recordedAt,reference,balanceCash,balanceGift,balanceIncome',
    );
    const cells: Fields[] = rows.map(({ parts, balance, ...row }) => ({
      ...row,
      ...parts,
      balanceCash: balance.cash,
      balanceGift: balance.gift,
      balanceIncome: balance.income,
      reason: row.reason === undefined ? '' : `'${row.reason}`,
    }));
    expect(lines).toEqual(cells.map((row) => header!.map((name) => row[name] ?? '')));
  });

  it('by Accept or by format, whichever is said; format wins', async () => {
    const typeOf = async (path: string, accept: string) =>
      (await http.get(path, { headers: { accept } })).headers.get('content-type')!.split(';')[0];
    expect(await typeOf(statement(account), 'text/csv')).toBe('text/csv');
    expect(await typeOf(statement(account), 'application/json;q=0.5, text/csv')).toBe('text/csv');
    expect(await typeOf(statement(account), '*/*')).toBe('application/json');
    expect(await typeOf(statement(account), 'text/html')).toBe('application/json');
    expect(await typeOf(statement(account, 'format=csv'), 'application/json')).toBe('text/csv');
    expect(await typeOf(statement(account, 'format=json'), 'text/csv')).toBe('application/json');
    expect((await http.get(statement(account, 'format=xls'))).status).toBe(400);
    expect((await csv(statement(newAccount()))).body.code).toBe('NOT_FOUND');
  });

  it('page by page, each with its header, by the link to the next', async () => {
    const seen: string[][] = [];
    let next: string | undefined = statement(account, 'limit=3');
    for (let page = 0; next !== undefined; page += 1) {
      const reply: WholeReply = expectStatus(await csv(next), 200);
      const [header, ...lines] = parseCsv(reply.text);
      expect(header![0]).toBe('id');
      expect(lines).toHaveLength(page ? 1 : 3);
      seen.push(...lines);
      next = /^<([^>]+)>; rel="next"$/.exec(reply.headers.get('link') ?? '')?.[1];
    }
    expect(seen.map(([id]) => id)).toEqual(rows.map(({ id }) => id));
    expect((await csv(statement(account, 'cursor=x'))).status).toBe(400);
  });

  it('no text becomes a formula, and amounts stay numbers', () => {
    const columns = [
      { name: 'text', value: (row: string) => row },
      { name: 'number', value: () => '-1.50', isNumber: true },
    ];
    const texts = [
      '=1+1',
      '+1',
      '-1',
      '@a',
      '\tx',
      '\rx',
      '＝1',
      '＋1',
      '－1',
      '＠x',
      'plain',
      '',
      'a=b',
      '"',
      ',',
      'a\nb',
    ];
    const lines = parseCsv(toCsv(columns, texts));
    expect(lines.slice(1)).toEqual(texts.map((text, index) => [index < 10 ? `'${text}` : text, '-1.50']));
  });
});

describe('balances at an instant', () => {
  const at = async (account: string, instant?: string) =>
    bodyOf<Balances>(
      expectStatus(
        await http.get(
          `/v1/accounts/${account}/balances${instant ? `?at=${encodeURIComponent(instant)}` : ''}`,
        ),
        200,
      ),
    );

  it('M21: are the sums of what was recorded up to it, itself included', async () => {
    const account = await movements();
    const movementsOf = (await http.get(`/v1/accounts/${account}/statement`)).body.items.reverse();
    const now = await at(account);
    expect(now).toMatchObject({ account, at: expect.stringMatching(/Z$/) });
    expect(now.balances).toEqual((await http.get(`/v1/accounts/${account}`)).body.balances);
    const [first, second, third] = movementsOf;
    expect((await at(account, '2020-01-01T00:00:00Z')).balances).toEqual([]);
    expect((await at(account, first!.recordedAt)).balances).toEqual([{ currency: 'CNY', ...first!.parts }]);
    expect((await at(account, second!.recordedAt)).balances).toEqual([
      { currency: 'CNY', cash: '0.00', gift: '0.00', income: '0.00' },
    ]);
    expect((await at(account, third!.recordedAt)).balances).toEqual([{ currency: 'CNY', ...third!.parts }]);
    const justBefore = new Date(Date.parse(first!.recordedAt) - 1).toISOString();
    expect((await at(account, justBefore)).balances).toEqual([]);
    const shanghai = await at(account, '2020-01-01T00:00:00+08:00');
    expect(shanghai.at).toBe('2019-12-31T16:00:00.000Z');
  });

  it('refuse what is no instant, and accounts that are not known', async () => {
    expect((await http.get(`/v1/accounts/${newAccount()}/balances`)).status).toBe(404);
    const account = await movements();
    expect((await http.get(`/v1/accounts/${account}/balances?at=yesterday`)).body).toMatchObject({
      code: 'INVALID_REQUEST',
      errors: [{ pointer: '/at', code: 'NOT_A_TIME' }],
    });
  });
});

describe('the trial balance', () => {
  it('has the same in debit and credit, for each currency, and each class as its entries add up to', async () => {
    await movements();
    const prices = { version: 'v1', currency: 'JPY', month: '51', hour: '0.42' };
    await register(
      http,
      redisPrepaid({ prices, orders: [purchase(hoursAgo(1), { paid: { cash: '700' } })] }),
    );
    const { body } = expectStatus(await http.get('/v1/trial-balance'), 200);
    expect(body.totals.map(({ currency }) => currency)).toEqual(['CNY', 'JPY']);
    for (const { debit, credit } of body.totals) expect(debit).toBe(credit);
    const line = (ledgerAccount: string, currency: string) =>
      body.lines.find((one) => one.ledgerAccount === ledgerAccount && one.currency === currency);
    expect(line('world:cash', 'JPY')).toEqual({
      ledgerAccount: 'world:cash',
      currency: 'JPY',
      debit: '700',
      credit: '0',
      balance: '-700',
    });
    expect(line('deferred', 'JPY')).toMatchObject({ debit: '0', credit: '700', balance: '700' });
    expect(line('refunds', 'CNY')!.balance).toBe('0.00');
    const { rows } = await service.pool.query(
      `SELECT regexp_replace(ledger_account, '^deferred:.*', 'deferred') AS account, currency, sum(amount) AS amount FROM entries GROUP BY 1, 2`,
    );
    expect(body.lines).toHaveLength(rows.length);
    for (const { account, currency, amount } of rows)
      expect(Number(line(account, currency)!.balance)).toBeCloseTo(Number(amount), 6);
  });

  it('M21: at the very instant that a line says of itself it has that line', async () => {
    const account = await movements();
    const items = (await http.get(`/v1/accounts/${account}/statement`)).body.items;
    const creditAt = async (instant: string): Promise<number> => {
      const { lines } = expectStatus(await http.get(`/v1/trial-balance?at=${instant}`), 200).body;
      return Number(
        lines.find((one) => one.ledgerAccount === 'customer:cash' && one.currency === 'CNY')?.credit ?? 0,
      );
    };
    for (const { recordedAt, parts } of items.filter(({ kind }) => kind === 'refund')) {
      const before = new Date(Date.parse(recordedAt) - 1).toISOString();
      expect((await creditAt(recordedAt)) - (await creditAt(before))).toBeCloseTo(Number(parts.cash), 2);
    }
  });

  it('as of an instant leaves out what was recorded later', async () => {
    const before = expectStatus(await http.get('/v1/trial-balance'), 200).body;
    await movements();
    const again = expectStatus(await http.get(`/v1/trial-balance?at=${before.at}`), 200).body;
    expect(again).toEqual(before);
    expect(expectStatus(await http.get('/v1/trial-balance?at=2020-01-01T00:00:00Z'), 200).body).toMatchObject(
      { lines: [], totals: [] },
    );
  });
});

describe('deposits, withdrawals and credits', () => {
  const make = (account: string, body: Fields, key?: string) =>
    http.post(
      `/v1/accounts/${account}/adjustments`,
      {
        kind: 'deposit',
        source: 'cash',
        currency: 'CNY',
        amount: '100',
        reason: 'top up',
        reference: newId('pay'),
        ...body,
      },
      key === undefined ? {} : { key },
    );
  const balanceOf = async (account: string) => (await http.get(`/v1/accounts/${account}`)).body.balances[0];

  it('fill and empty balances in double entry, and the statement has each with what was there after it', async () => {
    const account = newAccount();
    const deposit = expectStatus(await make(account, { reference: 'pay-1' }), 201).body;
    expect(deposit).toMatchObject({
      account,
      kind: 'deposit',
      amount: '100.00',
      reference: 'pay-1',
      by: 'operator',
      reason: 'top up',
    });
    expectStatus(
      await make(account, { kind: 'credit', source: 'gift', amount: '7.5', reference: 'sorry' }),
      201,
    );
    expectStatus(await make(account, { kind: 'withdrawal', amount: '60.01', reference: 'out-1' }), 201);
    expect(await balanceOf(account)).toEqual({
      currency: 'CNY',
      cash: '39.99',
      gift: '7.50',
      income: '0.00',
    });
    const { items } = expectStatus(await http.get(`/v1/accounts/${account}/statement`), 200).body;
    expect(
      items.map(({ kind, amount, reference, balance }) => [
        kind,
        amount,
        reference,
        balance.cash,
        balance.gift,
      ]),
    ).toEqual([
      ['withdrawal', '-60.01', 'out-1', '39.99', '7.50'],
      ['credit', '7.50', 'sorry', '100.00', '7.50'],
      ['deposit', '100.00', 'pay-1', '100.00', '0.00'],
    ]);
    expect(items[2]).toMatchObject({
      id: deposit.transactionId,
      instanceId: null,
      refundId: null,
      reason: 'top up',
    });
    const list = (await http.get(`/v1/accounts/${account}/adjustments`)).body.items;
    expect(list.map(({ reference }) => reference)).toEqual(['out-1', 'sorry', 'pay-1']);
    expect((await http.get(`/v1/accounts/${account}/adjustments?reference=pay-1`)).body.items).toEqual([
      deposit,
    ]);
    const { rows } = await service.pool.query(
      'SELECT ledger_account, amount FROM entries WHERE transaction_id = $1 ORDER BY leg',
      [list[1]!.transactionId],
    );
    expect(rows).toEqual([
      { ledger_account: 'credits', amount: '-7.50' },
      { ledger_account: 'customer:gift', amount: '7.50' },
    ]);
  });

  it('once a reference, however often and at once; with other facts it is refused', async () => {
    const account = newAccount();
    const replies = await Promise.all(Array.from({ length: 6 }, () => make(account, { reference: 'pay-1' })));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201]);
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    expect((await balanceOf(account))!.cash).toBe('100.00');
    const other = await make(account, { reference: 'pay-1', amount: '100.01' });
    expect([other.status, other.body.code]).toEqual([409, 'REFERENCE_USED']);
    expect((await make(newAccount(), { reference: 'pay-1' })).status).toBe(201);
  });

  it('a withdrawal takes no more than there is of its source, also many at once', async () => {
    const account = newAccount();
    await make(account, {});
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => make(account, { kind: 'withdrawal', amount: '40' })),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409]);
    const [low] = replies.filter(({ status }) => status === 409);
    expect(low!.body).toMatchObject({
      code: 'BALANCE_TOO_LOW',
      detail: 'The account has 20.00 CNY of cash.',
    });
    expect((await make(account, { kind: 'withdrawal', source: 'gift' })).body.code).toBe('BALANCE_TOO_LOW');
    expect((await make(newAccount(), { kind: 'withdrawal' })).body.code).toBe('BALANCE_TOO_LOW');
    expect((await http.get(`/v1/accounts/${account}/adjustments`)).body.items).toHaveLength(3);
  });

  it('what makes no sense is named', async () => {
    const wrong: [Fields, string, string][] = [
      [{ amount: '0.00' }, '/amount', 'NOT_POSITIVE'],
      [{ amount: '-1' }, '/amount', 'NOT_MONEY'],
      [{ amount: '1.234' }, '/amount', 'TOO_MANY_DIGITS'],
      [{ amount: '1.5', currency: 'JPY' }, '/amount', 'TOO_MANY_DIGITS'],
      [{ currency: 'ABC' }, '/currency', 'UNKNOWN_CURRENCY'],
      [{ source: 'voucher' }, '/source', 'NOT_AN_OPTION'],
      [{ kind: 'refund' }, '/kind', 'NOT_AN_OPTION'],
      [{ reference: '' }, '/reference', 'NOT_TEXT'],
    ];
    for (const [body, pointer] of wrong) {
      expect(await make(newAccount(), body)).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
    }
    expect((await http.get(`/v1/accounts/${newAccount()}/adjustments`)).status).toBe(404);
  });

  it('pay for renewals, and are in the seal and the audit like all that is booked', async () => {
    const account = newAccount();
    await make(account, { amount: '51' });
    const id = await register(http, cvmPrepaid({ account }));
    expectStatus(await http.post(`/v1/instances/${id}/orders`, { kind: 'renewal', months: 1 }), 200);
    expect((await balanceOf(account))!.cash).toBe('0.00');
    const { checks } = await audit(service.pool);
    expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
  });
});

const restOf = async (next: string): Promise<string> => (await http.call('GET', next, undefined)).text;

describe('a span of the statement', () => {
  it('M21: from and to are in it, as they are shown, and the balance after a line is that of its instant', async () => {
    const account = await movements();
    const path = `/v1/accounts/${account}/statement` as const;
    const all = expectStatus(await http.get(path), 200).body.items;
    const [last, , third, first] = all as [Movement, Movement, Movement, Movement];
    const idsOf = async (query: string): Promise<string[]> =>
      expectStatus(await http.get(`${path}?${query}`), 200).body.items.map(({ id }) => id);
    expect(await idsOf(`from=${first.recordedAt}&to=${last.recordedAt}`)).toEqual(all.map(({ id }) => id));
    expect(await idsOf(`from=${last.recordedAt}`)).toEqual([last.id]);
    expect(await idsOf(`to=${first.recordedAt}`)).toEqual([first.id]);
    expect(await idsOf(`to=${new Date(Date.parse(first.recordedAt) - 1).toISOString()}`)).toEqual([]);
    for (const { recordedAt, balance } of all) {
      const { balances } = (await http.get(`/v1/accounts/${account}/balances?at=${recordedAt}`)).body;
      expect(balances).toEqual([{ currency: 'CNY', ...balance }]);
    }
    // The lines before the span count in its balances, and its pages stay in it.
    const csv = await http.get(`${path}?from=${third.recordedAt}&to=${last.recordedAt}&format=csv&limit=2`);
    const next = /^<([^>]+)>/.exec(csv.headers.get('link')!)![1]!;
    const [header, ...lines] = parseCsv(await restOf(next));
    expect(lines).toHaveLength(1);
    expect(lines[0]![header!.indexOf('balanceCash')]).toBe(third.balance.cash);
    expect((await http.get(`${path}?from=yesterday`)).status).toBe(400);
  });
});

describe('refunds and the trial balance as CSV', () => {
  it('say what the JSON says', async () => {
    const account = await movements();
    const refunds = (await http.get(`/v1/refunds?account=${account}`)).body.items;
    const page = expectStatus(
      await http.call('GET', `/v1/refunds?account=${account}&limit=1`, undefined, {
        headers: { accept: 'text/csv' },
      }),
      200,
    );
    const next = /^<([^>]+)>/.exec(page.headers.get('link')!)![1]!;
    const [header, ...lines] = [...parseCsv(page.text), ...parseCsv(await restOf(next)).slice(1)];
    const column = (name: string): string[] => lines.map((line) => line[header!.indexOf(name)]!);
    for (const name of ['id', 'status', 'amount', 'fee', 'currency'] as const)
      expect(column(name)).toEqual(refunds.map((row) => row[name]));
    expect(column('cash')).toEqual(refunds.map(({ parts }) => parts.cash));
    expect(column('reversedAt')).toEqual(['', expect.stringMatching(/Z$/)]);
    const { lines: books, at } = (await http.get('/v1/trial-balance')).body;
    const trial = await http.get(`/v1/trial-balance?at=${at}&format=csv`);
    expect(trial.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    const [names, ...rows] = parseCsv(trial.body);
    expect(rows).toEqual(books.map((row) => names!.map((name) => (row as Fields)[name])));
  });
});
