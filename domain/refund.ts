/**
 * The refund engine: what a return pays back, line by line (003-23 … 003-33; M1–M17). Pure and exact: one
 * rounding at the end.
 */

import { addMonths, monthsUsed, SECONDS_PER_DAY, SECONDS_PER_HOUR, secondsBetween } from './calendar';
import {
  byStart,
  type Facts,
  type HourlyPrice,
  hasNotBegun,
  isTerm,
  type Order,
  openOrders,
  orderInForce,
  type Prices,
  pricesOf,
  renewalsToReturn,
  type StoredOrder,
  timesOf,
} from './instance';
import { isoOf, msOf } from './instant';
import {
  atLeastZero,
  type Exact,
  exact,
  formatDecimal,
  formatMinorUnits,
  fromMinorUnits,
  least,
  leastUnits,
  ONE,
  type Parts,
  ratio,
  SOURCES,
  type Source,
  splitByLargestRemainder,
  splitInTurns,
  sum,
  sumToMinorUnits,
  toMinorUnits,
  ZERO,
} from './money';
import type { Knobs, ReturnRules } from './policy';
import type { Text } from './text';
import { atOnce, each, type Turns } from './turns';

export type RefundKind = 'five-day' | 'ordinary';

/** One line of the explanation; the lines of a refund add up to its amount. */
export interface Line {
  label: Text;
  /** With its numbers, so that it can be checked by hand. */
  formula: string;
  amount: string;
}

/** What comes back out of one order, from one source. Money leaves the books cell by cell (J2). */
interface RefundCell {
  orderId: string;
  source: Source;
  amount: string;
}

export interface Refund {
  kind: RefundKind;
  currency: string;
  /** What the customer gets: the cells less the fee. */
  amount: string;
  parts: Parts;
  fee: string;
  lines: Line[];
  cells: RefundCell[];
}

export interface RefundInput {
  kind: RefundKind;
  facts: Facts;
  orders: StoredOrder[];
  /** The quote's instant on the instance's clock. */
  at: string;
  knobs: Knobs;
  rules: ReturnRules;
  /** An operator approved it: promotion orders then pay their fee (M11). */
  assisted?: boolean;
  /**
   * Only renewals that have not begun come back (M18); nothing that is used is counted, because it goes on
   * being used.
   */
  renewalsOnly?: boolean;
  /** Of those, the ones that were chosen; missing: all that can come back. */
  orderIds?: readonly string[] | undefined;
}

interface ExactLine {
  label: Text;
  formula: string;
  exact: Exact;
}

/** An order's refundable part before rounding. */
interface Portion {
  order: Order;
  exact: Exact;
  /** What part of the order's payment it is; 0 where it is none. */
  share: Exact;
  /** The lines that explain it; made only where they are shown. */
  lines: () => ExactLine[];
}

type Amounts = Pick<Order, 'paid'>;
const knownSums = new WeakMap<object, { cash: string; gift: string; income: string; total: Exact }>();

/** What was paid without the voucher. Summed once for each order, and again should it have been changed. */
export function nonVoucher({ paid }: Amounts): Exact {
  const { cash, gift, income } = paid;
  const known = knownSums.get(paid);
  if (known && known.cash === cash && known.gift === gift && known.income === income) return known.total;
  const total = exact(cash).add(exact(gift)).add(exact(income));
  knownSums.set(paid, { cash, gift, income, total });
  return total;
}

/**
 * Computes a refund. Throws when no order is left or a price is missing: eligibility has to be asked first.
 */
export const computeRefund = (input: RefundInput): Refund => atOnce(refundInTurns(input));

/** {@link computeRefund}, in pieces of about a cell or a line each. */
export function* refundInTurns(input: RefundInput): Turns<Refund> {
  const currency = currencyOf(input);
  const portions = portionsOf(input);
  yield;
  const { raw, factor } = lowerByDebts(portions);
  const gross = toMinorUnits(atLeastZero(raw), currency);
  const cells = yield* splitCells(portions, factor, gross, currency);
  const fees = input.assisted ? promotionFees(portions, cells, input.rules, currency) : [];
  const fee = fees.reduce((all, { units }) => all + units, 0n);
  return {
    kind: input.kind,
    currency,
    amount: formatMinorUnits(gross - fee, currency),
    parts: partsAfterFees(cells, fees, currency),
    fee: formatMinorUnits(fee, currency),
    lines: yield* explainInLines(portions, raw, gross, fees, input.rules, currency),
    cells: cells.map(({ key, units }) => ({ ...key, amount: formatMinorUnits(units, currency) })),
  };
}

