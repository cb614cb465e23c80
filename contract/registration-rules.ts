/** Reads a registration: each field by its schema, and what fields mean together. */

import { z } from 'zod';
import { MAX_ORDERS } from '../domain/bounds';
import { isTerm, type Order, type Prices, type Registration, timesOf } from '../domain/instance';
import { isDue, isoOf, msOf } from '../domain/instant';
import { minorDigits, SOURCES } from '../domain/money';
import type { Policy } from '../domain/policy';
import { atOnce, type Turns } from '../domain/turns';
import { type Issue, issue, MAX_ISSUES, type Parsed, parse, repeatedAt } from './issues';
import { orderSchema, registrationSchema } from './registration';

type Field = keyof Registration;

/** A rule over several fields. It runs when all the fields that it reads are sound in themselves. */
interface RegistrationRule {
  reads: Field[];
  /** `now`: the wall clock, ISO-8601. */
  find: (registration: Registration, policy: Policy, now: string) => Issue[];
}

/** What is said of an instance in the bin, and of no other; `power` may be left out. */
const BIN = ['isolatedAt', 'cause', 'purgeTime', 'power'] as const satisfies Field[];

const REGISTRATION_RULES: RegistrationRule[] = [
  {
    reads: ['billing', 'orders'],
    find: ({ billing, orders }) =>
      billing === 'postpaid' ? orders.map((_, i) => issue(['orders', i], 'NOT_FOR_POSTPAID')) : [],
  },
  { reads: ['billing', 'orders', 'state'], find: prepaidHasOrders },
  {
    reads: ['billing', 'prices'],
    find: ({ billing, prices }) => (billing === 'prepaid' && !prices ? [issue(['prices'], 'MISSING')] : []),
  },
  { reads: ['product', 'billing', 'prices', 'orders'], find: pricesForRefunds },
  { reads: ['prices'], find: ({ prices }) => duplicateDiscounts(prices, ['prices']) },
  { reads: ['prices', 'orders'], find: oneCurrency },
  { reads: ['prices', 'orders'], find: paidDigits },
  { reads: ['orders'], find: orderDates },
  { reads: ['orders'], find: termsChain },
  { reads: ['orders'], find: upgradesInside },
  { reads: ['orders'], find: ({ orders }) => duplicates(orders, 'orders') },
  {
    reads: ['orders'],
    find: ({ orders }) =>
      orders.flatMap((order, i) => duplicateDiscounts(order.prices, ['orders', i, 'prices'])),
  },
  { reads: ['disks'], find: ({ disks }) => duplicates(disks, 'disks') },
  { reads: ['addresses'], find: ({ addresses }) => duplicates(addresses, 'addresses') },
  { reads: ['product', 'billing', 'state'], find: expiredOnlyWhereItHappens },
  { reads: ['product', 'billing', 'state', 'orders'], find: expiredIsOver },
  { reads: ['state', ...BIN], find: binFacts },
  { reads: ['state', 'isolatedAt', 'purgeTime'], find: binTimes },
  { reads: ['product', 'billing', 'state', 'cause'], find: binOnlyWhereItIs },
  { reads: ['state', 'cause', 'isolatedAt', 'orders'], find: endedByExpiry },
  { reads: ['product', 'network'], find: networkPrices },
];

/** What fields mean together: M16, the prices that refunds need, one currency. `policy` is the product's. */
export function checkRegistration(
  registration: Registration,
  policy: Policy,
  now = isoOf(Date.now()),
): Issue[] {
  return REGISTRATION_RULES.flatMap((check) => check.find(registration, policy, now));
}

const FIELDS = Object.keys(registrationSchema.shape) as Field[];
/** A schema of each field alone, so that each can be judged while others are bad. */
const FIELD_SCHEMAS = Object.fromEntries(
  FIELDS.map((field) => [field, z.object({ [field]: registrationSchema.shape[field] })]),
) as unknown as Record<Field, z.ZodType<Partial<Registration>>>;

/** At once; see {@link readRegistration}. */
export const parseRegistration = (
  input: unknown,
  policies: readonly Policy[],
  now?: string,
): Parsed<Registration> => atOnce(readRegistration(input, policies, now));

