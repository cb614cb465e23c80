import type { Policy, WorkedExample } from '../domain/policy';

const HOURS = 3600;
const DAYS = 86_400;

/**
 * The background of 003's examples: list price 51 a month, one year at 0.83, a voucher of 100, no bandwidth,
 * 0.42 an hour.
 */
const background: WorkedExample['instance'] = {
  id: 'ins-example',
  account: '100001',
  product: 'tencent-cvm',
  billing: 'prepaid',
  state: 'running',
  region: 'ap-guangzhou',
  zone: 'ap-guangzhou-2',
  type: 'S1.SMALL1',
  monthlySettled: false,
  prices: { version: '2026-11', currency: 'CNY', month: '51', hour: '0.42' },
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
  disks: [],
  addresses: [],
};
const renewed: WorkedExample['instance'] = {
  ...background,
  orders: [
    ...background.orders,
    {
      id: 'o2',
      kind: 'renewal',
      channel: 'standard',
      months: 12,
      startsAt: '2027-11-01T00:00:00+08:00',
      endsAt: '2028-11-01T00:00:00+08:00',
      paid: { cash: '507.96', gift: '0', income: '0', voucher: '0' },
    },
  ],
};
const upgraded: WorkedExample['instance'] = {
  ...background,
  orders: [
    ...background.orders,
    {
      id: 'u1',
      kind: 'upgrade',
      channel: 'standard',
      startsAt: '2026-11-01T12:00:00+08:00',
      endsAt: '2027-11-01T00:00:00+08:00',
      paid: { cash: '100', gift: '0', income: '0', voucher: '0' },
    },
  ],
};
const first = { fiveDay: 0, ordinary: 0 };
const notFirst = { fiveDay: 1, ordinary: 0 };
const binned = { permitted: true, releaseAfterSeconds: 7 * DAYS };
const afterDays = (days: number) =>
  new Date(Date.parse('2026-11-01T00:00:00+08:00') + days * DAYS * 1000).toISOString();

