/** Modes and times of a termination (L2), by each product's own rules. */
import { scheduleIssues, timeIssues } from '../../api/use-cases/schedule';
import { parseRegistration } from '../../contract/registration-rules';
import type { Action, Schedule } from '../../domain/instance';
import { newLife } from '../../domain/lifecycle';
import { POLICIES, policyFor } from '../../policies';
import type { InstanceRow } from '../../store/lives/instances';
import { postpaid } from './registrations';

const NOW = Date.parse('2026-11-20T00:00:00Z');
const HOUR = 3_600_000;

function row(product: string, clockOffsetMs = 0): InstanceRow {
  const parsed = parseRegistration({ ...postpaid, product }, POLICIES);
  if (!parsed.ok) throw new Error('a registration of this test is bad');
  const { state: _state, orders: _orders, ...facts } = parsed.value;
  const policy = policyFor(product)!;
  const life = newLife('i-1', parsed.value, policy.lifecycle);
  return {
    id: 'i-1',
    facts,
    orders: [],
    life,
    policy,
    clockOffsetMs,
    hold: null,
    disposal: null,
    agreedPlan: null,
    registrationHash: '',
    registeredBy: '',
  };
}

const issues = (products: string[], action: Action, schedule: Schedule, offset = 0): string[] =>
  scheduleIssues(
    schedule,
    action,
    products.map((product) => row(product, offset)),
    ({ policy }) => policy,
    NOW,
  ).map((one) => `${one.pointer} ${one.code}`);

it.each<[string, Action, string[]]>([
  ['tencent-cvm', 'terminate', ['now', 'later', 'timed']],
  ['tencent-cvm', 'return', ['now']],
  ['tencent-redis', 'terminate', ['now']],
  ['tencent-redis', 'return', ['now']],
  ['jd-vm', 'terminate', ['now']],
  // JD has no returns: the engine says WRONG_ACTION, but a mode that JD has nowhere is bad input.
  ['jd-vm', 'return', ['now']],
])('%s, %s: offers %j and nothing else', (product, action, offered) => {
  const at = new Date(NOW + HOUR).toISOString();
  for (const schedule of [{ mode: 'now' }, { mode: 'later' }, { mode: 'timed', at }] as Schedule[]) {
    expect(issues([product], action, schedule)).toEqual(
      offered.includes(schedule.mode) ? [] : ['/schedule/mode MODE_NOT_OFFERED'],
    );
  }
});

it('every product that is known has a row in the table above', () => {
  expect(POLICIES.map(({ product }) => product)).toEqual(['tencent-cvm', 'tencent-redis', 'jd-vm']);
});

it('one product of a batch that does not offer the mode is enough', () => {
  expect(issues(['tencent-cvm', 'tencent-redis'], 'terminate', { mode: 'later' })).toEqual([
    '/schedule/mode MODE_NOT_OFFERED',
  ]);
});

it.each<[string, string, number, string[]]>([
  ['this instant', '2026-11-20T00:00:00Z', 0, ['/at NOT_IN_FUTURE']],
  ['a second later, elsewhere in the world', '2026-11-20T08:00:01+08:00', 0, []],
  ['an hour later, behind the instance’s clock', '2026-11-20T01:00:00Z', HOUR, ['/at NOT_IN_FUTURE']],
  ['three years later', '2029-11-20T00:00:00Z', 0, []],
  ['three years and a second', '2029-11-20T00:00:01Z', 0, ['/at TOO_FAR_AHEAD']],
  ['three years from a clock that is ahead', '2029-11-20T00:00:01Z', HOUR, []],
])('%s', (_, at, offset, expected) => {
  const one = row('tencent-cvm', offset);
  expect(
    timeIssues(at, one, one.policy, ['at'], NOW).map(({ pointer, code }) => `${pointer} ${code}`),
  ).toEqual(expected);
});