/** What a refund pays, without its cells and lines. */
export type RefundAmount = Pick<Refund, 'kind' | 'currency' | 'amount'>;

/**
 * {@link computeRefund}'s amount alone, many times as fast: for looking ahead, and for choosing which right
 * to use.
 */
export function refundAmount(input: RefundInput): RefundAmount {
  const currency = currencyOf(input);
  const portions = portionsOf(input);
  // A fee depends on the cells (M29).
  if (input.assisted && portions.some(({ order }) => order.channel === 'promotion'))
    return computeRefund(input);
  const gross = sumToMinorUnits(
    portions.map((portion) => portion.exact),
    currency,
  );
  return { kind: input.kind, currency, amount: formatMinorUnits(gross < 0n ? 0n : gross, currency) };
}

function currencyOf({ facts }: RefundInput): string {
  if (!facts.prices) throw new Error('a return needs the instance’s prices');
  return facts.prices.currency;
}

function portionsOf(input: RefundInput): Portion[] {
  if (input.renewalsOnly)
    return byStart(renewalsToReturn(openOrders(input.orders), input.at, input.orderIds)).map(
      notStartedPortion,
    );
  return input.kind === 'five-day' ? fiveDayPortions(input) : ordinaryPortions(input);
}

/** An order that comes back whole. */
function wholePortion(order: Order, label: Text): Portion {
  return { order, exact: nonVoucher(order), share: ONE, lines: () => [paidLine(order, label)] };
}

/** 003-25. */
const notStartedPortion = (order: Order): Portion => wholePortion(order, LABELS.notStarted);

/** M10: everything non-voucher of all the instance's orders, each source to itself. */
const fiveDayPortions = ({ orders }: RefundInput): Portion[] =>
  byStart(openOrders(orders)).map((order) => wholePortion(order, LABELS.paid));

/**
 * 003-23: order in force + orders not started − used value; upgrades by days (M6). Before the first order
 * begins nothing is used (M19).
 */
function ordinaryPortions(input: RefundInput): Portion[] {
  const { at } = input;
  const open = byStart(openOrders(input.orders));
  const inForce = orderInForce(open, at);
  if (!inForce && !hasNotBegun(open, at)) throw new Error(`no order is in force at ${at}`);
  const now = msOf(at);
  return open.flatMap((order): Portion[] => {
    if (order === inForce) return [inForcePortion(input, order, open)];
    if (timesOf(order).start > now) return [notStartedPortion(order)];
    if (order.kind === 'upgrade' && timesOf(order).end > now) return [upgradePortion(order, now)];
    return [];
  });
}

/** M18: whether more was used of the order in force than was paid for it, so that its part is a debt (M9). */
export function isOverused(input: RefundInput): boolean {
  const open = byStart(openOrders(input.orders));
  const inForce = orderInForce(open, input.at);
  return inForce !== undefined && inForcePortion(input, inForce, open).exact.compare(ZERO) < 0;
}

function inForcePortion(input: RefundInput, order: Order, open: Order[]): Portion {
  const used = [...usedHost(input, order, open), ...usedNetwork(input, order)];
  const paid = nonVoucher(order);
  const left = paid.sub(sum(used.map((line) => line.exact)));
  const share = left.compare(ZERO) > 0 ? left.div(paid) : ZERO;
  return {
    order,
    exact: left,
    share,
    lines: () => [paidLine(order, LABELS.inForce), ...used.map(subtracted)],
  };
}

/** What was used lowers the refund, and its formula says so. */
function subtracted(line: ExactLine): ExactLine {
  if (line.exact.equals(ZERO)) return line;
  const formula = line.formula.includes(' + ') ? `−(${line.formula})` : `−${line.formula}`;
  return { ...line, formula, exact: line.exact.neg() };
}

/** M6: `paid × (total − used) / total`, days rounded up, the amount not rounded. */
function upgradePortion(order: Order, now: number): Portion {
  const paid = nonVoucher(order);
  // Orders of before M26 may have lasted less than a second.
  const { start, end } = timesOf(order);
  const total = Math.max(1, daysUp(start, end));
  const used = daysUp(start, now);
  const common = greatestCommonDivisor(total, used);
  const share = ratio((total - used) / common, total / common);
  const back = paid.mul(share);
  const formula = (): string => `${formatDecimal(paid)} / ${total} × (${total} − ${used})`;
  return {
    order,
    exact: back,
    share,
    lines: () => [{ label: named(LABELS.upgrade, order), formula: formula(), exact: back }],
  };
}