export const tencentCvm: Policy = {
  product: 'tencent-cvm',
  version: '2026-11',
  name: { en: 'Tencent Cloud CVM', zh: '腾讯云云服务器 CVM' },
  sources: ['000', '003'],
  lifecycle: {
    version: '2026-11',
    end: {
      // 000-03 … 000-08: now, two hours later, or at a time.
      postpaid: {
        action: 'terminate',
        requires: [],
        modes: {
          now: { into: 'terminated' },
          later: { into: 'bin', retentionSeconds: 2 * HOURS },
          timed: { into: 'terminated' },
        },
        refusedInArrears: false,
      },
      // 003-21: the recycle bin keeps it for seven days.
      prepaid: {
        action: 'return',
        requires: [],
        modes: { now: { into: 'bin', retentionSeconds: 7 * DAYS } },
        refusedInArrears: false,
      },
    },
    expiry: { into: 'bin', retentionSeconds: 7 * DAYS },
    timedMaxYears: 3,
  },
  knobs: {
    timeZone: 'Asia/Shanghai',
    networkUsage: 'hourly',
    hoursAfterUpgrade: 'stop',
    capPartMonth: false,
    fiveDayWindow: 'elapsed',
    // 003-02: once, for one CVM.
    fiveDayCount: 1,
    fiveDayPeriodDays: null,
    // 003-13.
    ordinaryCount: 3,
    ordinaryPeriodDays: null,
    approvalThreshold: null,
  },
  returns: {
    discounts: [
      { months: 6, rate: '0.88' },
      { months: 12, rate: '0.83' },
    ],
    exclusions: [
      // 003-14, 003-15.
      { code: 'FAMILY_EXCLUDED', families: ['SN2', 'CN2', 'FX2'] },
      // 003-16.
      { code: 'ZONE_EXCLUDED', zones: ['ap-guangzhou-open'] },
      // 003-17.
      { code: 'ACTIVITY_RESOURCE', channel: 'activity' },
    ],
    promotionFeeRate: '0.25',
  },
  disposal: [
    // 003-19, 003-20.
    {
      part: 'disk',
      storage: 'elastic',
      fate: 'retain',
      reason: { en: 'Elastic cloud disks are kept.', zh: '弹性云盘会继续保留。' },
    },
    { part: 'disk', fate: 'terminate', reason: { en: 'Goes with the instance.', zh: '随实例一并销毁。' } },
    {
      part: 'address',
      kind: 'elastic',
      fate: 'retain',
      reason: { en: 'Elastic IPs are kept and go on costing.', zh: '弹性公网 IP 会保留并继续计费。' },
    },
    { part: 'address', fate: 'terminate', reason: { en: 'Goes with the instance.', zh: '随实例一并释放。' } },
  ],
  notices: [
    {
      code: 'DATA_LOST',
      message: {
        en: 'Once released, the data is cleared and cannot be restored. Back it up first.',
        zh: '实例释放后数据将被清除且不可恢复，请先完成备份。',
      },
    },
    {
      code: 'VOUCHER_NOT_RETURNED',
      action: 'return',
      message: { en: 'Vouchers that were used are not paid back.', zh: '抵扣的代金券不予以退还。' },
    },
  ],
  examples: [
    {
      rule: '003-37',
      title: 'five-day, the account’s first return',
      instance: background,
      action: 'return',
      at: afterDays(2),
      returnsSoFar: first,
      expected: { ...binned, kind: 'five-day', amount: '407.96', fee: '0.00' },
    },
    {
      rule: '003-38',
      title: 'case 1: within five days (the last second of them) and first return',
      instance: background,
      action: 'return',
      at: afterDays(5),
      returnsSoFar: first,
      expected: { ...binned, kind: 'five-day', amount: '407.96' },
    },
    {
      rule: '003-39',
      title: 'case 2: within five days, not first, used 48 h',
      instance: background,
      action: 'return',
      at: afterDays(2),
      returnsSoFar: notFirst,
      expected: { ...binned, kind: 'ordinary', amount: '387.80' },
    },
    {
      rule: '003-40',
      title: 'case 3: as case 2, and renewed for a year, not started',
      instance: renewed,
      action: 'return',
      at: afterDays(2),
      returnsSoFar: notFirst,
      expected: { ...binned, kind: 'ordinary', amount: '895.76' },
    },
    {
      rule: '003-41',
      title: 'case 4: within five days, not first, upgraded after 12 h, used 72 h',
      instance: upgraded,
      action: 'return',
      at: afterDays(3),
      returnsSoFar: notFirst,
      expected: { ...binned, kind: 'ordinary', amount: '502.10' },
    },
    {
      rule: '003-31',
      title: 'exact to the second: 48 h 1 s',
      instance: background,
      action: 'return',
      at: afterDays(2 + 1 / DAYS),
      returnsSoFar: notFirst,
      expected: { ...binned, kind: 'ordinary', amount: '387.80' },
    },
    ...[
      ['2026-12-01', '356.96'],
      ['2027-04-01', '152.96'],
      ['2027-05-01', '138.68'],
      ['2027-07-01', '48.92'],
      ['2027-08-01', '4.04'],
      ['2027-09-01', '0.00'],
    ].map(
      ([day, amount]): WorkedExample => ({
        rule: amount === '0.00' ? '003-32' : '003-27',
        title: `whole months used, returned on ${day}`,
        instance: background,
        action: 'return',
        at: `${day}T00:00:00+08:00`,
        returnsSoFar: notFirst,
        expected: { ...binned, kind: 'ordinary', amount: amount! },
      }),
    ),
    {
      rule: '001-15',
      title: 'a promotion order, approved by an operator: 25 % of the cash paid is the fee',
      instance: {
        ...background,
        orders: background.orders.map((order) => ({ ...order, channel: 'promotion' })),
      },
      action: 'return',
      at: afterDays(2),
      returnsSoFar: first,
      assisted: true,
      expected: { ...binned, kind: 'five-day', amount: '305.97', fee: '101.99' },
    },
    {
      rule: '001-16',
      title: 'a promotion order can’t be returned by self-service',
      instance: {
        ...background,
        orders: background.orders.map((order) => ({ ...order, channel: 'promotion' })),
      },
      action: 'return',
      at: afterDays(2),
      returnsSoFar: first,
      expected: { permitted: false, blockers: ['PROMOTION_CHANNEL'] },
    },
    {
      rule: '003-14',
      title: 'SN2 can’t be returned by ordinary self-service',
      instance: { ...background, type: 'SN2.LARGE4' },
      action: 'return',
      at: afterDays(6),
      returnsSoFar: first,
      expected: { permitted: false, blockers: ['FAMILY_EXCLUDED'] },
    },
    {
      rule: '000-06',
      title: 'pay as you go, two hours later',
      instance: { ...background, billing: 'postpaid', orders: [] },
      action: 'terminate',
      schedule: { mode: 'later' },
      at: afterDays(1),
      returnsSoFar: first,
      expected: { permitted: true, kind: 'none', amount: '0.00', releaseAfterSeconds: 2 * HOURS },
    },
    {
      rule: '000-08',
      title: 'pay as you go, at a time',
      instance: { ...background, billing: 'postpaid', orders: [] },
      action: 'terminate',
      schedule: { mode: 'timed', at: afterDays(4) },
      at: afterDays(1),
      returnsSoFar: first,
      expected: { permitted: true, kind: 'none', amount: '0.00', releaseAfterSeconds: 3 * DAYS },
    },
  ],
};
