import { presentQuoteItem } from '../../contract/present';
import { quoteOffline } from '../../domain/offline';
import type { WorkedExample } from '../../domain/policy';
import { POLICIES, policyFor } from '../../policies';

describe.each(POLICIES.map((policy) => [policy.product, policy] as const))('policy %s', (_, policy) => {
  it('has examples, and each names its rule', () => {
    expect(policy.examples.length).toBeGreaterThan(0);
    for (const example of policy.examples) expect(example.rule).toMatch(/^[\w]+-\d+$/);
  });

  it.each(policy.examples.map((example) => [example.rule, example.title, example] as const))(
    '%s %s',
    (_rule, _title, example) => {
      expect(outcome(example)).toMatchObject(wanted(example));
    },
  );

  it('L10 names its notices in both languages', () => {
    expect(policy.notices.length).toBeGreaterThan(0);
    for (const { message } of policy.notices) {
      expect(message.en).not.toBe('');
      expect(message.zh).toMatch(/\p{Script=Han}/u);
    }
  });
});

it('finds a policy by its product, and none for an unknown one', () => {
  for (const policy of POLICIES) expect(policyFor(policy.product)).toBe(policy);
  expect(policyFor('azure')).toBeUndefined();
});

function outcome(example: WorkedExample) {
  const policy = policyFor(example.instance.product)!;
  const item = presentQuoteItem(quoteOffline({ schedule: { mode: 'now' }, ...example, policy }), 'en');
  return {
    permitted: item.permitted,
    blockers: item.blockers.map(({ code }) => code),
    kind: item.refund.kind,
    amount: item.refund.amount,
    fee: item.refund.fee,
    releaseAfterSeconds: item.releaseTime && (Date.parse(item.releaseTime) - Date.parse(example.at)) / 1000,
  };
}

/** What is permitted has no blockers, also where the example doesn't say so. */
const wanted = ({ expected }: WorkedExample) =>
  expected.permitted ? { blockers: [], ...expected } : expected;
