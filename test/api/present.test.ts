/**
 * What callers see of an instance: its registration, all digits of its money, and how things stand on its own
 * clock.
 */

import { presentBinEntry, presentInstance } from '../../api/present/instances';
import { instanceAnswer } from '../../contract/answers';
import { parseRegistration } from '../../contract/registration-rules';
import { newLife } from '../../domain/lifecycle';
import { POLICIES, policyFor } from '../../policies';
import type { InstanceRow } from '../../store/lives/instances';
import { prepaid, purchase, renewal } from './registrations';

const NOW = Date.parse('2026-11-20T00:00:00Z');
const DAY = 86_400_000;

function row(fields: Partial<InstanceRow> = {}, closedAt: string | null = null): InstanceRow {
  const parsed = parseRegistration(
    { ...prepaid, orders: [purchase, renewal({ paid: { cash: '507.9' } })] },
    POLICIES,
  );
  if (!parsed.ok) throw new Error('a registration of this test is bad');
  const { state: _state, orders, ...facts } = parsed.value;
  const policy = policyFor('tencent-cvm')!;
  const life = newLife('i-1', parsed.value, policy.lifecycle);
  const stored = orders.map((order) => ({ ...order, closedAt, endedAt: null }));
  return {
    id: 'i-1',
    facts,
    orders: stored,
    life,
    policy,
    clockOffsetMs: 0,
    hold: null,
    disposal: null,
    agreedPlan: null,
    registrationHash: '',
    registeredBy: '',
    ...fields,
  };
}

it('is the registration, with all digits of what was paid, and the state of things', () => {
  const shown = presentInstance(row(), NOW);
  const { orders, ...facts } = prepaid;
  expect(shown).toMatchObject({
    ...facts,
    id: 'i-1',
    clock: '2026-11-20T00:00:00.000Z',
    step: 0,
    billingStoppedAt: null,
    isolatedAt: null,
    purgeTime: null,
    expiresAt: '2028-11-01T00:00:00+08:00',
    termination: null,
    protection: null,
  });
  expect(shown.orders).toEqual([
    {
      ...orders[0],
      paid: { cash: '407.96', gift: '0.00', income: '0.00', voucher: '100.00' },
      status: 'in-force',
    },
    expect.objectContaining({
      id: 'o2',
      paid: { cash: '507.90', gift: '0.00', income: '0.00', voucher: '0.00' },
      status: 'future',
    }),
  ]);
  expect(instanceAnswer.strict().safeParse(shown).success).toBe(true);
});

it('places the orders on the instance’s own clock', () => {
  const { orders, clock } = presentInstance(row({ clockOffsetMs: 400 * DAY }), NOW);
  expect(clock).toBe(new Date(NOW + 400 * DAY).toISOString());
  expect(orders.map(({ status }) => status)).toEqual(['ended', 'in-force']);
});

it('M15: closed orders don’t say when the instance expires', () => {
  const shown = presentInstance(row({}, '2026-11-19T00:00:00.000Z'), NOW);
  expect(shown.expiresAt).toBeNull();
  expect(shown.orders.map(({ status }) => status)).toEqual(['closed', 'closed']);
});

it('shows of a timed termination only what callers may know', () => {
  const one = row();
  const termination = {
    mode: 'timed' as const,
    at: '2026-12-01T00:00:00.000Z',
    terminationId: 't_1',
    ending: { into: 'terminated' as const },
  };
  expect(presentInstance({ ...one, life: { ...one.life, termination } }, NOW).termination).toEqual({
    mode: 'timed',
    at: '2026-12-01T00:00:00.000Z',
    terminationId: 't_1',
  });
});

it('what is in the bin says why, until when, and what it takes to come back', () => {
  const one = row();
  const life = {
    ...one.life,
    state: 'isolated' as const,
    cause: 'return' as const,
    isolatedAt: 'a',
    purgeTime: 'b',
  };
  expect(presentBinEntry({ ...one, life }, NOW)).toEqual({
    instanceId: 'i-1',
    atRelease: {
      destroyed: [
        { kind: 'instance', id: 'i-1' },
        { kind: 'disk', id: 'd1' },
      ],
      kept: [
        { kind: 'disk', id: 'd2' },
        { kind: 'address', id: 'ip1' },
      ],
    },
    account: '100001',
    product: 'tencent-cvm',
    billing: 'prepaid',
    region: 'ap-guangzhou',
    cause: 'return',
    isolatedAt: 'a',
    purgeTime: 'b',
    clock: new Date(NOW).toISOString(),
    needsRenewal: true,
    protection: null,
  });
});
