import fc from 'fast-check';
import { type Candidate, placeRights, type RightsLeft } from '../../domain/eligibility';
import { exact } from '../../domain/money';
import { quoteItems } from '../../domain/quote';
import type { RefundKind } from '../../domain/refund';
import { rightsKey } from '../../domain/returns';
import type { QuoteRequest } from '../../domain/subject';
import { facts, hoursIn, order, paid, subject } from '../fixtures/domain';
import { SCALE } from '../support/scale';

type Amounts = { fiveDay: number | undefined; ordinary: number | undefined };
const candidates = (amounts: Amounts[]): Candidate[] =>
  amounts.map(({ fiveDay, ordinary }) => ({
    fiveDay: fiveDay === undefined ? undefined : exact(fiveDay),
    ordinary: ordinary === undefined ? undefined : exact(ordinary),
  }));

/**
 * Every way to hand out the rights; what is worth the same is decided by the first items first, five-day
 * before ordinary.
 */
function bruteForce(amounts: Amounts[], left: RightsLeft): (RefundKind | undefined)[] {
  const [first, ...rest] = amounts;
  if (!first) return [];
  const ways: [RefundKind | undefined, number, RightsLeft][] = [];
  if (first.fiveDay !== undefined && left.fiveDay > 0)
    ways.push(['five-day', first.fiveDay, { ...left, fiveDay: left.fiveDay - 1 }]);
  if (first.ordinary !== undefined && left.ordinary > 0)
    ways.push(['ordinary', first.ordinary, { ...left, ordinary: left.ordinary - 1 }]);
  ways.push([undefined, 0, left]);
  let best: { kinds: (RefundKind | undefined)[]; worth: number[] } | undefined;
  for (const [kind, , after] of ways) {
    const kinds = [kind, ...bruteForce(rest, after)];
    const worth = worthOf(amounts, kinds);
    if (!best || isWorthMore(worth, best.worth)) best = { kinds, worth };
  }
  return best!.kinds;
}

/** The total, then how many items get anything, then how many leave the rarer right (M28). */
function worthOf(amounts: Amounts[], kinds: (RefundKind | undefined)[]): number[] {
  const values = kinds.map((kind, index) => {
    if (!kind) return 0;
    return kind === 'five-day' ? amounts[index]!.fiveDay! : amounts[index]!.ordinary!;
  });
  return [
    values.reduce((a, b) => a + b, 0),
    kinds.filter((kind) => kind).length,
    kinds.filter((kind) => kind === 'ordinary').length,
  ];
}

function isWorthMore(a: number[], b: number[]): boolean {
  const first = a.findIndex((value, index) => value !== b[index]);
  return first >= 0 && a[first]! > b[first]!;
}

describe('E7 placing the rights of a batch', () => {
  it('E7 agrees with trying everything on small batches', () => {
    const amount = fc.option(fc.nat(6), { nil: undefined, freq: 4 });
    const batch = fc.array(fc.record({ fiveDay: amount, ordinary: amount }), { maxLength: 6 });
    const rights = fc.record({ fiveDay: fc.nat(2), ordinary: fc.nat(3) });
    fc.assert(
      fc.property(batch, rights, (amounts, left) => {
        expect(placeRights(candidates(amounts), left)).toEqual(bruteForce(amounts, left));
      }),
      { numRuns: 3000 * SCALE },
    );
  });

  it('E7 the five-day right goes where it wins most, not to the largest refund', () => {
    const amounts = [
      { fiveDay: 1000, ordinary: 990 },
      { fiveDay: 100, ordinary: 0 },
    ];
    expect(placeRights(candidates(amounts), { fiveDay: 1, ordinary: 3 })).toEqual(['ordinary', 'five-day']);
  });

  it('E7 ties go in the request’s order', () => {
    const same = Array.from({ length: 5 }, () => ({ fiveDay: 10, ordinary: 9 }));
    expect(placeRights(candidates(same), { fiveDay: 1, ordinary: 3 })).toEqual([
      'five-day',
      'ordinary',
      'ordinary',
      'ordinary',
      undefined,
    ]);
  });

  it('M28 where both rights pay the same, the ordinary one is used, in a batch too; the five-day one when no ordinary is left', () => {
    const same = { fiveDay: 5, ordinary: 5 };
    expect(placeRights(candidates([same]), { fiveDay: 1, ordinary: 3 })).toEqual(['ordinary']);
    expect(placeRights(candidates([{ fiveDay: 0, ordinary: 0 }]), { fiveDay: 1, ordinary: 1 })).toEqual([
      'ordinary',
    ]);
    expect(placeRights(candidates([same, { fiveDay: 9, ordinary: 8 }]), { fiveDay: 1, ordinary: 3 })).toEqual(
      ['ordinary', 'five-day'],
    );
    expect(placeRights(candidates([same]), { fiveDay: 1, ordinary: 0 })).toEqual(['five-day']);
  });

  it('E7 an item that pays nothing still gets a right that nobody else needs', () => {
    expect(
      placeRights(candidates([{ fiveDay: undefined, ordinary: 0 }]), { fiveDay: 1, ordinary: 1 }),
    ).toEqual(['ordinary']);
  });

  it('E7 takes rights below zero as none, and large batches in no time', () => {
    expect(placeRights(candidates([{ fiveDay: 1, ordinary: 1 }]), { fiveDay: -1, ordinary: -2 })).toEqual([
      undefined,
    ]);
    const many = Array.from({ length: 1000 }, (_, index) => ({ fiveDay: index, ordinary: index }));
    expect(placeRights(candidates(many), { fiveDay: 1, ordinary: 3 }).filter((kind) => kind)).toHaveLength(4);
  });
});