/** Equal shares are then written alike, and their sums and comparisons short. */
function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Fractions of a second are dropped, as everywhere (003-31). */
const daysUp = (from: number, to: number): number =>
  Math.ceil(Math.floor((to - from) / 1000) / SECONDS_PER_DAY);

/** 003-27, 003-28: whole months at the monthly price with the official discount, the rest by the hour. */
function usedHost(input: RefundInput, order: Order, open: Order[]): ExactLine[] {
  const { at, facts, knobs, rules } = input;
  const prices = pricesOf(order, open, facts);
  const months = monthsUsed(order.startsAt, at, knobs.timeZone);
  const lines: ExactLine[] = [];
  if (months > 0) {
    const month = required(prices?.month, 'prices.month');
    const rate = discountFor(months, prices, rules);
    const formula = `${months} × ${formatDecimal(month)} × ${formatDecimal(rate)}`;
    lines.push({ label: LABELS.months, formula, exact: month.mul(months).mul(rate) });
  }
  const stop = months === 0 ? hoursStopAt(input, order, open) : undefined;
  const from = months === 0 ? order.startsAt : addMonths(order.startsAt, months, knobs.timeZone);
  const part = partMonth(input, prices, from, stop ?? at);
  return [...lines, { label: stop === undefined ? LABELS.hours : until(LABELS.hours, stop), ...part }];
}

/** M3, M7: a part month by the hour; never more than a month where the policy caps it. */
function partMonth(
  { knobs }: RefundInput,
  prices: Prices | undefined,
  from: string,
  to: string,
): { formula: string; exact: Exact } {
  const part = byTheHour(secondsBetween(from, to), prices?.hour, 'prices.hour');
  if (!knobs.capPartMonth) return part;
  const cap = required(prices?.month, 'prices.month');
  return { formula: `min(${part.formula}, ${formatDecimal(cap)})`, exact: least(part.exact, cap) };
}

/**
 * M6, M27: without a whole month used, host hours stop counting at the first upgrade of the order in force
 * that is in force itself.
 * @returns that instant in UTC; undefined when hours count to the end, also where the policy says so
 */
function hoursStopAt({ at, knobs }: RefundInput, order: Order, open: Order[]): string | undefined {
  // Policies that were kept before there was the knob say nothing, and stop.
  if (knobs.hoursAfterUpgrade === 'count') return undefined;
  const [start, now] = [msOf(order.startsAt), msOf(at)];
  const begun = open
    .filter((other) => !isTerm(other) && timesOf(other).end > now)
    .map((other) => timesOf(other).start)
    .filter((begins) => begins >= start && begins <= now);
  return begun.length ? isoOf(Math.min(...begun)) : undefined;
}

/**
 * M27: from when on the host's hours of an ordinary return are not counted, and what they would have cost.
 */
export function hoursStopped(input: RefundInput): { at: string; amount: Exact } | undefined {
  const open = byStart(openOrders(input.orders));
  const order = orderInForce(open, input.at);
  if (!order || monthsUsed(order.startsAt, input.at, input.knobs.timeZone) > 0) return undefined;
  const stop = hoursStopAt(input, order, open);
  if (stop === undefined) return undefined;
  const prices = pricesOf(order, open, input.facts);
  const cost = (to: string): Exact => partMonth(input, prices, order.startsAt, to).exact;
  return { at: stop, amount: cost(input.at).sub(cost(stop)) };
}

/** 003-29, 003-30, M4: by traffic nothing; by bandwidth until now, or until the switch to traffic. */
function usedNetwork(input: RefundInput, order: Order): ExactLine[] {
  const { network } = input.facts;
  const until = network.billing === 'bandwidth' ? input.at : earlier(network.switchedToTrafficAt, input.at);
  const seconds = until === undefined ? 0 : secondsBetween(order.startsAt, until);
  if (until === undefined || seconds <= 0) return [{ label: LABELS.network, formula: '0', exact: ZERO }];
  if (input.knobs.networkUsage === 'hourly')
    return [{ label: LABELS.network, ...byTheHour(seconds, network.hour, 'network.hour') }];
  const months = monthsUsed(order.startsAt, until, input.knobs.timeZone);
  const rest = byTheHour(
    secondsBetween(addMonths(order.startsAt, months, input.knobs.timeZone), until),
    network.hour,
    'network.hour',
  );
  if (months === 0) return [{ label: LABELS.network, ...rest }];
  const month = required(network.month, 'network.month');
  const rate = discountFor(months, pricesOf(order, openOrders(input.orders), input.facts), input.rules);
  const formula = `${months} × ${formatDecimal(month)} × ${formatDecimal(rate)} + ${rest.formula}`;
  return [{ label: LABELS.network, formula, exact: month.mul(months).mul(rate).add(rest.exact) }];
}

