import { parseRegistration } from '../../contract/registration-rules';
import { placeOf, withJitter } from '../../domain/jitter';
import { decide, decideDeadline, dueAt, newLife, nextDeadline } from '../../domain/lifecycle';
import { POLICIES } from '../../policies';
import { tencentRedis } from '../../policies/tencent-redis';
import { redisPostpaid } from '../support/lives';

const AT = '2026-11-26T00:00:00.000Z';
const spread = withJitter(tencentRedis, 600).lifecycle;

function inBin(id: string, rules = spread) {
  const parsed = parseRegistration(redisPostpaid({ account: 'acc-1' }), POLICIES);
  if (!parsed.ok) throw new Error('not a registration');
  const life = newLife(id, parsed.value, tencentRedis.lifecycle);
  const end = {
    name: 'terminate' as const,
    action: 'terminate' as const,
    schedule: { mode: 'now' as const },
    terminationId: 't',
    rules,
  };
  const decision = decide(life, end, AT, 'operator');
  if (!decision.ok) throw new Error(decision.refusal.code);
  return decision.next;
}

it('ids that follow each other are spread evenly', () => {
  const counts = Array.from({ length: 15 }, () => 0);
  for (let n = 0; n < 15_000; n += 1) counts[Math.floor(placeOf(`ins-${n}`) * 15)]! += 1;
  expect(Math.max(...counts)).toBeLessThan(1150);
  expect(Math.min(...counts)).toBeGreaterThan(850);
});

it('a release is never early, at most so much late, the same each time, and promised as ever', () => {
  for (let n = 0; n < 200; n += 1) {
    const life = inBin(`ins-${n}`);
    const deadline = nextDeadline(life)!;
    expect(deadline.at).toBe('2026-11-26T02:00:00.000Z');
    const lateMs = Date.parse(dueAt(deadline)) - Date.parse(deadline.at);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(600_000);
    expect(inBin(`ins-${n}`)).toEqual(life);
    expect(decideDeadline(life, deadline, deadline.at).next.releaseFrom).toBeUndefined();
  }
});

it('without it everything is as it was', () => {
  expect(withJitter(tencentRedis, 0)).toBe(tencentRedis);
  expect(inBin('ins-1', tencentRedis.lifecycle)).not.toHaveProperty('releaseFrom');
});
