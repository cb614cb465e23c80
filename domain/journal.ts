/**
 * What a step means in double entry (J1–J3). A posting moves a non-negative amount from a source account to a
 * destination account. Account names are those of one transaction's book: the transaction itself names the
 * customer account and the instance they belong to.
 */
import type { Order, StoredOrder } from './instance';
import { type Exact, exact, formatMoney, SOURCES, type Source, ZERO } from './money';
import { nonVoucher, type Refund } from './refund';

export interface Posting {
  source: string;
  destination: string;
  currency: string;
  /** Decimal string, always all minor digits. */
  amount: string;
}

export const deferred = (orderId: string): string => `deferred:${orderId}`;
const REVENUE = 'revenue';
const REFUNDS = 'refunds';
const FEES = 'fees';
/** What the provider gives away: its own expense. */
const CREDITS = 'credits';

const worthBooking = (postings: Posting[]): Posting[] =>
  postings.filter(({ amount }) => !exact(amount).equals(ZERO));

/**
 * J1: `world:<source>`, or `customer:<source>` when Sunset debits the account, → `deferred:<order>`. Vouchers
 * are noted, not booked.
 */
export function paidPostings(
  order: Pick<Order, 'id' | 'paid'>,
  payer: 'world' | 'customer',
  currency: string,
): Posting[] {
  return worthBooking(
    SOURCES.map((source) => ({
      source: `${payer}:${source}`,
      destination: deferred(order.id),
      currency,
      amount: formatMoney(exact(order.paid[source]), currency),
    })),
  );
}

/**
 * J1; of an instance that was isolated elsewhere its orders were settled there: what was paid comes and goes,
 * and no balance keeps any of it (L15).
 */
export function registrationPostings(orders: Order[], isSettled: boolean, currency: string): Posting[] {
  const paid = orders.flatMap((order) => paidPostings(order, 'world', currency));
  return isSettled ? [...paid, ...reversalPostings(paid)] : paid;
}

/**
 * J2: refundable cells → refunds → customer; the fee refunds → fees; the rest of every order that comes back
 * → revenue.
 */
export function refundPostings(refund: Refund, open: StoredOrder[]): Posting[] {
  const { currency, cells, parts, fee } = refund;
  // The money of an order that has ended is revenue already (J3): a five-day return takes it back from there.
  const ended = new Set(open.filter((order) => order.endedAt !== null).map(({ id }) => id));
  const bookOf = (orderId: string): string => (ended.has(orderId) ? REVENUE : deferred(orderId));
  const returned = new Map<string, Exact>();
  for (const { orderId, amount } of cells)
    returned.set(orderId, exact(amount).add(returned.get(orderId) ?? ZERO));
  const back = cells.map(({ orderId, amount }) => ({
    source: bookOf(orderId),
    destination: REFUNDS,
    currency,
    amount,
  }));
  const credits = SOURCES.map((source) => ({
    source: REFUNDS,
    destination: `customer:${source}`,
    currency,
    amount: parts[source],
  }));
  const rest = open
    .filter((order) => order.endedAt === null)
    .map((order) => {
      const rest = nonVoucher(order).sub(returned.get(order.id) ?? ZERO);
      return {
        source: deferred(order.id),
        destination: REVENUE,
        currency,
        amount: formatMoney(rest, currency),
      };
    });
  return worthBooking([
    ...back,
    ...credits,
    { source: REFUNDS, destination: FEES, currency, amount: fee },
    ...rest,
  ]);
}

/** A correction only ever adds: what went from one book to another goes back, line by line. */
export const reversalPostings = (booked: Posting[]): Posting[] =>
  booked.map(({ source, destination, currency, amount }) => ({
    source: destination,
    destination: source,
    currency,
    amount,
  }));

export const ADJUSTMENTS = ['deposit', 'withdrawal', 'credit'] as const;

/** What an account is given or takes beside refunds and renewals. */
export interface Adjustment {
  kind: (typeof ADJUSTMENTS)[number];
  source: Source;
  currency: string;
  /** Decimal string, positive. */
  amount: string;
}

/**
 * A deposit comes from the world and a withdrawal goes there; a credit is nobody's payment but the provider's
 * gift.
 */
export function adjustmentPostings({ kind, source, currency, amount }: Adjustment): Posting[] {
  const [world, customer] = [`world:${source}`, `customer:${source}`];
  const ways = {
    deposit: [world, customer],
    withdrawal: [customer, world],
    credit: [CREDITS, customer],
  } as const;
  const [from, to] = ways[kind];
  return [{ source: from, destination: to, currency, amount: formatMoney(exact(amount), currency) }];
}

/** J3: an order that ends by time: deferred → revenue. */
export function endedPostings(orders: Order[], currency: string): Posting[] {
  return worthBooking(
    orders.map((order) => ({
      source: deferred(order.id),
      destination: REVENUE,
      currency,
      amount: formatMoney(nonVoucher(order), currency),
    })),
  );
}
