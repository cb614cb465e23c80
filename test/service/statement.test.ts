/** The books to look at: the statement as CSV, balances at an instant, the trial balance. */
import { toCsv } from '../../api/csv';
import type { Body, Http } from '../support/http';
import { cvmPrepaid, end, expectStatus, hoursAgo, newAccount, purchase, redisPrepaid, register } from '../support/lives';
import { type ServiceUnderTest, startService } from '../support/service';

let service: ServiceUnderTest;
let http: Http;
beforeAll(async () => {
  service = await startService();
  http = service.http;
});
afterAll(() => service.stop());

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
  expectStatus(await http.post(`/v1/refunds/${items[0].refundId}/undo`, { reason: WORDS }), 200);
  await end(http, [id], { action: 'return' });
  expectStatus(await http.post(`/v1/instances/${id}/restore`, { renewal: { months: 1 } }), 200);
  return account;
}

describe('the statement as CSV', () => {
  const statement = (account: string, more = '') => `/v1/accounts/${account}/statement?${more}`;
  const csv = (path: string) => http.get(path, { headers: { accept: 'text/csv' } });
  let account: string;
  let rows: Body[];
  beforeAll(async () => {
    account = await movements();
    rows = expectStatus(await http.get(statement(account)), 200).body.items;
  });

  it('says what the JSON says, the reversal with what it reverses and why', async () => {
    expect(rows.map(({ kind }) => kind)).toEqual(['renewal', 'refund', 'reversal', 'refund']);
    expect(rows[2]).toMatchObject({ reverses: rows[3].id, reason: WORDS, refundId: rows[3].refundId, amount: `-${rows[3].amount}` });
    for (const index of [0, 1, 3]) expect(Object.keys(rows[index])).not.toContain('reverses');
    const { status, headers, body } = await csv(statement(account));
    expect([status, headers.get('content-type'), headers.get('link')]).toEqual([200, 'text/csv; charset=utf-8; header=present', null]);
    const [header, ...lines] = parseCsv(body);
    expect(header!.join()).toBe('id,kind,currency,amount,cash,gift,income,instanceId,refundId,reverses,reason,effectiveAt,recordedAt');
    const cells = rows.map(({ parts, ...row }) => ({ ...row, ...parts, reason: row.reason === undefined ? '' : `'${row.reason}` }));
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
      const reply = expectStatus(await csv(next), 200);
      const [header, ...lines] = parseCsv(reply.body);
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
    const texts = ['=1+1', '+1', '-1', '@a', '\tx', '\rx', '＝1', '＋1', '－1', '＠x', 'plain', '', 'a=b', '"', ',', 'a\nb'];
    const lines = parseCsv(toCsv(columns, texts));
    expect(lines.slice(1)).toEqual(texts.map((text, index) => [index < 10 ? `'${text}` : text, '-1.50']));
  });
});

describe('balances at an instant', () => {
  const at = async (account: string, instant?: string): Promise<Body> =>
    expectStatus(await http.get(`/v1/accounts/${account}/balances${instant ? `?at=${encodeURIComponent(instant)}` : ''}`), 200).body;

  it('M21: are the sums of what was recorded up to it, itself included', async () => {
    const account = await movements();
    const movementsOf: Body[] = (await http.get(`/v1/accounts/${account}/statement`)).body.items.reverse();
    const now = await at(account);
    expect(now).toMatchObject({ account, at: expect.stringMatching(/Z$/) });
    expect(now.balances).toEqual((await http.get(`/v1/accounts/${account}`)).body.balances);
    const [first, second, third] = movementsOf;
    expect((await at(account, '2020-01-01T00:00:00Z')).balances).toEqual([]);
    expect((await at(account, first.recordedAt)).balances).toEqual([{ currency: 'CNY', ...first.parts }]);
    expect((await at(account, second.recordedAt)).balances).toEqual([{ currency: 'CNY', cash: '0.00', gift: '0.00', income: '0.00' }]);
    expect((await at(account, third.recordedAt)).balances).toEqual([{ currency: 'CNY', ...third.parts }]);
    const justBefore = new Date(Date.parse(first.recordedAt) - 1).toISOString();
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
    await register(http, redisPrepaid({ prices, orders: [purchase(hoursAgo(1), { paid: { cash: '700' } })] }));
    const { body } = expectStatus(await http.get('/v1/trial-balance'), 200);
    expect(body.totals.map(({ currency }: Body) => currency)).toEqual(['CNY', 'JPY']);
    for (const { debit, credit } of body.totals) expect(debit).toBe(credit);
    const line = (ledgerAccount: string, currency: string) =>
      body.lines.find((one: Body) => one.ledgerAccount === ledgerAccount && one.currency === currency);
    expect(line('world:cash', 'JPY')).toEqual({ ledgerAccount: 'world:cash', currency: 'JPY', debit: '700', credit: '0', balance: '-700' });
    expect(line('deferred', 'JPY')).toMatchObject({ debit: '0', credit: '700', balance: '700' });
    expect(line('refunds', 'CNY').balance).toBe('0.00');
    const { rows } = await service.pool.query(
      `SELECT regexp_replace(ledger_account, '^deferred:.*', 'deferred') AS account, currency, sum(amount) AS amount FROM entries GROUP BY 1, 2`,
    );
    expect(body.lines).toHaveLength(rows.length);
    for (const { account, currency, amount } of rows) expect(Number(line(account, currency).balance)).toBeCloseTo(Number(amount), 6);
  });

  it('M21: at the very instant that a line says of itself it has that line', async () => {
    const account = await movements();
    const items: Body[] = (await http.get(`/v1/accounts/${account}/statement`)).body.items;
    const creditAt = async (instant: string): Promise<number> => {
      const { lines } = expectStatus(await http.get(`/v1/trial-balance?at=${instant}`), 200).body;
      return Number(lines.find((one: Body) => one.ledgerAccount === 'customer:cash' && one.currency === 'CNY')?.credit ?? 0);
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
    expect(expectStatus(await http.get('/v1/trial-balance?at=2020-01-01T00:00:00Z'), 200).body).toMatchObject({ lines: [], totals: [] });
  });
});
