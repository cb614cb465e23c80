/** What the console asks beside lists of instances: accounts, prices of renewals, the audit's checks, the seal. */
import { CHECKS } from '../../store/audit';
import type { Page } from '../support/answered';
import { as } from '../support/keys';
import {
  cvmPostpaid,
  cvmPrepaid,
  end,
  expectStatus,
  jdPrepaid,
  newAccount,
  register,
  until,
} from '../support/lives';
import { useService } from '../support/service';
import { signIn } from '../support/session';

const { service, http } = useService({ webUi: 'http://127.0.0.1:8233' });

it('accounts by name, with how many instances live; a tenant has its own alone', async () => {
  const stem = newAccount();
  const names = ['b', 'a', 'C'].map((one) => `${stem}-${one}`);
  for (const account of names) await register(http, cvmPostpaid({ account }));
  const gone = await register(http, cvmPostpaid({ account: names[0] }));
  await end(http, [gone]);
  expectStatus(await http.put(`/v1/accounts/${names[1]}`, { hold: true, reason: 'x' }), 200);
  const all: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const more = cursor ? `&cursor=${cursor}` : '';
    const page = expectStatus(await http.get(`/v1/accounts?q=${stem.toUpperCase()}&limit=1${more}`), 200)
      .body as Page<{ account: string }>;
    all.push(...page.items.map(({ account }) => account));
    cursor = page.nextCursor;
  }
  expect([...all].sort()).toEqual([...names].sort());
  const { items } = (await http.get(`/v1/accounts?account=${names[1]}`)).body;
  expect(items).toEqual([{ account: names[1], arrears: false, hold: true, instances: 1 }]);
  const tenant = await as(http, { account: names[0]!, name: 'viewer', permissions: ['read'] });
  expect((await tenant.get('/v1/accounts')).body.items).toEqual([
    { account: names[0], arrears: false, hold: false, instances: 1 },
  ]);
  expect((await tenant.get(`/v1/accounts?q=${names[1]}`)).body.items).toEqual([]);
});

describe('the price of a renewal', () => {
  it('is what a renewal then costs', async () => {
    const account = newAccount();
    const id = await register(http, cvmPrepaid({ account }));
    const deposit = {
      kind: 'deposit',
      source: 'cash',
      currency: 'CNY',
      amount: '5000',
      reason: 'x',
      reference: 'r',
    };
    expectStatus(await http.post(`/v1/accounts/${account}/adjustments`, deposit), 201);
    for (const months of [1, 12]) {
      const asked = expectStatus(
        await http.get(`/v1/instances/${id}/renewal-price?months=${months}`),
        200,
      ).body;
      const { orders } = expectStatus(
        await http.post(`/v1/instances/${id}/orders`, { kind: 'renewal', months }),
        200,
      ).body;
      const bought = orders.at(-1)!;
      expect(asked).toEqual({
        instanceId: id,
        months,
        currency: 'CNY',
        amount: bought.paid.cash,
        startsAt: new Date(bought.startsAt).toISOString(),
      });
    }
  });

  it('is refused where there is none, and asked for in whole months', async () => {
    const prices = { version: 'v', currency: 'CNY', hour: '0.42' };
    const [postpaid, without] = [
      await register(http, cvmPostpaid()),
      await register(http, jdPrepaid({ prices })),
    ];
    const of = async (id: string, months = '1') =>
      (await http.get(`/v1/instances/${id}/renewal-price?months=${months}`)).body;
    expect((await of(postpaid)).code).toBe('WRONG_BILLING');
    expect((await of(without)).code).toBe('PRICE_MISSING');
    for (const months of ['0', '121', '1.5', ''])
      expect((await of(without, months)).errors?.map(({ pointer }) => pointer)).toEqual(['/months']);
    expect((await http.get(`/v1/instances/${without}/renewal-price`)).body.errors).toMatchObject([
      { pointer: '/months', code: 'MISSING' },
    ]);
  });
});

