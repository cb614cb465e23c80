/** The documents' seven worked examples to the cent, through the API and into the ledger. */
import {
  cvmPrepaid,
  end,
  type Fields,
  hoursAgo,
  instanceOf,
  newAccount,
  plusMonths,
  purchase,
  quote,
  register,
} from '../support/lives';
import { useService } from '../support/service';

const { service, http } = useService();

const paid = (cash: string) => ({ cash, gift: '0', income: '0', voucher: '0' });

/** An account that has used its five-day right already. */
async function notFirst(): Promise<string> {
  const account = newAccount();
  await end(http, [await register(http, cvmPrepaid({ account }))], { action: 'return' });
  return account;
}

interface Example {
  rule: string;
  first: boolean;
  usedHours: number;
  orders: (startsAt: string) => Fields[];
  amount: string;
  kind: string;
}

const renewal = (startsAt: string): Fields => ({
  ...purchase(plusMonths(startsAt, 12)),
  id: 'o2',
  kind: 'renewal',
  paid: paid('507.96'),
});
const upgrade = (startsAt: string): Fields => ({
  id: 'u1',
  kind: 'upgrade',
  channel: 'standard',
  startsAt: new Date(Date.parse(startsAt) + 12 * 3_600_000).toISOString(),
  endsAt: plusMonths(startsAt, 12),
  paid: paid('100'),
});

const EXAMPLES: Example[] = [
  {
    rule: '003-35, 003-36, 003-37',
    first: true,
    usedHours: 1,
    orders: (at) => [purchase(at)],
    amount: '407.96',
    kind: 'five-day',
  },
  {
    rule: '003-38',
    first: true,
    usedHours: 119,
    orders: (at) => [purchase(at)],
    amount: '407.96',
    kind: 'five-day',
  },
  {
    rule: '003-39',
    first: false,
    usedHours: 48,
    orders: (at) => [purchase(at)],
    amount: '387.80',
    kind: 'ordinary',
  },
  {
    rule: '003-40',
    first: false,
    usedHours: 48,
    orders: (at) => [purchase(at), renewal(at)],
    amount: '895.76',
    kind: 'ordinary',
  },
  {
    rule: '003-41',
    first: false,
    usedHours: 72,
    orders: (at) => [purchase(at), upgrade(at)],
    amount: '502.10',
    kind: 'ordinary',
  },
];

it.each(EXAMPLES)(
  '$rule: $amount $kind, quoted, paid, booked and explained',
  async ({ first, usedHours, orders, amount, kind }) => {
    const account = first ? newAccount() : await notFirst();
    const id = await register(http, cvmPrepaid({ account, orders: orders(hoursAgo(usedHours)) }));
    const before = await cashOf(account);
    expect((await quote(http, [id], { action: 'return' })).items[0]!.refund).toMatchObject({
      kind,
      amount,
      parts: { cash: amount, gift: '0.00', income: '0.00' },
    });

    const done = await end(http, [id], { action: 'return' });
    const refund = (await http.get(`/v1/refunds/${done.items[0]!.refundId}`)).body;
    expect(refund).toMatchObject({
      kind,
      amount,
      status: 'done',
      fee: '0.00',
      currency: 'CNY',
      instanceId: id,
      account,
    });
    expect(sum(refund.lines.map((line) => line.amount))).toBe(amount);

    const credited = refund.entries.filter((entry) => entry.destination === 'customer:cash');
    expect(credited).toMatchObject([{ source: 'refunds', amount }]);
    expect(minor(await cashOf(account)) - minor(before)).toBe(minor(amount));
    const left = await service.pool.query(
      "SELECT e.ledger_account FROM entries e JOIN transactions t ON t.id = e.transaction_id WHERE t.instance_id = $1 AND e.ledger_account LIKE 'deferred:%' GROUP BY 1 HAVING sum(e.amount) <> 0",
      [id],
    );
    expect(left.rows).toEqual([]);
    expect((await instanceOf(http, id)).state).toBe('isolated');
  },
);

const minor = (amount: string): number => Math.round(Number(amount) * 100);
const sum = (amounts: string[]): string =>
  (amounts.reduce((all, amount) => all + minor(amount), 0) / 100).toFixed(2);
const cashOf = async (account: string): Promise<string> => {
  const { body, status } = await http.get(`/v1/accounts/${account}`);
  return status === 404 ? '0.00' : (body.balances[0]?.cash ?? '0.00');
};