describe('E7 in quotes', () => {
  const RETURN: QuoteRequest = { action: 'return', schedule: { mode: 'now' } };
  const batch = ['a', 'b', 'c', 'd', 'e'].map((id, index) =>
    subject({ id, orders: [order({ paid: paid(String(100 + index)) })] }),
  );
  const quote = (
    request: QuoteRequest = RETURN,
    left: RightsLeft = { fiveDay: 1, ordinary: 3 },
    items = batch,
  ) =>
    quoteItems(items, new Map([[rightsKey('100001', 'tencent-cvm'), left]]), request).map(
      ({ instanceId, refund, blockers }) => [instanceId, refund.kind, ...blockers],
    );

  it('E7 five items on one and three rights: the least one goes without', () => {
    expect(quote()).toEqual([
      ['a', 'five-day', 'QUOTA_USED'],
      ['b', 'five-day'],
      ['c', 'ordinary'],
      ['d', 'ordinary'],
      ['e', 'ordinary'],
    ]);
  });

  it('E7 the request can name the five-day item', () => {
    expect(quote({ ...RETURN, fiveDayFor: 'd' })).toEqual([
      ['a', 'ordinary', 'QUOTA_USED'],
      ['b', 'ordinary'],
      ['c', 'ordinary'],
      ['d', 'five-day'],
      ['e', 'ordinary'],
    ]);
  });

  it('E7 a right that has gone makes the named item blocked, never silently ordinary', () => {
    expect(quote({ ...RETURN, fiveDayFor: 'd' }, { fiveDay: 0, ordinary: 3 })[3]).toEqual([
      'd',
      'ordinary',
      'FIVE_DAY_NOT_POSSIBLE',
      'QUOTA_USED',
    ]);
  });

  it('E7 blocked items take no rights, and each account and product has its own', () => {
    const settled = subject({
      id: 'x',
      facts: facts({ monthlySettled: true }),
      orders: [order({ paid: paid('9999') })],
    });
    const stranger = subject({ id: 'y', facts: facts({ account: '200002' }) });
    const left = { fiveDay: 1, ordinary: 0 };
    const items = quoteItems(
      [settled, stranger, batch[0]!],
      new Map([[rightsKey('100001', 'tencent-cvm'), left]]),
      RETURN,
    );
    expect(items.map(({ blockers }) => blockers)).toEqual([['MONTHLY_SETTLED'], ['QUOTA_USED'], []]);
  });

  it('E3, E7 an item that only the five-day right can help gets it where that wins most', () => {
    const sn2 = subject({
      id: 'x',
      facts: facts({ type: 'SN2.LARGE4' }),
      orders: [order({ paid: paid('1') })],
      at: hoursIn(48),
    });
    // Not at any price: what it would win is less than what the other would lose.
    expect(quote(RETURN, { fiveDay: 1, ordinary: 3 }, [batch[4]!, sn2])).toEqual([
      ['e', 'five-day'],
      ['x', 'five-day', 'FAMILY_EXCLUDED', 'QUOTA_USED'],
    ]);
    const rich = { ...sn2, orders: [order({ paid: paid('100') })] };
    expect(quote(RETURN, { fiveDay: 1, ordinary: 3 }, [batch[4]!, rich])).toEqual([
      ['e', 'ordinary'],
      ['x', 'five-day'],
    ]);
  });
});