/**
 * Reads a registration, with all of its issues at once: where some fields are bad in themselves, the rules
 * over the others still run.
 * @param policies of the products that there are
 * @param now the instant as of which it is stated
 */
export function* readRegistration(
  input: unknown,
  policies: readonly Policy[],
  now = isoOf(Date.now()),
): Turns<Parsed<Registration>> {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return parse(registrationSchema, input);
  const issues: Issue[] = [];
  const sound: Partial<Registration> = {};
  for (const field of FIELDS) {
    const one = known(yield* readField(field, input), policies);
    if (one.ok) Object.assign(sound, one.value);
    else issues.push(...one.issues);
  }
  const unknown = Object.keys(input).filter((name) => !Object.hasOwn(registrationSchema.shape, name));
  issues.push(...unknown.slice(0, MAX_ISSUES).map((name) => issue([name], 'UNKNOWN_FIELD')));
  const isBad = new Set<string>(issues.map(({ pointer }) => pointer.split('/')[1]!));
  const policy = policies.find(({ product }) => product === sound.product);
  for (const { reads, find } of REGISTRATION_RULES) {
    yield;
    const isReadable = reads.every((field) => !isBad.has(field)) && (policy || !reads.includes('product'));
    if (isReadable) issues.push(...find(sound as Registration, policy!, now));
  }
  return issues.length
    ? { ok: false, issues: issues.slice(0, MAX_ISSUES) }
    : { ok: true, value: sound as Registration };
}

function known(
  read: Parsed<Partial<Registration>>,
  policies: readonly Policy[],
): Parsed<Partial<Registration>> {
  if (!read.ok || read.value.product === undefined) return read;
  const products = policies.map(({ product }) => product);
  if (products.includes(read.value.product)) return read;
  return { ok: false, issues: [issue(['product'], 'UNKNOWN_PRODUCT', { allowed: products.join(', ') })] };
}

function* readField(field: Field, input: object): Turns<Parsed<Partial<Registration>>> {
  yield;
  const given = Object.hasOwn(input, field) ? { [field]: (input as Record<string, unknown>)[field] } : {};
  const { orders } = given;
  if (field !== 'orders' || !Array.isArray(orders) || orders.length > MAX_ORDERS)
    return parse(FIELD_SCHEMAS[field], given);
  return yield* readOrders(orders);
}

/**
 * One after the other: hundreds of orders take long, and thousands of mistakes in them are enough after the
 * first.
 */
function* readOrders(given: unknown[]): Turns<Parsed<Pick<Registration, 'orders'>>> {
  const orders: Order[] = [];
  const issues: Issue[] = [];
  for (const [index, one] of given.entries()) {
    yield;
    const read = parse(orderSchema, one);
    if (read.ok) orders.push(read.value);
    else
      issues.push(...read.issues.map((found) => ({ ...found, pointer: `/orders/${index}${found.pointer}` })));
    if (issues.length >= MAX_ISSUES) break;
  }
  return issues.length ? { ok: false, issues } : { ok: true, value: { orders } };
}

/** One in the bin has been settled where it was isolated: its orders may be given, and needn't. */
function prepaidHasOrders({ billing, orders, state }: Registration): Issue[] {
  return billing === 'prepaid' && state !== 'isolated' && !orders.some(isTerm)
    ? [issue(['orders'], 'TOO_SHORT', { minimum: 1 })]
    : [];
}

/** What a refund needs of a snapshot. */
const missingPrices = (snapshot: Prices | undefined, path: PropertyKey[]): Issue[] =>
  (['month', 'hour'] as const)
    .filter((field) => snapshot && snapshot[field] === undefined)
    .map((field) => issue([...path, field], 'PRICE_REQUIRED'));

/** A snapshot that is brought to an instance later (M23), held to what a registration's is held to. */
export function priceIssues(
  prices: Prices,
  currencyCode: string,
  policy: Policy,
  path: PropertyKey[],
): Issue[] {
  const isForeign = prices.currency !== currencyCode;
  return [
    ...(isForeign ? [issue([...path, 'currency'], 'OTHER_CURRENCY', { currency: currencyCode })] : []),
    ...(policy.returns ? missingPrices(prices, path) : []),
    ...duplicateDiscounts(prices, path),
  ];
}

