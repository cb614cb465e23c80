/** The contract's own registration, for tests to spoil. */
export const prepaid = {
  account: '100001',
  product: 'tencent-cvm',
  billing: 'prepaid',
  name: 'web-1',
  state: 'running',
  region: 'ap-guangzhou',
  zone: 'ap-guangzhou-2',
  type: 'S1.SMALL1',
  startedAt: '2026-11-01T00:00:00+08:00',
  monthlySettled: false,
  prices: {
    version: '2026-11',
    currency: 'CNY',
    month: '51',
    hour: '0.42',
    discounts: [
      { months: 6, rate: '0.88' },
      { months: 12, rate: '0.83' },
    ],
  },
  network: { billing: 'traffic' },
  orders: [
    {
      id: 'o1',
      kind: 'purchase',
      channel: 'standard',
      months: 12,
      startsAt: '2026-11-01T00:00:00+08:00',
      endsAt: '2027-11-01T00:00:00+08:00',
      paid: { cash: '407.96', gift: '0', income: '0', voucher: '100' },
    },
  ],
  disks: [
    { id: 'd1', kind: 'system', storage: 'local' },
    { id: 'd2', kind: 'data', storage: 'elastic', deleteWithInstance: false },
  ],
  addresses: [{ id: 'ip1', kind: 'elastic' }],
};
export const purchase = prepaid.orders[0]!;

const { orders: _none, prices, ...facts } = prepaid;
export const postpaid = { ...facts, billing: 'postpaid', prices };

export const order = (fields: Record<string, unknown>) => ({ ...purchase, ...fields });
export const renewal = (fields: Record<string, unknown> = {}) =>
  order({
    id: 'o2',
    kind: 'renewal',
    startsAt: purchase.endsAt,
    endsAt: '2028-11-01T00:00:00+08:00',
    ...fields,
  });
export const upgrade = (fields: Record<string, unknown> = {}) =>
  order({ id: 'u1', kind: 'upgrade', startsAt: '2026-11-01T12:00:00+08:00', ...fields });
