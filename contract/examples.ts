/** Shown in the document and ready to be tried at /docs. */

/** A prepaid CVM as the contract has it, bought for a year at 507.96 less a voucher of 100. */
export const REGISTRATION = {
  account: '100001',
  product: 'tencent-cvm',
  billing: 'prepaid',
  name: 'web-1',
  state: 'running',
  region: 'ap-guangzhou',
  zone: 'ap-guangzhou-2',
  type: 'S1.SMALL1',
  prices: { version: '2026-11', currency: 'CNY', month: '51', hour: '0.42' },
  network: { billing: 'traffic' },
  orders: [
    {
      id: 'o1',
      kind: 'purchase',
      months: 12,
      startsAt: '2026-11-01T00:00:00+08:00',
      endsAt: '2027-11-01T00:00:00+08:00',
      paid: { cash: '407.96', voucher: '100' },
    },
  ],
  disks: [{ id: 'd1', kind: 'system', storage: 'local' }],
  addresses: [{ id: 'ip1', kind: 'elastic' }],
};

export const QUOTE_REQUEST = { action: 'return', instanceIds: ['ins-1'] };
