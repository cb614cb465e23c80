/**
 * L12: a promise counts from its instant, however late it is carried out; what was held back counts from when
 * that ended (L11).
 */

import type { Command } from '../../domain/commands';
import {
  advance,
  decide,
  decideDeadline,
  type Life,
  newLife,
  nextDeadline,
  promisedAt,
  promisedFromHere,
} from '../../domain/lifecycle';
import { POLICIES } from '../../policies';
import { cvmPostpaid, cvmPrepaid, purchase } from '../support/lives';

const policy = POLICIES.find(({ product }) => product === 'tencent-cvm')!;
const DUE = '2026-11-10T00:00:00.000Z';
const AFTER = '2026-11-10T05:00:00.000Z';

const lifeOf = (body: object): Life => newLife('i', body as never, policy.lifecycle);
const timed = (more: Partial<Life> = {}): Life => {
  const ending = policy.lifecycle.end.postpaid.modes.timed!;
  return {
    ...lifeOf(cvmPostpaid()),
    termination: { mode: 'timed', at: DUE, terminationId: 't', ending },
    ...more,
  };
};
const prepaid = (): Life =>
  lifeOf(cvmPrepaid({ orders: [purchase('2026-10-10T00:00:00.000Z', { months: 1, endsAt: DUE })] }));
const take = (life: Life): Life => {
  const deadline = nextDeadline(life)!;
  return decideDeadline(life, deadline, promisedAt(life, deadline)).next;
};
const decided = (life: Life, command: Command, at: string): Life => {
  const decision = decide(life, command, at, 'operator');
  if (!decision.ok) throw new Error(decision.refusal.code);
  return decision.next;
};

it('L12: billing stops at the promised instant, and the bin counts from there', () => {
  expect(take(timed())).toMatchObject({ state: 'terminated', billingStoppedAt: DUE });
  expect(take(prepaid())).toMatchObject({
    state: 'isolated',
    isolatedAt: DUE,
    billingStoppedAt: DUE,
    purgeTime: '2026-11-17T00:00:00.000Z',
  });
});

it('L11, L12: what an operation held back counts from its end, not from before it', () => {
  const held = timed({ state: 'changing' });
  expect(nextDeadline(held)).toBeUndefined();
  const over = decided(held, { name: 'stop' }, AFTER);
  expect(nextDeadline(over)).toEqual({ kind: 'fire', at: DUE });
  expect(take(over)).toMatchObject({ state: 'terminated', billingStoppedAt: AFTER });
});

it('L12: an operation that ended before the deadline moves nothing', () => {
  const over = decided(timed({ state: 'changing' }), { name: 'start' }, '2026-11-09T00:00:00.000Z');
  expect(take(over)).toMatchObject({ billingStoppedAt: DUE });
});

it('L12: what is registered when its time is over counts from its registration', () => {
  expect(take(promisedFromHere(prepaid(), AFTER))).toMatchObject({ state: 'isolated', isolatedAt: AFTER });
  const early = prepaid();
  expect(promisedFromHere(early, '2026-11-09T00:00:00.000Z')).toBe(early);
});

it('L12: a life read ahead of what was carried out says the same', () => {
  for (const life of [timed(), prepaid()]) expect(advance(life, AFTER)).toEqual(take(life));
});