/**
 * A refund takes the prices of the order in force, else the instance's: each snapshot must be enough by
 * itself.
 */
function pricesForRefunds({ billing, prices, orders }: Registration, policy: Policy): Issue[] {
  if (billing !== 'prepaid' || !policy.returns) return [];
  const snapshots: [PropertyKey[], Prices | undefined][] = [
    [['prices'], prices],
    ...orders.map((order, index): [PropertyKey[], Prices | undefined] => [
      ['orders', index, 'prices'],
      order.prices,
    ]),
  ];
  return snapshots.flatMap(([path, snapshot]) => missingPrices(snapshot, path));
}

function oneCurrency({ prices, orders }: Registration): Issue[] {
  const expected = prices?.currency ?? orders.find((order) => order.prices)?.prices?.currency;
  if (expected === undefined) return [];
  return orders.flatMap((order, index) =>
    order.prices && order.prices.currency !== expected
      ? [issue(['orders', index, 'prices', 'currency'], 'OTHER_CURRENCY', { currency: expected })]
      : [],
  );
}

/** The digits after the point that an amount of this currency may have, and where it has more. */
export function paidIssues(paid: Order['paid'], currencyCode: string, path: PropertyKey[]): Issue[] {
  const digits = minorDigits(currencyCode) ?? 0;
  return [...SOURCES, 'voucher' as const]
    .filter((source) => (paid[source].split('.')[1] ?? '').length > digits)
    .map((source) => issue([...path, source], 'TOO_MANY_DIGITS', { currency: currencyCode, digits }));
}

function paidDigits({ prices, orders }: Registration): Issue[] {
  if (!prices) return [];
  return orders.flatMap((order, index) => paidIssues(order.paid, prices.currency, ['orders', index, 'paid']));
}

function orderDates({ orders }: Registration): Issue[] {
  return orders.flatMap((order, index) => {
    const lasts = msOf(order.endsAt) - msOf(order.startsAt);
    if (lasts >= SHORTEST) return [];
    return [issue(['orders', index, 'endsAt'], lasts <= 0 ? 'ENDS_BEFORE_START' : 'ORDER_TOO_SHORT')];
  });
}

/** M26. */
const SHORTEST = 1000;

const hasSoundDates = (order: Order): boolean => msOf(order.startsAt) < msOf(order.endsAt);

/** M16: purchases and renewals follow one another without gaps and overlaps. The later order is named. */
function termsChain({ orders }: Registration): Issue[] {
  const terms = orders
    .map((order, index) => ({ order, index, ...timesOf(order) }))
    .filter(({ order, start, end }) => isTerm(order) && start < end)
    .sort((a, b) => a.start - b.start || a.end - b.end);
  return terms.slice(1).flatMap(({ index, start }, before) => {
    const other = terms[before]!;
    const distance = start - other.end;
    if (distance === 0) return [];
    return [
      issue(['orders', index, 'startsAt'], distance > 0 ? 'ORDER_GAP' : 'ORDER_OVERLAP', {
        other: other.order.id,
      }),
    ];
  });
}

/** M16: an upgrade ends with the order in force when it was bought; longer is refused. */
function upgradesInside({ orders }: Registration): Issue[] {
  const terms = orders
    .filter(isTerm)
    .map((order) => ({ id: order.id, from: msOf(order.startsAt), to: msOf(order.endsAt) }));
  return orders.flatMap((order, index) => {
    if (isTerm(order) || !hasSoundDates(order)) return [];
    const start = msOf(order.startsAt);
    const term = terms.find(({ from, to }) => from <= start && start < to);
    if (!term) return [issue(['orders', index, 'startsAt'], 'UPGRADE_OUTSIDE')];
    return msOf(order.endsAt) > term.to
      ? [issue(['orders', index, 'endsAt'], 'UPGRADE_TOO_LONG', { other: term.id })]
      : [];
  });
}

function duplicates(parts: { id: string }[], field: Field): Issue[] {
  return repeatedAt(parts.map(({ id: one }) => one)).map((index) => issue([field, index, 'id'], 'DUPLICATE'));
}

