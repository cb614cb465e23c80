/**
 * One instance may have 500 orders, one quote 500 instances: work grows with them, not with their square.
 * Counted, not timed: what is done with decimals, how often an order is looked at, and how much is asked of
 * the calendar.
 */
import { Decimal } from 'decimal.js';
import { refundCurve } from '../../domain/curve';
import { placeRights } from '../../domain/eligibility';
import type { StoredOrder } from '../../domain/instance';
import { refundPostings } from '../../domain/journal';
import { exact } from '../../domain/money';
import { quoteInTurns, quoteItems } from '../../domain/quote';
import { computeRefund, type RefundInput, refundAmount } from '../../domain/refund';
import { rightsKey } from '../../domain/returns';
import type { QuoteRequest, Subject } from '../../domain/subject';
import { tencentCvm } from '../../policies/tencent-cvm';
import { facts, hoursIn, order, paid, prices, subject } from '../fixtures/domain';
import { manyUpgrades, monthlyOrders } from '../fixtures/many-orders';
import { oracleRefund } from '../fixtures/oracle';
import { range } from '../support/parallel';

const AT = hoursIn(72);
const LEFT = { fiveDay: 1, ordinary: 3 };
const ORDINARY = { fiveDay: 0, ordinary: 3 };
const rights = (left: typeof LEFT) => new Map([[rightsKey('100001', 'tencent-cvm'), left]]);
const RETURN: QuoteRequest = { action: 'return', schedule: { mode: 'now' } };

/** Every read of an order's fields counts. */
function watched(orders: StoredOrder[], count: () => void): StoredOrder[] {
  return orders.map(
    (one) =>
      new Proxy(one, {
        get: (target, field) => {
          count();
          return Reflect.get(target, field);
        },
      }),
  );
}

/** How many operations it takes. */
function operations(orders: StoredOrder[], run: (orders: StoredOrder[]) => unknown): number {
  let count = 0;
  const add = (): void => {
    count += 1;
  };
  const decimals = ['plus', 'minus', 'times', 'divToInt', 'comparedTo'] as const;
  const spies = decimals.map((name) => {
    const original = Decimal.prototype[name] as (this: Decimal, other: Decimal) => Decimal & number;
    return jest.spyOn(Decimal.prototype, name).mockImplementation(function (this: Decimal, other) {
      add();
      return original.call(this, other as Decimal);
    });
  });
  const parse = Date.parse;
  const dates = jest.spyOn(Date, 'parse').mockImplementation((text) => {
    add();
    return parse(text);
  });
  try {
    run(watched(orders, add));
  } finally {
    for (const spy of [...spies, dates]) spy.mockRestore();
  }
  return count;
}

const input = (orders: StoredOrder[], over: Partial<RefundInput> = {}): RefundInput => ({
  kind: 'ordinary',
  facts: subject().facts,
  orders,
  at: AT,
  knobs: tencentCvm.knobs,
  rules: tencentCvm.returns!,
  ...over,
});
const of = (orders: StoredOrder[], over: Partial<Subject> = {}): Subject =>
  subject({ orders, at: AT, ...over });
const quoted = (orders: StoredOrder[], left = ORDINARY, over: Partial<QuoteRequest> = {}) =>
  quoteItems([of(orders)], rights(left), { ...RETURN, ...over });

const WORK: [string, (orders: StoredOrder[]) => unknown][] = [
  ['refund', (orders) => computeRefund(input(orders))],
  ['refund of a promotion', (orders) => computeRefund(input(orders, { assisted: true }))],
  ['five-day refund', (orders) => computeRefund(input(orders, { kind: 'five-day' }))],
  ['amount', (orders) => refundAmount(input(orders))],
  ['quote', (orders) => quoted(orders)],
  ['quote with a five-day right', (orders) => quoted(orders, LEFT)],
  ['quote of renewals', (orders) => quoted(orders, ORDINARY, { action: 'return-renewals' })],
  ['curve', (orders) => refundCurve(of(orders), ORDINARY)],
  ['curve with a five-day right', (orders) => refundCurve(of(orders), LEFT)],
  ['booking', (orders) => refundPostings(computeRefund(input(orders)), orders)],
];
const promotion = (orders: StoredOrder[]): StoredOrder[] =>
  orders.map((one) => ({ ...one, channel: 'promotion' }));
const ORDERS: [string, (count: number) => StoredOrder[]][] = [
  ['monthly orders', monthlyOrders],
  ['monthly orders, listed the other way round', (count) => monthlyOrders(count).reverse()],
  ['promotion orders', (count) => promotion(monthlyOrders(count))],
  ['upgrades of many days', manyUpgrades],
];

