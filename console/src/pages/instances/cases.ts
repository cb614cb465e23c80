/** The documents' cases as registrations: an account of its own, so that its rights are new. */
import type { z } from 'zod';
import type { registrationSchema } from '../../../../contract/registration';

type Registration = z.input<typeof registrationSchema>;
type Order = NonNullable<Registration['orders']>[number];

const HOUR = 3_600_000;
const YEAR = 365 * 24;

/** @param now one for all of them: a renewal starts where the purchase ends, to the millisecond */
function ordersAt(now: number) {
  const at = (hours: number): string => new Date(now + hours * HOUR).toISOString();
  /** 003's background: 51 a month for a year at 0.83, less a voucher of 100. */
  const purchase = (hoursAgo: number): Order => ({
    id: 'o1',
    kind: 'purchase',
    months: 12,
    startsAt: at(-hoursAgo),
    endsAt: at(YEAR - hoursAgo),
    paid: { cash: '407.96', voucher: '100' },
  });
  const renewal = (hoursAgo: number): Order => ({
    id: 'o2',
    kind: 'renewal',
    months: 12,
    startsAt: at(YEAR - hoursAgo),
    endsAt: at(2 * YEAR - hoursAgo),
    paid: { cash: '507.96' },
  });
  const upgrade = (hoursAgo: number, after: number): Order => ({
    id: 'u1',
    kind: 'upgrade',
    startsAt: at(after - hoursAgo),
    endsAt: at(YEAR - hoursAgo),
    paid: { cash: '100' },
  });
  return { purchase, renewal, upgrade };
}

const cvm = (account: string, more: Partial<Registration>): Registration => ({
  account,
  product: 'tencent-cvm',
  billing: 'prepaid',
  state: 'running',
  region: 'ap-guangzhou',
  zone: 'ap-guangzhou-2',
  type: 'S1.SMALL1',
  prices: { version: '2026-11', currency: 'CNY', month: '51', hour: '0.42' },
  disks: [
    { id: 'd1', kind: 'system', storage: 'local' },
    { id: 'd2', kind: 'data', storage: 'elastic', month: '35' },
  ],
  addresses: [{ id: 'ip1', kind: 'elastic' }],
  ...more,
});

/** By their ids; the first one is the one that the guide goes on with. */
export function casesOf(account: string): [id: string, registration: Registration][] {
  const named = (name: string) => `${name}-${account}`;
  const { purchase, renewal, upgrade } = ordersAt(Date.now());
  return [
    [named('web-1'), cvm(account, { name: 'web-1', orders: [purchase(48)] })],
    [named('web-2'), cvm(account, { name: 'web-2', orders: [purchase(48)] })],
    [named('web-3'), cvm(account, { name: 'web-3', orders: [purchase(48), renewal(48)] })],
    [named('web-4'), cvm(account, { name: 'web-4', orders: [purchase(72), upgrade(72, 12)] })],
    [named('batch-1'), cvm(account, { name: 'batch-1', billing: 'postpaid' })],
    [named('cache-1'), cvm(account, { name: 'cache-1', product: 'tencent-redis', orders: [purchase(24)] })],
    [named('cache-2'), cvm(account, { name: 'cache-2', product: 'tencent-redis', billing: 'postpaid' })],
    [
      named('vm-1'),
      cvm(account, {
        name: 'vm-1',
        product: 'jd-vm',
        billing: 'postpaid',
        region: 'cn-north-1',
        zone: 'cn-north-1a',
      }),
    ],
  ];
}
