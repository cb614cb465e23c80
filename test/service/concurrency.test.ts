/** Many at once: one confirmation of many, one key from many clients, many returns on few rights. */
import { randomUUID } from 'node:crypto';
import type { Body, Http } from '../support/http';
import { cvmPostpaid, cvmPrepaid, end, expectStatus, instanceOf, newAccount, register, settled } from '../support/lives';
import { type ServiceUnderTest, startService } from '../support/service';

let service: ServiceUnderTest;
let http: Http;
beforeAll(async () => {
  service = await startService();
  http = service.http;
});
afterAll(() => service.stop());

const times = <T>(n: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: n }, (_, index) => make(index)));

it('000-11, 000-23: 20 instances ended in one confirmation', async () => {
  const account = newAccount();
  const ids = await times(20, () => register(http, cvmPostpaid({ account })));
  const done = await end(http, ids);
  expect(done.items.map((item: Body) => item.status)).toEqual(ids.map(() => 'done'));
  expect((await http.get(`/v1/instances?account=${account}&state=terminated`)).body.items).toHaveLength(20);
  expect((await http.get(`/v1/instances?account=${account}`)).body.items).toHaveLength(0);
});

it('L8: the same Idempotency-Key from 20 parallel clients has one effect, and all get the same answer', async () => {
  const id = await register(http, cvmPrepaid());
  const { body: quote } = await http.post('/v1/quotes', { action: 'return', instanceIds: [id] });
  const key = randomUUID();
  const answers = await times(20, () => agreed(quote.id, key));
  expect(new Set(answers.map((answer) => answer.id)).size).toBe(1);
  await settled(http, answers[0].id);
  const { account } = await instanceOf(http, id);
  expect((await http.get(`/v1/refunds?account=${account}`)).body.items).toMatchObject([{ amount: '407.96', status: 'done' }]);
  expect((await http.get(`/v1/terminations?account=${account}`)).body.items).toHaveLength(1);
});

/** Asks again while another client's request with the key is still running. */
async function agreed(quoteId: string, key: string): Promise<Body> {
  for (;;) {
    const reply = await http.post('/v1/terminations', { quoteId, agree: true }, { key });
    if (reply.status === 409 && reply.body.code === 'IDEMPOTENCY_RUNNING') continue;
    return expectStatus(reply, 202).body;
  }
}

it('L8: the same command from 20 parallel clients under one key; another key gets 409 with the state', async () => {
  const id = await register(http, cvmPostpaid());
  await end(http, [id], { schedule: { mode: 'later' } });
  const key = randomUUID();
  const replies = await times(20, () => http.post(`/v1/instances/${id}/purge`, { confirm: id }, { key }));
  expect(replies.filter((reply) => reply.status === 200).length).toBeGreaterThan(0);
  expect(replies.every((reply) => reply.status === 200 || reply.body.code === 'IDEMPOTENCY_RUNNING')).toBe(true);
  expect((await http.post(`/v1/instances/${id}/purge`, { confirm: id })).body).toMatchObject({
    status: 409,
    code: 'WRONG_STATE',
    state: 'terminated',
  });
  const { rows } = await service.pool.query("SELECT count(*) FROM steps WHERE instance_id = $1 AND command = 'purge'", [id]);
  expect(rows[0].count).toBe(1);
});

/** Quotes again on `QUOTE_STALE`, as the contract asks, until the return is accepted or the rights are used up. */
async function returnOrGiveUp(id: string): Promise<'five-day' | 'ordinary' | 'QUOTA_USED'> {
  for (;;) {
    const quote = expectStatus(await http.post('/v1/quotes', { action: 'return', instanceIds: [id] }), 201).body;
    const [item] = quote.items;
    if (!item.permitted) {
      expect(item.blockers.map((one: Body) => one.code)).toEqual(['QUOTA_USED']);
      return 'QUOTA_USED';
    }
    const reply = await http.post('/v1/terminations', { quoteId: quote.id, agree: true });
    if (reply.status === 202) {
      const done = await settled(http, reply.body.id);
      expect(done.items).toMatchObject([{ status: 'done' }]);
      return item.refund.kind;
    }
    expect(reply.body).toMatchObject({ status: 409, code: 'QUOTE_STALE' });
    expect(reply.body.changes.length).toBeGreaterThan(0);
  }
}

it('E2: 10 parallel returns on quotas 1 and 3: exactly one five-day and three ordinary', async () => {
  const account = newAccount();
  const ids = await times(10, () => register(http, cvmPrepaid({ account })));
  const kinds = await Promise.all(ids.map(returnOrGiveUp));
  expect([...kinds].sort()).toEqual([
    'QUOTA_USED',
    'QUOTA_USED',
    'QUOTA_USED',
    'QUOTA_USED',
    'QUOTA_USED',
    'QUOTA_USED',
    'five-day',
    'ordinary',
    'ordinary',
    'ordinary',
  ]);
  const { rights, balances } = (await http.get(`/v1/accounts/${account}`)).body;
  expect(rights.find((row: Body) => row.product === 'tencent-cvm')).toEqual({
    product: 'tencent-cvm',
    fiveDay: { limit: 1, used: 1, reserved: 0, left: 0 },
    ordinary: { limit: 3, used: 3, reserved: 0, left: 0 },
  });
  // 407.96 once, 387.80 three times: to the cent, whoever came first.
  expect(balances).toEqual([{ currency: 'CNY', cash: '1571.36', gift: '0.00', income: '0.00' }]);
});

it('E7: one confirmation over more items than rights: placed where they pay most, the rest refused', async () => {
  const account = newAccount();
  const ids = await times(6, () => register(http, cvmPrepaid({ account })));
  const done = await end(http, ids, { action: 'return' });
  expect(done.items.map((item: Body) => item.status)).toEqual(['done', 'done', 'done', 'done', 'refused', 'refused']);
  expect(done.items[4].problem).toMatchObject({ code: 'QUOTA_USED' });
});