function duplicateDiscounts(prices: Prices | undefined, path: PropertyKey[]): Issue[] {
  const tiers = prices?.discounts ?? [];
  return repeatedAt(tiers.map((tier) => tier.months)).map((index) =>
    issue([...path, 'discounts', index, 'months'], 'DUPLICATE'),
  );
}

const expires = (billing: Registration['billing'], { lifecycle }: Policy): boolean =>
  billing === 'prepaid' && lifecycle.expiry.into === 'expired';

/** L3: where expiry leads to the bin, an instance is never registered as expired. */
function expiredOnlyWhereItHappens({ billing, state }: Registration, policy: Policy): Issue[] {
  return state === 'expired' && !expires(billing, policy)
    ? [issue(['state'], 'STATE_NOT_OFFERED', { state })]
    : [];
}

/** L15: what has expired has no paid time left; else it could be ended at once, without a refund. */
function expiredIsOver({ billing, state, orders }: Registration, policy: Policy, now: string): Issue[] {
  if (state !== 'expired' || !expires(billing, policy)) return [];
  return orders.flatMap((order, index) =>
    msOf(order.endsAt) > msOf(now) ? [issue(['orders', index, 'endsAt'], 'NOT_OVER', { at: now })] : [],
  );
}

/** L15. */
function binFacts(registration: Registration): Issue[] {
  const isIsolated = registration.state === 'isolated';
  return BIN.flatMap((field) => {
    if (registration[field] !== undefined) return isIsolated ? [] : [issue([field], 'ONLY_ISOLATED')];
    return isIsolated && field !== 'power' ? [issue([field], 'MISSING')] : [];
  });
}

/** Its time in the bin has begun and is not over: one that is would be gone the moment it is registered. */
function binTimes({ state, isolatedAt, purgeTime }: Registration, _: Policy, now: string): Issue[] {
  if (state !== 'isolated') return [];
  return [
    ...(isolatedAt !== undefined && msOf(isolatedAt) > msOf(now)
      ? [issue(['isolatedAt'], 'IN_THE_FUTURE')]
      : []),
    ...(purgeTime !== undefined && isDue(purgeTime, now)
      ? [issue(['purgeTime'], 'NOT_IN_FUTURE', { clock: now })]
      : []),
  ];
}

/**
 * Only what the product's own rules could have brought into the bin is there: else nothing of it could be
 * said when it comes out.
 */
function binOnlyWhereItIs({ billing, state, cause }: Registration, { lifecycle }: Policy): Issue[] {
  if (state !== 'isolated') return [];
  const { action, modes } = lifecycle.end[billing];
  const causes = [
    ...(Object.values(modes).some(({ into }) => into === 'bin') ? [action] : []),
    ...(billing === 'prepaid' && lifecycle.expiry.into === 'bin' ? ['expiry'] : []),
  ];
  if (!causes.length) return [issue(['state'], 'STATE_NOT_OFFERED', { state })];
  return cause === undefined || causes.includes(cause)
    ? []
    : [issue(['cause'], 'NOT_ALLOWED', { allowed: causes.join(', ') })];
}

function endedByExpiry({ state, cause, isolatedAt, orders }: Registration): Issue[] {
  if (state !== 'isolated' || cause !== 'expiry' || isolatedAt === undefined) return [];
  const isOver = (order: Order): boolean => isDue(order.endsAt, isolatedAt);
  return orders.flatMap((order, index) =>
    isOver(order) ? [] : [issue(['orders', index, 'endsAt'], 'NOT_OVER', { at: isolatedAt })],
  );
}

/** M4: what used network is computed with; by traffic there is something to compute only before a switch. */
function networkPrices({ network }: Registration, policy: Policy): Issue[] {
  const counts = network.billing === 'bandwidth' || network.switchedToTrafficAt !== undefined;
  if (!counts) return [];
  const needed =
    policy.knobs.networkUsage === 'months-then-hourly' ? (['hour', 'month'] as const) : (['hour'] as const);
  return needed
    .filter((field) => network[field] === undefined)
    .map((field) => issue(['network', field], 'NETWORK_PRICE_REQUIRED'));
}
