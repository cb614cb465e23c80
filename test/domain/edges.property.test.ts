import fc from 'fast-check';
import { parseRegistration } from '../../contract/registration-rules';
import { refundCurve } from '../../domain/curve';
import { ACTIONS, type Order, type Paid } from '../../domain/instance';
import { advance, newLife } from '../../domain/lifecycle';
import { minorDigits, SOURCES } from '../../domain/money';
import type { Knobs } from '../../domain/policy';
import { type QuoteItem, quoteItems } from '../../domain/quote';
import { rightsKey } from '../../domain/returns';
import type { Subject } from '../../domain/subject';
import { POLICIES } from '../../policies';
import { plusMonths } from '../fixtures/oracle';
import { SCALE } from '../support/scale';

const iso = (ms: number): string => new Date(ms).toISOString();
const sum = (cash: string): Paid => ({ cash, gift: '0', income: '0', voucher: '0' });
const whole = fc.constantFrom('0', '1', '407', '999999999999999');
const price = fc.constantFrom('0', '0.0000000001', '0.42', '51', '999999999999999.9999999999');
/** Where rules meet: milliseconds around seconds, days and months. */
const nudge = fc.constantFrom(0, 0, 1, -1, 300, -300, 999, -999, 1000, -1000);

/** Registrations as odd as the contract lets them be; what it refuses is left out. */
const registration = fc
  .record({
    product: fc.constantFrom('tencent-cvm', 'tencent-cvm', 'tencent-redis', 'jd-vm'),
    currency: fc.constantFrom('CNY', 'JPY', 'KWD'),
    start: fc.constantFrom(
      '1970-01-02T00:00:00Z',
      '2026-10-31T00:00:00+08:00',
      '2028-02-28T16:00:00Z',
      '2199-01-30T16:00:00.001Z',
    ),
    first: nudge,
    terms: fc.array(
      fc.record({
        months: fc.constantFrom(0, 0, 1, 2, 12),
        more: fc.constantFrom(1000, 1300, 86_400_000),
        nudge,
        paid: whole,
      }),
      { minLength: 1, maxLength: 4 },
    ),
    kinds: fc.array(fc.constantFrom('purchase', 'renewal', 'renewal'), { minLength: 4, maxLength: 4 }),
    upgrades: fc.array(
      fc.record({ months: fc.integer({ min: 0, max: 13 }), from: nudge, lasts: nudge, paid: whole }),
      { maxLength: 2 },
    ),
    prices: fc.record({
      month: price,
      hour: fc.oneof(price, fc.constant([{ upToHours: 1, price: '0.1' }, { price: '0' }])),
    }),
    bandwidth: fc.boolean(),
    channel: fc.constantFrom('standard', 'standard', 'standard', 'promotion'),
  })
  .map(({ product, currency, start, first, terms, kinds, upgrades, prices, bandwidth, channel }) => {
    let at = Date.parse(start) + first;
    const chain = terms.map((term, index) => {
      const startsAt = iso(at);
      at = (term.months ? plusMonths(at, term.months) : at + term.more) + term.nudge;
      const kind = index === 0 ? 'purchase' : kinds[index];
      return { id: `o${index}`, kind, channel, startsAt, endsAt: iso(at), paid: sum(term.paid) };
    });
    const beside = upgrades.map(({ months, from, lasts, paid }, index) => {
      const begins = plusMonths(Date.parse(start) + first, months) + from;
      return {
        id: `u${index}`,
        kind: 'upgrade',
        startsAt: iso(begins),
        endsAt: iso(begins + Math.abs(lasts)),
        paid: sum(paid),
      };
    });
    return {
      account: '1',
      product,
      billing: 'prepaid',
      region: 'r',
      prices: { version: '1', currency, ...prices },
      network: bandwidth ? { billing: 'bandwidth', hour: '0.063', month: '20' } : { billing: 'traffic' },
      orders: [...chain, ...beside],
    };
  });

/** Every instant at which something changes, and its neighbours. */
function instants(orders: Order[]): string[] {
  const edges = orders.flatMap(({ startsAt, endsAt }) => [Date.parse(startsAt), Date.parse(endsAt)]);
  const start = Math.min(...edges);
  const all = [...edges, plusMonths(start, 1), start + 432_000_000].flatMap((edge) => [
    edge - 1000,
    edge - 300,
    edge,
    edge + 1,
    edge + 1000,
  ]);
  return [...new Set(all)].map(iso);
}

function checkAmounts({ refund }: QuoteItem, currency: string): void {
  if (refund.outcome === 'blocked') return;
  const digits = minorDigits(currency)!;
  const amounts =
    refund.outcome === 'refund'
      ? [refund.amount, refund.fee, ...SOURCES.map((source) => refund.parts[source])]
      : [refund.amount];
  for (const amount of amounts)
    if (!new RegExp(`^\\d+${digits ? `\\.\\d{${digits}}` : ''}$`).test(amount))
      throw new Error(`not an amount: ${amount}`);
}

it(
  'M26 no legal registration, however odd, breaks a quote, a refund or a curve at any edge of its orders',
  () => {
    const knobs = fc.record({
      networkUsage: fc.constantFrom<Knobs['networkUsage']>('hourly', 'months-then-hourly'),
      hoursAfterUpgrade: fc.constantFrom<Knobs['hoursAfterUpgrade']>('stop', 'count'),
      capPartMonth: fc.boolean(),
    });
    const seen = { legal: 0, refused: 0, quotes: 0, permitted: 0 };
    fc.assert(
      fc.property(registration, knobs, fc.boolean(), (input, over, assisted) => {
        const policies = POLICIES.map((policy) => ({ ...policy, knobs: { ...policy.knobs, ...over } }));
        const read = parseRegistration(input, policies);
        if (!read.ok) {
          seen.refused += 1;
          return;
        }
        seen.legal += 1;
        const { orders, state: _, ...facts } = read.value;
        const policy = policies.find(({ product }) => product === facts.product)!;
        const left = { fiveDay: 1, ordinary: 3 };
        const rights = new Map([[rightsKey(facts.account, facts.product), left]]);
        for (const at of instants(orders)) {
          const life = advance(newLife('i', read.value, policy.lifecycle), at);
          const stored = orders.map((order) => ({ ...order, closedAt: null, endedAt: null }));
          const subject: Subject = {
            id: 'i',
            facts,
            orders: stored,
            life,
            policy,
            standing: { arrears: false, hold: false },
            at,
          };
          for (const action of ACTIONS) {
            const item = quoteItems([subject], rights, { action, schedule: { mode: 'now' }, assisted })[0]!;
            checkAmounts(item, input.prices.currency);
            seen.quotes += 1;
            if (item.permitted) seen.permitted += 1;
          }
          refundCurve(subject, left);
        }
      }),
      { numRuns: 150 * SCALE },
    );
    // About a third of them; not so near that chance decides.
    expect(seen.legal).toBeGreaterThan(20);
    expect(seen.refused).toBeGreaterThan(5);
    expect(seen.permitted).toBeGreaterThan(100);
  },
  240_000 * SCALE,
);
