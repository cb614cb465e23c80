/** Releases that fall due at one instant are spread after it (decision 9), and say when they were promised for. */
import { placeOf, withJitter } from '../../domain/jitter';
import { POLICIES } from '../../policies';
import { audit } from '../../store/audit';
import { end, instanceOf, redisPostpaid, register, timelineOf, until } from '../support/lives';
import { inParallel, range } from '../support/parallel';
import { useService } from '../support/service';

const JITTER_SECONDS = 4;
const now = { into: 'bin' as const, retentionSeconds: 2 };
const { service } = useService({
  policies: POLICIES.map((policy) => {
    const { end: rules } = policy.lifecycle;
    const quick = { ...rules, postpaid: { ...rules.postpaid, modes: { now } } };
    return withJitter({ ...policy, lifecycle: { ...policy.lifecycle, end: quick } }, JITTER_SECONDS);
  }),
});

it('each is released at a time of its own: never early, at most so much late', async () => {
  const { http } = service;
  const ids = await inParallel(range(10), () => register(http, redisPostpaid()));
  await end(http, ids);
  const promised = new Map<string, number>();
  for (const id of ids) promised.set(id, Date.parse((await instanceOf(http, id)).purgeTime!));
  await until(
    async () =>
      (await Promise.all(ids.map((id) => instanceOf(http, id)))).every(({ state }) => state === 'terminated'),
    'all releases',
    20_000,
  );
  for (const id of ids) {
    const release = (await timelineOf(http, id)).find(({ command }) => command === 'release')!;
    expect(Date.parse(release.effectiveAt)).toBe(promised.get(id));
    const lateMs = Date.parse(release.recordedAt) - promised.get(id)!;
    expect(lateMs).toBeGreaterThanOrEqual(placeOf(id) * JITTER_SECONDS * 1000 - 1);
  }
  const { checks } = await audit(service.pool);
  expect(checks.filter(({ findings }) => findings.length)).toEqual([]);
});