const earlier = (a: string | undefined, b: string): string | undefined =>
  a !== undefined && msOf(a) > msOf(b) ? b : a;

/**
 * M3: seconds / 3600 × price, tier by tier; tiers restart with each part month, so `seconds` is that part's.
 * Throws when the price is missing (`name` says which).
 */
function byTheHour(
  seconds: number,
  price: HourlyPrice | undefined,
  name: string,
): { formula: string; exact: Exact } {
  if (price === undefined) throw new Error(`${name} is missing`);
  const tiers = typeof price === 'string' ? [{ price }] : price;
  const pieces: string[] = [];
  let total = ZERO;
  let from = 0;
  for (const tier of tiers) {
    const limit = Math.min(seconds, (tier.upToHours ?? Number.POSITIVE_INFINITY) * SECONDS_PER_HOUR);
    if (limit <= from && pieces.length) break;
    const piece = Math.max(0, limit - from);
    total = total.add(exact(tier.price).mul(piece).div(SECONDS_PER_HOUR));
    pieces.push(`${formatHours(piece)} × ${formatDecimal(exact(tier.price))}`);
    from = limit;
  }
  return { formula: pieces.join(' + '), exact: total };
}

/** Whole hours as hours, anything else as seconds: both can be checked by hand, `48.00027778 h` can't. */
function formatHours(seconds: number): string {
  return seconds % SECONDS_PER_HOUR === 0
    ? `${seconds / SECONDS_PER_HOUR} h`
    : `${seconds} s / ${SECONDS_PER_HOUR}`;
}

/**
 * M2: the tier with the most months ≤ n of the snapshot's discounts, or the policy's; below the first tier 1.
 */
export function discountFor(
  months: number,
  prices: Prices | undefined,
  rules: Pick<ReturnRules, 'discounts'>,
): Exact {
  const tiers = (prices?.discounts ?? rules.discounts).filter((tier) => tier.months <= months);
  const best = tiers.sort((a, b) => b.months - a.months)[0];
  return best ? exact(best.rate) : exact('1');
}

/**
 * M9: a negative part lowers the others in proportion to their positive parts; together never below 0.
 * @returns what the portions sum to, and what is left of each positive one: 1 without a negative one
 */
function lowerByDebts(portions: Portion[]): { raw: Exact; factor: Exact } {
  const positive = sum(portions.map((portion) => atLeastZero(portion.exact)));
  const debt = sum(portions.map((portion) => atLeastZero(portion.exact.neg())));
  const raw = positive.sub(debt);
  if (raw.compare(ZERO) <= 0) return { raw, factor: ZERO };
  return { raw, factor: debt.equals(ZERO) ? ONE : ONE.sub(debt.div(positive)) };
}

interface UnitCell {
  key: { orderId: string; source: Source };
  units: bigint;
}

/**
 * M8, M9: each order's part in its own mix of sources; ties go cash, gift, income, then the earlier order.
 */
function* splitCells(portions: Portion[], factor: Exact, gross: bigint, currency: string): Turns<UnitCell[]> {
  const cells = SOURCES.flatMap((source) =>
    portions.map(({ order, share }) => ({
      key: { orderId: order.id, source },
      exact: share.mul(exact(order.paid[source])),
    })),
  );
  yield;
  return (yield* splitInTurns(gross, cells, currency, factor)).filter(({ units }) => units > 0n);
}

interface Fee {
  order: Order;
  /** What the order pays back, of which the fee is a part. */
  paysBack: bigint;
  units: bigint;
}

/**
 * M11, M29: of each promotion order that comes back a share of what it actually cost in cash, at most what
 * that order pays back. Rounded once, and split over the orders like any amount.
 */
function promotionFees(portions: Portion[], cells: UnitCell[], rules: ReturnRules, currency: string): Fee[] {
  const unitsOf = new Map<string, bigint>();
  for (const { key, units } of cells) unitsOf.set(key.orderId, (unitsOf.get(key.orderId) ?? 0n) + units);
  const wanted = portions
    .filter(({ order }) => order.channel === 'promotion')
    .map(({ order }) => {
      const paysBack = unitsOf.get(order.id) ?? 0n;
      const share = exact(order.paid.cash).mul(exact(rules.promotionFeeRate));
      return { key: { order, paysBack }, exact: least(share, fromMinorUnits(paysBack, currency)) };
    });
  const total = toMinorUnits(sum(wanted.map((fee) => fee.exact)), currency);
  return splitByLargestRemainder(total, wanted, currency).map(({ key, units }) => ({ ...key, units }));
}

