/** Inputs as large as they may be, and rows of which there are many. */
import { cvmPrepaid, DAY, type Fields, hoursAgo, purchase } from './lives';
import { range } from './parallel';
import { withDatabase } from './shared';

const START = hoursAgo(200);
const later = (days: number): string => new Date(Date.parse(START) + days * DAY).toISOString();
const long = (index: number): string => `${index}-${'x'.repeat(90)}`;
/** In UTF-8 three bytes each. */
export const NAME = '云'.repeat(128);
export const SENTENCE = '云'.repeat(500);

/** A purchase and renewals of thirty days each, with vouchers and prices of their own. */
export const manyOrders = (count: number): Fields[] =>
  range(count).map((index) =>
    purchase(START, {
      id: `order-${index}`,
      kind: index ? 'renewal' : 'purchase',
      months: 1,
      startsAt: later(index * 30),
      endsAt: later((index + 1) * 30),
      paid: { cash: '51.01', gift: '1.02', income: '2.03', voucher: '3.04' },
      prices: { version: `v${index}`, currency: 'CNY', month: '51', hour: '0.42' },
    }),
  );

/** A long purchase and upgrades beside it, each with another divisor. */
export const manyUpgrades = (count: number): Fields[] => [
  purchase(START, { endsAt: later(20_000) }),
  ...range(count - 1).map((index) =>
    purchase(START, {
      id: `up-${index}`,
      kind: 'upgrade',
      months: undefined,
      startsAt: later((index + 1) / 1000),
      endsAt: later(20_000 - index),
      paid: { cash: '51.01', gift: '1.02', income: '2.03', voucher: '3.04' },
    }),
  ),
];

export const pricesOf = (version: string): Fields => ({
  version,
  currency: 'CNY',
  month: '51',
  hour: range(50).map((index) => ({ ...(index < 49 ? { upToHours: index + 1 } : {}), price: '0.42' })),
  discounts: range(50).map((index) => ({ months: index + 1, rate: `0.${99 - index}` })),
});

/** Of everything as much as a registration may have. */
export const largest = (orders: Fields[], more: Fields = {}): Fields =>
  cvmPrepaid({
    name: NAME,
    externalId: NAME,
    prices: pricesOf(NAME),
    network: { billing: 'bandwidth', hour: '0.1', month: '10' },
    disks: range(200).map((index) => ({
      id: `d${long(index)}`,
      kind: 'data',
      storage: 'cloud',
      month: '1.00',
    })),
    addresses: range(200).map((index) => ({ id: `a${long(index)}`, kind: 'elastic', month: '1.00' })),
    orders,
    ...more,
  });

/**
 * Rows like one that there is, for what has no other limit than that of a page.
 * @param where of the row, in SQL; its table is `t`
 * @param columns what differs, in SQL, where `n` is the copy's number from 1
 */
export async function copies(
  url: string,
  table: string,
  where: string,
  count: number,
  columns: Record<string, string>,
): Promise<void> {
  await withDatabase(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 AND is_identity = 'NO'",
      [table],
    );
    const names = rows.map((row) => row.name);
    await client.query(
      `INSERT INTO ${table} (${names.join(', ')}) SELECT ${names.map((one) => columns[one] ?? `t.${one}`).join(', ')}
       FROM ${table} t, generate_series(1, ${count}) n WHERE ${where}`,
    );
  });
}
