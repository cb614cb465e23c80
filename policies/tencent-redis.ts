import type { Policy, WorkedExample } from '../domain/policy';

const HOURS = 3600;
const DAYS = 86_400;

const prepaid: WorkedExample['instance'] = {
  id: 'crs-example',
  account: '100001',
  product: 'tencent-redis',
  billing: 'prepaid',
  state: 'running',
  region: 'ap-guangzhou',
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
      paid: { cash: '307.96', gift: '100', income: '0', voucher: '100' },
    },
  ],
  disks: [],
  addresses: [{ id: 'vip1', kind: 'public' }],
};
const postpaid: WorkedExample['instance'] = { ...prepaid, billing: 'postpaid', orders: [] };
const none = { fiveDay: 0, ordinary: 0 };

export const tencentRedis: Policy = {
  product: 'tencent-redis',
  version: '2026-11',
  name: { en: 'Tencent Cloud Redis', zh: '腾讯云数据库 Redis' },
  sources: ['001'],
  lifecycle: {
    version: '2026-11',
    end: {
      // 001-05, 001-07: not in arrears; isolated for two hours.
      postpaid: {
        action: 'terminate',
        requires: [],
        modes: { now: { into: 'bin', retentionSeconds: 2 * HOURS } },
        refusedInArrears: true,
      },
      // 001-02.
      prepaid: {
        action: 'return',
        requires: [],
        modes: { now: { into: 'bin', retentionSeconds: 7 * DAYS } },
        refusedInArrears: false,
      },
    },
    // 001-20: destroyed by itself at expiry, by way of the bin (L3).
    expiry: { into: 'bin', retentionSeconds: 7 * DAYS },
    timedMaxYears: 3,
  },
  knobs: {
    timeZone: 'Asia/Shanghai',
    networkUsage: 'hourly',
    hoursAfterUpgrade: 'stop',
    capPartMonth: false,
    fiveDayWindow: 'elapsed',
    // The document gives no numbers; those of the CVM (E2).
    fiveDayCount: 1,
    fiveDayPeriodDays: null,
    ordinaryCount: 3,
    ordinaryPeriodDays: null,
    approvalThreshold: null,
  },
  returns: {
    discounts: [
      { months: 6, rate: '0.88' },
      { months: 12, rate: '0.83' },
    ],
    exclusions: [],
    // 001-15.
    promotionFeeRate: '0.25',
  },
  disposal: [
    // 001-12: IP resources are released with the destruction.
    { part: 'disk', fate: 'terminate', reason: { en: 'Goes with the instance.', zh: '随实例一并销毁。' } },
    {
      part: 'address',
      fate: 'terminate',
      reason: { en: 'Released with the instance.', zh: '随实例一并释放。' },
    },
  ],
  notices: [
    {
      code: 'DATA_LOST',
      message: {
        en: 'After destruction all data is cleared for good. Confirm that your backup is complete.',
        zh: '实例销毁后，所有数据将被清除且不可恢复，请务必确认完成数据备份后再提交销毁。',
      },
    },
    {
      code: 'IP_RELEASED',
      message: { en: 'IP resources are released with it.', zh: '实例销毁后 IP 资源同时释放。' },
    },
    {
      code: 'VOUCHER_NOT_RETURNED',
      action: 'return',
      message: { en: 'Vouchers that were used are not paid back.', zh: '抵扣的代金券不予以退还。' },
    },
  ],
  examples: [
    {
      rule: '001-02',
      title: 'a prepaid return goes to the bin for seven days',
      instance: prepaid,
      action: 'return',
      at: '2026-11-02T00:00:00+08:00',
      returnsSoFar: none,
      expected: { permitted: true, kind: 'five-day', amount: '407.96', releaseAfterSeconds: 7 * DAYS },
    },
    {
      rule: '001-14',
      title: 'ordinary: by the cash : gift ratio paid at purchase',
      instance: prepaid,
      action: 'return',
      at: '2026-11-03T00:00:00+08:00',
      returnsSoFar: { fiveDay: 1, ordinary: 0 },
      expected: { permitted: true, kind: 'ordinary', amount: '387.80' },
    },
    {
      rule: '001-20',
      title: 'the self-service quota is used up',
      instance: prepaid,
      action: 'return',
      at: '2026-12-03T00:00:00+08:00',
      returnsSoFar: { fiveDay: 1, ordinary: 3 },
      expected: { permitted: false, blockers: ['QUOTA_USED'] },
    },
    {
      rule: '001-07',
      title: 'pay as you go: two hours in the bin',
      instance: postpaid,
      action: 'terminate',
      at: '2026-11-03T00:00:00+08:00',
      returnsSoFar: none,
      expected: { permitted: true, kind: 'none', amount: '0.00', releaseAfterSeconds: 2 * HOURS },
    },
  ],
};
