/** The sandbox's clock arrives where it was sent, however close a deadline is before or after that. */
import { nextDeadline } from '../../domain/lifecycle';
import {
  cvmPrepaid,
  DAY,
  expectStatus,
  fastForward,
  fromNow,
  instanceOf,
  purchase,
  register,
  timelineOf,
} from '../support/lives';
import { inParallel, range } from '../support/parallel';
import { useService } from '../support/service';

const { service, http } = useService();

/** Expires a day from now, then stays in the bin for seven. */
const expiring = () =>
  register(http, cvmPrepaid({ orders: [purchase(fromNow(-29 * DAY), { endsAt: fromNow(DAY) })] }));
const commandsOf = async (id: string): Promise<string[]> =>
  (await timelineOf(http, id)).map(({ command }) => command);

it('a deadline just before the target is taken, and none after it, though its step may still run when the target passes', async () => {
  await inParallel(
    range(40),
    async (index) => {
      const id = await expiring();
      const { clock, expiresAt } = await instanceOf(http, id);
      const justPast = Date.parse(expiresAt!) - Date.parse(clock) + 900 + (index % 4) * 100;
      const { state, purgeTime } = await fastForward(http, id, `PT${Math.ceil(justPast / 1000)}S`);
      expect(await commandsOf(id)).toEqual(['register', 'expire']);
      expect(state).toBe('isolated');
      expect(Date.parse(purgeTime!)).toBeGreaterThan(
        Date.parse((await instanceOf(http, id)).clock) + 6 * DAY,
      );
    },
    20,
  );
});

it('several deadlines on the way are taken one after the other, each at its own time', async () => {
  const id = await expiring();
  const { state } = await fastForward(http, id, 'P20D');
  expect(state).toBe('terminated');
  const [, expire, release] = await timelineOf(http, id);
  expect([expire!.command, release!.command]).toEqual(['expire', 'release']);
  expect(Date.parse(release!.effectiveAt) - Date.parse(expire!.effectiveAt)).toBeLessThan(7 * DAY + 5000);
});

it('the same key again answers where it arrived, and goes no further', async () => {
  const id = await expiring();
  const forward = (key: string) =>
    http.post(`/v1/instances/${id}/fast-forward`, { duration: 'P2D' }, { key });
  const first = expectStatus(await forward(`ff-${id}`), 200);
  // As after a crash: what was answered is not known any more.
  await service.pool.query(
    'UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL, owner = 0 WHERE key = $1',
    [`ff-${id}`],
  );
  const again = expectStatus(await forward(`ff-${id}`), 200);
  expect(again.headers.get('idempotency-hit')).toBeNull();
  expect(Date.parse(again.body.clock) - Date.parse(first.body.clock)).toBeLessThan(DAY);
  const { life } = (await service.pool.query('SELECT life FROM instances WHERE id = $1', [id])).rows[0];
  expect(nextDeadline(life)!.kind).toBe('release');
});