describe('work grows with the orders, not with their square', () => {
  it.each(ORDERS.flatMap(([orders, make]) => WORK.map(([work, run]) => ({ orders, make, work, run }))))(
    '$work of 125, 250 and 500 $orders',
    ({ make, run }) => {
      const [a, b, c] = [125, 250, 500].map((count) => operations(make(count), run)) as [
        number,
        number,
        number,
      ];
      expect(a).toBeGreaterThan(125);
      // Twice as much, and a little for sorting.
      expect([b / a, c / b].filter((growth) => growth > 2.3)).toEqual([]);
    },
  );

  it('E7 rights are placed with work that grows with the items, also where there are as many rights', () => {
    const candidates = (count: number) =>
      range(count).map((n) => ({ fiveDay: exact(n + 2), ordinary: exact(n + 1) }));
    for (const left of [LEFT, { fiveDay: 1, ordinary: 1000 }, { fiveDay: 1000, ordinary: 1000 }]) {
      const [a, b, c] = [125, 250, 500].map((count) =>
        operations([], () => placeRights(candidates(count), left)),
      ) as [number, number, number];
      expect([b / a, c / b].filter((growth) => growth > 2.3)).toEqual([]);
    }
  });

  it('quotes of many instances come in pieces, none of which grows with their number', () => {
    const pieces = (count: number): number[] => {
      const subjects = range(count).map((n) => of([order()], { id: `i${n}` }));
      const turns = quoteInTurns(subjects, rights(LEFT), RETURN);
      const sizes: number[] = [];
      for (let done = false; !done; ) {
        sizes.push(
          operations([], () => {
            done = turns.next().done === true;
          }),
        );
      }
      return sizes;
    };
    const [few, many] = [pieces(100), pieces(200)];
    expect(many.length).toBeGreaterThan(400);
    // The one piece that all share places the rights: eight additions and comparisons an item.
    const largest = (sizes: number[]): number[] => [...sizes].sort((a, b) => b - a).slice(0, 2);
    expect(largest(many)[0]).toBeLessThan(200 * 60);
    expect(largest(many)[1]).toBeLessThan(2 * largest(few)[1]!);
  });
});

describe('M31, M9 long sums', () => {
  it('M8, M9, M31 sixty upgrades, each of other days, and a debt: cell by cell what the slow oracle says', () => {
    for (const at of [AT, hoursIn(20_000), hoursIn(50_000)]) {
      const one = input(manyUpgrades(60), { at });
      const { debts, half, cells, parts, ...wanted } = oracleRefund(one);
      const refund = computeRefund(one);
      const units = (amount: string): bigint => BigInt(amount.replace('.', ''));
      expect(debts).toBe(1);
      expect(half).toBe(false);
      expect({ amount: units(refund.amount), fee: units(refund.fee) }).toEqual(wanted);
      expect(
        Object.fromEntries(
          refund.cells.map(({ orderId, source, amount }) => [`${orderId}/${source}`, units(amount)]),
        ),
      ).toEqual(cells);
      expect(units(refund.parts.cash)).toBe(parts.cash);
    }
  });

  it('M8 cells of the same exact remainder, each of other days: the earlier order gets the cent', () => {
    // All end together, so as many days are left of each; paid a cent for every day of it, each gives as much
    // back.
    const [purchase, ...upgrades] = manyUpgrades(60);
    const dayOf = ({ startsAt, endsAt }: StoredOrder): number =>
      Math.ceil((Date.parse(endsAt) - Date.parse(startsAt)) / 86_400_000);
    const until = upgrades.at(-1)!.endsAt;
    const alike = upgrades.map((one, n) => {
      const startsAt = new Date(Date.parse(until) - (20_000 + n) * 86_400_000).toISOString();
      const same = { ...one, startsAt, endsAt: until };
      return { ...same, paid: paid((dayOf(same) / 100).toFixed(2)) };
    });
    const at = new Date(Date.parse(until) - 9_999 * 86_400_000 - 1000).toISOString();
    const one = input([purchase!, ...alike], { at, facts: facts({ prices: prices({ month: '0.01' }) }) });
    const { cells, debts } = oracleRefund(one);
    const refund = computeRefund(one);
    expect(debts).toBe(1);
    expect(new Set(Object.values(cells)).size).toBe(2);
    expect(
      Object.fromEntries(
        refund.cells.map(({ orderId, source, amount }) => [
          `${orderId}/${source}`,
          BigInt(amount.replace('.', '')),
        ]),
      ),
    ).toEqual(cells);
  });

  it('M31 500 orders, 499 of them upgrades of other days each: the parts sum to what the amount alone says', () => {
    const one = input(manyUpgrades(500));
    const refund = computeRefund(one);
    expect(refundAmount(one).amount).toBe(refund.amount);
    const units = (amount: string): bigint => BigInt(amount.replace('.', ''));
    expect(refund.cells.reduce((all, { amount }) => all + units(amount), 0n)).toBe(units(refund.amount));
    expect(refund.lines.reduce((all, { amount }) => all + units(amount), 0n)).toBe(units(refund.amount));
  });
});
