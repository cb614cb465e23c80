/**
 * Many at once: one confirmation of many, many commands of which one can win. (Rights: parallel-returns;
 * keys: same-key.)
 */
import { cvmPostpaid, cvmPrepaid, end, newAccount, register } from '../support/lives';
import { useService } from '../support/service';

const { service, http } = useService();

const times = <T>(n: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: n }, (_, index) => make(index)));

it('000-11, 000-23: 20 instances ended in one confirmation', async () => {
  const account = newAccount();
  const ids = await times(20, () => register(http, cvmPostpaid({ account })));
  const done = await end(http, ids);
  expect(done.items.map((item) => item.status)).toEqual(ids.map(() => 'done'));
  expect((await http.get(`/v1/instances?account=${account}&state=terminated`)).body.items).toHaveLength(20);
  expect((await http.get(`/v1/instances?account=${account}`)).body.items).toHaveLength(0);
});

it('L8: what a command did is done: another key gets 409 with the state', async () => {
  const id = await register(http, cvmPostpaid());
  await end(http, [id], { schedule: { mode: 'later' } });
  const replies = await times(20, () => http.post(`/v1/instances/${id}/purge`, { confirm: id }));
  expect(replies.filter((reply) => reply.status === 200)).toHaveLength(1);
  const others = replies
    .filter((reply) => reply.status !== 200)
    .map(({ status, body: { code, state } }) => ({ status, code, state }));
  // L20: of so many at once some are told at once that they were not sent.
  const told = [
    { status: 409, code: 'WRONG_STATE', state: 'terminated' },
    { status: 429, code: 'TOO_MANY_COMMANDS', state: undefined },
  ];
  for (const other of others) expect(told).toContainEqual(other);
  expect(others).toContainEqual(told[0]);
  const { rows } = await service.pool.query(
    "SELECT count(*) FROM steps WHERE instance_id = $1 AND command = 'purge'",
    [id],
  );
  expect(rows[0].count).toBe(1);
});

it('E7: one confirmation over more items than rights: placed where they pay most, the rest refused', async () => {
  const account = newAccount();
  const ids = await times(6, () => register(http, cvmPrepaid({ account })));
  const done = await end(http, ids, { action: 'return' });
  expect(done.items.map((item) => item.status)).toEqual([
    'done',
    'done',
    'done',
    'done',
    'refused',
    'refused',
  ]);
  expect(done.items[4]!.problem).toMatchObject({ code: 'QUOTA_USED' });
});