/** M11: a fee comes out of its order's cash first, then gift, then income. */
function partsAfterFees(cells: UnitCell[], fees: Fee[], currency: string): Parts {
  const owed = new Map(fees.map(({ order, units }) => [order.id, units]));
  const parts = {} as Parts;
  for (const source of SOURCES) {
    let all = 0n;
    for (const { key, units } of cells.filter((cell) => cell.key.source === source)) {
      const taken = leastUnits(owed.get(key.orderId) ?? 0n, units);
      owed.set(key.orderId, (owed.get(key.orderId) ?? 0n) - taken);
      all += units - taken;
    }
    parts[source] = formatMinorUnits(all, currency);
  }
  return parts;
}

/**
 * The lines as shown: each rounded for reading, then the differences named, so that together they are the
 * amount.
 */
function* explainInLines(
  portions: Portion[],
  raw: Exact,
  gross: bigint,
  fees: Fee[],
  rules: ReturnRules,
  currency: string,
): Turns<Line[]> {
  let units = 0n;
  const show = ({ label, formula, exact: value }: ExactLine): Line => {
    const rounded = toMinorUnits(value, currency);
    units += rounded;
    return { label, formula, amount: formatMinorUnits(rounded, currency) };
  };
  const shown = (yield* each(portions, (portion) => portion.lines().map(show))).flat();
  const rounded = toMinorUnits(raw, currency);
  const add = (label: Text, formula: string, difference: bigint) => {
    if (difference !== 0n) shown.push({ label, formula, amount: formatMinorUnits(difference, currency) });
  };
  add(LABELS.rounding, `${formatDecimal(raw)} → ${formatMinorUnits(rounded, currency)}`, rounded - units);
  add(LABELS.notBelowZero, `max(0, ${formatMinorUnits(rounded, currency)})`, gross - rounded);
  add(LABELS.fee, feeFormula(fees, rules, currency), -fees.reduce((all, { units: one }) => all + one, 0n));
  return shown;
}

function feeFormula(fees: Fee[], rules: ReturnRules, currency: string): string {
  const terms = fees.map(
    ({ order, paysBack }) =>
      `min(${formatMinorUnits(paysBack, currency)}, ${order.paid.cash} × ${rules.promotionFeeRate})`,
  );
  return terms.length > 1 ? `−(${terms.join(' + ')})` : `−${terms[0]}`;
}

function required(value: string | undefined, name: string): Exact {
  if (value === undefined) throw new Error(`${name} is missing`);
  return exact(value);
}

const named = (label: Text, order: Order): Text => ({
  en: `${label.en} (${order.id})`,
  zh: `${label.zh}（${order.id}）`,
});

/** M27. */
const until = (label: Text, at: string): Text => ({
  en: `${label.en}, until the upgrade at ${at}`,
  zh: `${label.zh}，计至 ${at} 升配为止`,
});

const isNothing = (amount: string): boolean => !/[1-9]/.test(amount);

/**
 * The formula has numbers only, so that it reads the same in every language; a voucher is named by the label.
 */
function paidLine(order: Order, label: Text): ExactLine {
  const paid = SOURCES.map((source) => order.paid[source]).filter((amount) => !isNothing(amount));
  const { voucher } = order.paid;
  const { en, zh } = named(label, order);
  const full = isNothing(voucher)
    ? { en, zh }
    : { en: `${en}, without its voucher of ${voucher}`, zh: `${zh}，不含代金券 ${voucher}` };
  return { label: full, formula: paid.join(' + ') || '0', exact: nonVoucher(order) };
}

const LABELS = {
  paid: { en: 'Paid', zh: '实际支付' },
  inForce: { en: 'Paid for the order in force', zh: '当前有效订单金额' },
  notStarted: { en: 'Paid for an order not started', zh: '未开始订单金额' },
  upgrade: { en: 'Unused days of an upgrade', zh: '升配未使用天数' },
  months: { en: 'Used host, whole months', zh: '已使用主机费用（整月）' },
  hours: { en: 'Used host, part month', zh: '已使用主机费用（不满整月）' },
  network: { en: 'Used network', zh: '已使用网络费用' },
  rounding: { en: 'Rounded once, half up', zh: '一次四舍五入' },
  notBelowZero: { en: 'A refund below zero counts as zero', zh: '退款金额小于零按零计算' },
  fee: { en: 'Promotion-channel fee', zh: '推广奖励渠道退款手续费' },
} satisfies Record<string, Text>;
