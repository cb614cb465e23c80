/**
 * Registrations as no two customers have them: every product, billing, channel, price list and chain of
 * orders that the contract takes.
 */
import { DAY, type Fields, fromNow, plusMonths } from './lives';
import type { Random } from './random';

const DIGITS: Record<string, number> = { CNY: 2, USD: 2, JPY: 0, KWD: 3 };
const CURRENCIES = Object.keys(DIGITS);

/** An amount in the currency's own digits; small ones and zero are as likely as large ones. */
export function amount(random: Random, currency: string): string {
  const digits = DIGITS[currency]!;
  const units = random.pick([0, random.int(1, 9), random.int(0, 60_000), random.int(0, 2_000_000)]);
  const text = String(units).padStart(digits + 1, '0');
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

export function paid(random: Random, currency: string): Fields {
  const some = (): string => (random.chance(0.5) ? amount(random, currency) : '0');
  return { cash: amount(random, currency), gift: some(), income: some(), voucher: some() };
}

export const channel = (random: Random): string =>
  random.chance(0.8) ? 'standard' : random.pick(['promotion', 'activity']);
const price = (random: Random, top: number): string => String(random.int(0, top * 100) / 100);

export function prices(random: Random, currency: string) {
  const tiers = [{ upToHours: random.int(1, 300), price: price(random, 1) }, { price: price(random, 1) }];
  const discounts = random.pick([
    undefined,
    [],
    [{ months: random.int(1, 12), rate: random.pick(['0.5', '0.83', '0.995']) }],
  ]);
  return {
    version: '2026-11',
    currency,
    month: price(random, 80),
    hour: random.chance(0.3) ? tiers : price(random, 1),
    discounts,
  };
}

const network = (random: Random): Fields =>
  random.chance(0.4)
    ? { billing: 'bandwidth', hour: price(random, 1), month: price(random, 30) }
    : { billing: 'traffic' };

/** Noon of the last day of one of the last ten months. */
function endOfMonth(random: Random): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - random.int(0, 9), 0, 12)).toISOString();
}

/**
 * A purchase and renewals without a gap, upgrades inside; days and months long, begun up to a year ago,
 * sometimes within the five days.
 */
type Term = Fields & { startsAt: string; endsAt: string };

function orders(random: Random, currency: string): Fields[] {
  // Some begin on the last day of a month, from which chains of months are counted.
  let at = random.chance(0.2)
    ? endOfMonth(random)
    : fromNow(
        -random.pick([random.int(1, 119) * (DAY / 24), random.int(5, 60) * DAY, random.int(60, 400) * DAY]),
      );
  const terms = Array.from({ length: random.pick([1, 1, 2, 3]) }, (_, index) => {
    const months = random.int(1, 12);
    const startsAt = at;
    at = random.chance(0.3)
      ? new Date(Date.parse(at) + random.int(2, 40) * DAY).toISOString()
      : plusMonths(at, months);
    const own = random.chance(0.15) ? { prices: prices(random, currency) } : {};
    const kind = index === 0 ? 'purchase' : 'renewal';
    return {
      id: `o${index}`,
      kind,
      channel: channel(random),
      months,
      startsAt,
      endsAt: at,
      paid: paid(random, currency),
      ...own,
    };
  });
  const upgrades = Array.from({ length: random.pick([0, 0, 1, 2]) }, (_, index) =>
    upgradeOf(random, random.pick(terms), index, currency),
  );
  return [...terms, ...upgrades];
}

function upgradeOf(random: Random, term: Term, index: number, currency: string): Fields {
  const [from, to] = [Date.parse(term.startsAt), Date.parse(term.endsAt)];
  const startsAt = new Date(from + Math.floor(random.next() * (to - from - 1000))).toISOString();
  const own = random.chance(0.3) ? { prices: prices(random, currency) } : {};
  return {
    id: `u${index}`,
    kind: 'upgrade',
    channel: 'standard',
    startsAt,
    endsAt: term.endsAt,
    paid: paid(random, currency),
    ...own,
  };
}

/** What of a registration is not left to chance. */
export interface Given {
  product?: string;
  billing?: 'prepaid' | 'postpaid';
  state?: string;
}

export function randomRegistration(random: Random, account: string, given: Given = {}) {
  const currency = random.pick(CURRENCIES);
  const product = given.product ?? random.pick(['tencent-cvm', 'tencent-cvm', 'tencent-redis', 'jd-vm']);
  const billing = given.billing ?? (random.chance(0.7) ? 'prepaid' : 'postpaid');
  return {
    account,
    product,
    billing,
    state: given.state ?? random.pick(['running', 'running', 'running', 'stopped', 'changing']),
    region: 'ap-guangzhou',
    zone: random.chance(0.05) ? 'ap-guangzhou-open' : 'ap-guangzhou-2',
    type: random.pick(['S1.SMALL1', 'S1.SMALL1', 'S5.LARGE8', 'SN2.LARGE4', 'FX2.XLARGE']),
    monthlySettled: random.chance(0.05),
    prices: prices(random, currency),
    network: network(random),
    orders: billing === 'prepaid' ? orders(random, currency) : [],
    disks: [
      { id: 'd1', kind: 'system', storage: random.pick(['local', 'cloud']) },
      { id: 'd2', kind: 'data', storage: 'elastic', deleteWithInstance: random.chance(0.5) },
    ],
    addresses: random.chance(0.5) ? [{ id: 'ip1', kind: random.pick(['public', 'elastic']) }] : [],
  };
}
