/** What is kept for a time only: deleted after it, in batches, and never what anything rests on. */
import { randomUUID } from 'node:crypto';
import { KEEP, trim } from '../../store/retention';
import { makeKey } from '../support/keys';
import {
  cvmPostpaid,
  cvmPrepaid,
  end,
  expectStatus,
  hoursAgo,
  newAccount,
  purchase,
  quote,
  register,
} from '../support/lives';
import { useService } from '../support/service';
import { withDatabase } from '../support/shared';

const { service, http } = useService();

/** Makes rows of a table older, as the owner of the schema. */
const age = (table: string, column: string, days: number, where = 'true') =>
  withDatabase(service.adminUrl, async (admin) => {
    await admin.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    await admin.query(
      `UPDATE ${table} SET ${column} = ${column} - make_interval(days => $1) WHERE ${where}`,
      [days],
    );
    await admin.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
  });
const count = async (table: string): Promise<number> =>
  (await service.pool.query<{ count: number }>(`SELECT count(*) FROM ${table}`)).rows[0]!.count;
const nothing = { idempotencyDays: 0, quotesDays: 0, keysDays: 0, sessions: 0 };

it('answers of Idempotency-Keys: a repeat is the first one again until then, and does nothing twice after it', async () => {
  const id = await register(http, cvmPostpaid());
  const protect = (key: string) => http.post(`/v1/instances/${id}/protect`, { reason: 'x' }, { key });
  const key = randomUUID();
  expectStatus(await protect(key), 200);
  await age('idempotency_keys', 'recorded_at', 29);
  expect(await trim(service.pool, KEEP)).toEqual(nothing);
  expect((await protect(key)).headers.get('idempotency-hit')).toBe('true');
  await age('idempotency_keys', 'recorded_at', 2);
  const before = await count('idempotency_keys');
  // In batches: as many as there are, whatever the size of one.
  expect(await trim(service.pool, KEEP, 1)).toEqual({ ...nothing, idempotencyDays: before });
  const again = await protect(key);
  expect([again.status, again.headers.get('idempotency-hit')]).toEqual([200, null]);
  expect((await http.get(`/v1/instances/${id}/timeline`)).body.items).toHaveLength(2);
});

it('quotes: those that nobody confirmed; what agreements, refunds and requests rest on stays', async () => {
  const instance = await register(http, cvmPostpaid());
  const used = await register(http, cvmPrepaid());
  await end(http, [used], { action: 'return' });
  const promoted = await register(
    http,
    cvmPrepaid({ orders: [purchase(hoursAgo(48), { channel: 'promotion' })] }),
  );
  expectStatus(await http.post('/v1/refund-requests', { instanceId: promoted, reason: 'too slow' }), 201);
  const kept = await count('quotes');
  const [old, young] = [await quote(http, [instance]), await quote(http, [instance])];
  await age('quotes', 'expires_at', 31, `id <> '${young.id}'`);
  expect(await trim(service.pool, { ...KEEP, quotesDays: 0 })).toEqual(nothing);
  expect(await trim(service.pool, KEEP)).toEqual({ ...nothing, quotesDays: 1 });
  expect(await count('quotes')).toBe(kept + 1);
  expect((await http.get(`/v1/quotes/${old.id}`)).status).toBe(404);
  expectStatus(await http.get(`/v1/quotes/${young.id}`), 200);
});

it('keys: revoked ones; one that lives is deleted by nobody', async () => {
  const account = newAccount();
  const [living, revoked, fresh] = await Promise.all(
    ['living', 'revoked', 'fresh'].map((name) => makeKey(http, { account, name, permissions: ['read'] })),
  );
  for (const { id } of [revoked!, fresh!]) expectStatus(await http.post(`/v1/keys/${id}/revoke`), 200);
  await age('keys', 'created_at', 1000);
  await age('keys', 'revoked_at', 401, `id <> '${fresh!.id}'`);
  expect(await trim(service.pool, KEEP)).toEqual({ ...nothing, keysDays: 1 });
  const { body } = await http.get(`/v1/keys?account=${account}`);
  expect(body.items.map(({ id }: { id: string }) => id).sort()).toEqual([living!.id, fresh!.id].sort());
  for (const url of [service.adminUrl, service.serviceUrl])
    await expect(
      withDatabase(url, (db) => db.query('DELETE FROM keys WHERE id = $1', [living!.id])),
    ).rejects.toMatchObject({
      code: '42501',
    });
});

it('whatever two workers trim at once goes once', async () => {
  const instance = await register(http, cvmPostpaid());
  for (let made = 0; made < 20; made += 1) await quote(http, [instance]);
  await age('quotes', 'expires_at', 31, 'termination_id IS NULL');
  const trims = await Promise.all([1, 2, 3].map(() => trim(service.pool, KEEP, 3)));
  const left = await trim(service.pool, KEEP, 3);
  expect([...trims, left].reduce((sum, { quotesDays }) => sum + quotesDays, 0)).toBe(21);
});