it('the audit’s checks, and the newest seal with what waits for one', async () => {
  const { items } = (await http.get('/v1/audit-checks')).body;
  expect(items).toEqual(CHECKS.map(({ name, title }) => ({ name, title })));
  await register(http, cvmPrepaid());
  await until(async () => {
    const { head, unsealed } = (await http.get('/v1/seal')).body;
    return head !== null && unsealed.transactions === 0;
  }, 'the seal');
  const { rows } = await service.pool.query(
    'SELECT position, hash FROM seals ORDER BY position DESC LIMIT 1',
  );
  expect((await http.get('/v1/seal')).body).toEqual({
    head: rows[0],
    unsealed: { transactions: 0, ageSeconds: 0 },
  });
});

it('where the Web UI shows workflows is for the operator’s people', async () => {
  const account = newAccount();
  const { facts } = await signIn(http, { key: service.operatorKey });
  expect(facts.webUi).toMatch(/^http:\/\/127\.0\.0\.1:8233\/namespaces\/[^/]+\/workflows\/$/);
  const tenant = await as(http, { account, name: 'alice', permissions: ['read'] });
  expect((await signIn(http, { key: tenant.operatorKey })).facts.webUi).toBeNull();
});

it('who has set an account’s standing last, and why', async () => {
  const account = newAccount();
  await register(http, cvmPostpaid({ account }));
  const standingNow = async () => expectStatus(await http.get(`/v1/accounts/${account}`), 200).body.standing;
  expect(await standingNow()).toBeNull();
  expectStatus(await http.put(`/v1/accounts/${account}`, { hold: true, reason: 'looks like resale' }), 200);
  const lifted = await http.put(`/v1/accounts/${account}`, { hold: false, reason: 'checked' });
  expect(lifted.body).toMatchObject({ hold: false, standing: { reason: 'checked', by: 'operator' } });
  expect(await standingNow()).toEqual(lifted.body.standing);
});

it('what an adjustment has booked, in double entry, also when it is asked for again', async () => {
  const account = newAccount();
  const adjust = (kind: string, reference: string) =>
    http.post(`/v1/accounts/${account}/adjustments`, {
      kind,
      source: 'gift',
      currency: 'CNY',
      amount: '7.5',
      reason: 'sorry',
      reference,
    });
  const { body } = expectStatus(await adjust('credit', 'r1'), 201);
  expect(body.entries).toEqual([
    {
      transactionId: body.transactionId,
      source: 'credits',
      destination: 'customer:gift',
      currency: 'CNY',
      amount: '7.50',
    },
  ]);
  expect(expectStatus(await adjust('credit', 'r1'), 200).body).toEqual(body);
  expectStatus(await adjust('withdrawal', 'r2'), 201);
  const { items } = expectStatus(await http.get(`/v1/accounts/${account}/adjustments`), 200).body;
  expect(items.map(({ entries }) => `${entries[0]!.source} ${entries[0]!.destination}`)).toEqual([
    'customer:gift world:gift',
    'credits customer:gift',
  ]);
});

it('what the release of an instance in the bin will destroy and keep is what it then does (L4)', async () => {
  const account = newAccount();
  const id = await register(http, cvmPostpaid({ account }));
  const read = async () => expectStatus(await http.get(`/v1/instances/${id}`), 200).body;
  expect((await read()).atRelease).toBeNull();
  await end(http, [id], { schedule: { mode: 'later' } });
  const { atRelease, disposal } = await read();
  expect(disposal).toBeNull();
  expect(atRelease!.destroyed).toContainEqual({ kind: 'instance', id });
  expect(atRelease!.kept.length).toBeGreaterThan(0);
  const bin = expectStatus(await http.get(`/v1/recycle-bin?account=${account}`), 200).body;
  expect(bin.items).toMatchObject([{ instanceId: id, atRelease }]);
  expectStatus(await http.post(`/v1/instances/${id}/purge`, { confirm: id }), 200);
  const released = await read();
  expect(released).toMatchObject({ state: 'terminated', atRelease: null, disposal: atRelease });
});
