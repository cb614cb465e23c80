/** The instances that the documents talk about, as registrations. */
import { DAY } from './life';

type RegistrationBody = Record<string, unknown>;

/** 003's background: 51 a month, 0.42 an hour, without bandwidth. */
const PRICES = {
  version: '2026-11',
  currency: 'CNY',
  month: '51',
  hour: '0.42',
  discounts: [
    { months: 6, rate: '0.88' },
    { months: 12, rate: '0.83' },
  ],
};

const cvm = (billing: string, more: RegistrationBody): RegistrationBody => ({
  product: 'tencent-cvm',
  billing,
  region: 'ap-guangzhou',
  zone: 'ap-guangzhou-2',
  type: 'S1.SMALL1',
  prices: PRICES,
  disks: [
    { id: 'disk-local', kind: 'system', storage: 'local' },
    { id: 'disk-elastic', kind: 'data', storage: 'elastic' },
  ],
  addresses: [{ id: 'ip-elastic', kind: 'elastic' }],
  ...more,
});

const redis = (billing: string, more: RegistrationBody): RegistrationBody => ({
  product: 'tencent-redis',
  billing,
  region: 'ap-guangzhou',
  prices: PRICES,
  addresses: [{ id: 'ip', kind: 'public' }],
  ...more,
});

/**
 * A year bought now: 51 × 12 × 0.83 = 507.96, less a voucher of 100. The documents' year has 365 days,
 * whichever year this is.
 */
export function purchase(
  at: Date,
  paid: RegistrationBody = { cash: '407.96', voucher: '100' },
  channel = 'standard',
): RegistrationBody {
  const endsAt = new Date(at.getTime() + 365 * DAY).toISOString();
  return { id: 'o1', kind: 'purchase', channel, months: 12, startsAt: at.toISOString(), endsAt, paid };
}

export const cvmPostpaid = (): RegistrationBody => cvm('postpaid', {});
export const cvmPrepaid = (order: RegistrationBody): RegistrationBody => cvm('prepaid', { orders: [order] });
export const redisPostpaid = (): RegistrationBody => redis('postpaid', {});
export const redisPrepaid = (order: RegistrationBody): RegistrationBody =>
  redis('prepaid', { orders: [order] });

const jd = (billing: string, more: RegistrationBody): RegistrationBody => ({
  product: 'jd-vm',
  billing,
  region: 'cn-north-1',
  type: 'g.n2.medium',
  disks: [
    { id: 'disk-delete', kind: 'data', storage: 'cloud', deleteWithInstance: true },
    { id: 'disk-keep', kind: 'data', storage: 'cloud', deleteWithInstance: false },
  ],
  addresses: [{ id: 'ip-elastic', kind: 'elastic' }],
  ...more,
});

export const jdPostpaid = (): RegistrationBody => jd('postpaid', {});

/** A monthly package of 30 days, for 60. */
export function jdPackage(at: Date): RegistrationBody {
  const endsAt = new Date(at.getTime() + 30 * DAY).toISOString();
  const order = {
    id: 'o1',
    kind: 'purchase',
    months: 1,
    startsAt: at.toISOString(),
    endsAt,
    paid: { cash: '60' },
  };
  return jd('prepaid', { prices: { version: '2026-11', currency: 'CNY', month: '60' }, orders: [order] });
}
